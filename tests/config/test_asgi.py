"""The front before the pages, with a real uvicorn and real sockets: what reaches a page is what was sent, or nothing."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from django.http import StreamingHttpResponse

from deskhand.config import front
from deskhand.config.parent import Parent
from deskhand.config.web import Server, configuration
from tests.processes import PATIENCE_S, read_all

FILE = 32 * 1024 * 1024  # more than the sockets of both sides hold
BLOCK = 256 * 1024


@dataclass
class Pages:
    """A WSGI application that writes down which bodies it read and which headers it got."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/file":
            return self.file(start_response)
        self.headers.append({name: value for name, value in environ.items() if name.startswith("HTTP_")})
        try:
            self.bodies.append(environ["wsgi.input"].read())
        except OSError as error:
            self.cut_off.append(type(error).__name__)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def file(self, start_response: Callable[..., Any]) -> StreamingHttpResponse:
        """A file in blocks, as the desk serves them."""

        def blocks() -> Iterator[bytes]:
            try:
                for _ in range(FILE // BLOCK):
                    yield b"f" * BLOCK
            finally:
                self.closed += 1

        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return StreamingHttpResponse(blocks())

    def connection(self) -> socket.socket:
        """A client of its own, to be closed by whoever asks."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def send(self, *pieces: bytes, length: int, header: str = "X-Plain: yes") -> str:
        """Post the pieces as one body that promises `length` bytes, then hang up or read the answer."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)) as connection:
            head = f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n\r\n"
            connection.sendall(head.encode())
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.05)
            return read_all(connection) if sum(map(len, pieces)) == length else ""


THREADS = 2
ROOM = 4_000_000  # bytes of long bodies on disk


@pytest.fixture
def pages() -> Iterator[Pages]:
    """The application behind the front, behind uvicorn with the settings of the real one."""
    app = Pages()
    listening = socket.create_server(("127.0.0.1", 0))
    app.port = listening.getsockname()[1]
    settings = configuration("not imported: the application is given")
    server = ThreadedServer(
        uvicorn.Config(
            front.Front(app, threads=THREADS, room=ROOM),
            log_config=None, http=settings.http, ws="none", lifespan="on", server_header=settings.server_header,
        ),
        Parent(None),
    )  # fmt: skip
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    yield app
    server.should_exit = True
    thread.join(timeout=PATIENCE_S)


class ThreadedServer(Server):
    """The same server in a thread, where nobody may listen for signals."""

    capture_signals = uvicorn.Server.capture_signals


def settled(read: Callable[[], int]) -> int:
    """The figure after half a second in which something could have happened."""
    time.sleep(0.5)
    return read()


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether it becomes so, given the time that a busy machine needs."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()


def test_a_whole_body_arrives_in_whatever_pieces_it_came(pages: Pages) -> None:
    """Which proves that the tests below have something to lose."""
    answer = pages.send(b"a" * 182, b"b" * 318, length=500)
    assert answer.endswith("ok")
    assert pages.bodies == [b"a" * 182 + b"b" * 318]


def test_a_half_sent_body_runs_no_page(pages: Pages) -> None:
    """182 of 500 bytes, then gone: uvicorn with a2wsgi alone ran the page with what had come."""
    pages.send(b"a" * 182, length=500)
    assert settled(lambda: len(pages.headers)) == 0
    assert pages.bodies == []


def test_a_long_body_that_is_cut_off_runs_no_page(pages: Pages) -> None:
    """Past a megabyte it waits on disk, and that is all that becomes of it."""
    pages.send(b"a" * 1_500_000, length=3_000_000)
    assert settled(lambda: len(pages.headers)) == 0


def test_where_there_is_no_room_a_long_body_arrives_all_the_same(pages: Pages) -> None:
    """What is on disk first, then what is still to come, in order (F-29)."""
    body = bytes(range(256)) * 24_000
    assert len(body) > ROOM
    assert pages.send(body, length=len(body)).endswith("ok")
    assert pages.bodies == [body]
    assert pages.send(body[:ROOM], length=ROOM).endswith("ok")  # the room has been given back
    assert pages.bodies == [body, body[:ROOM]]


def test_where_there_is_no_room_a_body_that_is_cut_off_raises_in_the_page(pages: Pages) -> None:
    """The page runs while the body streams; it never takes a part for the whole."""
    pages.send(b"a" * (ROOM + 500_000), length=ROOM + 3_000_000)
    assert eventually(lambda: pages.cut_off == ["BodyCutOffError"]), pages.cut_off
    assert (len(pages.headers), pages.bodies) == (1, [])


def test_a_long_body_arrives(pages: Pages) -> None:
    """All three megabytes of it, in order."""
    body = bytes(range(256)) * 12_000
    assert pages.send(body, length=len(body)).endswith("ok")
    assert pages.bodies == [body]


def test_slow_senders_take_no_thread(pages: Pages) -> None:
    """Two threads, five clients that never finish their body: the sixth is answered all the same."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", pages.port), timeout=PATIENCE_S) for _ in range(5)]
    for connection in slow:
        connection.sendall(head + b"x")
    assert pages.send(b"quick", length=5).endswith("ok")
    for connection in slow:
        connection.close()
    assert settled(lambda: len(pages.bodies)) == 1


def test_a_dozen_slow_uploads_take_no_thread(pages: Pages) -> None:
    """Two threads, twelve clients in the middle of a body that is longer than what waits in memory."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    with ExitStack() as stack:
        slow = [stack.enter_context(pages.connection()) for _ in range(12)]
        for connection in slow:
            connection.sendall(head + b"x" * 1_200_000)
        assert pages.send(b"quick", length=5).endswith("ok")
    assert settled(lambda: len(pages.bodies)) == 1


def test_a_dozen_slow_downloads_take_no_thread(pages: Pages) -> None:
    """Two threads, twelve clients that read nothing of a long file; who goes on reading gets all of it."""
    with ExitStack() as stack:
        slow = [stack.enter_context(pages.connection()) for _ in range(12)]
        for connection in slow:
            connection.sendall(b"GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert pages.send(b"quick", length=5).endswith("ok")
        assert pages.closed == 0
        assert len(read_all(slow[0]).partition("\r\n\r\n")[2]) >= FILE
    assert eventually(lambda: pages.closed == 12), "a file stays open for somebody who has left"


def test_a_header_with_an_underscore_cannot_pose_as_another(pages: Pages) -> None:
    """WSGI names X_Forwarded_Proto and X-Forwarded-Proto alike; proxies strip only the one."""
    pages.send(b"x", length=1, header="X_Forwarded_Proto: https")
    pages.send(b"x", length=1, header="X-Forwarded-Proto: https")
    assert [headers.get("HTTP_X_FORWARDED_PROTO") for headers in pages.headers] == [None, "https"]
