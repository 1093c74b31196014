"""What was sold, for tests of tickets: rows, written past the shop's own doors."""

from datetime import date, datetime
from itertools import count
from typing import Any, Final

from deskhand.accounts.models import User
from deskhand.entitlements.models import Installation, License, Product, Purchase

LAST_DAY: Final = date(2026, 3, 2)  # the day of the tests
_counted = count(1)


def product(name: str = "Nord theme", **values: Any) -> Product:  # noqa: ANN401 - column values
    """A product with 30 days of support and no grace."""
    number = next(_counted)
    return Product.objects.create(slug=f"product-{number}", name=name, **{"support_days": 30, **values})


def bought(
    owner: User, sold: Product | None = None, *, at: datetime, until: date | None = LAST_DAY,
    **values: Any,  # noqa: ANN401 - column values
) -> Purchase:  # fmt: skip
    """What `owner` bought, supported until the day of the tests."""
    return Purchase.objects.create(
        reference=f"order-{next(_counted)}", product=sold or product(), owner=owner, bought_at=at, support_until=until,
        via=Purchase.Via.HAND, created_at=at, **values,
    )  # fmt: skip


def runs_on(purchase: Purchase, *domains: str, at: datetime) -> list[Installation]:
    """A license of it, bound to these domains."""
    row = License.objects.create(purchase=purchase, key=f"KEY-{next(_counted)}", installations=9, created_at=at)
    return [Installation.objects.create(license=row, domain=domain, activated_at=at, seen_at=at) for domain in domains]
