"""Which list of whom reads which index: SQL for the lists that must be as fast at a million tickets as at ten (decision 8).

A list is the union of a few legs. Each leg is one range of one index whose rows come in the list's order, so that it stops after
a page, whatever the desk looks like; "mine OR followed OR of my organization" as one condition reads all tickets.
What the legs say must be what `worked_by` and `concerning` say; tests/tickets/test_legs.py compares the two on random desks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from deskhand.accounts.models import User
from deskhand.accounts.privacy import teams_hidden_from, teams_open_to
from deskhand.desk.layout import Tab
from deskhand.tickets.models.choices import SOLVED, UNSOLVED, Category


class View(StrEnum):
    """The agents' built-in lists."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    OPEN = "open"
    OVERDUE = "overdue"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class SQL:
    """A query, or a piece of one, with the values of its placeholders in their order."""

    text: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """By which time a list is sorted: the latest first, or rising. Indexes are read from both ends.

    `is_ranked`: before that by what the ticket wants of its customer, see `RANKS`.
    """

    by: str
    is_rising: bool = False
    is_ranked: bool = False

    def words(self, *columns: str, rank: str = "", is_back: bool = False) -> str:
        """ORDER BY these, in this order's direction or, going back, against it; a `rank` before them."""
        way = "" if self.is_rising != is_back else " DESC"
        first = [f"{rank} DESC" if is_back else rank] if self.is_ranked and rank else []
        return ", ".join([*first, *(f"{column}{way}" for column in columns)])


LATEST: Final = Order("updated_at")  # anything, for staff
LATEST_PUBLIC: Final = Order("public_updated_at")
NEEDS_ME: Final = Order("public_updated_at", is_ranked=True)  # what waits for the customer first (S1.c11)
RANKS: Final = (Category.WAITING, Category.OPEN, Category.IN_PROGRESS, Category.RESOLVED, Category.CLOSED)


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a page begins: right after this ticket, or right before it if `is_back`. Without one at the list's end."""

    at: datetime
    pk: int
    rank: int = 0  # of its category, where the order asks for it


@dataclass(frozen=True, slots=True)
class Leg:
    """A range of an index of `table`: the tickets for which `where` holds, all of them of `rank`.

    `empty` is a column that is NULL in all of them: PostgreSQL sees the index's order only if it is sorted by as well.
    """

    where: str
    values: tuple[Any, ...] = ()
    table: str = "tickets_ticket"
    empty: str = ""
    rank: int = 0

    def is_over(self, edge: Edge, *, is_back: bool) -> bool:
        """Is all of it in the pages that one comes from?"""
        return self.rank > edge.rank if is_back else self.rank < edge.rank

    def sql(self, order: Order, limit: int, edge: Edge | None = None, *, is_back: bool = False) -> SQL:
        """Keys and times of the first `limit` tickets after the edge, in order."""
        by, pk = order.by, "id" if self.table == "tickets_ticket" else "ticket_id"
        past, values, is_rising = "", self.values, order.is_rising != is_back
        if edge and edge.rank == self.rank:
            past = f" AND ({by}, {pk}) {'>' if is_rising else '<'} (%s, %s)"
            values += (connection.ops.adapt_datetimefield_value(edge.at), edge.pk)
        first = f"{self.empty}{' DESC' if is_rising else ''}, " if self.empty else ""
        return SQL(
            f"SELECT {pk} AS id, {by} AS at, {self.rank:d} AS rank FROM {self.table} WHERE {self.where}{past}"  # noqa: S608 - our own words only
            f" ORDER BY {first}{order.words(by, pk, is_back=is_back)} LIMIT {limit:d}",
            values,
        )


@dataclass(frozen=True, slots=True)
class Legs:
    """A list: what is in any of its legs, in order. No ticket is in two of `apart`; in `shared` it may be again."""

    order: Order
    apart: tuple[Leg, ...]
    shared: tuple[Leg, ...] = ()

    def page(self, limit: int, edge: Edge | None = None, *, is_back: bool = False) -> SQL:
        """The keys of the first `limit` tickets after the edge, each once; in no order."""
        legs = (*self.apart, *self.shared)
        there = [leg for leg in legs if not (edge and leg.is_over(edge, is_back=is_back))] or _NOBODYS
        pieces = [leg.sql(self.order, limit, edge, is_back=is_back) for leg in there]
        if len(pieces) == 1:
            return SQL(f"SELECT id FROM ({pieces[0].text}) AS leg", pieces[0].values)  # noqa: S608 - see Leg.sql
        columns = "id, at, rank" if self.order.is_ranked else "id, at"
        found = _union(columns, pieces, is_apart=not self.shared)
        sort = self.order.words("at", "id", rank="rank", is_back=is_back)
        return SQL(f"SELECT id FROM ({found.text}) AS legs ORDER BY {sort} LIMIT {limit:d}", found.values)  # noqa: S608 - see Leg.sql

    def count(self, cap: int) -> SQL:
        """How many there are, at most `cap`: one expression.

        Ordered like the lists: without an order PostgreSQL reads the table from its beginning until it has found enough.
        """
        apart = [leg.sql(self.order, cap) for leg in self.apart]
        alone = _count(_union("id", apart, is_apart=True), cap)
        if not self.shared:
            return alone
        everything = apart + [leg.sql(self.order, cap) for leg in self.shared]
        exact = _count(_union("id", everything, is_apart=False), cap)
        if not self.apart:
            return exact
        # Mostly the first legs are enough or small; only then is it worth to look for tickets that are in two legs.
        return SQL(f"CASE WHEN {alone.text} >= {cap:d} THEN {cap:d} ELSE {exact.text} END", alone.values + exact.values)


def _union(columns: str, pieces: Iterable[SQL], *, is_apart: bool) -> SQL:
    pieces = list(pieces)
    texts = (f"SELECT {columns} FROM ({piece.text}) AS leg" for piece in pieces)  # noqa: S608 - see Leg.sql
    return SQL(
        (" UNION ALL " if is_apart else " UNION ").join(texts),
        tuple(value for piece in pieces for value in piece.values),
    )


def _count(found: SQL, cap: int) -> SQL:
    return SQL(f"(SELECT count(*) FROM (SELECT id FROM ({found.text}) AS legs LIMIT {cap:d}) AS capped)", found.values)  # noqa: S608 - see Leg.sql


_NOBODYS: Final = (Leg("1 = 0"),)
_IN_VIEW: Final = {
    View.UNASSIGNED: "is_unsolved AND assignee_id IS NULL",
    View.OPEN: "is_unsolved",
    View.OVERDUE: "overdue_since IS NOT NULL",
    View.SOLVED: "NOT is_unsolved",
}
_OWN: Final = "FROM tickets_follower f WHERE f.user_id = %s AND f.ticket_id = tickets_ticket.id"
_FOLLOWED: Final = f"EXISTS (SELECT 1 {_OWN})"
_FOLLOWED_ONE: Final = f"(SELECT f.id {_OWN} LIMIT 1) IS NOT NULL"  # after OR, PostgreSQL hashes what EXISTS finds


def staff_legs(view: View, *, user: User) -> Legs:
    """An agent's list of what they work on, the latest activity first."""
    if not user.can("staff.enter"):
        return Legs(LATEST, _NOBODYS)
    if view is View.MINE:
        return Legs(LATEST, (Leg("is_unsolved AND assignee_id = %s", (user.pk,)),))
    is_in = _IN_VIEW[view]
    hidden = () if user.can("ticket.see_private") else tuple(teams_hidden_from(user))
    if not hidden:
        return Legs(LATEST, (Leg(is_in),))
    teams = [Leg(f"team_id = %s AND {is_in}", (team,)) for team in teams_open_to(user)]
    nobodys = Leg(f"team_id IS NULL AND {is_in}", empty="team_id")
    if view is View.OVERDUE:  # so few of the whole desk that an index of each person's were not worth its writing
        theirs = Leg(f"{is_in} AND (assignee_id = %s OR {_FOLLOWED_ONE})", (user.pk, user.pk))
        return Legs(LATEST, (nobodys, *teams), (theirs,))
    followed = Leg(
        "user_id = %s AND " + ("is_unassigned" if view is View.UNASSIGNED else is_in), (user.pk,), "tickets_follower"
    )
    assigned = [] if view is View.UNASSIGNED else [Leg(f"assignee_id = %s AND {is_in}", (user.pk,))]
    return Legs(LATEST, (nobodys, *teams), (*assigned, followed))


_IN_TAB: Final[dict[Tab, tuple[str, ...]]] = {
    Tab.OPEN: tuple(UNSOLVED),
    Tab.WAITING: (Category.WAITING,),
    Tab.RESOLVED: (Category.RESOLVED,),
    Tab.CLOSED: (Category.CLOSED,),
    Tab.SOLVED: tuple(SOLVED),
}


def portal_legs(tab: Tab, *, user: User, requester: int | None = None, order: Order = LATEST_PUBLIC) -> Legs:
    """A customer's list; with `requester` only what that person opened (S4.18)."""
    if not user.is_active:
        return Legs(order, _NOBODYS)
    places = _places(tab, order)
    own = Leg("requester_id = %s", (user.pk,))
    managed = _managed(user)
    if requester == user.pk:
        return Legs(order, _by_category(places, own))
    if requester is not None:
        seen = Leg(_FOLLOWED, (user.pk,))
        if managed:
            seen = Leg(f"({managed.where} OR {_FOLLOWED})", (*managed.values, user.pk))
        both = Leg(f"requester_id = %s AND {seen.where}", (requester, *seen.values))
        return Legs(order, _by_category(places, both))
    follows = _by_category(places, Leg("user_id = %s", (user.pk,), "tickets_follower"))
    if managed:
        shared = (*_by_category(places, own), *follows)
        return Legs(order, _by_category(places, managed), shared)
    return Legs(order, _by_category(places, own), follows)


def _managed(user: User) -> Leg | None:
    """The tickets of the organization this person manages; who works here as well sees no private team's among them."""
    if not (user.is_manager and user.organization_id):
        return None
    leg = Leg("organization_id = %s", (user.organization_id,))
    is_limited = user.can("staff.enter") and not user.can("ticket.see_private")
    hidden = teams_hidden_from(user) if is_limited else []
    if not hidden:
        return leg
    seen = f"(team_id IS NULL OR team_id NOT IN ({_marks(hidden)}) OR assignee_id = %s)"
    return Leg(f"{leg.where} AND {seen}", (*leg.values, *hidden, user.pk))


def _places(tab: Tab, order: Order) -> tuple[tuple[str, int], ...]:
    """The categories that a tab's legs are split by, and their ranks; none if one index has the order of all."""
    if not order.is_ranked:
        return tuple((category, 0) for category in _IN_TAB.get(tab, ()))
    return tuple((category, rank) for rank, category in enumerate(RANKS) if category in _IN_TAB.get(tab, RANKS))


def _by_category(places: tuple[tuple[str, int], ...], leg: Leg) -> tuple[Leg, ...]:
    """One leg for each category: an index has an order within one category only."""
    if not places:
        return (leg,)
    return tuple(
        Leg(f"category = %s AND {leg.where}", (category, *leg.values), leg.table, rank=rank)
        for category, rank in places
    )


def _marks(values: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(values))
