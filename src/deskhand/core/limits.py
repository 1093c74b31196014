"""How often somebody does something: counts in fixed windows, in the shared cache's table, so that all processes count together.

One statement counts and tells the count: to read, add and write in three lets two at once count as one. The hourly cleaning
deletes what has run out.
"""

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from django.db import connection

from deskhand.core import crypto

WINDOW_S: Final = 60
_COUNT: Final = """
INSERT INTO shared_cache (cache_key, value, expires) VALUES (%s, %s, %s)
ON CONFLICT (cache_key) DO UPDATE
SET value = CAST(CAST(shared_cache.value AS INTEGER) + CAST(excluded.value AS INTEGER) AS TEXT)
RETURNING value
"""


def count(what: str, who: str, *, at: datetime, times: int = 1, window_s: int = WINDOW_S) -> int:
    """So many times in the window of this moment, with this one. `who` (an address, a key) is kept as a code only."""
    begun = int(at.timestamp()) // window_s
    key = f"count:{what}:{crypto.mac('count', f'{what}:{who}')}:{begun}"
    ends = datetime.fromtimestamp((begun + 1) * window_s, UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, str(times), connection.ops.adapt_datetimefield_value(ends + timedelta(seconds=1))])
        return int(cursor.fetchone()[0])


def seconds_left(*, at: datetime, window_s: int = WINDOW_S) -> int:
    """Until the window of this moment is over; at least one."""
    return window_s - int(at.timestamp()) % window_s


class Allowance:
    """At most `most` times a window. Taken from the common count a `block` at a time, so that reading a list writes no row.

    Up to one block for each further process is lost, never gained.
    """

    def __init__(self, what: str, *, most: int, block: int = 1) -> None:
        self._what, self._most, self._block = what, most, block
        self._left: dict[str, tuple[int, int]] = {}  # who → window, how many are left of the block
        self._lock = Lock()

    def take(self, who: str, *, at: datetime) -> bool:
        """Count one; False if it is one too many."""
        begun = int(at.timestamp()) // WINDOW_S
        with self._lock:
            window, left = self._left.get(who, (begun, 0))
            if window == begun and left > 0:
                self._left[who] = (begun, left - 1)
                return True
        if count(self._what, who, at=at, times=self._block) > self._most:
            return False
        if self._block > 1:
            with self._lock:
                if len(self._left) > _MOST_KEPT:
                    self._left.clear()
                self._left[who] = (begun, self._block - 1)
        return True

    def forget(self) -> None:
        """Blocks that were taken count for nothing any more: for tests, whose database is another one each time."""
        with self._lock:
            self._left.clear()


_MOST_KEPT: Final = 10_000
