"""`deskhand invariants`: read the whole desk and say what does not fit together. It changes nothing and may run at any time."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from django.db import DatabaseError, connection

from deskhand.config.prepare import first_line, without_pool
from deskhand.tickets import invariants

SHOWN = 100  # lines; a damaged desk breaks the same rule a thousand times


def broken() -> Iterator[str]:
    """Every breach: first of the database file itself, then of the desk in it."""
    if connection.vendor == "sqlite":
        yield from _damage()
    yield from invariants.broken()


def _damage() -> Iterator[str]:
    """What SQLite finds wrong with its own file, and rows that point to nothing."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        yield from (f"the database file is damaged: {line}" for (line,) in cursor.fetchall() if line != "ok")
        cursor.execute("PRAGMA foreign_key_check")
        yield from (f"row {row} of {table} points to nothing in {other}" for table, row, other, _ in cursor.fetchall())


def report() -> bool:
    """Print what is broken, or how much is fine; True when all is."""
    lines = 0
    for line in broken():
        lines += 1
        if lines <= SHOWN:
            sys.stderr.write(f"{line}\n")
    if lines > SHOWN:
        sys.stderr.write(f"… and {lines - SHOWN} more\n")
    amounts = ", ".join(f"{count} {name}" for name, count in invariants.count().items())
    sys.stdout.write(f"{amounts}: {'all fit together.' if not lines else f'{lines} things do not fit together.'}\n")
    return not lines


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when something is broken or cannot be read."""
    argparse.ArgumentParser(
        prog="deskhand invariants", description="Read the whole desk and say what does not fit together."
    ).parse_args(arguments)
    without_pool()
    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
        return int(not report())
    except DatabaseError as error:
        sys.stderr.write(f"The database cannot be read: {first_line(error)}\n")
        return 1
