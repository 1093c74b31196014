"""What a customer bought, as they see it: support and how much of it is left, download, benefit, tickets (S1.4, S2.2)."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import User
from deskhand.desk.changes import configure
from deskhand.entitlements.changes import change_support, end_purchase
from deskhand.entitlements.models import Purchase
from deskhand.tickets.models.choices import Need
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.purchases import asked_about_each
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading, shop
from tests.test_words import bare, data_in_the_database
from tests.test_words import pseudo as pseudo  # a fixture

PAGE = "/purchases/"
YEAR = timedelta(days=365)
RENEW, OPEN, GRACE = "Renew support", "Open a ticket", "Support ended, days of grace"


@pytest.fixture(autouse=True)
def _noon(at: datetime) -> Iterator[None]:
    """Support ends on a day: the page's clock is the test's."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


def cards(page: str) -> list[str]:
    return re.findall(r'<article class="card padded stack bought[ "].*?</article>', page, re.DOTALL)


def card(client: Client) -> str:
    """The only card of the page."""
    (found,) = cards(client.get(PAGE).content.decode())
    return found


def says(found: str) -> tuple[str, str]:
    """The state of a card and what it says of support."""
    badge = re.findall(r'<span class="badge"[^>]*>(.*?)</span>', found)[0]
    support = re.findall(r"<p><b>(.*?)</b></p>", found)[0]
    return badge, reading.words(support)


def meter(found: str) -> tuple[dict[str, str], str] | None:
    """The bar's numbers, and the words beside it."""
    bar = re.search(r"<meter([^>]*)></meter>", found)
    if bar is None:
        return None
    label = re.search(r'aria-labelledby="([^"]+)"', bar[1])
    assert label is not None
    words = re.findall(rf'id="{label[1]}">(.*?)</p>', found)
    numbers = dict(re.findall(r'(min|max|value|low)="(\d+)"', bar[1]))
    return numbers, reading.words(words[0])


def buttons(found: str) -> list[tuple[str, str]]:
    """What can be done with it: the words of each link below the card, and where it leads."""
    actions = found.rpartition('<div class="actions">')[2]
    return [
        (reading.words(name), address.replace("&amp;", "&"))
        for address, name in re.findall(r'<a class="button" href="([^"]*)"[^>]*>(.*?)</a>', actions, re.DOTALL)
    ]


# Which purchases


def test_who_bought_nothing_reads_what_may_be_the_reason(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.eve, shop.product(at=at), at=at)
    page = carl.get(PAGE).content.decode().partition("</main>")[0]
    empty = re.findall(r'<div class="empty">.*?</div>', page, re.DOTALL)
    assert cards(page) == []
    assert [reading.words(each) for each in empty] == [
        "We know of no purchase of yours. Did you buy with another e-mail address? Add it to your account. Your addresses"
    ]
    assert 'href="/account/addresses/"' in empty[0]


def test_s1_4_a_card_tells_of_one_purchase(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at, download_url="https://shop.example/get", renew_url="https://shop.example/renew")
    purchase = shop.bought(cast.carl, theme, at=at - timedelta(days=65), reference="A-77")
    Purchase.objects.filter(pk=purchase.pk).update(amount=Decimal("1049.00"), currency="EUR", partner="Best hosts")
    shop.bought(cast.eve, theme, at=at, reference="B-88")
    found = card(carl)
    assert reading.words(found).startswith(
        "Harbor theme Supported Order A-77 Bought 27 Dec 2025 Amount 1,049.00 EUR Bought from Best hosts"
    )
    assert says(found) == ("Supported", "Supported until 27 Dec 2026.")
    assert meter(found) == ({"min": "0", "max": "365", "low": "30", "value": "300"}, "300 of 365 days left")
    assert buttons(found) == [
        ("Open a ticket", f"/tickets/new/?purchase={purchase.pk}"),
        ("Download", "https://shop.example/get"),
        ("1 license", "/licenses/"),
    ]
    assert f'id="purchase-{purchase.pk}"' in found


def test_the_newest_comes_first_and_the_same_product_twice_is_two_cards(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at)
    shop.bought(cast.carl, theme, at=at - YEAR, reference="old")
    shop.bought(cast.carl, theme, at=at, reference="new")
    page = carl.get(PAGE).content.decode()
    assert re.findall(r"<dt>Order</dt><dd>(\w+)</dd>", page) == ["new", "old"]


def test_everybody_sees_their_own_and_staff_as_well(client: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at)
    for person in (cast.carl, cast.ada):
        shop.bought(person, theme, at=at, reference=f"of-{person.name.lower()}")
    seen = {}
    for person in (cast.carl, cast.ada, cast.eve, cast.mona, cast.otto):
        client.force_login(person)
        page = client.get(PAGE).content.decode()
        seen[person.name] = re.findall(r"<dt>Order</dt><dd>([\w-]+)</dd>", page)
    assert seen == {"Carl": ["of-carl"], "Ada": ["of-ada"], "Eve": [], "Mona": [], "Otto": []}


# Support


def test_support_without_end_has_no_meter(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at, support_days=None, renew_url="https://shop.example/renew"), at=at)
    found = card(carl)
    assert (says(found), meter(found)) == (("Supported", "Supported without end."), None)
    assert [name for name, _address in buttons(found)] == ["Open a ticket", "1 license"]


def test_a_product_without_support_says_so(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at, support_days=0, renew_url="https://shop.example/renew"), at=at)
    found = card(carl)
    assert (says(found), meter(found)) == (("No support", "It comes without support."), None)
    assert [name for name, _address in buttons(found)] == ["1 license"]


@pytest.mark.parametrize(
    ("until", "state", "sentence", "left", "names"),
    [
        (date(2026, 4, 2), "Supported", "Supported until 2 Apr 2026.", 31, [OPEN]),
        (date(2026, 4, 1), "Supported", "Supported until 1 Apr 2026.", 30, [RENEW, OPEN]),
        (date(2026, 3, 2), "Supported", "Supported until 2 Mar 2026. Today is the last day.", 0, [RENEW, OPEN]),
        (date(2026, 3, 1), GRACE, "Support ended on 1 Mar 2026. New tickets are taken until 8 Mar 2026.", None, [RENEW, OPEN]),
        (date(2026, 2, 23), GRACE, "Support ended on 23 Feb 2026. New tickets are taken until 2 Mar 2026.", None, [RENEW, OPEN]),
        (date(2026, 2, 22), "Support ended", "Support ended on 22 Feb 2026.", None, [RENEW]),
    ],
)  # fmt: skip
def test_s1_c4_what_is_left_of_support_and_where_to_renew(
    carl: Client, cast: Cast, at: datetime, until: date, state: str, sentence: str, left: int | None, names: list[str]
) -> None:
    theme = shop.product(at=at, license_count=0, grace_days=7, renew_url="https://shop.example/renew")
    bought_at = datetime.combine(until, at.timetz()) - YEAR
    shop.bought(cast.carl, theme, at=bought_at, until=until)
    found = card(carl)
    shown = meter(found)
    assert says(found) == (state, sentence)
    assert (shown[1] if shown else None) == (None if left is None else f"{left} of 365 days left")
    assert [name for name, _address in buttons(found)] == names


def test_the_day_is_the_desks_own(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at), at=at - YEAR, until=date(2026, 3, 2))
    late = at.replace(hour=23, minute=30)
    with time_machine.travel(late, tick=False):
        assert says(card(carl)) == ("Supported", "Supported until 2 Mar 2026. Today is the last day.")
        configure(by=cast.otto, at=late, time_zone="Europe/Oslo")
        assert says(card(carl)) == ("Support ended", "Support ended on 2 Mar 2026.")


def test_prolonged_support_never_has_more_days_left_than_were_bought(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at - timedelta(days=100))
    change_support(purchase, support_until=date(2028, 3, 2), by=cast.lena, at=at)
    assert meter(card(carl)) == ({"min": "0", "max": "831", "low": "30", "value": "731"}, "731 of 831 days left")


@pytest.mark.parametrize(("state", "word"), [("refunded", "Refunded"), ("fraud", "Taken back")])
def test_s1_c6_what_was_taken_back_gives_nothing_any_more(
    carl: Client, cast: Cast, at: datetime, state: str, word: str
) -> None:
    theme = shop.product(
        at=at, download_url="https://shop.example/get", renew_url="https://shop.example/renew", benefit="A free theme",
        takes_bug_reports=True,
    )  # fmt: skip
    purchase = shop.bought(cast.carl, theme, at=at)
    before = card(carl)
    assert ("A free theme" in before, [name for name, _address in buttons(before)]) == (
        True, ["Open a ticket", "Download", "1 license"],
    )  # fmt: skip
    end_purchase(purchase, state=state, by=cast.lena, at=at)
    found = card(carl)
    assert says(found) == (word, "It has no support any more, and its licenses are off.")
    assert (meter(found), "A free theme" in found, buttons(found)) == (None, False, [("1 license", "/licenses/")])


def test_a_bug_can_be_reported_without_support_where_the_product_welcomes_that(
    carl: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at, license_count=0, takes_bug_reports=True)
    purchase = shop.bought(cast.carl, theme, at=at - YEAR, until=date(2026, 3, 1))
    shop.topic()
    assert buttons(card(carl)) == []
    bugs = make.topic("Bugs", purchase=Need.REQUIRED, is_bug_report=True)
    address = f"/tickets/new/?purchase={purchase.pk}&topic={bugs.pk}"
    assert buttons(card(carl)) == [("Report a bug", address)]
    values = fill(carl.get(address).content.decode(), "/tickets/new/")
    assert (values["purchase"], values["topic"]) == ([str(purchase.pk)], [str(bugs.pk)])


def test_open_a_ticket_leads_to_the_form_with_the_purchase_chosen(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(at=at)
    purchase, _other = (shop.bought(cast.carl, theme, at=at - timedelta(days=day)) for day in (3, 1))
    shop.topic()
    page = carl.get(PAGE).content.decode()
    address = buttons(cards(page)[1])[0][1]
    assert fill(carl.get(address).content.decode(), "/tickets/new/")["purchase"] == [str(purchase.pk)]


# The benefit


def test_s2_2_a_benefit_is_claimed_from_the_card_and_then_is_claimed(carl: Client, cast: Cast, at: datetime) -> None:
    plan = shop.product("Hosting", at=at, benefit="A free theme", benefit_url="https://shop.example/claim")
    purchase = shop.bought(cast.carl, plan, at=at)
    found = card(carl)
    assert "A free theme : this comes with it, and you have not claimed it yet." in reading.words(found)
    assert 'href="https://shop.example/claim"' in found
    claim = f"{PAGE}{purchase.pk}/claim/"
    answer = send(carl, PAGE, claim)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert Purchase.objects.get(pk=purchase.pk).claimed_at == timezone.now()
    page = carl.get(PAGE).content.decode()
    assert "Noted: you have claimed A free theme." in reading.words(page)
    assert "Claimed: A free theme" in reading.words(cards(page)[0])
    assert f'action="{claim}"' not in page


def test_nobody_claims_a_foreign_benefit(client: Client, cast: Cast, at: datetime) -> None:
    plan = shop.product("Hosting", at=at, benefit="A free theme")
    purchase, _own = shop.bought(cast.carl, plan, at=at), shop.bought(cast.eve, plan, at=at)
    client.force_login(cast.eve)
    values = fill(client.get(PAGE).content.decode(), f"{PAGE}{_own.pk}/claim/")
    assert client.post(f"{PAGE}{purchase.pk}/claim/", values).status_code == 404
    assert Purchase.objects.get(pk=purchase.pk).claimed_at is None


# Tickets


def about(user: User, purchase: Purchase, subject: str, *, at: datetime) -> Ticket:
    ticket = make.ticket(user, at=at, subject=subject)
    Ticket.objects.filter(pk=ticket.pk).update(purchase=purchase)
    return ticket


def test_a_card_lists_the_three_tickets_that_moved_last_and_counts_the_rest(
    carl: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at)
    first, second = (shop.bought(cast.carl, theme, at=at - timedelta(days=day)) for day in (1, 2))
    for minute in range(5):
        about(cast.carl, first, f"Ticket {minute}", at=make.later(at, minute))
    about(cast.carl, second, "Another", at=at)
    make.ticket(cast.carl, at=at, subject="About nothing")
    listed = [
        re.findall(r'<a href="(/tickets/\d+/)">(.*?)</a>', each) for each in cards(carl.get(PAGE).content.decode())
    ]
    assert listed == [
        [
            ("/tickets/1005/", "#1005 Ticket 4"),
            ("/tickets/1004/", "#1004 Ticket 3"),
            ("/tickets/1003/", "#1003 Ticket 2"),
        ],
        [("/tickets/1006/", "#1006 Another")],
    ]
    assert "2 more among your tickets" in reading.words(carl.get(PAGE).content.decode())


def test_a_ticket_that_no_longer_concerns_the_buyer_is_not_named(carl: Client, cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at)
    about(cast.eve, purchase, "Foreign", at=at)
    about(cast.carl, purchase, "Own", at=at)
    found = card(carl)
    assert ("Own" in found, "Foreign" in found) == (True, False)


def test_a_manager_reads_along_and_has_none_of_the_purchases(cast: Cast, at: datetime) -> None:
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at)
    about(cast.carl, purchase, "Own", at=at)
    found = {person.name: asked_about_each(person) for person in (cast.carl, cast.mona, cast.eve)}
    assert {name: {pk: asked.count for pk, asked in each.items()} for name, each in found.items()} == {
        "Carl": {purchase.pk: 1}, "Mona": {}, "Eve": {},
    }  # fmt: skip


def test_support_of_a_single_day_has_a_bar(carl: Client, cast: Cast, at: datetime) -> None:
    shop.bought(cast.carl, shop.product(at=at), at=at, until=at.date())
    assert meter(card(carl)) == ({"min": "0", "max": "1", "low": "0", "value": "0"}, "0 of 1 day left")


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_asks_the_database_as_often_for_forty_purchases(
    carl: Client, cast: Cast, at: datetime, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    theme = shop.product(at=at, benefit="A free theme")
    for number in range(count):
        purchase = shop.bought(
            cast.carl, theme, at=at - timedelta(days=number), places=(f"a{number}.example", f"b{number}.example")
        )
        about(cast.carl, purchase, f"About {number}", at=at)
    carl.get("/tickets/new/")  # what the process keeps
    with django_assert_num_queries(5):  # who asks; purchases, licenses, installations; their tickets
        page = carl.get(PAGE)
    assert len(cards(page.content.decode())) == count


# The words


@pytest.mark.usefixtures("pseudo")
def test_every_word_of_the_cards_comes_through_gettext(carl: Client, cast: Cast, at: datetime) -> None:
    theme = shop.product(
        at=at, download_url="https://shop.example/get", renew_url="https://shop.example/renew", grace_days=7,
        benefit="Gift", benefit_url="https://shop.example/claim",
    )  # fmt: skip
    data = {"Harbor theme", "Gift", "shop.example", "other.example"}
    for number, until in enumerate((date(2027, 3, 2), date(2026, 3, 20), date(2026, 3, 1), date(2026, 1, 1))):
        purchase = shop.bought(
            cast.carl,
            theme,
            at=at - YEAR,
            until=until,
            reference=f"R-{number}",
            places=("shop.example", "other.example"),
        )
        about(cast.carl, purchase, "The printer is on fire", at=at)
        data |= {purchase.reference, *(row.key for row in purchase.licenses.all())}
    shop.refund(shop.bought(cast.carl, theme, at=at, reference="R-9"), at=at)
    send(carl, PAGE, f"{PAGE}{purchase.pk}/claim/")
    known = data_in_the_database() | data | {"Nordlys support", "R-9"}
    for path in (PAGE, "/licenses/"):
        page = carl.get(path).content.decode()
        assert len(cards(page)) == 5
        assert bare(page, known) == []
