"""The only writer of products: what is sold, and what its support is.

Each change is one transaction and one audit entry, and holds on the next page of every process; what changes nothing writes
nothing. What no column takes raises Django's ValidationError, by column. A purchase keeps its last day of support and its
licenses; days of grace, moves, what is covered and what can be claimed are what the product says by now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import audit, text
from deskhand.desk.changes import touch
from deskhand.desk.models import Desk
from deskhand.entitlements import policy
from deskhand.entitlements.errors import GoneError, NotAllowedError
from deskhand.entitlements.models import Product

MOST: Final[dict[str, int]] = {
    "support_days": 36_500, "grace_days": 3_650, "license_days": 36_500, "license_count": 100, "installations": 1_000,
    "moves_a_year": 100, "position": 32_767,
}  # fmt: skip
LEAST: Final[dict[str, int]] = {"license_days": 1, "installations": 1}  # of the others: 0
LONGEST_CLAUSE: Final = 200  # characters of a line of what is covered or not: a ticket keeps it as its reason (S2.14)
MOST_CLAUSES: Final = 100
_LISTS: Final = ("covered", "not_covered")
_LINES: Final = ("name", "benefit", "download_url", "renew_url", "benefit_url")
_VALUES: Final = frozenset({*MOST, *_LISTS, *_LINES, "kind", "takes_bug_reports", "is_archived"})


def create_product(*, by: User | None, at: datetime, slug: str, name: str, **values: Any) -> Product:  # noqa: ANN401 - column values
    """Something new to sell, the last in the list. `slug` is what shops call it, and never changes.

    Raises NotAllowedError, ValidationError.
    """
    with _alone(by):
        last = Product.objects.aggregate(last=models.Max("position"))["last"]
        product = Product(slug=slug.strip())
        _write(
            product, by=by, at=at, values={"name": name, "position": 0 if last is None else last + 1, **values},
        )  # fmt: skip
    return product


def change_product(product: Product, *, by: User | None, at: datetime, **values: Any) -> Product:  # noqa: ANN401 - column values
    """Some of its columns; what a purchase keeps of before says the head of this module.

    Raises NotAllowedError, GoneError, ValidationError.
    """
    with _alone(by):
        product = _fresh(product)
        _write(product, by=by, at=at, values=values)
    return product


def archive_product(product: Product, *, by: User | None, at: datetime) -> Product:
    """Offer it no more; who bought it keeps what was bought. Raises NotAllowedError, GoneError."""
    return change_product(product, by=by, at=at, is_archived=True)


def restore_product(product: Product, *, by: User | None, at: datetime) -> Product:
    """Offer it again. Raises NotAllowedError, GoneError."""
    return change_product(product, by=by, at=at, is_archived=False)


def move_product(product: Product, *, by: User | None, at: datetime, up: bool) -> None:
    """Change places with the one before or after it that is not archived; at the end it stays.

    Raises NotAllowedError, GoneError.
    """
    with _alone(by):
        row = _fresh(product)
        order = list(Product.objects.order_by("position", "pk"))
        live = [each for each in order if not each.is_archived or each == row]
        place = live.index(row) + (-1 if up else 1)
        if not 0 <= place < len(live):
            return
        to = order.index(live[place])
        order.remove(row)
        order.insert(to, row)
        for position, each in enumerate(order):
            Product.objects.filter(pk=each.pk).exclude(position=position).update(position=position)
        _tell(row, "moved", by=by, at=at, before={"position": row.position}, after={"position": to})


@contextmanager
def _alone(by: User | None) -> Iterator[None]:
    """One writer at a time: all of them hold the desk's row, as `tickets.catalog`."""
    if not policy.can_change_products(by):
        raise NotAllowedError
    with transaction.atomic():
        Desk.objects.get_or_create(pk=1)
        Desk.objects.select_for_update().get(pk=1)
        yield


def _fresh(product: Product) -> Product:
    """The row as it is now, ours to change; the one that was given may be shared (`queries.products`)."""
    found = Product.objects.filter(pk=product.pk).first()
    if found is None:
        raise GoneError
    return found


def _write(product: Product, *, by: User | None, at: datetime, values: dict[str, Any]) -> None:
    if not values.keys() <= _VALUES:
        raise TypeError(f"not a product's: {sorted(values.keys() - _VALUES)}")
    is_new = product.pk is None
    values = {name: _clean(name, value) for name, value in values.items()}
    changed = {name: value for name, value in values.items() if is_new or getattr(product, name) != value}
    if not changed:
        return
    before = {} if is_new else {name: getattr(product, name) for name in changed}
    for name, value in changed.items():
        setattr(product, name, value)
    _check(product)
    product.save()
    after = {"slug": product.slug, **changed} if is_new else changed
    _tell(product, "created" if is_new else "changed", by=by, at=at, before=before, after=after)


def _clean(name: str, value: Any) -> Any:  # noqa: ANN401 - a column's
    """One line where one is meant; in lists a clause a line, none of them empty."""
    if name in _LINES:
        return text.one_line(value)
    if name in _LISTS:
        return "\n".join(line for written in text.paragraphs(value).split("\n") if (line := text.one_line(written)))
    return str(value) if name == "kind" else value


def _check(product: Product) -> None:
    """What columns and the database take, and what makes sense of it. Raises ValidationError."""
    errors: dict[str, Any] = {}
    try:
        product.full_clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    for name, most in MOST.items():
        value, least = getattr(product, name), LEAST.get(name, 0)
        if name not in errors and value is not None and not least <= value <= most:
            errors[name] = [_("From %(least)d to %(most)d.") % {"least": least, "most": most}]
    for name in _LISTS:
        clauses = getattr(product, name).splitlines()
        if len(clauses) > MOST_CLAUSES or any(len(clause) > LONGEST_CLAUSE for clause in clauses):
            errors[name] = [
                _("At most %(lines)d lines of %(count)d characters.") % {"lines": MOST_CLAUSES, "count": LONGEST_CLAUSE}
            ]
    if errors:
        raise ValidationError(errors)


def _tell(
    product: Product, what: str, *, by: User | None, at: datetime, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """An entry in the audit trail, and news for every process."""
    touch()
    audit.record(f"product.{what}", by=by, at=at, subject=f"product:{product.pk}", before=before, after=after)
