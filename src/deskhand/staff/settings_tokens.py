"""API tokens: what lets programs act as somebody. Made here, shown once, taken back here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.accounts import queries, tokens
from deskhand.accounts.models import ApiToken, User
from deskhand.accounts.tokens import Scope, TokenError
from deskhand.staff import proof
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

MEANINGS: Final[dict[str, Promise]] = {
    Scope.READ_TICKETS: gettext_lazy("Everything its owner may read in tickets, notes too."),
    Scope.WRITE_TICKETS: gettext_lazy("Whatever its owner may do in tickets; mails go out as always."),
    Scope.WRITE_PURCHASES: gettext_lazy("What a shop does: new purchases, refunds, renewals."),
    Scope.ACTIVATE_LICENSES: gettext_lazy(
        "For a program of yours that activates for its users. A customer’s needs none."
    ),
}
DAYS: Final = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
    "": gettext_lazy("Never"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A token as the list shows it; `ended` is why it opens nothing any more, empty while it does."""

    token: ApiToken
    scopes: list[str]
    ended: str


class TokenForm(forms.Form):
    """A new token."""

    name = LineField(label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Which program has it."))
    owner: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=gettext_lazy("Acts as"), queryset=None, empty_label=None,
        help_text=gettext_lazy("It may do what this person may at that moment. An account for the program alone is best."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it is for"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("No more than the program needs."),
    )  # fmt: skip
    days = forms.ChoiceField(
        label=gettext_lazy("Ends after"), choices=list(DAYS.items()), required=False,
        help_text=gettext_lazy("One that ends opens nothing when it is found years later."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - it is declared above
        field.queryset = queries.token_owners()

    def values(self, *, at: datetime) -> dict[str, Any]:
        """What the domain calls it."""
        given = dict(self.cleaned_data)
        days = given.pop("days")
        return {**given, "expires_at": at + timedelta(days=int(days)) if days else None}

    def complain(self, error: ValidationError) -> None:
        """Say what was refused beside the field it is about."""
        for name, sentences in error.message_dict.items():
            self.add_error("days" if name == "expires_at" else name, sentences)


@gates.staff("desk.configure")
@require_safe
def api_tokens(request: SignedInRequest) -> HttpResponse:
    """All of them, the ones that open something first."""
    now = timezone.now()
    rows = [_row(token, at=now) for token in queries.api_tokens()]
    context = {
        "rows": [row for row in rows if not row.ended],
        "ended": [row for row in rows if row.ended],
        "prefix": reverse("staff:settings_tokens"),
        "here": "settings_tokens",
    }
    return show(request, "staff/settings_tokens.html", context)


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: SignedInRequest) -> HttpResponse:
    """Make one; the secret is the answer to the form itself, not a page to go to: so it is shown once."""
    here = reverse("staff:settings_new_token")
    if request.method != "POST":
        usual = {"owner": request.user.pk, "days": "365"}
        return _page(request, TokenForm(initial=usual | _lists(kept(request, here))))
    form = TokenForm(request.POST)
    if form.is_valid():
        if not proof.is_fresh(request):
            return proof.ask(request, back=here)
        now = timezone.now()
        try:
            with once(request, leads_to=reverse("staff:settings_tokens")):
                made, secret = tokens.create_token(**form.values(at=now), by=request.user, at=now)
            context = {"token": made, "secret": secret, "here": "settings_tokens"}
            return show(request, "staff/settings_token_added.html", context)
        except ValidationError as error:
            form.complain(error)
        except TokenError:
            form.add_error("owner", _("This person can have none."))
    return _page(request, form, status=422)


@gates.staff("desk.configure")
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """From now on it opens nothing."""
    here, found = reverse("staff:settings_tokens"), queries.api_token(pk)
    if found is None:
        raise Http404
    try:
        with once(request, leads_to=here):
            if tokens.revoke_token(found, by=request.user, at=timezone.now()):
                messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": found.name})
    except TokenError:
        messages.error(request, _("Your role does not allow that."))
    return go(request, here)


def _row(token: ApiToken, *, at: datetime) -> Row:
    known = dict(Scope.choices)
    ended = ""
    if token.revoked_at is not None:
        ended = _("revoked")
    elif token.expires_at is not None and token.expires_at <= at:
        ended = _("expired")
    elif not token.owner.is_active:
        ended = _("its owner has left")
    return Row(token, [str(known[scope]) for scope in token.scopes if scope in known], ended)


def _lists(given: dict[str, Any] | None) -> dict[str, Any]:
    """What was kept of a form: one box that was ticked is a list, too."""
    if given is None:
        return {}
    scopes = given.get("scopes", [])
    return {**given, "scopes": scopes if isinstance(scopes, list) else [scopes]}


def _page(request: SignedInRequest, form: TokenForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "meanings": MEANINGS, "here": "settings_tokens"}
    return show(request, "staff/settings_token.html", context, status=status)
