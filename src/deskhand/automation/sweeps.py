"""What time brings: promises break, quiet tickets are announced for closing and closed. The worker calls these every half minute.

Each finds a batch by an index and opens a change as the system for each ticket; under its lock it asks once more, because another
worker or a customer may have been quicker.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from deskhand.desk.queries import current_desk
from deskhand.tickets.changes import Change, change_ticket
from deskhand.tickets.closing import day_of, notice, quiet_days
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket

BATCH: Final = 100  # tickets a sweep; the rest waits for the next one, so that mails go out in between


def break_promises(*, at: datetime) -> int:
    """Tell once of each ticket that nobody has answered by the promised moment (S3.14); returns how many it looked at."""
    late = Ticket.objects.filter(
        is_unsolved=True, first_responded_at=None, overdue_since=None, first_response_due_at__lt=at
    ).order_by("first_response_due_at", "pk")
    return _each(late, lambda change: change.break_promise(), at=at)


def announce_closing(*, at: datetime) -> int:
    """Tell customers of quiet tickets, resolved (S3.16) or on hold (S1.c12), on which day they will be closed."""
    return sum(_announce(category, at=at) for category in _CLOSED_WHEN_QUIET)


def close_quiet(*, at: datetime) -> int:
    """Close what has been quiet for the desk's days, what was announced not before the day that was named (S3.16, S1.c12)."""
    return sum(_close(category, at=at) for category in _CLOSED_WHEN_QUIET)


_CLOSED_WHEN_QUIET: Final = (Category.RESOLVED, Category.WAITING)


def _announce(category: Category, *, at: datetime) -> int:
    desk = current_desk()
    days = quiet_days(category, desk)
    if days is None or not (before := notice(category, desk)):
        return 0
    quiet = _quiet_since(category, at - timedelta(days=days) + before).filter(close_warned_at=None)
    day = day_of(at + before, desk)
    return _each(quiet, lambda change: change.announce_closing(day), at=at)


def _close(category: Category, *, at: datetime) -> int:
    desk = current_desk()
    days = quiet_days(category, desk)
    if days is None:
        return 0
    if before := notice(category, desk):
        quiet = _quiet_since(category, at - before).filter(close_warned_at__lte=at - before)
    else:
        quiet = _quiet_since(category, at - timedelta(days=days))
    told_later = Event.objects.filter(
        ticket=OuterRef("pk"), kind=Kind.CLOSE_ANNOUNCED, at=OuterRef("close_warned_at"),
        after__id__gt=day_of(at, desk).isoformat(),
    )  # fmt: skip
    return _each(quiet.filter(~Exists(told_later)), lambda change: change.close(), at=at)


def _quiet_since(category: Category, moment: datetime) -> QuerySet[Ticket]:
    """Tickets that have been there since then, and in which a customer could see nothing new."""
    quiet = Ticket.objects.filter(category=category, public_updated_at__lte=moment)
    if category == Category.RESOLVED:
        return quiet.filter(resolved_at__lte=moment).order_by("resolved_at", "pk")
    # No column says since when it waits: a status that customers read the same moves no public time.
    moved = Event.objects.filter(ticket=OuterRef("pk"), kind__in=_MOVES, at__gt=moment)
    return quiet.filter(~Exists(moved), is_unsolved=True).order_by("public_updated_at", "pk")  # by its index


_MOVES: Final = (Kind.STATUS_CHANGED, Kind.REOPENED, Kind.REFUSED)


def _each(found: QuerySet[Ticket], do: Callable[[Change], None], *, at: datetime) -> int:
    tickets = list(found[:BATCH])
    for ticket in tickets:
        with change_ticket(ticket, by=None, via=Via.SYSTEM, at=at) as change:
            if found.filter(pk=ticket.pk).exists():
                do(change)
    return len(tickets)
