"""The desk's settings, read on every page and changed once a month: cached in the process."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser

from deskhand.core import crypto
from deskhand.core.models import AuditEntry
from deskhand.desk.models import Desk

CONFIGURED: Final = "desk.configured"  # the name of a change of settings in the audit trail
CACHE_S = 1.0  # a change in one process is seen by all others after this time at the latest
Value = TypeVar("Value")
_lock = Lock()
_cached: tuple[float, Desk] | None = None
_times_forgotten = 0


def current_desk() -> Desk:
    """The desk's settings, at most one second old; do not change the instance, use `desk.changes`."""
    global _cached
    with _lock:
        if _cached is None or time.monotonic() - _cached[0] > CACHE_S:
            _cached = (time.monotonic(), Desk.objects.filter(pk=1).first() or Desk(pk=1))
        return _cached[1]


def forget_cached_desk() -> None:
    """The next reader asks the database, also for what is kept by `Kept`."""
    global _cached, _times_forgotten
    with _lock:
        _cached = None
        _times_forgotten += 1


class Kept(Generic[Value]):
    """What many pages read and an administrator changes once a month, such as teams and statuses: kept in the process.

    It is read again when the desk's version has risen; whoever changes it calls `desk.changes.touch` in the same transaction.
    Do not change the value.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._kept: tuple[tuple[int, int], Value] | None = None

    def __call__(self) -> Value:
        """The value, at most as old as `current_desk`."""
        # The version first: what is read after it is at least as new. Two threads may both read; either result is right.
        key = (_times_forgotten, current_desk().version)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._read())
        return self._kept[1]


def newest_change() -> int:
    """The audit entry of the last change of settings; asked in that change's transaction it is that very one."""
    return AuditEntry.objects.filter(action=CONFIGURED).latest("pk").pk


def standing_change(number: int, *, by: AbstractBaseUser) -> AuditEntry | None:
    """This person's change of settings, if the desk still is as the change left it: then its `before` can be put back."""
    entry = AuditEntry.objects.filter(pk=number, action=CONFIGURED, by_id=by.pk).first()
    desk = current_desk()
    stands = entry is not None and all(getattr(desk, name) == value for name, value in entry.after.items())
    return entry if stands else None


def setup_token() -> str:
    """The secret part of the set-up link. It works until the desk is set up."""
    return crypto.mac("set-up", "desk")
