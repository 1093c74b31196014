"""Lists of tickets: rows of columns, not instances, and pages by key, which is (time, id) of a page's edge."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.events import Kind
from deskhand.tickets.models import Event, Seen, Ticket

COUNT_CAP: Final = 1_001
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in a list."""

    id: int
    number: int
    subject: str
    category: str
    status: str
    priority: str
    priority_name: str
    requester_id: int
    requester: str
    organization: str
    assignee_id: int | None
    assignee: str
    topic: str
    team: str
    last_replier_id: int | None
    last_replier: str
    last_reply_by_staff: bool
    preview: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, the key of the page after them (empty on the last) and of the one before (empty on the first)."""

    rows: list[Row]
    next: str
    previous: str


class _CappedCount(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


Name = TypeVar("Name")


def capped_counts(lists: dict[Name, QuerySet[Ticket]], user: User) -> dict[Name, int]:
    """How many tickets each list holds, in one query. Past a thousand nobody reads the number: counting stops there."""
    columns = [_CappedCount(tickets.order_by().values("pk")[:COUNT_CAP]) for tickets in lists.values()]
    counted = User.objects.filter(pk=user.pk).values_list(*columns).get()
    return dict(zip(lists, counted, strict=True))


_COLUMNS: Final = (
    "id", "number", "subject", "category", "status__name", "priority__slug", "priority__name", "requester_id",
    "requester__name", "organization__name", "assignee_id", "assignee__name", "topic__name", "team__name",
    "last_replier_id", "last_replier__name", "last_reply_by_staff", "preview",
)  # fmt: skip
_MAY_BE_NONE: Final = {_COLUMNS.index("assignee_id"), _COLUMNS.index("last_replier_id")}
_REPLIER: Final = _COLUMNS.index("last_replier_id")


def page_of(
    tickets: QuerySet[Ticket], *, user: User, by: str, limit: int, customer: bool, after: str = "", before: str = ""
) -> Page:
    """A page of a list, the latest `by` first, after or before a key of another page; `customer` reads public columns."""
    columns = [("status__customer_name" if customer and name == "status__name" else name) for name in _COLUMNS]
    marker = F("last_public_event" if customer else "last_event")
    seen = Subquery(Seen.objects.filter(user=user, ticket=OuterRef("pk")).values("event")[:1])
    replied = Exists(Event.objects.filter(ticket=OuterRef("pk"), kind=Kind.REPLIED)) if customer else Value(value=True)
    key = _read_key(before or after)
    is_back = bool(before and key)
    if key:
        at, pk = key
        past = "gt" if is_back else "lt"
        tickets = tickets.filter(Q(**{f"{by}__{past}e": at}) & (Q(**{f"{by}__{past}": at}) | Q(**{f"pk__{past}": pk})))
    tickets = tickets.order_by(by, "pk") if is_back else tickets.order_by(f"-{by}", "-pk")
    found = list(tickets.values_list(*columns, by, marker, seen, replied)[: limit + 1])
    rows = [
        Row(*_filled([*values, at, (seen_event or 0) < last_event], is_replied=is_replied))
        for *values, at, last_event, seen_event, is_replied in (reversed(found[:limit]) if is_back else found[:limit])
    ]
    is_more = len(found) > limit
    return Page(
        rows=rows,
        next=_write_key(rows[-1]) if rows and (is_back or is_more) else "",
        previous=_write_key(rows[0]) if rows and (is_more if is_back else key) else "",
    )


def _filled(values: list[Any], *, is_replied: bool) -> list[Any]:
    """A missing name is an empty text, a missing id stays None."""
    if not is_replied:
        values[_REPLIER : _REPLIER + 2] = None, None
    return [value if value is not None or index in _MAY_BE_NONE else "" for index, value in enumerate(values)]


def _write_key(row: Row) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.at.isoformat(), row.id]).encode()).decode()


def _read_key(key: str) -> tuple[datetime, int] | None:
    """The position a page starts after; anything that we did not write starts at the beginning."""
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(key.encode()))
        moment = datetime.fromisoformat(at)
        return (moment.astimezone(UTC), int(pk)) if moment.tzinfo else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def matching(tickets: QuerySet[Ticket], words: str, *, people: bool) -> QuerySet[Ticket]:
    """Those with all of the words: the number, a part of the subject or, with `people`, of the requester's name or e-mail."""
    for word in words.split()[:8]:
        number = text.number(word)
        condition = Q(subject__icontains=word)
        if number is not None:
            condition |= Q(number=number)
        if people:
            condition |= Q(requester__name__icontains=word) | Q(requester__email__icontains=word)
        tickets = tickets.filter(condition)
    return tickets
