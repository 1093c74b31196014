"""The page that a signed link leads to (S5.3): it asks, and its button signs in.

A GET changes nothing and signs nobody in: mail programs, previews and whoever is sent somebody else's link only look. The button
uses the link up. The rules are `accounts.sign_on`'s; here is what a person sees, and what the browser keeps in between.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from deskhand.accounts import sign_on
from deskhand.accounts.models import SignOnSource
from deskhand.accounts.sign_on import Arrival, CannotLinkError, SourceError, Standing
from deskhand.accounts.sign_on_token import Claims, Reason, SignOnError, read_token
from deskhand.ui import gates, way_back
from deskhand.ui.forms import AlreadySentError, once, read_key
from deskhand.ui.http import go, show, too_many

log = logging.getLogger("deskhand.sign_on")

KEPT: Final = "sign_on"  # in the session: who wants to be linked
KEPT_S: Final = 600
_LONGEST_NEXT: Final = 1_000
_STATUS: Final = {Reason.WRONG: 400, Reason.EARLY: 400, Reason.OLD: 410, Reason.USED: 410}


@dataclass(frozen=True, slots=True)
class Wish:
    """A link that was used, of somebody whose address has an account already: kept until they have signed in as always."""

    source: SignOnSource
    external_id: str
    email: str
    leads_to: str


@gates.public
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest) -> HttpResponse:
    """“Continue as Nora Berg?”, and the press of that button."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    token, leads_to = given.get("token", ""), _path(request, given.get("next", ""))
    if request.method == "POST" and not ratelimit.consume(request, action="sign_on", key="address"):
        return too_many(request)
    try:
        claims = read_token(token, at=now)
        if request.method == "POST" and not _is_somebody_elses(request):
            return _enter(request, claims, leads_to, at=now)
        if sign_on.is_used(claims):
            raise SignOnError(Reason.USED)
    except SignOnError as error:
        log.info("a signed link was refused: %s", error)
        return _unreferred(_refused(request, error.reason, leads_to))
    page = {"claims": claims, "token": token, "next": leads_to, "other": _somebody_else(request, claims)}
    return _unreferred(show(request, "portal/sign_on.html", page))


@gates.public
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """The address has an account already: sign in there as always, then say yes to opening it from the product, too."""
    now = timezone.now()
    wish = _wish(request, at=now)
    if wish is None:
        return _refused(request, Reason.OLD, "")
    page: dict[str, Any] = {"wish": wish, "here": reverse("sign_on_link")}
    if not request.user.is_authenticated:
        return show(request, "portal/sign_on_link.html", {**page, "step": "sign_in"})
    if not sign_on.can_link(request.user, email=wish.email):
        return show(request, "portal/sign_on_link.html", {**page, "step": "other"}, status=403)
    if not _has_just_signed_in(request, at=now):
        if request.user.has_usable_password():
            return go(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': page['here']})}")
        return show(request, "portal/sign_on_link.html", {**page, "step": "again"})
    if request.method != "POST":
        return show(request, "portal/sign_on_link.html", {**page, "step": "ask"})
    leads_to = wish.leads_to or request.user.start_page
    try:
        with once(request, leads_to=leads_to):
            sign_on.link(request.user, source=wish.source, external_id=wish.external_id, email=wish.email, at=now)
    except SourceError:
        return _refused(request, Reason.WRONG, "")
    except CannotLinkError:
        return show(request, "portal/sign_on_link.html", {**page, "step": "other"}, status=403)
    request.session.pop(KEPT, None)
    messages.success(request, _("From now on %(source)s brings you here.") % {"source": wish.source.name})
    return go(request, leads_to)


def _enter(request: HttpRequest, claims: Claims, leads_to: str, *, at: datetime) -> HttpResponse:
    """The press: once for this form, once for this link. Raises SignOnError."""
    if not ratelimit.consume(request, action="sign_on_source", key=claims.source.slug):
        return too_many(request)
    try:
        with once(request, leads_to=leads_to or "/"):
            arrival = sign_on.arrive(claims, at=at)
    except AlreadySentError as error:
        if request.user.is_authenticated:
            return go(request, error.leads_to)
        raise SignOnError(Reason.USED) from error
    return _answer(request, arrival, leads_to, at=at)


def _is_somebody_elses(request: HttpRequest) -> bool:
    """Somebody has signed in or out since the page was shown, by its button or otherwise: it is shown anew, or was used."""
    key = read_key(request)
    return key is not None and key.user_id != request.user.pk


def _answer(request: HttpRequest, arrival: Arrival, leads_to: str, *, at: datetime) -> HttpResponse:
    claims = arrival.claims
    if arrival.standing is Standing.IN and arrival.person is not None:
        back = request.session.get(way_back.KEPT)
        get_adapter(request).login(request, arrival.person)  # a new session, and nothing of somebody else's is left
        if back:
            request.session[way_back.KEPT] = back
        return go(request, leads_to or arrival.person.start_page)
    if arrival.standing is Standing.KNOWN_ADDRESS:
        request.session[KEPT] = {
            "source": claims.source.pk, "external_id": claims.external_id, "email": claims.email,
            "next": leads_to, "until": int(at.timestamp()) + KEPT_S,
        }  # fmt: skip
        return go(request, reverse("sign_on_link"))
    return show(request, "portal/sign_on_refused.html", {"reason": arrival.standing, "next": leads_to}, status=403)


def _refused(request: HttpRequest, reason: Reason, leads_to: str) -> HttpResponse:
    page = {"reason": reason, "next": leads_to}
    return show(request, "portal/sign_on_refused.html", page, status=_STATUS[reason])


def _unreferred(response: HttpResponse) -> HttpResponse:
    """The address holds the token: nothing that the page asks for hears more of it than this desk's name.

    Not `no-referrer`: then browsers call the form's origin “null”, and it is refused as somebody else's.
    """
    response["Referrer-Policy"] = "strict-origin"
    return response


def _path(request: HttpRequest, wanted: str) -> str:
    """A page of this desk, or nothing (F05)."""
    is_ours = len(wanted) <= _LONGEST_NEXT and get_adapter(request).is_safe_url(wanted)
    return wanted if is_ours else ""


def _somebody_else(request: HttpRequest, claims: Claims) -> str:
    """Who is signed in here and would be signed out."""
    user = request.user
    return user.name if user.is_authenticated and user.email != claims.email else ""


def _has_just_signed_in(request: HttpRequest, *, at: datetime) -> bool:
    """With a password or a mailed code, within the minutes for which the wish is kept: a stolen session proves nothing."""
    records = get_authentication_records(request, request.user)
    return any(at.timestamp() - record["at"] < KEPT_S for record in records)


def _wish(request: HttpRequest, *, at: datetime) -> Wish | None:
    held = request.session.get(KEPT)
    if not held or held["until"] <= at.timestamp():
        return None
    source = sign_on.source_of(held["source"])
    if source is None or source.revoked_at is not None:
        return None
    return Wish(source, held["external_id"], held["email"], held["next"])
