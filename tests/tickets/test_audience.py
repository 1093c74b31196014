"""Who hears of what: the same people who may see it, in three or four queries for all of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from deskhand.accounts.models import TeamMember, User
from deskhand.accounts.roles import Role
from deskhand.tickets import policy
from deskhand.tickets.audience import Told, told
from deskhand.tickets.changes import Change, change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.live import Happened
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast, person


def happened(since: int) -> list[Happened]:
    """All events after this one, as the tail reads them."""
    columns = Event.objects.filter(pk__gt=since).order_by("pk").values_list(
        "pk", "pk", "change", "kind", "by", "is_public", "before", "after", "ticket", "ticket__number", "ticket__team",
        "ticket__assignee", "ticket__requester", "ticket__organization",
    )  # fmt: skip
    return [Happened(*values) for values in columns]


def last_event() -> int:
    """The newest event's key."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def tell(act: Callable[[], object]) -> list[Told]:
    """What is told of an act."""
    since = last_event()
    act()
    return told(happened(since))


def do(ticket: Ticket, verb: Callable[[Change], object], *, at: datetime) -> Callable[[], object]:
    """Speak a verb as the system."""

    def act() -> None:
        with change_ticket(Ticket.objects.get(pk=ticket.pk), by=None, via=Via.SYSTEM, at=at) as change:
            verb(change)

    return act


def names(cast: Cast, people: frozenset[int]) -> set[str]:
    """Who of the cast that is."""
    return {user.username or "" for user in cast.everybody if user.pk in people}


STAFF = {"ada", "bea", "lena", "otto"}


def test_own_foreign_and_private_tickets(cast: Cast, at: datetime) -> None:
    """Nine people with the robot's part, the system, who hears nothing: literal, so that a rule that widens is seen."""
    carls, eves = make.ticket(cast.carl, at=at), make.ticket(cast.eve, at=at)
    legal = make.ticket(cast.carl, at=at, team=cast.private)
    rows = [
        (*tell(lambda t=t, who=who: make.reply(t, who, at=at)), *tell(lambda t=t, who=who: make.note(t, who, at=at)))
        for t, who in ((carls, cast.ada), (eves, cast.ada), (legal, cast.bea))
    ]
    assert [[(names(cast, one.staff), names(cast, one.customers), bool(one.public_kinds)) for one in row] for row in rows] == [
        [(STAFF, {"carl", "mona"}, True), (STAFF, {"carl", "mona"}, False)],
        [(STAFF, {"eve"}, True), (STAFF, {"eve"}, False)],
        [(STAFF - {"ada"}, {"carl", "mona"}, True), (STAFF - {"ada"}, {"carl", "mona"}, False)],
    ]  # fmt: skip


def test_it_is_the_same_as_seeing_it(cast: Cast, at: datetime) -> None:
    """For everybody, and for people who are several things at once: who hears is who sees, who hears of notes reads them."""
    max_, nora = person("max", Role.AGENT, at=at), person("nora", at=at, organization=cast.acme, is_manager=True)
    nora.is_active = False
    nora.save(update_fields=["is_active"])
    cast.ada.organization, cast.ada.is_manager = cast.acme, True  # an agent who was a customer's manager once
    cast.ada.save(update_fields=["organization", "is_manager"])
    tickets = [
        make.ticket(cast.carl, at=at), make.ticket(cast.eve, at=at, team=cast.private),
        make.ticket(cast.ada, at=at, team=cast.private), make.ticket(cast.cora, at=at, team=cast.support),
    ]  # fmt: skip
    for ticket in tickets[:2]:
        do(ticket, lambda change: change.follow(max_), at=at)()
        do(ticket, lambda change: change.follow(cast.cora), at=at)()
    for one in (make.note(ticket, cast.bea, at=at) for ticket in tickets):
        message = Message.objects.filter(ticket=one).latest("pk")
        row = told([event for event in happened(0) if event.ticket == one.pk])[-1]
        for user in [*cast.everybody, max_, nora]:
            user = User.objects.get_queryset().get(pk=user.pk)
            hears = user.pk in row.staff | row.customers
            assert hears == Ticket.objects.visible_to(user).filter(pk=one.pk).exists(), (user, one)
            assert (user.pk in row.staff) == policy.works_on(user, one), (user, one)
            if user.pk in row.staff:
                assert Message.objects.visible_to(user).filter(pk=message.pk).exists(), (user, one)


def test_a_change_is_told_once_with_what_each_may_know(cast: Cast, at: datetime) -> None:
    def both(change: Change) -> None:
        change.set_subject("Two printers are on fire")
        change.tag("fire")

    ticket = make.ticket(cast.carl, at=at)
    (row,) = tell(do(ticket, both, at=at))
    assert (row.kinds, row.public_kinds) == (("ticket.subject_changed", "ticket.tagged"), ("ticket.subject_changed",))


@pytest.mark.parametrize(
    ("verb", "gone"),
    [
        (lambda change, cast: change.move_to_team(cast.private), {"ada"}),
        (lambda change, cast: change.move_to_team(cast.support), set()),
        (lambda change, cast: change.unfollow(cast.cora), {"cora"}),
        (lambda change, cast: change.unfollow(cast.mona), set()),  # she manages its organization
    ],
)
def test_whom_a_ticket_leaves_is_told_so_once(
    cast: Cast, at: datetime, verb: Callable[[Change, Cast], object], gone: set[str]
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for user in (cast.cora, cast.mona):
        do(ticket, lambda change, user=user: change.follow(user), at=at)()
    (row,) = tell(do(ticket, lambda change: verb(change, cast), at=at))
    assert names(cast, row.gone) == gone
    (after,) = tell(lambda: make.note(ticket, cast.otto, at=at))
    assert names(cast, after.gone) == set()
    assert not after.staff & row.gone


def test_who_follows_from_now_on_hears_it(cast: Cast, at: datetime) -> None:
    """No customer is told who follows a ticket, but for the new follower: it appears in their list."""
    ticket = make.ticket(cast.carl, at=at)
    (row,) = tell(do(ticket, lambda change: change.follow(cast.cora), at=at))
    assert (names(cast, row.joined), row.public_kinds) == ({"cora"}, ())
    (row,) = tell(do(ticket, lambda change: change.follow(cast.ada), at=at))
    assert (names(cast, row.joined), names(cast, row.staff)) == (set(), STAFF)
    (row,) = tell(lambda: make.note(ticket, cast.ada, at=at))
    assert row.joined == frozenset()


def test_who_holds_a_ticket_that_becomes_private_loses_it(cast: Cast, at: datetime) -> None:
    """The move takes it from ada, too: she saw it because she held it, and learns no more than that it is gone."""
    ticket = make.ticket(cast.carl, at=at)
    do(ticket, lambda change: change.assign(cast.ada), at=at)()
    (row,) = tell(do(ticket, lambda change: change.move_to_team(cast.private), at=at))
    assert row.kinds == ("ticket.moved", "ticket.assigned")
    assert names(cast, row.gone) == {"ada"}
    assert names(cast, row.staff) == {"bea", "lena", "otto"}


def test_there_and_back_in_one_reading_leaves_nobody(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.support)
    since = last_event()
    do(ticket, lambda change: change.move_to_team(cast.private), at=at)()
    do(ticket, lambda change: change.move_to_team(cast.support), at=at)()
    assert [names(cast, row.gone) for row in told(happened(since))] == [set(), set()]


def test_g08_rights_are_those_of_now(cast: Cast, at: datetime) -> None:
    """Written when bea was in the team, told when she is not: asked of the database, not of what is kept of it."""
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    since = last_event()
    make.note(ticket, cast.bea, at=at)
    assert names(cast, told(happened(since))[0].staff) == {"bea", "lena", "otto"}
    TeamMember.objects.filter(user=cast.bea).delete()
    User.objects.get_queryset().filter(pk=cast.lena.pk).update(is_active=False)
    User.objects.get_queryset().filter(pk=cast.otto.pk).update(role=Role.CUSTOMER)
    (row,) = told(happened(since))
    assert (names(cast, row.staff), names(cast, row.gone)) == (set(), set())


def test_as_many_events_as_there_may_be_cost_three_queries(
    cast: Cast, at: datetime, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    tickets = [make.ticket(cast.carl, at=at, team=cast.private) for _ in range(3)]
    for ticket in tickets:
        make.reply(ticket, cast.bea, at=at)
    events = happened(0)
    with django_assert_num_queries(3):
        told(events)
    with django_assert_num_queries(3):
        told(events[:2])


def test_no_customer_hears_of_what_became_of_a_note(cast: Cast, at: datetime) -> None:
    """Its text is removed: a kind that customers have words for, of something they never saw."""
    ticket = make.note(make.ticket(cast.carl, at=at), cast.ada, at=at)
    secret, said = Message.objects.filter(ticket=ticket).order_by("is_public")
    rows = [tell(do(ticket, lambda change, which=which: change.redact(which), at=at)) for which in (secret, said)]
    assert [row.public_kinds for (row,) in rows] == [(), ("ticket.redacted",)]
