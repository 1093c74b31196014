"""Settings of the desk itself: name and look, where it lives, and who gets in."""

from typing import Any

from django import forms
from django.core.validators import DomainNameValidator
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deskhand.desk import address
from deskhand.desk.models import Registration
from deskhand.desk.queries import current_desk
from deskhand.staff.settings import SettingsForm, page
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest
from deskhand.ui.hues import HueField
from deskhand.ui.zones import ZoneField


class DeskForm(SettingsForm):
    """What the desk is called, looks like, and where it lives."""

    ALSO_CALLED = {
        "name": gettext_lazy("title brand company heading"),
        "public_url": gettext_lazy("domain host link web URL https server"),
        "time_zone": gettext_lazy("clock hours region city"),
        "hue": gettext_lazy("brand accent theme design look"),
    }
    name = forms.CharField(label=gettext_lazy("Name of the desk"), max_length=60)
    public_url = forms.CharField(
        label=gettext_lazy("Public address"),
        max_length=address.LONGEST,
        required=False,
        help_text=gettext_lazy("Links in mails begin with it. Empty: this machine only."),
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        desk = current_desk()
        self.fields["time_zone"] = ZoneField(current=desk.time_zone)
        self.fields["hue"] = HueField(current=desk.hue)

    def clean_public_url(self) -> str:
        """The address in its one form; one that only this machine can use need not be stored."""
        written = self.cleaned_data["public_url"]
        clean = address.public_address(written) if written else ""
        return "" if clean and address.is_local(clean) else clean


class SignInForm(SettingsForm):
    """Who may make an account without being asked."""

    ALSO_CALLED = {
        "registration": gettext_lazy("sign up register account invitation login self-service closed"),
        "allowed_domains": gettext_lazy("e-mail address company register sign up"),
    }
    registration = forms.ChoiceField(
        label=gettext_lazy("New customers"),
        choices=[
            (Registration.CLOSED, gettext_lazy("Closed")),
            (Registration.INVITED, gettext_lazy("Invited")),
            (Registration.OPEN, gettext_lazy("Open")),
            (Registration.DOMAINS, gettext_lazy("By domain")),
        ],
        widget=forms.RadioSelect,
    )
    allowed_domains = forms.CharField(
        label=gettext_lazy("Domains"),
        required=False,
        max_length=10_000,
        help_text=gettext_lazy("One a line, such as example.com. They count in the mode “By domain” only."),
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        self.initial["allowed_domains"] = "\n".join(current_desk().allowed_domains)

    def clean_allowed_domains(self) -> list[str]:
        """Each domain once, in small letters, without an @ in front."""
        lines = self.cleaned_data["allowed_domains"].lower().replace(",", "\n").splitlines()
        domains = list(dict.fromkeys(filter(None, (line.strip().lstrip("@") for line in lines))))
        for domain in domains:
            DomainNameValidator(message=_("“%(value)s” is not a domain."))(domain)
        return domains

    def clean(self) -> dict[str, Any]:
        """The mode that goes by domain needs one."""
        given = super().clean() or self.cleaned_data
        if given.get("registration") == Registration.DOMAINS and given.get("allowed_domains") == []:
            self.add_error("allowed_domains", _("Name at least one domain, or choose another mode."))
        return given


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: SignedInRequest) -> HttpResponse:
    """Name, color, address, time zone."""
    return page(request, DeskForm, "staff/settings_desk.html", here="settings_desk")


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: SignedInRequest) -> HttpResponse:
    """Registration."""
    return page(request, SignInForm, "staff/settings_sign_in.html", here="settings_sign_in")
