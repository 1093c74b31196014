"""F-38, for every test: nothing slow happens inside a transaction. No connection is opened, no process started, no file written.

A writer that waits for a network, a disk or a child keeps everybody else waiting (SQLite has one writer at a time). The
interpreter itself reports what is opened; SQLite and libpq, which do so in C for the transaction's own sake, do not appear there.
"""

import os
import sys
import traceback
from collections.abc import Iterator

import pytest
from django.db import connection

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMLESS = ("/dev/null", "__pycache__")  # nobody waits for the one; Python compiles what is imported for the first time
_found: list[str] = []
_watching = False


def is_inside() -> bool:
    """Whether a transaction of the product is open in this thread; the one that a test is rolled back with is none."""
    blocks = getattr(connection, "atomic_blocks", [])
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _is_slow(event: str, arguments: tuple[object, ...]) -> bool:
    match event, arguments:
        case (("socket.connect" | "socket.getaddrinfo" | "subprocess.Popen" | "os.system" | "os.fork"), _):
            return True
        case "open", (path, _, int(flags)):
            return bool(flags & WRITING) and not any(word in str(path) for word in HARMLESS)
    return False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and _is_slow(event, arguments) and is_inside():
        where = "".join(traceback.format_stack(limit=12)[:-1])
        _found.append(f"{event} {arguments[:2]} inside a transaction\n{where}")


sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def slow_things_inside() -> Iterator[list[str]]:
    """What was found; the test fails for it at its end, unless it has looked itself and emptied the list."""
    global _watching
    _found.clear()
    _watching = True
    yield _found
    _watching = False
    assert not _found, "\n".join(_found)
