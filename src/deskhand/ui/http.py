"""How a page, a part of it and a redirect leave; the headers every answer carries; the error pages."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template import engines
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from jinja2 import Environment
from jinja2_fragments import render_block

from deskhand.accounts.models import User
from deskhand.desk.queries import current_desk
from deskhand.ui import forms, outage


class SignedInRequest(HttpRequest):
    """A request behind a gate that needs a sign-in: its user is a person."""

    user: User


LIVE: Final = "Live"
CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip


def show(
    request: HttpRequest, page: str, context: Mapping[str, Any], *, parts: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    """Render a page; or, when htmx asks for the element of one of `parts`, the block of that name alone.

    A part's block, its DOM id and its name are one word. Rights are settled by the view before this is called.
    """
    environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # the backend is Django's Jinja2
    values = {**surroundings(request), **context}
    part = part_wanted(request, parts)
    body = render_block(environment, page, part, values) if part else environment.get_template(page).render(values)
    response = HttpResponse(body, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target", LIVE])
    return response


def part_wanted(request: HttpRequest, parts: tuple[str, ...]) -> str:
    """Which of the parts is asked for; empty when it is the whole page. A view asks so as to read only what it shows."""
    target = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") == "true" else ""
    return target if target in parts else ""


def is_live(request: HttpRequest) -> bool:
    """Does the page ask by itself, because something has happened?

    Then what is shown once (notices, a text that was kept) stays for the next page that a person asks for.
    """
    return LIVE in request.headers


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """What every template may use."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    return {
        "request": request,
        "csrf_token": partial(get_token, request)(),
        "form_key": _keys(request),
        "user": user if signed_in else None,
        "staff": signed_in and user is not None and user.can("staff.enter"),
        "desk": current_desk(),
        "messages": [] if is_live(request) else get_messages(request),
    }


def _keys(request: HttpRequest) -> Callable[[], str]:
    """Gives the next form of a page its one-time key; a page without forms signs nothing."""
    made: list[Iterator[str]] = []

    def key() -> str:
        if not made:
            made.append(forms.new_keys(request))
        return next(made[0])

    return key


def go(request: HttpRequest, url: str, *, whole_page: bool = False) -> HttpResponse:
    """See other: after every write, plain or htmx (which follows and asks for its part).

    `whole_page` leaves the part that htmx wanted and loads the page at `url`.
    """
    if whole_page and request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url, status=303)


def brand_css(request: HttpRequest) -> HttpResponse:
    """The desk's hue, the only style that is not a file; its address carries the desk's version."""
    response = HttpResponse(f":root{{--accent-hue:{current_desk().hue}}}", content_type="text/css")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


class SecurityHeaders:
    """Headers of every answer, pages and parts alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if urlsplit(settings.PUBLIC_URL).scheme == "https":
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response


class PersonalTimeAndLanguage:
    """Times in the person's zone, words in the person's language; the desk's where they chose none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        zone = (user.time_zone if user.is_authenticated else "") or current_desk().time_zone
        language = user.language if user.is_authenticated else ""
        with timezone.override(ZoneInfo(zone)), translation.override(language or settings.LANGUAGE_CODE):
            return self.get_response(request)


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token. If it is ours and this person's, its text comes back with a fresh token."""
    if page := forms.keep(request):
        return go(request, page, whole_page=True)
    return _error(request, 403)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Signed in, but not for this surface."""
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Missing, or not for these eyes: the same page."""
    return _error(request, 404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that no form of ours makes."""
    return _error(request, 400)


def too_large(request: HttpRequest) -> HttpResponse:
    """Far more than any form of ours holds; it was not read."""
    return _error(request, 413)


def too_many(request: HttpRequest) -> HttpResponse:
    """More tries or wishes than a person makes; allauth's limits end here, too."""
    return _error(request, 429)


def broken(request: HttpRequest) -> HttpResponse:
    """Our fault; says nothing about the inside. When the database is away, the page that needs none (F-35)."""
    if outage.is_behind(sys.exception()):
        return outage.page(request)
    return _error(request, 500)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    return show(request, "ui/error.html", {"status": status}, status=status)
