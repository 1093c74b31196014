"""The only writer of purchases, licenses and installations; products are `catalog`'s, shops `senders`'.

Each change is one transaction and one audit entry; what changes nothing writes nothing. by=None is a shop that has shown its
secret, or a command. Errors are in `entitlements.errors`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from deskhand.accounts import changes as accounts
from deskhand.accounts.addresses import invite_registered
from deskhand.accounts.models import User
from deskhand.accounts.organizations import organization_named
from deskhand.accounts.queries import owner_of
from deskhand.core import audit, bus, text
from deskhand.core.models import AuditEntry
from deskhand.desk.queries import current_desk
from deskhand.entitlements import policy
from deskhand.entitlements.domains import normalized
from deskhand.entitlements.errors import (
    GoneError,
    InvalidOrderError,
    LicenseEndedError,
    MovesUsedUpError,
    NoRoomError,
    NotAllowedError,
    OrderDiffersError,
    StandingError,
    UnknownLicenseError,
    UnknownOrderError,
)
from deskhand.entitlements.models import Installation, License, Purchase
from deskhand.entitlements.order import LAST_DAY, Order, Sold, checked, last_day

YEAR: Final = timedelta(days=365)
SEEN_AGAIN: Final = timedelta(hours=1)  # calling home oftener than that writes nothing
RECORDED: Final = "purchase.recorded"
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 that nobody takes for another: 16 of them are 80 bits
_TRIES: Final = 5  # of two that arrive at once the second finds a person, a place or the purchase of the first


@dataclass(frozen=True, slots=True)
class Recorded:
    """The purchase of an order, and what of it was not there before."""

    purchase: Purchase
    is_new: bool
    is_new_person: bool


def record_purchase(*, order: Order, via: Purchase.Via, by: User | None, at: datetime) -> Recorded:
    """Write down what somebody bought, with its licenses; the same order again writes nothing and finds the purchase.

    Whose it is says the address: who has confirmed it, else whose account it names; else an account is made and its owner
    invited (S2.3, S2.6). `purchase.recorded` tells the upper rooms, who mail the receipt (S1.3). Nobody's role changes.

    Raises NotAllowedError, InvalidOrderError, OrderDiffersError.
    """
    if not policy.can_record(by):
        raise NotAllowedError
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                return _recorded(checked(order, current_desk(), at=at), via=via, by=by, at=at)
        except (IntegrityError, accounts.AddressTakenError, accounts.NameTakenError):
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def is_bought_by(purchase: Purchase, email: str) -> bool:
    """Is that the buyer's address: one that is theirs, or the one of the order, which they may have left since?"""
    person = owner_of(email)
    if person is not None:
        return person.pk == purchase.owner_id
    entries = AuditEntry.objects.filter(subject=f"purchase:{purchase.pk}", action=RECORDED)
    return any(entry.after.get("email") == email for entry in entries)


def people_of(emails: Sequence[str]) -> dict[str, int]:
    """`accounts.queries.owner_of` for many addresses in two queries: the keys of those that we know."""
    named = dict(User.objects.get_queryset().filter(email__in=emails).values_list("email", "pk"))
    return named | dict(EmailAddress.objects.filter(email__in=emails, verified=True).values_list("email", "user"))


def _recorded(sold: Sold, *, via: Purchase.Via, by: User | None, at: datetime) -> Recorded:
    known = Purchase.objects.filter(reference=sold.reference).select_related("product", "owner").first()
    if known is not None:
        if known.product_id != sold.product.pk or not is_bought_by(known, sold.email):
            raise OrderDiffersError
        return Recorded(known, is_new=False, is_new_person=False)
    owner = owner_of(sold.email)
    is_new_person = owner is None
    if owner is None:
        # Where a new buyer belongs; nobody who is here already is moved by a shop. What was typed at a checkout opens no
        # organization whose managers see their people's tickets: only a person puts somebody there.
        place = organization_named(sold.organization, at=at) if sold.organization else None
        if place and by is None and place.members.filter(is_manager=True).exists():
            place = None
        owner = accounts.invite(email=sold.email, name=sold.name, by=None, at=at, organization=place)
    else:
        is_new_person = invite_registered(owner, name=sold.name, at=at)
    purchase = Purchase.objects.create(
        reference=sold.reference, product=sold.product, owner=owner, bought_at=sold.bought_at,
        support_until=sold.support_until, amount=sold.amount, currency=sold.currency, partner=sold.partner, via=via,
        created_at=at,
    )  # fmt: skip
    _give_licenses(purchase, at=at)
    after = {
        "reference": sold.reference, "product": sold.product.slug, "email": sold.email, "amount": purchase.price,
        "support_until": _said(sold.support_until), "partner": sold.partner, "via": str(via),
    }  # fmt: skip
    _tell(purchase, "recorded", by=by, at=at, after=after)
    bus.publish(RECORDED, at=at, purchase=purchase.pk)
    return Recorded(purchase, is_new=True, is_new_person=is_new_person)


def _give_licenses(purchase: Purchase, *, at: datetime) -> None:
    product = purchase.product
    until = last_day(purchase.bought_at, product.license_days, current_desk())
    License.objects.bulk_create(
        License(
            purchase=purchase, key=_new_key(), installations=product.installations, valid_until=until, created_at=at
        )
        for _number in range(product.license_count)
    )


def _new_key() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def end_purchase(purchase: Purchase, *, state: str, by: User | None, at: datetime) -> bool:
    """Its money went back, or it was fraud: no ticket is opened with it any more, its licenses are off (S1.c6).

    False, and nothing, when it is so already. `purchase.ended` tells the upper rooms. Raises NotAllowedError, StandingError
    (it has ended in the other way).
    """
    if state not in {Purchase.State.REFUNDED, Purchase.State.FRAUD}:
        raise ValueError(state)
    if not policy.can_end(by):
        raise NotAllowedError
    with transaction.atomic():
        _lock(purchase)
        if purchase.state == state:
            return False
        if not purchase.is_active:
            raise StandingError
        _update(purchase, state=str(state), ended_at=at)
        License.objects.filter(purchase=purchase, deactivated_at=None).update(deactivated_at=at)
        _tell(purchase, "ended", by=by, at=at, before={"state": "active"}, after={"state": str(state)})
        bus.publish("purchase.ended", at=at, purchase=purchase.pk)
    return True


def end_by_reference(*, reference: str, state: str, by: User | None, at: datetime) -> Purchase:
    """`end_purchase` for who knows the order's number only. Raises UnknownOrderError besides."""
    if not policy.can_end(by):
        raise NotAllowedError
    purchase = Purchase.objects.filter(reference=text.one_line(reference)).select_related("product", "owner").first()
    if purchase is None:
        raise UnknownOrderError
    end_purchase(purchase, state=state, by=by, at=at)
    return purchase


def reinstate_purchase(purchase: Purchase, *, by: User | None, at: datetime) -> bool:
    """It was ended by mistake: active as before, and the licenses that went with it. False, and nothing, when it is active.

    Raises NotAllowedError.
    """
    if not policy.can_end(by):
        raise NotAllowedError
    with transaction.atomic():
        _lock(purchase)
        if purchase.is_active:
            return False
        before, ended_at = purchase.state, purchase.ended_at
        _update(purchase, state=str(Purchase.State.ACTIVE), ended_at=None)
        License.objects.filter(purchase=purchase, deactivated_at=ended_at).update(deactivated_at=None)
        _tell(purchase, "reinstated", by=by, at=at, before={"state": before}, after={"state": purchase.state})
    return True


def change_support(purchase: Purchase, *, support_until: date | None, by: User | None, at: datetime) -> bool:
    """Another last day with support, or none at all: renewed, prolonged, corrected. False, and nothing, when it is that day.

    Raises NotAllowedError, StandingError (ended, or of a product without support), InvalidOrderError (a day too far away).
    """
    if not policy.can_record(by):
        raise NotAllowedError
    if support_until is not None and support_until > LAST_DAY:
        raise InvalidOrderError({"support_until": _("That day is too far away.")})
    with transaction.atomic():
        _lock(purchase)
        if not purchase.is_active or not purchase.has_support:
            raise StandingError
        if purchase.support_until == support_until:
            return False
        before = purchase.support_until
        _update(purchase, support_until=support_until)
        _tell(
            purchase, "support_changed", by=by, at=at, before={"support_until": _said(before)},
            after={"support_until": _said(support_until)},
        )  # fmt: skip
    return True


def adopt_purchases(person: User, *, email: str, at: datetime) -> int:
    """What was bought with a further address before its owner had confirmed it here is theirs from now on (S1.14); how much.

    It went to an account that was made for it and that nobody has set up. One that somebody uses keeps what it has.
    """
    others = User.objects.get_queryset().filter(email=email, activated_at=None).exclude(pk=person.pk)
    with transaction.atomic():
        found = list(Purchase.objects.select_for_update().filter(owner__in=others.values("pk")).order_by("pk"))
        for purchase in found:
            _update(purchase, owner=person)
            _tell(
                purchase, "adopted", by=person, at=at, before={"email": email}, after={"email": person.email}
            )  # fmt: skip
    return len(found)


def claim_benefit(purchase: Purchase, *, by: User, at: datetime) -> bool:
    """Write down that what comes with the purchase was claimed (S2.2). False, and nothing, when it was.

    Raises NotAllowedError, StandingError (nothing comes with it, or it has ended).
    """
    if not policy.can_claim(by, purchase):
        raise NotAllowedError
    with transaction.atomic():
        _lock(purchase)
        if not purchase.product.benefit or not purchase.is_active:
            raise StandingError
        if purchase.claimed_at is not None:
            return False
        _update(purchase, claimed_at=at)
        _tell(purchase, "claimed", by=by, at=at, after={"benefit": purchase.product.benefit})
    return True


def activate(*, key: str, domain: str, at: datetime) -> Installation:
    """A bought product calls home: the first domains or devices bind the license, the same one again is seen (S1.c5, S2.15).

    Raises UnknownLicenseError, LicenseEndedError, InvalidDomainError, NoRoomError.
    """
    domain = normalized(domain)
    with transaction.atomic():
        found = License.objects.select_for_update().filter(key=text.one_line(key).upper()).first()
        if found is None:
            raise UnknownLicenseError
        if not policy.is_valid(found, current_desk(), at=at):
            raise LicenseEndedError
        bound = list(Installation.objects.filter(license=found, removed_at=None).order_by("pk"))
        for installation in bound:
            if installation.domain == domain:
                if at - installation.seen_at >= SEEN_AGAIN:
                    installation.seen_at = at
                    installation.save(update_fields=["seen_at"])
                return installation
        if len(bound) >= found.installations:
            raise NoRoomError([installation.domain for installation in bound])
        made = Installation.objects.create(license=found, domain=domain, activated_at=at, seen_at=at)
        _tell_license(found, "activated", by=None, at=at, after={"domain": domain})
    return made


def remove_installation(installation: Installation, *, by: User, at: datetime) -> bool:
    """Take the license off a domain, so that another one has room. False, and nothing, when it is off already.

    A customer does so `moves_a_year` times within 365 days, staff as often as they like. Raises NotAllowedError, GoneError,
    MovesUsedUpError.
    """
    with transaction.atomic():
        found = License.objects.select_for_update().filter(pk=installation.license_id).first()
        if found is None:
            raise GoneError
        purchase = found.purchase
        if not policy.can_move(by, purchase):
            raise NotAllowedError
        installation.refresh_from_db()
        if installation.removed_at is not None:
            return False
        if policy.is_counted(by):
            _check_moves(found, purchase.product.moves_a_year, by=by, at=at)
        installation.removed_at, installation.removed_by = at, by
        installation.save(update_fields=["removed_at", "removed_by"])
        _tell_license(found, "moved", by=by, at=at, before={"domain": installation.domain}, after={"domain": ""})
    return True


def _check_moves(found: License, most: int, *, by: User, at: datetime) -> None:
    """Only the customer's own count: what staff did for them was a favor."""
    moves = Installation.objects.filter(license=found, removed_by=by, removed_at__gt=at - YEAR).order_by("removed_at")
    made = [moment for moment in moves.values_list("removed_at", flat=True) if moment is not None]
    if len(made) >= most:
        raise MovesUsedUpError(made[-most] + YEAR if most else None)


def _lock(purchase: Purchase) -> None:
    """Read it afresh, ours alone until the transaction ends. Without joins: PostgreSQL would lock what they bring, too."""
    purchase.refresh_from_db(from_queryset=Purchase.objects.select_for_update())


def _update(purchase: Purchase, **values: Any) -> None:  # noqa: ANN401 - column values
    for name, value in values.items():
        setattr(purchase, name, value)
    purchase.save(update_fields=list(values))


def _tell(
    purchase: Purchase, what: str, *, by: User | None, at: datetime, after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.record(f"purchase.{what}", by=by, at=at, subject=f"purchase:{purchase.pk}", before=before, after=after)


def _tell_license(
    found: License, what: str, *, by: User | None, at: datetime, after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """With the purchase as its subject: who asks what became of an order finds all of it."""
    subject = f"purchase:{found.purchase_id}"
    audit.record(f"license.{what}", by=by, at=at, subject=subject, before=before, after=after)


def _said(day: date | None) -> str | None:
    return day.isoformat() if day else None
