"""Bytes under their SHA-256: written once, whole, and on the disk before anybody names them.

    writer = blobs.writer()
    writer.write(block)          # as often as it takes; nothing is kept in memory
    blob = writer.finish()       # hashed, synced, in its place
    writer.close()               # what was never finished is gone

They lie in `DATA/files` or, with FILES_URL, in a bucket (`core.bucket`). Equal bytes are written again each time: whether
somebody else has the same file shows neither in the time it takes nor in the answer (D13). Who may delete them, and how that
cannot hit a file that is being attached at the same moment: `tickets.attachments`.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from django.conf import settings

BLOCK: Final = 256 * 1024  # bytes; in 4 kB blocks 50 MB take 2.4 s instead of 0.08


class BlobMissingError(Exception):
    """No bytes lie under this name."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Where bytes lie (their SHA-256 in hexadecimal digits) and how many they are."""

    sha256: str
    size: int


class Store(Protocol):
    """A place for bytes: a folder or a bucket."""

    def put(self, spooled: Path, sha256: str) -> None:
        """Place the content of this file, durably, and leave the file. Safe to repeat."""

    def read(self, sha256: str) -> BinaryIO:
        """The bytes, from the first. Raises BlobMissingError."""

    def exists(self, sha256: str) -> bool:
        """Whether they are there."""

    def delete(self, sha256: str) -> None:
        """Take them away; nothing happens if they are not there."""

    def older_than(self, moment: datetime, *, begins: str) -> Iterator[str]:
        """The names of all that begin with these two digits and were last written before `moment`."""

    def written_at(self, sha256: str) -> datetime | None:
        """When they were last written; None if they are not there."""

    def size(self, sha256: str) -> int | None:
        """How many they are; None if they are not there."""


class Folder:
    """`DATA/files/ab/cd/<sha256>`: folders 0700, files 0600, no name of ours and no suffix."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, spooled: Path, sha256: str) -> None:
        """A second name for the synced file, then the folder's own sync: after a power cut it is whole or not there."""
        place = self._place(sha256)
        _make_private(self.root, place.parent.parent, place.parent)
        linked = spooled.with_name(f"{spooled.name}.{secrets.token_hex(4)}")
        os.link(spooled, linked)
        linked.replace(place)
        linked.unlink(missing_ok=True)  # still there when both were one file already: rename does nothing then
        for folder in (place.parent, place.parent.parent, self.root):
            _sync_folder(folder)

    def read(self, sha256: str) -> BinaryIO:
        """An open file."""
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError:
            raise BlobMissingError(sha256) from None

    def exists(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self._place(sha256).exists()

    def delete(self, sha256: str) -> None:
        """Remove the file; its empty folders may stay, there are at most 65,536."""
        self._place(sha256).unlink(missing_ok=True)

    def older_than(self, moment: datetime, *, begins: str) -> Iterator[str]:
        """By modification time, which is the time of the last block that came in."""
        for path in (self.root / begins).glob("??/*"):
            written_at = self.written_at(path.name)
            if written_at is not None and written_at < moment:
                yield path.name

    def written_at(self, sha256: str) -> datetime | None:
        """The file's modification time."""
        try:
            return datetime.fromtimestamp(self._place(sha256).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def size(self, sha256: str) -> int | None:
        """The file's length."""
        try:
            return self._place(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256


class Writer:
    """Takes bytes as they come into `DATA/files/incoming`, whatever the store. Close it, or use `with`."""

    def __init__(self) -> None:
        incoming = _incoming()
        _make_private(incoming.parent, incoming)
        self._path = incoming / secrets.token_hex(16)
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Append; raises OSError when the disk is full."""
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._hash.update(block)
        self.size += len(block)

    def seal(self) -> None:
        """That was the last byte: sync them, and hold no open file. Raises OSError when the disk is full."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def finish(self) -> Blob:
        """Put what was written into its place, durably. It may be called again, should the place have been swept since."""
        self.seal()
        blob = Blob(self._hash.hexdigest(), self.size)
        _store().put(self._path, blob.sha256)
        return blob

    def close(self) -> None:
        """No more of it. What `finish` has put in its place stays."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def writer() -> Writer:
    """A place for bytes that are still coming."""
    return Writer()


def read(sha256: str) -> BinaryIO:
    """The bytes, to be read (in `Blocks`, when they leave) and closed. Raises BlobMissingError."""
    return _store().read(sha256)


class Blocks:
    """The bytes of a blob in pieces of BLOCK. Close it: a generator that nobody has begun would keep the source open."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._source.read(BLOCK), b"")

    def close(self) -> None:
        """Also when nobody wants the rest."""
        self._source.close()


def exists(sha256: str) -> bool:
    """Whether bytes lie there."""
    return _store().exists(sha256)


def delete(sha256: str) -> None:
    """Take them away."""
    _store().delete(sha256)


def older_than(moment: datetime, *, begins: str) -> Iterator[str]:
    """Everything that begins with these two digits and was last written before `moment`."""
    return _store().older_than(moment, begins=begins)


def written_at(sha256: str) -> datetime | None:
    """When it was last written; None if it is not there."""
    return _store().written_at(sha256)


def size(sha256: str) -> int | None:
    """How many bytes lie there; None if there are none."""
    return _store().size(sha256)


def forget_incoming(*, before: datetime) -> None:
    """Remove what a killed process left half-way."""
    for path in _incoming().glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()


def _incoming() -> Path:
    return Path(settings.DATA) / "files" / "incoming"


def _store() -> Store:
    if not settings.FILES_URL:
        return Folder(Path(settings.DATA) / "files")
    return _bucket(settings.FILES_URL)


@cache
def _bucket(url: str) -> Store:
    from deskhand.core.bucket import Bucket  # 25 MB of boto3 that a desk with a folder never needs

    return Bucket(url)


def _make_private(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
