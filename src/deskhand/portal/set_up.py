"""The set-up page: one form from a fresh installation to a desk with an administrator. Its link works once."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.accounts.changes import create_admin
from deskhand.accounts.models import User
from deskhand.accounts.passwords import LONGEST as LONGEST_PASSWORD
from deskhand.blueprint import demo, presets
from deskhand.core import crypto
from deskhand.core.restart import ask_for_restart
from deskhand.desk import address
from deskhand.desk.changes import AlreadySetUpError, configure, finish_setup
from deskhand.desk.queries import current_desk, setup_token
from deskhand.portal.samples import samples
from deskhand.ui import gates
from deskhand.ui.forms import once, read_key
from deskhand.ui.http import go, show
from deskhand.ui.hues import HueField
from deskhand.ui.zones import ZoneField

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class SetUpForm(forms.Form):
    """Shape only; what the words mean is the rooms' matter."""

    field_order = (
        "preset", "name", "email", "password", "repeated", "desk_name", "time_zone", "public_url", "hue", "start",
    )  # fmt: skip

    desk_name = forms.CharField(label=gettext_lazy("Name of the desk"), max_length=60)
    public_url = forms.CharField(
        label=gettext_lazy("Public address"),
        max_length=address.LONGEST,
        help_text=gettext_lazy("Where people reach this desk. Links in mails begin with it."),
    )
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("Your e-mail"), max_length=254)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text=gettext_lazy("At least 12 characters; a short sentence is easier to keep in mind."),
        widget=forms.PasswordInput(render_value=False),
    )
    repeated = forms.CharField(
        label=gettext_lazy("Password, once more"),
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(render_value=False),
    )
    start = forms.ChoiceField(
        label=gettext_lazy("How to start"),
        choices=[("demo", gettext_lazy("Fill it with a demo")), ("empty", gettext_lazy("Start empty"))],
        initial="demo",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.fields["preset"] = forms.ChoiceField(
            label=_("Which desk are you?"),
            choices=[(name, presets.preset(name).title()) for name in presets.names()],
            initial=presets.names()[0],
            widget=forms.RadioSelect,
        )
        self.fields["hue"] = HueField(current=current_desk().hue)
        self.fields["time_zone"] = ZoneField(current=current_desk().time_zone)
        self.order_fields(self.field_order)
        for field, words in (("name", "name"), ("email", "email"), ("desk_name", "off"), ("public_url", "off")):
            self.fields[field].widget.attrs["autocomplete"] = words
        for field in ("password", "repeated"):
            self.fields[field].widget.attrs["autocomplete"] = "new-password"

    def clean_public_url(self) -> str:
        """The address in its one form."""
        return address.public_address(self.cleaned_data["public_url"])

    def clean(self) -> dict[str, Any]:
        """The password is good for this person, and typed as meant."""
        given = super().clean() or self.cleaned_data
        password = given.get("password")
        if password:
            try:
                validate_password(password, User(email=given.get("email", ""), name=given.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
            if given.get("repeated") and given["repeated"] != password:
                self.add_error("repeated", _("The two passwords differ."))
        return given


@gates.before_setup
@csrf_exempt  # the link's secret is what a token would be; and behind a proxy the origin is not known before this form says it
@sensitive_post_parameters("password", "repeated")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The form, and its one sending. Any other link, and this one afterwards, is a page that does not exist."""
    if not crypto.same(token, setup_token()):
        raise Http404
    if current_desk().set_up_at is not None:
        return _too_late(request)
    if request.method != "POST":
        form = SetUpForm(initial={"public_url": _reached_by(request)})
        return _page(request, form)
    form = SetUpForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    return _begin(request, form.cleaned_data)


def _page(request: HttpRequest, form: SetUpForm, *, status: int = 200) -> HttpResponse:
    return show(request, "portal/set_up.html", {"form": form, "samples": samples()}, status=status)


def _too_late(request: HttpRequest) -> HttpResponse:
    """A second press of the button gets what the first got; everybody else gets nothing."""
    if request.method == "POST" and read_key(request) is not None:
        with once(request):
            raise Http404
    raise Http404


def _begin(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    """Administrator, settings, done: one transaction. Then the processes are renewed, because they believed any host."""
    at = timezone.now()
    is_local = address.is_local(given["public_url"])
    moves = not is_local and given["public_url"] != f"{request.scheme}://{request.get_host()}"
    with_demo = given["start"] == "demo"
    leads_to = reverse("set_up_ready") if moves else reverse("demo_progress") if with_demo else "/desk/"
    try:
        with once(request, leads_to=leads_to):
            admin = create_admin(email=given["email"], name=given["name"], password=given["password"], at=at)
            configure(
                by=admin, at=at, name=given["desk_name"], hue=given["hue"], time_zone=given["time_zone"],
                public_url="" if is_local else given["public_url"],
            )  # fmt: skip
            presets.use(given["preset"], by=admin, at=at)
            finish_setup(by=admin, at=at)
            if with_demo:
                demo.begin(by=admin, at=at)
    except AlreadySetUpError as error:
        raise Http404 from error
    login(request, admin, backend=BACKEND)
    messages.success(request, _("Your desk is ready."))
    ask_for_restart()
    return go(request, leads_to)


def _reached_by(request: HttpRequest) -> str:
    """The best guess at the public address: what the operator said, else how this page was reached."""
    if not address.is_local(settings.PUBLIC_URL):
        return settings.PUBLIC_URL
    scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
    return f"{scheme}://{request.get_host()}"


@gates.public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Where the desk lives from now on; a redirect there could fail while the proxy is not in place yet."""
    return show(request, "portal/set_up_ready.html", {"address": current_desk().public_url})
