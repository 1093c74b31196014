"""One web process: uvicorn on the socket that `deskhand serve` has opened, so that a restart loses no connection."""

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from deskhand.config import environment
from deskhand.config.parent import Parent

GRACE_S = 20  # what is under way may take this long after SIGTERM; the parent kills at 24
SETTLE_S = 0.25  # from accepting a connection to having read its request, on a busy machine
KEEP_ALIVE_S = 75  # nginx and others keep an idle connection for 60 s: they must be the ones who close it


class Server(uvicorn.Server):
    """uvicorn that reports to its parent, and ends without raising the signal again."""

    def __init__(self, config: uvicorn.Config, parent: Parent) -> None:
        super().__init__(config)
        self.parent = parent

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM or when the parent is gone; the terminal's SIGINT is the parent's matter."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        if self.parent.fileno() >= 0:
            loop.add_reader(self.parent.fileno(), self.stop)
        yield

    def stop(self) -> None:
        """Take no new connection, finish what is under way, end."""
        if self.parent.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.parent.fileno())
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        await super().startup(sockets)
        self.parent.say_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody any more, end the live streams, hear out who has just come in, then end.

        uvicorn waits for every open connection, and a stream would stay open for ever (F-43).
        Without the pause a connection accepted in the moment of closing is never answered (asyncio's `Server._attach`
        fails behind the scenes), and one whose request is still on its way is closed unheard.
        """
        from deskhand.config import asgi  # it sets Django up, which the import of this file must not

        for listening in sockets or []:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await asgi.live.stop()
        await asyncio.sleep(SETTLE_S)
        await super().shutdown(sockets)


def configuration(app: str) -> uvicorn.Config:
    """uvicorn's settings. Forwarded addresses are believed only from the proxies that TRUSTED_PROXIES names."""
    proxies = environment.text("TRUSTED_PROXIES")
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )


def main(arguments: Sequence[str]) -> int:
    """`deskhand web LISTENING-DESCRIPTOR PARENT-DESCRIPTOR`, as `deskhand serve` starts it."""
    listening, parent = (int(argument) for argument in arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (most, most)
    )  # systemd and shells give 1,024; each live stream takes one
    server = Server(configuration("deskhand.config.asgi:application"), Parent(parent))
    server.run(sockets=[socket.socket(fileno=listening)])
    sys.stderr.flush()
    os._exit(0)  # a thread that outlived its request must not hold the process
