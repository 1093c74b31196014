"""The queue's promises, one by one, with time given."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from deskhand.core import jobs
from deskhand.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db

calls: list[dict[str, Any]] = []


@jobs.job("test.call")
def call(task: jobs.Task) -> None:
    """Remember the payload; misbehave as it says."""
    calls.append(task.payload)
    if task.payload.get("then") == "wait" and task.attempts <= task.payload["tries"]:
        raise jobs.RetryLaterError("nobody is there")
    if "then" in task.payload:
        raise RuntimeError("the server is down")


@jobs.job("test.steps")
def steps(task: jobs.Task) -> None:
    """Two ticks; the second fails for as long as the payload says."""
    with task.step("first") as is_due:
        if is_due:
            calls.append({"step": "first"})
    with task.step("second") as is_due:
        if is_due:
            AuditEntry.objects.create(at=task.created_at, action="test.second", subject="x")
            if task.attempts <= task.payload["failures"]:
                raise RuntimeError("not yet")
            calls.append({"step": "second"})


@pytest.fixture(autouse=True)
def _no_calls() -> Iterator[None]:
    calls.clear()
    yield
    calls.clear()


def enqueued(at: datetime, *, run_at: datetime | None = None, dedupe_key: str | None = None) -> Job:
    """One waiting job."""
    jobs.enqueue("test.call", {"number": 1}, at=at, run_at=run_at, dedupe_key=dedupe_key)
    return Job.objects.get()


def test_a_due_job_runs_once_and_is_gone(at: datetime) -> None:
    enqueued(at)
    assert jobs.run_due(at=at) == 1
    assert calls == [{"number": 1}]
    assert list(Job.objects.all()) == []
    assert jobs.run_due(at=at) == 0


def test_a_job_for_later_waits(at: datetime) -> None:
    enqueued(at, run_at=at + timedelta(seconds=20))
    assert jobs.claim(at=at + timedelta(seconds=19)) is None
    assert jobs.claim(at=at + timedelta(seconds=20)) is not None


def test_the_oldest_due_job_comes_first(at: datetime) -> None:
    for number, seconds in enumerate([2, 0, 1]):
        jobs.enqueue("test.call", {"number": number}, at=at, run_at=at + timedelta(seconds=seconds))
    jobs.run_due(at=at + timedelta(seconds=5))
    assert [payload["number"] for payload in calls] == [1, 2, 0]


def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(at: datetime) -> None:
    enqueued(at)
    first = jobs.claim(at=at)
    assert first is not None
    assert jobs.claim(at=at + jobs.LEASE) is None
    second = jobs.claim(at=at + jobs.LEASE + timedelta(milliseconds=1))
    assert second is not None
    assert (second.id, second.attempts) == (first.id, 2)


def test_a_step_renews_the_lease(at: datetime) -> None:
    """A job of many steps (a demo) takes longer than a lease; no other worker may begin it anew."""
    jobs.enqueue("test.steps", {"failures": 0}, at=at)
    task = jobs.claim(at=at)
    assert task is not None
    task.started_s -= 50
    with task.step("first"):
        pass
    assert jobs.claim(at=at + timedelta(seconds=109)) is None
    assert jobs.claim(at=at + timedelta(seconds=111)) is not None


def test_who_lost_the_lease_settles_nothing(at: datetime) -> None:
    enqueued(at)
    slow = jobs.claim(at=at)
    other = jobs.claim(at=at + timedelta(minutes=2))
    assert slow is not None
    assert other is not None
    jobs.run(slow, at=at + timedelta(minutes=2))
    assert Job.objects.get().lease == other.lease
    jobs.run(other, at=at + timedelta(minutes=2))
    assert list(Job.objects.all()) == []


def test_who_lost_the_lease_writes_no_step(at: datetime) -> None:
    """The tick and what it stands for are one transaction."""
    jobs.enqueue("test.steps", {"failures": 0}, at=at)
    slow = jobs.claim(at=at)
    jobs.claim(at=at + timedelta(minutes=2))
    assert slow is not None
    slow.done = ["first"]
    jobs.run(slow, at=at)
    assert AuditEntry.objects.filter(action="test.second").count() == 0
    assert Job.objects.get().done == []


def test_a_failing_job_comes_back_later_and_later(at: datetime) -> None:
    jobs.enqueue("test.call", {"then": "fail"}, at=at)
    jobs.run_due(at=at)
    job = Job.objects.get()
    assert (job.state, job.attempts, job.error, job.lease) == ("ready", 1, "RuntimeError: the server is down", "")
    assert at + timedelta(seconds=30) <= job.run_at <= at + timedelta(seconds=60)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 60), (2, 120), (5, 960), (9, 14_400), (40, 14_400)])
def test_pauses_double_up_to_four_hours_with_jitter(attempts: int, longest: int) -> None:
    pauses = [jobs.pause_after(attempts).total_seconds() for _ in range(200)]
    assert longest / 2 <= min(pauses) < max(pauses) <= longest


def test_a_job_that_failed_too_often_waits_for_a_person(at: datetime) -> None:
    jobs.enqueue("test.call", {"then": "fail"}, at=at)
    for _ in range(jobs.ATTEMPTS):
        at += timedelta(hours=5)
        assert jobs.run_due(at=at) == 1
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("dead", 12)
    assert jobs.run_due(at=at + timedelta(days=9)) == 0
    assert jobs.dead_count() == 1


def test_the_first_failure_after_many_tries_that_had_to_wait_is_not_the_last(at: datetime) -> None:
    """A mail server is away for days, then the database stumbles once: the mail's job must live."""
    jobs.enqueue("test.call", {"then": "wait", "tries": jobs.ATTEMPTS}, at=at)
    for _ in range(jobs.ATTEMPTS + 1):
        at += timedelta(hours=5)
        assert jobs.run_due(at=at) == 1
    job = Job.objects.get()
    assert (job.state, job.attempts, job.error) == ("ready", 1, "RuntimeError: the server is down")


def test_a_job_of_an_unknown_name_fails_like_any_other(at: datetime) -> None:
    """After a downgrade, say: it blocks nobody, and works again after the upgrade."""
    jobs.enqueue("test.from_the_future", {}, at=at)
    jobs.enqueue("test.call", {}, at=at)
    assert jobs.run_due(at=at) == 2
    assert Job.objects.get().error == "KeyError: 'test.from_the_future'"
    assert calls == [{}]


def test_a_retry_runs_only_the_steps_that_are_left(at: datetime) -> None:
    jobs.enqueue("test.steps", {"failures": 1}, at=at)
    jobs.run_due(at=at)
    assert Job.objects.get().done == ["first"]
    assert AuditEntry.objects.filter(action="test.second").count() == 0  # the failed step was rolled back
    jobs.run_due(at=at + timedelta(hours=1))
    assert calls == [{"step": "first"}, {"step": "second"}]
    assert AuditEntry.objects.filter(action="test.second").count() == 1


def test_a_dedupe_key_adds_nothing_while_its_job_waits(at: datetime) -> None:
    enqueued(at, dedupe_key="index:7")
    enqueued(at, dedupe_key="index:7")
    jobs.enqueue("test.call", {"number": 2}, at=at, dedupe_key="index:8")
    assert Job.objects.count() == 2


def test_a_dedupe_key_is_free_once_its_job_was_claimed(at: datetime) -> None:
    """What changed while the job runs must not be missed."""
    enqueued(at, dedupe_key="index:7")
    jobs.claim(at=at)
    jobs.enqueue("test.call", {"number": 1}, at=at, dedupe_key="index:7")
    assert Job.objects.count() == 2


def test_a_waiting_job_can_be_cancelled_a_claimed_one_cannot(at: datetime) -> None:
    enqueued(at, run_at=at + timedelta(seconds=20), dedupe_key="send:7")
    assert jobs.cancel("send:7") is True
    assert list(Job.objects.all()) == []
    enqueued(at, dedupe_key="send:7")
    jobs.claim(at=at)
    assert jobs.cancel("send:7") is False
    assert Job.objects.count() == 1


def test_a_released_job_is_free_at_once_and_not_counted_as_tried(at: datetime) -> None:
    enqueued(at)
    task = jobs.claim(at=at)
    assert task is not None
    jobs.release(task)
    again = jobs.claim(at=at)
    assert again is not None
    assert again.attempts == 1


def test_the_longest_wait_counts_what_is_due_and_free(at: datetime) -> None:
    assert jobs.longest_wait(at=at) == timedelta(0)
    enqueued(at)
    jobs.enqueue("test.call", {}, at=at, run_at=at + timedelta(hours=1))
    assert jobs.longest_wait(at=at + timedelta(minutes=3)) == timedelta(minutes=3)
    jobs.claim(at=at)
    assert jobs.longest_wait(at=at + timedelta(seconds=30)) == timedelta(0)


def test_the_database_tells_the_time() -> None:
    first, second = jobs.database_now(), jobs.database_now()
    assert first.utcoffset() == timedelta(0)
    assert timedelta(0) <= second - first < timedelta(seconds=5)


def test_an_armful_holds_the_oldest_fresh_jobs_in_order(at: datetime) -> None:
    for number, seconds in enumerate([2, 0, 1, 3]):
        jobs.enqueue("test.call", {"number": number}, at=at, run_at=at + timedelta(seconds=seconds))
    armful = jobs.claim_some(at=at + timedelta(seconds=5), most=3)
    assert [(task.payload["number"], task.attempts) for task in armful] == [(1, 1), (2, 1), (0, 1)]
    assert [task.payload["number"] for task in jobs.claim_some(at=at + timedelta(seconds=5), most=3)] == [3]


def test_a_job_whose_worker_died_takes_no_others_along(at: datetime) -> None:
    for number in range(3):
        jobs.enqueue("test.call", {"number": number}, at=at, run_at=at + timedelta(seconds=number))
    assert len(jobs.claim_some(at=at + timedelta(seconds=5), most=3)) == 3  # and the worker dies of the first
    later = at + timedelta(minutes=2)
    assert [task.payload["number"] for task in jobs.claim_some(at=later, most=3)] == [0]  # it dies once more
    assert [task.payload["number"] for task in jobs.claim_some(at=later, most=3)] == [1]
    assert [task.payload["number"] for task in jobs.claim_some(at=later, most=3)] == [2]


def test_what_is_given_back_from_an_armful_is_free_and_untried(at: datetime) -> None:
    for number in range(3):
        jobs.enqueue("test.call", {"number": number}, at=at, run_at=at + timedelta(seconds=number))
    later = at + timedelta(seconds=5)
    first, *others = jobs.claim_some(at=later, most=3)
    jobs.release(*others)
    jobs.run(first, at=later)
    assert [(task.payload["number"], task.attempts) for task in jobs.claim_some(at=later, most=3)] == [(1, 1), (2, 1)]


@jobs.job("test.last")
def last(task: jobs.Task) -> None:
    """All in its last step."""
    with task.last_step():
        AuditEntry.objects.create(at=task.created_at, action="test.last", subject="x")


def test_a_last_step_ends_the_job_with_what_it_writes(at: datetime, django_assert_num_queries: Any) -> None:  # noqa: ANN401 - a fixture
    jobs.enqueue("test.last", {}, at=at)
    task = jobs.claim(at=at)
    assert task is not None
    with django_assert_num_queries(4):  # a savepoint, the entry, the row, the savepoint
        jobs.run(task, at=at)
    assert list(Job.objects.all()) == []
    assert AuditEntry.objects.filter(action="test.last").count() == 1


def test_who_lost_the_lease_writes_no_last_step(at: datetime) -> None:
    jobs.enqueue("test.last", {}, at=at)
    slow = jobs.claim(at=at)
    other = jobs.claim(at=at + timedelta(minutes=2))
    assert slow is not None
    assert other is not None
    jobs.run(slow, at=at)
    assert AuditEntry.objects.filter(action="test.last").count() == 0
    assert Job.objects.get().lease == other.lease
