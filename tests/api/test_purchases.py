"""What shops tell us with a token, and which tickets that opens."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from deskhand.accounts.changes import change_role
from deskhand.accounts.models import User
from deskhand.accounts.roles import Role
from deskhand.entitlements.changes import activate, end_purchase
from deskhand.entitlements.models import License, Product, Purchase
from deskhand.tickets.models.choices import Need
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.api.asking import program
from tests.cast import Cast


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def theme(cast: Cast, now: datetime) -> Product:
    return make.product(at=now, license_count=1, installations=2, grace_days=3, renew_url="https://shop.example/renew")


def order(now: datetime, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What a shop sends."""
    return {
        "reference": "A-1", "product": "theme", "email": "nina@new.example", "name": "Nina", "bought_at": now.isoformat(),
    } | values  # fmt: skip


def test_a_purchase_is_recorded_once(cast: Cast, theme: Product, now: datetime) -> None:
    shop = program(cast.lena)
    told = shop.post("purchases", order(now, amount="49.00", currency="EUR", partner="Hosting Ltd"))
    assert (shop.status, told["is_new"], told["is_new_person"]) == (201, True, True)
    purchase = Purchase.objects.get()
    assert (purchase.owner.email, purchase.owner.is_invited, purchase.via) == ("nina@new.example", True, "api")
    assert (purchase.amount, purchase.currency, purchase.partner) == (Decimal("49.00"), "EUR", "Hosting Ltd")
    assert told["purchase"] == {
        "reference": "A-1", "product": "theme", "state": "active", "support_until": str(purchase.support_until),
        "bought_at": now.isoformat().replace("+00:00", "Z"), "license_keys": [License.objects.get().key],
    }  # fmt: skip
    again = shop.post("purchases", order(now, amount="49.00", currency="EUR", partner="Hosting Ltd"))
    assert (shop.status, again) == (200, told | {"is_new": False, "is_new_person": False})
    assert (Purchase.objects.count(), User.objects.filter(email="nina@new.example").count()) == (1, 1)


def test_a_key_brings_the_first_answer_and_not_the_second(cast: Cast, theme: Product, now: datetime) -> None:
    shop = program(cast.lena)
    first = shop.post("purchases", order(now), key="k")
    again = shop.post("purchases", order(now), key="k")
    assert (shop.status, again, shop.answer.headers["Idempotent-Replayed"]) == (201, first, "true")


@pytest.mark.parametrize("other", [{"email": "eve@customer.example"}, {"product": "plugin"}])
def test_the_same_reference_for_something_else_is_409(
    cast: Cast, theme: Product, now: datetime, other: dict[str, Any]
) -> None:
    make.product("plugin", at=now)
    shop = program(cast.lena)
    shop.post("purchases", order(now))
    told = shop.post("purchases", order(now, **other))
    assert (shop.status, list(told["errors"]), Purchase.objects.count()) == (409, ["reference"], 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product": "nothing"}, "product"),
        ({"email": "nobody"}, "email"),
        ({"amount": -1}, "amount"),
        ({"amount": "12.345"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": True}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"bought_at": "2026-03-31T12:00:00"}, "bought_at"),
        ({"bought_at": 1767225600}, "bought_at"),
        ({"bought_at": "0001-01-01T00:00:00+14:00"}, "bought_at"),
        ({"bought_at": "2150-01-01T00:00:00Z"}, "bought_at"),
        ({"support_until": "9999-12-31"}, "support_until"),
        ({"support_until": "tomorrow"}, "support_until"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 81}, "reference"),
        ({"owner": 1}, "owner"),
        ({"state": "active"}, "state"),
        ({"via": "hand"}, "via"),
    ],
)
def test_an_order_that_cannot_be_is_422_by_field(
    cast: Cast, theme: Product, now: datetime, wrong: dict[str, Any], field: str
) -> None:
    shop = program(cast.lena)
    told = shop.post("purchases", order(now) | wrong)
    assert (shop.status, list(told["errors"]), Purchase.objects.count()) == (422, [field], 0)


def test_money_is_read_as_it_was_written(cast: Cast, theme: Product, now: datetime) -> None:
    """0.07 has no binary number; what passes through one is another amount."""
    shop = program(cast.lena)
    for reference, written in (("A", b"1234567890.07"), ("B", b"49"), ("C", b'"0.10"')):
        body = str(order(now, reference=reference)).replace("'", '"').encode()[:-1] + b', "amount": ' + written + b"}"
        shop.raw("purchases", body)
        assert shop.status == 201
    amounts = Purchase.objects.order_by("reference").values_list("amount", flat=True)
    assert list(map(str, amounts)) == ["1234567890.07", "49.00", "0.10"]


@pytest.mark.parametrize("who", ["carl", "ada"])
def test_who_may_not_change_purchases_may_not_with_a_token(cast: Cast, theme: Product, now: datetime, who: str) -> None:
    purchase = make.purchase(cast.carl, theme, at=now)
    asking = program(getattr(cast, who))
    for path, given in (("purchases", order(now)), (f"purchases/{purchase.reference}/end", {"state": "refunded"})):
        asking.post(path, given)
        assert asking.status == 403
    purchase.refresh_from_db()
    assert (Purchase.objects.count(), purchase.state) == (1, "active")


def test_rights_are_those_of_the_moment(cast: Cast, theme: Product, now: datetime) -> None:
    shop = program(cast.lena)
    change_role(cast.lena, by=cast.otto, at=now, role=Role.AGENT)
    shop.post("purchases", order(now))
    assert (shop.status, Purchase.objects.count()) == (403, 0)


@pytest.mark.parametrize("reference", ["SHOP-1", "2026/03/1", "a b?&#é"])
def test_a_purchase_ends_by_its_reference(cast: Cast, theme: Product, now: datetime, reference: str) -> None:
    from urllib.parse import quote

    purchase = make.purchase(cast.carl, theme, at=now, reference=reference)
    shop, path = program(cast.lena), f"purchases/{quote(reference)}/end"
    for _ in range(2):
        told = shop.post(path, {"state": "refunded"})
        assert (shop.status, told["state"], told["reference"]) == (200, "refunded", reference)
    purchase.refresh_from_db()
    assert (purchase.state, License.objects.filter(deactivated_at=None).count()) == ("refunded", 0)
    shop.post(path, {"state": "fraud"})
    assert shop.status == 409
    shop.post("purchases/nothing/end", {"state": "fraud"})
    assert shop.status == 404
    shop.post(path, {"state": "active"})
    assert shop.status == 422


# The gate (S1.1, S1.c4, S1.c6, S2.7, S2.15)


@pytest.fixture
def topic(cast: Cast) -> int:
    return int(make.topic("Themes", purchase=Need.REQUIRED).pk)


def opening(topic: int, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"subject": "x", "text": "x", "topic": topic} | values


def test_s1_1_a_ticket_needs_a_purchase_with_support(cast: Cast, theme: Product, now: datetime, topic: int) -> None:
    carl = program(cast.carl)
    told = carl.post("tickets", opening(topic))
    assert (carl.status, list(told["errors"])) == (403, ["purchase"])
    purchase = make.purchase(cast.carl, theme, at=now)
    told = carl.post("tickets", opening(topic))
    assert (carl.status, list(told["errors"])) == (422, ["purchase"])
    told = carl.post("tickets", opening(topic, purchase=purchase.reference))
    assert (carl.status, told["purchase"]) == (201, "SHOP-1")
    end_purchase(purchase, state="refunded", by=None, at=now)
    told = carl.post("tickets", opening(topic, purchase=purchase.reference))
    assert (carl.status, told["errors"]["purchase"]) == (403, ["This purchase is no longer active."])
    assert Ticket.objects.count() == 1


def test_s1_c4_it_says_where_to_renew(cast: Cast, theme: Product, now: datetime, topic: int) -> None:
    old = make.purchase(cast.carl, theme, at=now, bought_at=now - timedelta(days=500))
    carl = program(cast.carl)
    told = carl.post("tickets", opening(topic, purchase=old.reference))
    assert (carl.status, told["errors"]["purchase"]) == (
        403, ["Its support is over. Renew it here: https://shop.example/renew"],
    )  # fmt: skip


def test_somebody_elses_purchase_is_like_none(cast: Cast, theme: Product, now: datetime, topic: int) -> None:
    make.purchase(cast.carl, theme, at=now)
    make.purchase(cast.eve, theme, at=now, reference="E-1")
    eve = program(cast.eve)
    foreign = eve.post("tickets", opening(topic, purchase="SHOP-1"))
    assert (eve.status, foreign) == (422, eve.post("tickets", opening(topic, purchase="nothing")))
    program(cast.ada).post("tickets", opening(topic, purchase="SHOP-1", requester=cast.eve.email))
    assert Ticket.objects.count() == 0


def test_s2_15_which_installation(cast: Cast, theme: Product, now: datetime, topic: int) -> None:
    purchase = make.purchase(cast.carl, theme, at=now)
    key = purchase.licenses.get().key
    for domain in ("one.example", "two.example"):
        activate(key=key, domain=domain, at=now)
    carl = program(cast.carl)
    given = opening(topic, purchase="SHOP-1")
    for wrong in (given, given | {"installation": "three.example"}):
        told = carl.post("tickets", wrong)
        assert (carl.status, list(told["errors"])) == (422, ["installation"])
    told = carl.post("tickets", given | {"installation": "Two.example"})
    assert (carl.status, told["installation"]) == (201, "two.example")


def test_a_colleague_is_not_told_what_was_bought(cast: Cast, theme: Product, now: datetime, topic: int) -> None:
    make.purchase(cast.carl, theme, at=now)
    number = program(cast.carl).post("tickets", opening(topic, purchase="SHOP-1"))["number"]
    told = [program(who).get(f"tickets/{number}")["purchase"] for who in (cast.carl, cast.ada, cast.mona)]
    assert told == ["SHOP-1", "SHOP-1", None]
