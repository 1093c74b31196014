"""A question of the staff waits for its customer: S5.10."""

from datetime import datetime, timedelta

import pytest

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.desk.layout import Tab
from deskhand.mail.models import Mail
from deskhand.tickets import invariants
from deskhand.tickets.actions import perform, prepare
from deskhand.tickets.changes import Change, NotAllowedError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.legs import NEEDS_ME
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import portal_page, sentence, standing, timeline
from tests import make
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return make.ticket(cast.carl, at=at)


def asked(ticket: Ticket, by: User, *, at: datetime, via: Via = Via.STAFF) -> Change:
    with change_ticket(ticket, by=by, via=via, at=at) as change:
        change.reply(compose("Which version is it?"), is_question=True)
    ticket.refresh_from_db()
    return change


def test_s5_10_a_question_says_so_and_waits(cast: Cast, at: datetime, ticket: Ticket) -> None:
    change = asked(ticket, cast.ada, at=at + MINUTE)
    assert (ticket.asked_at, ticket.category) == (at + MINUTE, Category.WAITING)
    told = Event.objects.get(kind=Kind.REPLIED)
    assert [event.kind for event in change.events] == [Kind.REPLIED, Kind.STATUS_CHANGED]
    assert (sentence(told, as_staff=True), sentence(told, as_staff=False)) == (
        "Ada asked a question", "Ada asked a question and needs your answer",
    )  # fmt: skip
    lines = timeline(ticket, user=cast.carl, as_staff=False)
    assert [line.message.is_question for line in lines if line.message] == [False, True]
    assert (standing(ticket, user=cast.carl), standing(ticket, user=cast.mona)) == (
        "We asked you a question and wait for your answer.", "We asked Carl a question and wait for the answer.",
    )  # fmt: skip
    make.ticket(cast.carl, at=at)
    rows = portal_page(Tab.ALL, user=cast.carl, order=NEEDS_ME).rows
    assert [(row.number, row.is_asked) for row in rows] == [(1001, True), (1002, False)]
    assert list(invariants.broken()) == []


def test_a_reply_is_no_question(cast: Cast, at: datetime, ticket: Ticket) -> None:
    ticket = make.reply(ticket, cast.ada, at=at)
    told = Event.objects.get(kind=Kind.REPLIED)
    assert (ticket.asked_at, told.after, sentence(told, as_staff=False)) == (None, None, "Ada replied")
    assert standing(ticket, user=cast.carl) == "We answered and wait for you."


@pytest.mark.parametrize("setting", ["", "open", "resolved"])
def test_a_question_waits_whatever_other_replies_do_unless_a_status_is_chosen(
    cast: Cast, at: datetime, ticket: Ticket, setting: str
) -> None:
    configure(by=cast.otto, at=at, status_on_agent_reply=setting or "in_progress")
    asked(ticket, cast.ada, at=at)
    assert ticket.category == Category.WAITING
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=Category.IN_PROGRESS, is_default=True))
        change.reply(compose("And where?"), is_question=True)
    assert (change.ticket.category, change.ticket.asked_at) == (Category.IN_PROGRESS, at)


def test_a_question_asked_twice_waits_since_the_first(cast: Cast, at: datetime, ticket: Ticket) -> None:
    asked(ticket, cast.ada, at=at + MINUTE)
    asked(ticket, cast.lena, at=at + 2 * MINUTE)
    assert ticket.asked_at == at + MINUTE
    assert Message.objects.filter(is_question=True).count() == 2


def test_only_a_customers_public_message_answers_it(cast: Cast, at: datetime, ticket: Ticket) -> None:
    asked(ticket, cast.ada, at=at + MINUTE)
    ticket = make.note(ticket, cast.ada, at=at + 2 * MINUTE)
    ticket = make.reply(ticket, cast.ada, at=at + 3 * MINUTE)
    assert ticket.asked_at == at + MINUTE
    ticket = make.reply(ticket, cast.carl, at=at + 4 * MINUTE)
    assert (ticket.asked_at, ticket.category) == (None, Category.OPEN)
    asked(ticket, cast.ada, at=at + 5 * MINUTE)
    assert ticket.asked_at == at + 5 * MINUTE


@pytest.mark.parametrize("name", ["eve", "mona"])
def test_who_follows_or_manages_answers_it_too(cast: Cast, at: datetime, ticket: Ticket, name: str) -> None:
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.follow(cast.eve)
    asked(ticket, cast.ada, at=at)
    assert make.reply(ticket, getattr(cast, name), at=at).asked_at is None


def test_staff_alone_ask(cast: Cast, at: datetime, ticket: Ticket) -> None:
    for person, via in ((cast.carl, Via.PORTAL), (cast.carl, Via.API), (cast.eve, Via.PORTAL)):
        with pytest.raises(NotAllowedError):
            asked(ticket, person, at=at, via=via)
    agents_own = make.ticket(cast.ada, at=at)
    with pytest.raises(NotAllowedError):
        asked(agents_own, cast.ada, at=at, via=Via.PORTAL)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("category", [Category.RESOLVED, Category.CLOSED])
def test_nobody_waits_for_an_answer_in_a_ticket_that_is_solved(
    cast: Cast, at: datetime, ticket: Ticket, category: Category
) -> None:
    asked(ticket, cast.ada, at=at)
    assert make.in_category(ticket, category, by=cast.ada, at=at).asked_at is None
    assert make.in_category(ticket, Category.WAITING, by=cast.ada, at=at).asked_at is None
    assert list(invariants.broken()) == []


def test_a_question_that_is_taken_away_waits_no_longer(cast: Cast, at: datetime, ticket: Ticket) -> None:
    for minutes in (1, 2):
        asked(ticket, cast.ada, at=at + minutes * MINUTE)
    left = []
    for message in Message.objects.filter(is_question=True).order_by("pk"):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at + 3 * MINUTE) as change:
            change.redact(message)
        left.append(change.ticket.asked_at)
    assert left == [at + 2 * MINUTE, None]
    assert list(invariants.broken()) == []


def test_to_redact_an_answered_question_asks_none_anew(cast: Cast, at: datetime, ticket: Ticket) -> None:
    asked(ticket, cast.ada, at=at)
    make.reply(ticket, cast.carl, at=at + MINUTE)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at + MINUTE) as change:
        change.redact(Message.objects.get(is_question=True))
    assert change.ticket.asked_at is None


@pytest.mark.parametrize(
    ("sent", "is_question"), [({"is_question": True}, True), ({}, False), ({"is_question": 1}, False)]
)
def test_a_question_is_kept_as_an_action(
    cast: Cast,
    at: datetime,
    ticket: Ticket,
    sent: dict[str, object],
    is_question: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    perform(ticket, prepare([{"do": "reply", "text": "Which?", **sent}]), by=cast.ada, via=Via.STAFF, at=at)
    assert Message.objects.latest("pk").is_question == is_question


def test_its_mail_says_that_an_answer_is_needed(cast: Cast, at: datetime, ticket: Ticket) -> None:
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    asked(ticket, cast.ada, at=at)
    jobs.run_due(at=at)
    mail = Mail.objects.get(recipient=cast.carl)
    assert mail.subject == f"[#{ticket.number}] {ticket.subject}"
    assert "Ada asked a question and needs your answer" in mail.text
