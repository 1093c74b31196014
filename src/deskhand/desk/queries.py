"""The desk's settings, read on every page and changed once a month: cached in the process."""

import time
from threading import Lock

from deskhand.core import crypto
from deskhand.desk.models import Desk

CACHE_S = 1.0  # a change in one process is seen by all others after this time at the latest
_lock = Lock()
_cached: tuple[float, Desk] | None = None


def current_desk() -> Desk:
    """The desk's settings, at most one second old; do not change the instance, use `desk.changes`."""
    global _cached
    with _lock:
        if _cached is None or time.monotonic() - _cached[0] > CACHE_S:
            _cached = (time.monotonic(), Desk.objects.filter(pk=1).first() or Desk(pk=1))
        return _cached[1]


def forget_cached_desk() -> None:
    """The next reader asks the database."""
    global _cached
    with _lock:
        _cached = None


def setup_token() -> str:
    """The secret part of the set-up link. It works until the desk is set up."""
    return crypto.mac("set-up", "desk")
