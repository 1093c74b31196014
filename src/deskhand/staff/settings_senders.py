"""The shops that may tell of purchases by a signed webhook: let one in, see whether it speaks, shut it out."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from deskhand.entitlements import senders
from deskhand.entitlements.errors import ShopError
from deskhand.entitlements.models import Sender
from deskhand.staff import proof
from deskhand.staff.forms_shop import SenderForm, complain, why
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

_HEARS: Final = "/api/v1/webhooks/purchases/"


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def shops(request: SignedInRequest) -> HttpResponse:
    """All of them, and a form to add one; whoever adds one gives the password once more."""
    here = reverse("staff:settings_senders")
    if request.method != "POST":
        return _page(request, SenderForm(initial=kept(request, here)))
    form = SenderForm(request.POST)
    if form.is_valid():
        if not proof.is_fresh(request):
            return proof.ask(request, back=here)
        try:
            with once(request, leads_to=here):
                made, secret = senders.add_sender(by=request.user, at=timezone.now(), **form.cleaned_data)
            return _shown_once(request, made, secret)
        except ValidationError as error:
            complain(form, error.message_dict)
        except ShopError as error:
            form.add_error(None, why(error))
    return _page(request, form, status=422)


@gates.staff("desk.configure")
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take nothing from it any more. What it told of stays."""
    here, found = reverse("staff:settings_senders"), senders.sender(pk)
    if found is None:
        raise Http404
    try:
        with once(request, leads_to=here):
            if senders.revoke_sender(found, by=request.user, at=timezone.now()):
                messages.success(request, _("“%(name)s” is heard no more.") % {"name": found.name})
    except ShopError as error:
        messages.error(request, why(error))
    return go(request, here)


def address_of(found: Sender) -> str:
    """Where this shop posts to."""
    return f"{settings.PUBLIC_URL}{_HEARS}{found.pk}"


def _shown_once(request: SignedInRequest, made: Sender, secret: str) -> HttpResponse:
    """The answer to the form itself, not a page to go to: so the secret is shown once."""
    context = {"sender": made, "secret": secret, "address": address_of(made), "here": "settings_senders"}
    return show(request, "staff/settings_sender_added.html", context)


def _page(request: SignedInRequest, form: SenderForm, *, status: int = 200) -> HttpResponse:
    context = {
        "rows": [(found, address_of(found)) for found in senders.senders()],
        "form": form,
        "prefix": reverse("staff:settings_senders"),
        "here": "settings_senders",
    }
    return show(request, "staff/settings_senders.html", context, status=status)
