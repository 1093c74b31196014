"""The stage of the simulation: a desk, its people with their browsers, a clock, a mail server, and what was said.

What is written here is what the checks compare the desk with, so nothing here asks the desk's own rules.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import time_machine
from django.conf import settings
from django.core import signing
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core import faults, jobs
from deskhand.core.faults import DiedError
from deskhand.core.models import Job
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests.cast import Cast
from tests.files import upload
from tests.mail.sink import Sink
from tests.processes import free_port
from tests.simulation.facts import Facts

CANARY: Final = re.compile(r"zq[mstf]\d+qz")  # m: a message, s: a subject, t: a tag, f: a file's name
SESSION: Final = timedelta(days=10)  # signed in anew before the session's own end
CUSTOMERS: Final = ("carl", "cora", "mona", "eve")
STAFF: Final = ("ada", "bea", "lena", "otto")
WINDOW_S: Final = 20


class BrokenError(AssertionError):
    """The desk is not as it must be."""


def hold(what: object, words: str) -> None:
    """Raise BrokenError unless it holds."""
    if not what:
        raise BrokenError(words)


@dataclass
class Said:
    """A text that somebody wrote, and what has become of it."""

    text: str
    author: str
    number: int
    is_public: bool
    state: str  # said · waiting · gone (redacted) · never (refused, or taken back)
    files: list[str] = field(default_factory=list)  # their names
    message: int = 0
    due: set[str] = field(default_factory=set)  # customers who must get it by mail


@dataclass(frozen=True)
class Sent:
    """A file that somebody has attached, or tried to."""

    owner: str
    content: bytes


@dataclass
class Session:
    """Somebody's browser."""

    client: Client
    epoch: int
    since: datetime


class World:
    """One episode. `rng` is the step's own, so that a step draws the same when others are left out."""

    def __init__(self, cast: Cast, sink: Sink, clock: time_machine.Traveller, at: datetime) -> None:
        self.cast, self.sink, self.clock, self.at = cast, sink, clock, at
        self.rng = Random(0)
        self.sessions: dict[str, Session] = {}
        self.said: dict[str, Said] = {}
        self.subjects: dict[str, int] = {}
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.mails: dict[int, int] = {}  # mail → the number of its ticket
        self.contents: dict[str, Sent] = {}  # of files, by name
        self.count = 0
        self.facts = Facts()
        self.facts.read()

    # Time

    def pass_time(self, by: timedelta) -> None:
        """Forward, or backward."""
        self.at += by
        self.clock.move_to(self.at)

    # People and things

    def person(self, name: str) -> User:
        """As the database knows them now."""
        return User.objects.get_queryset().get(username=name)

    def anybody(self) -> str:
        return self.rng.choice(CUSTOMERS + STAFF)

    def number(self) -> int:
        """Some ticket, mostly a recent one; 0 when there is none."""
        numbers = list(self.facts.tickets)
        return self.rng.choice(numbers[-8:] if self.rng.random() < 0.8 else numbers) if numbers else 0

    def ticket(self, number: int) -> Ticket:
        return Ticket.objects.get(number=number)

    def canary(self, kind: str) -> str:
        """A word that occurs once in the world."""
        self.count += 1
        return f"zq{kind}{self.count}qz"

    def words(self) -> tuple[str, str]:
        """A canary and a text around it."""
        canary = self.canary("m")
        shape = self.rng.choice(
            ["{}", "It *is* {} now.", "One\n\n> two {}\n\nthree", "<b>{}</b> & co", "# {}\n\n=?utf-8?"]
        )
        return canary, shape.format(canary)

    # Asking

    def get(self, name: str, path: str) -> HttpResponse | None:
        """A page in this person's browser; None for somebody who was never here and cannot sign in."""
        client = self.browser(name)
        return client.get(path) if client else None

    def browser(self, name: str) -> Client | None:
        """Signed in, if they may be; else the browser they had."""
        user, had = self.person(name), self.sessions.get(name)
        is_over = had is None or had.epoch != user.session_epoch or not timedelta(0) <= self.at - had.since < SESSION
        if user.is_active and is_over:
            client = Client()
            client.force_login(user)
            had = self.sessions[name] = Session(client, user.session_epoch, self.at)
        return had.client if had else None

    def post(self, name: str, path: str, page: str, **values: Any) -> int:  # noqa: ANN401 - form values
        """Send a form as people do: once, twice, or again after the process died in the middle of it.

        Returns the status of the last answer; 0 when signed out.
        """
        client = self.browser(name)
        if client is None:
            return 0
        values["form_key"] = self.form_key(name, page)
        first = None
        match self.rng.choice(["once", "once", "once", "twice", "dies"]):
            case "twice":
                first = client.post(path, self.as_sent(values))
            case "dies":
                with dying(self.rng.randint(1, 12)):
                    first = client.post(path, self.as_sent(values))
        answer = client.post(path, self.as_sent(values))
        if first is not None and is_done(first):
            hold(answer.status_code in {303, 404}, f"{path} sent twice answered 303, then {answer.status_code}")
            answer = first
        if is_done(answer):
            self.sent = [*self.sent[-30:], (name, path, values)]
        return 0 if is_signed_out(answer) else answer.status_code

    def as_sent(self, values: dict[str, Any]) -> dict[str, Any]:
        """Form values with their files opened, which can be read once only."""
        if "files" not in values:
            return values
        return values | {"files": [upload(name, content) for name, content in values["files"]]}

    def form_key(self, name: str, page: str) -> str:
        """What the page would have put into the form."""
        return f"0.{signing.dumps([self.uuid().hex, self.person(name).pk, page], salt='deskhand.form')}"

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    # The worker and the mail server

    def work(self, limit: int = 1000) -> int:
        """Do what is due now; dies now and then if the caller says where."""
        return jobs.run_due(at=self.at, limit=limit)

    def settle(self, *, mails: bool) -> None:
        """Let the clock run until no job is left; without `mails` only until everybody's mail is written."""
        for _ in range(400):
            self.work()
            left = Job.objects.filter(state=Job.State.READY)
            if not mails:
                left = left.exclude(name="mail.send")
            row = left.order_by("run_at").first()
            if row is None:
                return
            free = max(row.run_at, row.leased_until or row.run_at)
            self.pass_time(max(free - self.at, timedelta(0)) + timedelta(seconds=1))
        left_over = list(Job.objects.values_list("name", "state", "attempts", "error")[:3])
        raise BrokenError(f"the queue does not drain: {left_over}")

    def serve_mail(self, mode: str) -> None:
        """How the mail server behaves from now on: a mode of the sink, `away` or `none` (no server is named)."""
        settings.EMAIL_HOST = "" if mode == "none" else "127.0.0.1"
        settings.EMAIL_PORT = free_port() if mode == "away" else self.sink.port
        self.sink.mode = mode

    # What was said

    def keep_file(self, name: str, owner: str, content: bytes) -> None:
        """Remember what is in a file that somebody sends."""
        self.contents[name] = Sent(owner, content)

    def say(
        self, canary: str, text: str, author: str, number: int, *, is_public: bool, waits: bool = False,
        files: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """Remember an accepted text and the names of its files."""
        self.said[canary] = Said(text, author, number, is_public, "waiting" if waits else "said", sorted(files))
        if not waits:
            self.has_landed(self.said[canary])

    def refuse(self, canary: str, text: str, author: str, number: int) -> None:
        """Remember a text that must never appear."""
        self.said[canary] = Said(text, author, number, is_public=False, state="never")

    def has_landed(self, said: Said) -> None:
        """It is a message now: who must hear of it?"""
        said.state = "said"
        found = Message.objects.filter(text=said.text, ticket__number=said.number).values_list("pk", "author__username")
        hold(len(found) == 1, f"{said.text!r} is in {len(found)} messages")
        (said.message, author), = found  # fmt: skip
        hold(author == said.author, f"{said.text!r} was written by {said.author}, not by {author}")
        if said.is_public:
            self.facts.read()
            said.due = self.facts.hearers(said.number) - {said.author}

    def check_texts(self) -> None:
        """Each accepted text is in exactly one message, or waits, or was redacted; each refused one is nowhere."""
        scheduled = ScheduledChange.objects.filter(state__in=("pending", "refused")).values_list("actions", flat=True)
        waiting = sorted(str(action["text"]) for actions in scheduled for action in actions if "text" in action)
        rows = Message.objects.filter(redacted_at=None).values_list(
            "text", "ticket__number", "is_public", "author__username"
        )
        written = {text: rest for text, *rest in rows}
        for said in self.said.values():
            if said.state == "waiting" and said.text in written:
                self.has_landed(said)
        hold(
            waiting == sorted(said.text for said in self.said.values() if said.state == "waiting"),
            f"these wait: {waiting}",
        )
        known = {s.text: [s.number, s.is_public, s.author] for s in self.said.values() if s.state == "said"}
        hold(
            written == known,
            f"lost or changed: {_difference(known, written)}; unheard of: {_difference(written, known)}",
        )
        gone = Message.objects.exclude(redacted_at=None)
        hold(len(rows) == len(known), "a text is in two messages")
        hold(gone.count() == sum(said.state == "gone" for said in self.said.values()), "another message is redacted")
        hold(not gone.exclude(text="", html="", folded="", source="").exists(), "a redacted message is still there")

    def excuse_person(self, name: str, number: int | None = None) -> None:
        """Whoever was away in between need not have had everything."""
        for said in self.said.values():
            if number in {None, said.number}:
                said.due.discard(name)


def _difference(some: dict[str, Any], others: dict[str, Any]) -> list[Any]:
    return [(key, value) for key, value in some.items() if others.get(key) != value]


def is_signed_out(answer: HttpResponse) -> bool:
    return answer.status_code == 303 and answer["Location"].startswith("/sign-in/")


def is_done(answer: HttpResponse) -> bool:
    return answer.status_code == 303 and not is_signed_out(answer)


@contextmanager
def dying(nth: int, verbs: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")) -> Iterator[None]:
    """The process dies before its nth write, wherever that is; the block ends there."""
    left = nth

    def strike(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: ANN401, FBT001 - Django's signature
        nonlocal left
        if sql.lstrip().startswith(verbs):
            left -= 1
            if left == 0:
                raise DiedError
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(strike):
            yield
    except DiedError:
        connection.needs_rollback = (
            False  # one statement outside a transaction was marked: here the test's is around it
        )


@contextmanager
def failing(point: str, nth: int, *, dies: bool) -> Iterator[None]:
    """There is an error at the named fault point, the nth time it is reached, or the process dies there."""
    faults._reached.clear()
    faults._PLAN[point] = ("die" if dies else "raise", nth)
    try:
        yield
    except (DiedError, faults.InjectedFaultError):  # an error outside a job's own work is the worker's end, too
        connection.needs_rollback = False  # as above
    finally:
        del faults._PLAN[point]
