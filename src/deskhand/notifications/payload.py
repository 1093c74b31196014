"""What a program is told about a change: versioned JSON, what a customer of the ticket could read and no more.

A new key may come at any time; to take one away or to give it another meaning is another VERSION.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from deskhand.accounts.models import User
from deskhand.mail import links
from deskhand.tickets.events import PHRASES, Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket

VERSION: Final = 1
CHANGED: Final = "ticket.changed"
TEST: Final = "test"
SHOWN: Final = ("requester", "status", "priority", "topic", "purchase")  # of a ticket, loaded with its events
STAFF_ONLY: Final = tuple(kind for kind, phrase in PHRASES.items() if phrase.customer is None)
EVERYBODYS: Final = tuple(kind for kind in Kind if kind not in STAFF_ONLY)


def told(events: Iterable[Event], kinds: Sequence[str]) -> list[Event]:
    """Those that a hook with these kinds hears of. Without kinds: all that customers may see.

    What is staff's alone must be named. A kind that customers read is told only where they read it: not an answer to a
    hidden field, not a status with the same name for customers.
    """
    return [
        event for event in events
        if (event.kind in kinds or not kinds) and (event.is_public or (event.kind in kinds and event.kind in STAFF_ONLY))
    ]  # fmt: skip


def of_change(events: Sequence[Event]) -> str:
    """The message about these events, which are of one change, each with `by`, `message` and `ticket` (of it SHOWN) loaded."""
    first = events[0]
    data = {"ticket": _ticket(first.ticket), "change": str(first.change), "events": [_event(event) for event in events]}
    return _written(CHANGED, data, at=first.at)


def of_test(name: str, *, at: datetime) -> str:
    """A message that says nothing but that it can be sent."""
    return _written(TEST, {"webhook": name}, at=at)


def without_message(body: str, message: int) -> str:
    """The same, the text of this message gone: it was removed from the ticket."""
    told = json.loads(body)
    for event in told["data"].get("events", []):
        said = event["message"]
        if said is not None and said["id"] == message:
            said["text"], said["is_removed"] = "", True
    return _json(told)


def _written(kind: str, data: dict[str, Any], *, at: datetime) -> str:
    return _json({"type": kind, "version": VERSION, "timestamp": _moment(at), "data": data})


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ticket(ticket: Ticket) -> dict[str, Any]:
    """The ticket as it is while this is written, in customers' words."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status.customer_name,
        "category": ticket.category,
        "priority": ticket.priority.slug,
        "topic": ticket.topic.name,
        "purchase": ticket.purchase.reference if ticket.purchase else None,
        "requester": {"name": ticket.requester.name, "email": ticket.requester.email},
        "url": links.to_ticket(ticket, as_staff=False),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": _moment(event.at),
        "by": _person(event.by),
        "before": _value(event.before),
        "after": _value(event.after),
        "field": (event.after or event.before or {}).get("slug"),
        "message": _message(event.message) if event.message else None,
    }


def _person(person: User | None) -> dict[str, Any] | None:
    """Whoever did it; None is the desk itself, because time passed or a rule said so."""
    return {"name": person.name, "is_staff": person.is_staff} if person else None


def _value(value: dict[str, Any] | None) -> str | None:
    return None if value is None else str(value.get("customer", value["name"]))


def _message(message: Message) -> dict[str, Any]:
    """What was said; never the words of a note."""
    is_gone = message.redacted_at is not None
    words = message.text if message.is_public and not is_gone else ""
    return {"id": message.pk, "text": words, "is_question": message.is_question, "is_removed": is_gone}
