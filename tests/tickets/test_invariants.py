"""Each rule holds for a desk that was used, and sees the damage it is there for."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection

from deskhand.accounts.models import User
from deskhand.core import blobs
from deskhand.core.models import Counter
from deskhand.desk.changes import touch
from deskhand.tickets import invariants
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Priority
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Follower, Ticket
from deskhand.tickets.undo import undo
from tests import make
from tests.cast import Cast
from tests.tickets.shop import bought, runs_on

TEXT = b"a file that somebody sent"


@pytest.fixture
def used(cast: Cast, at: datetime) -> Ticket:
    """A ticket in which everything has happened, and another one."""
    Field.objects.create(slug="brand", label="Brand", is_global=True)
    touch()
    make.ticket(cast.eve, at=at)
    ticket = make.reply(make.ticket(cast.carl, at=at, team=cast.private), cast.bea, at=at)
    make.note(ticket, cast.bea, at=make.later(at))
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=make.later(at, 2)) as change:
        change.move_to_team(cast.support)
        change.assign(cast.ada)
        change.set_priority(Priority.objects.get(slug="urgent"))
        change.set_subject("Water everywhere")
        change.tag("fire")
        change.set_fields({"brand": "Nordlys"})
    undo(change.id, by=cast.otto, at=make.later(at, 3))
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=make.later(at, 4)) as change:
        change.assign(cast.bea)
        change.follow(cast.cora)
        change.close()
    ticket = make.in_category(ticket, Category.OPEN, by=cast.lena, at=make.later(at, 5))
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=make.later(at, 6)) as change:
        change.set_fields({"brand": "Sol"})
    with blobs.writer() as writer:
        writer.write(TEXT)
        blob = writer.finish()
    message = Message.objects.filter(ticket=ticket)[0]
    Attachment.objects.create(message=message, name="a.txt", kind="txt", size=blob.size, sha256=blob.sha256, at=at)
    return ticket


def test_a_desk_that_was_used_is_sound(used: Ticket) -> None:
    assert list(invariants.broken()) == []
    assert invariants.count() == {"tickets": 2, "messages": 4, "events": 23, "attachments": 1}


def test_an_empty_desk_is_sound(cast: Cast) -> None:
    assert list(invariants.broken()) == []


def _lost_message(ticket: Ticket) -> None:
    note = Message.objects.get(ticket=ticket, is_public=False)
    Event.objects.filter(message=note).update(message=None)


def _shown_note(ticket: Ticket) -> None:
    Event.objects.filter(ticket=ticket, kind=Kind.NOTED).update(is_public=True)


def _lost_end(ticket: Ticket) -> None:
    Event.objects.filter(ticket=ticket, kind=Kind.PRIORITY_CHANGED).latest("pk").delete()


def _lost_answer(ticket: Ticket) -> None:
    Event.objects.filter(ticket=ticket, kind=Kind.FIELD_CHANGED).order_by("pk")[1].delete()


def _lost_trigger(_ticket: Ticket) -> None:
    table = " ON tickets_ticket" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER tickets_ticket_copied{table}")


def _lost_event(ticket: Ticket) -> None:
    Event.objects.get(ticket=ticket, kind=Kind.CLOSED).delete()


MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
_SOLVED: dict[str, Any] = {"is_unsolved": False}
_TIMES: list[dict[str, Any]] = [
    {"category": Category.RESOLVED, **_SOLVED},
    {"category": Category.CLOSED, **_SOLVED},
    {"resolved_at": MOMENT},
    {"closed_at": MOMENT},
    {"close_warned_at": MOMENT},
    {"overdue_since": MOMENT},
    {"category": Category.CLOSED, **_SOLVED, "closed_at": MOMENT, "asked_at": MOMENT},
    {"category": Category.RESOLVED, **_SOLVED, "resolved_at": MOMENT, "out_of_scope": "Translation"},
    {"out_of_scope": "Translation"},
    {"category": Category.CLOSED, **_SOLVED, "closed_at": MOMENT, "overdue_since": MOMENT, "first_responded_at": None},
]


def _never_asked(ticket: Ticket) -> None:
    Message.objects.filter(ticket=ticket, is_public=True).update(is_question=True, by_staff=True)
    Ticket.objects.filter(pk=ticket.pk).update(asked_at=MOMENT)


def _belongs(ticket: Ticket, *, is_foreign: bool, is_elsewhere: bool) -> None:
    own, foreign = bought(ticket.requester, at=MOMENT), bought(User.objects.get(username="eve"), at=MOMENT)
    (place,) = runs_on(foreign, "eve.example", at=MOMENT)
    values = {"purchase": foreign if is_foreign else own, "installation": place if is_elsewhere else None}
    Ticket.objects.filter(pk=ticket.pk).update(**values)


def _runs_on_nothing(ticket: Ticket) -> None:
    (place,) = runs_on(bought(ticket.requester, at=MOMENT), "a.example", at=MOMENT)
    Ticket.objects.filter(pk=ticket.pk).update(installation=place)


DAMAGE: dict[str, tuple[invariants.Rule, Callable[[Ticket], object]]] = {
    "counter": (invariants.numbers_are_counted, lambda _: Counter.objects.filter(name="ticket").update(value=1001)),
    "opening": (
        invariants.every_ticket_was_opened_once,
        lambda ticket: Event.objects.filter(ticket=ticket, kind=Kind.OPENED).update(kind=Kind.REPLIED),
    ),
    "lost message": (invariants.every_message_is_told_once, _lost_message),
    "shown note": (invariants.every_message_is_told_once, _shown_note),
    "lost last event": (
        invariants.a_ticket_ends_with_its_last_event,
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(last_event=1),
    ),
    "moved time": (
        invariants.a_ticket_ends_with_its_last_event,
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(public_updated_at=ticket.created_at),
    ),
    "category": (
        invariants.a_category_is_its_status,
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(category=Category.WAITING),
    ),
    "changed past the door": (
        invariants.fields_are_the_fold_of_events,
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(subject="Nobody said so"),
    ),
    "lost end": (invariants.fields_are_the_fold_of_events, _lost_end),
    "lost event": (invariants.fields_are_the_fold_of_events, _lost_event),
    "lost answer": (invariants.answers_are_the_fold_of_events, _lost_answer),
    "answered past the door": (
        invariants.answers_are_the_fold_of_events,
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(fields={"brand": "Nobody said so"}),
    ),
    **{
        f"times, {damage}": (
            invariants.times_fit_the_place,
            partial(lambda ticket, **values: Ticket.objects.filter(pk=ticket.pk).update(**values), **damage),
        )
        for damage in _TIMES
    },
    "question": (invariants.a_question_waits_since_it_was_asked, _never_asked),
    "foreign purchase": (
        invariants.a_purchase_is_its_requesters,
        partial(_belongs, is_foreign=True, is_elsewhere=False),
    ),
    "foreign installation": (
        invariants.a_purchase_is_its_requesters,
        partial(_belongs, is_foreign=False, is_elsewhere=True),
    ),
    "installation of nothing": (invariants.a_purchase_is_its_requesters, _runs_on_nothing),
    "lost file": (
        invariants.every_file_is_there,
        lambda _: blobs.delete(hashlib.sha256(TEXT).hexdigest()),
    ),
    "lost trigger": (invariants.the_triggers_are_there, _lost_trigger),
    "follower’s copy": (
        invariants.a_follower_sees_what_its_ticket_says,
        lambda _: Follower.objects.update(category=Category.CLOSED),
    ),
    "follower’s empty copy": (
        invariants.a_follower_sees_what_its_ticket_says,
        lambda _: Follower.objects.update(public_updated_at=None),
    ),
    "shorter file": (invariants.every_file_is_there, lambda _: Attachment.objects.update(size=len(TEXT) + 1)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_rule_sees_the_damage_it_is_there_for(used: Ticket, name: str) -> None:
    rule, damage = DAMAGE[name]
    assert list(rule()) == []
    damage(used)
    assert len(list(rule())) == 1


def test_every_rule_has_been_seen_to_fail() -> None:
    assert {rule for rule, _ in DAMAGE.values()} == set(invariants.RULES)
