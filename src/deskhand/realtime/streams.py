"""The open streams of this process: what waits to be written to each, who holds them, how they end."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from deskhand.accounts.standing import Standing

WAITING: Final = 100  # messages; a client that reads slower than this must look at everything anew
SLOTS: Final = 25  # seconds between two signs of life; in each second another part of the streams gets one

Send = Callable[[Any], Awaitable[None]]


def block(*, event: str = "", data: str = "{}", cursor: str = "") -> bytes:
    """One message of an event stream; without `event` it only tells the cursor, or nothing."""
    lines = [f"id: {cursor}"] * bool(cursor) + [f"event: {event}", f"data: {data}"] * bool(event)
    return ("\n".join(lines or [": "]) + "\n\n").encode()


def bye(why: str) -> bytes:
    """The last message: "signed-out", "changed" or "restart"."""
    return block(event="bye", data=f'{{"why":"{why}"}}')


class Stream:
    """One browser's stream. A task writes while there is something to write; an idle stream has none."""

    __slots__ = ("_is_over", "_send", "_waiting", "_writing", "key", "slot", "standing")

    def __init__(self, *, key: str, standing: Standing, send: Send) -> None:
        self.key = key
        self.standing = standing
        self.slot = 0
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._is_over = False

    def put(self, *blocks: bytes) -> None:
        """Write these, soon. Who lets too much pile up is told to start anew, and let go."""
        if self._is_over:
            return
        if len(self._waiting) + len(blocks) > WAITING:
            self._waiting.clear()
            self.end(block(event="reset"))
            return
        self._waiting.extend(blocks)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    def end(self, last: bytes = b"") -> None:
        """Write what waits, then this, then close."""
        if self._is_over:
            return
        self._is_over = True
        self._waiting.append(last)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    def drop(self) -> None:
        """The client has gone: nothing is written any more."""
        self._is_over = True
        self._waiting.clear()
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        while self._waiting:
            body = b"".join(self._waiting)
            self._waiting.clear()
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            if self._is_over and not self._waiting:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self._writing = None


class Streams:
    """All streams of this process, by person, and spread over SLOTS."""

    def __init__(self) -> None:
        self.by_person: defaultdict[int, set[Stream]] = defaultdict(set)
        self._slots: list[set[Stream]] = [set() for _ in range(SLOTS)]
        self._added = 0
        self._any = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, stream: Stream) -> None:
        """From now on it counts."""
        self._added += 1
        stream.slot = self._added % SLOTS
        self._slots[stream.slot].add(stream)
        self.by_person[stream.standing.person].add(stream)
        self._any.set()

    def remove(self, stream: Stream) -> None:
        """It has ended, however it did."""
        stream.drop()
        self._slots[stream.slot].discard(stream)
        mine = self.by_person[stream.standing.person]
        mine.discard(stream)
        if not mine:
            del self.by_person[stream.standing.person]
        if not len(self):
            self._any.clear()

    async def somebody(self) -> None:
        """Wait until there is a stream."""
        await self._any.wait()

    def everybody(self) -> list[Stream]:
        """All streams, at this moment."""
        return [stream for slot in self._slots for stream in slot]

    def in_slot(self, slot: int) -> list[Stream]:
        """One part of the streams, at this moment."""
        return list(self._slots[slot % SLOTS])

    def of(self, people: Iterable[int]) -> list[Stream]:
        """The streams of these people, at this moment."""
        return [stream for person in people for stream in self.by_person.get(person, ())]
