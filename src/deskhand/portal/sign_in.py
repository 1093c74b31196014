"""Getting in: allauth's views behind our gates and in our look, and the page of an invitation."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.accounts import changes, invitations
from deskhand.accounts.invitations import Standing
from deskhand.portal.forms_account import AskAgainForm, OwnPasswordForm, WelcomeForm
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, go, show, too_many

View = Callable[..., HttpResponseBase]
FOUND: Final = 302


def in_our_look(view: View) -> View:
    """allauth's view, its page drawn like any other of ours; a refused form answers 422, a redirect is a 303."""

    @wraps(view)
    def drawing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the route's
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and not response.is_rendered:
            context = response.context_data or {}
            form = context.get("form")
            refused = form is not None and form.is_bound and bool(form.errors)
            names = response.template_name
            page = names if isinstance(names, str) else cast(list[str], names)[0]
            return show(request, page, context, status=422 if refused else response.status_code)
        if response.status_code == FOUND:
            response.status_code = 303
        return response

    return drawing


class ConfirmAddress(allauth_views.ConfirmEmailView):  # type: ignore[misc]  # allauth ships no types
    """A GET changes nothing: whoever is signed in as somebody else stays so until the button is pressed."""

    def logout_other_user(self, confirmation: Any) -> None:  # noqa: ANN401 - allauth's
        """End the other person's session, on POST only."""
        if self.request.method == "POST":
            super().logout_other_user(confirmation)


def _public(view: View) -> View:
    return gates.public(in_our_look(view))


sign_in = _public(allauth_views.login)
sign_out = _public(allauth_views.logout)
sign_up = _public(allauth_views.signup)
inactive = _public(allauth_views.account_inactive)
code_request = _public(allauth_views.request_login_code)
code = _public(allauth_views.confirm_login_code)
forgotten = _public(allauth_views.password_reset)
forgotten_sent = _public(allauth_views.password_reset_done)
new_password = _public(allauth_views.password_reset_from_key)
confirm_sent = _public(allauth_views.email_verification_sent)
confirm = _public(ConfirmAddress.as_view())


@gates.before_own_password
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def own_password(request: SignedInRequest) -> HttpResponse:
    """Whoever signed in with a password that was handed over chooses their own, then gets where they wanted (S4.2)."""
    person = request.user
    wanted = request.POST.get("next") or request.GET.get("next")
    leads_to = str(wanted) if get_adapter(request).is_safe_url(wanted) else person.start_page
    if not person.is_password_temporary:
        return go(request, leads_to)
    form = OwnPasswordForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        changes.set_password(person, password=form.cleaned_data["password"], at=timezone.now())
        update_session_auth_hash(request, person)
        messages.success(request, _("That is your password from now on."))
        return go(request, leads_to)
    page = {"form": form, "next": leads_to}
    return show(request, "portal/own_password.html", page, status=422 if form.is_bound else 200)


@gates.public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """The page of an invitation link: who invites, a name, a password. Accepting signs in (S2.4)."""
    found = invitations.read(token, at=timezone.now())
    if found is None:
        raise Http404
    person = found.person
    page = {"person": person, "standing": found.standing, "token": token}
    if found.standing is not Standing.FRESH:
        return show(request, "portal/welcome.html", page)
    form = WelcomeForm(request.POST or None, person=person, initial={"name": "" if "@" in person.name else person.name})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            person = changes.accept_invitation(
                token=token, name=given["name"], password=given["password"], at=timezone.now()
            )
        except changes.LinkOldError:
            return go(request, request.path)
        except changes.AddressTakenError:
            form.add_error(
                None, _("Another account has confirmed this address. Sign in there, or ask whoever invited you.")
            )
        else:
            get_adapter(request).login(request, person)
            messages.success(request, _("Welcome, %(name)s. Your account is ready.") % {"name": person.name})
            return go(request, person.start_page)
    return show(request, "portal/welcome.html", {**page, "form": form}, status=422 if form.is_bound else 200)


@gates.public
@require_POST
def welcome_again(request: HttpRequest, token: str) -> HttpResponse:
    """The button on an old link: mail a fresh one to its owner, who alone can read it."""
    found = invitations.read(token, at=timezone.now())
    if found is None:
        raise Http404
    if not _may_wish(request):
        return too_many(request)
    changes.ask_for_invitation(email=found.person.email, at=timezone.now())
    return go(request, reverse("invitation_sent"))


@gates.public
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_lost(request: HttpRequest) -> HttpResponse:
    """Ask for the invitation once more, by address; the same answer for known and unknown ones (S2.5, E01)."""
    form = AskAgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _may_wish(request):
            return too_many(request)
        changes.ask_for_invitation(email=form.cleaned_data["email"], at=timezone.now())
        return go(request, reverse("invitation_sent"))
    return show(request, "portal/welcome_lost.html", {"form": form}, status=422 if form.is_bound else 200)


@gates.public
@require_safe
def invitation_sent(request: HttpRequest) -> HttpResponse:
    """What happens now."""
    return show(request, "portal/welcome_sent.html", {})


def _may_wish(request: HttpRequest) -> bool:
    return bool(ratelimit.consume(request, action="invitation", key="anywhere"))
