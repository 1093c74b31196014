"""A process of its own for the concurrency test: `seed`, `hammer NAME COUNT`, or `count`."""

import json
import os
import sys
from itertools import pairwise

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.utils import timezone  # noqa: E402 - models can be imported only after django.setup()

from deskhand.accounts.models import User  # noqa: E402
from deskhand.accounts.roles import Role  # noqa: E402
from deskhand.core.html import compose  # noqa: E402
from deskhand.tickets.changes import change_ticket, open_ticket  # noqa: E402
from deskhand.tickets.events import Via  # noqa: E402
from deskhand.tickets.models.choices import Priority, Topic  # noqa: E402
from deskhand.tickets.models.event import Event  # noqa: E402
from deskhand.tickets.models.message import Message  # noqa: E402
from deskhand.tickets.models.ticket import Ticket, TicketTag  # noqa: E402
from tests import cast, make  # noqa: E402


def hammer(name: str, count: int) -> None:
    """Change the one ticket `count` times, and open a new one at every tenth change."""
    ticket, agent = Ticket.objects.get(number=1001), User.objects.get(username="ada")
    customer = User.objects.get(username="carl")
    priorities = list(Priority.objects.all())
    for index in range(count):
        with change_ticket(ticket, by=agent, via=Via.STAFF, at=timezone.now()) as change:
            change.reply(compose(f"{name} {index}"))
            change.set_priority(priorities[index % 4])
            change.tag(f"{name}-{index}")
        if index % 10 == 0:
            with open_ticket(
                requester=customer, subject="Another", body=compose("x"), topic=Topic.objects.get(is_default=True),
                priority=priorities[0], by=customer, via=Via.PORTAL, at=timezone.now(),
            ):  # fmt: skip
                pass


match sys.argv[1:]:
    case ["seed"]:
        cast.person("ada", Role.AGENT, at=timezone.now())
        make.ticket(cast.person("carl", at=timezone.now()), at=timezone.now())
    case ["hammer", name, count]:
        hammer(name, int(count))
    case ["count"]:
        numbers = list(Ticket.objects.order_by("number").values_list("number", flat=True))
        folded = Event.objects.filter(ticket__number=1001, kind="ticket.priority_changed").order_by("pk")
        chain = [(event.before["id"], event.after["id"]) for event in folded]
        sys.stdout.write(
            json.dumps(
                {
                    "numbers": numbers,
                    "messages": sorted(Message.objects.filter(by_staff=True).values_list("text", flat=True)),
                    "tags": TicketTag.objects.count(),
                    "replied": Event.objects.filter(kind="ticket.replied").count(),
                    "priority_chain_is_unbroken": all(a[1] == b[0] for a, b in pairwise(chain)),
                    "priority_is_the_last": chain[-1][1] == Ticket.objects.get(number=1001).priority_id,
                }
            )
        )
