"""What a shop tells us by a signed message (security 1.27, G07)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deskhand.api import bearer
from deskhand.core import crypto
from deskhand.core.signatures import new_secret, signed_headers
from deskhand.entitlements.changes import reinstate_purchase
from deskhand.entitlements.models import Product, Purchase, Sender
from deskhand.entitlements.senders import add_sender, revoke_sender
from tests import make
from tests.cast import Cast


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def theme(cast: Cast, now: datetime) -> Product:
    return make.product(at=now)


@pytest.fixture
def shop(cast: Cast, now: datetime) -> tuple[Sender, str]:
    return add_sender(name="Shop", by=cast.otto, at=now)


def created(now: datetime, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    order = {
        "reference": "A-1",
        "product": "theme",
        "email": "nina@new.example",
        "name": "Nina",
        "bought_at": now.isoformat(),
    }
    return {"type": "purchase.created", "timestamp": now.isoformat(), "data": order | values}


def ended(kind: str, now: datetime) -> dict[str, Any]:
    return {"type": f"purchase.{kind}", "timestamp": now.isoformat(), "data": {"reference": "A-1"}}


def send(
    sender: int,
    secret: str,
    message: dict[str, Any] | bytes,
    *,
    at: datetime,
    id: str = "msg_1",  # noqa: A002 - the standard's word
    **changed: str,
) -> tuple[int, Any]:
    """Status and answer; `changed` are headers with another value than was signed."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    headers = signed_headers(secret, id=id, at=at, body=body) | {
        name.replace("_", "-"): value for name, value in changed.items()
    }
    client = Client(raise_request_exception=False)
    path = f"/api/v1/webhooks/purchases/{sender}"
    answer = client.generic("POST", path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def test_a_shop_tells_of_purchases_and_their_end(theme: Product, shop: tuple[Sender, str], now: datetime) -> None:
    sender, secret = shop
    assert send(sender.pk, secret, created(now), at=now) == (200, {"result": "created"})
    purchase = Purchase.objects.get()
    assert (purchase.via, purchase.owner.email) == ("webhook", "nina@new.example")
    assert send(sender.pk, secret, created(now), at=now, id="msg_2") == (200, {"result": "known"})
    assert send(sender.pk, secret, ended("refunded", now), at=now, id="msg_3") == (200, {"result": "ended"})
    purchase.refresh_from_db()
    assert (purchase.state, Purchase.objects.count()) == ("refunded", 1)
    assert send(sender.pk, secret, ended("fraud", now), at=now, id="msg_4")[0] == 409
    sender.refresh_from_db()
    assert sender.heard_at is not None


def test_a_replay_undoes_nothing_that_was_done_since(theme: Product, shop: tuple[Sender, str], now: datetime) -> None:
    sender, secret = shop
    send(sender.pk, secret, created(now), at=now)
    assert send(sender.pk, secret, ended("refunded", now), at=now, id="msg_2")[1] == {"result": "ended"}
    purchase = Purchase.objects.get()
    reinstate_purchase(purchase, by=None, at=now)
    assert send(sender.pk, secret, ended("refunded", now), at=now, id="msg_2") == (200, {"result": "known"})
    purchase.refresh_from_db()
    assert purchase.is_active is True
    assert send(sender.pk, secret, ended("refunded", now), at=now, id="msg_3")[1] == {"result": "ended"}


def test_what_failed_is_not_taken_for_heard(cast: Cast, shop: tuple[Sender, str], now: datetime) -> None:
    sender, secret = shop
    status, told = send(sender.pk, secret, created(now), at=now)
    assert (status, list(told["errors"])) == (422, ["product"])
    make.product(at=now)
    assert send(sender.pk, secret, created(now), at=now) == (200, {"result": "created"})


def test_G07_wrong_old_and_foreign_signatures_are_401_and_nothing_is_kept(
    cast: Cast, theme: Product, shop: tuple[Sender, str], now: datetime
) -> None:
    sender, secret = shop
    other, foreign = add_sender(name="Other", by=cast.otto, at=now)
    revoked, theirs = add_sender(name="Gone", by=cast.otto, at=now)
    revoke_sender(revoked, by=cast.otto, at=now)
    message = created(now)
    refused = [
        send(sender.pk, new_secret(), message, at=now),
        send(sender.pk, foreign, message, at=now),
        send(other.pk, secret, message, at=now),
        send(revoked.pk, theirs, message, at=now),
        send(99999, secret, message, at=now),
        send(10**30, secret, message, at=now),
        send(sender.pk, secret, message, at=now - timedelta(minutes=6)),
        send(sender.pk, secret, message, at=now + timedelta(minutes=6)),
        send(sender.pk, secret, message, at=now, webhook_signature=""),
        send(sender.pk, secret, message, at=now, webhook_id="msg_other"),
        send(sender.pk, secret, message, at=now, webhook_timestamp=str(int(now.timestamp()) + 1)),
    ]
    assert {status for status, _ in refused} == {401}
    assert len({json.dumps(told) for _, told in refused}) == 1
    assert (Purchase.objects.count(), Sender.objects.exclude(heard_at=None).count()) == (0, 0)
    assert send(sender.pk, secret, message, at=now)[0] == 200


def test_a_token_is_no_signature_and_a_long_body_is_not_read(
    theme: Product, shop: tuple[Sender, str], now: datetime
) -> None:
    sender, secret = shop
    message = json.dumps(created(now, name="x")).encode()
    assert send(sender.pk, secret, message + b" " * 64 * 1024, at=now)[0] == 413
    assert send(sender.pk, secret, message + b" " * (64 * 1024 - len(message)), at=now)[0] == 200


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (b"[]", "body"),
        (b"{", "body"),
        (b'{"type":"purchase.created","type":"x"}', "body"),
        ({"type": "purchase.moved", "data": {}}, "type"),
        ({"type": ["purchase.created"], "data": {}}, "type"),
        ({"data": {}}, "type"),
        ({"type": "purchase.refunded", "data": None}, "data"),
        ({"type": "purchase.refunded"}, "data"),
        ({"type": "purchase.refunded", "data": {"reference": "A-1", "state": "fraud"}}, "data.state"),
        ({"type": "purchase.created", "data": {"reference": "A-1"}}, "data.product"),
    ],
)
def test_a_message_that_cannot_be_is_422(
    theme: Product, shop: tuple[Sender, str], now: datetime, message: dict[str, Any] | bytes, field: str
) -> None:
    status, told = send(shop[0].pk, shop[1], message, at=now)
    assert (status, next(iter(told["errors"]))) == (422, field)


def test_an_order_that_nobody_knows_does_not_end(theme: Product, shop: tuple[Sender, str], now: datetime) -> None:
    assert send(shop[0].pk, shop[1], ended("refunded", now), at=now)[0] == 404


def test_a_secret_that_another_desk_sealed_opens_nothing_and_is_counted(
    theme: Product, shop: tuple[Sender, str], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bearer.FAILURES, "_most", 2)
    sender, secret = shop
    Sender.objects.filter(pk=sender.pk).update(secret=crypto.seal("somebody else's", secret))
    statuses = [send(sender.pk, secret, created(now), at=now)[0] for _time in range(6)]
    assert statuses.count(429) >= 2
    assert (set(statuses), Purchase.objects.count()) == ({401, 429}, 0)
