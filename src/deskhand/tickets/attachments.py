"""The files of messages: staged for their owner, bound to a message by the door, in the end swept. The only writer of their rows.

The bytes are in the store before a row names them, and are deleted after the last row that named them is gone. In between
stands a lock: the sweep asks and deletes under it alone, whoever names a blob writes the row under it and looks whether the
blob is still there. So a file whose bytes have been an orphan for a day survives being attached at the moment of the sweep.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum

from deskhand.accounts.models import User
from deskhand.core import blobs, jobs, kinds
from deskhand.core.faults import fault
from deskhand.desk.queries import current_desk
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Attachment, Message

MOST_AN_HOUR: Final = 200  # files that one person may attach (D11)
MOST_UNSENT: Final = 10  # times the limit of a message: what one person may have staged in a day and not sent
STAGED_FOR: Final = timedelta(hours=24)
ORPHANS_FOR: Final = timedelta(hours=24)  # an upload, a job and a clock that is wrong together take less
BATCH: Final = 500  # blobs asked about at once
_LOCK: Final = 0x66696C65  # "file", the advisory lock's number on PostgreSQL


class TooManyFilesError(Exception):
    """More files in an hour, or more bytes that are not sent, than a person attaches."""


class Incoming(Protocol):
    """A file that has arrived and is not in the store yet."""

    @property
    def name(self) -> str:
        """What the sender called it, cleaned."""

    @property
    def kind(self) -> str:
        """A slug of `core.kinds`."""

    @property
    def writer(self) -> blobs.Writer:
        """Its bytes."""


def stage(*, owner: User, files: Iterable[Incoming], at: datetime) -> list[Attachment]:
    """Keep these files for a message of `owner` that is yet to be written. Raises TooManyFilesError; then none is kept.

    Call it outside a transaction: bytes are synced, or sent to a bucket.
    """
    coming = list(files)
    if not coming:
        return []
    _leave_room(owner, coming, at=at)
    found = [file.writer.finish() for file in coming]
    fault("attach.after_file_before_row")
    rows = [
        Attachment(owner=owner, name=file.name, kind=file.kind, size=blob.size, sha256=blob.sha256, at=at)
        for file, blob in zip(coming, found, strict=True)
    ]
    with transaction.atomic():
        _lock(alone=False)
        _write_back([file.writer for file in coming], found)
        for row in rows:
            row.save(force_insert=True)
    for file in coming:
        file.writer.close()
    return rows


def _leave_room(owner: User, coming: Sequence[Incoming], *, at: datetime) -> None:
    """Nobody fills the disk with what is never sent: what was taken away again lies there until the sweep, too (D11)."""
    recent = Attachment.objects.filter(owner=owner, at__gt=at - STAGED_FOR).aggregate(
        files=Count("pk", filter=Q(at__gt=at - timedelta(hours=1))),
        unsent=Sum("size", filter=Q(message=None), default=0),
    )
    size = sum(file.writer.size for file in coming)
    if (
        recent["files"] + len(coming) > MOST_AN_HOUR
        or recent["unsent"] + size > MOST_UNSENT * current_desk().file_limit
    ):
        raise TooManyFilesError


def staged(*, owner: User, keys: Iterable[UUID | str]) -> list[Attachment]:
    """Those of these files that are `owner`'s and in no message yet, in the order of the keys, each once (D12)."""
    asked = list(dict.fromkeys(filter(None, map(_key, keys))))
    if not asked:
        return []
    found = {row.key: row for row in _free(owner).filter(key__in=asked)}
    return [found[key] for key in asked if key in found]


def of_messages(messages: Iterable[Message]) -> dict[int, list[Attachment]]:
    """The files of these messages by the message's key, in the order in which they were attached; in one query."""
    found: dict[int, list[Attachment]] = {}
    keys = [message.pk for message in messages]
    for row in Attachment.objects.filter(message__in=keys, removed_at=None).order_by("id") if keys else ():
        found.setdefault(row.message_id or 0, []).append(row)
    return found


def drop(attachment: Attachment, *, by: User, at: datetime) -> bool:
    """Take a staged file away; False when it is in a message by now, or not theirs. It still counts as attached (D11)."""
    return bool(_free(by).filter(pk=attachment.pk).update(removed_at=at))


def total(files: Iterable[Attachment]) -> int:
    """How many bytes they are together."""
    return sum(file.size for file in files)


def bind(message: Message, files: Sequence[Attachment], *, at: datetime) -> bool:
    """Give staged files to a message of their owner; False when one of them is no longer there to be given.

    For the door alone (`tickets.changes`), whose transaction then ends.
    """
    if not files:
        return True
    keys = {file.pk for file in files}
    if message.author is None or _free(message.author).filter(pk__in=keys).update(message=message) != len(files):
        return False
    for file in files:
        if kinds.KINDS[file.kind].has_thumbnail:
            jobs.enqueue("tickets.thumbnail", {"id": file.pk}, at=at)
    return True


def keep_thumbnail(attachment: Attachment, encoded: bytes, *, width: int, height: int) -> None:
    """Store its small picture; `width` and `height` are pixels."""
    with blobs.writer() as writer:
        writer.write(encoded)
        blob = writer.finish()
        with transaction.atomic():
            _lock(alone=False)
            _write_back([writer], [blob])
            Attachment.objects.filter(pk=attachment.pk).update(
                thumbnail=blob.sha256, thumbnail_width=width, thumbnail_height=height
            )


def remove_files(message: Message, *, at: datetime) -> None:
    """The files of a message that is redacted are gone for everybody, at once (D10); the sweep takes the bytes."""
    message.attachments.filter(removed_at=None).update(removed_at=at)


def sweep(*, at: datetime) -> None:
    """Delete what nobody needs any more; every hour a share of the blobs, so that a day sees them all.

    Rows: staged over a day ago (but those of a reply that still waits or was refused), and removed ones. Blobs: those that no
    row names, last written over a day ago. And what a killed process left half-way.
    """
    is_old = Q(at__lt=at - STAGED_FOR)
    Attachment.objects.filter(is_old).exclude(removed_at=None).delete()
    Attachment.objects.filter(is_old, message=None).exclude(key__in=_waiting()).delete()
    blobs.forget_incoming(before=at - ORPHANS_FOR)
    for share in range(at.hour, 256, 24):
        sweep_blobs(begins=f"{share:02x}", at=at)


def sweep_blobs(*, begins: str, at: datetime) -> None:
    """Delete the blobs of one share (their first two digits) that are a day old and named by no row."""
    before = at - ORPHANS_FOR
    for names in _batches(blobs.older_than(before, begins=begins)):
        for sha256 in set(names) - _named(names):  # almost all are named, and for those nobody need wait
            with transaction.atomic():
                _lock(alone=True)
                written_at = blobs.written_at(sha256)
                if written_at and written_at < before and not _named([sha256]):
                    blobs.delete(sha256)


def _waiting() -> set[str]:
    """The keys of files in replies that are not sent yet."""
    held = ScheduledChange.objects.filter(state__in=[ScheduledChange.State.PENDING, ScheduledChange.State.REFUSED])
    return {
        key
        for actions in held.values_list("actions", flat=True)
        for action in actions
        for key in action.get("files", [])
    }


def _named(names: Sequence[str]) -> set[str]:
    """Those of these blobs that a row needs."""
    files = Attachment.objects.filter(sha256__in=names).values_list("sha256")
    thumbnails = Attachment.objects.filter(thumbnail__in=names).values_list("thumbnail")
    return {name for (name,) in files.union(thumbnails)}


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, BATCH)):
        yield batch


def _write_back(writers: Sequence[blobs.Writer], found: Sequence[blobs.Blob]) -> None:
    """Put back what the sweep has taken since: it thought nobody wants these bytes. From here on it sees the rows, or waits."""
    for writer, blob in zip(writers, found, strict=True):
        if not blobs.exists(blob.sha256):
            writer.finish()


def _lock(*, alone: bool) -> None:
    """Held until the transaction ends. On SQLite the transaction itself is the lock: there is one writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [_LOCK])


def _free(owner: User) -> QuerySet[Attachment]:
    return Attachment.objects.filter(owner=owner, message=None, removed_at=None)


def _key(written: UUID | str) -> UUID | None:
    try:
        return written if isinstance(written, UUID) else UUID(written)
    except ValueError:
        return None
