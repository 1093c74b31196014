"""The stream as a browser sees it: a real desk, and things that happen in another process."""

import re
import sqlite3
import time
from contextlib import closing

import psycopg
import pytest

from tests.processes import PATIENCE_S
from tests.realtime.conftest import Desk
from tests.realtime.reading import Message

pytestmark = pytest.mark.faults

NOTED, REPLIED, OPENED = (f"ticket.{name}" for name in ("noted", "replied", "opened"))
STAFF = ("ada", "bea", "lena", "otto")
CUSTOMERS = ("carl", "cora", "mona", "eve")


def told(messages: list[Message]) -> list[tuple[int, list[str]]]:
    """Number and kinds of each message about a ticket."""
    return [(message.data["n"], message.data.get("k", ["gone"])) for message in messages if message.event == "ticket"]


def test_what_happens_in_another_process_arrives(desk: Desk) -> None:
    """A number and the names of what happened, and nothing else; who follows from now on hears that first."""
    eve, ada, cora = (desk.listen(name) for name in ("eve", "ada", "cora"))
    number = desk.act("ticket", "eve")
    opened = eve.next()
    assert (opened.event, opened.data.keys()) == ("ticket", {"n", "k", "by"})
    assert (opened.data["n"], opened.data["k"]) == (number, [OPENED])
    assert ada.next() == opened
    desk.act("follow", number, "cora")
    assert told([cora.next()]) == told([ada.next()]) == [(number, ["ticket.followed"])]


def test_h01_g08_everybody_hears_of_what_they_may_see_and_of_nothing_else(desk: Desk) -> None:
    """Nine people, an own, a foreign and a private team's ticket, a public reply and a note (1.28). The desk then stops, which
    ends each stream: so this is all that was ever written to it.
    """
    own, foreign, private = desk.act("ticket", "carl"), desk.act("ticket", "eve"), desk.act("ticket", "carl", "Legal")
    streams = {name: desk.listen(name) for name in (*STAFF, *CUSTOMERS)}
    assert desk.listen("nobody").status == 204
    for number, agent in ((own, "ada"), (foreign, "ada"), (private, "bea")):
        desk.act("reply", number, agent)
        desk.act("note", number, agent)
    end = desk.act("ticket", "mona")
    while told([streams["otto"].next()]) != [(end, [OPENED])]:
        pass
    desk.served.stop()
    replied = [REPLIED, "ticket.status_changed"]
    said = {name: stream.rest() for name, stream in streams.items() if name != "otto"}
    assert {key for messages in said.values() for one in messages if one.event == "ticket" for key in one.data} == {
        "n", "k", "by",
    }  # fmt: skip
    heard = {name: told(messages) for name, messages in said.items()}
    carls = [(own, replied), (private, replied)]
    everything = [(number, kinds) for number in (own, foreign, private) for kinds in (replied, [NOTED])]
    assert heard == {
        "ada": [*everything[:4], (end, [OPENED])], "bea": [*everything, (end, [OPENED])],
        "lena": [*everything, (end, [OPENED])], "carl": carls, "cora": [], "mona": [*carls, (end, [OPENED])],
        "eve": [(foreign, replied)],
    }  # fmt: skip


def test_g08_who_loses_the_team_hears_nothing_more(desk: Desk) -> None:
    """bea's stream may well be open still, as the check of people comes later; the ticket itself leaves ada."""
    private, moving = desk.act("ticket", "carl", "Legal"), desk.act("ticket", "carl", "Support")
    bea, ada, lena = (desk.listen(name) for name in ("bea", "ada", "lena"))
    desk.act("note", private, "bea")
    assert told([bea.next()]) == [(private, [NOTED])]
    desk.act("leave", "bea", "Legal")
    desk.act("note", private, "lena")
    desk.act("move", moving, "Legal")
    desk.act("note", moving, "lena")
    while told([lena.next()]) != [(moving, [NOTED])]:
        pass
    desk.served.stop()
    assert told(bea.rest()) in ([(moving, ["gone"])], [])  # nothing, when the check came before
    assert told(ada.rest()) == [(moving, ["gone"])]


def test_a16_streams_end_soon_after_what_they_hung_on(desk: Desk) -> None:
    """Sign-out, expiry, deactivation, a new password, another role, another team: all within one check, and after it a
    browser that may come back does, with the rights it has then.
    """
    twice = {"out": desk.sign_in("cora"), "old": desk.sign_in("lena")}
    desk.sessions.update(twice)
    streams = {name: desk.listen(name) for name in ("out", "old", "carl", "lena", "bea", "ada", "otto", "eve")}
    for act in (
        ("sign_out", twice["out"]), ("expire", twice["old"]), ("deactivate", "carl"), ("end_sessions", "eve"),
        ("change_role", "bea", "lead"), ("join", "ada", "Legal"),
    ):  # fmt: skip
        desk.act(*act)
    ended = {name: [message.data["why"] for message in stream.rest()] for name, stream in streams.items()
             if name not in {"lena", "otto"}}  # fmt: skip
    assert ended == {
        "out": ["signed-out"], "old": ["signed-out"], "carl": ["signed-out"], "eve": ["changed"], "bea": ["changed"],
        "ada": ["changed"],
    }  # fmt: skip
    again = {name: desk.listen(name).status for name in ended}
    assert again == {"out": 204, "old": 204, "carl": 204, "eve": 204, "bea": 204, "ada": 200}
    number = desk.act("ticket", "eve")
    assert told([streams["lena"].next(), streams["otto"].next()]) == [(number, [OPENED])] * 2


def test_who_comes_back_hears_what_was_missed_and_nothing_twice(desk: Desk) -> None:
    """By Last-Event-ID, as a browser does, and by the cursor of a page, from before it was read."""
    ada = desk.listen("ada")
    page = ada.greeting.data["at"]
    one = desk.act("ticket", "carl")
    assert told([ada.next()]) == [(one, [OPENED])]
    ada.close()
    two = desk.act("ticket", "eve")
    desk.act("note", two, "ada")
    back, fresh = desk.listen("ada", last=ada.cursor), desk.listen("ada", after=page)
    three = desk.act("ticket", "carl")
    missed = [(two, [OPENED]), (two, [NOTED]), (three, [OPENED])]
    assert told([back.next() for _ in range(3)]) == missed
    assert told([fresh.next() for _ in range(4)]) == [(one, [OPENED]), *missed]


def test_a_cursor_that_means_nothing_here_says_so(desk: Desk) -> None:
    """From another desk, another version, a restored database: the page looks at everything anew."""
    for cursor in ("nonsense", "0.17", "9000000000:9000000000:"):
        ada = desk.listen("ada", last=cursor)
        assert (cursor, ada.next().event) == (cursor, "reset")
        number = desk.act("ticket", "carl")
        assert (cursor, told([ada.next()])) == (cursor, [(number, [OPENED])])


def test_more_than_can_be_told_is_one_word(desk: Desk) -> None:
    """To those who listen, and to those who come back: 500 events are told, 501 are not."""
    number = desk.act("ticket", "carl")
    ada = desk.listen("ada")
    desk.act("flood", number, 501)
    assert ada.next().event == "reset"
    before = ada.cursor
    desk.act("flood", number, 501)
    assert ada.next().event == "reset"
    assert desk.listen("ada", last=before).next().event == "reset"


def test_what_no_page_asks_is_refused(desk: Desk) -> None:
    """Neither another method, nor another site, nor a name that is not ours; and nothing about it may be kept or guessed."""
    ask = f"Host: localhost:{desk.served.port}\r\nCookie: session={desk.sessions['ada']}\r\nConnection: close\r\n"
    asked = {
        "POST": f"POST /live/ HTTP/1.1\r\n{ask}Content-Length: 0\r\n\r\n",
        "HEAD": f"HEAD /live/ HTTP/1.1\r\n{ask}\r\n",
        "foreign": f"GET /live/ HTTP/1.1\r\n{ask}Sec-Fetch-Site: cross-site\r\n\r\n",
        "sibling": f"GET /live/ HTTP/1.1\r\n{ask}Sec-Fetch-Site: same-site\r\n\r\n",
        "rebound": f"GET /live/ HTTP/1.1\r\n{ask.replace('localhost', 'evil.example')}\r\n",
    }
    answers = {name: desk.served.ask(request) for name, request in asked.items()}
    statuses = {name: int(answer.split()[1]) for name, answer in answers.items()}
    assert statuses == {"POST": 405, "HEAD": 405, "foreign": 403, "sibling": 403, "rebound": 400}
    ada = desk.listen("ada", more="Sec-Fetch-Site: same-origin")
    assert ada.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (ada.headers["cache-control"], ada.headers["x-accel-buffering"]) == ("no-store", "no")
    assert ada.headers["x-content-type-options"] == "nosniff"
    assert not re.search("(?i)access-control", "".join([*ada.headers, *answers.values()]))


def test_one_person_has_twenty_streams_at_most(desk: Desk) -> None:
    """The next is refused and the log says so; a stream that ends makes room."""
    streams = [desk.listen("ada") for _ in range(20)]
    assert desk.listen("ada").status == 429
    assert desk.listen("bea").status == 200
    streams[0].close()
    deadline = time.monotonic() + PATIENCE_S
    while desk.listen("ada").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "has 20 live streams" in desk.served.stop()


def test_f43_fifty_streams_and_requests_under_way_end_in_order(desk: Desk) -> None:
    """On SIGTERM each stream says why it ends, each request is answered, and the process ends by itself."""
    streams = [desk.listen(name) for name in (*STAFF, *CUSTOMERS) for _ in range(6)]
    requests = [desk.served.connect() for _ in range(10)]
    for request in requests:
        request.sendall(f"GET /sign-in/ HTTP/1.1\r\nHost: localhost:{desk.served.port}\r\n\r\n".encode())
    desk.served.stop()
    assert desk.served.process.returncode == 0
    assert [[message.data for message in stream.rest()] for stream in streams] == [[{"why": "restart"}]] * 48
    for request in requests:
        with closing(request):
            assert request.recv(15) == b"HTTP/1.1 200 OK"


def test_f39_open_streams_hold_no_transaction(desk: Desk) -> None:
    """SQLite's log can be emptied while they are open; on PostgreSQL nobody idles in a transaction."""
    ada = desk.listen("ada")
    number = desk.act("ticket", "carl")
    desk.act("note", number, "ada")
    assert told([ada.next(), ada.next()]) == [(number, [OPENED]), (number, [NOTED])]
    if url := desk.installation.database_url:
        with psycopg.connect(url, autocommit=True) as connection:
            idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
            deadline = time.monotonic() + PATIENCE_S  # the worker may be in the middle of a job, for a moment
            while connection.execute(idle).fetchone() != (0,):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        return
    with closing(sqlite3.connect(desk.installation.data / "deskhand.sqlite3", timeout=5)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall() == [(0, 0, 0)]
