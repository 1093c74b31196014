"""A question that the customer must answer (S5.10): asked in the composer, seen in the thread and in the list."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

MARK = "Waiting for an answer"
OPEN, ANSWERED, PENDING = "Question, waits for an answer</p>", "Question, answered</p>", "Question</p>"


@pytest.fixture
def ticket(cast: Cast, client: Client, at: datetime) -> Ticket:
    """Carl's ticket; ada is signed in."""
    client.force_login(cast.ada)
    return make.ticket(cast.carl, at=at)


def address(ticket: Ticket, rest: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{rest}"


def asked(ticket: Ticket) -> tuple[bool, str, list[bool]]:
    """Does it wait for an answer, where does it stand, which messages of the staff are questions?"""
    row = Ticket.objects.get(pk=ticket.pk)
    said = Message.objects.filter(ticket=ticket, by_staff=True).order_by("pk")
    return row.asked_at is not None, row.category, list(said.values_list("is_question", flat=True))


def row(client: Client, ticket: Ticket) -> str:
    """The ticket's row in the list of all open ones."""
    page = client.get("/desk/tickets/?view=open").content.decode()
    return page.split(f'id="row-{ticket.number}"')[1].split("</li>")[0]


def test_s5_10_a_question_is_asked_shown_and_waits_until_the_customer_writes(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    assert fill(client.get(address(ticket)).content.decode(), address(ticket, "messages/")).get("is_question") is None
    send(client, address(ticket), address(ticket, "messages/"), text="Which version is it?", is_question="on")

    assert asked(ticket) == (True, Category.WAITING, [True])
    page = client.get(address(ticket)).content.decode()
    assert [page.count(words) for words in (OPEN, ANSWERED, "Our question waits for an answer,")] == [1, 0, 1]
    assert MARK in row(client, ticket)

    make.reply(ticket, cast.carl, at=at + timedelta(days=400), text="Version 7.")
    page = client.get(address(ticket)).content.decode()
    assert [page.count(words) for words in (OPEN, ANSWERED, "Our question waits for an answer,")] == [0, 1, 0]
    assert MARK not in row(client, ticket)
    assert asked(ticket) == (False, Category.OPEN, [True])


def test_a_plain_reply_is_no_question(client: Client, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try water.")

    assert asked(ticket) == (False, Category.WAITING, [False])
    assert ("Question" in client.get(address(ticket)).content.decode(), MARK in row(client, ticket)) == (False, False)


def test_a_note_asks_the_customer_nothing(client: Client, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "messages/"), kind="note", text="Who knows it?", is_question="on")
    assert asked(ticket) == (False, Category.OPEN, [False])


def test_a_status_chosen_along_wins(client: Client, ticket: Ticket) -> None:
    status = Status.objects.get(category=Category.IN_PROGRESS)
    send(
        client, address(ticket), address(ticket, "messages/"), text="Which version?", is_question="on", status=status.pk
    )
    assert asked(ticket) == (True, Category.IN_PROGRESS, [True])


def test_a_refused_form_keeps_the_tick(client: Client, ticket: Ticket) -> None:
    answer = send(client, address(ticket), address(ticket, "messages/"), text=" ", is_question="on")
    typed = fill(answer.content.decode(), address(ticket, "messages/"))
    assert (answer.status_code, typed["is_question"], asked(ticket)) == (422, ["on"], (False, Category.OPEN, []))


@pytest.mark.parametrize("tick", ["on", None])
def test_taken_back_it_is_the_question_it_was(
    client: Client, ticket: Ticket, settings: Settings, tick: str | None
) -> None:
    settings.MAIL_WINDOW_S = 20
    send(client, address(ticket), address(ticket, "messages/"), text="Which version?", is_question=tick)
    page = client.get(address(ticket)).content.decode()
    assert (page.count(PENDING), asked(ticket)) == (1 if tick else 0, (False, Category.OPEN, []))

    path = address(ticket, f"scheduled/{ScheduledChange.objects.get().pk}/take-back/")
    answer = client.post(path, fill(page, path))
    typed = fill(client.get(answer["Location"]).content.decode(), address(ticket, "messages/"))
    assert (typed["text"], typed.get("is_question")) == (["Which version?"], ["on"] if tick else None)


def test_what_was_redacted_asks_nothing_any_more(client: Client, cast: Cast, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Which version?", is_question="on")
    path = address(ticket, f"messages/{Message.objects.get(ticket=ticket, by_staff=True).pk}/redact/")
    values = fill(client.get(address(ticket)).content.decode(), address(ticket))
    client.post(path, values)
    assert (MARK in row(client, ticket), asked(ticket)[0]) == (False, False)
    assert "Question, " not in client.get(address(ticket)).content.decode()
