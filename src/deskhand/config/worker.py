"""The worker: takes jobs that are due, one after the other, until it is told to stop."""

import logging
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from deskhand.accounts import sign_on
from deskhand.automation import sweeps
from deskhand.blueprint import demo
from deskhand.config.parent import Parent
from deskhand.core import jobs
from deskhand.notifications.hooks import sweep_deliveries
from deskhand.tickets import attachments
from deskhand.ui.answers import forget_old_answers
from deskhand.ui.forms import forget_old_keys

log = logging.getLogger("deskhand.worker")

IDLE_S = 0.25
GRACE_S = 20  # a job under way may take this long after SIGTERM, then it is given back; the parent kills at 24
LONGEST_OUTAGE_PAUSE_S = 5.0
LONGEST_JOB_S = 300  # the one worker of a desk must not hang in a job for ever; the demo, the longest one, takes 10
HOUSEKEEPING_S = 3600.0
SWEEP_S = 30.0  # so late may a promise be called broken
ARMFUL = 8  # fresh jobs that are claimed together, for each claim must reach the disk


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
        self.next_sweep = 0.0
        self.claimed: deque[jobs.Task] = deque()

    def run(self) -> None:
        """Work until stopped; an unreachable database is waited for, a failing job is the queue's matter."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        signal.signal(signal.SIGALRM, lambda *_: self._out_of_time())
        self.parent.say_ready()
        with suppress(OutOfTimeError):
            self._work()
        with suppress(DatabaseError, InterfaceError):  # then their leases run out
            jobs.release(*self.claimed)

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
        """Do one job, and the cleaning and the sweeps when they are due; False when there was no job."""
        if time.monotonic() >= self.next_housekeeping:
            self.next_housekeeping = time.monotonic() + HOUSEKEEPING_S
            for clean in housekeeping():
                clean()
        if time.monotonic() >= self.next_sweep:
            self.next_sweep = time.monotonic() + SWEEP_S
            sweep_tickets()
        task = self._next()
        if task is None:
            return False
        try:
            self._set_alarm(LONGEST_JOB_S)
            jobs.run(task, at=task.claimed_at)
        except OutOfTimeError:
            connection.close()  # whatever it was in the middle of is rolled back
            jobs.release(task)
            raise
        finally:
            self._set_alarm(0)
            close_old_connections()
        return True

    def _next(self) -> jobs.Task | None:
        """The next of the jobs in hand, or of a new armful; those that have been in hand for too long are given back."""
        if self.claimed and self.claimed[0].has_waited_long:
            jobs.release(*self.claimed)
            self.claimed.clear()
        if not self.claimed:
            self.claimed.extend(jobs.claim_some(at=jobs.database_now(), most=ARMFUL))
        if not self.claimed:
            return None
        task = self.claimed.popleft()
        task.pick_up()
        return task

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


def housekeeping() -> list[Callable[[], object]]:
    """What every hour wants cleaning. Each is safe to run in several workers at once."""
    return [
        _delete_expired_sessions,
        _delete_expired_counts,
        lambda: forget_old_keys(at=jobs.database_now()),
        lambda: forget_old_answers(at=jobs.database_now()),
        lambda: sweep_deliveries(at=jobs.database_now()),
        lambda: sign_on.forget_used(at=jobs.database_now()),
        _sweep_files,
    ]


def sweep_tickets() -> None:
    """What time brings. A sweep that fails is tried again in half a minute; the jobs go on.

    Not while a demo is being written: its own past brings that (`blueprint.demo`), and this would tell everybody now.
    """
    if demo.progress() is not None:
        return
    for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
        try:
            sweep(at=jobs.database_now())
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("a sweep of tickets failed; the next one is in half a minute")


def _sweep_files() -> None:
    """A bucket or a folder that does not answer is tried again in an hour; the jobs go on."""
    try:
        attachments.sweep(at=jobs.database_now())
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        log.exception("the sweep of attached files failed; the next one is in an hour")


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
