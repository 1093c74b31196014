"""When a ticket in which nobody writes is closed, resolved (S3.16) or on hold (S1.c12), and which day its customer is told."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from deskhand.desk.models import Desk
from deskhand.tickets.events import Kind
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


def quiet_days(category: str, desk: Desk) -> int | None:
    """So many days a ticket in this category must be quiet until it is closed; None: it never is."""
    match category:
        case Category.RESOLVED:
            return desk.auto_close_days
        case Category.WAITING:
            return desk.close_waiting_days
        case _:
            return None


def notice(category: str, desk: Desk) -> timedelta:
    """How long before it is closed a customer learns of it; at most as long as the ticket must be quiet."""
    return timedelta(days=min(desk.auto_close_warning_days, quiet_days(category, desk) or 0))


def day_of(moment: datetime, desk: Desk) -> date:
    """The day it is then where the desk is."""
    return moment.astimezone(ZoneInfo(desk.time_zone)).date()


def closing_day(ticket: Ticket, desk: Desk) -> date | None:
    """The day on which it is closed if nobody writes, once one was announced: that one, or a later one by a longer notice."""
    if ticket.close_warned_at is None or quiet_days(ticket.category, desk) is None:
        return None
    told = Event.objects.filter(ticket=ticket, kind=Kind.CLOSE_ANNOUNCED, at=ticket.close_warned_at).order_by("-pk")
    announced = [date.fromisoformat(after["id"]) for after in told.values_list("after", flat=True)[:1] if after]
    return max([day_of(ticket.close_warned_at + notice(ticket.category, desk), desk), *announced])
