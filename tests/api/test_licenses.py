"""A bought product calls home."""

from datetime import datetime

import pytest
from django.utils import timezone

from deskhand.accounts.tokens import Scope
from deskhand.api import licenses
from deskhand.entitlements.changes import end_purchase
from deskhand.entitlements.models import Installation, Purchase
from tests import make
from tests.api.asking import Program, program
from tests.cast import Cast


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def purchase(cast: Cast, now: datetime) -> Purchase:
    theme = make.product(at=now, license_count=1, installations=1, license_days=365)
    return make.purchase(cast.carl, theme, at=now)


def test_the_first_domain_binds_it(purchase: Purchase, now: datetime) -> None:
    key = purchase.licenses.get().key
    product = Program()
    told = product.post("licenses/activate", {"key": key, "domain": "https://www.One.example:8080/shop/"})
    until = purchase.licenses.get().valid_until
    assert (product.status, told) == (
        200, {"valid": True, "valid_until": str(until), "product": "theme", "domain": "one.example"},
    )  # fmt: skip
    assert product.post("licenses/activate", {"key": key.lower(), "domain": "one.example"}) == told
    full = product.post("licenses/activate", {"key": key, "domain": "two.example"})
    assert (product.status, "one.example" in str(full)) == (409, False)
    assert [row.domain for row in Installation.objects.all()] == ["one.example"]


def test_it_tells_no_more_than_the_keys_own_matters(purchase: Purchase, now: datetime) -> None:
    key = purchase.licenses.get().key
    product = Program()
    product.post("licenses/activate", {"key": "AAAA-BBBB-CCCC-DDDD", "domain": "one.example"})
    assert product.status == 404
    end_purchase(purchase, state="fraud", by=None, at=now)
    told = product.post("licenses/activate", {"key": key, "domain": "one.example"})
    assert (product.status, "fraud" in str(told), Installation.objects.count()) == (403, False, 0)
    assert list(product.post("licenses/activate", {"key": key, "domain": "  "})["errors"]) == ["domain"]


def test_guessing_ends(purchase: Purchase, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (licenses.BY_ADDRESS._most, licenses.BY_KEY._most) == (60, 20)
    monkeypatch.setattr(licenses.BY_ADDRESS, "_most", 3)
    key, product, statuses = purchase.licenses.get().key, Program(), []
    for number in range(5):
        product.post("licenses/activate", {"key": f"AAAA-{number}", "domain": "one.example"})
        statuses.append(product.status)
    # A window may end in between, once.
    assert statuses.count(429) >= 1
    assert set(statuses) == {404, 429}
    product.client.defaults["REMOTE_ADDR"] = "192.0.2.9"
    product.post("licenses/activate", {"key": key, "domain": "one.example"})
    assert product.status == 200


def test_a_key_is_asked_for_so_often_only_from_wherever(
    cast: Cast, purchase: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(licenses.BY_KEY, "_most", 2)
    key, statuses = purchase.licenses.get().key, []
    for number in range(6):
        product = Program()
        product.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        product.post("licenses/activate", {"key": key, "domain": "one.example"})
        statuses.append(product.status)
    assert statuses.count(429) >= 2
    assert set(statuses) == {200, 429}


def test_a_server_with_a_token_is_counted_by_it(
    cast: Cast, purchase: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(licenses.BY_ADDRESS, "_most", 0)
    given = {"key": purchase.licenses.get().key, "domain": "one.example"}
    for asking, status in (
        (Program(), 429),
        (program(cast.carl, Scope.ACTIVATE_LICENSES), 200),
        (program(cast.carl, Scope.READ_TICKETS), 403),
        (Program("dh_nonsense"), 401),
    ):
        asking.post("licenses/activate", given)
        assert asking.status == status


def test_a_key_is_counted_however_it_is_spelled(purchase: Purchase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control and direction marks are read past, so they make no other key of it."""
    monkeypatch.setattr(licenses.BY_KEY, "_most", 2)
    key, product, statuses = purchase.licenses.get().key, Program(), []
    for place in range(6):
        product.post("licenses/activate", {"key": f"{key[:place]}\u202e{key[place:]}", "domain": "one.example"})
        statuses.append(product.status)
    assert statuses.count(429) >= 2
    assert set(statuses) == {200, 429}
