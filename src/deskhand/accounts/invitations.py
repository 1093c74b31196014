"""The link in an invitation: whom it is for, and whether it still works.

A link names the person and the moment of the invitation, and carries a code only this desk can make for the two. So nothing
about it is stored, and a newer invitation or a set-up account makes every older link old (E04).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings

from deskhand.accounts.models import User
from deskhand.core import crypto

LIFETIME: Final = timedelta(hours=72)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SHAPE: Final = re.compile(r"(\d{1,18})-(\d{1,18})-([a-z2-7]{26})", re.ASCII)


class Standing(StrEnum):
    """What a genuine link is good for."""

    FRESH = "fresh"
    OLD = "old"  # expired, or a newer one was mailed: the page offers to mail a fresh one
    USED = "used"  # the account is set up


@dataclass(frozen=True, slots=True)
class Invitation:
    """A genuine link, read."""

    person: User
    standing: Standing


def token(person: User) -> str:
    """The secret part of the person's current invitation link."""
    if person.invited_at is None:
        raise ValueError(f"{person.pk} has not been invited")
    moment = (person.invited_at - _EPOCH) // timedelta(microseconds=1)
    return f"{person.pk}-{moment}-{_code(person.pk, moment)}"


def address(person: User) -> str:
    """The whole link, on the desk's own public address whatever host a request named (E05)."""
    return f"{settings.PUBLIC_URL}/welcome/{token(person)}/"


def read(given: str, *, at: datetime) -> Invitation | None:
    """Whose link this is and how it stands at `at`; None for one that we never made, or whose owner was deactivated (E03)."""
    person = person_of(given)
    if person is None:
        return None
    return Invitation(person, _standing(person, int(given.split("-")[1]), at))


def person_of(given: str) -> User | None:
    """Whom a genuine link is for, however old it is."""
    parts = _SHAPE.fullmatch(given)
    if parts is None or not crypto.same(parts[3], _code(int(parts[1]), int(parts[2]))):
        return None
    people = User.objects.get_queryset().active().exclude(invited_at=None).select_related("invited_by", "organization")
    return people.filter(pk=int(parts[1])).first()


def is_expired(person: User, *, at: datetime) -> bool:
    """Whether the current link of an invited person has run out."""
    return person.invited_at is not None and at >= person.invited_at + LIFETIME


def _standing(person: User, moment: int, at: datetime) -> Standing:
    if not person.is_invited:
        return Standing.USED
    if person.invited_at != _EPOCH + timedelta(microseconds=moment) or is_expired(person, at=at):
        return Standing.OLD
    return Standing.FRESH


def _code(pk: int, moment: int) -> str:
    return crypto.mac("invitation", f"{pk}:{moment}")
