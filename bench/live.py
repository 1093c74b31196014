"""Two thousand browsers with an open stream: what they hold in memory, what an event delivered to one of them costs."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field

READY_S = 60.0
ARRIVED_S = 30.0


@dataclass(slots=True)
class Arrivals:
    """What came over all streams: how many are open, and when each ticket's news arrived."""

    open: int = 0
    failed: list[str] = field(default_factory=list)
    at: dict[int, list[float]] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        return sum(map(len, self.at.values()))


class Streams:
    """Open streams, read in the running loop."""

    def __init__(self, port: int, cookies: list[str]) -> None:
        self.port, self.cookies = port, cookies
        self.arrivals = Arrivals()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, count: int) -> None:
        """Open so many, and wait until each has said hello."""
        for number in range(count):
            self._tasks.append(asyncio.create_task(self._read(self.cookies[number % len(self.cookies)])))
            if number % 50 == 49:
                await asyncio.sleep(0.05)  # a listening socket holds some hundreds
        deadline = time.monotonic() + READY_S
        while self.arrivals.open < count:
            if self.arrivals.failed or time.monotonic() > deadline:
                raise RuntimeError(f"{self.arrivals.open} of {count} streams; {self.arrivals.failed[:1]}")
            await asyncio.sleep(0.05)

    async def arrived(self, count: int) -> None:
        """Wait until so many events have been delivered."""
        deadline = time.monotonic() + ARRIVED_S
        while self.arrivals.delivered < count and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if self.arrivals.delivered != count:
            raise RuntimeError(f"{self.arrivals.delivered} of {count} events were delivered")

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, cookie: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            asked = f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
            writer.write(asked.encode())
            first = await reader.readline()
            if b" 200 " not in first:
                self.arrivals.failed.append(first.decode())
                return
            event = b""
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    event = line[7:].strip()
                elif line.startswith(b"data: "):
                    self._hear(event, line[6:])
        finally:
            with suppress(OSError):
                writer.close()

    def _hear(self, event: bytes, data: bytes) -> None:
        if event == b"hello":
            self.arrivals.open += 1
        elif event == b"ticket":
            self.arrivals.at.setdefault(json.loads(data)["n"], []).append(time.perf_counter())
