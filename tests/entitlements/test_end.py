"""Refund, fraud, a mistake, a renewal, a benefit."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from deskhand.core import jobs
from deskhand.core.models import AuditEntry, Job
from deskhand.entitlements import changes
from deskhand.entitlements.errors import InvalidOrderError, NotAllowedError, StandingError, UnknownOrderError
from deskhand.entitlements.models import License, Product, Purchase
from deskhand.mail.models import Mail
from tests import make
from tests.cast import Cast

REFUNDED, FRAUD = Purchase.State.REFUNDED, Purchase.State.FRAUD


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    return make.product(at=at, license_count=2, benefit="A free theme")


@pytest.fixture
def purchase(cast: Cast, theme: Product, at: datetime) -> Purchase:
    """Carl's."""
    return make.purchase(cast.carl, theme, at=at)


def stands(purchase: Purchase) -> tuple[Any, ...]:
    """Its state in the database, and which of its licenses are off since when."""
    row = Purchase.objects.get(pk=purchase.pk)
    return (
        row.state,
        row.ended_at,
        list(License.objects.filter(purchase=row).values_list("deactivated_at", flat=True)),
    )


def published(name: str) -> list[dict[str, Any]]:
    return [job.payload["ids"] for job in Job.objects.order_by("pk") if job.payload.get("names") == [name]]


@pytest.mark.parametrize("state", [REFUNDED, FRAUD])
def test_s1_c6_an_end_takes_the_licenses_along_and_is_told_once(
    cast: Cast, purchase: Purchase, at: datetime, state: str
) -> None:
    other = make.purchase(cast.carl, purchase.product, at=at, reference="SHOP-2")
    then = make.later(at)
    assert changes.end_purchase(purchase, state=state, by=None, at=then) is True
    assert stands(purchase) == (state, then, [then, then])
    assert (purchase.state, purchase.ended_at) == (state, then)
    assert stands(other) == ("active", None, [None, None])
    stale = Purchase.objects.get(pk=purchase.pk)
    assert changes.end_purchase(stale, state=state, by=None, at=make.later(at, 5)) is False
    assert stands(purchase) == (state, then, [then, then])
    assert published("purchase.ended") == [{"purchase": purchase.pk}]
    entries = AuditEntry.objects.filter(action="purchase.ended").values_list("subject", "before", "after")
    assert list(entries) == [(f"purchase:{purchase.pk}", {"state": "active"}, {"state": state})]


def test_what_ended_in_one_way_does_not_end_in_the_other(purchase: Purchase, at: datetime) -> None:
    changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    with pytest.raises(StandingError):
        changes.end_purchase(purchase, state=FRAUD, by=None, at=make.later(at))
    assert stands(purchase) == ("refunded", at, [at, at])


def test_a_stale_purchase_is_read_afresh(purchase: Purchase, at: datetime) -> None:
    stale = Purchase.objects.get(pk=purchase.pk)
    changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    with pytest.raises(StandingError):
        changes.change_support(stale, support_until=None, by=None, at=at)
    assert stale.state == "refunded"


def test_active_is_no_end(purchase: Purchase, at: datetime) -> None:
    with pytest.raises(ValueError, match="active"):
        changes.end_purchase(purchase, state="active", by=None, at=at)


def test_by_its_number(purchase: Purchase, at: datetime) -> None:
    found = changes.end_by_reference(reference=" SHOP-1 ", state=REFUNDED, by=None, at=at)
    assert (found, stands(purchase)) == (purchase, ("refunded", at, [at, at]))
    for unknown in ("shop-1", "", "\x00", "SHOP-2"):
        with pytest.raises(UnknownOrderError):
            changes.end_by_reference(reference=unknown, state=REFUNDED, by=None, at=at)


def test_a_mistake_brings_back_the_licenses_that_went_with_it_and_no_other(
    cast: Cast, purchase: Purchase, at: datetime
) -> None:
    first = purchase.licenses.order_by("pk")[0]
    License.objects.filter(pk=first.pk).update(deactivated_at=at)
    then = make.later(at)
    changes.end_purchase(purchase, state=REFUNDED, by=cast.lena, at=then)
    assert stands(purchase) == ("refunded", then, [at, then])
    assert changes.reinstate_purchase(purchase, by=cast.lena, at=make.later(at, 2)) is True
    assert stands(purchase) == ("active", None, [at, None])
    assert changes.reinstate_purchase(purchase, by=cast.lena, at=make.later(at, 3)) is False
    entries = AuditEntry.objects.filter(action="purchase.reinstated").values_list("by", "before", "after")
    assert list(entries) == [(cast.lena.pk, {"state": "refunded"}, {"state": "active"})]


def test_it_ends_again_after_a_mistake(purchase: Purchase, at: datetime) -> None:
    changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    changes.reinstate_purchase(purchase, by=None, at=at)
    assert changes.end_purchase(purchase, state=FRAUD, by=None, at=make.later(at)) is True
    assert stands(purchase)[0] == "fraud"
    assert len(published("purchase.ended")) == 2


def test_a_refund_before_the_mail_left_means_no_receipt(purchase: Purchase, at: datetime) -> None:
    changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    jobs.run_due(at=at)
    assert list(Mail.objects.all()) == []


def test_support_is_renewed_ends_sooner_or_never(cast: Cast, purchase: Purchase, at: datetime) -> None:
    days = [date(2030, 1, 1), date(2020, 1, 1), None, None]
    assert [changes.change_support(purchase, support_until=day, by=cast.lena, at=at) for day in days] == [
        True, True, True, False,
    ]  # fmt: skip
    assert Purchase.objects.get().support_until is None
    entries = AuditEntry.objects.filter(action="purchase.support_changed").order_by("pk")
    assert [(entry.before, entry.after) for entry in entries] == [
        ({"support_until": "2027-03-02"}, {"support_until": "2030-01-01"}),
        ({"support_until": "2030-01-01"}, {"support_until": "2020-01-01"}),
        ({"support_until": "2020-01-01"}, {"support_until": None}),
    ]
    with pytest.raises(InvalidOrderError):
        changes.change_support(purchase, support_until=date.max, by=cast.lena, at=at)


def test_what_has_no_support_cannot_have_more_of_it(cast: Cast, at: datetime) -> None:
    purchase = make.purchase(cast.carl, make.product(at=at, support_days=0), at=at)
    with pytest.raises(StandingError):
        changes.change_support(purchase, support_until=date(2030, 1, 1), by=cast.lena, at=at)


@pytest.mark.parametrize(
    ("person", "may"), [("carl", True), ("ada", True), ("otto", True), ("eve", False), ("mona", False)]
)
def test_s2_2_a_benefit_is_claimed_once_by_its_buyer_or_staff(
    cast: Cast, purchase: Purchase, at: datetime, person: str, *, may: bool
) -> None:
    by = getattr(cast, person)
    if not may:
        with pytest.raises(NotAllowedError):
            changes.claim_benefit(purchase, by=by, at=at)
        assert Purchase.objects.get().claimed_at is None
        return
    assert changes.claim_benefit(purchase, by=by, at=at) is True
    assert changes.claim_benefit(purchase, by=by, at=make.later(at)) is False
    assert Purchase.objects.get().claimed_at == at
    entries = AuditEntry.objects.filter(action="purchase.claimed").values_list("by", "after")
    assert list(entries) == [(by.pk, {"benefit": "A free theme"})]


def test_there_is_nothing_to_claim(cast: Cast, purchase: Purchase, at: datetime) -> None:
    plain = make.purchase(cast.carl, make.product("plain", at=at), at=at, reference="SHOP-2")
    changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    for each in (plain, purchase):
        with pytest.raises(StandingError):
            changes.claim_benefit(each, by=cast.carl, at=at)


FORBIDDEN: dict[str, Callable[..., Any]] = {
    "end": lambda purchase, **who: changes.end_purchase(purchase, state=REFUNDED, **who),
    "end by number": lambda purchase, **who: changes.end_by_reference(reference="SHOP-1", state=REFUNDED, **who),
    "reinstate": changes.reinstate_purchase,
    "support": lambda purchase, **who: changes.change_support(purchase, support_until=None, **who),
}


@pytest.mark.parametrize("act", FORBIDDEN)
@pytest.mark.parametrize(
    ("person", "may"),
    [("carl", False), ("mona", False), ("eve", False), ("ada", False), ("lena", True), ("otto", True)],
)
def test_only_leads_and_administrators(
    cast: Cast, purchase: Purchase, at: datetime, act: str, person: str, *, may: bool
) -> None:
    if act == "reinstate":
        changes.end_purchase(purchase, state=REFUNDED, by=None, at=at)
    before, then = stands(purchase), at + timedelta(hours=1)
    if may:
        assert FORBIDDEN[act](purchase, by=getattr(cast, person), at=then)
    else:
        with pytest.raises(NotAllowedError):
            FORBIDDEN[act](purchase, by=getattr(cast, person), at=then)
        assert stands(purchase) == before
