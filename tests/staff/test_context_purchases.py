"""What stands beside a ticket of its customer's purchases (S1.c6, S1.c10, S2.15)."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from deskhand.entitlements.changes import activate, end_purchase, remove_installation
from deskhand.entitlements.models import Installation, Product, Purchase
from deskhand.entitlements.queries import held_beside
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.staff.test_workspace import queries

DAY = timedelta(days=1)


@pytest.fixture
def theme(at: datetime, db: None) -> Product:
    """A product with a license for two installations."""
    return make.product(at=at, name="Harbor theme", license_count=1, installations=2)


@pytest.fixture
def ada(client: Client, cast: Cast) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(cast.ada)
    return client


def bought(
    cast: Cast, theme: Product, *, at: datetime, reference: str = "SHOP-1", places: tuple[str, ...] = ()
) -> Purchase:
    """Carl bought it, and it runs in these places."""
    purchase = make.purchase(cast.carl, theme, at=at, reference=reference, amount=Decimal(49), currency="EUR")
    for place in places:
        activate(key=purchase.licenses.get().key, domain=place, at=at)
    return purchase


def about(purchase: Purchase | None, cast: Cast, *, at: datetime, place: str = "") -> Ticket:
    """Carl's ticket about a purchase."""
    ticket = make.ticket(cast.carl, at=at)
    installation = Installation.objects.get(domain=place) if place else None
    Ticket.objects.filter(pk=ticket.pk).update(purchase=purchase, installation=installation)
    return Ticket.objects.get(pk=ticket.pk)


def address(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/"


def pane(client: Client, ticket: Ticket) -> str:
    """The words of the section about purchases, empty if there is none."""
    page = client.get(address(ticket)).content.decode()
    section = re.search(r'<section[^>]*aria-labelledby="bought-title".*?</section>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section[0])).split()) if section else ""


def test_s1_c10_the_purchase_of_the_ticket_its_order_amount_support_and_licenses(
    ada: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    purchase = bought(cast, theme, at=at, places=("shop.example", "test.shop.example"))
    key = purchase.licenses.get().key
    ticket = about(purchase, cast, at=at, place="test.shop.example")
    words = pane(ada, ticket)

    assert words == (
        f"Purchase Harbor theme Active Order SHOP-1 · 49.00 EUR Bought 2 Mar 2026, 12:00 Support until 2 Mar 2027."
        f" Asked about test.shop.example {key} valid test.shop.example, shop.example"
    )
    assert f'href="/desk/purchases/{purchase.pk}/"' in ada.get(address(ticket)).content.decode()


def test_s1_c10_without_a_purchase_on_the_ticket_the_customers_own_stand_there(
    ada: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    for number in range(5):
        bought(cast, theme, at=at + number * DAY, reference=f"SHOP-{number}")
    words = pane(ada, about(None, cast, at=at))

    assert re.findall(r"SHOP-\d", words) == ["SHOP-4", "SHOP-3", "SHOP-2"]
    assert words.endswith("All 5 purchases")


def test_the_purchase_of_the_ticket_comes_first_though_it_is_the_oldest(
    ada: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    oldest = bought(cast, theme, at=at - 400 * DAY, reference="SHOP-OLD")
    for number in range(4):
        bought(cast, theme, at=at + number * DAY, reference=f"SHOP-{number}")
    beside = held_beside(cast.carl, about=oldest.pk, installation=None, viewer=cast.ada, at=at)

    assert beside.about is not None
    assert (beside.about.purchase, beside.about.is_covered, beside.about.licenses[0].is_valid) == (oldest, False, True)
    assert [held.purchase.reference for held in beside.others] == ["SHOP-3", "SHOP-2", "SHOP-1"]
    assert beside.count == 5


def test_s1_c5_every_license_says_whether_it_is_active_and_where_it_runs(ada: Client, cast: Cast, at: datetime) -> None:
    pack = make.product("pack", at=at, name="Pack", license_count=7, license_days=30, support_days=None)
    purchase = make.purchase(cast.carl, pack, at=at - 60 * DAY)
    words = pane(ada, about(purchase, cast, at=at))

    assert words.count("not valid runs nowhere yet") == 5
    assert (words.endswith("All 7 licenses"), "Support without end." in words) == (True, True)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Purchase.State.REFUNDED, "The purchase of this ticket was refunded."),
        (Purchase.State.FRAUD, "The purchase of this ticket was fraud."),
    ],
)
def test_s1_c6_a_refund_or_fraud_is_said_above_the_conversation(
    ada: Client, cast: Cast, theme: Product, at: datetime, state: Purchase.State, sentence: str
) -> None:
    purchase = bought(cast, theme, at=at, places=("shop.example",))
    ticket = about(purchase, cast, at=at)
    before = ada.get(address(ticket)).content.decode()
    end_purchase(purchase, state=state, by=cast.lena, at=at)
    after = ada.get(address(ticket)).content.decode()

    assert (before.count(sentence), after.count(sentence)) == (0, 1)
    assert after.index(sentence) < after.index("<desk-thread")
    assert (f"{purchase.licenses.get().key} valid" in pane(ada, ticket), "not valid shop.example" in pane(ada, ticket)) == (
        False, True,
    )  # fmt: skip


def test_what_another_purchase_of_the_customer_was_refunded_is_no_alarm(
    ada: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    other = bought(cast, theme, at=at, reference="SHOP-2")
    end_purchase(other, state=Purchase.State.FRAUD, by=cast.lena, at=at)
    ticket = about(bought(cast, theme, at=at), cast, at=at)

    assert "was fraud" not in ada.get(address(ticket)).content.decode()
    assert re.findall(r"Order (\S+) .*?Also theirs .*?Fraud Order (\S+)", pane(ada, ticket)) == [("SHOP-1", "SHOP-2")]


def test_s2_15_where_it_runs_no_more_is_said(ada: Client, cast: Cast, theme: Product, at: datetime) -> None:
    purchase = bought(cast, theme, at=at, places=("shop.example", "old.example"))
    ticket = about(purchase, cast, at=at, place="old.example")
    remove_installation(Installation.objects.get(domain="old.example"), by=cast.ada, at=at)
    words = pane(ada, ticket)

    assert ("Asked about old.example (removed since)" in words, words.endswith("valid shop.example")) == (True, True)


def test_a_colleagues_purchase_is_told_and_not_counted_as_theirs(
    ada: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    """Staff opened it for cora, about what carl of the same house bought."""
    purchase = bought(cast, theme, at=at)
    make.purchase(cast.eve, theme, at=at, reference="SHOP-EVE")
    ticket = make.ticket(cast.cora, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(purchase=purchase)
    beside = held_beside(cast.cora, about=purchase.pk, installation=None, viewer=cast.ada, at=at)

    assert (beside.about and beside.about.purchase, beside.others, beside.count) == (purchase, [], 0)
    assert ("SHOP-1" in pane(ada, ticket), "SHOP-EVE" in pane(ada, ticket)) == (True, False)


def test_nobody_but_who_may_read_purchases_is_told(cast: Cast, theme: Product, at: datetime) -> None:
    purchase = bought(cast, theme, at=at)
    seen = {
        viewer.name: held_beside(cast.carl, about=purchase.pk, installation=None, viewer=viewer, at=at).count
        for viewer in (cast.ada, cast.lena, cast.eve, cast.carl)
    }
    assert seen == {"Ada": 1, "Lena": 1, "Eve": 0, "Carl": 0}


def test_a_desk_that_sells_nothing_says_nothing_of_purchases(ada: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    assert pane(ada, ticket) == ""
    assert queries(ada, address(ticket)) == 9
    make.product(at=at)
    assert pane(ada, ticket) == "Purchases None. They have bought nothing."


@pytest.mark.parametrize("purchases", [1, 4])
def test_the_pane_costs_one_query_whatever_was_bought(
    ada: Client, cast: Cast, theme: Product, at: datetime, purchases: int
) -> None:
    made = [
        bought(cast, theme, at=at, reference=f"SHOP-{number}", places=("shop.example", "other.example"))
        for number in range(purchases)
    ]
    assert queries(ada, address(about(made[0], cast, at=at, place=""))) == 10


def test_all_tickets_of_the_person_are_one_link_away(ada: Client, cast: Cast, at: datetime) -> None:
    first = make.ticket(cast.carl, at=at)
    link = '<a class="small" href="/desk/search/?q=carl%40customer.example">All their tickets</a>'
    before = ada.get(address(first)).content.decode()
    second = make.ticket(cast.carl, at=at)
    after = ada.get(address(first)).content.decode()

    assert (link in before, link in after) == (False, True)
    found = ada.get("/desk/search/?q=carl%40customer.example").content.decode()
    assert [f'id="row-{ticket.number}"' in found for ticket in (first, second)] == [True, True]
