"""The only writer of the desk's settings."""

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from deskhand.core import audit
from deskhand.desk import shapes
from deskhand.desk.models import Desk
from deskhand.desk.queries import CONFIGURED, forget_cached_desk


class AlreadySetUpError(Exception):
    """The set-up link has been used."""


def configure(*, by: AbstractBaseUser | None, at: datetime, **values: Any) -> Desk:  # noqa: ANN401 - column values
    """Change some of the desk's settings; one audit entry with what was and what is. Unchanged values write nothing.

    Raises ValidationError, by column, for what no setting can hold, whoever asks: a page, a file, a preset.
    """
    with transaction.atomic():
        Desk.objects.get_or_create(pk=1)
        desk = Desk.objects.select_for_update().get(pk=1)
        before = {name: getattr(desk, name) for name, value in values.items() if getattr(desk, name) != value}
        if before:
            after = {name: values[name] for name in before}
            desk.version += 1
            _set(desk, after)
            desk.save(update_fields=[*before, "version"])
            audit.record(CONFIGURED, by=by, at=at, subject="desk", before=before, after=after)
    _forget()
    return desk


def check(**values: Any) -> None:  # noqa: ANN401 - column values
    """Raise what `configure` would raise, and write nothing."""
    _set(Desk.objects.filter(pk=1).first() or Desk(pk=1), values)


def touch() -> None:
    """Something that `desk.queries.Kept` holds has changed in this transaction: every process reads it again."""
    Desk.objects.get_or_create(pk=1)
    Desk.objects.filter(pk=1).update(version=F("version") + 1)
    _forget()


def finish_setup(*, by: AbstractBaseUser, at: datetime) -> None:
    """From now on the set-up link is dead. Raises AlreadySetUpError for whoever comes second."""
    with transaction.atomic():
        if not Desk.objects.filter(pk=1, set_up_at=None).update(set_up_at=at):
            raise AlreadySetUpError
        audit.record("desk.set_up", by=by, at=at, subject="desk")
    _forget()


def _set(desk: Desk, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(desk, name, value)
    desk.full_clean()
    shapes.check(desk)


def _forget() -> None:
    """Now for the rest of this transaction, and again after it.

    If this thread reads the new version before it is committed, another one keeps what was under that very version.
    """
    forget_cached_desk()
    transaction.on_commit(forget_cached_desk)
