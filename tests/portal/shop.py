"""A shop that sells things, through the real changes: products, purchases, and where they run."""

from datetime import date, datetime
from typing import Any

from deskhand.accounts.models import User
from deskhand.desk.changes import touch
from deskhand.entitlements.catalog import create_product
from deskhand.entitlements.changes import activate, end_purchase, record_purchase
from deskhand.entitlements.models import Installation, Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.tickets.models.choices import Need, Topic


def product(name: str = "Harbor theme", *, at: datetime, **values: Any) -> Product:  # noqa: ANN401 - column values
    """Something to sell: a year of support, one license for two installations, unless said otherwise."""
    usual: dict[str, Any] = {"support_days": 365, "license_count": 1, "installations": 2}
    slug = name.lower().replace(" ", "-")[:40]
    return create_product(by=None, at=at, slug=slug, name=name, **{**usual, **values})


def bought(
    user: User, what: Product, *, at: datetime, until: date | None = None, reference: str = "", places: tuple[str, ...] = ()
) -> Purchase:  # fmt: skip
    """`user` bought it at that moment; it runs in these places."""
    order = Order(
        reference=reference or f"order-{Purchase.objects.count() + 1}", product=what.slug, email=user.email, name=user.name,
        bought_at=at, support_until=until,
    )  # fmt: skip
    purchase = record_purchase(order=order, via=Purchase.Via.HAND, by=None, at=at).purchase
    for place in places:
        bind(purchase, place, at=at)
    return purchase


def bind(purchase: Purchase, place: str, *, at: datetime) -> Installation:
    """The product calls home from there."""
    return activate(key=purchase.licenses.all()[0].key, domain=place, at=at)


def refund(purchase: Purchase, *, at: datetime) -> None:
    """The money goes back."""
    end_purchase(purchase, state=Purchase.State.REFUNDED, by=None, at=at)


def topic(need: str = Need.REQUIRED, **values: Any) -> Topic:  # noqa: ANN401 - column values
    """The desk's default topic needs a purchase."""
    found = Topic.objects.get(is_default=True)
    Topic.objects.filter(pk=found.pk).update(purchase=need, **values)
    touch()
    return Topic.objects.get(pk=found.pk)
