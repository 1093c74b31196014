"""When a resolved ticket in which nobody writes is closed, and which day its customer is told (S3.16)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from deskhand.desk.models import Desk
from deskhand.tickets.events import Kind
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


def notice(desk: Desk) -> timedelta:
    """How long before it is closed a customer learns of it; at most as long as the ticket must be quiet."""
    return timedelta(days=min(desk.auto_close_warning_days, desk.auto_close_days or 0))


def day_of(moment: datetime, desk: Desk) -> date:
    """The day it is then where the desk is."""
    return moment.astimezone(ZoneInfo(desk.time_zone)).date()


def closing_day(ticket: Ticket, desk: Desk) -> date | None:
    """The day on which it is closed if nobody writes, once one was announced: that one, or a later one by a longer notice."""
    if ticket.close_warned_at is None or desk.auto_close_days is None or ticket.category != Category.RESOLVED:
        return None
    told = Event.objects.filter(ticket=ticket, kind=Kind.CLOSE_ANNOUNCED, at=ticket.close_warned_at).order_by("-pk")
    announced = [date.fromisoformat(after["id"]) for after in told.values_list("after", flat=True)[:1] if after]
    return max([day_of(ticket.close_warned_at + notice(desk), desk), *announced])
