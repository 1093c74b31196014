"""Real worker processes on one queue, and what is left when one of them is killed."""

import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings

from deskhand.config import worker as worker_module
from deskhand.config.parent import Parent
from deskhand.config.worker import Worker
from deskhand.core import jobs
from deskhand.core.models import Job
from deskhand.ui.models import Submission
from tests.processes import PATIENCE_S, QUEUE, Installation, free_port, read_rows

pytestmark = pytest.mark.faults


def lines(path: Path) -> list[int]:
    """What was sent so far."""
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def wait_for_all(path: Path, count: int) -> None:
    """Until each of `count` numbers was sent."""
    deadline = time.monotonic() + PATIENCE_S
    while len(set(lines(path))) < count:
        assert time.monotonic() < deadline, f"{len(set(lines(path)))} of {count} were sent"
        time.sleep(0.05)


def counted(installation: Installation) -> tuple[int, ...]:
    """(entries, different entries, jobs left); waits for the last job's row to go."""
    sent = "FROM core_auditentry WHERE action = 'test.sent'"
    counts = f"SELECT (SELECT count(subject) {sent}), (SELECT count(DISTINCT subject) {sent}), (SELECT count(*) FROM core_job)"
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = tuple(int(str(count)) for count in read_rows(installation, counts)[0])
        if found[2] == 0 or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_two_workers_one_queue(installation: Installation, tmp_path: Path) -> None:
    """F-25: nothing lost, nothing double, though one worker is killed between its tick and the end of its job."""
    count, sent = 400, tmp_path / "sent"
    installation.run(sys.executable, QUEUE, "fill", str(count))
    killed = installation.start(sys.executable, QUEUE, "work", str(sent), FAULTS="job.after_step:kill:10")
    wait_for_all(sent, 1)  # it is at work; the other one could do all of it alone
    steady = installation.start(sys.executable, QUEUE, "work", str(sent))
    wait_for_all(sent, count)
    assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    assert counted(installation) == (count, count, 0)
    assert len(lines(sent)) - count in {0, 1}  # the killed one's job may have written its line twice, no other
    steady.terminate()
    assert steady.wait(timeout=PATIENCE_S) == 0


@pytest.mark.parametrize("point", ["job.after_claim:kill:3", "job.after_step:kill:3", "job.before_finish:kill:3"])
def test_a_worker_killed_anywhere_loses_and_doubles_nothing(
    installation: Installation, tmp_path: Path, point: str
) -> None:
    """The kill matrix of the queue itself."""
    sent = tmp_path / "sent"
    installation.run(sys.executable, QUEUE, "fill", "5")
    killed = installation.start(sys.executable, QUEUE, "work", str(sent), FAULTS=point)
    assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    assert len(lines(sent)) in {2, 3}
    second = installation.start(sys.executable, QUEUE, "work", str(sent))
    wait_for_all(sent, 5)
    assert counted(installation) == (5, 5, 0)
    assert second.poll() is None


def test_a_stopped_worker_finishes_the_job_it_has(installation: Installation, tmp_path: Path) -> None:
    """F-43: SIGTERM in the middle of a job (5 s long here) ends the worker after it, and takes no other."""
    sent = tmp_path / "sent"
    installation.run(sys.executable, QUEUE, "fill", "3")
    worker = installation.start(sys.executable, QUEUE, "work", str(sent), FAULTS="job.before_finish:sleep:2")
    wait_for_all(sent, 2)
    worker.terminate()
    assert worker.wait(timeout=PATIENCE_S) == 0
    assert tuple(map(int, installation.run(sys.executable, QUEUE, "count").split())) == (2, 2, 1)


@jobs.job("test.hang")
def hang(task: jobs.Task) -> None:
    """Take far too long."""
    time.sleep(20)


@pytest.mark.django_db
def test_a_job_that_hangs_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LONGEST_JOB_S", 1)
    monkeypatch.setattr(
        worker_module, "close_old_connections", lambda: None
    )  # the test's transaction lives in this one
    worker = Worker(Parent(None))
    before = signal.signal(signal.SIGALRM, lambda *_: worker._out_of_time())
    try:
        jobs.enqueue("test.hang", {}, at=jobs.database_now() - timedelta(seconds=1))
        assert worker._turn() is True
    finally:
        signal.signal(signal.SIGALRM, before)
    job = Job.objects.get()
    assert (job.attempts, job.lease, job.error) == (1, "", "HangingError: a job may take 1 seconds")


@pytest.mark.django_db
def test_every_hour_what_nobody_needs_any_more_is_deleted() -> None:
    now = jobs.database_now()
    for days in (13, 15):
        Submission.objects.create(key=uuid4(), at=now - timedelta(days=days))
    cache.set("fresh", 1, timeout=3600)
    cache.set("expired", 1, timeout=3600)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shared_cache SET expires = '2020-01-01 00:00:00' WHERE cache_key LIKE '%expired'")
    for clean in worker_module.housekeeping():
        clean()
    assert [row.at for row in Submission.objects.all()] == [now - timedelta(days=13)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM shared_cache")
        assert cursor.fetchall() == [(":1:fresh",)]


def test_a_bucket_that_is_away_stops_no_worker(settings: Settings, db: None, caplog: pytest.LogCaptureFixture) -> None:
    """The sweep says so and is tried again in an hour."""
    settings.FILES_URL = f"s3://none/x?endpoint=http://127.0.0.1:{free_port()}&region=x"
    for clean in worker_module.housekeeping():
        clean()
    assert "the sweep of attached files failed" in caplog.text
