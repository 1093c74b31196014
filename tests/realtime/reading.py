"""A browser's end of a live stream, over a real socket."""

import json
import socket
from dataclasses import dataclass, field
from typing import Any

from tests.processes import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the stream; `cursor` is None when the server sent none with it."""

    event: str
    data: Any
    cursor: str | None


@dataclass
class Reader:
    """An open stream. Reading waits patiently for the next message."""

    connection: socket.socket
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    greeting: Message = field(default_factory=lambda: Message("", {}, None))  # its first message
    cursor: str = ""  # what an EventSource would send as Last-Event-ID
    is_over: bool = False
    _bytes: bytes = b""
    _text: str = ""

    @classmethod
    def open(cls, port: int, session: str, *, after: str = "", last: str = "", more: str = "") -> "Reader":
        """Ask for the stream as a page of the desk does."""
        asked = f"/live/?after={after}" if after else "/live/"
        lines = [f"GET {asked} HTTP/1.1", f"Host: localhost:{port}", "Accept: text/event-stream"]
        lines += [f"Cookie: session={session}"] * bool(session) + [f"Last-Event-ID: {last}"] * bool(last)
        lines += [more] * bool(more)
        connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        reader = cls(connection, cursor=last)
        while b"\r\n\r\n" not in reader._bytes:
            reader._receive()
        head, _, reader._bytes = reader._bytes.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        reader.status = int(first.split()[1])
        reader.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        return reader

    def next(self) -> Message:
        """The next message; raises EOFError when the stream has ended, TimeoutError when nothing comes."""
        while True:
            while "\n\n" not in self._text:
                self._chunk()
            block, _, self._text = self._text.partition("\n\n")
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            self.cursor = fields.get("id", self.cursor)
            if "event" in fields:
                return Message(fields["event"], json.loads(fields["data"]), fields.get("id"))

    def rest(self) -> list[Message]:
        """Everything until the stream ends."""
        found = []
        while not self.is_over:
            try:
                found.append(self.next())
            except EOFError:
                break
        return found

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def _chunk(self) -> None:
        """One piece of a chunked body."""
        while b"\r\n" not in self._bytes:
            self._receive()
        size, _, rest = self._bytes.partition(b"\r\n")
        length = int(size, 16)
        while len(rest) < length + 2:
            self._receive()
            rest = self._bytes.partition(b"\r\n")[2]
        self._bytes = rest[length + 2 :]
        self._text += rest[:length].decode()
        if not length:
            self.is_over = True
            raise EOFError

    def _receive(self) -> None:
        part = self.connection.recv(65536)
        if not part:
            self.is_over = True
            raise EOFError
        self._bytes += part
