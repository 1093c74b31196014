"""What a purchase gives on which day, and what pages show of it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts import changes as accounts
from deskhand.accounts.models import User
from deskhand.desk.changes import configure
from deskhand.entitlements import changes, policy, queries
from deskhand.entitlements.models import Product, Purchase
from tests import make
from tests.cast import Cast

DAY = timedelta(days=1)


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    """Support for 10 days and 5 of grace: to the 12th, and to the 17th of March."""
    return make.product(at=at, support_days=10, grace_days=5, license_count=1, installations=2, license_days=20)


@pytest.fixture
def purchase(cast: Cast, theme: Product, at: datetime) -> Purchase:
    return make.purchase(cast.carl, theme, at=at)


def covering(person: User, *, at: datetime) -> list[Purchase]:
    return [held.purchase for held in queries.held_by(person, at=at) if held.is_covered]


def on(day: int, *, clock: str = "12:00:00", offset: str = "+00:00") -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}{offset}")


@pytest.mark.parametrize(
    ("day", "facts"),
    [
        (2, (True, False, 15)), (12, (True, False, 5)), (13, (True, True, 4)), (17, (True, True, 0)),
        (18, (False, False, None)), (31, (False, False, None)),
    ],
)  # fmt: skip
def test_s1_c3_support_then_grace_then_none(
    cast: Cast, purchase: Purchase, day: int, facts: tuple[bool, bool, int | None]
) -> None:
    held = queries.held_by(cast.carl, at=on(day))[0]
    assert (held.is_covered, held.is_in_grace, held.days_left) == facts
    assert held.covered_until == date(2026, 3, 17)
    assert covering(cast.carl, at=on(day)) == ([purchase] if facts[0] else [])
    assert queries.held(purchase, at=on(day)) == held


@pytest.mark.parametrize(
    ("zone", "last", "over"),
    [
        ("Pacific/Auckland", "2026-03-18T10:59:59+00:00", "2026-03-18T11:00:00+00:00"),
        ("America/Los_Angeles", "2026-03-18T06:59:59+00:00", "2026-03-18T07:00:00+00:00"),
    ],
)
def test_the_last_day_ends_at_midnight_where_the_desk_is(
    cast: Cast, theme: Product, at: datetime, zone: str, last: str, over: str
) -> None:
    configure(by=cast.otto, at=at, time_zone=zone)
    day = {"Pacific/Auckland": 18, "America/Los_Angeles": 17}[zone]
    purchase = make.purchase(cast.carl, theme, at=at, support_until=date(2026, 3, day - 5))
    assert covering(cast.carl, at=datetime.fromisoformat(last)) == [purchase]
    assert covering(cast.carl, at=datetime.fromisoformat(over)) == []


def test_without_end_and_without_support(cast: Cast, at: datetime) -> None:
    ever = make.purchase(cast.carl, make.product("ever", at=at, support_days=None), at=at, reference="1")
    never = make.purchase(cast.carl, make.product("never", at=at, support_days=0, grace_days=9), at=at, reference="2")
    held = {each.purchase: each for each in queries.held_by(cast.carl, at=at)}
    assert covering(cast.carl, at=at + 99_999 * DAY) == [ever]
    assert (held[ever].is_covered, held[ever].days_left, held[ever].covered_until) == (True, None, None)
    assert (held[never].is_covered, held[never].is_in_grace, held[never].days_left) == (False, False, None)


def refund(purchase: Purchase, at: datetime) -> None:
    changes.end_purchase(purchase, state="refunded", by=None, at=at)


def fraud(purchase: Purchase, at: datetime) -> None:
    changes.end_purchase(purchase, state="fraud", by=None, at=at)


@pytest.mark.parametrize("end", [refund, fraud])
def test_s1_c6_what_has_ended_covers_nothing(
    cast: Cast, purchase: Purchase, theme: Product, at: datetime, end: Callable[[Purchase, datetime], None]
) -> None:
    Product.objects.update(takes_bug_reports=True)
    assert (covering(cast.carl, at=at), policy.takes_bug_reports(Purchase.objects.get())) == ([purchase], True)
    assert queries.held(Purchase.objects.get(), at=at).licenses[0].is_valid
    end(purchase, at)
    assert (covering(cast.carl, at=at), policy.takes_bug_reports(Purchase.objects.get())) == ([], False)
    held = queries.held_by(cast.carl, at=at)[0]
    assert (held.is_covered, held.is_in_grace, [row.is_valid for row in held.licenses]) == (False, False, [False])


def test_the_newest_comes_first_and_what_is_over_covers_nothing(cast: Cast, theme: Product, at: datetime) -> None:
    made = [
        make.purchase(cast.carl, theme, at=at, reference=f"{days}", bought_at=at - days * DAY) for days in (3, 1, 2, 99)
    ]
    pack = make.product("pack", at=at, kind="support", support_days=400)
    longest = make.purchase(cast.carl, pack, at=at, reference="pack", bought_at=at - 9 * DAY)
    order = [made[1], made[2], made[0], longest, made[3]]
    assert [held.purchase for held in queries.held_by(cast.carl, at=at)] == order
    assert covering(cast.carl, at=at) == order[:-1]


def test_nobody_else_holds_it(cast: Cast, purchase: Purchase, at: datetime) -> None:
    others = [person for person in cast.everybody if person != cast.carl]
    assert [queries.held_by(person, at=at) for person in others] == [[]] * 7
    assert [covering(person, at=at) for person in others] == [[]] * 7
    assert [list(Purchase.objects.visible_to(person)) for person in (cast.eve, cast.mona, cast.cora)] == [[]] * 3
    assert list(Purchase.objects.visible_to(cast.carl)) == [purchase] == list(Purchase.objects.visible_to(cast.ada))


def test_an_installation_is_found_by_its_owner_and_staff(cast: Cast, purchase: Purchase, at: datetime) -> None:
    installed = changes.activate(key=purchase.licenses.get().key, domain="one.example", at=at)
    found = {person.username: queries.installation_for(person, installed.pk) for person in cast.everybody}
    assert {name for name, each in found.items() if each == installed} == {"carl", "ada", "bea", "lena", "otto"}
    assert {name for name, each in found.items() if each is None} == {"eve", "mona", "cora"}
    changes.remove_installation(installed, by=cast.carl, at=at)
    assert queries.installation_for(cast.carl, installed.pk) is None


def test_a_license_says_where_it_runs_and_what_room_is_left(cast: Cast, purchase: Purchase, at: datetime) -> None:
    key = purchase.licenses.get().key
    gone = changes.activate(key=key, domain="one.example", at=at)
    changes.remove_installation(gone, by=cast.carl, at=at)
    two = changes.activate(key=key, domain="two.example", at=at)
    row = queries.held_by(cast.carl, at=on(22))[0].licenses[0]
    assert (row.bound, row.room, row.is_valid) == ([two], 1, True)
    assert queries.held_by(cast.carl, at=on(23))[0].licenses[0].is_valid is False


@pytest.mark.parametrize("number", [1, 12])
def test_it_costs_three_queries_however_much_somebody_bought(
    cast: Cast, theme: Product, at: datetime, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        bought = make.purchase(cast.carl, theme, at=at, reference=f"SHOP-{index}")
        changes.activate(key=bought.licenses.get().key, domain="one.example", at=at)
    queries.held_by(cast.carl, at=at)
    with django_assert_num_queries(3):
        held = queries.held_by(cast.carl, at=at)
        shown = [(each.purchase.product.name, each.licenses[0].license.purchase.reference) for each in held]
        domains = [each.licenses[0].bound[0].domain for each in held]
    assert (len(set(shown)), domains) == (number, ["one.example"] * number)


def test_staff_still_see_what_a_deactivated_person_bought(cast: Cast, purchase: Purchase, at: datetime) -> None:
    accounts.deactivate(cast.carl, by=cast.otto, at=at)
    carl = accounts.User.objects.get(pk=cast.carl.pk)
    assert [held.purchase for held in queries.held_by(carl, at=at)] == [purchase]
    assert list(Purchase.objects.visible_to(carl)) == []
