"""`deskhand serve`: one command, one port. This process holds the port and keeps its children alive, nothing else.

    serve ─┬─ web (one on SQLite, --workers of them on PostgreSQL)
           └─ worker

It knows no Django: `deskhand.config.prepare` runs before the children and tells what the desk's row says.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from deskhand.config import environment

COMMAND = (sys.executable, "-m", "deskhand.config.cli")
STOP_S = 24.0  # after SIGTERM to a child, SIGKILL; a child itself gives up after 20
START_S = 60.0  # a child that is not ready by then is started anew
STEADY_S = 10.0  # a child that lived this long is restarted at once when it dies
LONGEST_PAUSE_S = 30.0


class CannotServeError(Exception):
    """Why the desk does not start, in words for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    host: str
    port: int
    workers: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the desk's row says; see `deskhand.config.prepare.Facts`."""

    is_set_up: bool
    public_url: str
    setup_path: str


@dataclass(frozen=True, slots=True)
class Child:
    """A process and our end of the line to it; see `deskhand.config.parent`."""

    process: Process
    line: socket.socket

    async def is_ready(self) -> bool:
        """Wait for the child's word; False when it died or said nothing in time."""
        try:
            async with asyncio.timeout(START_S):
                return bool(await asyncio.get_running_loop().sock_recv(self.line, 16))
        except (TimeoutError, ConnectionError):
            return False

    async def end(self) -> None:
        """SIGTERM, and SIGKILL when it takes longer than it may."""
        await end(self.process)
        self.line.close()


async def end(process: Process) -> None:
    """SIGTERM, and SIGKILL when it takes longer than it may."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Slot:
    """One place for a child process: filled, refilled when the child dies, emptied at the end."""

    def __init__(self, name: str, listening: socket.socket | None) -> None:
        self.name = name
        self.listening = listening
        self.settings: dict[str, str] = {}
        self._child: Child | None = None
        self._all: list[Child] = []
        self._started_at = 0.0
        self._pause_s = 0.0

    async def fill(self) -> bool:
        """Start a child and wait until it is ready; the one that was here before is then let go. False: it failed."""
        before = self._child
        child = await self._start()
        if not await child.is_ready():
            await self._let_go(child)
            return False
        self._child = child
        if before is not None:
            await self._let_go(before)
        return True

    async def keep(self) -> None:
        """Refill the place whenever its child has died, with longer pauses when that happens at once."""
        while self._child is not None:
            child = self._child
            code = await child.process.wait()
            if child is not self._child:
                continue  # it was renewed
            is_steady = time.monotonic() - self._started_at > STEADY_S
            self._pause_s = 0.0 if is_steady else min(LONGEST_PAUSE_S, self._pause_s * 2 or 0.5)
            complain(f"The {self.name} process ended ({_reason(code)}); starting another.")
            await asyncio.sleep(self._pause_s)
            await self.fill()

    async def empty(self) -> None:
        """Stop whatever runs here gracefully."""
        await asyncio.gather(*(child.end() for child in self._all))

    def kill(self) -> None:
        """Stop whatever runs here now."""
        for child in self._all:
            with contextlib.suppress(ProcessLookupError):
                child.process.kill()

    async def _start(self) -> Child:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        shared = [theirs.fileno()] if self.listening is None else [self.listening.fileno(), theirs.fileno()]
        self._started_at = time.monotonic()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(*COMMAND, self.name, *map(str, shared)),
                env={**os.environ, **self.settings},
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=shared,
                process_group=0,  # Ctrl-C reaches this process only, which then stops its children in order
            )
        child = Child(process, ours)
        self._all.append(child)
        return child

    async def _let_go(self, child: Child) -> None:
        await child.end()
        self._all.remove(child)


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class Supervisor:
    """Everything between a bound port and the last goodbye."""

    def __init__(self, options: Options, listening: socket.socket) -> None:
        self.options = options
        self.slots = [Slot("web", listening) for _ in range(options.workers)]
        self.slots.append(Slot("worker", None))
        self.stop = asyncio.Event()
        self.renew = asyncio.Event()
        self._has_terminal = _terminal_is_there()

    async def run(self) -> int:
        """Serve until told to stop; the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._on_stop)
        loop.add_signal_handler(signal.SIGINT, self._on_stop)
        loop.add_signal_handler(signal.SIGHUP, self._on_hang_up)
        serving = asyncio.create_task(self._serve())
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        serving.cancel()
        await asyncio.wait({serving})
        await asyncio.gather(*(slot.empty() for slot in self.slots))
        try:
            await serving
        except asyncio.CancelledError:
            say("Goodbye.")
        return 0

    async def _serve(self) -> None:
        facts = await self._prepare()
        if not all(await asyncio.gather(*(slot.fill() for slot in self.slots))):
            raise CannotServeError("Deskhand could not start; the reason stands above.")
        self._welcome(facts)
        async with asyncio.TaskGroup() as keepers:
            for slot in self.slots:
                keepers.create_task(slot.keep())
            keepers.create_task(self._renew_when_asked())

    async def _prepare(self) -> Facts:
        """Migrate and read the desk in a process of its own, and give the children what they must know."""
        settings = {"PORT": str(self.options.port), "DESKHAND_SUPERVISOR": str(os.getpid())}
        child = await asyncio.create_subprocess_exec(
            *(*COMMAND, "prepare"),
            env={**os.environ, **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,
        )
        try:
            output, _ = await child.communicate()
        except asyncio.CancelledError:
            await end(child)
            raise
        if child.returncode:
            raise CannotServeError
        facts = Facts(**json.loads(output))
        settings["DESKHAND_SET_UP"] = "1" if facts.is_set_up else "0"
        if facts.public_url and not environment.text("PUBLIC_URL"):
            settings["PUBLIC_URL"] = facts.public_url
        for slot in self.slots:
            slot.settings = settings
        return facts

    async def _renew_when_asked(self) -> None:
        """SIGHUP: new settings for all children, one after the other; each old one ends when its successor is ready."""
        while await self.renew.wait():
            self.renew.clear()
            try:
                await self._prepare()
            except CannotServeError:
                complain("Nothing was restarted.")
                continue
            for slot in self.slots:
                await slot.fill()

    def _welcome(self, facts: Facts) -> None:
        address = f"http://localhost:{self.options.port}"
        say(f"Deskhand is ready at {address}")
        if facts.setup_path:
            say(f"Set it up here (this link works once): {address}{facts.setup_path}")
        say(f"Everything it keeps lies in {environment.data_folder()}. Ctrl-C stops it.")

    def _on_stop(self) -> None:
        if self.stop.is_set():
            for slot in self.slots:
                slot.kill()
        self.stop.set()

    def _on_hang_up(self) -> None:
        """A closed terminal sends the same signal as `kill -HUP`; then nobody is left to stop us later."""
        if self._has_terminal and not _terminal_is_there():
            self._on_stop()
        else:
            self.renew.set()


def _terminal_is_there() -> bool:
    try:
        os.tcgetpgrp(sys.stdin.fileno())
    except (OSError, ValueError):
        return False
    return True


def say(line: str) -> None:
    """One line for the person at the terminal."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def complain(line: str) -> None:
    """One line about something that should not have happened."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def options_from(arguments: Sequence[str]) -> Options:
    """Read the command line. Raises CannotServeError when it asks for what the database cannot do."""
    parser = argparse.ArgumentParser(prog="deskhand serve", description="Serve the desk: pages and background work.")
    port = int(environment.text("PORT", "8000"))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=port, help="default: $PORT or 8000")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="web processes; more than 1 on PostgreSQL only"
    )
    given = parser.parse_args(arguments)
    if given.workers < 1:
        raise CannotServeError("--workers must be 1 or more.")
    if given.workers > 1 and not environment.text("DATABASE_URL"):
        raise CannotServeError(
            "More than one web process needs PostgreSQL: on SQLite they would wait for each other. "
            "Set DATABASE_URL, or leave --workers out."
        )
    return Options(host=given.host, port=given.port, workers=given.workers)


def hold_data(data: Path) -> TextIO | None:
    """Take the data folder for this process alone: two copies on one SQLite file would do everything twice.

    On PostgreSQL several copies may share a database, so nothing is held. Raises CannotServeError.
    """
    if environment.text("DATABASE_URL"):
        return None
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = (data / "serve.lock").open("a+")
    except OSError as error:
        raise CannotServeError(
            f"The data folder {data} cannot be written: {error.strerror}. Name another one with DATA=…"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        raise CannotServeError(
            f"Deskhand already runs on {data} (process {file.read().strip() or 'unknown'}). "
            "Stop that one first, or name another data folder with DATA=…"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def listen(options: Options) -> socket.socket:
    """Open the port. Raises CannotServeError when somebody else has it."""
    try:
        family, _, _, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise CannotServeError(
            f"Cannot listen on {options.host}, port {options.port}: {reason}. "
            f"Try another port: deskhand serve --port {options.port + 1}"
        ) from error


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or Ctrl-C; a second one does not wait. SIGHUP renews the children and loses no request."""
    try:
        options = options_from(arguments)
        held = hold_data(environment.data_folder())
        with contextlib.ExitStack() as stack:
            if held is not None:
                stack.enter_context(held)
            listening = stack.enter_context(listen(options))
            return asyncio.run(Supervisor(options, listening).run())
    except CannotServeError as error:
        if error.args:
            complain(str(error))
        return 1
