"""The floor: what nobody can go below who asks these questions of this database and speaks HTTP from Python.

The same SQL through the bare driver, strings joined by hand, no framework; WSGI threads in the same front and server as the desk.
A read runs the very statements that the desk's page runs and answers as many bytes. A write does by hand the least that must be
on disk (session, one-time key, number, ticket, message, event, mails), then hands its mails over.
"""

import itertools
import os
import pickle
import smtplib
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from deskhand.config import front, web
from deskhand.config.environment import data_folder

URL = os.environ.get("DATABASE_URL", "")
MARK = "%s" if URL else "?"
Start = Callable[[str, list[tuple[str, str]]], Any]
_own = threading.local()
_turn = itertools.count()
with Path(os.environ["STATEMENTS"]).open("rb") as file:
    COUNTED: dict[str, tuple[int, int, int, list[list[tuple[str, Any]]]]] = pickle.load(file)


def _prepared(sql: str, values: Any) -> tuple[str, Any]:  # noqa: ANN401 - as the driver takes them
    """SQLite has another mark for a value."""
    if URL:
        return sql, values
    return (sql % (("?",) * len(values)) if values else sql), tuple(values or ())


STATEMENTS = {name: [[_prepared(*one) for one in page] for page in found[3]] for name, found in COUNTED.items()}


def line() -> Any:  # noqa: ANN401 - a connection of either driver
    """This thread's connection."""
    if not hasattr(_own, "line"):
        if URL:
            import psycopg

            _own.line = psycopg.connect(URL, autocommit=True, cursor_factory=psycopg.ClientCursor)
        else:
            path = data_folder() / "deskhand.sqlite3"
            _own.line = sqlite3.connect(path, isolation_level=None, timeout=20)
            _own.line.execute("PRAGMA synchronous=FULL")
    return _own.line


def read(name: str) -> bytes:
    """A page of all that the statements return, filled up to the size of the desk's page."""
    pages = STATEMENTS[name]
    parts = ["<!doctype html><title>Floor</title><main>"]
    for sql, values in pages[next(_turn) % len(pages)]:
        for row in line().execute(sql, values).fetchall():
            parts.append("<article>")
            parts += [f"<p>{escape(str(value))}</p>" for value in row]
            parts.append("</article>")
    page = "".join(parts)
    return (page + " " * (COUNTED[name][2] - len(page))).encode()


def _insert(table: str, columns: str, values: Iterable[object]) -> int:
    listed = list(values)
    marks = ", ".join([MARK] * len(listed))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING 1"
    sql = sql.replace("RETURNING 1", "RETURNING id") if table != "ui_submission" else sql
    return int(line().execute(sql, listed).fetchall()[0][0])


def write(name: str, form: dict[str, list[str]]) -> None:
    """A ticket with its two mails, or a reply with its one."""
    now: Any = datetime.now(UTC) if URL else str(datetime.now(UTC).replace(tzinfo=None))
    key, change = (uuid.uuid4().hex for _ in range(2))
    text, run = form["text"][0], line().execute
    page = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    run(
        f"SELECT s.session_data, u.* FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id LIMIT {MARK}",
        (1,),
    ).fetchall()
    run("BEGIN" if URL else "BEGIN IMMEDIATE")
    _insert("ui_submission", "key, user_id, leads_to, at", (key, None, "", now))
    if name == "create":
        row = run(
            "SELECT requester_id, topic_id, status_id, priority_id, team_id FROM tickets_ticket ORDER BY id LIMIT 1"
        ).fetchall()[0]
        number = run("UPDATE core_counter SET value = value + 1 WHERE name = 'ticket' RETURNING value").fetchall()[0][0]
        ticket = _insert(
            "tickets_ticket",
            "number, subject, requester_id, topic_id, status_id, priority_id, team_id, category, is_unsolved, fields, "
            "created_at, updated_at, public_updated_at, last_event, last_public_event, last_reply_by_staff, preview",
            (number, form["subject"][0], *row, "open", True, "{}", now, now, now, 0, 0, False, text[:140]),
        )  # fmt: skip
    else:
        ticket = run(f"SELECT id FROM tickets_ticket WHERE number = {MARK}", (int(form["number"][0]),)).fetchall()[0][0]
    message = _insert(
        "tickets_message", "ticket_id, by_staff, is_public, text, html, folded, source, at, via",
        (ticket, name == "reply", True, text, page, "", "", now, "portal"),
    )  # fmt: skip
    event = _insert(
        "tickets_event", "ticket_id, change, kind, at, via, is_public, message_id, depth",
        (ticket, change, "ticket.opened", now, "portal", True, message, 0),
    )  # fmt: skip
    run(f"UPDATE tickets_ticket SET last_event = {MARK}, updated_at = {MARK} WHERE id = {MARK}", (event, now, ticket))
    mails = [
        _insert(
            "mail_mail",
            "kind, to_name, to_address, subject, text, html, sealed, message_id, thread_id, messages, is_automatic, state, "
            "attempts, lease, problem, error, created_at",
            ("ticket", "", f"floor{n}@example.test", "Floor", text, page, "", f"<{change}.{n}@floor>", "", "[]", True, "sent", 1,
             "", "", "", now),
        )
        for n in range(2 if name == "create" else 1)
    ]  # fmt: skip
    run("COMMIT")
    for mail in mails:
        with smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"])) as smtp:
            head = f"To: floor@example.test\r\nMessage-ID: <{change}.{mail}@floor>\r\nSubject: Floor\r\n\r\n"
            smtp.sendmail("desk@example.test", ["floor@example.test"], head + text)


def pages(environ: dict[str, Any], start: Start) -> list[bytes]:
    """`/NAME`: the scenario of that name."""
    name = environ["PATH_INFO"].strip("/") or "list"
    if environ["REQUEST_METHOD"] == "POST":
        write(name, parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
        start("303 See Other", [("Location", f"/{name}"), ("Content-Length", "0")])
        return [b""]
    body = read(name)
    start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    configuration = web.configuration("")
    configuration.app = front.Front(pages)
    configuration.port = int(os.environ["PORT"])
    uvicorn.Server(configuration).run()
