"""The page for the minutes without a database: it asks nobody, says when to come back, and gives the text back (F-35)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from deskhand.desk.queries import forget_cached_desk
from deskhand.tickets.models.message import Message
from tests import make
from tests.cast import Cast
from tests.forms import fill

TEXT = "A text that is long enough to be worth keeping <b>&</b>, and that goes on for more than eighty letters."


@contextmanager
def away(is_hit: Callable[[str], bool] = lambda _: True) -> Iterator[None]:
    """A database that answers no statement, or none of those that are hit."""

    def refuse(execute: Callable[..., Any], sql: str, params: object, many: bool, context: Any) -> Any:  # noqa: ANN401, FBT001 - Django's
        if is_hit(sql):
            raise OperationalError("the server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    forget_cached_desk()
    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def quiet(client: Client) -> Client:
    """A browser whose errors are answers, as they are for people."""
    client.raise_request_exception = False
    return client


def test_a_page_says_so_and_when_to_come_back(quiet: Client, cast: Cast) -> None:
    quiet.force_login(cast.ada)
    with away():
        answer = quiet.get("/desk/tickets/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "The desk is not available right now" in answer.content.decode()
    assert "Nordlys" not in answer.content.decode()


def test_a_statement_that_is_wrong_is_our_fault(quiet: Client, cast: Cast) -> None:
    """A table that is not there: SQLite reports it as it reports a database that is locked."""

    def another(execute: Callable[..., Any], sql: str, params: object, many: bool, context: Any) -> Any:  # noqa: ANN401, FBT001 - Django's
        return execute(sql.replace("tickets_ticket", "tickets_never"), params, many, context)

    quiet.force_login(cast.ada)
    with connection.execute_wrapper(another):
        answer = quiet.get("/desk/tickets/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_what_was_typed_comes_back_and_is_sent_once(quiet: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    quiet.force_login(cast.ada)
    page = f"/desk/tickets/{ticket.number}/"
    with_form = quiet.get(page).content.decode()
    with away():
        answer = quiet.post(f"{page}messages/", fill(with_form, f"{page}messages/", text=TEXT))
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "<b>&</b>" not in html  # what was typed is text, also here
    again = fill(html, f"{page}messages/")
    assert again["text"] == [TEXT]
    for _ in range(2):
        assert quiet.post(f"{page}messages/", again).status_code == 303
    assert [message.text for message in Message.objects.filter(by_staff=True)] == [TEXT]


def test_a_password_is_not_written_into_a_page(quiet: Client, cast: Cast) -> None:
    form = fill(quiet.get("/sign-in/").content.decode(), "/sign-in/", login="ada", password="correct horse battery")
    with away():
        html = quiet.post("/sign-in/", form).content.decode()
    assert "The desk is not available right now" in html
    assert "correct horse" not in html


def test_a_session_that_cannot_be_saved_is_no_mistake_of_the_visitor(quiet: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    quiet.force_login(cast.ada)
    page = f"/desk/tickets/{ticket.number}/"
    form = fill(quiet.get(page).content.decode(), f"{page}messages/", text=TEXT)
    with away(lambda sql: 'UPDATE "accounts_session"' in sql):
        assert quiet.post(f"{page}messages/", form).status_code == 503
    assert quiet.post(f"{page}messages/", form).status_code == 303
    assert Message.objects.filter(by_staff=True).count() == 1
