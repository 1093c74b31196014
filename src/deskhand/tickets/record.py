"""The end of a change: its event rows, and the one job that tells the upper rooms. Called by `changes` only."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from deskhand.accounts.models import User
from deskhand.core import bus
from deskhand.tickets.diff import Told
from deskhand.tickets.events import Via
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


def record(
    ticket: Ticket, told: Iterable[Told], *, change: uuid.UUID, by: User | None, via: Via, at: datetime, cause: Event | None
) -> list[Event]:  # fmt: skip
    """One event for each thing that happened, in the order of telling; the ticket's cursors and public time go along."""
    depth = cause.depth + 1 if cause else 0
    events = [
        Event(
            ticket=ticket, change=change, kind=item.kind, at=at, by=by, via=via, before=item.before, after=item.after,
            message=item.message, is_public=item.is_public, cause=cause, depth=depth,
        )
        for item in told
    ]  # fmt: skip
    for event in events:  # one by one: ids must rise in the order of telling, also on SQLite
        event.save(force_insert=True)
    ticket.last_event = events[-1].pk
    public = [event.pk for event in events if event.is_public]
    if public:
        ticket.last_public_event = public[-1]
        ticket.public_updated_at = at
    bus.publish(
        *(event.kind for event in events), at=at, change=str(change), ticket=ticket.pk,
        events=[event.pk for event in events], by=by.pk if by else None, via=via,
    )  # fmt: skip
    return events


def mark_seen(ticket: Ticket, *, by: User, event: int) -> None:
    """Remember that `by` has seen the ticket up to this event; it never goes backward."""
    with connection.cursor() as cursor:  # one statement; to ask first takes two to four
        cursor.execute(
            'INSERT INTO "tickets_seen" AS seen (ticket_id, user_id, event) VALUES (%s, %s, %s) ON CONFLICT (user_id, ticket_id) '
            "DO UPDATE SET event = excluded.event WHERE seen.event < excluded.event", [ticket.pk, by.pk, event],
        )  # fmt: skip
