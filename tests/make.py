"""Plain makers that go through the real changes."""

from datetime import datetime, timedelta

from deskhand.accounts.models import Team, User
from deskhand.core.html import compose
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models import Category, Priority, Status, Ticket, Topic


def ticket(
    requester: User,
    *,
    at: datetime,
    subject: str = "The printer is on fire",
    text: str = "Since this morning.",
    team: Team | None = None,
) -> Ticket:
    """A ticket opened in the portal, moved to `team` if one is given."""
    with open_ticket(
        requester=requester, subject=subject, body=compose(text), topic=Topic.objects.get(is_default=True),
        priority=Priority.objects.get(is_default=True), by=requester, via=Via.PORTAL, at=at,
    ) as change:  # fmt: skip
        pass
    if team:
        with change_ticket(change.ticket, by=None, via=Via.SYSTEM, at=at) as move:
            move.move_to_team(team)
    return Ticket.objects.get(pk=change.ticket.pk)


def reply(ticket: Ticket, by: User, *, at: datetime, text: str = "Have you tried water?") -> Ticket:
    """A public reply, by staff or customer as the person is."""
    with change_ticket(ticket, by=by, via=Via.STAFF if by.is_staff else Via.PORTAL, at=at) as change:
        change.reply(compose(text))
    return Ticket.objects.get(pk=ticket.pk)


def note(ticket: Ticket, by: User, *, at: datetime, text: str = "He always says that.") -> Ticket:
    """An internal note."""
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.note(compose(text))
    return Ticket.objects.get(pk=ticket.pk)


def in_category(ticket: Ticket, category: Category, *, by: User, at: datetime) -> Ticket:
    """The ticket in a category's default status."""
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=category, is_default=True))
    return Ticket.objects.get(pk=ticket.pk)


def later(at: datetime, minutes: int = 1) -> datetime:
    """Some minutes after."""
    return at + timedelta(minutes=minutes)
