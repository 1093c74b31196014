"""Who is asking: the owner of a token, with their rights of this moment, within the token's scopes.

A session of the browser means nothing here, so there is nothing to forge.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from deskhand.accounts.models import ApiToken, User
from deskhand.accounts.tokens import Scope, person_behind
from deskhand.api.problems import Problem, too_many, unknown_token
from deskhand.core import limits
from deskhand.core.limits import Allowance

READS: Final = Allowance("api-reads", most=600, block=20)
WRITES: Final = Allowance("api-writes", most=120)
FAILURES: Final = Allowance("api-failures", most=30)  # of one address
SAFE: Final = frozenset({"GET", "HEAD"})
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose rights a request has."""

    token: ApiToken
    user: User
    at: datetime


class ApiRequest(HttpRequest):
    """A request behind `Bearer`."""

    auth: Caller


class Bearer:
    """Lets in a token with this scope (ninja's `auth=`): 401 without one, 403 for another scope, 429 for too many requests."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __call__(self, request: HttpRequest) -> Caller:
        """Who is asking. Their language is the language of the answer."""
        at = timezone.now()
        caller = identified(request, at=at)
        if self.scope not in caller.token.scopes:
            raise Problem(403, _("This token is not for that: it needs the scope %(scope)s.") % {"scope": self.scope})
        return caller


def identified(request: HttpRequest, *, at: datetime) -> Caller:
    """The owner of the request's token. Raises 401 and 429."""
    if not (header := request.headers.get("Authorization", "")):
        raise unknown_token()
    scheme, _blank, secret = header.partition(" ")
    found = person_behind(secret.strip(), at=at) if scheme.lower() == "bearer" and len(secret) <= _LONGEST else None
    if found is None:
        raise failed(request, at=at)
    token, user = found
    allowance = READS if request.method in SAFE else WRITES
    if not allowance.take(str(token.pk), at=at):
        raise too_many(seconds=limits.seconds_left(at=at))
    translation.activate(user.language or settings.LANGUAGE_CODE)
    return Caller(token, user, at)


def failed(request: HttpRequest, *, at: datetime) -> Problem:
    """401; from an address that fails too often 429."""
    if not FAILURES.take(address(request), at=at):
        return too_many(seconds=limits.seconds_left(at=at))
    return unknown_token()


def address(request: HttpRequest) -> str:
    """Where a request comes from; of IPv6 the network, because a household has billions of addresses."""
    given: str = request.META.get("REMOTE_ADDR", "")
    try:
        found = ip_address(given)
    except ValueError:
        return given
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
