"""What happened, told from what a ticket was and what it is. Pure: nothing here reads or writes the database."""

from dataclasses import dataclass
from typing import Any, Final

from deskhand.tickets import fields
from deskhand.tickets.events import PHRASES, Kind
from deskhand.tickets.models.choices import UNSOLVED, Category, Status
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket

# A new field is: a column, a verb in `changes`, one line here, one phrase in `events`, one test.
TRACKED: Final[dict[str, Kind]] = {
    "status": Kind.STATUS_CHANGED,
    "priority": Kind.PRIORITY_CHANGED,
    "subject": Kind.SUBJECT_CHANGED,
    "topic": Kind.TOPIC_CHANGED,
    "team": Kind.MOVED,
    "assignee": Kind.ASSIGNED,
}
# What follows from the others (see `outcome`) is saved with them and not told; answers are told one by one.
_SAVED: Final = (
    *TRACKED, "fields", "category", "is_unsolved", "first_response_due_at", "first_responded_at", "overdue_since",
    "resolved_at", "closed_at", "close_warned_at", "attempts", "asked_at", "out_of_scope",
)  # fmt: skip


_MOVING: Final = (
    "updated_at", "public_updated_at", "last_event", "last_public_event", "last_replier", "last_reply_by_staff", "preview",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, before it is written as an event."""

    kind: Kind
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    message: Message | None = None
    is_hidden: bool = False  # from customers, whatever its kind says

    @property
    def is_public(self) -> bool:
        """Would a customer read this? Not a note, not a status whose customer name stayed, not a hand-over to nobody."""
        if PHRASES[self.kind].customer is None or (self.message is not None and not self.message.is_public):
            return False
        if self.kind is Kind.STATUS_CHANGED and self.before and self.after:
            return bool(self.before["customer"] != self.after["customer"])
        return not (self.is_hidden or (self.kind is Kind.ASSIGNED and self.after is None))


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """The saved columns as they are now."""
    return {name: getattr(ticket, name) for name in _SAVED}


def columns_to_save(before: dict[str, Any], ticket: Ticket) -> list[str]:
    """Which of them differ, and those that move with each event."""
    return [*(name for name in _SAVED if before[name] != getattr(ticket, name)), *_MOVING]


def differences(before: dict[str, Any], ticket: Ticket) -> list[Told]:
    """One telling for each tracked field and each answer that differs; there and back tells nothing."""
    rows = []
    is_refused = ticket.attempts > before["attempts"]
    for name, kind in TRACKED.items():
        old, new = before[name], getattr(ticket, name)
        if old != new:
            rows.append(Told(_refine(kind, old, new, is_refused=is_refused), before=named(old), after=named(new)))
    rows += _answers(before["fields"], ticket.fields)
    if ticket.out_of_scope and ticket.out_of_scope != before["out_of_scope"]:
        rows.append(Told(Kind.OUT_OF_SCOPE, after=named(ticket.out_of_scope)))
    return rows


def named(thing: Any) -> dict[str, Any] | None:  # noqa: ANN401 - a model instance, a text or nothing
    """How an event remembers a value: its id, and its names as they read at that moment."""
    match thing:
        case None:
            return None
        case Status():
            return {"id": thing.pk, "name": thing.name, "customer": thing.customer_name}
        case str():
            return {"id": thing, "name": thing}
        case _:
            return {"id": thing.pk, "name": thing.name}


def _answers(old: dict[str, fields.Value], new: dict[str, fields.Value]) -> list[Told]:
    return [_answer(slug, old.get(slug), new.get(slug)) for slug in {**old, **new} if old.get(slug) != new.get(slug)]


def _answer(slug: str, old: fields.Value | None, new: fields.Value | None) -> Told:
    """An event remembers an answer as value, words, and the field's slug and name; no answer is one without words."""
    field = fields.by_slug(slug)
    asked = {"slug": slug, "field": field.label if field else slug}
    before, after = (
        {"id": value, "name": fields.in_words(field, value) if field else str(value or ""), **asked}
        for value in (old, new)
    )
    is_hidden = field is None or field.customers == Access.HIDDEN
    return Told(Kind.FIELD_CHANGED, before=before, after=after, is_hidden=is_hidden)


def _refine(kind: Kind, old: Any, new: Any, *, is_refused: bool) -> Kind:  # noqa: ANN401 - values of one tracked field
    if kind is not Kind.STATUS_CHANGED:
        return kind
    if new.category == Category.CLOSED:
        return Kind.CLOSED
    if is_refused:
        return Kind.REFUSED
    was_solved = old.category in {Category.RESOLVED, Category.CLOSED}
    return Kind.REOPENED if was_solved and new.category in UNSOLVED else kind
