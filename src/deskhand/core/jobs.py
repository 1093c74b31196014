"""Jobs are rows: written in the transaction of the change that needs them, claimed by one statement, leased, retried.

A worker that dies loses nothing: its lease runs out and another worker goes on with what is not ticked off. A worker that
was too slow finds that the lease is no longer its own, and writes nothing. Everything here runs at least once; a job's
effect must be safe to repeat (unique keys do that).
"""

import json
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from deskhand.core.faults import fault
from deskhand.core.models import Job

log = logging.getLogger("deskhand.jobs")

LEASE = timedelta(seconds=60)
ATTEMPTS = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
_WAITED = "tried again later: "  # begins the error of a job that could not be done yet


class LeaseLostError(Exception):
    """Another worker has taken this job over; what this one was about to write must not be written."""


class RetryLaterError(Exception):
    """It could not be done now, for a reason that is known and written down (a server that is away): no traceback.

    It is tried again without end; whoever raises this decides when it is enough.
    """


@dataclass(slots=True)
class Task:
    """A claimed job in the hands of one worker."""

    id: int
    name: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    claimed_at: datetime
    lease: str
    leased_until: datetime
    done: list[str] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)
    is_finished: bool = False

    @contextmanager
    def step(self, tick: str) -> Iterator[bool]:
        """One part of the job with its tick, in one transaction. Yields False when an earlier try has done it already.

        Each step renews the lease, so a job may take as long as it likes if no step takes longer than LEASE.
        """
        if tick in self.done:
            yield False
            return
        with transaction.atomic():
            yield True
            self.done = [*self.done, tick]
            self.leased_until = self.claimed_at + self.in_hand() + LEASE
            mine = Job.objects.filter(pk=self.id, lease=self.lease)
            if not mine.update(done=self.done, leased_until=self.leased_until):
                raise LeaseLostError(self.name)
        fault("job.after_step")

    @contextmanager
    def last_step(self) -> Iterator[None]:
        """The last part of the job and the end of its row, in one transaction: nothing is left to do twice."""
        with transaction.atomic():
            yield
            if not _finish(self):
                raise LeaseLostError(self.name)
        self.is_finished = True

    @property
    def has_waited_long(self) -> bool:
        """Claimed with others, it was not come to soon: what is left of the lease may be too short for a slow mail server."""
        return self.in_hand() > LEASE / 12

    def pick_up(self) -> None:
        """The worker comes to it now, and not at once when it was claimed: what it does happens now."""
        self.claimed_at += self.in_hand()
        self.started_s = time.monotonic()

    def in_hand(self) -> timedelta:
        """How long this worker has had it."""
        return timedelta(seconds=time.monotonic() - self.started_s)


Handler = Callable[[Task], None]
_handlers: dict[str, Handler] = {}


def job(name: str) -> Callable[[Handler], Handler]:
    """Register the function that does the jobs of this name."""

    def register(handler: Handler) -> Handler:
        _handlers[name] = handler
        return handler

    return register


def enqueue(
    name: str, payload: dict[str, Any], *, at: datetime, run_at: datetime | None = None, dedupe_key: str | None = None
) -> None:
    """Write a job row in the caller's transaction; it runs at `run_at` (default: `at`, that is now).

    With a `dedupe_key`, nothing is added while a job with that key waits; once a worker has claimed it the key is free.
    """
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:  # for every change and every mail: one constant statement
        cursor.execute(_ENQUEUE, [name, json.dumps(payload), moment(run_at or at), moment(at), dedupe_key])


_ENQUEUE = """
    INSERT INTO core_job (name, payload, state, run_at, created_at, attempts, lease, dedupe_key, done, error)
    VALUES (%s, %s, 'ready', %s, %s, 0, '', %s, '[]', '')
    ON CONFLICT (dedupe_key) DO NOTHING
"""


def cancel(dedupe_key: str) -> bool:
    """Take back a job that no worker has claimed yet; False when it is too late."""
    return bool(Job.objects.filter(dedupe_key=dedupe_key, lease="").delete()[0])


def database_now() -> datetime:
    """The database's clock, which all nodes share: leases are compared by it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0])
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]  # the driver returns an aware datetime


_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM core_job
        WHERE state = 'ready' AND run_at <= %s AND (leased_until IS NULL OR leased_until < %s)
        ORDER BY run_at, id LIMIT %s {lock}
    )
    UPDATE core_job SET lease = %s, leased_until = %s, attempts = attempts + 1, dedupe_key = NULL
    WHERE id IN (SELECT id FROM due)
    RETURNING id, name, payload, attempts, created_at, done, run_at
"""


def claim(*, at: datetime) -> Task | None:
    """Take the oldest job that is due and free, in one statement, so that two workers never hold the same one."""
    return next(iter(claim_some(at=at, most=1)), None)


def claim_some(*, at: datetime, most: int) -> list[Task]:
    """Take up to `most` of the oldest jobs that are due and free, to be run in this order.

    Only fresh ones come together. One that was tried before comes alone: if its worker died of it, no other dies along.
    """
    lease = secrets.token_hex(8)
    statement = _CLAIM.format(lock="FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else "")
    moment = connection.ops.adapt_datetimefield_value(at)
    until = connection.ops.adapt_datetimefield_value(at + LEASE)
    with transaction.atomic():
        found = Job.objects.raw(statement, [moment, moment, most, lease, until])
        tasks = [
            Task(row.pk, row.name, row.payload, row.attempts, row.created_at, at, lease, at + LEASE, row.done)
            for row in sorted(found, key=lambda row: (row.run_at, row.pk))
        ]
        if any(task.attempts > 1 for task in tasks):
            release(*tasks[1:])
            tasks = tasks[:1]
    return tasks


def run(task: Task, *, at: datetime) -> None:
    """Do one claimed job and settle its row: gone when done, later when it failed, dead when it failed too often.

    `at` is when it was claimed.
    """
    fault("job.after_claim")
    try:
        _handlers[task.name](task)
    except LeaseLostError:
        log.warning("job %s #%s: the lease ran out, another worker has it", task.name, task.id)
    except RetryLaterError as error:
        log.warning("job %s #%s is tried again later: %s", task.name, task.id, error)
        words = f"{_WAITED}{error}"[:2000]
        _settle(task, run_at=at + task.in_hand() + pause_after(task.attempts), error=words)
    except Exception as error:
        log.exception("job %s #%s failed (attempt %s)", task.name, task.id, task.attempts)
        words = f"{type(error).__name__}: {error}"[:2000]
        # Tries that only found a server away do not count: else the first error after three days would be the last.
        waited = Job.objects.filter(pk=task.id, error__startswith=_WAITED).exists()
        failures = 1 if waited else task.attempts
        if failures >= ATTEMPTS:
            _settle(task, state=Job.State.DEAD, error=words)
        else:
            pause = task.in_hand() + pause_after(failures)
            _settle(task, run_at=at + pause, error=words, attempts=failures)
    else:
        fault("job.before_finish")
        if not task.is_finished:
            _finish(task)


def longest_wait(*, at: datetime) -> timedelta:
    """For how long the oldest job that is due and free has been waiting; zero when there is none."""
    free = models.Q(leased_until=None) | models.Q(leased_until__lt=at)
    oldest = Job.objects.filter(free, state=Job.State.READY, run_at__lte=at).aggregate(models.Min("run_at"))[
        "run_at__min"
    ]
    return at - oldest if oldest else timedelta(0)


def dead_count() -> int:
    """How many jobs were tried often enough and wait for a person."""
    return Job.objects.filter(state=Job.State.DEAD).count()


def release(*tasks: Task) -> None:
    """Give claimed jobs back at once, as if they had not been tried: their worker does not come to them."""
    if tasks:
        mine = Job.objects.filter(pk__in=[task.id for task in tasks], lease=tasks[0].lease)
        mine.update(lease="", leased_until=None, attempts=models.F("attempts") - 1)


def pause_after(attempts: int) -> timedelta:
    """Exponential backoff with full jitter, one minute to four hours, so that a dead server is not stormed."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * int(2 ** min(attempts - 1, 10)))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def run_due(*, at: datetime, limit: int = 1000) -> int:
    """Do everything that is due now, one after the other; how many were done."""
    for count in range(limit):
        task = claim(at=at)
        if task is None:
            return count
        run(task, at=at)
    return limit


def _finish(task: Task) -> bool:
    """Delete the row of a job that is done; False when another worker has it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_job WHERE id = %s AND lease = %s", [task.id, task.lease])
        return bool(cursor.rowcount)


def _settle(task: Task, **changes: Any) -> None:  # noqa: ANN401 - column values
    Job.objects.filter(pk=task.id, lease=task.lease).update(lease="", leased_until=None, **changes)
