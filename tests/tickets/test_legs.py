"""The lists read from indexes hold what `worked_by` and `concerning` say: random desks against the slow and obvious way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from deskhand.accounts.models import TeamMember, User
from deskhand.desk.layout import Tab
from deskhand.desk.queries import forget_cached_desk
from deskhand.tickets import paging
from deskhand.tickets.legs import LATEST_PUBLIC, NEEDS_ME, Order, View
from deskhand.tickets.models.choices import SOLVED, UNSOLVED, Category, Priority, Status, Topic
from deskhand.tickets.models.ticket import Follower, Ticket
from deskhand.tickets.paging import Page
from deskhand.tickets.queries import portal_page, staff_page, tab_counts, view_counts
from tests.cast import Cast, assemble

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PEOPLE = ("ada", "bea", "lena", "otto", "carl", "cora", "mona", "eve")
IN_TAB = {
    Tab.OPEN: UNSOLVED, Tab.WAITING: (Category.WAITING,), Tab.RESOLVED: (Category.RESOLVED,),
    Tab.CLOSED: (Category.CLOSED,), Tab.SOLVED: SOLVED, Tab.ALL: tuple(Category),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A ticket as it was drawn. Few moments, so that many tickets moved at the same one."""

    requester: int
    organization: int
    assignee: int
    team: int
    category: Category
    moved: int
    shown: int
    followers: frozenset[int]
    is_overdue: bool = False


person = st.integers(0, len(PEOPLE) - 1)
drawn = st.builds(
    Drawn, requester=person, organization=st.integers(0, 2), assignee=st.integers(0, 4), team=st.integers(0, 3),
    category=st.sampled_from(Category), moved=st.integers(0, 3), shown=st.integers(0, 3),
    followers=st.frozensets(person, max_size=3), is_overdue=st.booleans(),
)  # fmt: skip


def play(cast: Cast, desk: Iterable[Drawn]) -> None:
    """Straight into the tables: the doors refuse much of what must be listed rightly all the same."""
    people = [getattr(cast, name) for name in PEOPLE]
    other = type(cast.private).objects.create(name="Board", is_private=True)
    teams = [None, cast.support, cast.private, other]
    topic, priority = Topic.objects.get(is_default=True), Priority.objects.get(is_default=True)
    statuses = {status.category: status for status in Status.objects.filter(is_default=True)}
    for number, ticket in enumerate(desk, start=1):
        row = Ticket.objects.create(
            number=number, subject=f"{number}", requester=people[ticket.requester], topic=topic, priority=priority,
            organization=[None, cast.acme, cast.elsewhere][ticket.organization],
            assignee=[None, *people[:4]][ticket.assignee], team=teams[ticket.team], category=ticket.category,
            status=statuses[ticket.category], is_unsolved=ticket.category in UNSOLVED, created_at=NOON,
            updated_at=NOON, public_updated_at=NOON,
            overdue_since=NOON if ticket.is_overdue and ticket.category in UNSOLVED else None,
        )  # fmt: skip
        for follower in ticket.followers:
            Follower.objects.create(ticket=row, user=people[follower])
        # After the followers: what they copy must follow.
        Ticket.objects.filter(pk=row.pk).update(
            updated_at=NOON + timedelta(minutes=ticket.moved), public_updated_at=NOON + timedelta(minutes=ticket.shown)
        )
    forget_cached_desk()


def in_view(view: View, user: User) -> list[int]:
    tickets = Ticket.objects.visible_to(user).worked_by(user)
    match view:
        case View.UNASSIGNED:
            tickets = tickets.filter(category__in=UNSOLVED, assignee=None)
        case View.MINE:
            tickets = tickets.filter(category__in=UNSOLVED, assignee=user)
        case View.OPEN:
            tickets = tickets.filter(category__in=UNSOLVED)
        case View.OVERDUE:
            tickets = tickets.exclude(overdue_since=None)
        case View.SOLVED:
            tickets = tickets.filter(category__in=SOLVED)
    return list(tickets.order_by("-updated_at", "-pk").values_list("number", flat=True))


OLDEST = Order("public_updated_at", is_rising=True)
ORDERS = {
    LATEST_PUBLIC: ("-public_updated_at", "-pk"),
    OLDEST: ("public_updated_at", "pk"),
    NEEDS_ME: ("-public_updated_at", "-pk"),
}
NEEDS = ["waiting", "open", "in_progress", "resolved", "closed"]  # S1.c11


def in_tab(tab: Tab, user: User, requester: int | None, order: Order = LATEST_PUBLIC) -> list[int]:
    tickets = Ticket.objects.visible_to(user).concerning(user).filter(category__in=IN_TAB[tab])
    if requester:
        tickets = tickets.filter(requester=requester)
    rows = list(tickets.order_by(*ORDERS[order]).values_list("category", "number"))
    if order == NEEDS_ME:
        rows.sort(key=lambda row: NEEDS.index(row[0]))
    return [number for _category, number in rows]


def read(page: Callable[..., Page]) -> list[int]:
    """The list by pages of three, to its end; and each page again, going back from the one after it."""
    shown = page(limit=3)
    assert shown.previous == ""
    numbers = [row.number for row in shown.rows]
    while shown.next:
        before, shown = shown, page(limit=3, after=shown.next)
        back = page(limit=3, before=shown.previous)
        assert [row.number for row in back.rows] == [row.number for row in before.rows]
        numbers += [row.number for row in shown.rows]
    return numbers


class RandomDesks(TestCase):
    """A class, because hypothesis needs a transaction for each example."""

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(drawn, max_size=14), st.booleans())
    def test_lists_counts_and_pages_are_those_of_the_slow_way(self, desk: list[Drawn], ada_manages: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        cast = assemble(at=NOON)
        if ada_manages:  # works here and manages a customer: none of the private teams' tickets all the same
            User.objects.filter(pk=cast.ada.pk).update(organization=cast.acme, is_manager=True)
            cast.ada.refresh_from_db()
        TeamMember.objects.create(team=cast.private, user=cast.lena)
        play(cast, desk)
        for user in cast.everybody:
            self.compare(user, cast)

    def compare(self, user: User, cast: Cast) -> None:
        if user.is_staff:
            expected: dict[Any, list[int]] = {view: in_view(view, user) for view in View}
            assert {view: read(partial(staff_page, view, user=user)) for view in View} == expected
            counted: dict[Any, int] = dict(view_counts(user))
            assert counted == {view: len(expected[view]) for view in counted}
        for requester in (None, user.pk, cast.carl.pk):
            expected = {tab: in_tab(tab, user, requester) for tab in Tab}
            assert tab_counts(user, requester=requester) == {tab: len(expected[tab]) for tab in Tab}
            for order in ORDERS:
                asked = partial(portal_page, user=user, requester=requester, order=order)
                expected = {tab: in_tab(tab, user, requester, order) for tab in Tab}
                assert {tab: read(partial(asked, tab)) for tab in Tab} == expected
                searched = read(partial(asked, Tab.ALL, words="1"))
                assert searched == [number for number in expected[Tab.ALL] if "1" in str(number)]


def test_a_count_stops_at_its_cap_also_when_legs_share_tickets(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_CAP", 3)
    mona, carl = PEOPLE.index("mona"), PEOPLE.index("carl")
    ticket = partial(Drawn, organization=1, assignee=0, team=0, moved=0, shown=0)
    play(
        cast,
        [
            *[ticket(carl, category=Category.OPEN, followers=frozenset()) for _ in range(4)],
            *[ticket(mona, category=Category.WAITING, followers=frozenset({mona})) for _ in range(2)],
            ticket(mona, organization=0, category=Category.RESOLVED, followers=frozenset({mona})),
            ticket(carl, category=Category.RESOLVED, followers=frozenset({mona})),
        ],
    )
    counts = tab_counts(cast.mona)
    assert counts == {Tab.OPEN: 3, Tab.WAITING: 2, Tab.RESOLVED: 2, Tab.CLOSED: 0, Tab.SOLVED: 2, Tab.ALL: 3}


def test_who_is_deactivated_has_empty_lists(cast: Cast) -> None:
    ticket = partial(Drawn, organization=1, assignee=1, team=0, moved=0, shown=0, category=Category.OPEN)
    play(cast, [ticket(person, followers=frozenset(range(len(PEOPLE)))) for person in range(len(PEOPLE))])
    for user in cast.everybody:
        user.is_active = False
        assert [len(staff_page(view, user=user).rows) for view in View] == [0, 0, 0, 0, 0]
        assert set(tab_counts(user).values()) == {0}
        assert portal_page(Tab.ALL, user=user, words="1").rows == []


def test_a_follower_carries_what_its_ticket_says(cast: Cast) -> None:
    """The triggers still stand: SQLite drops them with a table that a migration writes anew."""
    ticket = partial(Drawn, 4, organization=1, team=0, moved=2, shown=1, followers=frozenset({0, 5}))
    play(
        cast,
        [
            ticket(assignee=0, category=Category.OPEN),
            ticket(assignee=1, category=Category.WAITING),
            ticket(assignee=0, category=Category.CLOSED),
        ],
    )
    Ticket.objects.filter(number=2).update(category=Category.RESOLVED, is_unsolved=False)
    same = Follower.objects.filter(
        category=F("ticket__category"), is_unsolved=F("ticket__is_unsolved"), updated_at=F("ticket__updated_at"),
        public_updated_at=F("ticket__public_updated_at"),
    )  # fmt: skip
    assert same.count() == Follower.objects.count() == 6
    unassigned = Follower.objects.filter(is_unassigned=True).values_list("ticket__number", flat=True)
    assert sorted(unassigned) == [1, 1]
