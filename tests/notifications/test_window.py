"""The mail window: what happens within it reaches a customer as one mail, and there and back as none (S5.14)."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.mail.models import Mail, State
from deskhand.tickets.actions import prepare, schedule, take_back
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _window(settings: Settings) -> None:
    settings.MAIL_WINDOW_S = settings.MAIL_GATHER_S = 20


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    """Carl's ticket; its first mails are done with."""
    made = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    return made


def after(at: datetime, seconds: int) -> datetime:
    return at + timedelta(seconds=seconds)


def carls() -> list[list[str]]:
    """What Carl read on top of each of his mails."""
    mails = Mail.objects.filter(to_name="Carl").order_by("pk")
    return [mail.text.partition("\n\n")[0].splitlines() for mail in mails]


def put(ticket: Ticket, category: Category, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=category, is_default=True))


def test_an_opening_is_confirmed_at_once(cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert carls() == [["We have your message: it is ticket #1001"]]


def test_changes_within_the_window_are_one_mail(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_priority(Priority.objects.get(slug="urgent"))
    put(ticket, Category.RESOLVED, by=cast.lena, at=after(at, 10))
    jobs.run_due(at=after(at, 19))
    assert carls() == []
    jobs.run_due(at=after(at, 21))
    assert carls() == [["Ada changed the priority: Medium → Urgent", "Lena changed the status: Open → Resolved"]]


def test_a_notice_waits_for_a_reply_that_is_on_its_way(cast: Cast, at: datetime, ticket: Ticket) -> None:
    reply = [{"do": "reply", "text": "Take this key."}]
    put(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    schedule(ticket, prepare(reply), by=cast.ada, via=Via.STAFF, at=after(at, 15), delay=timedelta(seconds=20))
    jobs.run_due(at=after(at, 21))
    assert carls() == []
    jobs.run_due(at=after(at, 35))
    assert carls() == [["Ada replied", "Ada changed the status: Open → Waiting for you"]]
    jobs.run_due(at=after(at, 90))
    assert len(carls()) == 1


def test_a_notice_that_waited_for_a_reply_is_told_when_that_is_taken_back(
    cast: Cast, at: datetime, ticket: Ticket
) -> None:
    put(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    reply = [{"do": "reply", "text": "Oops."}]
    row = schedule(ticket, prepare(reply), by=cast.ada, via=Via.STAFF, at=after(at, 15), delay=timedelta(seconds=20))
    assert row is not None
    jobs.run_due(at=after(at, 21))
    take_back(row, by=cast.ada)
    jobs.run_due(at=after(at, 36))
    assert carls() == [["Ada changed the status: Open → In progress"]]


def test_there_and_back_within_the_window_tells_nothing(cast: Cast, at: datetime, ticket: Ticket) -> None:
    put(ticket, Category.RESOLVED, by=cast.ada, at=at)
    put(ticket, Category.OPEN, by=cast.ada, at=after(at, 5))
    jobs.run_due(at=after(at, 60))
    assert carls() == []
    put(ticket, Category.RESOLVED, by=cast.ada, at=after(at, 100))
    jobs.run_due(at=after(at, 121))
    assert carls() == [["Ada changed the status: Open → Resolved"]]


def test_after_the_window_the_next_change_is_the_next_mail(cast: Cast, at: datetime, ticket: Ticket) -> None:
    make.reply(ticket, cast.ada, at=at, text="One.")
    jobs.run_due(at=after(at, 20))
    make.reply(ticket, cast.ada, at=after(at, 30), text="Two.")
    jobs.run_due(at=after(at, 50))
    mails = Mail.objects.filter(to_name="Carl").order_by("pk")
    assert [("One." in mail.text, "Two." in mail.text) for mail in mails] == [(True, False), (False, True)]


def test_a_scheduled_reply_takes_along_what_changed_while_it_waited(cast: Cast, at: datetime, ticket: Ticket) -> None:
    reply = [{"do": "reply", "text": "Take this key."}]
    put(ticket, Category.IN_PROGRESS, by=cast.ada, at=at)
    schedule(ticket, prepare(reply), by=cast.ada, via=Via.STAFF, at=after(at, 1), delay=timedelta(seconds=10))
    jobs.run_due(at=after(at, 15))
    jobs.run_due(at=after(at, 40))
    assert carls() == [["Ada replied", "Ada changed the status: Open → Waiting for you"]]


def test_a_reply_that_was_taken_back_mails_nobody(cast: Cast, at: datetime, ticket: Ticket) -> None:
    reply = [{"do": "reply", "text": "canary-7035"}]
    row = schedule(ticket, prepare(reply), by=cast.ada, via=Via.STAFF, at=at, delay=timedelta(seconds=20))
    assert row is not None
    take_back(row, by=cast.ada)
    jobs.run_due(at=after(at, 300))
    assert Mail.objects.count() == 0


def test_a_reply_redacted_within_the_window_is_not_mailed(cast: Cast, at: datetime, ticket: Ticket) -> None:
    make.reply(ticket, cast.ada, at=at, text="canary-7036")
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=after(at, 5)) as change:
        change.redact(Message.objects.get(text="canary-7036"))
    jobs.run_due(at=after(at, 60))
    assert not any("canary-7036" in mail.text + mail.html for mail in Mail.objects.all())


def test_what_is_redacted_later_is_gone_from_the_mailroom(cast: Cast, at: datetime, ticket: Ticket) -> None:
    """The mail that quoted it is blanked, or never leaves if it has not left (here: held); other mails stay as they are."""
    make.reply(ticket, cast.ada, at=at, text="canary-7037")
    jobs.run_due(at=after(at, 1))
    make.reply(ticket, cast.ada, at=after(at, 2), text="Another.")
    jobs.run_due(at=after(at, 3))
    Mail.objects.filter(to_name="Carl", text__contains="canary-7037").update(state=State.HELD)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=after(at, 60)) as change:
        change.redact(Message.objects.get(text="canary-7037"))
    jobs.run_due(at=after(at, 61))
    kept = [mail.text + mail.html for mail in Mail.objects.filter(to_name="Carl").order_by("pk")]
    assert [("canary-7037" in mail, "Another." in mail) for mail in kept][:2] == [(False, False), (False, True)]
    assert Mail.objects.filter(to_name="Carl").order_by("pk")[0].state == State.DISCARDED


def test_a_follower_hears_from_the_moment_of_following_whatever_order_the_news_take(
    cast: Cast, at: datetime, ticket: Ticket
) -> None:
    make.reply(ticket, cast.ada, at=at, text="Before.")
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=after(at, 1)) as change:
        change.follow(cast.cora)
    make.reply(ticket, cast.ada, at=after(at, 2), text="After.")
    jobs.run_due(at=after(at, 60))
    coras = Mail.objects.get(to_name="Cora")
    assert ("Before." in coras.text, "After." in coras.text) == (False, True)
    assert "You get this because you follow the ticket." in coras.text


def test_who_stops_following_within_the_window_hears_nothing(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    make.reply(ticket, cast.ada, at=after(at, 30))
    with change_ticket(ticket, by=cast.cora, via=Via.PORTAL, at=after(at, 35)) as change:
        change.unfollow(cast.cora)
    jobs.run_due(at=after(at, 90))
    assert set(Mail.objects.values_list("to_name", flat=True)) == {"Carl"}


def test_staff_hear_at_once_and_of_every_change(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
    for second in (1, 2):
        with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=after(at, second)) as change:
            change.reply(compose(f"Number {second}."))
    jobs.run_due(at=after(at, 3))
    assert Mail.objects.filter(to_name="Ada").count() == 3


def test_who_follows_from_a_change_on_gets_what_was_said_in_it(cast: Cast, ticket: Ticket, at: datetime) -> None:
    """And nothing of what was said before."""
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("Try water."))
    jobs.run_due(at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("Try sand, Cora."))
        change.follow(cast.cora)
    jobs.run_due(at=after(at, 21))
    texts = [mail.text for mail in Mail.objects.filter(to_name="Cora")]
    assert [("Try water." in text, "Try sand, Cora." in text) for text in texts] == [(False, True)]
