"""The front of the pages: sync Django in threads, and a thread only while a page really runs.

Pages run under WSGI because Django's own ASGI handler costs three times the CPU. A body that comes in slowly is waited for
before a thread is taken, and an answer leaves after the thread is free again, so that people on slow lines keep nobody waiting.
"""

import asyncio
import io
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar, cast

from a2wsgi.asgi_typing import HTTPScope, Receive, Scope, Send
from a2wsgi.wsgi import Body, build_environ
from a2wsgi.wsgi_typing import Environ, WSGIApp
from django.db import close_old_connections
from django.http import StreamingHttpResponse

THREADS: Final = 10  # pages at work at the same time in one process; PostgreSQL's pool (12) covers them
IN_MEMORY: Final = 1024 * 1024  # bytes of a body; the rest of a longer one waits on disk
ON_DISK: Final = (
    300 * 1024 * 1024
)  # bytes of one body; ten times what the files of a message may have if nobody changed it
ON_DISK_ALL: Final = 1024 * 1024 * 1024  # bytes of all bodies of this process at a moment
STREAMING: Final = 3  # pages that may read a body while it comes in, because there is no room for it on disk

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)


class BodyCutOffError(ConnectionResetError):
    """The client went away in the middle of a request's body; what it sent so far must not be taken for the whole."""


@dataclass(slots=True)
class Answer:
    """What a page said: all of it, or blocks that are still to be read."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    blocks: StreamingHttpResponse | None = None


class Front:
    """The ASGI application that runs WSGI pages; `folder` is where long bodies wait, `room` how many bytes.

    A client that hangs up in the middle of its body runs nothing. Header names with an underscore are dropped, because WSGI
    cannot tell `X_Forwarded_Proto` from `X-Forwarded-Proto`.
    """

    def __init__(
        self, pages: WSGIApp, *, folder: Path | None = None, threads: int = THREADS, room: int = ON_DISK_ALL
    ) -> None:
        self._pages = pages
        self._folder = folder
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="body")
        self._is_streaming = asyncio.Semaphore(STREAMING)
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            first = await receive()
            if first["type"] == "http.request":
                arriving = Arriving(first["body"], receive, is_whole=not first.get("more_body", False))
                await self._ask(scope, arriving, send)

    async def _ask(self, scope: HTTPScope, arriving: "Arriving", send: Send) -> None:
        await arriving.gather()
        if arriving.has_left:
            return
        if arriving.is_whole:
            await self._answer(scope, io.BytesIO(arriving.waiting), arriving, send)
            return
        with TemporaryFile(dir=self._folder, buffering=0) as file:
            try:
                is_kept = _length(scope) <= ON_DISK and await self._keep(arriving, cast(BinaryIO, file))
                if arriving.has_left:
                    return
                file.seek(0)
                if is_kept:
                    with io.BufferedReader(cast(Any, file)) as body:
                        await self._answer(scope, body, arriving, send)
                else:
                    async with self._is_streaming:
                        source = StillArriving(cast(BinaryIO, file), arriving, asyncio.get_running_loop())
                        with io.BufferedReader(source) as body:
                            await self._answer(scope, body, arriving, send)
            finally:
                self._room += arriving.on_disk

    async def _keep(self, arriving: "Arriving", file: BinaryIO) -> bool:
        """Whether all of it went into the file. It did not if there is no room: `waiting` has what is next, then."""
        while arriving.waiting:
            most = min(self._room, ON_DISK - arriving.on_disk)  # a body need not say how long it is
            if len(arriving.waiting) > most:
                return False
            size = await self._in(self._disk, _write, file, arriving.waiting)
            self._room -= size
            arriving.on_disk += size
            if size < len(arriving.waiting):
                arriving.waiting = arriving.waiting[size:]
                return False
            await arriving.next()
        return not arriving.has_left

    async def _answer(self, scope: HTTPScope, body: BinaryIO, arriving: "Arriving", send: Send) -> None:
        plain = {**scope, "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name]}
        environ = build_environ(cast(HTTPScope, plain), cast(Body, body))
        answer = await self._in(self._threads, copy_context().run, self._page, environ)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.blocks is not None:
            await self._stream(answer.blocks, arriving, send)
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})

    def _page(self, environ: Environ) -> Answer:
        """Run the page, in a thread."""
        answer = Answer(500, [], b"")

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
            answer.status = int(status[:3])
            # Django writes a cookie with a blank before it.
            answer.headers = [
                (name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers
            ]
            return _write_nothing

        found: Iterable[bytes] = self._pages(environ, cast(Any, start_response))
        if isinstance(found, StreamingHttpResponse):
            answer.blocks = found
            close_old_connections()  # the blocks are read in other threads, and who reads slowly must hold none (F-39)
            return answer
        try:
            answer.body = b"".join(found)
        finally:
            getattr(found, "close", bool)()
        return answer

    async def _stream(self, response: StreamingHttpResponse, arriving: "Arriving", send: Send) -> None:
        """Each block takes a thread for a moment; the event loop waits for the client to take it."""
        blocks = iter(response)
        leaving = asyncio.ensure_future(arriving.receive())
        try:
            while not leaving.done() and (block := await self._in(self._threads, next, blocks, None)) is not None:
                await send({"type": "http.response.body", "body": block, "more_body": True})
        finally:
            leaving.cancel()
            await self._in(self._threads, response.close)

    async def _in(self, threads: ThreadPoolExecutor, function: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(threads, partial(function, *given, **named))


class Arriving:
    """A request's body as it comes in. `waiting` has come and nobody has taken it."""

    def __init__(self, first: bytes, receive: Receive, *, is_whole: bool) -> None:
        self.waiting = first
        self.is_whole = is_whole
        self.has_left = False
        self.receive = receive
        self.on_disk = 0

    async def gather(self) -> None:
        """Wait for all of a body that fits into memory, or for the beginning of a longer one."""
        body = bytearray(self.waiting)
        while not self.is_whole and not self.has_left and len(body) < IN_MEMORY:
            body += await self.next()
        self.waiting = bytes(body)

    async def next(self) -> bytes:
        """Wait for what is next; b"" at the end, or when the client has left."""
        self.waiting = b""
        while not (self.waiting or self.is_whole or self.has_left):
            event = await self.receive()
            if event["type"] == "http.request":
                self.waiting = event["body"]
                self.is_whole = not event.get("more_body", False)
            else:
                self.has_left = True
        return self.waiting


class StillArriving(io.RawIOBase):
    """A body for which there is no room: what is on disk of it, then the rest while it comes in."""

    def __init__(self, file: BinaryIO, arriving: Arriving, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._file = file
        self._arriving = arriving
        self._loop = loop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever bytes can be written into
        """Raises BodyCutOffError at the place where the client has left."""
        if size := cast(io.FileIO, self._file).readinto(buffer):
            return size
        block = self._arriving.waiting
        if not block:
            block = asyncio.run_coroutine_threadsafe(self._arriving.next(), self._loop).result()
            if self._arriving.has_left:
                raise BodyCutOffError
        size = min(len(block), len(buffer))
        buffer[:size] = block[:size]
        self._arriving.waiting = block[size:]
        return size


def _length(scope: HTTPScope) -> int:
    """What the head says; a body without a length is no form of ours, and Django takes it for empty."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _write(file: BinaryIO, block: bytes) -> int:
    """How much of it there was room for."""
    written = 0
    try:
        while written < len(block):
            written += file.write(block[written:])
    except OSError as error:
        logger.warning("A long form waits in no file, and keeps a page busy: %s", error)
    return written


def _write_nothing(_: bytes) -> None:
    """WSGI's old way to answer, which Django does not go."""


async def _live(receive: Receive, send: Send) -> None:
    """Nothing has to be begun or ended beside the process itself."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
