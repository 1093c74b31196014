"""`GET /live/`: one stream for each browser of somebody signed in. Native ASGI: an open stream costs no thread.

It says that something happened to a ticket, and the page fetches the part that shows it. See docs/architecture.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final
from urllib.parse import parse_qs

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from deskhand.accounts.sessions import SessionStore
from deskhand.accounts.standing import Standing, standings
from deskhand.realtime.database import Database
from deskhand.realtime.streams import Send, Stream, Streams, bye
from deskhand.realtime.tail import Tail
from deskhand.realtime.wake import keep_watching
from deskhand.ui.visitor import visitor

PATH: Final = "/live/"
CHECK_S: Final = 15.0  # after a sign-out, a new role or team a stream lives on for at most this long (A16)
MOST_OF_ONE: Final = 20  # streams of one person: twenty browsers
MOST: Final = 4000  # streams of one process; 15 to 30 KiB and one file descriptor each
HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
STREAM: Final = (
    *HEADERS,
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # nginx must pass each message on as it comes
)

Receive = Callable[[], Awaitable[Any]]
logger = logging.getLogger(__name__)


class Live:
    """The ASGI application behind PATH."""

    def __init__(self, *, check_s: float = CHECK_S) -> None:
        self.streams = Streams()
        self._check_s = check_s
        self._database = Database()
        self._tail = Tail(self.streams, self._database)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - ASGI's scope
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if status := _refusal(scope["method"], headers):
            await _answer(send, status)
            return
        key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
        try:
            standing = await self._database.ask(_signed_in, key) if key else None
        except Error as error:
            logger.warning("Nobody can be let in to live updates: %s", error)
            await _answer(send, 503)
            return
        if standing is None:
            await _answer(send, 204)  # a browser's EventSource asks no more after this
        elif self._is_stopping:
            await _answer(send, 200, bye("restart"))
        elif status := self._too_many(standing):
            await _answer(send, status)
        else:
            asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
            stream = Stream(key=key, standing=standing, send=send)
            await self._hold(stream, headers.get("last-event-id", "") or asked, receive, send)

    async def stop(self) -> None:
        """End all streams, and let nobody in any more: the process is about to end."""
        self._is_stopping = True
        for task in self._tasks:
            task.cancel()
        for stream in self.streams.everybody():
            stream.end(bye("restart"))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _hold(self, stream: Stream, cursor: str, receive: Receive, send: Send) -> None:
        """From the first byte until the client has gone or the stream was ended."""
        self.streams.add(stream)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": STREAM})
            self._begin()
            self._tail.join(stream, cursor)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._tail.leave(stream)
            self.streams.remove(stream)

    def _too_many(self, standing: Standing) -> int | None:
        if len(self.streams.by_person.get(standing.person, ())) >= MOST_OF_ONE:
            logger.warning("Person %s has %s live streams and gets no more.", standing.person, MOST_OF_ONE)
            return 429
        if len(self.streams) >= MOST:
            logger.warning("This process has %s live streams and takes no more.", MOST)
            return 503
        return None

    def _begin(self) -> None:
        """The first stream of the process starts what serves them all."""
        if not self._tasks and not self._is_stopping:
            running: list[Coroutine[Any, Any, None]] = [
                self._tail.run(),
                keep_watching(wake=self._tail.wake, while_needed=self.streams.somebody),
                self._show_life(),
                self._check_people(),
            ]
            self._tasks = [asyncio.get_running_loop().create_task(one) for one in running]

    async def _show_life(self) -> None:
        """A word to each stream every SLOTS seconds, so that no proxy thinks it dead and a dead client is noticed.

        It says the cursor: who was told nothing for an hour need not look at an hour of others' news to come back.
        """
        slot = 0
        while True:
            await self.streams.somebody()
            await asyncio.sleep(1)
            slot += 1
            self._tail.show_life(self.streams.in_slot(slot))

    async def _check_people(self) -> None:
        """End the streams of those who signed out, were deactivated, or whose rights have changed."""
        while True:
            await self.streams.somebody()
            await asyncio.sleep(self._check_s)
            streams = self.streams.everybody()
            try:
                found = await self._database.ask(
                    standings, sorted({stream.key for stream in streams}), at=timezone.now()
                )
            except Error as error:
                logger.warning("Live streams could not be checked: %s", error)
                continue
            for stream in streams:
                if found.get(stream.key) != stream.standing:
                    stream.end(bye("changed" if stream.key in found else "signed-out"))


def _refusal(method: str, headers: dict[str, str]) -> int | None:
    """The status for what no page of ours asks."""
    if method != "GET":
        return 405
    host = split_domain_port(headers.get("host", ""))[0]
    if not host or not validate_host(host, settings.ALLOWED_HOSTS):
        return 400
    return None if headers.get("sec-fetch-site", "same-origin") == "same-origin" else 403


def _signed_in(key: str) -> Standing | None:
    """Who the session belongs to, judged as for a page; None for nobody."""
    request = HttpRequest()
    request.session = SessionStore(key)
    if not visitor(request).is_authenticated:
        return None
    return standings([key], at=timezone.now()).get(key)


async def _answer(send: Send, status: int, body: bytes = b"") -> None:
    headers = STREAM if body else HEADERS
    more = {405: [(b"allow", b"GET")], 429: [(b"retry-after", b"60")], 503: [(b"retry-after", b"10")]}.get(status, [])
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more, *length]})
    await send({"type": "http.response.body", "body": body})
