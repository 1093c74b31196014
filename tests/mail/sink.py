"""A mail server of our own that behaves, or misbehaves in one way."""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.processes import free_port


class Sink:
    """What arrived, and how the next mails are answered.

    `mode`: ok · 450 (recipient, for now) · 550 (recipient, for good) · 452 (after the data) · abort (keeps the mail,
    then drops the connection) · slow (every answer takes `delay_s`). `refused` recipients get 550 in every mode.
    """

    def __init__(self) -> None:
        self.mode = "ok"
        self.delay_s = 0.3
        self.refused: set[str] = set()
        self.received: list[bytes] = []
        self.recipients: list[str] = []
        self.port = free_port()

    @property
    def mails(self) -> list[EmailMessage]:
        """Parsed, in the order of arrival."""
        return [parsed(raw) for raw in self.received]

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for this address, in the order of arrival."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ANN401 - aiosmtpd's
        await self._pause()
        if self.mode == "550" or address in self.refused:
            return "550 5.1.1 no such mailbox"
        if self.mode == "450":
            return "450 4.2.0 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ANN401 - aiosmtpd's
        await self._pause()
        if self.mode == "452":
            return "452 4.3.1 mailbox full"
        self.received.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        if self.mode == "abort":
            server.transport.abort()
        return "250 kept"

    async def _pause(self) -> None:
        if self.mode == "slow":
            await asyncio.sleep(self.delay_s)


def parsed(raw: bytes) -> EmailMessage:
    """A mail as its reader's program understands it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(mail: EmailMessage) -> str:
    """The readable text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def running(sink: Sink) -> Iterator[Sink]:
    """The sink on its port of 127.0.0.1."""
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """A port where somebody answers the phone and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        held: list[socket.socket] = []
        thread = threading.Thread(target=_hold, args=(listener, held), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


def _hold(listener: socket.socket, held: list[socket.socket]) -> None:
    while True:
        try:
            held.append(listener.accept()[0])
        except OSError:
            return
