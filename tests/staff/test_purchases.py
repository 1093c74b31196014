"""Purchases as staff read and change them."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.entitlements import changes
from deskhand.entitlements.models import Installation, License, Purchase
from deskhand.mail.models import Kind, Mail
from tests import make
from tests.cast import Cast
from tests.forms import NoSuchFormError, fill, send

PAGE = "/desk/purchases/"
NEW = f"{PAGE}new/"


@pytest.fixture
def lena(client: Client, cast: Cast) -> Client:
    client.force_login(cast.lena)
    return client


@pytest.fixture
def bought(cast: Cast, at: datetime) -> Purchase:
    """Carl's theme, with a license that runs at his shop."""
    theme = make.product(at=at, name="Theme Pro", license_count=1, installations=2)
    purchase = make.purchase(
        cast.carl, theme, at=timezone.now(), reference="SHOP-7", amount=Decimal("1049.5"), currency="EUR", partner="Hoster",
    )  # fmt: skip
    changes.activate(key=License.objects.get().key, domain="https://www.carl.example/shop", at=timezone.now())
    return purchase


def shown(client: Client, path: str = PAGE, **query: str) -> str:
    return client.get(path, query).content.decode()


def listed(client: Client, **query: str) -> list[str]:
    """The orders of a page of the list."""
    return re.findall(rf'<td class="subject"><a href="{PAGE}\d+/">(.*?)</a>', shown(client, **query))


def path_of(purchase: Purchase) -> str:
    return f"{PAGE}{purchase.pk}/"


# Who gets in


def test_agents_read_and_leads_change(client: Client, cast: Cast, bought: Purchase) -> None:
    path = path_of(bought)
    acts = [f"{path}support/", f"{path}state/", f"{path}receipt/", NEW, f"{PAGE}csv/"]
    for customer in (cast.carl, cast.eve):
        client.force_login(customer)
        assert [client.get(page).status_code for page in (PAGE, path, NEW)] == [403, 403, 403]
    client.force_login(cast.ada)
    assert [client.get(page).status_code for page in (PAGE, path)] == [200, 200]
    assert [client.post(act).status_code for act in acts] == [403] * 5
    page = shown(client, path)
    assert [words in page for words in ("Renew or prolong", "Refunded…", "Send the receipt again", "SHOP-7")] == [
        False, False, False, True,
    ]  # fmt: skip
    assert ("New purchase" in shown(client), "From a CSV file" in shown(client)) == (False, False)
    client.force_login(cast.lena)
    assert client.get(NEW).status_code == 200
    assert "Renew or prolong" in shown(client, path)


def test_the_rail_leads_there_once_something_is_sold(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    link = f'<a href="{PAGE}"'
    assert link not in shown(client, "/desk/tickets/")
    make.product(at=at)
    assert link in shown(client, "/desk/tickets/")


# The list


def test_the_list_says_who_bought_what(lena: Client, cast: Cast, bought: Purchase) -> None:
    page = shown(lena)
    row = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)]
    until = changes.policy.day_of(timezone.now(), changes.current_desk()) + timedelta(days=365)
    assert cells == [
        "SHOP-7", "Theme Pro", "Carl", "Active", f"{until:%-d %b %Y}", "just now", "1,049.50 EUR",
    ]  # fmt: skip


def test_pages_go_newest_first_and_both_ways(lena: Client, cast: Cast, at: datetime) -> None:
    theme = make.product(at=at)
    for number in range(120):
        moment = at + timedelta(days=number // 3)  # three at one moment
        make.purchase(cast.carl, theme, at=moment, reference=f"S-{number:03}")
    expected = [f"S-{number:03}" for number in range(119, -1, -1)]

    seen, path = [], PAGE
    steps = []
    while path:
        page = lena.get(path).content.decode()
        steps.append(re.findall(rf'<td class="subject"><a href="{PAGE}\d+/">(.*?)</a>', page))
        seen += steps[-1]
        older = re.findall(r'href="([^"]*)" data-kind="quiet" rel="next"', page)
        newer = re.findall(r'href="([^"]*)" data-kind="quiet" rel="prev"', page)
        path = older[0].replace("&amp;", "&") if older else ""
    assert (seen, [len(step) for step in steps]) == (expected, [50, 50, 20])
    assert listed(lena, before=newer[0].rpartition("=")[2]) == steps[1]


@pytest.mark.parametrize("purchases", [1, 40])
def test_the_list_costs_the_same_queries_however_long(
    lena: Client, cast: Cast, at: datetime, purchases: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    theme = make.product(at=at)
    for number in range(purchases):
        make.purchase(cast.carl, theme, at=at, reference=f"S-{number}")
    lena.get(PAGE)
    with django_assert_num_queries(2):
        lena.get(PAGE)


def test_whatever_a_customer_names_finds_the_purchase(lena: Client, cast: Cast, bought: Purchase, at: datetime) -> None:
    other = make.product("plugin", at=at, license_count=1)
    make.purchase(cast.eve, other, at=at, reference="SHOP-8")
    EmailAddress.objects.create(user=cast.carl, email="carl@second.example", verified=True)
    EmailAddress.objects.create(user=cast.eve, email="eve@unproven.example", verified=False)
    key = License.objects.get(purchase=bought).key

    for words in (
        "SHOP-7", "shop-7", "Theme", cast.carl.email, "carl@second.example", "Carl", "hoster", "carl.example", key,
        key.lower(), key[:9], "theme carl",
    ):  # fmt: skip
        assert listed(lena, q=words) == ["SHOP-7"], words
    assert listed(lena, q="SHOP") == ["SHOP-7", "SHOP-8"]
    assert listed(lena, q="plugin carl") == listed(lena, q="eve@unproven.example") == listed(lena, q="zzz") == []
    assert "No purchase for “zzz” here." in shown(lena, q="zzz")


def test_tabs_show_one_state_and_keep_the_words(lena: Client, cast: Cast, bought: Purchase, at: datetime) -> None:
    theme = bought.product
    ended = make.purchase(cast.eve, theme, at=at, reference="SHOP-8")
    changes.end_purchase(ended, state=Purchase.State.REFUNDED, by=None, at=at)
    assert [listed(lena, state=state) for state in ("", "active", "refunded", "fraud", "nonsense")] == [
        ["SHOP-7", "SHOP-8"], ["SHOP-7"], ["SHOP-8"], [], ["SHOP-7", "SHOP-8"],
    ]  # fmt: skip
    page = shown(lena, state="active", q="SHOP")
    assert f'href="{PAGE}?state=refunded&amp;q=SHOP"' in page
    assert '<input type="hidden" name="state" value="active">' in page


# One purchase


def test_s1_c10_its_page_says_all_about_it(lena: Client, cast: Cast, bought: Purchase, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ticket.purchase = bought
    ticket.save(update_fields=["purchase"])
    secret = make.ticket(cast.carl, at=at, team=cast.private)
    secret.purchase = bought
    secret.save(update_fields=["purchase"])
    page = shown(lena, path_of(bought))

    assert [words in page for words in (
        "Theme Pro</h1>", "Order SHOP-7", "1,049.50 EUR", "<dd class=\"answer\">Hoster</dd>", License.objects.get().key,
        "<b>carl.example</b>", "1 of 2 installations", f'href="/desk/people/{cast.carl.pk}/"',
        f"/desk/search/?q={quote(cast.carl.email)}", f"#{ticket.number} ", f"#{secret.number} ",
        "Tickets can be opened for 366 more days.",
    )] == [True] * 12  # fmt: skip
    lena.force_login(cast.ada)  # who is not in the private team
    page = shown(lena, path_of(bought))
    assert (f"#{ticket.number} " in page, f"#{secret.number} " in page) == (True, False)


def test_a_persons_page_lists_what_they_bought(lena: Client, cast: Cast, bought: Purchase) -> None:
    page = shown(lena, f"/desk/people/{cast.carl.pk}/")
    assert [words in page for words in (path_of(bought), License.objects.get().key, "carl.example</span>")] == [
        True
    ] * 3
    assert path_of(bought) not in shown(lena, f"/desk/people/{cast.eve.pk}/")


def test_a_persons_page_shows_five_and_leads_to_all(lena: Client, cast: Cast, at: datetime) -> None:
    theme = make.product(at=at)
    for number in range(6):
        make.purchase(cast.carl, theme, at=at + timedelta(days=number), reference=f"S-{number}")
    page = shown(lena, f"/desk/people/{cast.carl.pk}/")
    assert re.findall(r'<span class="soft small">(S-\d)</span>', page) == ["S-5", "S-4", "S-3", "S-2", "S-1"]
    assert f'href="{PAGE}?q={quote(cast.carl.email, safe="")}"' in page


def test_support_is_prolonged_and_ended_never(lena: Client, cast: Cast, bought: Purchase) -> None:
    path = path_of(bought)
    answer = send(lena, path, f"{path}support/", support_until="2031-05-04")
    bought.refresh_from_db()
    assert (answer.status_code, answer["Location"], bought.support_until) == (303, path, date(2031, 5, 4))
    assert "Support until 4 May 2031." in shown(lena, path)
    send(lena, path, f"{path}support/", support_until="")
    bought.refresh_from_db()
    assert (bought.support_until, "Support without end." in shown(lena, path)) == (None, True)


def test_a_day_that_is_none_is_said_and_kept(lena: Client, cast: Cast, bought: Purchase) -> None:
    path, before = path_of(bought), bought.support_until
    for typed, words in (("next year", "Enter a valid date."), ("3999-01-01", "too far away")):
        answer = send(lena, path, f"{path}support/", support_until=typed)
        page = answer.content.decode()
        assert (answer.status_code, words in page, f'value="{typed}"' in page) == (422, True, True)
    bought.refresh_from_db()
    assert bought.support_until == before


@pytest.mark.parametrize("state", [Purchase.State.REFUNDED, Purchase.State.FRAUD])
def test_s1_c6_ending_says_first_what_will_happen(
    lena: Client, cast: Cast, bought: Purchase, state: str, at: datetime
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ticket.purchase = bought
    ticket.save(update_fields=["purchase"])
    path = f"{path_of(bought)}state/"
    asked = lena.get(path, {"to": state})
    page = asked.content.decode()
    assert (asked.status_code, "Its license stops working at once." in page, "One open ticket about it" in page) == (
        200, True, True,
    )  # fmt: skip
    bought.refresh_from_db()
    assert bought.is_active

    done = lena.post(path, fill(page, path))
    bought.refresh_from_db()
    assert (done.status_code, done["Location"], bought.state) == (303, path_of(bought), state)
    assert License.objects.get().deactivated_at is not None
    page = shown(lena, path_of(bought))
    assert ("No ticket can be opened with it; its licenses are off." in page, "Renew or prolong" in page) == (
        True,
        False,
    )

    back = lena.get(path, {"to": "active"}).content.decode()
    assert "Its license works again." in back
    lena.post(path, fill(back, path))
    bought.refresh_from_db()
    assert (bought.is_active, License.objects.get().deactivated_at) == (True, None)


def test_a_state_that_cannot_be_is_no_page(lena: Client, cast: Cast, bought: Purchase) -> None:
    path = f"{path_of(bought)}state/"
    assert [lena.get(path, {"to": to}).status_code for to in ("", "active", "sold")] == [404, 404, 404]


def test_what_somebody_else_did_in_between_is_said(lena: Client, cast: Cast, bought: Purchase, at: datetime) -> None:
    path = f"{path_of(bought)}state/"
    page = shown(lena, path, to="refunded")
    changes.end_purchase(bought, state=Purchase.State.FRAUD, by=None, at=at)
    answer = lena.post(path, fill(page, path))
    assert (answer.status_code, "Somebody has changed it in the meantime." in answer.content.decode()) == (422, True)
    bought.refresh_from_db()
    assert bought.state == "fraud"


def test_s2_15_staff_take_a_license_off_a_domain(client: Client, cast: Cast, bought: Purchase) -> None:
    client.force_login(cast.ada)
    where = Installation.objects.get()
    act = f"{path_of(bought)}installations/{where.pk}/remove/"
    assert send(client, path_of(bought), act)["Location"] == path_of(bought)
    where.refresh_from_db()
    page = shown(client, path_of(bought))
    assert (where.removed_by, "carl.example was removed." in page, "0 of 2 installations" in page) == (
        cast.ada,
        True,
        True,
    )
    assert client.post(act)["Location"] == path_of(bought)
    assert "It was removed already." in shown(client, path_of(bought))


def test_an_installation_of_another_purchase_is_not_touched(
    client: Client, cast: Cast, bought: Purchase, at: datetime
) -> None:
    other = make.purchase(cast.eve, bought.product, at=at, reference="SHOP-8")
    client.force_login(cast.ada)
    where = Installation.objects.get()
    own, foreign = (f"{path_of(each)}installations/{where.pk}/remove/" for each in (bought, other))
    assert client.post(foreign, fill(shown(client, path_of(bought)), own)).status_code == 303
    where.refresh_from_db()
    assert where.removed_at is None


def test_s1_3_the_receipt_is_sent_again(lena: Client, cast: Cast, bought: Purchase, at: datetime) -> None:
    jobs.run_due(at=timezone.now())
    receipts = Mail.objects.filter(kind=Kind.ACCOUNT, recipient=cast.carl)
    assert receipts.count() == 1
    path = path_of(bought)
    html = shown(lena, path)
    for _press in range(2):
        lena.post(f"{path}receipt/", fill(html, f"{path}receipt/"))
    assert (receipts.count(), "on its way to carl@" in shown(lena, path)) == (2, True)

    changes.end_purchase(bought, state=Purchase.State.FRAUD, by=None, at=at)
    with pytest.raises(NoSuchFormError):
        send(lena, path, f"{path}receipt/")
    answer = lena.post(f"{path}receipt/", fill(html, f"{path}receipt/"))
    assert (answer.status_code, receipts.count()) == (422, 2)


# By hand


def test_a_purchase_is_written_down_by_hand(lena: Client, cast: Cast, at: datetime) -> None:
    make.product(at=at, name="Theme Pro")
    answer = send(
        lena, NEW, NEW, reference="HAND-1", product="theme", email="Nina@New.example", name="Nina Holm", bought_on="2026-10-01",
        amount="49.00", currency="eur", partner="Hoster", support_until="2027-01-31", organization="Holm",
    )  # fmt: skip
    made = Purchase.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, path_of(made))
    assert (
        made.reference, made.product.slug, made.owner.email, made.owner.name, made.amount, made.currency, made.partner,
        made.support_until, made.via, timezone.localdate(made.bought_at), str(made.owner.organization),
    ) == (
        "HAND-1", "theme", "nina@new.example", "Nina Holm", Decimal("49.00"), "EUR", "Hoster", date(2027, 1, 31), "hand",
        date(2026, 10, 1), "Holm",
    )  # fmt: skip
    assert "nina@new.example gets the receipt and an invitation." in shown(lena, path_of(made))


def test_nobody_is_promised_a_mail_that_does_not_leave(lena: Client, cast: Cast, at: datetime) -> None:
    make.product(at=at)
    User.objects.filter(pk=cast.carl.pk).update(is_active=False)
    send(lena, NEW, NEW, reference="HAND-1", product="theme", email=cast.carl.email, bought_on="2026-10-01")
    page = shown(lena, path_of(Purchase.objects.get()))
    assert "The account of carl@customer.example is deactivated, so nobody is mailed." in page
    assert "gets the receipt" not in page


def test_the_same_order_leads_to_its_purchase(lena: Client, cast: Cast, bought: Purchase) -> None:
    given = {"reference": "SHOP-7", "product": "theme", "bought_on": "2026-10-01"}
    answer = send(lena, NEW, NEW, email=cast.carl.email, **given)
    assert (answer["Location"], Purchase.objects.count()) == (path_of(bought), 1)
    assert "This order was known already." in shown(lena, path_of(bought))

    answer = send(lena, NEW, NEW, email=cast.eve.email, **given)
    page = answer.content.decode()
    assert (answer.status_code, "by somebody else" in page, f'value="{cast.eve.email}"' in page) == (422, True, True)
    assert Purchase.objects.count() == 1


def test_what_cannot_be_is_said_beside_its_field_and_kept(lena: Client, cast: Cast, at: datetime) -> None:
    make.product(at=at)
    make.product("old", at=at, is_archived=True)
    good = {
        "reference": "HAND-1",
        "product": "theme",
        "email": "nina@new.example",
        "bought_on": "2026-10-01",
        "partner": "Kept",
    }
    for data, field in (
        ({"reference": " "}, "reference"),
        ({"product": "old"}, "product"),
        ({"email": "nina"}, "email"),
        ({"bought_on": "2999-01-01"}, "bought_on"),
        ({"bought_on": "1.10.2026"}, "bought_on"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"currency": "EURO"}, "currency"),
        ({"support_until": "3999-01-01"}, "support_until"),
    ):
        answer = send(lena, NEW, NEW, **(good | data))
        page = answer.content.decode()
        assert (answer.status_code, f'id="id_{field}_error"' in page, 'value="Kept"' in page) == (422, True, True), data
    assert Purchase.objects.count() == 0


def test_without_a_product_the_page_says_what_is_missing(lena: Client, cast: Cast) -> None:
    page = shown(lena, NEW)
    assert ("There is no product yet" in page, f'action="{NEW}"' in page, "New product" in page) == (True, False, False)
    lena.force_login(cast.otto)
    assert "/desk/settings/products/new/" in shown(lena, NEW)
