"""A process of its own for the webhook tests: `fill URL N`, `work` (until SIGTERM) or `left`."""

import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from deskhand.accounts.models import User  # noqa: E402 - models can be imported only after django.setup()
from deskhand.accounts.roles import Role  # noqa: E402
from deskhand.config import worker  # noqa: E402
from deskhand.core import jobs  # noqa: E402
from deskhand.core.models import Job  # noqa: E402
from deskhand.notifications import hooks  # noqa: E402
from deskhand.notifications.models import Delivery  # noqa: E402


def fill(url: str, count: int) -> None:
    """A webhook there, and `count` messages for it."""
    at = jobs.database_now()
    otto = User.objects.create(email="otto@desk.example", username="otto", name="Otto", role=Role.ADMIN, created_at=at)
    hook, _secret = hooks.add_hook(name="Shop", url=url, kinds=[], by=otto, at=at)
    for _number in range(count):
        hooks.send_test(hook, by=otto, at=at)


match sys.argv[1:]:
    case ["fill", url, count]:
        fill(url, int(count))
    case ["work"]:
        jobs.LEASE = timedelta(seconds=3)  # the real ones are longer: too long to wait for in a test
        jobs.FIRST_PAUSE = timedelta(seconds=1)
        hooks._IN_HAND = timedelta(seconds=2)
        worker.main([])
    case ["left"]:
        waiting = Delivery.objects.exclude(state=Delivery.State.ARRIVED).count()
        sys.stdout.write(f"{waiting} {Job.objects.count()}")
