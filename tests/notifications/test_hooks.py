"""Outgoing webhooks: who is told what, how it is signed, and what happens when nobody answers."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from deskhand.core import faults, jobs, signatures
from deskhand.core.models import AuditEntry, Job
from deskhand.mail.models import Mail
from deskhand.notifications import hooks, payload
from deskhand.notifications.hooks import NotAllowedError, OffError
from deskhand.notifications.models import Delivery, Hook
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.receiver import Receiver, Request, receiving

NO = b"HTTP/1.1 500 Oh\r\nContent-Length: 8\r\n\r\nno space"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Somebody who takes what the desk sends."""
    with receiving() as found:
        settings.OUTBOUND_ALLOW = [found.place]
        yield found


@pytest.fixture
def hook(cast: Cast, receiver: Receiver, at: datetime) -> Hook:
    """A webhook to the receiver, who hears what customers may see."""
    return add(cast, receiver, at=at)


def add(cast: Cast, receiver: Receiver, *kinds: Kind, at: datetime) -> Hook:
    return hooks.add_hook(name="Shop", url=receiver.url, kinds=kinds, by=cast.otto, at=at)[0]


def later(at: datetime, **amount: float) -> datetime:
    return at + timedelta(**amount)


def body(request: Request) -> dict[str, Any]:
    return dict(json.loads(request.body))


def kinds(receiver: Receiver) -> list[list[str]]:
    """The kinds of events of each request."""
    return [[event["kind"] for event in body(request)["data"]["events"]] for request in receiver.requests]


def states() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "tries"))


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(subject__startswith="hook:").order_by("pk").values_list("action", flat=True))


def test_a_reply_as_a_program_hears_it(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """The whole message, key by key: this is what others build upon."""
    ticket = make.ticket(cast.carl, at=at)
    make.reply(ticket, cast.ada, at=at)
    assert receiver.requests == []  # nothing is sent where it is written
    jobs.run_due(at=later(at, seconds=5))

    assert len(receiver.requests) == 2
    request = receiver.requests[1]
    event = Event.objects.get(kind=Kind.REPLIED)
    assert (request.line, request.headers["content-type"]) == ("POST /desk?shop=1 HTTP/1.1", "application/json")
    assert body(request) == {
        "type": "ticket.changed",
        "version": 1,
        "timestamp": "2026-03-02T12:00:00.000Z",
        "data": {
            "ticket": {
                "number": 1001, "subject": "The printer is on fire", "status": "Waiting for you", "category": "waiting",
                "priority": "medium", "topic": ticket.topic.name, "purchase": None,
                "requester": {"name": "Carl", "email": "carl@customer.example"},
                "url": "http://desk.example/tickets/1001/",
            },
            "change": str(event.change),
            "events": [
                {
                    "kind": "ticket.replied", "at": "2026-03-02T12:00:00.000Z", "by": {"name": "Ada", "is_staff": True},
                    "before": None, "after": None, "field": None,
                    "message": {
                        "id": event.message_id, "text": "Have you tried water?", "is_question": False, "is_removed": False,
                    },
                },
                {
                    "kind": "ticket.status_changed", "at": "2026-03-02T12:00:00.000Z",
                    "by": {"name": "Ada", "is_staff": True}, "before": "Open", "after": "Waiting for you", "field": None,
                    "message": None,
                },
            ],
        },
    }  # fmt: skip
    assert states() == [("arrived", 1), ("arrived", 1)]
    assert Job.objects.count() == 0


def test_g06_it_is_signed(receiver: Receiver, hook: Hook, cast: Cast, at: datetime) -> None:
    """Whoever has the secret can tell that it is from us, and when; nobody else has it."""
    make.ticket(cast.carl, at=at)
    sent_at = later(at, seconds=5)
    jobs.run_due(at=sent_at)
    (request,) = receiver.requests
    secret = hooks.secret_of(hook)
    key = signatures.verify(secret, headers=request.headers, body=request.body, at=sent_at)
    assert key == str(Delivery.objects.get().key)
    with pytest.raises(signatures.SignatureError):
        signatures.verify(secret, headers=request.headers, body=request.body, at=later(sent_at, minutes=6))
    assert secret not in Hook.objects.get().secret
    assert secret.encode() not in request.body


def test_g06_what_is_internal_is_not_told(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """No note, no team, no tag, no hidden answer, no status with the same name for customers: not even that it was."""
    make.field("margin", customers=Access.HIDDEN)
    ticket = make.ticket(cast.carl, at=at)
    quiet = Status.objects.create(name="Looking", customer_name="Open", category=Category.OPEN, position=9)
    jobs.run_due(at=at)
    receiver.requests.clear()
    make.note(ticket, cast.ada, at=at, text="CANARY")
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.move_to_team(cast.support)
        change.tag("CANARY")
        change.set_status(quiet)
        change.set_fields({"margin": "CANARY"})
    heard = set(Event.objects.filter(is_public=False).values_list("kind", flat=True))
    assert heard == {Kind.NOTED, Kind.MOVED, Kind.TAGGED, Kind.STATUS_CHANGED, Kind.FIELD_CHANGED}
    jobs.run_due(at=at)
    assert receiver.requests == []
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.untag("CANARY")
        change.set_subject("The printer is wet")
    jobs.run_due(at=at)
    assert kinds(receiver) == [["ticket.subject_changed"]]
    assert b"CANARY" not in receiver.requests[0].body


def test_g06_what_is_named_is_told_but_no_words_of_a_note(cast: Cast, receiver: Receiver, at: datetime) -> None:
    """A hook may hear that there is a note, or of which team it is; what a note says stays here."""
    make.field("margin", customers=Access.HIDDEN)
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    add(cast, receiver, Kind.NOTED, Kind.MOVED, Kind.FIELD_CHANGED, at=at)
    make.note(ticket, cast.ada, at=at, text="CANARY")
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.move_to_team(cast.support)
        change.tag("CANARY")
        change.set_fields({"margin": "CANARY"})
    make.reply(ticket, cast.ada, at=at, text="CANARY")
    jobs.run_due(at=at)
    assert kinds(receiver) == [["ticket.noted"], ["ticket.moved"]]
    assert [body(request)["data"]["events"][0]["after"] for request in receiver.requests] == [None, "Support"]
    assert [b"CANARY" in request.body for request in receiver.requests] == [False, False]


def test_only_what_is_chosen(cast: Cast, receiver: Receiver, at: datetime) -> None:
    """A hook for replies hears of replies, and of nothing that came with them."""
    add(cast, receiver, Kind.REPLIED, at=at)
    make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    jobs.run_due(at=at)
    assert kinds(receiver) == [["ticket.replied"]]


def test_every_kind_is_somebodys() -> None:
    """The two lists on the page are all there is, and what customers read is in the first."""
    assert sorted((*payload.EVERYBODYS, *payload.STAFF_ONLY)) == sorted(Kind)
    assert {Kind.NOTED, Kind.MOVED, Kind.TAGGED, Kind.OVERDUE} <= set(payload.STAFF_ONLY)


def test_old_news_and_no_hooks(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """An import tells nobody; a hook that is off hears nothing."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=later(at, days=2))
    assert (receiver.requests, Delivery.objects.count()) == ([], 0)
    switch(hook, cast, on=False, at=at)
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert (receiver.requests, Delivery.objects.count()) == ([], 0)
    switch(hook, cast, on=True, at=at)
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert kinds(receiver) == [["ticket.opened"]]


def switch(hook: Hook, cast: Cast, *, on: bool, at: datetime) -> None:
    hooks.change_hook(hook, name=hook.name, url=hook.url, kinds=hook.kinds, is_active=on, by=cast.otto, at=at)


def test_two_hooks_are_two_deliveries(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """Each has its own, with its own id and secret; writing twice changes nothing."""
    other = add(cast, receiver, at=at)
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"] == second.headers["webhook-id"]) == (second.body, False)
    signatures.verify(hooks.secret_of(other), headers=second.headers, body=second.body, at=at)
    jobs.enqueue("hooks.write", {"change": body(first)["data"]["change"]}, at=at)
    jobs.run_due(at=at)
    assert (len(receiver.requests), Delivery.objects.count(), Job.objects.count()) == (2, 2, 0)


def test_a_hook_that_cannot_be_told_keeps_no_mail_waiting(
    cast: Cast, hook: Hook, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with a message to a program is no matter of people's mails."""
    monkeypatch.setattr(payload, "of_change", lambda _events: 1 / 0)
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert Mail.objects.filter(to_name="Carl").count() == 1
    assert list(Job.objects.values_list("name", flat=True)) == ["hooks.write"]


def test_nobody_answers_and_then_somebody_does(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """It is tried again with longer pauses; meanwhile one try a minute for all, and when it answers all go at once."""
    receiver.answer = NO
    first, second = make.ticket(cast.carl, at=at), make.ticket(cast.eve, at=at)
    jobs.run_due(at=at)
    assert len(receiver.requests) == 1
    assert states() == [("waiting", 1), ("waiting", 0)]
    hook.refresh_from_db()
    row = Delivery.objects.earliest("pk")
    assert (hook.failing_since, row.status, row.problem, row.tried_at) == (at, 500, "HTTP 500: no space", at)
    jobs.run_due(at=later(at, seconds=20))
    assert len(receiver.requests) == 1
    for minutes in (2, 10, 30):
        jobs.run_due(at=later(at, minutes=minutes))
    assert 2 <= len(receiver.requests) <= 5
    before = len(receiver.requests)
    receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    jobs.run_due(at=later(at, hours=5))
    assert [body(request)["data"]["ticket"]["number"] for request in receiver.requests[before:]] in (
        [first.number, second.number], [second.number, first.number],
    )  # fmt: skip
    assert [state for state, _tries in states()] == ["arrived", "arrived"]
    hook.refresh_from_db()
    assert (hook.failing_since, Delivery.objects.filter(problem="").count()) == (None, 2)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 2
    jobs.run_due(at=later(at, days=1))
    assert (len(receiver.requests) - before, Job.objects.count()) == (2, 0)


def test_a_dead_receiver_costs_one_try_a_minute(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """A hundred changes do not make the worker wait a hundred times."""
    receiver.answer = NO
    for _number in range(20):
        make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert len(receiver.requests) == 1
    for seconds in range(0, 300, 10):
        jobs.run_due(at=later(at, seconds=seconds))
    assert 2 <= len(receiver.requests) <= 6


def test_given_up_after_three_days(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """The deliveries fail, the audit trail says so once, and each can be sent again."""
    receiver.answer = NO
    make.ticket(cast.carl, at=at)
    make.ticket(cast.carl, at=at)
    for hours in range(0, 72, 4):
        jobs.run_due(at=later(at, hours=hours))
        assert [state for state, _tries in states()] == ["waiting", "waiting"]
    tried = len(receiver.requests)
    assert tried >= 15
    for hours in range(73, 90, 4):
        jobs.run_due(at=later(at, hours=hours))
    assert ([state for state, _tries in states()], Job.objects.count()) == (["failed", "failed"], 0)
    assert actions() == ["hook.created", "hook.gave_up"]
    assert Hook.objects.get().failing_since == at

    receiver.answer = b"HTTP/1.1 204 Good\r\n\r\n"
    before = len(receiver.requests)
    first = Delivery.objects.earliest("pk")
    hooks.send_again(first, by=cast.otto, at=later(at, days=5))
    jobs.run_due(at=later(at, days=5))
    assert [request.headers["webhook-id"] for request in receiver.requests[before:]] == [str(first.key)]
    assert states()[0] == ("arrived", 1)
    assert Hook.objects.get().failing_since is None
    assert actions()[2:] == ["hook.sent_again"]


def test_sent_again_while_it_still_fails(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """Whoever asks for it gets a try, and three more days, also after weeks of silence."""
    receiver.answer = NO
    make.ticket(cast.carl, at=at)
    for days in (0, 1, 4):
        jobs.run_due(at=later(at, days=days))
    assert states() == [("failed", 2)]
    before = len(receiver.requests)
    hooks.send_again(Delivery.objects.get(), by=cast.otto, at=later(at, days=20))
    jobs.run_due(at=later(at, days=20))
    assert (len(receiver.requests) - before, states()) == (1, [("waiting", 1)])
    jobs.run_due(at=later(at, days=24))
    assert states() == [("failed", 1)]
    assert Delivery.objects.get().problem == "HTTP 500: no space"


def test_what_arrived_can_be_sent_again(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """A receiver that lost its database asks for it; the same bytes, the same id, another time in the signature."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    hooks.send_again(Delivery.objects.get(), by=cast.otto, at=later(at, days=9))
    jobs.run_due(at=later(at, days=9))
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    signatures.verify(hooks.secret_of(hook), headers=second.headers, body=second.body, at=later(at, days=9))


def test_410_switches_it_off(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """The receiver wants no more, and gets no more until somebody switches it on again."""
    receiver.answer = b"HTTP/1.1 410 Gone\r\n\r\n"
    make.ticket(cast.carl, at=at)
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert (len(receiver.requests), Hook.objects.get().is_active) == (1, False)
    assert [state for state, _tries in states()] == ["failed", "failed"]
    assert actions() == ["hook.created", "hook.switched_off"]
    assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == [410, None]
    with pytest.raises(OffError):
        hooks.send_again(Delivery.objects.earliest("pk"), by=cast.otto, at=at)
    with pytest.raises(OffError):
        hooks.send_test(Hook.objects.get(), by=cast.otto, at=at)
    jobs.run_due(at=later(at, days=1))
    assert len(receiver.requests) == 1


def test_g05_what_leads_inside_by_now_is_not_sent(
    cast: Cast, receiver: Receiver, hook: Hook, at: datetime, settings: Settings
) -> None:
    """The address was good when it was saved; the operator has taken that back, or its name means something else."""
    settings.OUTBOUND_ALLOW = [("10.0.0.0/8", receiver.port)]
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert (receiver.connections, states()) == (0, [("waiting", 1)])
    assert "network of the desk’s own" in Delivery.objects.get().problem


def test_a_redirect_is_not_followed(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    receiver.answer = f"HTTP/1.1 302 Found\r\nLocation: {receiver.url}\r\n\r\n".encode()
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().problem.startswith("HTTP 302: a redirect is not followed.")


def test_a_new_address_is_tried_at_once(cast: Cast, receiver: Receiver, at: datetime, settings: Settings) -> None:
    """A slip in the address: what waited goes to the right one."""
    with receiving(Receiver(answer=NO)) as wrong:
        settings.OUTBOUND_ALLOW = [receiver.place, wrong.place]
        hook = hooks.add_hook(name="Shop", url=wrong.url, kinds=[], by=cast.otto, at=at)[0]
        make.ticket(cast.carl, at=at)
        make.ticket(cast.carl, at=at)
        jobs.run_due(at=at)
        assert len(wrong.requests) == 1
    hooks.change_hook(hook, name="Shop", url=receiver.url, kinds=[], is_active=True, by=cast.otto, at=at)
    jobs.run_due(at=later(at, seconds=30))
    assert len(receiver.requests) == 2
    assert AuditEntry.objects.get(action="hook.changed").after == {"name": "Shop", "url": f"127.0.0.1:{receiver.port}"}


def test_a_test_says_nothing(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """It goes the same way as all others, signed."""
    made = make.ticket(cast.carl, at=at)
    Job.objects.all().delete()
    hooks.send_test(hook, by=cast.otto, at=at)
    jobs.run_due(at=at)
    (request,) = receiver.requests
    assert body(request) == {
        "type": "test", "version": 1, "timestamp": "2026-03-02T12:00:00.000Z", "data": {"webhook": "Shop"},
    }  # fmt: skip
    signatures.verify(hooks.secret_of(hook), headers=request.headers, body=request.body, at=at)
    assert made.subject.encode() not in request.body


def test_what_was_removed_is_sent_no_more(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """A message was blanked before it left, or after: its words are nowhere any more."""
    ticket = make.ticket(cast.carl, at=at)
    make.reply(ticket, cast.ada, at=at, text="CANARY one")
    jobs.run_due(at=at)
    assert receiver.requests[1].body.count(b"CANARY") == 1
    receiver.answer = NO
    make.reply(ticket, cast.ada, at=at, text="CANARY two")
    jobs.run_due(at=at)
    messages = list(Message.objects.filter(text__startswith="CANARY").order_by("pk"))
    assert Delivery.objects.filter(body__contains="CANARY").count() == 2
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=at) as change:
        for message in messages:
            change.redact(message)
    receiver.answer = b"HTTP/1.1 204 Good\r\n\r\n"
    before = len(receiver.requests)
    jobs.run_due(at=later(at, hours=1))
    assert Delivery.objects.filter(body__contains="CANARY").count() == 0
    sent = receiver.requests[before:]
    assert [b"CANARY" in request.body for request in sent] == [False, False]
    replied = next(request for request in sent if b"ticket.replied" in request.body)
    said = body(replied)["data"]["events"][0]["message"]
    assert said == {"id": messages[1].pk, "text": "", "is_question": False, "is_removed": True}
    signatures.verify(hooks.secret_of(hook), headers=replied.headers, body=replied.body, at=later(at, hours=1))


def test_sweep(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """Thirty days are enough for what is settled; what waits stays."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    Delivery.objects.create(hook=hook, key=uuid.uuid4(), change=uuid.uuid4(), body="{}", created_at=at)
    assert hooks.sweep_deliveries(at=later(at, days=30)) == 0
    assert hooks.sweep_deliveries(at=later(at, days=30, seconds=1)) == 1
    assert [state for state, _tries in states()] == ["waiting"]


def test_removed(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """What waited is never sent, and its job ends."""
    make.ticket(cast.carl, at=at)
    jobs.run(jobs.claim(at=at), at=at)  # type: ignore[arg-type]  # there is one
    hooks.remove_hook(hook, by=cast.otto, at=at)
    jobs.run_due(at=at)
    assert (receiver.requests, Delivery.objects.count()) == ([], 0)
    assert actions() == ["hook.created", "hook.removed"]


def test_only_administrators(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """Each verb asks."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    delivery = Delivery.objects.get()
    given: dict[str, Any] = {"name": "X", "url": receiver.url, "kinds": []}
    for person in (cast.lena, cast.ada, cast.carl):
        for act in (
            lambda by: hooks.add_hook(**given, by=by, at=at),
            lambda by: hooks.change_hook(hook, **given, is_active=True, by=by, at=at),
            lambda by: hooks.remove_hook(hook, by=by, at=at),
            lambda by: hooks.send_test(hook, by=by, at=at),
            lambda by: hooks.send_again(delivery, by=by, at=at),
        ):
            with pytest.raises(NotAllowedError):
                act(person)
    assert (Hook.objects.get().name, states(), Job.objects.count()) == ("Shop", [("arrived", 1)], 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", " \n"), ("name", "x" * 81), ("url", ""), ("url", "ftp://shop.example/"), ("url", "http://shop.example:22/"),
        ("url", "http://2130706433/"), ("url", "https://shop.example/" + "x" * 500), ("kinds", ["ticket.exploded"]),
    ],
)  # fmt: skip
def test_what_cannot_be(cast: Cast, hook: Hook, receiver: Receiver, at: datetime, column: str, value: object) -> None:
    """Each says beside which field it is wrong; nothing is written."""
    given: dict[str, Any] = {"name": "X", "url": receiver.url, "kinds": [], column: value}
    with pytest.raises(ValidationError) as error:
        hooks.add_hook(**given, by=cast.otto, at=at)
    assert list(error.value.message_dict) == [column]
    with pytest.raises(ValidationError):
        hooks.change_hook(hook, **given, is_active=True, by=cast.otto, at=at)
    assert (Hook.objects.count(), actions()) == (1, ["hook.created"])


def test_the_audit_trail_keeps_no_secret(cast: Cast, at: datetime) -> None:
    """Nor what stands in an address behind its host, which is often one."""
    hook, secret = hooks.add_hook(
        name="Chat", url="https://chat.example/services/T0/SECRET", kinds=[Kind.REPLIED], by=cast.otto, at=at
    )
    hooks.change_hook(
        hook, name="Chat", url="https://chat.example/services/T0/OTHER", kinds=[], is_active=True, by=cast.otto, at=at
    )
    kept = json.dumps(list(AuditEntry.objects.values_list("before", "after")))
    assert [word in kept for word in (secret, "SECRET", "OTHER")] == [False] * 3
    assert kept.count("chat.example") == 3
    assert hooks.change_hook(
        hook, name="Chat", url="https://chat.example/services/T0/OTHER", kinds=[], is_active=True, by=cast.otto, at=at
    ) is False  # fmt: skip


def test_a_worker_that_dies_sends_the_same_again(
    cast: Cast, receiver: Receiver, hook: Hook, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fell over between the answer and its note; a minute later another one sends it, with the same id."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at, limit=2)
    monkeypatch.setattr(faults, "_PLAN", {"hook.after_answer_before_mark": ("die", 1)})
    monkeypatch.setattr(faults, "_reached", faults.Counter())
    with pytest.raises(faults.DiedError):
        jobs.run_due(at=at)
    assert states() == [("waiting", 1)]
    jobs.run_due(at=later(at, seconds=30))
    assert len(receiver.requests) == 1  # its lease lasts
    jobs.run_due(at=later(at, seconds=61))
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert (states(), Job.objects.count()) == ([("arrived", 2)], 0)


def test_two_jobs_for_one_delivery_send_once(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """While one worker waits for the answer, another one leaves it alone."""
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at, limit=2)
    Delivery.objects.update(tried_at=at, tries=1)  # as another worker has just left it
    jobs.run_due(at=later(at, seconds=1))
    assert receiver.requests == []
    jobs.run_due(at=later(at, minutes=2))
    assert (len(receiver.requests), states()) == (1, [("arrived", 2)])


def test_a_ticket_of_a_private_team_is_told_too(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """A hook belongs to the desk, whose administrators see everything; the page says so."""
    ticket: Ticket = make.ticket(cast.carl, at=at, team=cast.private)
    make.reply(ticket, cast.bea, at=at)
    jobs.run_due(at=at)
    assert kinds(receiver) == [["ticket.opened"], ["ticket.replied", "ticket.status_changed"]]


def test_the_program_in_the_manual_works(cast: Cast, receiver: Receiver, hook: Hook) -> None:
    """What docs/api/webhooks.md tells others to write takes our messages, and nobody else's."""
    page = (Path(__file__).parents[2] / "docs" / "api" / "webhooks.md").read_text()
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    now = timezone.now()
    hooks.send_test(hook, by=cast.otto, at=now)
    jobs.run_due(at=now)
    (request,) = receiver.requests
    secret = hooks.secret_of(hook)
    assert names["verify"](secret, request.headers, request.body) == request.headers["webhook-id"]
    for headers, body_ in (
        (request.headers, request.body + b" "),
        ({**request.headers, "webhook-timestamp": "1"}, request.body),
        ({**request.headers, "webhook-signature": "v1,AAAA"}, request.body),
    ):
        with pytest.raises(ValueError, match=r"too old|not signed"):
            names["verify"](secret, headers, body_)


def test_the_message_in_the_manual_is_ours(cast: Cast, receiver: Receiver, hook: Hook, at: datetime) -> None:
    """It names each key that is sent, and none that is not."""
    page = (Path(__file__).parents[2] / "docs" / "api" / "webhooks.md").read_text()
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    jobs.run_due(at=at)

    def keys(value: object) -> object:
        match value:
            case dict():
                return {name: keys(each) for name, each in value.items()}
            case list():
                return [keys(each) for each in value]
        return None

    assert keys(body(receiver.requests[1])) == keys(shown)
