"""Whose a purchase is, when the address of the order has a history."""

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.desk.models import Registration
from deskhand.entitlements.changes import record_purchase
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.mail.models import Kind, Mail
from tests import make
from tests.cast import PASSWORD, Cast

ADDRESS = "nina@new.example"


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    """A year of support, a license."""
    return make.product(at=at, license_count=1)


@pytest.fixture
def order(theme: Product, at: datetime) -> Order:
    """Nina buys the theme."""
    return Order(reference="SHOP-1", product="theme", email=ADDRESS, name="Nina Holm", bought_at=at)


@pytest.fixture
def registered(cast: Cast, at: datetime) -> User:
    """Somebody has typed Nina's address and a password of their own into the page to register, and nobody has confirmed it."""
    configure(by=cast.otto, at=at, registration=Registration.OPEN)
    answer = Client().post("/sign-up/", {"email": ADDRESS, "name": "Mallory", "password1": PASSWORD})
    assert answer.status_code == 303
    return User.objects.get(email=ADDRESS)


def test_who_registered_a_foreign_address_does_not_get_what_its_owner_buys(
    registered: User, order: Order, at: datetime
) -> None:
    done = record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=at)
    nina = done.purchase.owner
    assert (nina.pk, nina.name, nina.is_invited, done.is_new_person) == (registered.pk, "Nina Holm", True, True)
    jobs.run_due(at=at)
    assert Mail.objects.filter(to_address=ADDRESS, kind=Kind.INVITATION).count() == 1
    # She opens the link that the registration has mailed her.
    assert EmailAddress.objects.filter(email=ADDRESS, verified=False).update(verified=True) == 1
    visitor = Client()
    visitor.post("/sign-in/", {"login": ADDRESS, "password": PASSWORD})
    assert visitor.get("/account/").status_code == 303  # signed out: it leads to the sign-in


def test_who_confirmed_the_address_keeps_account_and_password(registered: User, order: Order, at: datetime) -> None:
    EmailAddress.objects.filter(email=ADDRESS).update(verified=True)
    done = record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=at)
    assert (done.purchase.owner, done.is_new_person) == (registered, False)
    visitor = Client()
    visitor.post("/sign-in/", {"login": ADDRESS, "password": PASSWORD})
    assert visitor.get("/account/").status_code == 200
    assert not done.purchase.owner.is_invited


def confirmed(person: User, address: str, at: datetime) -> None:
    """They add a further address and open the link that is mailed to it; then the worker runs."""
    added = EmailAddress.objects.create(user=person, email=address, primary=False, verified=False)
    visitor = Client()
    visitor.force_login(person)
    visitor.post(f"/confirm/{EmailConfirmationHMAC(added).key}/")
    jobs.run_due(at=jobs.database_now())


def owners() -> dict[str, str]:
    """Who has which order."""
    return dict(Purchase.objects.order_by("pk").values_list("reference", "owner__email"))


def test_s1_14_what_was_bought_with_a_further_address_comes_when_it_is_confirmed(
    cast: Cast, theme: Product, order: Order, at: datetime
) -> None:
    record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=at)
    make.purchase(cast.eve, theme, at=at, reference="SHOP-2")
    make.purchase("odd@new.example", theme, at=at, reference="SHOP-3")
    confirmed(cast.carl, ADDRESS, at)
    after = {"SHOP-1": cast.carl.email, "SHOP-2": cast.eve.email, "SHOP-3": "odd@new.example"}
    assert owners() == after
    assert not record_purchase(order=order, via=Purchase.Via.WEBHOOK, by=None, at=at).is_new
    assert owners() == after


def test_an_account_that_somebody_uses_keeps_what_it_bought(cast: Cast, theme: Product, at: datetime) -> None:
    make.purchase(cast.eve, theme, at=at, reference="SHOP-2")
    confirmed(cast.carl, cast.eve.email, at)
    assert owners() == {"SHOP-2": cast.eve.email}
