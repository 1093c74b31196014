"""Reads what happens to tickets while somebody listens, and tells those who may hear of it. One per web process.

Everything runs in one order: read the news, tell it to those who have joined, let the next ones join. So nobody misses what
is committed while they connect, and nobody hears it twice.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import Error

from deskhand.realtime.database import Database
from deskhand.realtime.streams import Stream, Streams, block
from deskhand.tickets.audience import Told, told
from deskhand.tickets.events import Kind
from deskhand.tickets.live import Cursor, News, current_cursor, news_since

LOOK_S: Final = 5.0  # the tail looks by itself this often, should nothing have woken it
PAUSE_S: Final = 1.0  # after the database could not be reached
AT_ONCE: Final = 100  # streams written to before anything else in the process gets its turn

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Joining:
    """A stream on its way in, and what its browser says to know already; None: a cursor that means nothing here."""

    stream: Stream
    known: Cursor | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """News up to `cursor`, ready to be written: the messages of each person; None: too much to tell one by one."""

    cursor: Cursor
    messages: Mapping[int, list[bytes]] | None


class Tail:
    """Where this process is in the news."""

    def __init__(self, streams: Streams, database: Database) -> None:
        self.position: Cursor | None = None  # what all who have joined have been told
        self._streams = streams
        self._database = database
        self._joining: list[Joining] = []
        self._joined: set[Stream] = set()
        self._woken = asyncio.Event()
        self._is_telling = False

    def join(self, stream: Stream, cursor: str) -> None:
        """Let it in with the next reading; `cursor` is what its browser knows, "" for one that knows nothing yet."""
        self._joining.append(Joining(stream, Cursor.parse(cursor), is_new=not cursor))
        self.wake()

    def leave(self, stream: Stream) -> None:
        """It has ended."""
        self._joined.discard(stream)

    def show_life(self, streams: Iterable[Stream]) -> None:
        """A word to these, with the cursor when they all have been told what it covers."""
        word = block(cursor="" if self._is_telling else str(self.position or ""))
        for stream in self._joined.intersection(streams):
            stream.put(word)

    def wake(self) -> None:
        """Something may have been committed."""
        self._woken.set()

    async def run(self) -> None:
        """Until canceled. What fails is tried again from where it was."""
        while True:
            if not len(self._streams):
                self.position = None  # what happens while nobody listens is nobody's news
                await self._streams.somebody()
            self._woken.clear()
            try:
                await self._read()
            except Error as error:
                logger.warning("Live updates wait for the database: %s", error)
                await asyncio.sleep(PAUSE_S)
                continue
            except Exception:
                logger.exception("Live updates were lost; all pages are told to look anew.")
                await self._write(self._joined, [block(event="reset")])
                self.position = None
                await asyncio.sleep(PAUSE_S)
                continue
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read(self) -> None:
        if self.position is None:
            self.position = await self._database.ask(current_cursor)
        telling = await self._database.ask(_news, self.position)
        self._is_telling = True
        try:
            await self._tell(telling)
        finally:
            self._is_telling = False
        self.position = telling.cursor
        joining, self._joining = self._joining, []
        try:
            await self._let_in(joining, telling.cursor)
        except Error:
            self._joining = [*(one for one in joining if one.stream not in self._joined), *self._joining]
            raise

    async def _tell(self, telling: Telling) -> None:
        if telling.messages is None:
            await self._write(self._joined, [block(event="reset", cursor=str(telling.cursor))])
            return
        for person, messages in telling.messages.items():
            mine = self._joined.intersection(self._streams.of([person]))
            if mine:
                await self._write(mine, numbered(messages, telling.cursor))

    async def _write(self, streams: Iterable[Stream], messages: list[bytes]) -> None:
        for count, stream in enumerate(list(streams), start=1):
            stream.put(b"".join(messages))
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _let_in(self, joining: list[Joining], now: Cursor) -> None:
        """Tell each what it missed up to `now`. Browsers that come back after a restart mostly know the same."""
        missed: dict[Cursor, Telling] = {}
        for one in joining:
            begin = b"retry: 3000\n"
            if one.known is None or one.known.end > now.end:
                messages = [block(event="hello", data=_at(now))]
                if not one.is_new:
                    messages.append(block(event="reset"))
            else:
                if one.known not in missed:
                    missed[one.known] = await self._database.ask(_news, one.known, until=now)
                messages = [block(event="hello", data=_at(one.known))]
                news = missed[one.known].messages
                messages += [block(event="reset")] if news is None else news.get(one.stream.standing.person, [])
            one.stream.put(begin + b"".join(numbered(messages, now)))
            self._joined.add(one.stream)
        self._joined.intersection_update(self._streams.everybody())  # who left before they were in


def numbered(messages: list[bytes], cursor: Cursor) -> list[bytes]:
    """The same messages, the last one with the cursor: a browser that got only some of them asks for all again."""
    return [*messages[:-1], block(cursor=str(cursor)).removesuffix(b"\n") + messages[-1]]


def _at(cursor: Cursor) -> str:
    return f'{{"at":"{cursor}"}}'


def _news(since: Cursor, *, until: Cursor | None = None) -> Telling:
    news: News = news_since(since, until=until)
    if news.events is None:
        return Telling(news.cursor, None)
    messages: dict[int, list[bytes]] = defaultdict(list)
    for one in told(news.events):
        for people, message in _messages(one):
            for person in people:
                messages[person].append(message)
    return Telling(news.cursor, messages)


def _messages(one: Told) -> Iterable[tuple[frozenset[int], bytes]]:
    """What is written, and to whom: a number and the names of what happened, never a word of the ticket (H02)."""
    yield one.staff, _ticket(n=one.number, k=one.kinds, by=one.by)
    if one.public_kinds:
        yield one.customers, _ticket(n=one.number, k=one.public_kinds, by=one.by)
    elif one.joined:
        yield one.joined, _ticket(n=one.number, k=(Kind.FOLLOWED,), by=one.by)
    yield one.gone, _ticket(n=one.number, gone=True)


def _ticket(**values: object) -> bytes:
    return block(event="ticket", data=json.dumps(values, separators=(",", ":")))
