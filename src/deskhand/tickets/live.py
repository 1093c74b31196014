"""The live cursor: up to where somebody has heard what happened to tickets, and what has happened since. Reads only."""

import re
import uuid
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db import connection
from django.db.models import BooleanField, F, Func, Value

from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.tickets.models.event import Event

MOST: Final = 500  # events told one by one; whoever missed more looks at everything anew
SPAN: Final = 100_000  # transactions a cursor from outside may look back over: what reading on from it may cost
_TEXT: Final = re.compile(r"([1-9]\d{0,17}):([1-9]\d{0,17}):((?:\d{1,18},)*\d{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is known already: every place below `first` and, below `end`, every place that is not `missing`.

    An event's place is the transaction that wrote it (PostgreSQL), and this is a snapshot, written as PostgreSQL does:
    transactions end in another order than they began in, so that no single number says what somebody has seen.
    On SQLite there is one writer, a place is the event's id, and nothing is ever missing.
    """

    first: int
    end: int
    missing: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor that was written as `text`; None for anything else."""
        match = _TEXT.fullmatch(text) if len(text) <= 4096 else None
        if match is None:
            return None
        first, end = int(match[1]), int(match[2])
        missing = [int(place) for place in match[3].split(",")] if match[3] else []
        in_order = missing == sorted(set(missing)) and all(first <= place < end for place in missing)
        return cls(first, end, frozenset(missing)) if in_order and 0 <= end - first <= SPAN else None

    def __str__(self) -> str:
        return f"{self.first}:{self.end}:{','.join(map(str, sorted(self.missing)))}"

    def covers(self, place: int) -> bool:
        """Is what happened there known?"""
        return place < self.first or (place < self.end and place not in self.missing)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with what decides who may hear of it: its ticket as it is now."""

    place: int
    pk: int
    change: uuid.UUID
    kind: str
    by: int | None
    is_public: bool
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ticket: int
    number: int
    team: int | None
    assignee: int | None
    requester: int
    organization: int | None


@dataclass(frozen=True, slots=True)
class News:
    """What happened between two cursors; `events` is None when it was more than MOST."""

    cursor: Cursor
    events: list[Happened] | None


def current_cursor() -> Cursor:
    """What is committed now; one query that reads no table of ours."""
    is_snapshot = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_snapshot:
            cursor.execute("SELECT pg_current_snapshot()::text")
        else:  # not max(id): it would go back when a ticket is deleted
            cursor.execute("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'tickets_event'), 0) + 1")
        value = cursor.fetchall()[0][0]
    if not is_snapshot:
        return Cursor(value, value)
    first, end, missing = value.split(":")
    return Cursor(int(first), int(end), frozenset(map(int, missing.split(","))) if missing else frozenset())


def news_since(cursor: Cursor, *, until: Cursor | None = None) -> News:
    """What was committed since `cursor`, and before `until` (now). Holds nothing back for a transaction that is open."""
    until = until or current_cursor()
    if until == cursor:
        return News(until, [])
    is_snapshot = connection.vendor == "postgresql"
    place = "transaction" if is_snapshot else "id"
    rows = Event.objects.filter(**{f"{place}__gte": cursor.first, f"{place}__lt": until.end}).order_by(place, "id")
    if is_snapshot:  # left to PostgreSQL: while an old transaction stays open, most of what follows it is known
        rows = rows.exclude(_was_visible(cursor)).filter(_was_visible(until))
    columns = rows.values_list(
        place, "id", "change", "kind", "by", "is_public", "before", "after", "ticket", "ticket__number", "ticket__team",
        "ticket__assignee", "ticket__requester", "ticket__organization",
    )  # fmt: skip
    found = [Happened(*values) for values in columns[: MOST + 1]]
    return News(until, found if len(found) <= MOST else None)


def _was_visible(snapshot: Cursor) -> Func:
    """`covers`, in PostgreSQL's words."""
    place = Func(F("transaction"), template="%(expressions)s::text::xid8")
    known = Func(Value(str(snapshot)), template="%(expressions)s::pg_snapshot")
    return Func(place, known, function="pg_visible_in_snapshot", output_field=BooleanField())


_kept: tuple[Desk, str] | None = None


def live_cursor() -> str:
    """Where a page begins to listen, asked before the page reads: at most a second old, like the desk's row.

    An older one is never wrong: it only tells again what the page shows already.
    """
    global _kept
    desk = current_desk()
    if _kept is None or _kept[0] is not desk:
        _kept = (desk, str(current_cursor()))
    return _kept[1]
