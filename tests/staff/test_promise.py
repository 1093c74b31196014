"""How long until the promised answer: the words, the colors, and where they are not shown."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from deskhand.staff.promise import clock, lasting
from deskhand.tickets.catalog import save_priority
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast

HOUR = Priority(slug="urgent", name="Urgent", first_response_minutes=60)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (119, "1 h"), (2879, "47 h"), (2880, "2 days"), (7000, "4 days")],
)
def test_a_length_of_time_is_said_in_its_largest_unit(minutes: int, words: str) -> None:
    assert lasting(minutes) == words


@pytest.mark.parametrize(
    ("left", "words", "state"),
    [
        (timedelta(minutes=38), "38 min", ""),
        (timedelta(minutes=15), "15 min", ""),
        (timedelta(minutes=14), "14 min", "soon"),
        (timedelta(seconds=20), "1 min", "soon"),
        (timedelta(), "1 min", "soon"),
        (timedelta(seconds=-20), "Overdue", "over"),
        (timedelta(minutes=-12), "Overdue 12 min", "over"),
        (timedelta(hours=-30), "Overdue 30 h", "over"),
    ],
)
def test_s3_14_the_clock_turns_amber_in_its_last_quarter_and_red_when_it_is_over(
    at: datetime, left: timedelta, words: str, state: str
) -> None:
    found = clock(at + left, priority=HOUR, at=at)
    assert (found.words, found.state, found.why) == (words, state, "Urgent: first answer within 1 h of opening")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(30, "30 min"), (60, "1 h"), (90, "90 min"), (240, "4 h"), (2880, "48 h")],
)
def test_s3_14_why_says_the_time_as_it_was_promised(at: datetime, minutes: int, words: str) -> None:
    promised = Priority(slug="high", name="High", first_response_minutes=minutes)
    assert clock(at, priority=promised, at=at).why == f"High: first answer within {words} of opening"


def test_a_promise_that_is_no_longer_given_is_kept_without_a_rule(at: datetime) -> None:
    nothing = Priority(slug="low", name="Low", first_response_minutes=None)
    found = clock(at + timedelta(minutes=1), priority=nothing, at=at)
    assert (found.words, found.state, found.why) == ("1 min", "", "First answer")


# On the pages


@pytest.fixture
def ticket(client: Client, cast: Cast, at: datetime) -> Iterator[Ticket]:
    """Carl's urgent ticket, opened at noon; one hour is promised, and 22 minutes are over. ada is signed in."""
    urgent = Priority.objects.get(slug="urgent")
    save_priority(
        by=cast.otto, at=at, priority=urgent, name="Urgent", meaning="Nobody can work", first_response_minutes=60
    )
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_priority(Priority.objects.get(pk=urgent.pk))
    with time_machine.travel(at + timedelta(minutes=22), tick=False):
        client.force_login(cast.ada)
        yield Ticket.objects.get(pk=ticket.pk)


def clocks(client: Client, ticket: Ticket) -> list[str]:
    """What the clocks of the ticket's page say: in its row, in its head, among its properties."""
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    return [_said(piece) for piece in page.split('class="clock"')[1:]]


def _said(piece: str) -> str:
    words = (
        piece.partition(">")[2].partition("</li>")[0].replace('<span class="visually-hidden">First answer: </span>', "")
    )
    return words.partition("</span>")[0].rpartition("</svg>")[2].strip()


def test_s3_14_the_list_and_the_ticket_say_how_long_is_left_and_why(client: Client, ticket: Ticket) -> None:
    assert clocks(client, ticket) == ["38 min", "38 min", "by 13:00"]
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert page.count("Urgent: first answer within 1 h of opening") == 3


def test_s3_14_nothing_is_shown_once_somebody_answered(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    make.note(ticket, cast.ada, at=at)
    assert len(clocks(client, ticket)) == 3  # a note answers nobody
    make.reply(ticket, cast.ada, at=at + timedelta(minutes=1))
    assert clocks(client, ticket) == []
    make.reply(ticket, cast.carl, at=at + timedelta(minutes=2))
    assert clocks(client, ticket) == []


@pytest.mark.parametrize("category", [Category.RESOLVED, Category.CLOSED])
def test_s3_14_nothing_is_shown_of_a_ticket_that_is_solved(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, category: Category
) -> None:
    make.in_category(ticket, category, by=cast.ada, at=at)
    assert clocks(client, ticket) == []
