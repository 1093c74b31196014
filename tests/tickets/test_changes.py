"""The one door: what a change writes, and what it refuses."""

from datetime import datetime

import pytest

from deskhand.core.html import compose
from deskhand.core.models import Job
from deskhand.tickets.changes import CannotBeAssignedError, NotAllowedError, NothingWrittenError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Seen, Ticket
from tests import make
from tests.cast import Cast


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


def status(category: Category) -> Status:
    return Status.objects.get(category=category, is_default=True)


def test_opening_writes_one_event_one_message_one_job(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    assert kinds(ticket) == [Kind.OPENED]
    assert list(Message.objects.values_list("text", "is_public", "by_staff")) == [("Since this morning.", True, False)]
    assert Job.objects.count() == 1
    assert (ticket.number, ticket.organization, ticket.category) == (1001, cast.acme, Category.OPEN)


def test_numbers_rise_without_gaps_also_after_a_refused_opening(cast: Cast, at: datetime) -> None:
    first = make.ticket(cast.carl, at=at)
    with pytest.raises(NothingWrittenError):
        make.ticket(cast.carl, at=at, text="   ")
    assert make.ticket(cast.eve, at=at).number == first.number + 1


def test_s1_10_an_agents_reply_sets_waiting(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=make.later(at))
    assert ticket.category == Category.WAITING
    assert kinds(ticket) == [Kind.OPENED, Kind.REPLIED, Kind.STATUS_CHANGED]
    assert (ticket.last_replier, ticket.last_reply_by_staff) == (cast.ada, True)


def test_a_chosen_status_wins_over_the_policy(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_status(status(Category.RESOLVED))
        change.reply(compose("Done."))
    ticket.refresh_from_db()
    assert (ticket.category, ticket.is_unsolved) == (Category.RESOLVED, False)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        (Category.WAITING, Kind.STATUS_CHANGED),
        (Category.RESOLVED, Kind.REFUSED),
        (Category.CLOSED, Kind.REOPENED),
    ],
)
def test_s1_11_s3_17_a_customers_reply_brings_the_ticket_back(
    cast: Cast, at: datetime, category: Category, kind: Kind
) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), category, by=cast.ada, at=at)
    ticket = make.reply(ticket, cast.carl, at=make.later(at), text="Still burning.")
    assert ticket.category == Category.OPEN
    assert kinds(ticket)[-1] == kind


def test_a_customers_reply_leaves_in_progress_alone(cast: Cast, at: datetime) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.IN_PROGRESS, by=cast.ada, at=at)
    assert make.reply(ticket, cast.carl, at=at).category == Category.IN_PROGRESS


def test_there_and_back_tells_nothing(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    before, jobs = kinds(ticket), Job.objects.count()
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.set_status(status(Category.WAITING))
        change.set_status(status(Category.OPEN))
    ticket.refresh_from_db()
    assert (kinds(ticket), Job.objects.count(), ticket.updated_at) == (before, jobs, at)


def test_one_change_is_one_id_one_job_whatever_it_holds(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    Job.objects.all().delete()
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("On it."))
        change.assign(cast.ada)
        change.set_priority(Priority.objects.get(slug="urgent"))
        change.tag("Fire")
        change.follow(cast.lena)
    told = Event.objects.filter(change=change.id).order_by("pk").values_list("kind", flat=True)
    assert list(told) == [
        Kind.REPLIED, Kind.STATUS_CHANGED, Kind.PRIORITY_CHANGED, Kind.ASSIGNED, Kind.TAGGED, Kind.FOLLOWED,
    ]  # fmt: skip
    assert Job.objects.count() == 1


def test_a_verb_that_raised_poisons_the_whole_change_even_if_caught(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    door = change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at)
    change = door.__enter__()
    change.reply(compose("I give this to Eve."))
    with pytest.raises(CannotBeAssignedError):
        change.assign(cast.eve)
    with pytest.raises(CannotBeAssignedError):
        door.__exit__(None, None, None)
    assert (kinds(ticket), Message.objects.count()) == ([Kind.OPENED], 1)


def test_h02_a_note_moves_nothing_a_customer_can_notice(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    noted = make.note(ticket, cast.ada, at=make.later(at))
    assert noted.updated_at == make.later(at)
    for column in ("public_updated_at", "last_public_event", "preview", "last_replier_id", "category"):
        assert getattr(noted, column) == getattr(ticket, column), column


def test_the_actor_has_seen_what_they_did(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    assert Seen.objects.get(user=cast.ada, ticket=ticket).event == ticket.last_event


@pytest.mark.parametrize(
    "verb",
    [
        "note", "assign", "set_priority", "set_status", "set_subject", "set_topic", "set_fields", "move_to_team", "tag",
        "untag",
    ],
)  # fmt: skip
def test_a_customer_speaks_no_staff_verb(cast: Cast, at: datetime, verb: str) -> None:
    ticket = make.ticket(cast.carl, at=at)
    argument = {
        "note": compose("x"), "assign": cast.ada, "set_priority": Priority.objects.get(slug="urgent"),
        "set_status": status(Category.CLOSED), "set_subject": "x", "set_topic": ticket.topic, "set_fields": {},
        "move_to_team": cast.support, "tag": "x", "untag": "x",
    }[verb]  # fmt: skip
    with pytest.raises(NotAllowedError), change_ticket(ticket, by=cast.carl, via=Via.STAFF, at=at) as change:
        getattr(change, verb)(argument)
    assert kinds(ticket) == [Kind.OPENED]


def test_a07_an_agent_outside_a_private_team_is_refused_every_verb(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    before = kinds(ticket)
    for verb, argument in [
        ("reply", compose("x")),
        ("note", compose("x")),
        ("assign", None),
        ("tag", "x"),
        ("follow", cast.ada),
    ]:
        with pytest.raises(NotAllowedError), change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            getattr(change, verb)(argument)
    assert kinds(ticket) == before
    assert make.reply(ticket, cast.bea, at=at).last_replier == cast.bea


def test_eve_can_do_nothing_to_carls_ticket(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for verb, arguments in [("reply", [compose("x")]), ("close", []), ("reopen", []), ("follow", [cast.eve])]:
        with pytest.raises(NotAllowedError), change_ticket(ticket, by=cast.eve, via=Via.PORTAL, at=at) as change:
            getattr(change, verb)(*arguments)
    assert kinds(ticket) == [Kind.OPENED]


def test_closing_wins_over_what_a_reply_would_set(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.close()
        change.reply(compose("Done."))
    ticket.refresh_from_db()
    assert ticket.category == Category.CLOSED


def test_redacting_a_note_leaves_the_preview(cast: Cast, at: datetime) -> None:
    ticket = make.note(make.ticket(cast.carl, at=at), cast.ada, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(Message.objects.get(is_public=False))
    ticket.refresh_from_db()
    assert ticket.preview == "Since this morning."


def test_a_long_tag_is_cut_and_an_empty_message_refused(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.tag("X" * 41)
    assert [tag.name for tag in ticket.tags.all()] == ["x" * 40]
    for verb in ("reply", "note"):
        with pytest.raises(NothingWrittenError), change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            getattr(change, verb)(compose(" \n "))
    assert Message.objects.count() == 1
