"""When a customer hears from us, and whether they did."""

from datetime import datetime, timedelta

import pytest

from deskhand.core.html import compose
from deskhand.tickets.changes import NotAllowedError, change_ticket, open_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.legs import View
from deskhand.tickets.models.choices import Category, Priority, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.paging import Row
from deskhand.tickets.queries import Tab, portal_page, promise_open, sentence, staff_page, view_counts
from tests import make
from tests.cast import Cast

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _targets(db: None) -> None:
    """Those of S3.14."""
    make.promises(urgent=60, high=240, medium=1440, low=2880)


def reprioritized(ticket: Ticket, slug: str, *, by: Cast, at: datetime) -> Ticket:
    with change_ticket(ticket, by=by.ada, via=Via.STAFF, at=at) as change:
        change.set_priority(Priority.objects.get(slug=slug))
    return Ticket.objects.get(pk=ticket.pk)


def overdue(ticket: Ticket, *, at: datetime) -> Ticket:
    with change_ticket(ticket, by=None, via=Via.SYSTEM, at=at) as change:
        change.break_promise()
    return Ticket.objects.get(pk=ticket.pk)


def row(user: object, view: View = View.OPEN) -> Row:
    return staff_page(view, user=user).rows[0]  # type: ignore[arg-type] - a User; the cast's fields are


@pytest.mark.parametrize(("priority", "hours"), [("urgent", 1), ("high", 4), ("medium", 24), ("low", 48)])
def test_s3_14_the_deadline_is_computed_from_creation(cast: Cast, at: datetime, priority: str, hours: int) -> None:
    ticket = make.ticket(cast.carl, at=at, priority=priority)
    assert (ticket.first_response_due_at, promise_open(ticket)) == (at + hours * HOUR, at + hours * HOUR)


def test_s3_14_changing_the_priority_recomputes_the_deadline(cast: Cast, at: datetime) -> None:
    ticket = reprioritized(make.ticket(cast.carl, at=at), "urgent", by=cast, at=at + HOUR / 2)
    assert ticket.first_response_due_at == at + HOUR
    assert reprioritized(ticket, "low", by=cast, at=at + 2 * HOUR).first_response_due_at == at + 48 * HOUR


def test_a_priority_without_a_target_promises_nothing(cast: Cast, at: datetime) -> None:
    make.promises(low=None)
    ticket = make.ticket(cast.carl, at=at, priority="low")
    assert (ticket.first_response_due_at, promise_open(ticket)) == (None, None)
    assert overdue(ticket, at=at + 100 * HOUR).overdue_since is None
    assert reprioritized(ticket, "urgent", by=cast, at=at).first_response_due_at == at + HOUR


def test_another_target_later_moves_no_promise_that_was_given(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, priority="urgent")
    make.promises(urgent=5)
    ticket = make.note(ticket, cast.ada, at=make.later(at))
    assert ticket.first_response_due_at == at + HOUR


def test_s3_14_the_first_answer_keeps_the_promise_and_later_ones_change_nothing(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, priority="urgent")
    ticket = make.reply(ticket, cast.ada, at=at + HOUR / 2)
    ticket = make.reply(ticket, cast.lena, at=at + 3 * HOUR)
    assert (ticket.first_responded_at, promise_open(ticket)) == (at + HOUR / 2, None)
    assert reprioritized(ticket, "low", by=cast, at=at + 4 * HOUR).first_response_due_at == at + HOUR
    assert overdue(ticket, at=at + 5 * HOUR).overdue_since is None


def test_what_is_no_answer_keeps_no_promise(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.note(ticket, cast.ada, at=at)
    make.reply(ticket, cast.carl, at=at)
    with change_ticket(ticket, by=None, via=Via.SYSTEM, at=at) as change:
        change.reply(compose("We have received your message."))
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
    assert Ticket.objects.get().first_responded_at is None


def test_who_writes_a_ticket_down_for_a_customer_has_not_answered_it(cast: Cast, at: datetime) -> None:
    with open_ticket(
        requester=cast.carl, subject="By phone", body=compose("It burns."), topic=Topic.objects.get(), priority=None,
        by=cast.ada, via=Via.STAFF, at=at,
    ) as change:  # fmt: skip
        change.set_priority(Priority.objects.get(slug="urgent"))
    ticket = Ticket.objects.get()
    assert (ticket.first_responded_at, ticket.first_response_due_at) == (None, at + HOUR)
    with open_ticket(
        requester=cast.carl, subject="Answered", body=compose("It burns."), topic=Topic.objects.get(), priority=None,
        by=cast.ada, via=Via.STAFF, at=at,
    ) as change:  # fmt: skip
        change.reply(compose("Water."))
    assert Ticket.objects.get(subject="Answered").first_responded_at == at


def test_s3_14_a_broken_promise_is_told_to_staff_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, priority="urgent")
    assert overdue(ticket, at=at + HOUR).overdue_since is None  # by 13:00 is until 13:00
    late = at + HOUR + timedelta(seconds=1)
    ticket = overdue(overdue(ticket, at=late), at=late + HOUR)
    assert ticket.overdue_since == late
    event = Event.objects.get(kind=Kind.OVERDUE)
    assert (event.is_public, sentence(event, as_staff=True)) == (False, "Nobody has answered within the promised time")
    assert (ticket.public_updated_at, ticket.updated_at) == (at, late)


def test_s3_14_what_is_overdue_is_visible_to_agents_and_not_to_customers(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, priority="urgent")
    shown = row(cast.ada)
    assert (shown.due_at, shown.is_overdue, shown.created_at) == (at + HOUR, False, at)
    overdue(ticket, at=at + 2 * HOUR)
    assert (row(cast.ada, View.OVERDUE).is_overdue, view_counts(cast.ada)[View.OVERDUE]) == (True, 1)
    (his,) = portal_page(Tab.OPEN, user=cast.carl).rows
    assert (his.due_at, his.is_overdue, his.created_at) == (None, False, at)
    make.reply(ticket, cast.ada, at=at + 3 * HOUR)
    assert (row(cast.ada).due_at, row(cast.ada).is_overdue, view_counts(cast.ada)[View.OVERDUE]) == (None, False, 0)


@pytest.mark.parametrize("how", ["answer", "solve", "more time", "no target"])
def test_a_ticket_is_overdue_until_it_is_answered_solved_or_has_more_time(cast: Cast, at: datetime, how: str) -> None:
    ticket = overdue(make.ticket(cast.carl, at=at, priority="urgent"), at=at + 2 * HOUR)
    assert ticket.overdue_since == at + 2 * HOUR
    ticket = make.note(ticket, cast.ada, at=at + 3 * HOUR)
    ticket = reprioritized(ticket, "urgent", by=cast, at=at + 3 * HOUR)
    assert ticket.overdue_since == at + 2 * HOUR
    make.promises(high=None)
    match how:
        case "answer":
            ticket = make.reply(ticket, cast.ada, at=at + 3 * HOUR)
        case "solve":
            ticket = make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=at + 3 * HOUR)
        case "more time":
            ticket = reprioritized(ticket, "low", by=cast, at=at + 3 * HOUR)
        case "no target":
            ticket = reprioritized(ticket, "high", by=cast, at=at + 3 * HOUR)
    assert ticket.overdue_since is None


def test_only_the_system_breaks_promises_and_announces_closings(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for verb, argument in (("break_promise", ()), ("announce_closing", (at.date(),))):
        with pytest.raises(NotAllowedError), change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
            getattr(change, verb)(*argument)


def test_s4_4_the_topic_brings_team_assignee_and_priority(cast: Cast, at: datetime) -> None:
    urgent = Priority.objects.get(slug="urgent")
    topic = make.topic("Outage", team=cast.support, assignee=cast.lena, priority=urgent)
    ticket = make.ticket(cast.carl, at=at, topic=topic)
    assert (ticket.team, ticket.assignee, ticket.priority) == (cast.support, cast.lena, urgent)
    assert ticket.first_response_due_at == at + HOUR
    assert make.ticket(cast.carl, at=at, topic=topic, priority="low").priority.slug == "low"
    plain = make.ticket(cast.carl, at=at)
    assert (plain.team, plain.assignee, plain.priority.slug) == (None, None, "medium")
    assert list(Event.objects.filter(ticket=ticket).values_list("kind", flat=True)) == [Kind.OPENED]


def test_a_topics_assignee_who_cannot_look_after_it_is_left_out(cast: Cast, at: datetime) -> None:
    private = make.topic("Contracts", team=cast.private, assignee=cast.ada)
    assert make.ticket(cast.carl, at=at, topic=private).assignee is None
    left = make.topic("Left", assignee=cast.bea)
    type(cast.bea).objects.filter(pk=cast.bea.pk).update(is_active=False)
    assert make.ticket(cast.carl, at=at, topic=left).assignee is None


def test_an_agent_opens_a_ticket_in_a_private_team_they_are_not_in(cast: Cast, at: datetime) -> None:
    with open_ticket(
        requester=cast.carl, subject="A contract", body=compose("Please."), by=cast.ada, via=Via.STAFF, at=at,
        topic=make.topic("Contracts", team=cast.private), priority=None,
    ) as change:  # fmt: skip
        pass
    assert (change.as_staff, Ticket.objects.get().team) == (True, cast.private)
