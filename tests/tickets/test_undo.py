"""Taking back: what undo restores and what it leaves, and replies that have not happened yet."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.core.models import Job
from deskhand.mail.models import Mail
from deskhand.tickets import catalog
from deskhand.tickets.actions import UnknownActionError, dismiss, prepare, run_scheduled, schedule, take_back
from deskhand.tickets.changes import NotAllowedError, TooDeepError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.message import Message
from deskhand.tickets.undo import undo
from tests import make
from tests.cast import Cast

WINDOW = timedelta(seconds=20)


def waiting() -> Status:
    return Status.objects.get(category=Category.WAITING)


def test_undo_puts_back_every_field_a_change_set(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.note(ticket, cast.ada, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_status(waiting())
        change.set_priority(Priority.objects.get(slug="urgent"))
        change.set_subject("Water everywhere")
        change.move_to_team(cast.support)
        change.assign(cast.lena)
        change.tag("fire")
        change.follow(cast.lena)
    assert undo(change.id, by=cast.ada, at=make.later(at)) == []
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority.slug, ticket.subject) == ("open", "medium", "The printer is on fire")
    assert (ticket.team, ticket.assignee, ticket.tags.count(), ticket.followers.count()) == (None, None, 0, 0)
    last = Event.objects.order_by("pk").last()
    assert last is not None
    assert last.via == Via.UNDO


def test_undo_leaves_what_somebody_has_changed_since_and_says_so(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_priority(Priority.objects.get(slug="urgent"))
        change.assign(cast.ada)
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as other:
        other.set_priority(Priority.objects.get(slug="low"))
    assert undo(change.id, by=cast.ada, at=at) == ["The priority has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert (ticket.priority.slug, ticket.assignee) == ("low", None)


def test_undo_never_unsays_a_message(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    replied = Event.objects.get(kind=Kind.REPLIED)
    undo(replied.change, by=cast.ada, at=make.later(at))
    ticket.refresh_from_db()
    assert (ticket.category, Message.objects.count()) == (Category.OPEN, 2)


def test_undo_needs_the_right_to_the_ticket(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    with change_ticket(ticket, by=cast.bea, via=Via.STAFF, at=at) as change:
        change.assign(cast.bea)
    with pytest.raises(NotAllowedError):
        undo(change.id, by=cast.ada, at=at)
    ticket.refresh_from_db()
    assert ticket.assignee == cast.bea


def test_a_scheduled_reply_is_seen_by_nobody_until_its_time(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    actions = [{"do": "reply", "text": "Water."}, {"do": "set_status", "status": waiting().pk}]
    schedule(ticket, prepare(actions), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    jobs.run_due(at=at + WINDOW - timedelta(seconds=1))
    assert Message.objects.count() == 1
    jobs.run_due(at=at + WINDOW)
    assert Message.objects.count() == 2
    message = Message.objects.get(text="Water.")
    assert (message.author, message.at) == (cast.ada, at + WINDOW)
    assert ScheduledChange.objects.get().actions == []  # a second copy would outlive a redaction


def test_taking_back_cancels_and_returns_the_text(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    row = schedule(ticket, prepare([{"do": "reply", "text": "Oops."}]), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    assert row is not None
    assert take_back(row, by=cast.lena) is None
    assert take_back(row, by=cast.ada) == [{"do": "reply", "text": "Oops."}]
    jobs.run_due(at=at + WINDOW)
    assert Message.objects.count() == 1
    assert take_back(row, by=cast.ada) is None


def test_a_scheduled_change_that_ran_twice_happened_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    schedule(ticket, prepare([{"do": "reply", "text": "Water."}]), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    Job.objects.exclude(name="tickets.run_scheduled").delete()
    task = jobs.claim(at=at + WINDOW)
    assert task is not None
    late = replace(task)
    run_scheduled(task)
    with pytest.raises(jobs.LeaseLostError):
        run_scheduled(late)
    jobs.enqueue(task.name, task.payload, at=at)
    jobs.run_due(at=at + WINDOW)
    assert Message.objects.filter(text="Water.").count() == 1


def test_a_reply_that_a_late_worker_sends_happens_when_it_is_sent(cast: Cast, at: datetime) -> None:
    """The worker was away for a weekend: dated back, the reply would be old news and carl would never hear of it."""
    ticket, late = make.ticket(cast.carl, at=at), at + timedelta(days=3)
    schedule(ticket, prepare([{"do": "reply", "text": "Water."}]), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    jobs.run_due(at=late)
    assert Message.objects.get(text="Water.").at == late
    assert [mail.created_at for mail in Mail.objects.filter(recipient=cast.carl, text__contains="Water.")] == [late]


def test_a_scheduled_reply_of_somebody_who_left_is_refused_and_kept(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    schedule(ticket, prepare([{"do": "reply", "text": "Bye."}]), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    type(cast.ada).objects.filter(pk=cast.ada.pk).update(is_active=False)
    jobs.run_due(at=at + WINDOW)
    row = ScheduledChange.objects.get()
    assert (row.state, row.refusal, row.actions[0]["text"]) == ("refused", "NotAllowedError", "Bye.")
    assert Message.objects.count() == 1
    dismiss(row, by=cast.ada)
    row.refresh_from_db()
    assert row.state == "canceled"


def test_what_is_not_allowed_is_refused_at_once_and_leaves_nothing(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with pytest.raises(NotAllowedError):
        schedule(ticket, prepare([{"do": "reply", "text": "x"}]), by=cast.eve, via=Via.PORTAL, at=at, delay=WINDOW)
    assert ScheduledChange.objects.count() == 0


def test_an_unknown_action_is_named(cast: Cast) -> None:
    with pytest.raises(UnknownActionError, match="explode"):
        prepare([{"do": "explode"}])


def test_redacting_blanks_the_text_for_good(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at, text="My password is hunter2")
    message = Message.objects.get(author=cast.ada)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.redact(message)
    message.refresh_from_db()
    ticket.refresh_from_db()
    assert (message.text, message.html, message.redacted_at, ticket.preview) == ("", "", make.later(at), "")


def test_an_agent_redacts_own_words_only_a_lead_any(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    opening = Message.objects.get()
    with pytest.raises(NotAllowedError), change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(opening)
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.redact(opening)
    opening.refresh_from_db()
    assert opening.text == ""


def test_a_change_too_deep_in_a_chain_of_causes_is_a_loop(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    cause, depths = Event.objects.get(), []
    for index in range(3):
        with change_ticket(ticket, by=None, via=Via.SYSTEM, at=at, cause=cause) as change:
            change.reply(compose(f"again {index}"))
        cause = change.events[0]
        depths.append(cause.depth)
    with pytest.raises(TooDeepError), change_ticket(ticket, by=None, via=Via.SYSTEM, at=at, cause=cause):
        pass
    assert depths == [1, 2, 3]


def test_s4_7_undo_puts_topic_and_answers_back_together(cast: Cast, at: datetime) -> None:
    general, crm = Topic.objects.get(), make.topic("CRM support")
    device = make.field("device", general, staff=Access.REQUIRED)
    make.field("model", general, shown_if=device, shown_value="Laptop")
    make.field("issue", crm, staff=Access.REQUIRED)
    make.field("brand")
    before = {"device": "Laptop", "model": "X1", "brand": "Sol"}
    ticket = make.ticket(cast.carl, at=at, fields=before)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_topic(crm, {"issue": "Sync", "brand": "Luna"})
        change.set_priority(Priority.objects.get(slug="urgent"))
    assert undo(change.id, by=cast.ada, at=make.later(at)) == []
    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields, ticket.priority.slug) == (general, before, "medium")
    again = Event.objects.filter(ticket=ticket).order_by("pk").last()
    assert again is not None
    assert undo(again.change, by=cast.ada, at=make.later(at)) == []
    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (crm, {"issue": "Sync", "brand": "Luna"})


def test_undo_leaves_answers_that_somebody_has_changed_since(cast: Cast, at: datetime) -> None:
    make.field("brand")
    make.field("device")
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_fields({"brand": "Sol", "device": "Laptop"})
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as other:
        other.set_fields({"brand": "Luna"})
    assert undo(change.id, by=cast.ada, at=at) == ["Brand has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert ticket.fields == {"brand": "Luna"}


def test_undo_leaves_a_topic_that_somebody_has_changed_since(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    one, two = make.topic("One"), make.topic("Two")
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_topic(one)
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as other:
        other.set_topic(two)
    assert undo(change.id, by=cast.ada, at=at) == ["The topic has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert ticket.topic == two


def test_undo_leaves_answers_that_are_no_longer_taken(cast: Cast, at: datetime) -> None:
    color = make.field("color", kind="choice", options=["red", "blue"])
    ticket = make.ticket(cast.carl, at=at, fields={"color": "red"})
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_fields({"color": "blue"})
    Field.objects.filter(pk=color.pk).update(options=["blue"])
    make.promises()
    assert undo(change.id, by=cast.ada, at=at) == ["Color has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert ticket.fields == {"color": "blue"}


def test_s4_16_undo_leaves_a_customers_refusal(cast: Cast, at: datetime) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    make.reply(ticket, cast.carl, at=at)
    refused = Event.objects.get(kind=Kind.REFUSED)
    assert undo(refused.change, by=cast.ada, at=at) == []
    ticket.refresh_from_db()
    assert (ticket.category, ticket.attempts) == (Category.OPEN, 1)


def test_topic_and_answers_as_data(cast: Cast, at: datetime) -> None:
    crm = make.topic("CRM support")
    make.field("issue", crm)
    make.field("brand")
    ticket = make.ticket(cast.carl, at=at)
    actions = [
        {"do": "set_topic", "topic": crm.pk, "fields": {"issue": "Sync"}},
        {"do": "set_fields", "fields": {"brand": "Sol"}},
    ]
    schedule(ticket, prepare(actions), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    jobs.run_due(at=at + WINDOW)
    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (crm, {"issue": "Sync", "brand": "Sol"})


def test_a_scheduled_change_whose_topic_is_gone_is_refused_and_kept(cast: Cast, at: datetime) -> None:
    ticket, topic = make.ticket(cast.carl, at=at), make.topic("For a moment")
    actions = [{"do": "set_topic", "topic": topic.pk}]
    schedule(ticket, prepare(actions), by=cast.ada, via=Via.STAFF, at=at, delay=WINDOW)
    topic.delete()
    jobs.run_due(at=at + WINDOW)
    row = ScheduledChange.objects.get()
    assert (row.state, row.refusal, row.actions) == ("refused", "DoesNotExist", actions)


def test_undo_leaves_a_status_whose_name_was_removed_since(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    parts = catalog.save_status(by=cast.otto, at=at, name="Waits for parts", category=Category.IN_PROGRESS)
    for status in (parts, waiting()):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            change.set_status(status)
    catalog.remove(parts, by=cast.otto, at=at)
    assert undo(change.id, by=cast.ada, at=at) == ["The status has been changed again since, so it stays."]
    ticket.refresh_from_db()
    assert ticket.status == waiting()
