"""Whole installations for tests with real processes: a data folder and a database of their own, migrated once a session."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

COMMAND = (sys.executable, "-m", "deskhand.config.cli")
QUEUE = str(Path(__file__).with_name("config") / "queue_process.py")
PATIENCE_S: Final = (
    60.0  # how long a test waits for what happens within a second, on a machine that is busy with others
)


def postgres(statement: str) -> None:
    """Run one administrative statement on the test server."""
    import psycopg

    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


@dataclass
class Installation:
    """A data folder, its database, and the processes that a test started on it."""

    data: Path
    database_url: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """What a shell would have: the data folder, the database, and nothing from the test run."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        url = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return {**kept, "DATA": str(self.data), **url, **more}

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Start a process that the fixture ends; its output can be read line by line."""
        process = subprocess.Popen(
            command, env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *command: str, **more: str) -> str:
        """Run a process to its end; what it printed."""
        done = subprocess.run(
            command, env=self.environment(**more), capture_output=True, text=True, timeout=2 * PATIENCE_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def actor(self, module: str) -> "Actor":
        """Start a process that does one thing after the other to this desk; `tests.acting` is its other end."""
        process = subprocess.Popen(
            (sys.executable, "-m", module, "listen"), env=self.environment(), stdout=subprocess.PIPE, stdin=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.processes.append(process)
        return Actor(process)

    def serve(self, *arguments: str, **more: str) -> "Served":
        """Start `deskhand serve` on a free port and wait until it says that it is ready."""
        port = free_port()
        process = self.start(*COMMAND, "serve", "--port", str(port), *arguments, **more)
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first == f"Deskhand is ready at http://localhost:{port}\n", first + process.stdout.read()
        return Served(process, port)


@dataclass(frozen=True)
class Actor:
    """Another process that acts on the desk. A fresh one for each act would spend a second on being started."""

    process: subprocess.Popen[str]

    def act(self, *what: object) -> Any:  # noqa: ANN401 - JSON
        """Let it do something; what it says. Whatever it raises fails the test."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(word) for word in what]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"raised": "it has died"}')
        assert "said" in answer, answer["raised"]
        return answer["said"]


@dataclass
class Served:
    """A running `deskhand serve`."""

    process: subprocess.Popen[str]
    port: int

    def setup_path(self) -> str:
        """The path of the set-up link that it printed."""
        assert self.process.stdout is not None
        return urlsplit(self.process.stdout.readline().split()[-1]).path

    def children(self) -> set[int]:
        """The ids of its child processes."""
        pid = self.process.pid
        found: set[int] = set()
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # threads come and go
                found |= set(map(int, (task / "children").read_text().split()))
        return found

    def child(self, name: str) -> int:
        """The id of the child that runs as `name`; waits for it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for pid in self.children():
                with suppress(FileNotFoundError, ProcessLookupError):  # it may end at this moment
                    if name in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
                        return pid
            time.sleep(0.05)
        raise AssertionError(f"no {name} process")

    def ask(self, request: str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") -> str:
        """Send a request as it stands; the whole answer."""
        with closing(self.connect()) as connection:
            connection.sendall(request.encode())
            return read_all(connection)

    def connect(self) -> socket.socket:
        """A fresh connection, a patient one."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Ask it to end; the rest of what it printed."""
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_S)
        assert self.process.stdout is not None
        return self.process.stdout.read()


def read_rows(installation: Installation, query: str) -> list[tuple[object, ...]]:
    """What stands in an installation's database, asked without our code."""
    if not installation.database_url:
        with closing(sqlite3.connect(installation.data / "deskhand.sqlite3")) as connection:
            return connection.execute(query).fetchall()
    import psycopg

    with psycopg.connect(installation.database_url) as server:
        return server.execute(query).fetchall()  # type: ignore[arg-type]  # the query is a test's own


def read_all(connection: socket.socket) -> str:
    """Everything until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts).decode()


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that nobody touches: copies of it save every test the migrations."""
    name = f"deskhand_template_{uuid4().hex[:12]}"
    installation = Installation(tmp_path_factory.mktemp("installation") / "data", database_url(name))
    if installation.database_url:
        postgres(f"CREATE DATABASE {name}")
    installation.run(*COMMAND, "prepare")
    yield installation
    if installation.database_url:
        postgres(f"DROP DATABASE {name}")


@pytest.fixture
def installation(migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A migrated, empty desk; its processes are ended afterwards."""
    name = f"deskhand_process_{uuid4().hex[:12]}"
    copy = Installation(tmp_path / "data", database_url(name))
    shutil.copytree(migrated.data, copy.data)
    if copy.database_url:
        template = urlsplit(migrated.database_url).path.lstrip("/")
        postgres(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield copy
    for process in copy.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
    if copy.database_url:
        postgres(f"DROP DATABASE {name} WITH (FORCE)")


def database_url(name: str) -> str:
    """The run's PostgreSQL with another database; empty on SQLite."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    return f"{url.scheme}://{url.netloc}/{name}?{url.query}" if url.scheme else ""
