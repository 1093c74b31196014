"""The only writer of the cursors."""

from deskhand.accounts.models import User
from deskhand.notifications.models import Cursor
from deskhand.tickets.events import Kind
from deskhand.tickets.models import Event, Ticket


def cursor_of(user: User, ticket: Ticket) -> Cursor:
    """How far this person has been told; a new one starts where the person came in.

    The requester came in with the ticket, a follower with the event that says so, in whatever order the news arrives.
    """
    row = Cursor.objects.filter(ticket=ticket, user=user).first()
    if row is None:
        start = 0 if user.pk == ticket.requester_id else _followed_at(user, ticket)
        row, _is_new = Cursor.objects.get_or_create(ticket=ticket, user=user, defaults={"event": start})
    return row


def regard_as_told(user: User, ticket: Ticket) -> None:
    """The next mail begins after the ticket's last event: for a ticket that was written without news."""
    Cursor.objects.update_or_create(ticket=ticket, user=user, defaults={"event": ticket.last_event})


def advance(cursor: Cursor, *, to: int) -> bool:
    """Move it in the caller's transaction; False when another worker has told these events in the meantime."""
    return bool(Cursor.objects.filter(pk=cursor.pk, event=cursor.event).update(event=to))


def _followed_at(user: User, ticket: Ticket) -> int:
    followings = Event.objects.filter(ticket=ticket, kind=Kind.FOLLOWED).order_by("-pk")
    return next((event.pk for event in followings if event.after and event.after["id"] == user.pk), 0)
