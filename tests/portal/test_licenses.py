"""A customer's licenses: the keys, where they run, and how one is moved (S1.4, S1.c5, S2.15)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deskhand.entitlements.changes import remove_installation
from deskhand.entitlements.models import Installation, License, Purchase
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading, shop

PAGE = "/licenses/"


@pytest.fixture(autouse=True)
def _noon(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Purchase:
    """Carl's: one license for two installations, on two domains; one move a year."""
    return shop.bought(cast.carl, shop.product(at=at), at=at, places=("a.example", "b.example"))


def cards(page: str) -> list[str]:
    return re.findall(r'<article class="card padded stack bought license".*?</article>', page, re.DOTALL)


def action(place: Installation) -> str:
    return f"/licenses/installations/{place.pk}/remove/"


def places(purchase: Purchase) -> list[Installation]:
    return list(Installation.objects.filter(license__purchase=purchase, removed_at=None).order_by("pk"))


def remove(client: Client, place: Installation) -> HttpResponse:
    return send(client, PAGE, action(place))


def test_a_card_has_the_key_until_when_and_where_it_runs(carl: Client, theme: Purchase) -> None:
    (found,) = cards(carl.get(PAGE).content.decode())
    (key,) = License.objects.values_list("key", flat=True)
    assert re.findall(r"<code [^>]*>(.*?)</code>", found) == [key]
    assert reading.words(found).startswith(
        f"Harbor theme Valid {key} Copy the key Valid until without end Order order-1"
    )
    assert re.findall(r'<meter class="bar" min="0" max="2" value="2"', found) != []
    assert "2 of 2 installations used" in reading.words(found)
    assert re.findall(r"<li><div><b>(.*?)</b>", found) == ["a.example", "b.example"]
    assert "since just now · last seen just now" in reading.words(found)
    assert "You can move it 1 of 1 times within a year." in reading.words(found)
    assert re.findall(r'<button type="button" class="button" hidden>', found) != []  # without a script it does nothing


def test_a_license_that_ends_says_when_and_one_that_ended_that_it_has(carl: Client, cast: Cast, at: datetime) -> None:
    product = shop.product(at=at, license_days=30)
    shop.bought(cast.carl, product, at=at)
    shop.bought(cast.carl, product, at=at - timedelta(days=31))
    shop.refund(shop.bought(cast.carl, product, at=at - timedelta(days=60)), at=at)
    found = cards(carl.get(PAGE).content.decode())
    states = [re.findall(r'<span class="badge"[^>]*>(.*?)</span>', each)[0] for each in found]
    ends = [re.findall(r"<dt>Valid until</dt><dd>(.*?)</dd>", each)[0] for each in found]
    assert states == ["Valid", "Run out", "Switched off"]
    assert ends[0] == "1 Apr 2026"
    assert ["It runs nowhere yet" in each for each in found] == [True, False, False]


def test_s2_15_a_customer_moves_a_license(carl: Client, cast: Cast, theme: Purchase, at: datetime) -> None:
    first, second = places(theme)
    answer = remove(carl, first)
    assert (answer.status_code, answer["Location"]) == (303, f"/licenses/#license-{first.license_id}")
    assert [place.domain for place in places(theme)] == ["b.example"]
    gone = Installation.objects.get(pk=first.pk)
    assert (gone.removed_at, gone.removed_by) == (timezone.now(), cast.carl)
    page = carl.get(PAGE).content.decode()
    assert "a.example is removed. The license is free for the next installation." in reading.words(page)
    assert "1 of 2 installations used" in reading.words(page)
    shop.bind(theme, "c.example", at=at)
    assert [place.domain for place in places(theme)] == ["b.example", "c.example"]
    assert second in places(theme)


def test_s2_15_after_the_moves_of_a_year_it_says_when_and_whom_to_ask(
    carl: Client, cast: Cast, theme: Purchase, at: datetime
) -> None:
    first, second = places(theme)
    values = fill(carl.get(PAGE).content.decode(), action(second))
    remove(carl, first)
    words = (
        "It has been moved as often as a year allows. The next time from 3 Mar 2027 on; before that ask us in a ticket."
    )
    page = carl.get(PAGE).content.decode()
    assert (f"{words} Open a ticket" in reading.words(page), action(second) in page) == (True, False)
    assert f'href="/tickets/new/?purchase={theme.pk}"' in page
    refused = carl.post(action(second), values)  # a form that was open before
    page = refused.content.decode()
    assert (refused.status_code, reading.errors(page)) == (422, f"b.example stays. {words}")
    assert [place.domain for place in places(theme)] == ["b.example"]
    with time_machine.travel(datetime(2027, 3, 3, tzinfo=at.tzinfo), tick=False):
        carl.force_login(cast.carl)  # a session lasts two weeks
        assert remove(carl, second).status_code == 303
    assert places(theme) == []


def test_where_customers_move_nothing_an_agent_is_to_be_asked(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at, moves_a_year=0), at=at, places=("a.example",))
    page = carl.get(PAGE).content.decode()
    assert ("We move it for you: ask us in a ticket. Open a ticket" in reading.words(page), "/remove/" in page) == (
        True, False,
    )  # fmt: skip


def test_staff_move_their_own_as_often_as_they_like(client: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.ada, shop.product(at=at), at=at, places=("a.example", "b.example"))
    client.force_login(cast.ada)
    assert [remove(client, place).status_code for place in places(purchase)] == [303, 303]
    assert places(purchase) == []


def test_pressed_twice_it_is_moved_once(carl: Client, theme: Purchase) -> None:
    first, _second = places(theme)
    values = fill(carl.get(PAGE).content.decode(), action(first))
    answers = [carl.post(action(first), values) for _time in range(2)]
    assert [(each.status_code, each["Location"]) for each in answers] == [
        (303, f"/licenses/#license-{first.license_id}")
    ] * 2
    assert len(places(theme)) == 1


def test_what_an_agent_has_removed_meanwhile_is_no_move(
    carl: Client, cast: Cast, theme: Purchase, at: datetime
) -> None:
    first, _second = places(theme)
    values = fill(carl.get(PAGE).content.decode(), action(first))
    remove_installation(Installation.objects.get(pk=first.pk), by=cast.ada, at=at)
    assert carl.post(action(first), values).status_code == 303
    assert "You can move it 1 of 1 times within a year." in reading.words(carl.get(PAGE).content.decode())


@pytest.mark.parametrize("name", ["eve", "mona", "ada", "otto"])
def test_nobody_sees_or_removes_here_what_somebody_else_bought(
    client: Client, cast: Cast, theme: Purchase, at: datetime, name: str
) -> None:
    person = getattr(cast, name)
    own = shop.bought(person, theme.product, at=at, places=("own.example",))
    client.force_login(person)
    page = client.get(PAGE).content.decode()
    assert re.findall(r"<li><div><b>(.*?)</b>", page) == ["own.example"]
    values = fill(page, action(places(own)[0]))
    assert client.post(action(places(theme)[0]), values).status_code == 404
    assert client.post("/licenses/installations/99999/remove/", values).status_code == 404
    assert len(places(theme)) == 2


def test_an_empty_page_says_why(carl: Client, cast: Cast, at: datetime) -> None:
    plan = shop.product("Hosting", at=at, license_count=0)

    def empty() -> list[str]:
        page = carl.get(PAGE).content.decode().partition("</main>")[0]
        return [reading.words(each) for each in re.findall(r'<div class="empty">.*?</div>', page, re.DOTALL)]

    assert empty() == [
        "We know of no purchase of yours. Did you buy with another e-mail address? Add it to your account. Your addresses"
    ]
    shop.bought(cast.carl, plan, at=at)
    assert empty() == ["What you bought comes without licenses. Purchases"]


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_asks_the_database_as_often_for_forty_licenses(
    carl: Client, cast: Cast, at: datetime, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    product = shop.product(at=at)
    for number in range(count):
        shop.bought(cast.carl, product, at=at - timedelta(days=number), places=(f"a{number}.example",))
    carl.get("/tickets/new/")  # what the process keeps
    with django_assert_num_queries(5):  # who asks; purchases, licenses, installations; the moves of a year
        page = carl.get(PAGE)
    assert len(cards(page.content.decode())) == count
