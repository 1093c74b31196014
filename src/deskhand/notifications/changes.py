"""The only writer of the cursors."""

from collections.abc import Sequence

from django.db import connection

from deskhand.accounts.models import User
from deskhand.notifications.models import Cursor
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


def cursors_of(users: Sequence[User], ticket: Ticket) -> dict[int, int]:
    """Up to which event each of them has been told, by person; who is new starts where the person came in.

    The requester came in with the ticket, a follower with the change that says so, in whatever order the news arrives.
    """
    known = dict(Cursor.objects.filter(ticket=ticket, user__in=users).values_list("user", "event"))
    return {user.pk: known[user.pk] if user.pk in known else _start(user, ticket) for user in users}


def regard_as_told(user: User, ticket: Ticket) -> None:
    """The next mail begins after the ticket's last event: for a ticket that was written without news."""
    Cursor.objects.update_or_create(ticket=ticket, user=user, defaults={"event": ticket.last_event})


_ADVANCE = """
    INSERT INTO notifications_cursor AS told (ticket_id, user_id, event) VALUES (%s, %s, %s)
    ON CONFLICT (ticket_id, user_id) DO UPDATE SET event = excluded.event WHERE told.event = %s
"""


def advance(user: User, ticket: Ticket, *, told: int, to: int) -> bool:
    """Move it in the caller's transaction; False when another worker has told these events in the meantime."""
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [ticket.pk, user.pk, to, told])
        return bool(cursor.rowcount)


def _start(user: User, ticket: Ticket) -> int:
    if user.pk == ticket.requester_id:
        return 0
    followings = Event.objects.filter(ticket=ticket, kind=Kind.FOLLOWED).order_by("-pk")
    came_in = next((event for event in followings if event.after and event.after["id"] == user.pk), None)
    if came_in is None:
        return 0
    first = Event.objects.filter(ticket=ticket, change=came_in.change).earliest(
        "pk"
    )  # a reply of that change is theirs
    return first.pk - 1
