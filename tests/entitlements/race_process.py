"""A process of its own for the race test: `seed`, `race NAME START`, or `count`."""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from deskhand.accounts.models import Organization, User  # noqa: E402 - models can be imported only after django.setup()
from deskhand.core import jobs  # noqa: E402
from deskhand.core.models import Job  # noqa: E402
from deskhand.entitlements.changes import activate, record_purchase  # noqa: E402
from deskhand.entitlements.errors import NoRoomError  # noqa: E402
from deskhand.entitlements.models import Installation, License, Purchase  # noqa: E402
from deskhand.entitlements.order import Order  # noqa: E402
from tests import make  # noqa: E402

ORDERS = 60  # two for each new address, four for each new organization


def record(number: int) -> Counter[str]:
    """Order `number`, as every other process records it in the same moment."""
    at = jobs.database_now()
    order = Order(
        reference=f"SHOP-{number}", product="theme", email=f"nina{number // 2}@new.example", name="Nina", bought_at=at,
        organization=f"Fjord {number // 4}",
    )  # fmt: skip
    done = record_purchase(order=order, via=Purchase.Via.API, by=None, at=at)
    return Counter(new=done.is_new, people=done.is_new_person)


def install(name: str, key: str) -> Counter[str]:
    """A place of this process's own, for a license that has room for one."""
    try:
        activate(key=key, domain=f"{name}.example", at=jobs.database_now())
    except NoRoomError:
        return Counter(full=1)
    return Counter(installed=1)


def race(name: str, start: Path) -> None:
    """All orders one after the other from the moment on that the file names, and then all licenses."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not start.exists():
        time.sleep(0.01)
    time.sleep(max(0.0, float(start.read_text()) - time.time()))
    counts: Counter[str] = Counter(new=0, people=0, installed=0, full=0)
    for number in range(ORDERS):
        counts.update(record(number))
    for key in License.objects.filter(purchase__reference__in=[f"SHOP-{n}" for n in range(ORDERS)]).order_by("pk"):
        counts.update(install(name, key.key))
    sys.stdout.write(json.dumps(counts) + "\n")


match sys.argv[1:]:
    case ["seed"]:
        make.product(at=jobs.database_now(), license_count=1, installations=1)
    case ["race", name, start]:
        race(name, Path(start))
    case ["count"]:
        told = Counter(name for job in Job.objects.all() for name in job.payload.get("names", []))
        found = {
            "purchases": Purchase.objects.count(), "licenses": License.objects.count(), "told": told,
            "people": User.objects.get_queryset().count(), "organizations": Organization.objects.count(),
            "installations": Installation.objects.count(),
        }  # fmt: skip
        sys.stdout.write(json.dumps(found))
