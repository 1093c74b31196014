"""What happened, told from what a ticket was and what it is. Pure: nothing here reads or writes the database."""

from dataclasses import dataclass
from typing import Any, Final

from deskhand.tickets.events import PHRASES, Kind
from deskhand.tickets.models import UNSOLVED, Category, Message, Status, Ticket

# A new field is: a column, a verb in `changes`, one line here, one phrase in `events`, one test.
TRACKED: Final[dict[str, Kind]] = {
    "status": Kind.STATUS_CHANGED,
    "priority": Kind.PRIORITY_CHANGED,
    "subject": Kind.SUBJECT_CHANGED,
    "team": Kind.MOVED,
    "assignee": Kind.ASSIGNED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, before it is written as an event."""

    kind: Kind
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    message: Message | None = None

    @property
    def is_public(self) -> bool:
        """Would a customer read this? Not a note, not a status whose customer name stayed, not a hand-over to nobody."""
        if PHRASES[self.kind].customer is None or (self.message is not None and not self.message.is_public):
            return False
        if self.kind is Kind.STATUS_CHANGED and self.before and self.after:
            return bool(self.before["customer"] != self.after["customer"])
        return not (self.kind is Kind.ASSIGNED and self.after is None)


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """The tracked fields as they are now."""
    return {name: getattr(ticket, name) for name in TRACKED}


def changed_columns(before: dict[str, Any], ticket: Ticket) -> list[str]:
    """Which tracked columns differ, with those that follow from them."""
    changed = [name for name in TRACKED if before[name] != getattr(ticket, name)]
    return [*changed, "category", "is_unsolved"] if "status" in changed else changed


def differences(before: dict[str, Any], ticket: Ticket) -> list[Told]:
    """One telling for each tracked field that differs; there and back tells nothing."""
    rows = []
    for name, kind in TRACKED.items():
        old, new = before[name], getattr(ticket, name)
        if old != new:
            rows.append(Told(_refine(kind, old, new), before=named(old), after=named(new)))
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


def _refine(kind: Kind, old: Any, new: Any) -> Kind:  # noqa: ANN401 - values of one tracked field
    if kind is not Kind.STATUS_CHANGED:
        return kind
    if new.category == Category.CLOSED:
        return Kind.CLOSED
    was_solved = old.category in {Category.RESOLVED, Category.CLOSED}
    return Kind.REOPENED if was_solved and new.category in UNSOLVED else kind
