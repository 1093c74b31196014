"""What a new ticket's form says about what its customer bought: what can be chosen, why something cannot, what support covers.

Which purchases open a ticket is `tickets.support`'s to say; here it is only put into words.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.entitlements import queries
from deskhand.entitlements.models import Installation, Product, Purchase
from deskhand.entitlements.queries import Held
from deskhand.tickets.errors import Reason
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.support import Shut
from deskhand.ui.filters import day


@dataclass(frozen=True, slots=True)
class Offer:
    """A purchase as the form offers it, and where it runs (S2.15)."""

    purchase: Purchase
    words: str
    installations: list[Installation]


@dataclass(frozen=True, slots=True)
class Covered:
    """What the support of a product covers, clause by clause (S2.12, S2.13)."""

    product: str
    promises: list[str]
    clauses: list[str]


def held_by(user: User, *, at: datetime) -> list[Held]:
    """All that this person bought; a desk that sells nothing asks no database."""
    return queries.held_by(user, at=at) if queries.products() else []


def offers(choosable: Iterable[Purchase], held: Sequence[Held]) -> list[Offer]:
    """Those that can be chosen, each told apart from the others (S1.c3)."""
    keys = {purchase.pk for purchase in choosable}
    shown = [each for each in held if each.purchase.pk in keys]
    times = Counter(each.purchase.product_id for each in shown)
    return [
        Offer(each.purchase, _said(each, is_twice=times[each.purchase.product_id] > 1), _installations(each))
        for each in shown
    ]


def _said(held: Held, *, is_twice: bool) -> str:
    """Such as "Harbor theme, supported until 14 Mar 2027, shop.example"; one that was bought twice says its order, too."""
    purchase, places = held.purchase, [installation.domain for installation in _installations(held)]
    words = [purchase.product.name, _support(held), *places[:1]]
    if len(places) > 1:
        words[-1] = _("%(place)s and %(count)d more") % {"place": places[0], "count": len(places) - 1}
    if is_twice:
        words.append(_("order %(reference)s") % {"reference": purchase.reference})
    return ", ".join(filter(None, words))


def _support(held: Held) -> str:
    purchase = held.purchase
    if not purchase.has_support:
        return ""
    if purchase.support_until is None:
        return _("supported without end")
    if held.is_in_grace and held.covered_until:
        return _("support ended on %(day)s, tickets until %(last)s") % {
            "day": day(purchase.support_until),
            "last": day(held.covered_until),
        }
    words = _("supported until %(day)s") if held.is_covered else _("support ended on %(day)s")
    return words % {"day": day(purchase.support_until)}


def _installations(held: Held) -> list[Installation]:
    return [installation for row in held.licenses for installation in row.bound]


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket is about: the product, where it runs, and the buyer's own page of it (empty for everybody else)."""

    product: str
    place: str
    page: str


def about(ticket: Ticket, *, user: User) -> About | None:
    """None for a ticket about nothing that was bought. The order is its buyer's own; who reads along sees what and where."""
    purchase = ticket.purchase if ticket.purchase_id else None
    product = queries.product(purchase.product_id) if purchase else None
    if purchase is None or product is None:
        return None
    place = ticket.installation.domain if ticket.installation else ""
    page = f"{reverse('purchases')}#purchase-{purchase.pk}" if purchase.owner_id == user.pk else ""
    return About(product.name, place, page)


def coverage(products: Iterable[Product]) -> list[Covered]:
    """What stands beside the form, each product once (S2.14); nothing for one that says nothing."""
    told = {product.pk: Covered(product.name, product.promises, product.clauses) for product in products}
    return [each for each in told.values() if each.promises or each.clauses]


def unclaimed(held: Iterable[Held]) -> list[Purchase]:
    """Purchases whose benefit waits to be claimed (S2.2)."""
    waiting = (each.purchase for each in held if each.purchase.is_active and not each.purchase.claimed_at)
    return [purchase for purchase in waiting if purchase.product.benefit]


def refusal(reason: Reason, purchase: Purchase | None, *, ended_on: date | None = None) -> str:
    """Why no ticket can be opened with it, or with nothing (S1.c4)."""
    if purchase is None:
        if reason is Reason.NONE:
            return _("A ticket needs something you bought from us, and we know of no purchase of yours.")
        return _("None of your purchases has active support.")
    words = {"product": purchase.product.name}
    match reason:
        case Reason.REFUNDED:
            return _("The purchase of %(product)s was taken back, so it has no support any more.") % words
        case Reason.OVER if day_of_end := purchase.support_until or ended_on:
            return _("Support for %(product)s ended on %(day)s.") % {**words, "day": day(day_of_end)}
        case _:
            return _("%(product)s comes without support.") % words


def refusal_of(shut: Shut) -> str:
    """Why somebody can open no ticket at all, by the purchase that comes nearest to it."""
    return refusal(shut.reason, shut.purchase, ended_on=shut.ended_on)
