"""Lists of tickets: rows of columns, not instances, and pages by key, which is (time, id) of a page's edge."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.events import Kind
from deskhand.tickets.models import Event, Seen, Ticket
from deskhand.tickets.words import words_for

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


# The names of status, priority, topic and team are known: four joins less, of which PostgreSQL takes long to plan many.
_COLUMNS: Final = (
    "status_id", "priority_id", "topic_id", "team_id", "id", "number", "subject", "category", "requester_id",
    "requester__name", "organization__name", "assignee_id", "assignee__name", "last_replier_id", "last_replier__name",
    "last_reply_by_staff", "preview",
)  # fmt: skip


def page_of(
    tickets: QuerySet[Ticket], *, user: User, by: str, limit: int, customer: bool, after: str = "", before: str = ""
) -> Page:
    """A page of a list, the latest `by` first, after or before a key of another page; `customer` reads public columns."""
    marker = F("last_public_event" if customer else "last_event")
    seen = Subquery(Seen.objects.filter(user=user, ticket=OuterRef("pk")).values("event")[:1])
    # Not Exists: PostgreSQL turns it into a hash of all replies there ever were.
    reply = Event.objects.filter(ticket=OuterRef("pk"), kind=Kind.REPLIED).order_by("pk").values("pk")[:1]
    replied = Subquery(reply) if customer else Value(1)
    key = _read_key(before or after)
    is_back = bool(before and key)
    if key:
        at, pk = key
        past = "gt" if is_back else "lt"
        tickets = tickets.filter(Q(**{f"{by}__{past}e": at}) & (Q(**{f"{by}__{past}": at}) | Q(**{f"pk__{past}": pk})))
    tickets = tickets.order_by(by, "pk") if is_back else tickets.order_by(f"-{by}", "-pk")
    found = list(tickets.values_list(*_COLUMNS, by, marker, seen, replied)[: limit + 1])
    rows = _rows(found[:limit], customer=customer)
    if is_back:
        rows.reverse()
    is_more = len(found) > limit
    return Page(
        rows=rows,
        next=_write_key(rows[-1]) if rows and (is_back or is_more) else "",
        previous=_write_key(rows[0]) if rows and (is_more if is_back else key) else "",
    )


def _rows(found: list[tuple[Any, ...]], *, customer: bool) -> list[Row]:
    """What was found, with the words this reader has for it; a missing name is an empty text, a missing id None."""
    known = words_for((status, priority, topic, team) for status, priority, topic, team, *_rest in found)
    rows = []
    for (
        status_id, priority_id, topic_id, team_id, pk, number, subject, category, requester_id, requester, organization,
        assignee_id, assignee, replier_id, replier, by_staff, preview, at, last_event, seen_event, reply,
    ) in found:  # fmt: skip
        status, priority = known.statuses[status_id], known.priorities[priority_id]
        rows.append(
            Row(
                id=pk, number=number, subject=subject, category=category,
                status=status.customer_name if customer else status.name,
                priority=priority.slug, priority_name=priority.name,
                requester_id=requester_id, requester=requester, organization=organization or "",
                assignee_id=assignee_id, assignee=assignee or "",
                topic=known.topics[topic_id].name, team=known.teams[team_id].name if team_id else "",
                last_replier_id=replier_id if reply else None, last_replier=(replier or "") if reply else "",
                last_reply_by_staff=by_staff, preview=preview, at=at, is_unread=(seen_event or 0) < last_event,
            )
        )  # fmt: skip
    return rows


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


def newest(tickets: QuerySet[Ticket], count: int) -> QuerySet[Ticket]:
    """Only those as new as the newest `count` tickets of the whole desk: what a search without an index may look at."""
    edge = Ticket.objects.order_by("-updated_at").values_list("updated_at", flat=True)[count : count + 1].first()
    return tickets.filter(updated_at__gte=edge) if edge else tickets


def matching(tickets: QuerySet[Ticket], words: str, *, people: bool) -> QuerySet[Ticket]:
    """Those with all of the words: the number, a part of the subject or, with `people`, of the requester's name or e-mail."""
    for word in words.split()[:8]:
        number = text.number(word)
        condition = Q(subject__icontains=word)
        if number is not None:
            condition |= Q(number=number)
        if people:
            named = User.objects.get_queryset().filter(Q(name__icontains=word) | Q(email__icontains=word))
            condition |= Q(requester__in=named.values("pk"))
        tickets = tickets.filter(condition)
    return tickets
