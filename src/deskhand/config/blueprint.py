"""`deskhand blueprint`: write the desk's configuration into a file, see what a file would change, bring it in.

Exit codes: 0 done, or nothing to do; 1 the file or the database does not let it be, and nothing was changed; 2 the command line
is wrong; `diff` has 3 when the file says something else than the desk, so that a script can ask.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.db import DatabaseError
from django.utils import timezone

from deskhand.blueprint import changes, presets
from deskhand.blueprint.document import BlueprintError
from deskhand.blueprint.reader import LONGEST
from deskhand.config.prepare import first_line, without_pool

DIFFERENT: Final = 3
STANDARD: Final = "-"
_MOST_BYTES: Final = LONGEST * 4


class FileError(Exception):
    """The file cannot be read or written; the argument says why."""


def main(arguments: Sequence[str]) -> int:
    """`deskhand blueprint export [FILE] | diff FILE | import [--dry-run] FILE`; FILE may be `-`, or a preset as `preset:NAME`."""
    parser = argparse.ArgumentParser(
        prog="deskhand blueprint",
        description="The whole desk's configuration as one readable file; no people, no tickets, no passwords.",
        epilog=f"FILE is a path, - for standard input and output, or one of: {', '.join(map(_named, presets.names()))}.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="export | diff | import")
    commands.add_parser("export", help="write the desk into FILE (usually standard output)").add_argument(
        "file", nargs="?", default=STANDARD, metavar="FILE"
    )
    commands.add_parser("diff", help="say what an import of FILE would change; it changes nothing").add_argument(
        "file", metavar="FILE"
    )
    bring = commands.add_parser("import", help="make the desk what FILE says, all of it or nothing")
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--dry-run", action="store_true", help="only say what would change")
    given = parser.parse_args(arguments)
    without_pool()
    try:
        match given.command:
            case "export":
                return _export(given.file)
            case "diff":
                return DIFFERENT if _differences(given.file) else 0
            case _:
                return _import(given.file, dry=given.dry_run)
    except BlueprintError as error:
        for problem in error.problems:
            where = f"{given.file}:{problem.line}" if problem.line else given.file
            sys.stderr.write(f"{where}: {problem.words}\n")
        sys.stderr.write("Nothing was changed.\n")
    except FileError as error:
        sys.stderr.write(f"{error}\n")
    except DatabaseError as error:
        sys.stderr.write(f"The database does not answer: {first_line(error)}\n")
    return 1


def _named(preset: str) -> str:
    return f"preset:{preset}"


def _export(name: str) -> int:
    text = changes.export()
    if name == STANDARD:
        sys.stdout.write(text)
        return 0
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileError(f"{name} cannot be written: {error.strerror}.") from error
    sys.stderr.write(f"The desk is in {name}.\n")
    return 0


def _differences(name: str) -> bool:
    found = changes.preview(_text(name), by=None, at=timezone.now())
    sys.stdout.write("".join(f"{line}\n" for line in found) or "The desk is what the file says.\n")
    return bool(found)


def _import(name: str, *, dry: bool) -> int:
    if dry:
        _differences(name)
        return 0
    done = changes.bring_in(_text(name), by=None, at=timezone.now(), why=f"Before the import of {Path(name).name}")
    sys.stdout.write("".join(f"{line}\n" for line in done.differences) or "The desk is what the file says.\n")
    if done.snapshot:
        sys.stderr.write("Done. One click brings back what was before: Settings → The desk as a file.\n")
    return 0


def _text(name: str) -> str:
    kind, _colon, preset = name.partition(":")
    if kind == "preset":
        try:
            return presets.text(preset)
        except KeyError as error:
            raise FileError(f"There is no preset {preset}; there are {', '.join(presets.names())}.") from error
    try:
        if name == STANDARD:
            return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8")
        with Path(name).open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{name} is not a text in UTF-8; save it as UTF-8 and try again.") from error
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror}.") from error
