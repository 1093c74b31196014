"""A shop says that somebody bought something: once a purchase, one person, the right mails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from deskhand.accounts import changes as accounts
from deskhand.accounts.models import Organization, User
from deskhand.accounts.roles import Role
from deskhand.core import jobs
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.entitlements import catalog, changes
from deskhand.entitlements.changes import record_purchase
from deskhand.entitlements.errors import InvalidOrderError, NotAllowedError, OrderDiffersError
from deskhand.entitlements.models import License, Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.mail.models import Kind, Mail
from tests import make
from tests.cast import Cast


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    """A year of support, two licenses."""
    return make.product(at=at, license_count=2, installations=3, license_days=730)


@pytest.fixture
def order(at: datetime) -> Order:
    """Nina, whom nobody knows, buys the theme."""
    return Order(reference="SHOP-1", product="theme", email="nina@new.example", name="Nina Holm", bought_at=at)


def record(
    order: Order, at: datetime, by: User | None = None, via: Purchase.Via = Purchase.Via.API
) -> changes.Recorded:
    return record_purchase(order=order, via=via, by=by, at=at)


def mailed(at: datetime) -> list[tuple[str, str]]:
    """To whom and of what kind, in order, after all jobs have run."""
    jobs.run_due(at=at)
    return list(Mail.objects.order_by("pk").values_list("to_address", "kind"))


def test_s1_3_a_buyer_nobody_knows_gets_an_account_and_two_mails(theme: Product, order: Order, at: datetime) -> None:
    done = record(order, at)
    purchase = Purchase.objects.get()
    assert done == changes.Recorded(purchase, is_new=True, is_new_person=True)
    nina = purchase.owner
    assert (nina.email, nina.name, nina.role, nina.is_invited) == ("nina@new.example", "Nina Holm", "customer", True)
    assert (purchase.product, purchase.state, purchase.via) == (theme, "active", "api")
    assert mailed(at) == [("nina@new.example", Kind.INVITATION), ("nina@new.example", Kind.ACCOUNT)]


def test_s1_c5_support_and_licenses_are_counted_from_the_day_of_the_purchase(
    theme: Product, order: Order, at: datetime
) -> None:
    purchase = record(replace(order, bought_at=at - timedelta(days=10)), at).purchase
    assert purchase.support_until == date(2027, 2, 20)
    licenses = list(purchase.licenses.values_list("installations", "valid_until", "deactivated_at"))
    assert licenses == [(3, date(2028, 2, 20), None)] * 2


def test_keys_are_four_blocks_that_nobody_can_guess(theme: Product, order: Order, at: datetime) -> None:
    for number in range(20):
        record(replace(order, reference=f"SHOP-{number}"), at)
    keys = set(License.objects.values_list("key", flat=True))
    assert len(keys) == 40
    assert {tuple(map(len, key.split("-"))) for key in keys} == {(4, 4, 4, 4)}
    letters = {letter for key in keys for letter in key} - {"-"}
    assert letters - set(changes._ALPHABET) == set()
    assert (len(changes._ALPHABET), len(set(changes._ALPHABET)), set("01OI") & letters) == (32, 32, set())


def test_the_same_order_again_writes_nothing(theme: Product, order: Order, at: datetime) -> None:
    first = record(order, at)
    mails, entries = mailed(at), AuditEntry.objects.count()
    again = record(replace(order, email=" NINA@New.Example "), make.later(at), via=Purchase.Via.WEBHOOK)
    assert again == changes.Recorded(first.purchase, is_new=False, is_new_person=False)
    counts = (Purchase.objects.count(), License.objects.count(), AuditEntry.objects.count())
    assert counts == (1, 2, entries)
    assert mailed(make.later(at)) == mails
    assert len(mails) == 2


def known_by_first_address(cast: Cast) -> str:
    return cast.carl.email


def known_by_its_capitals(cast: Cast) -> str:
    return cast.carl.email.upper()


def known_by_a_second_address(cast: Cast) -> str:
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True, primary=False)
    return "Carl@Home.example"


@pytest.mark.parametrize("address", [known_by_first_address, known_by_its_capitals, known_by_a_second_address])
def test_s2_6_who_is_known_gets_the_purchase_and_no_invitation(
    cast: Cast, theme: Product, order: Order, at: datetime, address: Callable[[Cast], str]
) -> None:
    people = User.objects.get_queryset().count()
    done = record(replace(order, email=address(cast)), at)
    assert (done.purchase.owner, done.is_new, done.is_new_person) == (cast.carl, True, False)
    assert User.objects.get_queryset().count() == people
    assert mailed(at) == [(cast.carl.email, Kind.ACCOUNT)]


def test_an_address_that_eve_only_claims_is_not_hers(cast: Cast, theme: Product, order: Order, at: datetime) -> None:
    EmailAddress.objects.create(user=cast.eve, email=order.email, verified=False, primary=False)
    EmailAddress.objects.create(user=cast.eve, email=cast.mona.email, verified=False, primary=False)
    owners = [
        record(order, at).purchase.owner,
        record(replace(order, reference="2", email=cast.mona.email), at).purchase.owner,
    ]
    assert owners == [User.objects.get(email=order.email), cast.mona]
    assert list(Purchase.objects.visible_to(cast.eve)) == []


def test_staff_who_buy_stay_staff(cast: Cast, theme: Product, order: Order, at: datetime) -> None:
    record(replace(order, email=cast.ada.email, organization="Acme"), at)
    ada = User.objects.get(pk=cast.ada.pk)
    assert (ada.role, ada.organization, ada.session_epoch) == (Role.AGENT, None, 0)
    assert list(Purchase.objects.owned_by(ada).values_list("reference", flat=True)) == ["SHOP-1"]


def test_for_somebody_deactivated_it_is_recorded_and_nobody_is_told(
    cast: Cast, theme: Product, order: Order, at: datetime
) -> None:
    accounts.deactivate(cast.carl, by=cast.otto, at=at)
    done = record(replace(order, email=cast.carl.email), at)
    assert (done.purchase.owner, done.is_new, done.is_new_person) == (cast.carl, True, False)
    assert not User.objects.get(pk=cast.carl.pk).is_active
    assert mailed(at) == []


def test_an_invited_person_who_buys_again_is_not_invited_again(theme: Product, order: Order, at: datetime) -> None:
    record(order, at)
    second = record(replace(order, reference="SHOP-2"), at)
    assert (second.is_new, second.is_new_person) == (True, False)
    assert [kind for _, kind in mailed(at)] == [Kind.INVITATION, Kind.ACCOUNT, Kind.ACCOUNT]


def test_s1_c3_the_same_product_twice_is_two_purchases(theme: Product, order: Order, at: datetime) -> None:
    record(order, at)
    record(replace(order, reference="shop-1"), at)
    assert list(Purchase.objects.order_by("pk").values_list("reference", flat=True)) == ["SHOP-1", "shop-1"]


def other_product(order: Order, cast: Cast, at: datetime) -> Order:
    make.product("plugin", at=at)
    return replace(order, product="plugin")


def other_buyer(order: Order, cast: Cast, at: datetime) -> Order:
    return replace(order, email=cast.eve.email)


def unknown_buyer(order: Order, cast: Cast, at: datetime) -> Order:
    return replace(order, email="nobody@new.example")


@pytest.mark.parametrize("other", [other_product, other_buyer, unknown_buyer])
def test_another_purchase_of_the_same_number_is_refused(
    cast: Cast, theme: Product, order: Order, at: datetime, other: Callable[[Order, Cast, datetime], Order]
) -> None:
    record(order, at)
    people = User.objects.get_queryset().count()
    with pytest.raises(OrderDiffersError):
        record(other(order, cast, at), at)
    assert (Purchase.objects.count(), User.objects.get_queryset().count()) == (1, people)


def test_an_order_told_again_after_the_buyer_left_the_address_is_the_same(
    theme: Product, order: Order, at: datetime
) -> None:
    first = record(order, at)
    User.objects.get_queryset().filter(pk=first.purchase.owner_id).update(email="nina@moved.example")
    EmailAddress.objects.filter(user=first.purchase.owner).delete()
    assert record(order, at) == changes.Recorded(first.purchase, is_new=False, is_new_person=False)


def test_an_organization_is_for_new_people_only(cast: Cast, theme: Product, order: Order, at: datetime) -> None:
    record(replace(order, organization="ACME "), at, by=cast.lena, via=Purchase.Via.HAND)
    record(replace(order, reference="2", email="nils@new.example", organization="Fjord AS"), at)
    record(replace(order, reference="3", email=cast.eve.email, organization="Acme"), at)
    places = [User.objects.get(email=email).organization for email in (order.email, "nils@new.example", cast.eve.email)]
    assert places == [cast.acme, Organization.objects.get(name="Fjord AS"), cast.elsewhere]
    assert not User.objects.get(email=order.email).is_manager


def test_a_shop_lets_nobody_into_an_organization_that_is_managed(
    cast: Cast, theme: Product, order: Order, at: datetime
) -> None:
    """What was typed at a checkout is nobody's proof: mona would read the stranger's tickets, and the stranger be of Acme."""
    record(replace(order, organization="Acme"), at)
    record(replace(order, reference="2", email="nils@new.example", organization="Fjord AS"), at)
    record(replace(order, reference="3", email="lise@new.example", organization="Fjord AS"), at)
    emails = (order.email, "nils@new.example", "lise@new.example")
    places = [User.objects.get(email=email).organization for email in emails]
    fjord = Organization.objects.get(name="Fjord AS")
    assert places == [None, fjord, fjord]


@pytest.mark.parametrize(
    ("person", "may"),
    [("ada", False), ("lena", True), ("otto", True), ("carl", False), ("mona", False), ("eve", False)],
)
def test_leads_and_administrators_record_by_hand(
    cast: Cast, theme: Product, order: Order, at: datetime, person: str, *, may: bool
) -> None:
    act = partial(record, order, at, getattr(cast, person), Purchase.Via.HAND)
    if may:
        assert act().is_new
    else:
        with pytest.raises(NotAllowedError):
            act()
    assert Purchase.objects.count() == may


def test_the_audit_trail_says_what_came_and_from_where(cast: Cast, theme: Product, order: Order, at: datetime) -> None:
    priced = replace(order, amount=Decimal("49"), currency="eur", partner="Fjord")
    purchase = record(priced, at, cast.lena, Purchase.Via.HAND).purchase
    entry = AuditEntry.objects.get(action="purchase.recorded")
    assert (entry.by, entry.subject, entry.before) == (cast.lena, f"purchase:{purchase.pk}", {})
    assert entry.after == {
        "reference": "SHOP-1", "product": "theme", "email": "nina@new.example", "amount": "49.00 EUR",
        "support_until": "2027-03-02", "partner": "Fjord", "via": "hand",
    }  # fmt: skip


def test_a_product_that_is_sold_no_more_is_taken(cast: Cast, theme: Product, order: Order, at: datetime) -> None:
    catalog.archive_product(theme, by=cast.otto, at=at)
    assert record(order, at).is_new


WRONG: dict[str, tuple[str, Any]] = {
    "no number": ("reference", " \u202e "),
    "a long number": ("reference", "x" * 81),
    "no product": ("product", "them"),
    "a product of zeros": ("product", "\x00"),
    "no address": ("email", "nina"),
    "an empty address": ("email", ""),
    "a zero in the address": ("email", "nina\x00@new.example"),
    "a long address": ("email", f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'z' * 60}.{'z' * 60}.example"),
    "a long name": ("name", "x" * 121),
    "a long partner": ("partner", "x" * 81),
    "a long organization": ("organization", "x" * 121),
    "tomorrow and a minute": ("bought_at", datetime.fromisoformat("2026-03-03T12:01:00+00:00")),
    "no zone": ("bought_at", datetime(2026, 3, 1)),  # noqa: DTZ001 - that is what is wrong
    "long ago": ("bought_at", datetime.fromisoformat("0001-01-01T00:00:00+12:00")),
    "for ever": ("support_until", date.max),
    "a word for money": ("currency", "EURO"),
    "a sign for money": ("currency", "€"),
    "letters that are not ours": ("currency", "ЕUR"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_true_is_said_by_field(theme: Product, order: Order, at: datetime, case: str) -> None:
    field, value = WRONG[case]
    people = User.objects.get_queryset().count()
    with pytest.raises(InvalidOrderError) as refused:
        record(replace(order, **{field: value}), at)
    assert list(refused.value.errors) == [field]
    assert (Purchase.objects.count(), User.objects.get_queryset().count()) == (0, people)


def test_all_that_is_wrong_is_said_at_once(theme: Product, at: datetime) -> None:
    with pytest.raises(InvalidOrderError) as refused:
        record(Order("", "x", "y", "z" * 121, at, currency="1"), at)
    assert set(refused.value.errors) == {"reference", "product", "email", "name", "currency"}


MONEY = {
    "0": "0.00 EUR", "-0": "0.00 EUR", "49": "49.00 EUR", "49.9": "49.90 EUR", "12.500": "12.50 EUR", "1E+2": "100.00 EUR",
    "9999999999.99": "9999999999.99 EUR", "0.005": None, "-0.01": None, "1e12": None, "10000000000": None, "NaN": None,
    "Infinity": None, "1e-999999": None, "9999999999.999": None, f"1.{'0' * 40}": "1.00 EUR", f"1{'0' * 40}": None,
}  # fmt: skip


@pytest.mark.parametrize("written", MONEY)
def test_money_is_never_rounded(theme: Product, order: Order, at: datetime, written: str) -> None:
    priced = replace(order, amount=Decimal(written), currency=" eur ")
    if (price := MONEY[written]) is None:
        with pytest.raises(InvalidOrderError) as refused:
            record(priced, at)
        assert list(refused.value.errors) == ["amount"]
    else:
        record(priced, at)
        assert Purchase.objects.get().price == price


DAYS = {
    "auckland is a day ahead": ("Pacific/Auckland", "2026-03-01T12:00:00+00:00", 10, date(2026, 3, 12)),
    "los angeles is a day behind": ("America/Los_Angeles", "2026-03-01T07:59:00+00:00", 10, date(2026, 3, 10)),
    "the day summer begins": ("Europe/Berlin", "2025-03-30T00:30:00+00:00", 1, date(2025, 3, 31)),
    "a leap day": ("UTC", "2024-02-29T12:00:00+00:00", 365, date(2025, 2, 28)),
    "to a leap day": ("UTC", "2023-03-01T12:00:00+00:00", 365, date(2024, 2, 29)),
    "no support at all": ("UTC", "2026-03-01T12:00:00+00:00", 0, date(2026, 3, 1)),
    "without end": ("UTC", "2026-03-01T12:00:00+00:00", None, None),
}


@pytest.mark.parametrize("case", DAYS)
def test_support_is_counted_in_days_where_the_desk_is(cast: Cast, order: Order, at: datetime, case: str) -> None:
    zone, bought_at, days, until = DAYS[case]
    configure(by=cast.otto, at=at, time_zone=zone)
    make.product(at=at, support_days=days)
    assert record(replace(order, bought_at=datetime.fromisoformat(bought_at)), at).purchase.support_until == until


def test_what_the_shop_says_of_support_counts(theme: Product, order: Order, at: datetime) -> None:
    assert record(replace(order, support_until=date(2026, 2, 1)), at).purchase.support_until == date(2026, 2, 1)


def test_a_product_changed_later_changes_nothing_that_was_sold(
    cast: Cast, theme: Product, order: Order, at: datetime
) -> None:
    record(order, at)
    catalog.change_product(theme, by=cast.otto, at=at, support_days=1, license_count=9, installations=9, license_days=1)
    record(order, at)
    purchase = Purchase.objects.get()
    licenses = list(purchase.licenses.values_list("installations", "valid_until"))
    assert (purchase.support_until, licenses) == (date(2027, 3, 2), [(3, date(2028, 3, 1))] * 2)
