"""Lists of tickets: rows of columns, not instances, and pages by key, which is (time, id) of a page's edge."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.db.models.expressions import RawSQL

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.events import Kind
from deskhand.tickets.legs import LATEST, LATEST_PUBLIC, RANKS, SQL, Edge, Legs, Order
from deskhand.tickets.models.ticket import Ticket
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
    created_at: datetime
    due_at: datetime | None  # for staff: until when the first answer is promised, while there is none
    is_overdue: bool
    is_asked: bool  # a question waits for the customer (S5.10)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, the key of the page after them (empty on the last) and of the one before (empty on the first)."""

    rows: list[Row]
    next: str
    previous: str


Name = TypeVar("Name")


def capped_counts(lists: dict[Name, Legs]) -> dict[Name, int]:
    """How many tickets each list holds, in one query. Past a thousand nobody reads the number: counting stops there."""
    counts = [legs.count(COUNT_CAP) for legs in lists.values()]
    values = [value for count in counts for value in count.values]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(count.text for count in counts)}", values)
        return dict(zip(lists, cursor.fetchone(), strict=True))


# SQL and not the ORM, which takes 1.5 ms to put this together, on the pages that everybody opens most (decision 8).
# Names by subquery and not by join: PostgreSQL plans six tables in 2 to 5 ms, six subqueries in 0.5.
# The names of status, priority, topic and team are known. CROSS JOIN: SQLite begins with what is named first.
_ROWS: Final = """
SELECT t.status_id, t.priority_id, t.topic_id, t.team_id, t.id, t.number, t.subject, t.category, t.requester_id,
    (SELECT name FROM accounts_user WHERE id = t.requester_id),
    (SELECT name FROM accounts_organization WHERE id = t.organization_id),
    t.assignee_id, (SELECT name FROM accounts_user WHERE id = t.assignee_id),
    t.last_replier_id, (SELECT name FROM accounts_user WHERE id = t.last_replier_id),
    t.last_reply_by_staff, t.preview, t.{by}, t.{marker},
    (SELECT event FROM tickets_seen WHERE user_id = %s AND ticket_id = t.id),
    {replied}, t.created_at, t.is_unsolved, t.first_response_due_at, t.first_responded_at, t.overdue_since,
    t.asked_at
FROM ({keys}) AS found CROSS JOIN tickets_ticket t
WHERE t.id = found.id
ORDER BY {sort}
"""
# Not EXISTS: PostgreSQL turns it into a hash of all replies there ever were.
_REPLIED: Final = f"""
    (SELECT id FROM tickets_event WHERE ticket_id = t.id AND kind = '{Kind.REPLIED}' ORDER BY id LIMIT 1)
"""  # noqa: S608 - our own words only


_RANK: Final = f"CASE t.category{''.join(f' WHEN {each.value!r} THEN {rank}' for rank, each in enumerate(RANKS))} END"


def page_of(
    tickets: Legs | QuerySet[Ticket], *, user: User, limit: int, customer: bool, after: str = "", before: str = "",
    order: Order | None = None,
) -> Page:  # fmt: skip
    """A page of a list, after or before a key of another page; `customer` reads public columns.

    Legs know their order; others are sorted by `order`, else the latest activity first.
    """
    order = tickets.order if isinstance(tickets, Legs) else order or (LATEST_PUBLIC if customer else LATEST)
    edge = _read_key(before or after, order)
    is_back = bool(before and edge)
    if isinstance(tickets, Legs):
        keys = tickets.page(limit + 1, edge, is_back=is_back)
    else:
        keys = _keys_found(tickets, order, limit + 1, edge, is_back=is_back)
    sql = _ROWS.format(
        by=order.by, keys=keys.text,
        sort=order.words(f"t.{order.by}", "t.id", rank=_RANK, is_back=is_back),
        marker="last_public_event" if customer else "last_event", replied=_REPLIED if customer else "1",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, (user.pk, *keys.values))
        found = cursor.fetchall()
    rows = _rows(found[:limit], customer=customer)
    if is_back:
        rows.reverse()
    is_more = len(found) > limit
    return Page(
        rows=rows,
        next=_write_key(rows[-1], order) if rows and (is_back or is_more) else "",
        previous=_write_key(rows[0], order) if rows and (is_more if is_back else edge) else "",
    )


def _keys_found(tickets: QuerySet[Ticket], order: Order, limit: int, edge: Edge | None, *, is_back: bool) -> SQL:
    """The keys of a page of a search."""
    is_rising = order.is_rising != is_back
    past = "gt" if is_rising else "lt"
    sort = [order.by, "pk"] if is_rising else [f"-{order.by}", "-pk"]
    if order.is_ranked:
        whens = [When(category=each, then=rank) for rank, each in enumerate(RANKS)]
        tickets = tickets.annotate(rank=Case(*whens, output_field=IntegerField()))
        sort.insert(0, "-rank" if is_back else "rank")
    if edge:
        key = Q(**{f"{order.by}__{past}": edge.at}) | Q(**{order.by: edge.at, f"pk__{past}": edge.pk})
        if order.is_ranked:
            key = Q(rank=edge.rank) & key | Q(**{f"rank__{'lt' if is_back else 'gt'}": edge.rank})
        tickets = tickets.filter(key)
    try:
        return SQL(*tickets.order_by(*sort).values("id")[:limit].query.sql_with_params())
    except EmptyResultSet:
        return SQL("SELECT id FROM tickets_ticket WHERE 1 = 0")


def _rows(found: list[tuple[Any, ...]], *, customer: bool) -> list[Row]:
    """What was found, with the words this reader has for it; a missing name is an empty text, a missing id None."""
    known = words_for((status, priority, topic, team) for status, priority, topic, team, *_rest in found)
    rows = []
    for (
        status_id, priority_id, topic_id, team_id, pk, number, subject, category, requester_id, requester, organization,
        assignee_id, assignee, replier_id, replier, by_staff, preview, at, last_event, seen_event, reply,
        created_at, is_unsolved, due_at, responded_at, overdue_since, asked_at,
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
                last_reply_by_staff=by_staff, preview=preview,
                at=_aware(at), is_unread=(seen_event or 0) < last_event, created_at=_aware(created_at),
                due_at=_aware(due_at) if due_at and is_unsolved and not responded_at and not customer else None,
                is_overdue=overdue_since is not None and not customer, is_asked=asked_at is not None,
            )
        )  # fmt: skip
    return rows


def _aware(at: datetime) -> datetime:
    """SQLite has no time zones."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _write_key(row: Row, order: Order) -> str:
    key = [row.at.isoformat(), row.id, *([row.category] if order.is_ranked else [])]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_key(key: str, order: Order) -> Edge | None:
    """The position a page starts after; anything that we did not write for this order starts at the beginning."""
    try:
        at, pk, *rest = json.loads(base64.urlsafe_b64decode(key.encode()))
        moment = datetime.fromisoformat(at)
        ranks = [RANKS.index(category) for category in rest]
        if moment.tzinfo is None or len(ranks) != order.is_ranked:
            return None
        return Edge(moment.astimezone(UTC), int(pk), *ranks)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def newest(tickets: QuerySet[Ticket], count: int) -> QuerySet[Ticket]:
    """Only those as new as the newest `count` tickets of the whole desk: what a search without an index may look at."""
    edge = Ticket.objects.order_by("-updated_at").values_list("updated_at", flat=True)[count : count + 1].first()
    return tickets.filter(updated_at__gte=edge) if edge else tickets


def newest_of(legs: Legs, count: int) -> QuerySet[Ticket]:
    """The newest tickets of a list: what a search in it may look at."""
    keys = legs.page(count)
    return Ticket.objects.filter(pk__in=RawSQL(keys.text, keys.values))  # noqa: S611 - the legs' own words, values apart


def matching(tickets: QuerySet[Ticket], words: str, *, people: bool) -> QuerySet[Ticket]:
    """Those with all of the words: the number, a part of the subject or, with `people`, of the requester's name or e-mail.

    Any confirmed address of theirs counts: who bought with one may write with another (S1.c11, S1.14).
    """
    for word in words.split()[:8]:
        number = text.number(word)
        condition = Q(subject__icontains=word)
        if number is not None:
            condition |= Q(number=number)
        if people:
            people_known = User.objects.get_queryset()
            named = people_known.filter(Q(name__icontains=word) | Q(email__icontains=word))
            condition |= Q(requester__in=named.values("pk"))
            if "@" in word:
                other = people_known.filter(emailaddress__email__icontains=word, emailaddress__verified=True)
                condition |= Q(requester__in=other.values("pk"))
        tickets = tickets.filter(condition)
    return tickets
