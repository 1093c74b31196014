"""The live cursor. What transactions do that end in another order is tests/realtime/test_order.py's matter."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from django.db import connection

from deskhand.tickets import live
from deskhand.tickets.live import Cursor, current_cursor, news_since
from tests import make
from tests.cast import Cast


@pytest.mark.parametrize("text", ["1:1:", "5:9:5,7", "12:40:12", "7:7:"])
def test_a_cursor_reads_as_it_is_written(text: str) -> None:
    assert str(Cursor.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "7", "7:7", "0:7:", "9:5:", "5:9:9", "5:9:4", "5:9:7,6", "5:9:6,6", "5:9:6,", "-5:9:", "5:9:x", " 5:9:",
        "5:9:\n", "٥:٩:", f"{10**18}:{10**18}:", "1:200001:", "5:9:" + "6," * 4000,
    ],
)  # fmt: skip
def test_what_is_no_cursor_is_none(text: str) -> None:
    """Whatever a browser sends: nothing of it reaches the database as it came."""
    assert Cursor.parse(text) is None


def test_what_a_snapshot_covers() -> None:
    """Below 5 all is known; of 5 to 8 all but 6; from 9 on nothing."""
    assert [place for place in range(3, 11) if Cursor(5, 9, frozenset({6})).covers(place)] == [3, 4, 5, 7, 8]


def test_news_are_what_came_after(cast: Cast, at: datetime) -> None:
    """In a test everything is one transaction, which PostgreSQL rightly calls not over: so SQLite only."""
    if connection.vendor == "postgresql":
        pytest.skip("tests/realtime shows it there")
    before = current_cursor()
    ticket = make.ticket(cast.carl, at=at)
    between = current_cursor()
    make.note(ticket, cast.ada, at=at)
    assert kinds(before) == ["ticket.opened", "ticket.noted"]
    assert kinds(between) == ["ticket.noted"]
    assert kinds(current_cursor()) == []
    assert [event.kind for event in news_since(before, until=between).events or []] == ["ticket.opened"]


def kinds(cursor: Cursor) -> list[str]:
    """What happened since."""
    return [event.kind for event in news_since(cursor).events or []]


def test_too_much_is_not_told_one_by_one(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are; three are one word: look anew. The cursor goes on either way."""
    if connection.vendor == "postgresql":
        pytest.skip("tests/realtime shows it there")
    monkeypatch.setattr(live, "MOST", 2)
    ticket = make.ticket(cast.carl, at=at)
    begin = current_cursor()
    for _ in range(2):
        make.note(ticket, cast.ada, at=at)
    assert kinds(begin) == ["ticket.noted"] * 2
    make.note(ticket, cast.ada, at=at)
    news = news_since(begin)
    assert news.events is None
    assert news_since(news.cursor).events == []


def test_a_page_asks_for_its_cursor_once_a_second(
    cast: Cast, at: datetime, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    """With the desk's row, which is kept as long; an older cursor only tells again what the page shows."""
    live.live_cursor()
    with django_assert_num_queries(0):
        assert Cursor.parse(live.live_cursor()) is not None
