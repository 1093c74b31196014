"""Where a license runs (S1.c5, S2.15): the first bind it, a full one has no room, a customer moves it once a year."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from deskhand.accounts import changes as accounts
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.entitlements import catalog, changes
from deskhand.entitlements.changes import activate, remove_installation
from deskhand.entitlements.domains import normalized
from deskhand.entitlements.errors import (
    InvalidDomainError,
    LicenseEndedError,
    MovesUsedUpError,
    NoRoomError,
    NotAllowedError,
    UnknownLicenseError,
)
from deskhand.entitlements.models import Installation, License, Product, Purchase
from tests import make
from tests.cast import Cast

DAY = timedelta(days=1)


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    return make.product(at=at, license_count=1, installations=2, license_days=500, moves_a_year=1)


@pytest.fixture
def key(cast: Cast, theme: Product, at: datetime) -> str:
    """The license that carl bought."""
    make.purchase(cast.carl, theme, at=at)
    return License.objects.get().key


def bound() -> list[str]:
    return list(Installation.objects.filter(removed_at=None).order_by("pk").values_list("domain", flat=True))


SPELLINGS = {
    "example.com": "example.com",
    "HTTPS://WWW.Example.COM:443/shop/?x=1#y": "example.com",
    "http://nina:secret@example.com/": "example.com",
    "//example.com": "example.com",
    "example.com:8080": "example.com",
    "www.example.com.": "example.com",
    "example.com/wp-admin": "example.com",
    "  example.com\n": "example.com",
    "shop.example.com": "shop.example.com",
    "www.com": "www.com",
    "münchen.example": "xn--mnchen-3ya.example",
    "https://XN--MNCHEN-3YA.example": "xn--mnchen-3ya.example",
    "mu\u0308nchen.example": "xn--mnchen-3ya.example",
    "localhost": "localhost",
    "http://localhost:3000": "localhost",
    "192.168.0.7:81": "192.168.0.7",
    "http://[::1]:81/": "::1",
    "Carl’s laptop": "Carl’s laptop",
    "9F3A-77": "9F3A-77",
}


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_domain_is_one_however_it_is_spelled(written: str) -> None:
    assert normalized(written) == SPELLINGS[written]
    assert normalized(SPELLINGS[written]) == SPELLINGS[written]


@pytest.mark.parametrize(
    "written", ["", " ", "\x00", "x" * 254, "http://", "https:///path", "http://[::1", f"http://{'ä' * 80}.de"]
)
def test_what_names_no_place_is_refused(written: str) -> None:
    with pytest.raises(InvalidDomainError):
        normalized(written)


def test_s1_c5_the_first_bind_and_the_same_again_is_only_seen(key: str, at: datetime) -> None:
    first = activate(key=key, domain="https://www.example.com/", at=at)
    again = activate(key=f" {key.lower()} ", domain="EXAMPLE.com", at=at + DAY)
    assert (first.pk, again.activated_at, again.seen_at) == (again.pk, at, at + DAY)
    assert Installation.objects.get().seen_at == at + DAY
    entries = list(AuditEntry.objects.filter(action="license.activated").values_list("subject", "after"))
    assert entries == [(f"purchase:{Purchase.objects.get().pk}", {"domain": "example.com"})]


def test_calling_home_all_the_time_writes_once_an_hour(key: str, at: datetime) -> None:
    for minutes in (0, 59):
        activate(key=key, domain="example.com", at=make.later(at, minutes))
    assert Installation.objects.get().seen_at == at
    activate(key=key, domain="example.com", at=make.later(at, 60))
    assert Installation.objects.get().seen_at == make.later(at, 60)


def test_s2_15_a_full_license_says_where_it_runs(key: str, at: datetime) -> None:
    for domain in ("one.example", "two.example"):
        activate(key=key, domain=domain, at=at)
    with pytest.raises(NoRoomError) as refused:
        activate(key=key, domain="three.example", at=at)
    assert refused.value.domains == ["one.example", "two.example"] == bound()
    assert activate(key=key, domain="two.example", at=at + DAY).domain == "two.example"


def test_a_second_license_has_room_of_its_own(cast: Cast, key: str, theme: Product, at: datetime) -> None:
    other = make.purchase(cast.eve, theme, at=at, reference="SHOP-2").licenses.get()
    for domain in ("one.example", "two.example"):
        activate(key=key, domain=domain, at=at)
    assert activate(key=other.key, domain="one.example", at=at).license == other


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA-AAAA", "\x00", "' OR 1=1"])
def test_an_unknown_key(key: str, at: datetime, wrong: str) -> None:
    with pytest.raises(UnknownLicenseError):
        activate(key=wrong, domain="example.com", at=at)
    assert bound() == []


def test_s1_c6_a_refunded_license_runs_nowhere(key: str, at: datetime) -> None:
    activate(key=key, domain="example.com", at=at)
    changes.end_by_reference(reference="SHOP-1", state="refunded", by=None, at=at)
    with pytest.raises(LicenseEndedError):
        activate(key=key, domain="example.com", at=at + DAY)
    changes.reinstate_purchase(Purchase.objects.get(), by=None, at=at)
    assert activate(key=key, domain="example.com", at=at + DAY).seen_at == at + DAY


@pytest.mark.parametrize(
    ("zone", "last", "over"),
    [
        ("Pacific/Auckland", "2027-07-16T11:59:59+00:00", "2027-07-16T12:00:00+00:00"),
        ("America/Los_Angeles", "2027-07-16T06:59:59+00:00", "2027-07-16T07:00:00+00:00"),
    ],
)
def test_a_license_is_valid_to_the_end_of_its_last_day_where_the_desk_is(
    cast: Cast, theme: Product, at: datetime, zone: str, last: str, over: str
) -> None:
    configure(by=cast.otto, at=at, time_zone=zone)
    bought_at = at.replace(hour=6)  # on the second in Auckland, on the first in Los Angeles
    catalog.change_product(theme, by=cast.otto, at=at, license_days=501)
    key = make.purchase(cast.carl, theme, at=at, bought_at=bought_at).licenses.get().key
    assert activate(key=key, domain="example.com", at=datetime.fromisoformat(last)).domain == "example.com"
    with pytest.raises(LicenseEndedError):
        activate(key=key, domain="example.com", at=datetime.fromisoformat(over))


def test_a_customer_moves_once_within_365_days(cast: Cast, key: str, at: datetime) -> None:
    first = activate(key=key, domain="one.example", at=at)
    second = activate(key=key, domain="two.example", at=at)
    assert remove_installation(first, by=cast.carl, at=at) is True
    assert remove_installation(first, by=cast.carl, at=make.later(at)) is False
    with pytest.raises(MovesUsedUpError) as refused:
        remove_installation(second, by=cast.carl, at=at + 365 * DAY - timedelta(seconds=1))
    assert (refused.value.again_at, bound()) == (at + 365 * DAY, ["two.example"])
    assert remove_installation(second, by=cast.carl, at=at + 365 * DAY) is True
    assert bound() == []


def test_a_removed_domain_makes_room_and_may_come_back(cast: Cast, key: str, at: datetime) -> None:
    first = activate(key=key, domain="one.example", at=at)
    activate(key=key, domain="two.example", at=at)
    remove_installation(first, by=cast.carl, at=at)
    activate(key=key, domain="three.example", at=at)
    with pytest.raises(NoRoomError):
        activate(key=key, domain="one.example", at=at)
    remove_installation(Installation.objects.get(domain="two.example"), by=cast.ada, at=at)
    activate(key=key, domain="one.example", at=at)
    assert bound() == ["three.example", "one.example"]
    entries = AuditEntry.objects.filter(action="license.moved").order_by("pk").values_list("by", "before", "after")
    assert list(entries) == [
        (cast.carl.pk, {"domain": "one.example"}, {"domain": ""}), (cast.ada.pk, {"domain": "two.example"}, {"domain": ""}),
    ]  # fmt: skip


def test_staff_move_as_often_as_they_like_and_it_costs_the_customer_nothing(cast: Cast, key: str, at: datetime) -> None:
    for number in range(3):
        remove_installation(activate(key=key, domain=f"{number}.example", at=at), by=cast.ada, at=at)
    last = activate(key=key, domain="four.example", at=at)
    assert remove_installation(last, by=cast.carl, at=at) is True


def test_where_only_agents_move_a_customer_never_does(cast: Cast, key: str, theme: Product, at: datetime) -> None:
    catalog.change_product(theme, by=cast.otto, at=at, moves_a_year=0)
    only = activate(key=key, domain="one.example", at=at)
    with pytest.raises(MovesUsedUpError) as refused:
        remove_installation(only, by=cast.carl, at=at + 9999 * DAY)
    assert (refused.value.again_at, bound()) == (None, ["one.example"])


def test_with_two_moves_the_older_one_makes_room_first(cast: Cast, key: str, theme: Product, at: datetime) -> None:
    catalog.change_product(theme, by=cast.otto, at=at, moves_a_year=2)
    for number in range(2):
        moved = activate(key=key, domain=f"{number}.example", at=at)
        remove_installation(moved, by=cast.carl, at=at + number * 10 * DAY)
    third = activate(key=key, domain="three.example", at=at)
    with pytest.raises(MovesUsedUpError) as refused:
        remove_installation(third, by=cast.carl, at=at + 11 * DAY)
    assert refused.value.again_at == at + 365 * DAY
    catalog.change_product(theme, by=cast.otto, at=at, moves_a_year=1)  # then it is the newer one that counts
    with pytest.raises(MovesUsedUpError) as refused:
        remove_installation(third, by=cast.carl, at=at + 11 * DAY)
    assert refused.value.again_at == at + 375 * DAY


@pytest.mark.parametrize("person", ["eve", "mona", "cora"])
def test_nobody_else_takes_it_off(cast: Cast, key: str, at: datetime, person: str) -> None:
    first = activate(key=key, domain="one.example", at=at)
    with pytest.raises(NotAllowedError):
        remove_installation(first, by=getattr(cast, person), at=at)
    assert bound() == ["one.example"]


def test_who_was_deactivated_takes_nothing_off(cast: Cast, key: str, at: datetime) -> None:
    first = activate(key=key, domain="one.example", at=at)
    accounts.deactivate(cast.carl, by=cast.otto, at=at)
    act = partial(remove_installation, first, at=at)
    with pytest.raises(NotAllowedError):
        act(by=cast.carl)
    assert act(by=cast.lena) is True
