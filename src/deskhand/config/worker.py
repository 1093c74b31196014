"""The worker: takes jobs that are due, one after the other, until it is told to stop."""

import logging
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from deskhand.config.parent import Parent
from deskhand.core import jobs

log = logging.getLogger("deskhand.worker")

IDLE_S = 0.25
GRACE_S = 20  # a job under way may take this long after SIGTERM, then it is given back; the parent kills at 24
LONGEST_OUTAGE_PAUSE_S = 5.0
HOUSEKEEPING_S = 3600.0


class OutOfTimeError(BaseException):
    """Raised in the middle of a job when the process must end; not an Exception, so that no job can swallow it."""


class Worker:
    """One process's loop. `run()` returns when it has been told to stop or its parent is gone."""

    def __init__(self, parent: Parent) -> None:
        self.parent = parent
        self.is_stopping = False
        self.outage_pause_s = 0.0
        self.next_housekeeping = 0.0

    def run(self) -> None:
        """Work until stopped; an unreachable database is waited for, a failing job is the queue's matter."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        signal.signal(signal.SIGALRM, lambda *_: _out_of_time())
        self.parent.say_ready()
        with suppress(OutOfTimeError):
            self._work()

    def _work(self) -> None:
        while not self.is_stopping:
            try:
                has_worked = self._turn()
                self._recovered()
            except (DatabaseError, InterfaceError) as error:
                self._wait_for_database(error)
            else:
                if not has_worked:
                    self._sleep(IDLE_S)

    def _turn(self) -> bool:
        """Do one job, and the hourly cleaning when it is due; False when there was nothing to do."""
        if time.monotonic() >= self.next_housekeeping:
            self.next_housekeeping = time.monotonic() + HOUSEKEEPING_S
            for clean in housekeeping():
                clean()
        task = jobs.claim(at=jobs.database_now())
        if task is None:
            return False
        try:
            jobs.run(task, at=jobs.database_now())
        except OutOfTimeError:
            connection.close()  # whatever it was in the middle of is rolled back
            jobs.release(task)
            raise
        finally:
            close_old_connections()
        return True

    def _stop(self) -> None:
        self.is_stopping = True
        signal.alarm(GRACE_S)

    def _sleep(self, seconds: float) -> None:
        """Sleep, but not past the parent's end."""
        if self.parent.fileno() < 0:
            time.sleep(seconds)
        elif select.select([self.parent], [], [], seconds)[0]:
            self.is_stopping = True

    def _wait_for_database(self, error: Exception) -> None:
        if not self.outage_pause_s:
            log.error("the database does not answer, trying again: %s", str(error).partition("\n")[0])
        self.outage_pause_s = min(LONGEST_OUTAGE_PAUSE_S, self.outage_pause_s * 2 or 0.5)
        connection.close()
        self._sleep(self.outage_pause_s)

    def _recovered(self) -> None:
        if self.outage_pause_s:
            self.outage_pause_s = 0.0
            log.info("the database answers again")


def _out_of_time() -> None:
    raise OutOfTimeError


def housekeeping() -> list[Callable[[], None]]:
    """What every hour wants cleaning. Each is safe to run in several workers at once."""
    return [_delete_expired_sessions]


def _delete_expired_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def main(arguments: Sequence[str]) -> int:
    """`deskhand worker [PARENT-DESCRIPTOR]`, as `deskhand serve` starts it."""
    Worker(Parent(int(arguments[0]) if arguments else None)).run()
    return 0
