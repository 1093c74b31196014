"""A process of its own for the race of a ticket and a refund: `seed`, `refund HOLD_S`, `open HOLD_S`, or `told`.

Whoever holds says so in a line once it has done its part, and commits that many seconds later.
"""

import os
import sys
import time
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.db import transaction  # noqa: E402 - models can be imported only after django.setup()
from django.utils import timezone  # noqa: E402

from deskhand.accounts.models import User  # noqa: E402
from deskhand.core import jobs  # noqa: E402
from deskhand.core.html import compose  # noqa: E402
from deskhand.entitlements.changes import end_purchase  # noqa: E402
from deskhand.entitlements.models import Purchase  # noqa: E402
from deskhand.tickets.changes import open_ticket  # noqa: E402
from deskhand.tickets.errors import NoSupportError  # noqa: E402
from deskhand.tickets.events import Kind, Via  # noqa: E402
from deskhand.tickets.models.choices import Need, Topic  # noqa: E402
from deskhand.tickets.models.event import Event  # noqa: E402
from tests import cast, make  # noqa: E402
from tests.tickets.shop import bought  # noqa: E402


def hold(seconds: str) -> None:
    """Say that everything is written but the commit."""
    sys.stdout.write("held\n")
    sys.stdout.flush()
    time.sleep(float(seconds))


def refund(seconds: str) -> None:
    """The purchase as it is before, or once whoever holds it has let go."""
    with transaction.atomic():
        end_purchase(Purchase.objects.get(), state=Purchase.State.REFUNDED, by=None, at=timezone.now())
        hold(seconds)


def open_one(seconds: str) -> str:
    """With a form that was filled in while support was there: its number, or why not."""
    person, purchase, topic = (
        User.objects.get(username="carl"),
        Purchase(pk=1, owner_id=1),
        Topic.objects.get(name="Gated"),
    )
    try:
        with transaction.atomic():
            with open_ticket(
                requester=person, subject="Broken", body=compose("x"), topic=topic, priority=None, by=person, via=Via.PORTAL,
                at=timezone.now(), purchase=purchase,
            ) as change:  # fmt: skip
                pass
            hold(seconds)
    except NoSupportError as error:
        return str(error.reason)
    return str(change.ticket.number)


match sys.argv[1:]:
    case ["seed"]:
        now = timezone.now()
        bought(cast.person("carl", at=now), at=now, until=(now + timedelta(days=9)).date())
        make.topic("Gated", purchase=Need.REQUIRED)
    case ["refund", seconds]:
        refund(seconds)
    case ["open", seconds]:
        sys.stdout.write(f"{open_one(seconds)}\n")
    case ["told"]:
        jobs.run_due(at=timezone.now())
        told = Event.objects.filter(kind=Kind.PURCHASE_ENDED).values_list("ticket__number", flat=True)
        sys.stdout.write(" ".join(map(str, told)))
