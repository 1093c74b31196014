"""A signed link's token, read: who comes, from which product, and for how long it may be believed (S5.3, RFC 7519, RFC 8725).

A JSON Web Token that the product signs with the secret of its source, HS256 and nothing else: what the token itself says about
how it is signed decides nothing. Pure but for the look-up of the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from deskhand.accounts.models import SignOnSource
from deskhand.core import crypto, text

LONGEST: Final = 4096  # characters of a token
LIFETIME: Final = timedelta(seconds=60)  # between `iat` and `exp`
LEEWAY: Final = timedelta(seconds=10)  # between two clocks
PURPOSE: Final = "accounts.sign_on"
_LONGEST_ID: Final = 200
_LONGEST_NAME: Final = 120
_LONGEST_EMAIL: Final = 254
_LAST_SECOND: Final = 32_503_680_000  # the year 3000: no date, no float breaks before it


class Reason(StrEnum):
    """Why a signed link opens nothing."""

    WRONG = "wrong"  # not signed by a source of ours, or not for this desk, or something is missing
    OLD = "old"  # its minute is over
    EARLY = "early"  # the product's clock is ahead
    USED = "used"


class SignOnError(Exception):
    """The link opens nothing; `reason` is what its bearer is told, `detail` what is wrong, for tests and for the log."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Claims:
    """What a product vouches for. `email` is in lower case; `organization` may be empty."""

    source: SignOnSource
    external_id: str
    email: str
    name: str
    organization: str
    jti: str
    expires_at: datetime


def secret_of(source: SignOnSource) -> str:
    """What its tokens are signed with, as the bytes of this text."""
    return crypto.unseal(PURPOSE, source.secret)


def read_token(token: str, *, at: datetime) -> Claims:
    """Who comes with this token. Whether it was used before is not asked here. Raises SignOnError."""
    import jwt  # with it comes a library of ciphers, which nobody needs who has no source

    if not 0 < len(token) <= LONGEST or not token.isascii():
        raise SignOnError(Reason.WRONG, "size")
    try:
        said = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise SignOnError(Reason.WRONG, "shape") from error
    source = SignOnSource.objects.filter(slug=_identifier(said, "iss"), revoked_at=None).first()
    if source is None:
        raise SignOnError(Reason.WRONG, "iss")
    try:
        given = jwt.decode(
            token, secret_of(source), algorithms=["HS256"], issuer=source.slug, audience=settings.PUBLIC_URL,
            # The moments are judged below, by the clock that is given.
            options={
                "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                "require": ["iss", "aud", "sub", "email", "name", "iat", "exp", "jti"],
            },
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise SignOnError(Reason.WRONG, type(error).__name__) from error
    claims = _claims(source, given)
    _judge_moments(given, at=at)
    return claims


def _claims(source: SignOnSource, given: Mapping[str, Any]) -> Claims:
    external_id, jti = (_identifier(given, name) for name in ("sub", "jti"))
    email = given["email"].strip().lower() if isinstance(given["email"], str) else ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise SignOnError(Reason.WRONG, "email") from error
    if len(email) > _LONGEST_EMAIL or given.get("email_verified", True) is not True:
        raise SignOnError(Reason.WRONG, "email")
    name, organization = _line(given, "name"), _line(given, "org")
    if not name:
        raise SignOnError(Reason.WRONG, "name")
    expires_at = datetime.fromtimestamp(_seconds(given, "exp"), UTC)
    return Claims(source, external_id, email, name, organization, jti, expires_at)


def _judge_moments(given: Mapping[str, Any], *, at: datetime) -> None:
    """One minute at most, and this one; ten seconds between two clocks."""
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    begun, ends = _seconds(given, "iat"), _seconds(given, "exp")
    if not 0 < ends - begun <= LIFETIME.total_seconds():
        raise SignOnError(Reason.WRONG, "lifetime")
    if now >= ends + leeway:
        raise SignOnError(Reason.OLD)
    earliest = max(begun, _seconds(given, "nbf") if "nbf" in given else begun)
    if now < earliest - leeway:
        raise SignOnError(Reason.EARLY)


def _identifier(given: Mapping[str, Any], name: str) -> str:
    """As it stands: two identifiers that look alike are two. What no database keeps (a NUL, half a pair) is none."""
    value = given.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise SignOnError(Reason.WRONG, name)
    return value


def _line(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SignOnError(Reason.WRONG, name)
    return text.one_line(value)[:_LONGEST_NAME].strip()


def _seconds(given: Mapping[str, Any], name: str) -> float:
    """A NumericDate: seconds since 1970."""
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise SignOnError(Reason.WRONG, name)
    return value
