"""Who gets which mail when something happens to a ticket."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import Team, User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.mail.models import Mail
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.ticket import Follower, Ticket
from tests import make
from tests.cast import Cast


def told(at: datetime) -> dict[str, str]:
    """Everybody who got a mail by what was due at `at`: name → the line it begins with. Forgets them."""
    jobs.run_due(at=at)
    mails = Mail.objects.order_by("pk")
    found = {mail.to_name: mail.text.partition("\n")[0] for mail in mails}
    assert len(found) == len(mails)  # nobody gets two
    mails.delete()
    return found


def opened(cast: Cast, at: datetime, *, team: Team | None = None, assignee: User | None = None) -> Ticket:
    """Carl's ticket; its first mails are done with."""
    ticket = make.ticket(cast.carl, at=at, team=team)
    if assignee:
        with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
            change.assign(assignee)
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    return Ticket.objects.get(pk=ticket.pk)


def status(category: Category) -> Status:
    return Status.objects.get(category=category, is_default=True)


def test_s3_6_s2_10_opening_confirms_with_the_number_and_tells_the_team_at_once(cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    subjects = set(Mail.objects.values_list("subject", flat=True))
    assert subjects == {"[#1001] The printer is on fire"}
    assert told(at) == {
        "Carl": "We have your message: it is ticket #1001",
        **dict.fromkeys(["Ada", "Bea", "Lena", "Otto"], "Carl opened the ticket"),
    }


def test_a_ticket_of_a_team_is_told_to_its_members(cast: Cast, at: datetime) -> None:
    topic = Topic.objects.get(is_default=True)
    topic.team = cast.private
    topic.save()
    make.ticket(cast.carl, at=at)
    assert told(at).keys() == {"Carl", "Bea"}


def test_a_private_team_without_members_is_told_to_leads_and_administrators_never_nobody(
    cast: Cast, at: datetime
) -> None:
    cast.private.members.clear()
    topic = Topic.objects.get(is_default=True)
    topic.team = cast.private
    topic.save()
    make.ticket(cast.carl, at=at)
    assert told(at).keys() == {"Carl", "Lena", "Otto"}


def test_opened_by_staff_the_requester_reads_by_whom(cast: Cast, at: datetime) -> None:
    with open_ticket(
        requester=cast.carl, subject="Called us", body=compose("He called."), topic=Topic.objects.get(is_default=True),
        priority=Priority.objects.get(is_default=True), by=cast.ada, via=Via.STAFF, at=at,
    ):  # fmt: skip
        pass
    found = told(at)
    assert found.pop("Carl") == "Ada opened ticket #1001 for you"
    assert found.keys() == {"Bea", "Lena", "Otto"}  # nobody hears of their own act


def test_s5_12_a_reply_goes_to_the_requester_and_the_followers_not_to_managers(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at)
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    told(at)
    make.reply(ticket, cast.ada, at=at)
    assert told(at) == {"Carl": "Ada replied", "Cora": "Ada replied"}


def test_s5_14_one_mail_per_change_set_names_what_changed_from_to_and_by_whom(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("It needs *water*."))
        change.set_priority(Priority.objects.get(slug="urgent"))
        change.assign(cast.ada)
    jobs.run_due(at=at)
    mail = Mail.objects.get()
    assert mail.text.partition("\n\n")[0].splitlines() == [
        "Ada replied",
        "Ada changed the status: Open → Waiting for you",
        "Ada changed the priority: Medium → Urgent",
        "Ada assigned the ticket: nobody → Ada",
    ]
    assert "It needs *water*." in mail.text
    assert "It needs <em>water</em>." in mail.html
    assert mail.is_automatic is False  # somebody wrote it


def test_assignment_tells_the_assignee_unless_they_took_it(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at)
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.assign(cast.ada)
    assert told(at) == {
        "Ada": "Lena assigned the ticket: nobody → Ada",
        "Carl": "Lena assigned the ticket: nobody → Ada",
    }
    with change_ticket(ticket, by=cast.bea, via=Via.STAFF, at=at) as change:
        change.assign(cast.bea)
    assert told(at) == {"Carl": "Bea assigned the ticket: Ada → Bea"}


def test_s5_11_a_customers_reply_goes_to_the_assignee(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at, assignee=cast.ada)
    make.reply(ticket, cast.carl, at=at)
    assert told(at) == {"Ada": "Carl replied"}


def test_s5_11_without_an_assignee_it_goes_to_the_team(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at, team=cast.support)
    make.reply(ticket, cast.carl, at=at)
    assert told(at) == {"Ada": "Carl replied"}


def test_s5_11_an_assignee_who_has_left_is_no_assignee(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at, assignee=cast.bea)
    User.objects.get_queryset().filter(pk=cast.bea.pk).update(is_active=False)
    make.reply(ticket, cast.carl, at=at)
    assert told(at).keys() == {"Ada", "Lena", "Otto"}


def test_nobody_inactive_hears_anything(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at)
    User.objects.get_queryset().filter(pk=cast.carl.pk).update(is_active=False)
    make.reply(ticket, cast.ada, at=at)
    assert told(at) == {}


def test_h01_h03_a_note_reaches_assignee_and_following_staff_and_no_customer(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at, assignee=cast.ada)
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
        change.follow(cast.lena)
        change.follow(cast.cora)
    told(at)
    make.note(ticket, cast.bea, at=at, text="canary-7031")
    jobs.run_due(at=at)
    noted = {mail.to_name: "canary-7031" in mail.text for mail in Mail.objects.all()}
    assert noted == {"Ada": True, "Lena": True}
    assert all("the customer cannot see it" in mail.text for mail in Mail.objects.all())
    told(at)
    make.reply(ticket, cast.bea, at=make.later(at), text="Try this.")
    jobs.run_due(at=make.later(at))
    carls = Mail.objects.get(to_name="Carl")
    assert "Try this." in carls.text
    assert "canary-7031" not in carls.text + carls.html
    assert set(Mail.objects.values_list("to_name", flat=True)) == {"Carl", "Cora", "Lena"}


def test_a_note_beside_a_reply_stays_out_of_the_customers_mail(cast: Cast, at: datetime) -> None:
    ticket = opened(cast, at, assignee=cast.ada)
    with change_ticket(ticket, by=cast.bea, via=Via.STAFF, at=at) as change:
        change.reply(compose("Here is the key."))
        change.note(compose("canary-7032"))
        change.tag("canary-7033")
    jobs.run_due(at=at)
    mails = {mail.to_name: mail.text + mail.html for mail in Mail.objects.all()}
    assert mails.keys() == {"Carl", "Ada"}
    assert "canary-703" not in mails["Carl"]
    assert "canary-7032" in mails["Ada"]


@pytest.mark.parametrize("verb", ["tag", "move_to_team", "follow"])
def test_what_has_no_words_for_customers_mails_no_customer(cast: Cast, at: datetime, verb: str) -> None:
    ticket = opened(cast, at)
    argument = {"tag": "fire", "move_to_team": cast.support, "follow": cast.cora}[verb]
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        getattr(change, verb)(argument)
    assert told(at) == {}


def test_news_over_a_day_old_tell_nobody_and_are_never_caught_up(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.reply(ticket, cast.ada, at=at, text="canary-7034")
    next_week = at + timedelta(days=7)
    assert told(next_week) == {}
    make.reply(ticket, cast.ada, at=next_week, text="A fresh one.")
    jobs.run_due(at=next_week)
    assert "canary-7034" not in Mail.objects.get(to_name="Carl").text


def test_a_reaction_that_runs_twice_mails_once(cast: Cast, at: datetime) -> None:
    from deskhand.core.models import Job

    make.ticket(cast.carl, at=at)
    job = Job.objects.get()
    jobs.run_due(at=at)
    Job.objects.create(name=job.name, payload=job.payload, run_at=at, created_at=at)
    jobs.run_due(at=at)
    assert Mail.objects.count() == 5


def test_the_queries_of_a_reply_with_its_mail_are_few(
    cast: Cast, at: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = opened(cast, at, assignee=cast.ada)
    make.reply(ticket, cast.ada, at=at)
    with django_assert_max_num_queries(33):
        jobs.run_due(at=at)


def test_two_tickets_are_two_threads(cast: Cast, at: datetime) -> None:
    for _ in range(2):
        make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert len(set(Mail.objects.values_list("thread_id", flat=True))) == 2
    assert Follower.objects.count() == 0
