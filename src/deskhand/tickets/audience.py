"""Who may hear of what happened: for many events at once what `visible_to` and `policy.works_on` say of one. Reads only."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import Q

from deskhand.accounts.models import Team, User
from deskhand.accounts.roles import PERMISSIONS, STAFF
from deskhand.tickets.events import PHRASES, Kind
from deskhand.tickets.live import Happened
from deskhand.tickets.models.ticket import Follower

_SEE_PRIVATE: Final = frozenset(role for role, granted in PERMISSIONS.items() if "ticket.see_private" in granted)


@dataclass(frozen=True, slots=True)
class Told:
    """What one change did to a ticket, and the keys of those who hear of it.

    `staff` hear of `kinds`, `customers` of `public_kinds` (nothing, if there are none); customers who follow it from now on
    hear that, `joined`, if nothing else; whom the ticket has left learn that it is `gone`, and nothing else.
    """

    number: int
    by: int | None
    kinds: tuple[str, ...]
    public_kinds: tuple[str, ...]
    staff: frozenset[int]
    customers: frozenset[int]
    joined: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _State:
    """What decides who sees a ticket, at one moment."""

    team: int | None
    assignee: int | None
    followers: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Rights:
    """The rights people have right now; nobody here is inactive."""

    staff: frozenset[int]
    see_private: frozenset[int]
    customers: frozenset[int]
    managers: dict[int, frozenset[int]]  # by organization
    private: dict[int, frozenset[int]]  # the members of each private team
    followers: dict[int, frozenset[int]]  # by ticket

    def workers(self, state: _State) -> frozenset[int]:
        """As `policy.works_on`."""
        members = self.private.get(state.team) if state.team else None
        if members is None:
            return self.staff
        return self.see_private | (self.staff & (members | state.followers | {state.assignee}))

    def takers(self, event: Happened, state: _State) -> frozenset[int]:
        """Who reads the ticket as a customer, staff who opened it for themselves included."""
        managers = self.managers.get(event.organization, frozenset()) if event.organization else frozenset()
        taking = (self.customers & (state.followers | {event.requester})) | managers
        return (taking | (self.staff & {event.requester})) - self.workers(state)


def told(events: Sequence[Happened]) -> list[Told]:
    """One telling for each change of each ticket, in the order of the events; three queries, however many they are."""
    if not events:
        return []
    rights = _rights(events)
    changes: dict[tuple[int, uuid.UUID], list[Happened]] = defaultdict(list)
    tickets: dict[int, list[Happened]] = defaultdict(list)
    for event in events:
        changes[event.ticket, event.change].append(event)
        tickets[event.ticket].append(event)
    last = dict(changes.keys())
    gone = {ticket: _left(rows, rights) for ticket, rows in tickets.items()}
    return [
        _telling(rows, rights, gone=gone[ticket] if last[ticket] == change else frozenset())
        for (ticket, change), rows in changes.items()
    ]


def _telling(rows: list[Happened], rights: _Rights, *, gone: frozenset[int]) -> Told:
    ticket = rows[-1]
    state = _now(ticket, rights)
    customers = rights.takers(ticket, state)
    return Told(
        number=ticket.number,
        by=ticket.by,
        kinds=_kinds(rows),
        public_kinds=_kinds(row for row in rows if row.is_public and PHRASES[Kind(row.kind)].customer is not None),
        staff=rights.workers(state),
        customers=customers,
        joined=customers & {row.after["id"] for row in rows if row.kind == Kind.FOLLOWED and row.after},
        gone=gone,
    )


def _kinds(rows: Iterable[Happened]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.kind for row in rows))


def _now(event: Happened, rights: _Rights) -> _State:
    return _State(event.team, event.assignee, rights.followers.get(event.ticket, frozenset()))


def _left(rows: list[Happened], rights: _Rights) -> frozenset[int]:
    """Who saw the ticket before one of these events of it, with the rights of today, and sees it no longer."""
    event, now = rows[-1], _now(rows[-1], rights)
    saw = frozenset(
        person for state in _earlier(rows, now) for person in rights.workers(state) | rights.takers(event, state)
    )
    return saw - rights.workers(now) - rights.takers(event, now)


def _earlier(rows: list[Happened], state: _State) -> Iterator[_State]:
    """The states before the events that decide who sees a ticket, the latest first."""
    for row in reversed(rows):
        before = row.before["id"] if row.before else None
        match row.kind:
            case Kind.MOVED:
                state = replace(state, team=before)
            case Kind.ASSIGNED:
                state = replace(state, assignee=before)
            case Kind.UNFOLLOWED if before is not None:
                state = replace(state, followers=state.followers | {before})
            case _:
                continue
        yield state


def _rights(events: Sequence[Happened]) -> _Rights:
    """Whatever the audience of these events hangs on, from the database and not from what is kept of it (G08)."""
    before = [(event.kind, event.before["id"]) for event in events if event.before]
    was_in = [key for kind, key in before if kind == Kind.MOVED]
    teams = {key for key in (*was_in, *(event.team for event in events)) if key}
    followers: dict[int, set[int]] = defaultdict(set)
    for ticket, user in Follower.objects.filter(ticket__in={e.ticket for e in events}).values_list("ticket", "user"):
        followers[ticket].add(user)
    private: dict[int, set[int]] = defaultdict(set)
    if teams:
        rows = Team.objects.filter(pk__in=teams, is_private=True).order_by().values_list("pk", "teammember__user")
        for team, user in rows:
            private[team].update([user] if user else [])
    concerned = {event.requester for event in events}.union(*followers.values())
    concerned |= {key for kind, key in before if kind == Kind.UNFOLLOWED}
    organizations = {event.organization for event in events if event.organization}
    managing = Q(is_manager=True, organization__in=organizations)
    people = User.objects.get_queryset().active().filter(Q(role__in=STAFF) | Q(pk__in=concerned) | managing)
    staff, see_private, customers, managers = set(), set(), set(), defaultdict(set)
    for pk, role, organization, is_manager in people.values_list("pk", "role", "organization", "is_manager"):
        if role in STAFF:
            staff.add(pk)
            if role in _SEE_PRIVATE:
                see_private.add(pk)
        else:
            customers.add(pk)
            if is_manager and organization:
                managers[organization].add(pk)
    return _Rights(
        frozenset(staff), frozenset(see_private), frozenset(customers), _frozen(managers), _frozen(private),
        _frozen(followers),
    )  # fmt: skip


def _frozen(sets: dict[int, set[int]]) -> dict[int, frozenset[int]]:
    return {key: frozenset(members) for key, members in sets.items()}
