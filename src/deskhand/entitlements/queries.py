"""What pages show of purchases, and which of them open a ticket. Reads only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Case, Count, FilteredRelation, Model, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from deskhand.accounts.models import User
from deskhand.core.prepared import Prepared
from deskhand.desk.queries import Kept, current_desk
from deskhand.entitlements import policy
from deskhand.entitlements.models import Installation, License, Product, Purchase

OTHERS: Final = 3  # purchases beside a ticket that is about another one
MOST_BESIDE: Final = 200  # rows read for that


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A license, where it runs, and whether it may."""

    license: License
    bound: list[Installation]
    is_valid: bool

    @property
    def room(self) -> int:
        """On how many more it may run."""
        return max(0, self.license.installations - len(self.bound))


@dataclass(frozen=True, slots=True)
class Held:
    """A purchase, and what it gives at this moment.

    `covered_until` is the last day on which it opens a ticket, None: without end, or never (then `is_covered` says which).
    `days_left` counts to that day: 0 is the last one; None when there is no end or no cover.
    """

    purchase: Purchase
    licenses: list[LicenseRow]
    is_covered: bool
    is_in_grace: bool
    days_left: int | None
    covered_until: date | None


def held_by(user: User, *, at: datetime) -> list[Held]:
    """All that this person bought, the newest first; three queries, however much it is."""
    purchases = list(bought_by(user))
    rows: dict[int, list[License]] = defaultdict(list)
    by_key = {purchase.pk: purchase for purchase in purchases}
    licenses = list(License.objects.filter(purchase__owner=user).order_by("pk")) if purchases else []
    for row in licenses:
        if purchase := by_key.get(row.purchase_id):
            row.purchase = purchase  # with its product: nobody asks again
            rows[row.purchase_id].append(row)
    bound: dict[int, list[Installation]] = defaultdict(list)
    if licenses:
        installed = Installation.objects.filter(license__purchase__owner=user, removed_at=None).order_by("pk")
        for installation in installed:
            bound[installation.license_id].append(installation)
    return [_held(purchase, rows[purchase.pk], bound, at=at) for purchase in purchases]


def held(purchase: Purchase, *, at: datetime) -> Held:
    """One purchase in the same way; `purchase.product` is asked for when it was not read along."""
    licenses = list(License.objects.filter(purchase=purchase).order_by("pk"))
    bound: dict[int, list[Installation]] = defaultdict(list)
    for row in licenses:
        row.purchase = purchase
    for installation in Installation.objects.filter(license__in=licenses, removed_at=None).order_by("pk"):
        bound[installation.license_id].append(installation)
    return _held(purchase, licenses, bound, at=at)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a ticket of its customer's purchases: the one it is about, of the others the newest, how many in all.

    `place` is where the ticket says that it runs; its `removed_at` says whether it still does.
    """

    about: Held | None
    place: Installation | None
    others: list[Held]
    count: int


def held_beside(user: User, *, about: int | None, installation: int | None, viewer: User, at: datetime) -> Beside:
    """What `user` bought, for `viewer`; `about` is the purchase of a ticket, also a colleague's, and `installation` its place.

    One query; of somebody who bought very much the newest.
    """
    if not viewer.can("purchase.read"):
        return Beside(None, None, [], 0)
    asked: Installation | None = None
    found: dict[int, Purchase] = {}
    licenses: dict[int, dict[int, License]] = defaultdict(dict)
    bound: dict[int, list[Installation]] = defaultdict(list)
    rows = _BESIDE.rows(owner=user.pk, about=about or 0, installation=installation or 0)
    for row in rows:
        purchase = Purchase.from_db("default", _PURCHASE, row[_OF_PURCHASE])
        if purchase.pk not in found:
            purchase.product = product(purchase.product_id) or purchase.product
            found[purchase.pk] = purchase
        key, place = row[_OF_LICENSE][0], row[_OF_PLACE][0]
        if key is not None and key not in licenses[purchase.pk]:
            licenses[purchase.pk][key] = License.from_db("default", _LICENSE, row[_OF_LICENSE])
            licenses[purchase.pk][key].purchase = found[purchase.pk]
        if place is not None:
            found_place = Installation.from_db("default", _PLACE, row[_OF_PLACE])
            asked = found_place if place == installation else asked
            if found_place.removed_at is None:
                bound[key].append(found_place)
    shown = [_held(each, list(licenses[each.pk].values()), bound, at=at) for each in list(found.values())[: OTHERS + 1]]
    first = shown.pop(0) if shown and shown[0].purchase.pk == about else None
    return Beside(first, asked if first else None, shown[:OTHERS], rows[0][0] if rows else 0)


def _columns(of: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in of._meta.concrete_fields)  # noqa: SLF001 - Django's own word for it


_PURCHASE: Final = _columns(Purchase)
_LICENSE: Final = _columns(License)
_PLACE: Final = _columns(Installation)
_OF_PURCHASE: Final = slice(1, 1 + len(_PURCHASE))
_OF_LICENSE: Final = slice(_OF_PURCHASE.stop, _OF_PURCHASE.stop + len(_LICENSE))
_OF_PLACE: Final = slice(_OF_LICENSE.stop, _OF_LICENSE.stop + len(_PLACE))


def _beside(*, owner: int, about: int, installation: int) -> QuerySet[Purchase, Any]:
    """How many there are, then a purchase, a license of it, a place of that: a row for each place."""
    own = Purchase.objects.filter(owner=owner).order_by().values("owner").annotate(count=Count("pk")).values("count")
    stands = Q(licenses__bound__removed_at=None) | Q(licenses__bound__pk=installation)
    rows = Purchase.objects.filter(Q(owner=owner) | Q(pk=about)).annotate(
        count=Coalesce(Subquery(own), 0),
        place=FilteredRelation("licenses__bound", condition=stands),
        comes=Case(When(pk=about, then=0), default=1),
        is_elsewhere=Case(When(place__pk=installation, then=0), default=1),
    )
    names = [*_PURCHASE, *(f"licenses__{name}" for name in _LICENSE), *(f"place__{name}" for name in _PLACE)]
    order = ("comes", "-bought_at", "-pk", "licenses__pk", "is_elsewhere", "place__pk")
    return rows.order_by(*order).values_list("count", *names)[:MOST_BESIDE]


_BESIDE: Final = Prepared(_beside, "owner", "about", "installation")


def bought_by(user: User) -> QuerySet[Purchase]:
    """Everything this person bought, the newest first, each with its product."""
    return Purchase.objects.owned_by(user).select_related("product").order_by("-bought_at", "-pk")


def installation_for(user: User, pk: int) -> Installation | None:
    """The installation, with its license and purchase, if this person may see that purchase and it still runs there."""
    rows = Installation.objects.filter(pk=pk, removed_at=None).select_related("license__purchase__product")
    return rows.filter(license__purchase__in=Purchase.objects.visible_to(user)).first()


def own_installation(user: User, pk: int) -> Installation | None:
    """The installation of something that this person bought, also one that was removed: a form may arrive twice."""
    return Installation.objects.filter(pk=pk, license__purchase__owner=user).first()


def moves_of(user: User, *, since: datetime) -> dict[int, list[datetime]]:
    """When this person took each license (by its key) off an installation since then, the earliest first (S2.15)."""
    moves = Installation.objects.filter(removed_by=user, removed_at__gt=since).order_by("removed_at")
    found: dict[int, list[datetime]] = defaultdict(list)
    for license_id, moment in moves.values_list("license_id", "removed_at"):
        if moment is not None:
            found[license_id].append(moment)
    return dict(found)


def products() -> list[Product]:
    """All products in their order, the archived ones, too. Kept in the process: do not change them."""
    return list(_products().values())


def sold() -> list[str]:
    """Which pages of what they bought customers have: none where nothing is sold, no licenses where nothing comes with one."""
    known = products()
    pages = ["purchases", *(["licenses"] if any(each.license_count for each in known) else [])]
    return pages if known else []


def product(pk: int) -> Product | None:
    """The product of this number; as `products`."""
    return _products().get(pk)


_products = Kept(lambda: {row.pk: row for row in Product.objects.order_by("position", "pk")})


def _held(purchase: Purchase, licenses: list[License], bound: dict[int, list[Installation]], *, at: datetime) -> Held:
    desk = current_desk()
    is_covered = policy.covers(purchase, desk, at=at)
    until = purchase.covered_until
    return Held(
        purchase=purchase,
        licenses=[LicenseRow(row, bound[row.pk], policy.is_valid(row, desk, at=at)) for row in licenses],
        is_covered=is_covered,
        is_in_grace=policy.is_in_grace(purchase, desk, at=at),
        days_left=(until - policy.day_of(at, desk)).days if is_covered and until else None,
        covered_until=until,
    )
