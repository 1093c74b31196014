"""The list of purchases as staff read it: newest first, page by page, found by whatever a customer names."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.entitlements.models import Installation, License, Product, Purchase, PurchaseQuerySet

PAGE: Final = 50
MOST_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """One line of the list."""

    pk: int
    reference: str
    product: str
    owner: str
    email: str
    bought_at: datetime
    state: str
    state_words: str
    has_support: bool
    support_until: date | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class PurchasesPage:
    """Some purchases; `before` and `after` are the keys at which the newer and the older page end and begin, None at the ends."""

    rows: list[PurchaseRow]
    before: int | None
    after: int | None


def purchases_page(
    *, viewer: User, search: str = "", state: str = "", before: int | None = None, after: int | None = None
) -> PurchasesPage:
    """The purchases `viewer` sees, 50 at a time, the one bought last first.

    Each word of the search is looked for in order, product, partner, the buyer's name and address (also a confirmed second one),
    license keys and domains, those of removed installations too.
    """
    purchases = _among(Purchase.objects.visible_to(viewer), search)
    if state in Purchase.State.values:
        purchases = purchases.filter(state=state)
    backward = before is not None
    edge = before if backward else after
    mark = Purchase.objects.visible_to(viewer).filter(pk=edge).first() if edge else None
    if mark is not None:
        sign = "gt" if backward else "lt"
        beyond = Q(**{f"bought_at__{sign}": mark.bought_at}) | Q(bought_at=mark.bought_at, **{f"pk__{sign}": mark.pk})
        purchases = purchases.filter(beyond)
    order = ("bought_at", "pk") if backward else ("-bought_at", "-pk")
    found = list(purchases.select_related("product", "owner").order_by(*order)[: PAGE + 1])
    has_more = len(found) > PAGE
    shown = found[:PAGE][::-1] if backward else found[:PAGE]
    has_before, has_after = (has_more, mark is not None) if backward else (mark is not None, has_more)
    return PurchasesPage(
        rows=[_row(purchase) for purchase in shown],
        before=shown[0].pk if shown and has_before else None,
        after=shown[-1].pk if shown and has_after else None,
    )


def _among(purchases: PurchaseQuerySet, search: str) -> PurchaseQuerySet:
    for word in text.one_line(search).split()[:MOST_WORDS]:
        people = User.objects.filter(
            Q(name__icontains=word) | Q(email__icontains=word)
            | Q(emailaddress__email__icontains=word, emailaddress__verified=True)
        )  # fmt: skip
        purchases = purchases.filter(
            Q(reference__icontains=word)
            | Q(partner__icontains=word)
            | Q(product__in=Product.objects.filter(Q(name__icontains=word) | Q(slug__icontains=word)).values("pk"))
            | Q(owner__in=people.values("pk"))
            | Q(pk__in=License.objects.filter(key__icontains=word).values("purchase"))
            | Q(pk__in=Installation.objects.filter(domain__icontains=word).values("license__purchase"))
        )
    return purchases


def _row(purchase: Purchase) -> PurchaseRow:
    return PurchaseRow(
        pk=purchase.pk, reference=purchase.reference, product=purchase.product.name, owner=purchase.owner.name,
        email=purchase.owner.email, bought_at=purchase.bought_at, state=purchase.state,
        state_words=purchase.get_state_display(), has_support=purchase.has_support,
        support_until=purchase.support_until, amount=purchase.amount, currency=purchase.currency,
    )  # fmt: skip
