"""What a shop says about a purchase, and whether it can be true."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.desk.models import Desk
from deskhand.entitlements.errors import InvalidOrderError
from deskhand.entitlements.models import Product
from deskhand.entitlements.policy import day_of

AHEAD: Final = timedelta(days=1)  # a shop's clock and time zone may be wrong; a purchase of next week is a mistake
LAST_DAY: Final = date(2999, 12, 31)  # later than that nobody means a day, and days of grace still fit behind it
_CENT: Final = Decimal("0.01")
_LONGEST: Final = {"reference": 80, "name": 120, "partner": 80, "organization": 120}  # as their columns
_MOST: Final = Decimal(10) ** 10  # what the column holds: ten digits before the point


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase as a shop tells it: texts as they came, `product` is its slug, times are aware.

    `support_until` is the last day with support; None: what the product says, counted from the day of the purchase (S1.c5).
    """

    reference: str
    product: str
    email: str
    name: str
    bought_at: datetime
    support_until: date | None = None
    amount: Decimal | None = None
    currency: str = ""
    partner: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """An order that was looked at: clean, and of a product that there is."""

    reference: str
    product: Product
    email: str
    name: str
    bought_at: datetime
    support_until: date | None
    amount: Decimal | None
    currency: str
    partner: str
    organization: str


def checked(order: Order, desk: Desk, *, at: datetime, products: dict[str, Product] | None = None) -> Sold:
    """The order, clean. A product that is sold no more is taken: somebody has paid for it.

    `products` are those that were read already, by their slugs. Raises InvalidOrderError with all that is wrong.
    """
    errors: dict[str, str] = {}
    slug = text.one_line(order.product)
    found = products.get(slug) if products is not None else Product.objects.filter(slug=slug).first()
    sold: dict[str, Any] = {"product": found, "email": _email(order.email, errors)}
    if found is None:
        errors["product"] = _("There is no product “%(slug)s”.") % {"slug": text.excerpt(slug, 60)}
    for name, longest in _LONGEST.items():
        sold[name] = _line(name, getattr(order, name), longest, errors)
    if not sold["reference"]:
        errors["reference"] = _("An order has a number.")
    sold["amount"], sold["currency"] = _amount(order.amount, errors), _currency(order.currency, errors)
    sold["bought_at"] = _moment(order.bought_at, errors, at=at)
    if order.support_until and order.support_until > LAST_DAY:
        errors["support_until"] = _("That day is too far away.")
    if errors or found is None:
        raise InvalidOrderError(errors)
    until = order.support_until or last_day(order.bought_at, found.support_days, desk)
    return Sold(**sold, support_until=until)


def last_day(bought_at: datetime, days: int | None, desk: Desk) -> date | None:
    """The day so many days after the purchase, where the desk is; None: without end."""
    return None if days is None else day_of(bought_at, desk) + timedelta(days=days)


def _line(name: str, written: str, longest: int, errors: dict[str, str]) -> str:
    line = text.one_line(written)
    if len(line) > longest:
        errors[name] = _("At most %(count)d characters.") % {"count": longest}
    return line


def _email(written: str, errors: dict[str, str]) -> str:
    email = written.strip().lower()
    try:
        validate_email(email)
        User._meta.get_field("email").run_validators(email)  # noqa: SLF001 - Django's documented API
    except ValidationError:
        errors["email"] = _("That is no e-mail address.")
    return email


def _amount(amount: Decimal | None, errors: dict[str, str]) -> Decimal | None:
    """Money is never rounded: half a cent is a mistake, and 12.500 is 12.50."""
    if amount is None:
        return None
    try:
        if amount.is_finite() and 0 <= amount < _MOST and amount == amount.quantize(_CENT):
            return abs(amount.quantize(_CENT))  # no negative zero
    except InvalidOperation:  # more digits than a decimal counts with
        pass
    errors["amount"] = _("An amount is zero or more, below ten billion, with at most two decimals.")
    return None


def _currency(written: str, errors: dict[str, str]) -> str:
    currency = written.strip().upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        errors["currency"] = _("A currency has three letters, such as EUR.")
    return currency


def _moment(bought_at: datetime, errors: dict[str, str], *, at: datetime) -> datetime:
    if timezone.is_naive(bought_at):
        errors["bought_at"] = _("Say in which time zone.")
    elif bought_at > at + AHEAD:
        errors["bought_at"] = _("That is still to come.")
    elif bought_at.year < 1970:
        errors["bought_at"] = _("That is too long ago.")
    return bought_at
