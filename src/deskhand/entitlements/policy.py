"""What does a purchase give, and who may do what with one? Predicates; nothing here writes."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from deskhand.accounts.models import User
from deskhand.desk.models import Desk
from deskhand.entitlements.models import License, Purchase


def day_of(at: datetime, desk: Desk) -> date:
    """The calendar day of a moment where the desk is: support ends with the last second of its last day there."""
    return at.astimezone(ZoneInfo(desk.time_zone)).date()


def covers(purchase: Purchase, desk: Desk, *, at: datetime) -> bool:
    """Can a ticket be opened with it: neither refunded nor fraud, and support or its grace has not run out (S1.1, S1.c3)?"""
    if not purchase.is_active or not purchase.has_support:
        return False
    return purchase.covered_until is None or day_of(at, desk) <= purchase.covered_until


def is_in_grace(purchase: Purchase, desk: Desk, *, at: datetime) -> bool:
    """Support is over and tickets can be opened all the same, for a few days."""
    is_over = purchase.support_until is not None and day_of(at, desk) > purchase.support_until
    return is_over and covers(purchase, desk, at=at)


def takes_bug_reports(purchase: Purchase) -> bool:
    """Does it take bug reports though its support is over? Not one whose money went back."""
    return purchase.is_active and purchase.product.takes_bug_reports


def is_valid(license: License, desk: Desk, *, at: datetime) -> bool:  # noqa: A002 - the field's word
    """May a product run with this license?"""
    if license.deactivated_at is not None or not license.purchase.is_active:
        return False
    return license.valid_until is None or day_of(at, desk) <= license.valid_until


def can_record(by: User | None) -> bool:
    """Write down that somebody bought something. by=None is a shop that has shown its secret, or a command."""
    return by is None or by.can("purchase.change")


def can_end(by: User | None) -> bool:
    """Refund, fraud."""
    return can_record(by)


def can_claim(by: User, purchase: Purchase) -> bool:
    """Say that the benefit was claimed: its buyer, and staff who read purchases (S2.2)."""
    return by.is_active and (by.pk == purchase.owner_id or by.can("purchase.read"))


def can_move(by: User, purchase: Purchase) -> bool:
    """Take an installation away, so that another one has room: as often as they like for staff, a few times for the buyer."""
    return can_claim(by, purchase)


def is_counted(by: User) -> bool:
    """Does a year allow this person only so many moves (S2.15)?"""
    return not by.can("purchase.read")


def can_change_products(by: User | None) -> bool:
    """Say what is sold."""
    return by is None or by.can("product.change")


def can_change_senders(by: User | None) -> bool:
    """Let a shop in, or out."""
    return by is None or by.can("desk.configure")
