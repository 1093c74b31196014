"""Another assignee (S1.c9), and taking what nobody has (S1.c1)."""

from datetime import datetime

import pytest

from deskhand.desk.changes import configure
from deskhand.tickets.changes import Change, NotAllowedError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import UNSOLVED, Category, Status
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.undo import undo
from tests import make
from tests.cast import Cast


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    """ada waits for its customer."""
    configure(by=cast.otto, at=at, status_on_reassign="open")
    made = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    return assigned(made, cast, "ada", at=at).ticket


def assigned(ticket: Ticket, cast: Cast, name: str, *, at: datetime) -> Change:
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.assign(getattr(cast, name) if name else None)
    return change


def test_s1_c9_another_agent_finds_it_open(cast: Cast, at: datetime, ticket: Ticket) -> None:
    assert ticket.category == Category.WAITING  # its first agent changes no status
    change = assigned(ticket, cast, "bea", at=at)
    assert (change.ticket.assignee, change.ticket.category) == (cast.bea, Category.OPEN)
    assert [event.kind for event in change.events] == [Kind.STATUS_CHANGED, Kind.ASSIGNED]


@pytest.mark.parametrize("name", ["ada", ""])
def test_the_same_agent_and_nobody_change_no_status(cast: Cast, at: datetime, ticket: Ticket, name: str) -> None:
    assert assigned(ticket, cast, name, at=at).ticket.category == Category.WAITING


def test_without_the_setting_nothing_but_the_agent_changes(cast: Cast, at: datetime, ticket: Ticket) -> None:
    configure(by=cast.otto, at=at, status_on_reassign="")
    assert [event.kind for event in assigned(ticket, cast, "bea", at=at).events] == [Kind.ASSIGNED]


def test_a_status_that_is_chosen_stays(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=Category.IN_PROGRESS, is_default=True))
        change.assign(cast.bea)
    assert change.ticket.category == Category.IN_PROGRESS


def test_there_and_back_changes_nothing(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.assign(cast.bea)
        change.assign(cast.ada)
    assert change.events == []


@pytest.mark.parametrize("category", [Category.RESOLVED, Category.CLOSED])
def test_what_is_solved_stays_solved(cast: Cast, at: datetime, ticket: Ticket, category: Category) -> None:
    solved = make.in_category(ticket, category, by=cast.ada, at=at)
    assert assigned(solved, cast, "bea", at=at).ticket.category == category


def test_undo_puts_both_back_and_sets_nothing_of_its_own(cast: Cast, at: datetime, ticket: Ticket) -> None:
    change = assigned(ticket, cast, "bea", at=at)
    assert undo(change.id, by=cast.lena, at=at) == []
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.category) == (cast.ada, Category.WAITING)
    change = assigned(ticket, cast, "bea", at=at)
    make.in_category(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    assert undo(change.id, by=cast.lena, at=at) == ["The status has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.category) == (cast.ada, Category.IN_PROGRESS)


@pytest.mark.parametrize("category", UNSOLVED)
def test_s1_c1_an_agent_takes_what_nobody_has(cast: Cast, at: datetime, category: Category) -> None:
    configure(by=cast.otto, at=at, status_on_reassign="open")
    free = make.in_category(make.ticket(cast.carl, at=at), category, by=cast.lena, at=at)
    told = []
    for agent in (cast.ada, cast.bea):
        with change_ticket(free, by=agent, via=Via.STAFF, at=at) as change:
            change.claim()
        told.append([event.kind for event in change.events])
    free.refresh_from_db()
    assert (told, free.assignee, free.category) == ([[Kind.ASSIGNED], []], cast.ada, category)


def test_who_may_look_at_it_and_not_have_it_takes_nothing(cast: Cast, at: datetime) -> None:
    private = make.ticket(cast.carl, at=at, team=cast.private)
    with change_ticket(private, by=cast.bea, via=Via.STAFF, at=at) as change:
        change.follow(cast.ada)
    with change_ticket(private, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.claim()
    assert (change.events, change.ticket.assignee) == ([], None)


def test_customers_claim_nothing(cast: Cast, at: datetime) -> None:
    free = make.ticket(cast.carl, at=at)
    for person in (cast.carl, cast.eve):
        with pytest.raises(NotAllowedError), change_ticket(free, by=person, via=Via.PORTAL, at=at) as change:
            change.claim()
    assert Ticket.objects.get().assignee is None
