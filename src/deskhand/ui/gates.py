"""Who may enter which page. A view says so with one of these decorators; a view that says nothing is refused at start.

The gate is about surfaces only. Which tickets exist for somebody is `visible_to`'s matter, what they may do is `policy`'s.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from deskhand.desk.queries import current_desk
from deskhand.ui import forms
from deskhand.ui.http import go, show

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Entry:
    """Who gets in: anybody, anybody signed in, or those with a permission; whether before the desk is set up; and whether
    with a password that somebody else has chosen (S4.2).
    """

    needs_sign_in: bool = True
    permission: str = ""
    before_setup: bool = False
    with_temporary_password: bool = False


def public(view: View) -> View:
    """Anybody, also signed out."""
    return _with(view, Entry(needs_sign_in=False))


def before_setup(view: View) -> View:
    """Anybody, also while the desk is not set up."""
    return _with(view, Entry(needs_sign_in=False, before_setup=True))


def portal(view: View) -> View:
    """Anybody who is signed in."""
    return _with(view, Entry())


def before_own_password(view: View) -> View:
    """Anybody who is signed in, also with a temporary password: the page that ends it."""
    return _with(view, Entry(with_temporary_password=True))


def staff(permission: str) -> Callable[[View], View]:
    """Staff with this permission."""
    return lambda view: _with(view, Entry(permission=permission))


def _with(view: View, entry: Entry) -> View:
    view.gate = entry  # type: ignore[attr-defined]  # functions carry attributes
    return view


def entry_of(view: Callable[..., Any]) -> Entry:
    """The declared entry; raises ImproperlyConfigured for a view that declares none."""
    entry = getattr(view, "gate", None)
    if not isinstance(entry, Entry):
        raise ImproperlyConfigured(f"{view.__module__}.{getattr(view, '__qualname__', view)} declares no gate")
    return entry


def guarded(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """The same patterns, after a look at every view: one without a gate stops the start (A18)."""
    checked = list(patterns)
    for pattern in checked:
        if isinstance(pattern, URLResolver):
            guarded(pattern.url_patterns)
        else:
            entry_of(pattern.callback)
    return checked


class Gate:
    """Lets a request through to its view, or sends it where it belongs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """None lets the request pass."""
        entry = entry_of(view)
        if request.method not in {"GET", "HEAD", "OPTIONS"} and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise PermissionDenied
        if not entry.before_setup and current_desk().set_up_at is None:
            if request.path == "/":
                return show(request, "ui/not_set_up.html", {})
            return HttpResponseRedirect("/", status=303)
        if not entry.needs_sign_in:
            return None
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        if request.user.is_password_temporary and not entry.with_temporary_password:
            return _own_password_first(request)
        if entry.permission and not (request.user.can("staff.enter") and request.user.can(entry.permission)):
            raise PermissionDenied
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A form that was sent before shows the first result (F08)."""
        if isinstance(error, forms.AlreadySentError):
            return go(request, error.leads_to or "/")
        return None


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    page = request.get_full_path()
    if request.method == "POST":
        page = forms.keep(request) or "/"
        messages.info(request, _("You were signed out. Sign in, and your text is there again."))
    return go(request, f"{reverse('account_login')}?{urlencode({'next': page})}", whole_page=True)


def _own_password_first(request: HttpRequest) -> HttpResponse:
    """Whoever was handed a password chooses their own before anything else (S4.2); then the page they wanted."""
    page = (forms.keep(request) or "/") if request.method == "POST" else request.get_full_path()
    return go(request, f"{reverse('account_own_password')}?{urlencode({'next': page})}", whole_page=True)
