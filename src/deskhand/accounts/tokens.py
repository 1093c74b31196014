"""API tokens: made, taken back, and who is behind one. The only writer of their rows.

A token acts with its owner's rights of the moment, never with more than its scopes. The secret is shown once and kept as
SHA-256: it has 256 random bits, so that nobody finds it by trying, and needs no slow hash.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.accounts.models import ApiToken, User
from deskhand.core import audit, text

PREFIX: Final = "dh_"  # so that people, and programs that look for leaked secrets, know one when they see it
_LONGEST_NAME: Final = 80


class Scope(models.TextChoices):
    """What a token is for."""

    READ_TICKETS = "tickets:read", gettext_lazy("Read tickets")
    WRITE_TICKETS = "tickets:write", gettext_lazy("Open, answer and change tickets")
    WRITE_PURCHASES = "purchases:write", gettext_lazy("Record and end purchases")
    ACTIVATE_LICENSES = "licenses:activate", gettext_lazy("Activate licenses for many installations")


class TokenError(Exception):
    """This person may not make or take back that token; nothing was written."""


def create_token(
    *, owner: User, name: str, scopes: Iterable[str], expires_at: datetime | None, by: User | None, at: datetime
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can show again. by=None is a command.

    For oneself; who may change people makes one for anybody, such as an account that only programs use. Raises TokenError;
    ValidationError by column for a name, scopes or a last moment that cannot be.
    """
    if not _may(by, owner.pk) or not owner.is_active:
        raise TokenError
    line, chosen = text.one_line(name), sorted(set(scopes))
    wrong: dict[str, str] = {}
    if not 0 < len(line) <= _LONGEST_NAME:
        wrong["name"] = _("Please give it a name of at most %(most)d characters.") % {"most": _LONGEST_NAME}
    if not chosen or not set(chosen) <= set(Scope.values):
        wrong["scopes"] = _("Please choose what the token is for.")
    if expires_at is not None and expires_at <= at:
        wrong["expires_at"] = _("Please choose a time that is still to come.")
    if wrong:
        raise ValidationError(wrong)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            owner=owner, name=line, scopes=chosen, digest=_digest(secret), ending=secret[-4:], created_at=at,
            expires_at=expires_at,
        )  # fmt: skip
        until = expires_at.isoformat() if expires_at else None
        after = {"name": line, "owner": owner.name, "scopes": chosen, "expires_at": until}
        audit.record("token.created", by=by, at=at, subject=f"token:{token.pk}", after=after)
    return token, secret


def revoke_token(token: ApiToken, *, by: User | None, at: datetime) -> bool:
    """From now on it opens nothing; False when it was revoked before. Its owner, or who may change people. Raises TokenError."""
    if not _may(by, token.owner_id):
        raise TokenError
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
            return False
        audit.record("token.revoked", by=by, at=at, subject=f"token:{token.pk}", before={"name": token.name})
    token.revoked_at = at
    return True


def person_behind(secret: str, *, at: datetime) -> tuple[ApiToken, User] | None:
    """The token with this secret and its owner; None when there is none, or it has expired or was revoked, or its owner
    has left. Remembers the hour of its last use.

    The look-up is by digest: how long it takes tells nothing about a secret.
    """
    token = ApiToken.objects.select_related("owner__organization").filter(digest=_digest(secret)).first()
    if token is None or token.revoked_at is not None or not token.owner.is_active:
        return None
    if token.expires_at is not None and token.expires_at <= at:
        return None
    hour = at.replace(minute=0, second=0, microsecond=0)
    if token.used_at is None or token.used_at < hour:
        ApiToken.objects.filter(pk=token.pk).update(used_at=hour)
        token.used_at = hour
    return token, token.owner


def _may(by: User | None, owner: int) -> bool:
    return by is None or by.pk == owner or by.can("people.change")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
