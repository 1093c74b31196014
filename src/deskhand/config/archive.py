"""What a backup is: one tar file that is whole or not there, and that proves by itself that nothing in it changed.

database.sqlite3 | database.pgdump      a snapshot
files/<sha256>                          each attachment under the hash of its bytes
manifest.json                           last: a file that was cut off has none
"""

import hashlib
import json
import re
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol

Say = Callable[[str], None]
FORMAT: Final = 1
BLOCK: Final = 1024 * 1024
MANIFEST: Final = "manifest.json"
_FILE: Final = re.compile(r"files/([0-9a-f]{64})")


class BackupError(Exception):
    """Why there is no backup, or why this one cannot be used; in words for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Part:
    """The snapshot of the database: its name in the archive, how long it is, its hash."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Files:
    """The attachments: how many lie in the archive, their bytes, and one hash over their names in order.

    `store` is "folder", or "bucket" when they stay where they are. `missing` were named by the desk and not to be found.
    """

    store: str
    count: int
    bytes: int
    sha256: str
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was backed up. `key` tells whether another key is the same one, and nothing of the key."""

    version: str
    made_at: str
    vendor: str
    migrations: dict[str, str]
    key: str
    database: Part
    files: Files
    format: int = FORMAT

    def text(self) -> str:
        """JSON, with its own hash at the end."""
        return json.dumps({**asdict(self), "sha256": _own_hash(asdict(self))}, indent=1) + "\n"


def _own_hash(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def manifest_from(text: str) -> Manifest:
    """Raises BackupError when it is none of ours, or of a later format."""
    try:
        values = json.loads(text)
        if values["format"] > FORMAT:
            raise BackupError(f"A newer Deskhand ({values['version']}) made this backup; restore it with that one.")
        said = values.pop("sha256", None)  # none in a backup of 0.1.0
        if said is not None and said != _own_hash(values):
            raise BackupError("The manifest has changed since the backup was made.")
        return Manifest(**{**values, "database": Part(**values["database"]), "files": Files(**values["files"])})
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("This is no backup of Deskhand: its manifest cannot be read.") from error


class Taker(Protocol):
    """Receives the parts of an archive while it is read. What it did is worth something only when `read` has returned."""

    def database(self, name: str, blocks: Iterator[bytes]) -> None: ...
    def attachment(self, sha256: str, blocks: Iterator[bytes]) -> None: ...


class Nobody:
    """Only looks."""

    def database(self, name: str, blocks: Iterator[bytes]) -> None:
        for _ in blocks:
            pass

    def attachment(self, sha256: str, blocks: Iterator[bytes]) -> None:
        for _ in blocks:
            pass


def read(path: Path, taker: Taker, *, say: Say = lambda _: None) -> Manifest:
    """Read the archive from front to back, once, with little memory. Raises BackupError unless every hash is right."""
    try:
        with tarfile.open(path, "r|") as archive:
            return _read(archive, taker, say)
    except FileNotFoundError:
        raise BackupError(f"{path} does not exist.") from None
    except tarfile.TarError as error:
        raise BackupError(f"{path} is no backup, or it was cut off: {error}") from error


def _read(archive: tarfile.TarFile, taker: Taker, say: Say) -> Manifest:
    database: Part | None = None
    names, count, total = hashlib.sha256(), 0, 0
    for member in archive:
        source = archive.extractfile(member)
        if source is None:
            raise BackupError(f"{member.name} does not belong into a backup.")
        counted = _Counted(source, member.size)
        if member.name == MANIFEST:
            manifest = manifest_from(b"".join(counted).decode(errors="replace"))
            _compare(manifest, database, Files(manifest.files.store, count, total, names.hexdigest()))
            return manifest
        if found := _FILE.fullmatch(member.name):
            taker.attachment(found[1], counted)
            if counted.sha256() != found[1]:
                raise BackupError(f"{member.name} has changed since the backup was made.")
            names.update(found[1].encode())
            count, total = count + 1, total + member.size
            say(f"{count} files, {megabytes(total)}")
        elif member.name in {"database.sqlite3", "database.pgdump"} and database is None:
            taker.database(member.name, counted)
            database = Part(member.name, member.size, counted.sha256())
            say(f"database, {megabytes(member.size)}")
        else:
            raise BackupError(f"{member.name} does not belong into a backup.")
    raise BackupError("The end is missing: this backup was cut off.")


def _compare(manifest: Manifest, database: Part | None, files: Files) -> None:
    if manifest.database != database:
        raise BackupError("The database has changed since the backup was made.")
    said = manifest.files
    if (said.count, said.bytes, said.sha256) != (files.count, files.bytes, files.sha256):
        raise BackupError("Not all attachments are in this backup any more.")


class _Counted:
    """The blocks of one member, hashed on the way; fewer bytes than promised raise BackupError."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left, self._hash = source, size, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self._source.read(BLOCK)
        if not block:
            if self._left:
                raise BackupError("This backup was cut off.")
            raise StopIteration
        self._left -= len(block)
        self._hash.update(block)
        return block

    def sha256(self) -> str:
        """Of what was read, which has to be all of it."""
        for _ in self:
            pass
        return self._hash.hexdigest()


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def megabytes(size: int) -> str:
    """For people."""
    return f"{size / 1024**2:.1f} MiB"


@contextmanager
def progress(what: str) -> Iterator[Say]:
    """Say how far it is, once a second: what takes less says nothing."""
    last = time.monotonic()

    def say(words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            sys.stdout.write(f"{what}: {words}\n")
            sys.stdout.flush()

    yield say
