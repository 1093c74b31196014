"""What a mail says beside what happened: a promise, what to do, what was filled in."""

from datetime import date, datetime, timedelta

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure, touch
from deskhand.mail.models import Mail
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Priority, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


def promise(minutes: int | None, *slugs: str) -> None:
    Priority.objects.filter(slug__in=slugs).update(first_response_minutes=minutes)
    touch()


def told(name: str, at: datetime) -> Mail:
    """The latest mail to this person by then."""
    jobs.run_due(at=at)
    return Mail.objects.filter(to_name=name).latest("pk")


def give_to(agent: User, ticket: Ticket, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.assign(agent)


def test_s3_6_the_number_is_in_subject_and_body_and_later_mails_join_the_thread(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    first = told("Carl", at)
    assert first.subject == "[#1001] The printer is on fire"
    assert "#1001" in first.text
    make.reply(ticket, cast.ada, at=make.later(at))
    later = told("Carl", make.later(at))
    assert (later.subject, later.thread_id) == (first.subject, first.thread_id)


def test_s3_14_the_confirmation_says_when_the_customer_hears_in_their_time_zone(cast: Cast, at: datetime) -> None:
    promise(1440, "medium")
    make.ticket(cast.carl, at=at)
    assert "\n\nYou will hear from us by Tue 3 Mar, 12:00.\n\n" in told("Carl", at).text
    User.objects.get_queryset().filter(pk=cast.cora.pk).update(time_zone="Asia/Tokyo")
    cast.cora.refresh_from_db()
    make.ticket(cast.cora, at=at)
    assert "You will hear from us by Tue 3 Mar, 21:00." in told("Cora", at).text


def test_s3_14_without_a_promise_the_confirmation_gives_no_time(cast: Cast, at: datetime) -> None:
    promise(None, "medium")
    make.ticket(cast.carl, at=at)
    assert "\n\nWe answer as soon as possible.\n\n" in told("Carl", at).text


def test_s3_14_another_priority_is_mailed_with_the_new_promise_until_somebody_has_answered(
    cast: Cast, at: datetime
) -> None:
    promise(1440, "medium")
    promise(60, "urgent")
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_priority(Priority.objects.get(slug="urgent"))
    assert "You will hear from us by Mon 2 Mar, 13:00." in told("Carl", make.later(at)).text
    make.reply(ticket, cast.ada, at=make.later(at, 2))
    jobs.run_due(at=make.later(at, 2))
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at, 3)) as change:
        change.set_priority(Priority.objects.get(slug="medium"))
    text = told("Carl", make.later(at, 3)).text
    assert text.startswith("Ada changed the priority: Urgent → Medium\n")
    assert "hear from us" not in text


def test_s3_16_a_resolved_ticket_asks_the_requester_to_confirm(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    jobs.run_due(at=at)
    make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=make.later(at))
    asked = "Is it solved? Then confirm it on the ticket’s page."
    assert asked in told("Carl", make.later(at)).text
    assert asked not in told("Cora", make.later(at)).text  # a follower cannot


def test_s3_16_a_warning_names_the_day_and_what_to_do(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, auto_close_days=7, auto_close_warning_days=2)
    ticket = make.ticket(cast.carl, at=at)
    give_to(cast.ada, ticket, by=cast.otto, at=at)
    make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=make.later(at))
    jobs.run_due(at=make.later(at))
    Mail.objects.all().delete()
    warned_at = at + timedelta(days=5)
    with change_ticket(ticket, by=None, via=Via.SYSTEM, at=warned_at) as change:
        change.announce_closing(date(2026, 3, 9))
    mail = told("Carl", warned_at)
    assert mail.text.startswith("The desk will close the ticket on 9 Mar 2026 if nobody writes\n")
    assert "If not, write a message in the ticket, and it stays open." in mail.text
    assert mail.is_automatic
    assert set(Mail.objects.values_list("to_name", flat=True)) == {"Carl"}


def test_s4_16_the_assignee_reads_that_the_solution_was_not_accepted_and_how_often(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    give_to(cast.ada, ticket, by=cast.otto, at=at)
    for round_ in (1, 2):
        make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=make.later(at, round_ * 10))
        make.reply(ticket, cast.carl, at=make.later(at, round_ * 10 + 1), text="It still burns.")
    mail = told("Ada", make.later(at, 21))
    assert mail.text.splitlines()[:5] == [
        "Solution not accepted by Carl, the ticket is open again", "Carl replied", "",
        "2 solutions were not accepted so far. Please check it again and offer another one.", "",
    ]  # fmt: skip
    assert "It still burns." in mail.text
    assert set(Mail.objects.filter(text__contains="not accepted").values_list("to_name", flat=True)) == {"Ada"}


def test_a_broken_promise_is_told_to_the_assignee_else_to_the_team(cast: Cast, at: datetime) -> None:
    promise(60, "medium")
    late = make.later(at, 61)
    for assignee, heard in ((cast.ada, {"Ada"}), (None, {"Ada", "Bea", "Lena", "Otto"})):
        ticket = make.ticket(cast.carl, at=at)
        if assignee:
            give_to(assignee, ticket, by=cast.otto, at=at)
        jobs.run_due(at=at)
        Mail.objects.all().delete()
        with change_ticket(ticket, by=None, via=Via.SYSTEM, at=late) as change:
            change.break_promise()
        jobs.run_due(at=late)
        assert set(Mail.objects.values_list("to_name", flat=True)) == heard
        first, _line, second = Mail.objects.order_by("pk")[0].text.splitlines()[:3]
        assert (first, second) == (
            "Nobody has answered within the promised time", "A first answer was promised by Mon 2 Mar, 13:00.",
        )  # fmt: skip


def test_the_notice_of_a_new_ticket_holds_what_was_filled_in(cast: Cast, at: datetime) -> None:
    shared = {"kind": Field.Kind.LINE, "is_global": True}
    Field.objects.create(slug="brand", label="Brand", customers=Access.WRITE, staff=Access.WRITE, **shared)
    Field.objects.create(slug="risk", label="Risk", customers=Access.HIDDEN, staff=Access.WRITE, **shared)
    touch()
    with open_ticket(
        requester=cast.carl, subject="It burns", body=compose("Look."), topic=Topic.objects.get(is_default=True),
        priority=None, by=cast.ada, via=Via.STAFF, at=at, fields={"brand": "Acme <b>", "risk": "canary-risk"},
    ):  # fmt: skip
        pass
    jobs.run_due(at=at)
    beas, carls = Mail.objects.get(to_name="Bea"), Mail.objects.get(to_name="Carl")
    assert "\nTopic: General\nPriority: Medium\n" in beas.text
    assert "\nBrand: Acme <b>\nRisk: canary-risk\n" in beas.text
    assert "Brand</th><td>Acme &lt;b&gt;</td>" in beas.html
    assert "\nBrand: Acme <b>\n" in carls.text
    assert "canary-risk" not in carls.text + carls.html


def test_h01_a_hidden_field_that_changes_twice_within_the_window_stays_hidden(
    cast: Cast, at: datetime, settings: object
) -> None:
    Field.objects.create(
        slug="risk", label="Risk", kind=Field.Kind.LINE, is_global=True, customers=Access.HIDDEN, staff=Access.WRITE
    )
    touch()
    settings.MAIL_GATHER_S = 20  # type: ignore[attr-defined]
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    for second, value in ((1, "canary-one"), (2, "canary-two")):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at + timedelta(seconds=second)) as change:
            change.set_fields({"risk": value})
            change.set_priority(Priority.objects.get(slug=("urgent", "high")[second - 1]))
    assert Event.objects.filter(kind=Kind.FIELD_CHANGED).count() == 2
    text = told("Carl", at + timedelta(seconds=60)).text
    assert text.startswith("Ada changed the priority: Medium → High\n")
    assert "canary" not in text
    assert "Risk" not in text


def test_a_visible_field_is_told_from_what_to_what(cast: Cast, at: datetime) -> None:
    Field.objects.create(slug="brand", label="Brand", kind=Field.Kind.LINE, is_global=True, customers=Access.WRITE)
    touch()
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_fields({"brand": "Acme"})
    jobs.run_due(at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_fields({"brand": "Zeta"})
    assert told("Carl", make.later(at)).text.startswith("Ada changed Brand: Acme → Zeta\n")


def test_every_mail_about_a_ticket_says_where_the_level_is_changed(cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    link = "http://desk.example/account/#mails"
    assert [(link in mail.text, link in mail.html) for mail in Mail.objects.order_by("pk")] == [(True, True)] * 5


def test_a_new_ticket_that_is_given_to_somebody_at_once_tells_them_why(cast: Cast, at: datetime) -> None:
    topic = Topic.objects.get(is_default=True)
    topic.assignee, topic.team = cast.bea, cast.support
    topic.save()
    touch()
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    why = {mail.to_name: mail.text.splitlines()[-2] for mail in Mail.objects.order_by("pk")}
    assert why == {
        "Carl": "You get this because it is your ticket.",
        "Ada": "You get this because a new ticket came to you or your team.",
        "Bea": "You get this because the ticket is assigned to you.",
    }
