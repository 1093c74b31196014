"""Every address × every role × own and foreign objects, against a checked-in matrix (A01).

`MATRIX=write make test` writes `tests/matrix.txt` anew; read the difference before you commit it: it is who may enter what.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.mail.models import Mail
from deskhand.tickets.actions import schedule
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models import Message
from tests import make
from tests.cast import Cast

MATRIX = Path(__file__).with_name("matrix.txt")
ROLES = ("nobody", "carl", "cora", "mona", "eve", "ada", "bea", "lena", "otto")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the product, as it stands in the route table."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def objects(cast: Cast, at: datetime) -> dict[str, dict[str, object]]:
    """What the parameters of a route stand for: carl's ticket, and a ticket of his in the private team."""
    found: dict[str, dict[str, object]] = {}
    for name, team, agent in (("carl's", None, cast.ada), ("private", cast.private, cast.bea)):
        ticket = make.reply(make.ticket(cast.carl, at=at, team=team), agent, at=at)
        with change_ticket(ticket, by=agent, via=Via.STAFF, at=at) as change:
            change.tag(f"tag {name}")
        row = schedule(
            ticket, [{"do": "reply", "text": "x"}], by=agent, via=Via.STAFF, at=at, delay=timedelta(seconds=20)
        )
        assert row is not None
        mail = Mail.objects.filter(ticket=ticket).first()
        found[name] = {
            "number": ticket.number, "change_id": change.id, "change": change.id, "scheduled_id": row.pk, "scheduled": row.pk,
            "message_id": Message.objects.filter(ticket=ticket).order_by("pk")[0].pk, "mail_id": mail.pk if mail else 1,
            "user_id": cast.carl.pk, "organization_id": cast.acme.pk, "team_id": cast.support.pk,
            "token": "nonsense", "key": "nonsense", "uidb36": "1", "role": "customer", "pk": mail.pk if mail else 1,
        }  # fmt: skip
    return found


def requests(cast: Cast, at: datetime) -> Iterator[tuple[str, str, str]]:
    """(name in the matrix, method, path) of everything that can be asked for."""
    stands_for = objects(cast, at)
    for route in sorted(set(routes())):
        names = [first or second for first, second in PARAMETER.findall(route)]
        for object_name, values in stands_for.items():
            missing = [name for name in names if name not in values]
            assert not missing, f"say in tests/test_access.py what {missing} of {route} stands for"
            if object_name == "private" and not {"number", "mail_id"} & set(names):
                continue
            path = "/" + PARAMETER.sub(lambda found, values=values: str(values[found[1] or found[2]]), route)
            suffix = f" ({object_name})" if {"number", "mail_id"} & set(names) else ""
            for method in ("GET", "POST"):
                yield (
                    f"{method:4} /{PARAMETER.sub(lambda found: f'<{found[1] or found[2]}>', route)}{suffix}",
                    method,
                    path,
                )


def ask(user: User | None, method: str, path: str) -> int:
    """The status that this person gets; whatever the request wrote is rolled back."""
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        if user:
            client.force_login(user)
        status = client.generic(method, path).status_code
        transaction.set_rollback(True)
    return status


@pytest.fixture
def matrix(cast: Cast, at: datetime) -> str:
    people: list[User | None] = [None, *(getattr(cast, name) for name in ROLES[1:])]
    lines = [f"{'':59} {' '.join(f'{role:6}' for role in ROLES)}".rstrip()]
    prepared = list(requests(cast, at))
    jobs.run_due(at=at)
    for name, method, path in prepared:
        statuses = [str(ask(user, method, path)) for user in people]
        lines.append(f"{name:59} {' '.join(f'{status:6}' for status in statuses)}".rstrip())
    return "\n".join(lines) + "\n"


def test_a01_every_url_is_in_the_access_matrix(matrix: str) -> None:
    if os.environ.get("MATRIX") == "write":
        MATRIX.write_text(matrix)
    assert matrix.splitlines() == MATRIX.read_text().splitlines()


def test_no_address_is_broken_for_anybody(matrix: str) -> None:
    assert [line for line in matrix.splitlines() if re.search(r" 5\d\d\b", line)] == []
