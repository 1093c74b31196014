"""A ticket's events as they were, each in the words of its reader; all in one query. `queries.timeline` makes lines of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core.prepared import Prepared
from deskhand.tickets.events import ASKED, PHRASES, QUESTION, Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Seen, Ticket

LATEST: Final = 500  # events of a ticket that are shown
_EVENT: Final = ("pk", "change", "kind", "at", "by", "by__name", "before", "after", "seen")
_MESSAGE: Final = ("id", "by_staff", "is_public", "html", "at", "redacted_at", "is_question")


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with the name of who did it, and up to which event its reader has seen the ticket."""

    pk: int
    change: uuid.UUID
    kind: str
    at: datetime
    by_id: int | None
    name: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    seen: int | None
    message: Message | None

    @property
    def by(self) -> str:
        """Who did it; what time or a rule brought is the desk's."""
        return _("The desk") if self.name is None else self.name

    def sentence(self, *, as_staff: bool) -> str:
        """What happened, in the words for this reader."""
        return said(self.kind, self.name, self.before, self.after, as_staff=as_staff)


def history(ticket: Ticket, *, user: User, as_staff: bool) -> list[Entry]:
    """The latest 500 events, oldest first; customers see the public ones."""
    asked = _ALL if as_staff else _PUBLIC
    return [_entry(row) for row in reversed(asked.rows(ticket=ticket.pk, user=user.pk))]


def said(
    kind: str, by: str | None, before: dict[str, Any] | None, after: dict[str, Any] | None, *, as_staff: bool
) -> str:  # fmt: skip
    """The phrase of a kind, filled. `before` and `after` are as events keep them."""
    is_question = kind == Kind.REPLIED and after == QUESTION
    phrase = ASKED if is_question else PHRASES[Kind(kind)]
    words = str(phrase.staff if as_staff else phrase.customer or "")
    return words % {
        "by": _("The desk") if by is None else by,
        "old": _value(before, as_staff=as_staff),
        "new": announced(kind, after) or _value(after, as_staff=as_staff),
        "field": (after or before or {}).get("field", ""),
    }


def announced(kind: str, after: dict[str, Any] | None) -> str:
    """The day on which the ticket will be closed, if that is what an event says (S3.16): "9 Mar 2026"."""
    if kind != Kind.CLOSE_ANNOUNCED or not after:
        return ""
    return date_format(date.fromisoformat(after["id"]), "j M Y")


def _value(value: dict[str, Any] | None, *, as_staff: bool) -> str:
    if value is None:
        return _("nobody")
    return str(value["name"] if as_staff else value.get("customer", value["name"])) or _("empty")


def _entry(row: Sequence[Any]) -> Entry:
    event, message = row[: len(_EVENT)], row[len(_EVENT) :]
    spoken = Message.from_db("default", _MESSAGE, message) if message[0] else None
    pk, change, kind, at, by_id, name, before, after, seen = event
    return Entry(pk, change, kind, at, by_id, name, before, after, seen, spoken)


def _events(*, ticket: int, user: int) -> QuerySet[Event, Any]:
    """The latest of a ticket, the latest first."""
    mark = Seen.objects.filter(user=user, ticket=ticket).values("event")[:1]
    events = Event.objects.filter(ticket=ticket).annotate(seen=Subquery(mark)).order_by("-pk")
    return events.values_list(*_EVENT, *(f"message__{name}" for name in _MESSAGE))


_ALL: Final = Prepared(lambda **given: _events(**given)[:LATEST], "ticket", "user")
_PUBLIC: Final = Prepared(lambda **given: _events(**given).filter(is_public=True)[:LATEST], "ticket", "user")
