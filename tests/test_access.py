"""Every address × every role × own and foreign objects, against a checked-in matrix (A01).

`MATRIX=write make test` writes `tests/matrix.txt` anew; read the difference before you commit it: it is who may enter what.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from deskhand.accounts.models import User
from deskhand.accounts.sign_on import add_source
from deskhand.accounts.tokens import Scope, create_token
from deskhand.blueprint.models import Snapshot
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.entitlements.models import Product
from deskhand.entitlements.senders import add_sender
from deskhand.mail.models import Mail
from deskhand.notifications import hooks
from deskhand.tickets.actions import prepare, schedule
from deskhand.tickets.catalog import save_field
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.portal import shop

MATRIX = Path(__file__).with_name("matrix.txt")
ROLES = ("nobody", "carl", "cora", "mona", "eve", "ada", "bea", "lena", "otto")
OWNED = {"tickets", "mailroom", "people", "teams", "files"}


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the product, as it stands in the route table."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def objects(cast: Cast, at: datetime) -> dict[str, dict[str, object]]:
    """What stands behind a segment (`tickets/<int:number>/`): things of carl's ticket, and of one in the private team."""
    found: dict[str, dict[str, object]] = {}
    purchase = shop.bought(cast.carl, shop.product(f"Theme {Product.objects.count() + 1}", at=at), at=at)
    place = shop.bind(purchase, "shop.example", at=at)
    for name, team, agent, person in (
        ("carl's", None, cast.ada, cast.carl),
        ("private", cast.private, cast.bea, cast.otto),
    ):
        ticket = make.reply(make.ticket(cast.carl, at=at, team=team), agent, at=at)
        scheduled = schedule(
            ticket, prepare([{"do": "reply", "text": "x"}]), by=agent, via=Via.STAFF, at=at, delay=timedelta(seconds=20)
        )
        jobs.run_due(at=at)
        assert scheduled is not None
        found[name] = {
            "tickets": ticket.number, "scheduled": scheduled.pk, "messages": Message.objects.filter(ticket=ticket)[0].pk,
            "mailroom": Mail.objects.filter(ticket=ticket)[0].pk, "followers": cast.cora.pk, "people": person.pk,
            "organizations": cast.acme.pk, "teams": cast.support.pk if team is None else cast.private.pk,
            "topics": ticket.topic_id, "statuses": ticket.status_id, "fields": save_field(by=None, at=at, label="Brand").pk,
            "welcome": "nonsense", "confirm": "nonsense", "set-up": "nonsense", "sign-in": "customer", "new": "1-nonsense",
            "mails": "opened-customer", "purchases": purchase.pk, "installations": place.pk,
            "products": purchase.product_id,
        }  # fmt: skip
        found[name]["files"] = attached(ticket, agent, at).key
        found[name]["blueprint"] = Snapshot.objects.create(at=at, why="Before", text="format: 1\n").pk
    return {name: values | programs(cast, at) for name, values in found.items()}


def programs(cast: Cast, at: datetime) -> dict[str, object]:
    """A webhook with a message, a token, a shop: the desk's, not a person's."""
    hook, _secret = hooks.add_hook(name="Shop", url="https://shop.example/", kinds=[], by=cast.otto, at=at)
    token, _secret = create_token(
        owner=cast.ada, name="Shop", scopes=[Scope.READ_TICKETS], expires_at=None, by=cast.otto, at=at
    )
    shop, _secret = add_sender(name="Shop", by=cast.otto, at=at)
    source, _secret = add_source(name="Shop", slug=f"shop-{hook.pk}", by=cast.otto, at=at)
    delivery = hooks.send_test(hook, by=cast.otto, at=at)
    return {
        "webhooks": hook.pk,
        "deliveries": delivery.pk,
        "tokens": token.pk,
        "senders": shop.pk,
        "sign-on": source.pk,
    }


def attached(ticket: Ticket, agent: User, at: datetime) -> Attachment:
    """A picture in a reply, with its thumbnail."""
    (file,) = files.stage(agent, files.picture(), at=at, kind="png")
    with change_ticket(ticket, by=agent, via=Via.STAFF, at=at) as change:
        change.reply(compose("See."), [file])
    jobs.run_due(at=at)
    return file


OBJECT = re.compile(r"([\w-]+)/(?:<(?:\w+:)?(\w+)>|\(\?P<(uidb36)>[^)]*\)-\(\?P<key>[^)]*\))")


def requests(cast: Cast, at: datetime) -> Iterator[tuple[str, str, str]]:
    """(name in the matrix, method, path) of everything that can be asked for."""
    stands_for = objects(cast, at)
    for route in sorted(set(routes())):
        segments = [found[1] for found in OBJECT.finditer(route)]
        for owner, values in stands_for.items():
            missing = [segment for segment in segments if segment not in values]
            assert not missing, f"say in tests/test_access.py what {missing} of {route} stand for"
            if owner == "private" and not OWNED & set(segments):
                continue
            path = "/" + OBJECT.sub(lambda found, values=values: f"{found[1]}/{values[found[1]]}", route)
            shown = "/" + OBJECT.sub(lambda found: f"{found[1]}/<{found[2] or found[3]}>", route)
            suffix = f" ({owner})" if OWNED & set(segments) else ""
            for method in ("GET", "POST"):
                yield f"{method:4} {shown}{suffix}", method, path


def ask(session: str | None, method: str, path: str) -> int:
    """The status that the person of this session gets; whatever the request wrote is rolled back."""
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        if session:
            client.cookies[settings.SESSION_COOKIE_NAME] = session
        answer = client.generic(method, path)
        files.received(answer)
        status = answer.status_code
        transaction.set_rollback(True)
    return status


def session_of(user: User) -> str:
    """Signed in once: to sign in anew costs more than half of the requests."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def matrix(cast: Cast, at: datetime) -> str:
    people = [None, *(session_of(getattr(cast, name)) for name in ROLES[1:])]
    lines = [f"{'':71} {' '.join(f'{role:6}' for role in ROLES)}".rstrip()]
    for name, method, path in list(requests(cast, at)):
        statuses = [str(ask(session, method, path)) for session in people]
        lines.append(f"{name:71} {' '.join(f'{status:6}' for status in statuses)}".rstrip())
    return "\n".join(lines) + "\n"


def test_a01_every_url_is_in_the_access_matrix(matrix: str) -> None:
    if os.environ.get("MATRIX") == "write":
        MATRIX.write_text(matrix)
    assert matrix.splitlines() == MATRIX.read_text().splitlines()


def test_no_address_is_broken_for_anybody() -> None:
    assert [line for line in MATRIX.read_text().splitlines() if re.search(r" 5\d\d\b", line)] == []
