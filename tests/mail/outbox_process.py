"""A process of its own for the outbox tests: `fill N`, `work` (until SIGTERM) or `left`."""

import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from deskhand.config import worker  # noqa: E402 - models can be imported only after django.setup()
from deskhand.core import jobs  # noqa: E402
from deskhand.core.models import Job  # noqa: E402
from deskhand.mail.changes import post  # noqa: E402
from deskhand.mail.letters import Letter, render  # noqa: E402
from deskhand.mail.models import Kind, Mail, State  # noqa: E402


def fill(count: int) -> None:
    """Put `count` mails into the outbox."""
    at = jobs.database_now()
    for number in range(count):
        letter = render(Letter(subject=f"Mail {number}", headline=f"This is mail {number}."))
        post(letter, kind=Kind.TEST, to=f"reader{number}@customer.example", at=at)


match sys.argv[1:]:
    case ["fill", count]:
        fill(int(count))
    case ["work"]:
        jobs.LEASE = timedelta(seconds=3)  # the real one is a minute: too long to wait for in a test
        worker.main([])
    case ["left"]:
        sys.stdout.write(f"{Mail.objects.exclude(state=State.SENT).count()} {Job.objects.count()}")
