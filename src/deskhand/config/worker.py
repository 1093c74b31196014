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
from deskhand.ui.forms import forget_old_keys

log = logging.getLogger("deskhand.worker")

IDLE_S = 0.25
GRACE_S = 20  # a job under way may take this long after SIGTERM, then it is given back; the parent kills at 24
LONGEST_OUTAGE_PAUSE_S = 5.0
LONGEST_JOB_S = 300  # the one worker of a desk must not hang in a job for ever; the demo, the longest one, takes 10
HOUSEKEEPING_S = 3600.0


class OutOfTimeError(BaseException):
    """Raised in the middle of a job when the process must end; not an Exception, so that no job can swallow it."""


class HangingError(Exception):
    """Raised in the middle of a job that takes too long: it has failed like any other that fails."""


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
        signal.signal(signal.SIGALRM, lambda *_: self._out_of_time())
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
            self._set_alarm(LONGEST_JOB_S)
            jobs.run(task, at=jobs.database_now())
        except OutOfTimeError:
            connection.close()  # whatever it was in the middle of is rolled back
            jobs.release(task)
            raise
        finally:
            self._set_alarm(0)
            close_old_connections()
        return True

    def _stop(self) -> None:
        self.is_stopping = True
        signal.alarm(GRACE_S)

    def _set_alarm(self, seconds: int) -> None:
        if not self.is_stopping:  # then the alarm is set already, and nothing may put it off
            signal.alarm(seconds)

    def _out_of_time(self) -> None:
        if self.is_stopping:
            raise OutOfTimeError
        raise HangingError(f"a job may take {LONGEST_JOB_S} seconds")

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


def housekeeping() -> list[Callable[[], None]]:
    """What every hour wants cleaning. Each is safe to run in several workers at once."""
    return [_delete_expired_sessions, _delete_expired_counts, lambda: forget_old_keys(at=jobs.database_now())]


def _delete_expired_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def _delete_expired_counts() -> None:
    """Django's cache deletes a row only when its key is asked for again, which a count of some visitor's tries never is."""
    now = connection.ops.adapt_datetimefield_value(jobs.database_now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM shared_cache WHERE expires < %s", [now])


def main(arguments: Sequence[str]) -> int:
    """`deskhand worker [PARENT-DESCRIPTOR]`, as `deskhand serve` starts it."""
    Worker(Parent(int(arguments[0]) if arguments else None)).run()
    return 0
