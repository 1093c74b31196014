"""Somebody else's web server, who takes webhooks well or badly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """What arrived: the first line, the headers by lower-case name, the body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived, and what is answered: bytes, or whatever a function does with the connection."""

    port: int = 0
    answer: bytes | Callable[[socket.socket], None] = GOOD
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its address; OUTBOUND_ALLOW must have it."""
        return f"http://127.0.0.1:{self.port}/desk?shop=1"

    @property
    def place(self) -> tuple[str, int | None]:
        """What `OUTBOUND_ALLOW` says to let the desk in there, as the settings hold it."""
        return ("127.0.0.1/32", self.port)

    def serve(self, connection: socket.socket) -> None:
        """Read one request, and answer it."""
        with connection, suppress(OSError):
            connection.settimeout(20)
            with connection.makefile("rb") as heard:
                line = heard.readline().decode("latin-1").strip()
                headers = {}
                while (header := heard.readline().decode("latin-1").strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                if not line:
                    return
                self.requests.append(Request(line, headers, heard.read(int(headers.get("content-length", "0")))))
            if isinstance(self.answer, bytes):
                connection.sendall(self.answer)
            else:
                self.answer(connection)


@contextmanager
def receiving(receiver: Receiver | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """The receiver on its port of 127.0.0.1, or on a free one."""
    receiver = receiver or Receiver()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", receiver.port))
        listener.listen(32)
        receiver.port = int(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, receiver, tls), daemon=True)
        thread.start()
        yield receiver
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _accept(listener: socket.socket, receiver: Receiver, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        receiver.connections += 1
        try:
            connection.settimeout(5)
            secured = tls.wrap_socket(connection, server_side=True) if tls else connection
        except OSError:
            connection.close()
            continue
        threading.Thread(target=receiver.serve, args=(secured,), daemon=True).start()
