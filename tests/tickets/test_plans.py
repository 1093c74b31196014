"""Each hot query of each kind of person reads an index, not the table: the plans of the databases, asked.

Figures at a million tickets: docs/decisions/0008. Dropping an index of `Ticket` or `Follower` turns this red.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deskhand.accounts.models import User
from deskhand.automation import sweeps
from deskhand.desk.changes import configure
from deskhand.desk.layout import Tab
from deskhand.desk.queries import forget_cached_desk
from deskhand.entitlements.models import Product, Purchase
from deskhand.tickets import paging
from deskhand.tickets.legs import LATEST_PUBLIC, NEEDS_ME, Order, View
from deskhand.tickets.models.choices import UNSOLVED, Category, Priority, Status, Topic
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Follower, Ticket
from deskhand.tickets.purchases import declined_by_clause, tickets_about
from deskhand.tickets.queries import (
    earlier_tickets,
    follow_ups,
    portal_page,
    staff_page,
    tab_counts,
    view_counts,
)
from tests.cast import Cast
from tests.tickets.shop import bought

TICKETS: Final = 10_000  # so many that PostgreSQL prefers an index to reading all pages
PAGE: Final = 5
STAFF: Final = ("ada", "bea", "otto")
PEOPLE: Final = (*STAFF, "carl", "cora", "mona")
LARGE: Final = {"tickets_ticket", "tickets_follower", "tickets_message", "tickets_attachment", "tickets_seen"}
OVERDUE: Final = 0.005  # of the unsolved: an index of each person's were not worth its writing
MOST_ROWS: Final = 60  # as many earlier tickets are looked at
MOST_STEPS: Final = 4500
STEP: Final = 50
INDEXES: Final = {
    "ticket_unsolved", "ticket_solved", "ticket_unassigned", "ticket_assigned", "ticket_team_unsolved",
    "ticket_team_solved", "ticket_team_unassigned", "ticket_assigned_solved", "ticket_requester",
    "ticket_requester_tab", "ticket_organization", "ticket_organization_tab", "follower_all", "follower_tab",
    "follower_unsolved", "follower_solved", "follower_unassigned", "ticket_overdue", "ticket_team_overdue",
    "ticket_promised", "ticket_resolved", "ticket_follows", "ticket_waiting", "ticket_purchase", "ticket_out_of_scope",
}  # fmt: skip
ORDERS: Final = {
    "latest first": LATEST_PUBLIC,
    "latest last": Order("public_updated_at", is_rising=True),
    "needs me first": NEEDS_ME,
}
Query = Callable[[], object]


@pytest.fixture
def desk(cast: Cast, at: datetime) -> Cast:
    """ada is kept out of most tickets, bea out of a few; carl opened very many, cora follows, mona manages all of Acme's."""
    board = type(cast.private).objects.create(name="Board", is_private=True)
    draw, late = random.Random(8), random.Random(9)
    topic, priority = Topic.objects.get(is_default=True), Priority.objects.get(is_default=True)
    statuses = {status.category: status for status in Status.objects.filter(is_default=True)}
    theme = bought(cast.eve, at=at)
    Product.objects.update(not_covered="Translation")  # a clause to ask for
    rows = []
    for number in range(1, TICKETS + 1):
        category = draw.choice([*Category])
        requester = cast.ada if number % 1500 == 0 else draw.choice([cast.carl, cast.mona, *[cast.eve] * 6])
        rows.append(
            Ticket(
                number=number, subject="About the printer", requester=requester, organization=requester.organization,
                topic=topic, status=statuses[category], category=category, is_unsolved=category in UNSOLVED,
                priority=priority, assignee=draw.choice([None, cast.ada, cast.bea, cast.lena]),
                team=draw.choice([*[cast.private] * 8, cast.support, board, None]), created_at=at,
                updated_at=at + timedelta(seconds=number), public_updated_at=at + timedelta(seconds=number // 2),
                first_response_due_at=at + timedelta(seconds=number),
                overdue_since=at if category in UNSOLVED and late.random() < OVERDUE else None,
                resolved_at=at + timedelta(seconds=number) if category == Category.RESOLVED else None,
                purchase=theme if number % 500 == 0 else None,
                out_of_scope="Translation" if category == Category.CLOSED and number % 100 == 0 else None,
            )
        )  # fmt: skip
    tickets = Ticket.objects.bulk_create(rows)
    Follower.objects.bulk_create(
        Follower(ticket=ticket, user=user)
        for user in (cast.ada, cast.cora, cast.mona)
        for ticket in draw.sample(tickets, 3000)
    )
    messages = Message.objects.bulk_create(
        Message(
            ticket=ticket, author=cast.carl, by_staff=False, is_public=True, text="-", html="-", at=at, via="portal"
        )
        for ticket in tickets
    )
    Attachment.objects.bulk_create(
        Attachment(owner=cast.carl, message=message, name="a.png", kind="png", size=1, sha256="0" * 64, at=at)
        for message in messages[:3000]
    )
    configure(by=cast.otto, at=at, auto_close_days=5, close_waiting_days=5, auto_close_warning_days=2)
    forget_cached_desk()
    return cast


def hot(cast: Cast) -> Iterator[tuple[str, Query]]:
    """Everything a page asks about tickets, for each kind of person."""
    ticket, message = Ticket.objects.get(number=77), Message.objects.all()[77]
    file = Attachment.objects.all()[7]
    for name in PEOPLE:
        user: User = getattr(cast, name)
        yield from ((f"{name}: {what}", query) for what, query in _of_customer(user, cast))
        yield f"{name}: one ticket", partial(_list, Ticket.objects.visible_to(user).filter(number=77))
        own = Ticket.objects.visible_to(user).concerning(user)
        yield f"{name}: one ticket, in the portal", partial(_list, own.filter(number=77))
        yield f"{name}: one message", partial(_list, Message.objects.visible_to(user).filter(pk=message.pk))
        yield f"{name}: one file", partial(_list, Attachment.objects.visible_to(user).filter(key=file.key))
    for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
        yield sweep.__name__, partial(sweep, at=ticket.created_at)
    for name in STAFF:
        user = getattr(cast, name)
        yield f"{name}: follow-ups", partial(follow_ups, ticket, user=user, as_staff=True)
        yield f"{name}: counts", partial(view_counts, user)
        yield f"{name}: of a purchase", partial(tickets_about, Purchase.objects.get(), user=user)
        yield f"{name}: declined", partial(declined_by_clause, Product.objects.get())
        yield f"{name}: earlier tickets", partial(earlier_tickets, ticket, user=user)
        for view in View:
            page = partial(staff_page, view, user=user, limit=PAGE)
            second = page().next
            yield f"{name}: {view}", page
            yield f"{name}: {view}, the second page", partial(page, after=second)
            yield f"{name}: {view}, going back", partial(page, before=second)


def _of_customer(user: User, cast: Cast) -> Iterator[tuple[str, Query]]:
    yield "tabs", partial(tab_counts, user)
    chosen = cast.carl if user == cast.mona else user  # only managers are offered others
    yield "tabs of one person", partial(tab_counts, user, requester=chosen.pk)
    for tab, (name, order) in product(Tab, ORDERS.items()):
        page = partial(portal_page, tab, user=user, limit=PAGE, order=order)
        yield f"tab {tab} {name}", page
        yield f"tab {tab} {name} of one person", partial(page, requester=chosen.pk)
        second = page().next
        if second:
            yield f"tab {tab} {name}, the second page", partial(page, after=second)
            yield f"tab {tab} {name}, going back", partial(page, before=second)


def _list(rows: Any) -> list[Any]:  # noqa: ANN401 - any queryset
    return list(rows)


def too_much(query: Query) -> Iterator[str]:
    """The queries that read or sort more than a page and its neighborhood."""
    query()  # what is kept in the process is read now
    with CaptureQueriesContext(connection) as captured, _steps() as steps:
        query()
    if connection.vendor == "sqlite":
        yield from (f"{steps[0]} steps" for _ in range(steps[0] > MOST_STEPS))
        return
    for sql in (entry["sql"] for entry in captured.captured_queries):
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"), ())
            yield from _nodes(cursor.fetchone()[0][0]["Plan"])


@contextmanager
def _steps() -> Iterator[list[int]]:
    """Counts what SQLite's machine does: reading a row and testing it takes five to twenty steps."""
    counted = [0]

    def count() -> None:
        counted[0] += STEP

    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(count, STEP)
    yield counted
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(None, 0)


def _nodes(node: dict[str, Any]) -> Iterator[str]:
    """PostgreSQL's nodes that read more rows of a table than `MOST_ROWS`, those counted that it threw away."""
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if node.get("Relation Name") in LARGE and read > MOST_ROWS:
        yield f"{node['Node Type']} on {node['Relation Name']} {node.get('Index Name', '')}: {read} rows"
    for inner in node.get("Plans", []):
        yield from _nodes(inner)


@pytest.fixture
def analyzed(desk: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(paging, "COUNT_CAP", 10)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # SQLite plans without statistics, as on a desk where nobody ran ANALYZE
    return desk


def test_each_hot_query_of_each_person_reads_little(analyzed: Cast) -> None:
    found = {what: list(too_much(query)) for what, query in hot(analyzed)}
    assert len(found) > 150
    assert {what: problems for what, problems in found.items() if problems} == {}


def test_the_hot_queries_read_each_index_and_no_table(analyzed: Cast) -> None:
    """An index that is lost is missing here; one that nobody reads costs each write and does not belong here."""
    read = {name for _what, query in hot(analyzed) for name in read_by(query)}
    indexes = {index.name for index in (*Ticket._meta.indexes, *Follower._meta.indexes)}
    assert not {name for name in read if name.startswith("SCAN")}
    assert indexes - read == {"ticket_all"}  # the search's, which looks at the newest 30,000
    assert read & indexes == INDEXES


def read_by(query: Query) -> Iterator[str]:
    """The indexes in the plans of its queries; on SQLite also the steps that read a whole table or index."""
    query()
    with CaptureQueriesContext(connection) as captured:
        query()
    is_sqlite = connection.vendor == "sqlite"
    for sql in (entry["sql"] for entry in captured.captured_queries):
        with connection.cursor() as cursor:
            cursor.execute(("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN ") + sql.replace("%", "%%"), ())
            steps = [row[3] if is_sqlite else row[0] for row in cursor.fetchall()]
        for step in steps:
            yield from re.findall(r"(?:INDEX|Scan using|Index Scan on|Backward using) (\w+)", step)
            if re.match(r"SCAN (t|tickets_(ticket|follower|message|attachment))$", step):
                yield step
