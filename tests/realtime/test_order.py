"""PostgreSQL: transactions end in another order than they began in, and connections die. Nothing is lost, nothing twice."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from tests.processes import PATIENCE_S
from tests.realtime.conftest import Desk
from tests.realtime.test_processes import NOTED, OPENED, told

NOTE = """
    INSERT INTO tickets_event (ticket_id, change, kind, at, via, is_public, depth)
    SELECT id, %s, 'ticket.tagged', %s, 'system', false, 0 FROM tickets_ticket WHERE number = %s
"""


@pytest.fixture
def session(desk: Desk) -> Iterator[psycopg.Connection]:
    """Another session on the desk's database."""
    if not desk.installation.database_url:
        pytest.skip("SQLite has one writer, and nothing that listens")
    with psycopg.connect(desk.installation.database_url) as connection:
        yield connection


def test_a_transaction_that_stays_open_delays_nobody_and_is_told_when_it_ends(
    desk: Desk, session: psycopg.Connection
) -> None:
    """It began first and ends last: others' events come meanwhile, also to who comes back, and its own exactly once."""
    number = desk.act("ticket", "carl")
    ada, otto = desk.listen("ada"), desk.listen("otto")
    session.execute(NOTE, [uuid.uuid4(), datetime(2026, 3, 2, tzinfo=UTC), number])
    early = desk.act("ticket", "eve")
    assert told([ada.next(), otto.next()]) == [(early, [OPENED])] * 2
    otto.close()
    desk.act("note", number, "ada")
    back = desk.listen("otto", last=otto.cursor)
    assert told([ada.next(), back.next()]) == [(number, [NOTED])] * 2
    session.commit()
    late = desk.act("ticket", "mona")
    end = [(number, ["ticket.tagged"]), (late, [OPENED])]
    assert told([ada.next(), ada.next()]) == end
    assert told([back.next(), back.next()]) == end
    third = desk.listen("otto", last=otto.cursor)
    assert sorted(told([third.next() for _ in range(3)])) == sorted([(number, [NOTED]), *end])


def test_a_listener_that_dies_comes_back_and_misses_nothing(desk: Desk, session: psycopg.Connection) -> None:
    """All the desk's connections are ended, as when PostgreSQL restarts."""
    ada = desk.listen("ada")
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'deskhand live' AND datname = current_database()"
    )
    deadline = time.monotonic() + PATIENCE_S  # it may be on its way still: ada was greeted before
    while (ended := session.execute(end).fetchall()) == [] and time.monotonic() < deadline:
        session.commit()  # what is running is looked up once a transaction
        time.sleep(0.05)
    assert ended == [(True,)]
    session.commit()
    number = desk.act("ticket", "carl")
    assert told([ada.next()]) == [(number, [OPENED])]
    again = desk.act("ticket", "carl")
    assert told([ada.next()]) == [(again, [OPENED])]
