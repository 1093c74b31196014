"""The password once more before something that a stolen session must not do: a new address, an open door, a whole new desk."""

from urllib.parse import urlencode

from allauth.account.internal.flows import reauthentication
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from deskhand.ui.forms import keep
from deskhand.ui.http import SignedInRequest, go


def is_fresh(request: SignedInRequest) -> bool:
    """Has this person given the password in this session within the last minutes?"""
    return request.user.has_usable_password() and reauthentication.did_recently_reauthenticate(request)


def ask(request: SignedInRequest, *, back: str) -> HttpResponse:
    """To the page that asks for the password, and from there back to the form, which holds what was typed.

    Whoever never had a password (a code lets people in, too) sets one first: a session alone proves nothing.
    """
    page = keep(request) or back
    if not request.user.has_usable_password():
        messages.info(request, _("Only somebody with a password may change this. Set one first."))
        return go(request, reverse("account_reset_password"), whole_page=True)
    return go(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}", whole_page=True)
