"""The products whose users come in by a signed link (S5.3): let one in, renew its secret, shut it out."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from deskhand.accounts import sign_on
from deskhand.accounts.models import SignOnSource
from deskhand.accounts.sign_on import SourceError
from deskhand.staff import proof
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

# At most ten lines, which were run (docs/manual/sign-on.md); the words in capitals are filled in below.
EXAMPLE: Final = """\
import secrets, time
from urllib.parse import urlencode
import jwt  # pip install PyJWT

def support_link(user):
    now = int(time.time())
    claims = {"iss": "SLUG", "aud": "ADDRESS", "iat": now, "exp": now + 60, "jti": secrets.token_hex(16),
              "sub": str(user.id), "email": user.email, "name": user.name, "org": user.company}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    return "ADDRESS/sso/?" + urlencode({"token": token, "next": "/tickets/new/"})
"""


class SourceForm(forms.Form):
    """A new source."""

    name = LineField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What its users call it, such as your product’s name."),
    )
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=40, required=False,
        help_text=gettext_lazy("Stands in every link and stays for ever. Empty: made from the name."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.fields["slug"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def complain(self, error: ValidationError) -> None:
        """Say what was refused beside the field it is about."""
        for name, sentences in error.message_dict.items():
            self.add_error(name, sentences)


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def sources(request: SignedInRequest) -> HttpResponse:
    """All of them, and a form to add one; whoever adds one gives the password once more."""
    here = reverse("staff:settings_sources")
    if request.method != "POST":
        return _page(request, SourceForm(initial=kept(request, here)))
    form = SourceForm(request.POST)
    if form.is_valid():
        if not proof.is_fresh(request):
            return proof.ask(request, back=here)
        try:
            with once(request, leads_to=here):
                made, secret = sign_on.add_source(by=request.user, at=timezone.now(), **form.cleaned_data)
            return _shown_once(request, made, secret)
        except ValidationError as error:
            form.complain(error)
        except SourceError:
            form.add_error(None, _("Your role does not allow that."))
    return _page(request, form, status=422)


@gates.staff("desk.configure")
@require_POST
def renew(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another secret, for one that has leaked; the old one opens nothing from this moment on."""
    here, found = reverse("staff:settings_sources"), _found(pk)
    if not proof.is_fresh(request):
        return proof.ask(request, back=here)
    try:
        with once(request, leads_to=here):
            secret = sign_on.renew_secret(found, by=request.user, at=timezone.now())
        return _shown_once(request, found, secret)
    except SourceError:
        messages.error(request, _("“%(name)s” is shut out.") % {"name": found.name})
    return go(request, here)


@gates.staff("desk.configure")
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """None of its links opens anything from now on. The accounts stay, and so do their sessions."""
    here, found = reverse("staff:settings_sources"), _found(pk)
    try:
        with once(request, leads_to=here):
            if sign_on.revoke_source(found, by=request.user, at=timezone.now()):
                messages.success(request, _("Nobody comes in from “%(name)s” any more.") % {"name": found.name})
    except SourceError:
        messages.error(request, _("Your role does not allow that."))
    return go(request, here)


def example(slug: str) -> str:
    """The link in ten lines of Python, with this desk's address."""
    return EXAMPLE.replace("SLUG", slug).replace("ADDRESS", settings.PUBLIC_URL)


def _found(pk: int) -> SignOnSource:
    found = sign_on.source_of(pk)
    if found is None:
        raise Http404
    return found


def _shown_once(request: SignedInRequest, made: SignOnSource, secret: str) -> HttpResponse:
    """The answer to the form itself, not a page to go to: so the secret is shown once."""
    context = {"source": made, "secret": secret, "example": example(made.slug), "here": "settings_sources"}
    return show(request, "staff/settings_source_added.html", context)


def _page(request: SignedInRequest, form: SourceForm, *, status: int = 200) -> HttpResponse:
    context = {
        "rows": sign_on.sources(),
        "form": form,
        "example": example("shop"),
        "prefix": reverse("staff:settings_sources"),
        "here": "settings_sources",
    }
    return show(request, "staff/settings_sources.html", context, status=status)
