"""The receipt (S1.3): what is in it, to whom it goes, and that nobody has it twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from deskhand.accounts import changes as accounts
from deskhand.core import jobs
from deskhand.core.models import Job
from deskhand.desk.changes import configure
from deskhand.entitlements.changes import end_purchase
from deskhand.entitlements.models import Product
from deskhand.mail.models import Kind, Mail
from deskhand.notifications.purchases import receipt
from tests import make
from tests.cast import Cast


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    return make.product(
        at=at, name="Theme <b>", license_count=2, download_url="https://shop.example/get?a=1&b=2", benefit="A free plugin",
        benefit_url="https://shop.example/free",
    )  # fmt: skip


def receipts(at: datetime) -> list[Mail]:
    jobs.run_due(at=at)
    return list(Mail.objects.filter(kind=Kind.ACCOUNT).order_by("pk"))


def test_s1_3_the_receipt_says_what_was_bought_and_where_to_get_it(cast: Cast, theme: Product, at: datetime) -> None:
    purchase = make.purchase(cast.carl, theme, at=at, amount=Decimal("49"), currency="EUR", partner="Fjord")
    (mail,) = receipts(at)
    first, second = purchase.licenses.order_by("pk").values_list("key", flat=True)
    assert (mail.to_address, mail.subject, mail.is_personal) == (cast.carl.email, "Your purchase of Theme <b>", True)
    assert mail.text == (
        "You bought Theme <b>\nThank you. This is your order, and what comes with it.\n\n"
        "Order: SHOP-1\nProduct: Theme <b>\nAmount: 49.00 EUR\nBought on: 2 Mar 2026\nSold by: Fjord\n"
        f"Support until: 2 Mar 2027\nLicenses: {first}\n{second}\n"
        "Comes with it: A free plugin – https://shop.example/free\n\n"
        "Download Theme <b>:\nhttps://shop.example/get?a=1&b=2\n\n"
        "When you need help, open a ticket: http://desk.example/\n\n-- \nNordlys support\n"
        "You get this because SHOP-1 was ordered with your e-mail address.\n"
    )
    assert ("Theme &lt;b&gt;" in mail.html, "Theme <b>" in mail.html) == (True, False)
    assert 'href="https://shop.example/get?a=1&amp;b=2"' in mail.html


def test_what_there_is_not_is_not_said(cast: Cast, at: datetime) -> None:
    make.purchase(cast.carl, make.product(at=at, support_days=0), at=at)
    (mail,) = receipts(at)
    assert mail.text == (
        "You bought Theme\nThank you. This is your order, and what comes with it.\n\n"
        "Order: SHOP-1\nProduct: Theme\nBought on: 2 Mar 2026\n\nOpen Nordlys support:\nhttp://desk.example/\n\n"
        "-- \nNordlys support\nYou get this because SHOP-1 was ordered with your e-mail address.\n"
    )


@pytest.mark.parametrize(
    ("until", "said"), [(date(2028, 2, 29), "Support until: 29 Feb 2028"), (None, "Support until: without end")]
)
def test_how_long_support_lasts(cast: Cast, at: datetime, until: date | None, said: str) -> None:
    make.purchase(cast.carl, make.product(at=at, support_days=None), at=at, support_until=until)
    (mail,) = receipts(at)
    assert [line for line in mail.text.splitlines() if line.startswith("Support")] == [said]


def test_the_day_is_the_readers(cast: Cast, theme: Product, at: datetime) -> None:
    accounts.change_profile(cast.carl, by=cast.carl, at=at, time_zone="Pacific/Auckland")
    configure(by=cast.otto, at=at, time_zone="America/Los_Angeles")
    make.purchase(cast.carl, theme, at=at)
    (mail,) = receipts(at)
    facts = [line for line in mail.text.splitlines() if line.startswith(("Bought", "Support until"))]
    assert facts == ["Bought on: 3 Mar 2026", "Support until: 2 Mar 2027"]


def test_a_new_buyer_has_two_mails_and_the_receipt_holds_no_link_to_the_account(
    cast: Cast, theme: Product, at: datetime
) -> None:
    make.purchase("nina@new.example", theme, at=at)
    (mail,) = receipts(at)
    kinds = list(Mail.objects.filter(to_address="nina@new.example").order_by("pk").values_list("kind", flat=True))
    assert kinds == [Kind.INVITATION, Kind.ACCOUNT]
    assert mail.secret == ""
    assert "/welcome/" not in mail.text + mail.html
    assert "Your account waits for a password." in mail.text


def test_told_twice_it_is_mailed_once(cast: Cast, theme: Product, at: datetime) -> None:
    make.purchase(cast.carl, theme, at=at)
    told = Job.objects.get(payload__names=["purchase.recorded"])
    Job.objects.create(name=told.name, payload=told.payload, run_at=at, created_at=at)
    assert len(receipts(at)) == 1
    assert Job.objects.count() == 0


def test_who_asks_has_it_again(cast: Cast, theme: Product, at: datetime) -> None:
    purchase = make.purchase(cast.carl, theme, at=at)
    (first,) = receipts(at)
    write = receipt(purchase, at=make.later(at), is_again=True)
    assert write is not None
    write()
    mails = receipts(make.later(at))
    assert [(mail.to_address, mail.text) for mail in mails] == [(cast.carl.email, first.text)] * 2
    end_purchase(purchase, state="refunded", by=None, at=at)
    assert receipt(purchase, at=at, is_again=True) is None


def test_two_purchases_are_two_receipts(cast: Cast, theme: Product, at: datetime) -> None:
    for reference in ("SHOP-1", "SHOP-2"):
        make.purchase(cast.carl, theme, at=at, reference=reference)
    assert [("SHOP-1" in mail.text, "SHOP-2" in mail.text) for mail in receipts(at)] == [(True, False), (False, True)]


def test_old_news_and_deactivated_people_are_not_mailed(cast: Cast, theme: Product, at: datetime) -> None:
    make.purchase(cast.carl, theme, at=at)
    make.purchase(cast.eve, theme, at=at + timedelta(days=1), reference="SHOP-2", bought_at=at)
    make.purchase(cast.mona, theme, at=at + timedelta(days=1), reference="SHOP-3", bought_at=at)
    accounts.deactivate(cast.mona, by=cast.otto, at=at)
    assert [mail.to_address for mail in receipts(at + timedelta(days=1, seconds=1))] == [cast.eve.email]


def test_mails_that_are_off_do_not_take_the_receipt_along(cast: Cast, theme: Product, at: datetime) -> None:
    """S1.c14: who wanted no news got no answer either. A receipt is no news."""
    accounts.set_mails_off(cast.carl, kinds=["opened", "replied", "status"], by=cast.carl, at=at)
    make.purchase(cast.carl, theme, at=at)
    assert len(receipts(at)) == 1
