"""A process of its own for the queue tests: `fill N`, `work FILE` (until SIGTERM), or `count`.

The job under test does what every job does: something outside that cannot be taken back (a line in a file), and
something inside, ticked off in the same transaction.
"""

import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from deskhand.config import worker  # noqa: E402 - models can be imported only after django.setup()
from deskhand.core import audit, jobs  # noqa: E402
from deskhand.core.models import AuditEntry, Job  # noqa: E402


@jobs.job("test.send")
def send(task: jobs.Task) -> None:
    """Write the number to the file, then to the database."""
    number = task.payload["number"]
    os.write(_file, f"{number}\n".encode())
    with task.step("sent") as is_due:
        if is_due:
            audit.record("test.sent", by=None, at=task.created_at, subject=str(number))


def fill(count: int) -> None:
    """Put `count` jobs into the queue."""
    at = jobs.database_now()
    rows = [Job(name="test.send", payload={"number": number}, run_at=at, created_at=at) for number in range(count)]
    Job.objects.bulk_create(rows)


def counted() -> tuple[int, int, int]:
    """How many entries, how many different ones, how many jobs are left."""
    entries = AuditEntry.objects.filter(action="test.sent").values_list("subject", flat=True)
    return len(entries), len(set(entries)), Job.objects.count()


match sys.argv[1:]:
    case ["fill", count]:
        fill(int(count))
    case ["work", path]:
        _file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        jobs.LEASE = timedelta(seconds=3)  # the real one is a minute: too long to wait for in a test
        worker.main([])
    case ["count"]:
        sys.stdout.write(" ".join(map(str, counted())))
