"""A mail server that takes everything and counts it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    """How many mails came, and whether each was one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.count = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ANN401 - aiosmtpd's
        content = bytes(envelope.content)
        if b"Message-ID: <" not in content or b"lights are" not in content:
            return "554 that is none of ours"
        self.count += len(envelope.rcpt_tos)
        return "250 kept"


@contextmanager
def running(port: int) -> Iterator[Sink]:
    """The server on its port of 127.0.0.1, in a thread of this process, so that its CPU is not the desk's."""
    sink = Sink(port)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
