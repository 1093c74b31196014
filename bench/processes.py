"""The desk's real processes, and what they cost: CPU time of a whole tree, children that have ended included, and memory."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.desks import COMMAND, Desk

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    found = [root]
    for pid in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(FileNotFoundError, ProcessLookupError):
                    found += map(int, (task / "children").read_text().split())
    return found


def cpu_ms(*roots: int) -> float:
    """User and system time of these trees so far. Ended children count with whoever waited for them."""
    total = 0.0
    for root in roots:
        for pid in tree(root):
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(map(int, fields[11:15])) * TICK_MS
    return total


def memory_mib(root: int) -> float:
    """Proportional set size of the tree: what is shared is counted once."""
    total = 0
    for pid in tree(root):
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A server of ours: `pids` are the roots of the trees whose CPU counts, the database's own included."""

    port: int
    pid: int
    pids: tuple[int, ...]
    first_page_s: float = 0.0

    def cpu_ms(self) -> float:
        """All of it so far."""
        return cpu_ms(*self.pids)


@contextmanager
def running(desk: Desk, *command: str, path: str, port: int, **more: str) -> Iterator[Served]:
    """Start a server and wait for its first page at `path`; end it afterwards."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=desk.environment(**more), stdout=subprocess.DEVNULL, cwd=desk.data)
    try:
        _first_page(process, port, path)
        seconds = time.monotonic() - began
        pids = (process.pid, desk.postmaster) if desk.postmaster else (process.pid,)
        yield Served(port, process.pid, pids, seconds)
    finally:
        process.terminate()
        process.wait(timeout=40)


def serve(desk: Desk, *, port: int, smtp_port: int, window_s: int = 1) -> "Iterator[Served]":
    """`deskhand serve`, as anybody starts it."""
    return running(
        desk, *COMMAND, "serve", "--port", str(port), path="/sign-in/", port=port, PORT=str(port),
        SMTP_URL=f"smtp+plain://127.0.0.1:{smtp_port}", MAIL_WINDOW_S=str(window_s),
    )  # fmt: skip


def _first_page(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while process.poll() is None:
        with suppress(ConnectionError, TimeoutError), socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.sendall(asked)
            if line.recv(64).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.01)
    raise RuntimeError(f"the server ended with {process.returncode}")


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
