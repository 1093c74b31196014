"""Signed single sign-on: a product of the desk's own sends its users here with a signed link (S5.3).

The only writer of sources, identities and used links. Whoever comes is known by the source and the number they have there, never
by an address alone: an address can change hands, and whoever writes tokens would choose whose account they open (decision 17).
Nobody of the staff comes in this way, whatever they were when they were linked.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from deskhand.accounts import changes
from deskhand.accounts.models import Identity, SignOnSource, UsedSignOn, User
from deskhand.accounts.organizations import organization_named
from deskhand.accounts.queries import owner_of
from deskhand.accounts.roles import Role
from deskhand.accounts.sign_on_token import LEEWAY, PURPOSE, Claims, Reason, SignOnError
from deskhand.core import audit, crypto, text

PREFIX: Final = "dh_sso_"  # so that people, and programs that look for leaked secrets, know one when they see it
KEPT: Final = timedelta(hours=1)  # a used link, after it ran out: no clock of ours is that wrong


class Standing(StrEnum):
    """What a genuine link that was not used before is good for."""

    IN = "in"  # this person is to be signed in
    KNOWN_ADDRESS = (
        "known_address"  # there is an account with this address, which must be opened in the usual way first
    )
    STAFF = "staff"
    LEFT = "left"  # the account was deactivated


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of a link."""

    standing: Standing
    claims: Claims
    person: User | None = None


class SourceError(Exception):
    """This person may not do that to sources, or it cannot be done any more; nothing was written."""


class CannotLinkError(Exception):
    """This account is not the one, is none of a customer's, or the identity is another person's already."""


def add_source(*, name: str, slug: str = "", by: User | None, at: datetime) -> tuple[SignOnSource, str]:
    """A product that may sign links, and its secret of 256 bits, which nobody can show again.

    Without `slug` it is made from the name. Raises SourceError; ValidationError by column.
    """
    _allow(by)
    line = text.one_line(name)
    secret = PREFIX + secrets.token_urlsafe(32)
    source = SignOnSource(
        name=line, slug=text.one_line(slug).lower() or slugify(line)[:40].strip("-"), created_at=at,
        secret=crypto.seal(PURPOSE, secret),
    )  # fmt: skip
    source.clean_fields()
    try:
        with transaction.atomic():
            source.save(force_insert=True)
            after = {"name": source.name, "slug": source.slug}
            audit.record("source.created", by=by, at=at, subject=f"source:{source.pk}", after=after)
    except IntegrityError as error:
        raise ValidationError({"slug": _("There is one of this short name already.")}) from error
    return source, secret


def renew_secret(source: SignOnSource, *, by: User | None, at: datetime) -> str:
    """Another secret; what is signed with the old one opens nothing from now on. Raises SourceError, also for a revoked one."""
    _allow(by)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        _lock(source)
        if source.revoked_at is not None:
            raise SourceError
        source.secret = crypto.seal(PURPOSE, secret)
        source.save(update_fields=["secret"])
        audit.record("source.renewed", by=by, at=at, subject=f"source:{source.pk}", before={"name": source.name})
    return secret


def revoke_source(source: SignOnSource, *, by: User | None, at: datetime) -> bool:
    """None of its links opens anything from now on; who is in stays in. False when it was so before. Raises SourceError."""
    _allow(by)
    with transaction.atomic():
        _lock(source)
        if source.revoked_at is not None:
            return False
        source.revoked_at = at
        source.save(update_fields=["revoked_at"])
        audit.record("source.revoked", by=by, at=at, subject=f"source:{source.pk}", before={"name": source.name})
    return True


def sources() -> list[SignOnSource]:
    """All of them, the revoked last, each sort in the order in which they came."""
    return sorted(SignOnSource.objects.order_by("pk"), key=lambda source: source.revoked_at is not None)


def source_of(pk: int) -> SignOnSource | None:
    """The one of this number, also a revoked one."""
    return SignOnSource.objects.filter(pk=pk).first()


def is_used(claims: Claims) -> bool:
    """Whether this link was used; for a page to say so before anybody presses anything."""
    return UsedSignOn.objects.filter(source=claims.source, jti=claims.jti).exists()


def arrive(claims: Claims, *, at: datetime) -> Arrival:
    """Use the link up, and say who is to be signed in; makes the account of a customer who is new here.

    Two who come with the same link at once are told apart by a unique index. Raises SignOnError.
    """
    with transaction.atomic():
        # First the source: of two links of somebody new, pressed at once, the second finds the account of the first.
        _lock(claims.source)
        if claims.source.revoked_at is not None:
            raise SignOnError(Reason.WRONG, "iss")
        _use_up(claims)
        claims.source.used_at = at
        claims.source.save(update_fields=["used_at"])
        known = _identity(claims)
        if known is None and owner_of(claims.email) is None:
            known = _welcome(claims, at=at)
        if known is None:
            return Arrival(Standing.KNOWN_ADDRESS, claims)
        person = known.user
        if person.is_staff:
            return Arrival(Standing.STAFF, claims)
        if not person.is_active:
            return Arrival(Standing.LEFT, claims)
        changes.change_profile(person, by=None, at=at, name=claims.name)
        after = {"source": claims.source.name}
        if claims.email != person.email:
            after["email"] = claims.email  # told, never taken over
        audit.record("user.signed_on", by=person, at=at, subject=f"user:{person.pk}", after=after)
    return Arrival(Standing.IN, claims, person)


def can_link(person: User, *, email: str) -> bool:
    """Whether this person's own account may be opened by links from now on: a customer's, who has that address."""
    owner = owner_of(email)
    return owner is not None and owner.pk == person.pk and person.is_active and not person.is_staff


def link(person: User, *, source: SignOnSource, external_id: str, email: str, at: datetime) -> bool:
    """The person, who has just signed in as always, wants links of the source to open their account from now on.

    False when it is so already. Raises CannotLinkError; SourceError for a source that was revoked.
    """
    with transaction.atomic():
        _lock(source)
        if source.revoked_at is not None:
            raise SourceError
        person.refresh_from_db(from_queryset=User.objects.get_queryset().select_for_update())
        if not can_link(person, email=email):
            raise CannotLinkError
        identity, is_new = Identity.objects.get_or_create(
            source=source, external_id=external_id, defaults={"user": person, "created_at": at}
        )
        if identity.user_id != person.pk:
            raise CannotLinkError
        if is_new:
            after = {"source": source.name}
            audit.record("user.linked", by=person, at=at, subject=f"user:{person.pk}", after=after)
    return is_new


def forget_used(*, at: datetime) -> None:
    """Delete the used links that nobody would take any more, because they ran out."""
    UsedSignOn.objects.filter(expires_at__lt=at - KEPT).delete()


def _use_up(claims: Claims) -> None:
    try:
        with transaction.atomic():
            UsedSignOn.objects.create(source=claims.source, jti=claims.jti, expires_at=claims.expires_at + LEEWAY)
    except IntegrityError as error:
        raise SignOnError(Reason.USED) from error


def _identity(claims: Claims) -> Identity | None:
    rows = Identity.objects.filter(source=claims.source, external_id=claims.external_id)
    return rows.select_related("user").first()


def _welcome(claims: Claims, *, at: datetime) -> Identity | None:
    """The account of somebody new: set up, its address believed, because the source is the desk's own. None if in this
    very moment somebody has made an account with the address elsewhere.
    """
    try:
        person = changes.add_person(
            email=claims.email, name=claims.name, role=Role.CUSTOMER, is_manager=False, by=None, at=at,
            organization=organization_named(claims.organization, at=at) if claims.organization else None,
        )  # fmt: skip
    except changes.AddressTakenError:
        return None
    return Identity.objects.create(source=claims.source, external_id=claims.external_id, user=person, created_at=at)


def _allow(by: User | None) -> None:
    if by is not None and not by.can("desk.configure"):
        raise SourceError


def _lock(source: SignOnSource) -> None:
    """Read the source afresh, ours alone until the transaction ends."""
    source.refresh_from_db(from_queryset=SignOnSource.objects.select_for_update())
