"""One's own account: profile, which mails, password, addresses, sessions."""

from typing import Any

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deskhand.accounts import changes, queries
from deskhand.desk.queries import current_desk
from deskhand.notifications import matrix
from deskhand.portal.forms_account import ProfileForm
from deskhand.portal.forms_mails import MailsForm
from deskhand.portal.sign_in import in_our_look
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@gates.portal
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Everything about oneself on one page."""
    given = kept(request, reverse("account_profile"))
    return _page(request, ProfileForm(initial={**_profile(request), **(given or {})}))


@gates.portal
@require_POST
def profile(request: SignedInRequest) -> HttpResponse:
    """Save name, time zone and language."""
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    url = reverse("account")
    with once(request, leads_to=url):
        changes.change_profile(request.user, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
    return go(request, url)


@gates.portal
@require_POST
def mails(request: SignedInRequest) -> HttpResponse:
    """Save which mails this person wants; the buttons are shortcuts for all and for the fewest (S5.15)."""
    url = reverse("account")
    form = MailsForm(request.POST, offered=matrix.offered(request.user, current_desk()))
    if not form.is_valid():
        return _page(request, ProfileForm(initial=_profile(request)), status=422, mails_form=form)
    with once(request, leads_to=f"{url}#mails"):
        changes.set_mails_off(
            request.user, kinds=form.off(before=request.user.mails_off), by=request.user, at=timezone.now()
        )
    messages.success(request, _("Saved."))
    return go(request, f"{url}#mails")


@gates.portal
@require_POST
def sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere else; this session gets a new key and stays."""
    url = reverse("account")
    with once(request, leads_to=url):
        changes.end_sessions(request.user, at=timezone.now())
        update_session_auth_hash(request, request.user)
        messages.success(request, _("You are signed out everywhere else."))
    return go(request, url)


@gates.portal
@in_our_look
def password(request: SignedInRequest) -> HttpResponseBase:
    """A new password; whoever never had one (a code lets people in, too) gets a link by mail instead."""
    if not request.user.has_usable_password():
        return go(request, reverse("account_reset_password"))
    return _answer(allauth_views.password_change(request))


@gates.portal
@in_our_look
def addresses(request: SignedInRequest) -> HttpResponseBase:
    """The person's addresses: add, confirm, make the first one, remove. The password is asked again first (E09).

    Without a password nothing could be asked: whoever becomes a person of the demo with one click could give them an address
    of their own, and stay in the desk when the demo has ended.
    """
    if not request.user.has_usable_password():
        return go(request, reverse("account_reset_password"))
    before = request.user.email
    response = _answer(allauth_views.email(request))
    request.user.refresh_from_db(fields=["email"])
    if request.user.email != before:
        changes.note_new_address(request.user, before=before, at=timezone.now())
    return response


it_is_you = gates.portal(in_our_look(allauth_views.reauthenticate))


def _profile(request: SignedInRequest) -> dict[str, str]:
    user = request.user
    return {"name": user.name, "time_zone": user.time_zone, "language": user.language}


def _page(
    request: SignedInRequest, form: ProfileForm, *, status: int = 200, mails_form: MailsForm | None = None
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "addresses": queries.addresses_of(request.user),
        "mails_form": mails_form or _mails_form(request),
    }
    return show(request, "portal/account.html", context, status=status)


def _mails_form(request: SignedInRequest) -> MailsForm:
    """What this person wants now, or had ticked when the session ended."""
    offered = matrix.offered(request.user, current_desk())
    given = kept(request, reverse("account_mails")) or {}
    wanted = given.get("kinds", [kind for kind in offered if kind not in request.user.mails_off])
    return MailsForm(offered=offered, initial={"kinds": wanted})


def _answer(response: Any) -> HttpResponseBase:  # noqa: ANN401 - allauth ships no types
    assert isinstance(response, HttpResponseBase)  # noqa: S101 - tells the type checker
    return response
