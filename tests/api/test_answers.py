"""A request sent again with its key (reliability: no lost answer makes two tickets)."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel

from deskhand.api.answering import _kept, created
from deskhand.api.problems import Problem
from deskhand.config.worker import housekeeping
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui.answers import _is_alone, forget_old_answers
from deskhand.ui.models import Answered
from tests import make
from tests.api.asking import Program, program
from tests.cast import Cast

NEW = {"subject": "Hello", "text": "World"}


def told(asking: Program, found: object) -> tuple[int, object, str | None]:
    return asking.status, found, asking.answer.headers.get("Idempotent-Replayed")


def test_the_same_again_is_told_and_not_done_again(cast: Cast) -> None:
    carl = program(cast.carl)
    first = told(carl, carl.post("tickets", NEW, key="one"))
    second = told(carl, carl.post("tickets", NEW, key="one"))
    assert (first[0], first[2]) == (201, None)
    assert second == (201, first[1], "true")
    assert Ticket.objects.count() == 1
    carl.post("tickets", NEW, key="two")
    carl.post("tickets", NEW)
    assert Ticket.objects.count() == 3


def test_another_request_with_the_key_is_refused(cast: Cast, at: datetime) -> None:
    carl = program(cast.carl)
    number = carl.post("tickets", NEW, key="one")["number"]
    for path, body in (("tickets", NEW | {"text": "Else"}), (f"tickets/{number}/replies", {"text": "World"})):
        found = carl.post(path, body, key="one")
        assert (carl.status, list(found["errors"])) == (422, ["Idempotency-Key"])
    assert Ticket.objects.get().messages.count() == 1


def test_a_key_is_its_tokens_own(cast: Cast) -> None:
    carl, again, eve = program(cast.carl), program(cast.carl), program(cast.eve)
    for asking in (carl, again, eve):
        asking.post("tickets", NEW, key="one")
        assert (asking.status, "Idempotent-Replayed" in asking.answer.headers) == (201, False)
    assert Ticket.objects.count() == 3


def test_a_refusal_is_kept_too_and_leaves_nothing(cast: Cast, at: datetime) -> None:
    """What was refused at first is refused again, also if it would be allowed by now: it is the same request."""
    number = make.ticket(cast.carl, at=at).number
    ada = program(cast.ada)
    refused = told(ada, ada.post(f"tickets/{number}/assignee", {"assignee": "bea@desk.example"}, key="x"))
    assert refused[0] == 200
    carl = program(cast.carl)
    first = told(carl, carl.post(f"tickets/{number}/notes", {"text": "sly"}, key="n"))
    second = told(carl, carl.post(f"tickets/{number}/notes", {"text": "sly"}, key="n"))
    assert (first[0], second) == (403, (403, first[1], "true"))
    assert Ticket.objects.get().messages.count() == 1


def test_work_that_is_refused_half_way_leaves_nothing(cast: Cast, at: datetime) -> None:
    def work() -> BaseModel:
        make.ticket(cast.carl, at=at)
        assert Ticket.objects.count() == 1
        raise Problem(409)

    assert (_kept(work, created).status, Ticket.objects.count()) == (409, 0)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 101, "\x7f", "é"])
def test_a_key_is_plain(cast: Cast, key: str) -> None:
    carl = program(cast.carl)
    carl.headers["Idempotency-Key"] = key
    carl.post("tickets", NEW)
    assert carl.status == (422 if key else 201)


def test_it_is_forgotten_after_a_day(cast: Cast) -> None:
    carl = program(cast.carl)
    carl.post("tickets", NEW, key="old")
    carl.post("tickets", NEW, key="older")
    now = timezone.now()
    Answered.objects.filter(key="old").update(at=now - timedelta(hours=23))
    Answered.objects.filter(key="older").update(at=now - timedelta(hours=25))
    carl.post("tickets", NEW, key="older")  # not swept yet
    assert "Idempotent-Replayed" not in carl.answer.headers
    Answered.objects.filter(key="older").update(at=now - timedelta(hours=25))
    forget_old_answers(at=now)
    assert [row.key for row in Answered.objects.all()] == ["old"]


def test_the_worker_sweeps_them(cast: Cast) -> None:
    program(cast.carl).post("tickets", NEW, key="old")
    Answered.objects.update(at=timezone.now() - timedelta(hours=25))
    for clean in housekeeping():
        clean()
    assert Answered.objects.count() == 0


def test_the_answer_and_what_was_done_stand_or_fall_together(cast: Cast) -> None:
    carl = program(cast.carl)
    with transaction.atomic():
        carl.post("tickets", NEW, key="one")
        assert carl.status == 201
        transaction.set_rollback(True)
    assert (Ticket.objects.count(), Answered.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_it_once(first_words: None, at: datetime) -> None:
    """Whoever is told to wait (409, or 503 of a database that is busy) sends the same once more."""
    from tests.cast import assemble

    cast = assemble(at=at)
    headers = program(cast.carl).headers
    statuses: list[int] = []
    gate = threading.Barrier(4)

    def send() -> None:
        one = Program()
        one.headers = dict(headers)
        gate.wait()
        for _ in range(100):
            one.post("tickets", NEW, key="race")
            if one.status not in {409, 503}:
                break
        statuses.append(one.status)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Ticket.objects.count() == 1
    assert statuses == [201] * 4


@pytest.mark.django_db(transaction=True)
def test_one_that_is_under_way_is_409(first_words: None, at: datetime) -> None:
    """PostgreSQL says so at once; SQLite has one writer, who is waited for, so that nothing is under way when one asks."""
    from deskhand.accounts.models import ApiToken
    from tests.cast import assemble

    cast = assemble(at=at)
    carl = program(cast.carl)
    token = ApiToken.objects.get()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            _is_alone(token, "k")
            held.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    if connection.vendor == "postgresql":
        thread.start()
        held.wait(20)
        carl.post("tickets", NEW, key="k")
        assert (carl.status, carl.answer.headers["Retry-After"]) == (409, "1")
        done.set()
        thread.join()
    carl.post("tickets", NEW, key="k")
    assert (carl.status, Ticket.objects.count()) == (201, 1)
