"""A whole desk brought in at once, looked at before, and taken back: the only writer of snapshots."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from deskhand.accounts.models import User
from deskhand.blueprint.apply import apply
from deskhand.blueprint.differences import differences
from deskhand.blueprint.document import Document
from deskhand.blueprint.models import Snapshot
from deskhand.blueprint.queries import desk_as_document
from deskhand.blueprint.reader import read
from deskhand.blueprint.writer import write
from deskhand.core import audit
from deskhand.desk.models import Desk
from deskhand.desk.queries import forget_cached_desk

KEPT: Final = 30  # snapshots


@dataclass(frozen=True, slots=True)
class Imported:
    """What is different now, in words, and the desk as it was; nothing and None when the file says what is there."""

    differences: list[str]
    snapshot: Snapshot | None


def export() -> str:
    """This desk as a file. To import it changes nothing."""
    with transaction.atomic():  # one look at everything, also while somebody saves a page of settings
        return write(desk_as_document())


def preview(text: str, *, by: User | None, at: datetime) -> list[str]:
    """What an import would change. It is done and taken back, so that what it says is what will happen.

    Raises BlueprintError, as the import would.
    """
    document = read(text)
    try:
        with _alone():
            before = desk_as_document()
            apply(document, by=by, at=at)
            found = differences(before, desk_as_document())
            transaction.set_rollback(True)
    finally:
        forget_cached_desk()
    return found


def bring_in(text: str, *, by: User | None, at: datetime, why: str) -> Imported:
    """Make the desk what the file says, in one transaction with the snapshot of what it was; `why` names it.

    One audit entry, besides those of what changed. Raises BlueprintError; then nothing has changed.
    """
    return _apply(read(text), by=by, at=at, why=why)


def go_back(snapshot: Snapshot, *, by: User | None, at: datetime, why: str) -> Imported:
    """The desk as it was before an import. What is there now is kept as a snapshot, too. Raises BlueprintError."""
    return _apply(read(snapshot.text), by=by, at=at, why=why)


def _apply(document: Document, *, by: User | None, at: datetime, why: str) -> Imported:
    try:
        with _alone():
            before = desk_as_document()
            apply(document, by=by, at=at)
            found = differences(before, desk_as_document())
            if not found:
                transaction.set_rollback(True)  # places counted anew, or a tip's blanks, are nothing that anybody sees
                return Imported([], None)
            snapshot = Snapshot.objects.create(at=at, by=by, why=why[:200], text=write(before))
            old = Snapshot.objects.order_by("-pk").values_list("pk", flat=True)[KEPT:]
            Snapshot.objects.filter(pk__in=list(old)).delete()
            audit.record(
                "blueprint.imported", by=by, at=at, subject=f"snapshot:{snapshot.pk}", after={"changes": found[:100]}
            )
    finally:
        forget_cached_desk()
    return Imported(found, snapshot)


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else changes settings meanwhile: all their writers hold the desk's row."""
    with transaction.atomic():
        Desk.objects.get_or_create(pk=1)
        Desk.objects.select_for_update().get(pk=1)
        yield
