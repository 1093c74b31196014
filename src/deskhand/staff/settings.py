"""The desk's settings: name and look, signing in, what happens to tickets, and the end of a demo."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from deskhand.blueprint import demo
from deskhand.core.restart import ask_for_restart
from deskhand.desk import address
from deskhand.desk.changes import configure
from deskhand.desk.models import Registration
from deskhand.desk.queries import current_desk
from deskhand.tickets.models import Category
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show
from deskhand.ui.hues import HueField
from deskhand.ui.zones import ZoneField

MOST_DOMAINS = 100


class SettingsForm(forms.Form):
    """A page of settings: every field has the name of a column of the desk, and starts with what it holds."""

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        desk = current_desk()
        super().__init__(data, initial={name: getattr(desk, name) for name in self.base_fields})

    def values(self) -> dict[str, Any]:
        """The columns to change."""
        return {name: self.cleaned_data[name] for name in self.fields}


class DeskForm(SettingsForm):
    """What the desk is called, looks like, and where it lives."""

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
        if len(domains) > MOST_DOMAINS:
            raise ValidationError(_("That are more than %(most)s domains."), params={"most": MOST_DOMAINS})
        for domain in domains:
            DomainNameValidator(message=_("“%(value)s” is not a domain."))(domain)
        return domains

    def clean(self) -> dict[str, Any]:
        """The mode that goes by domain needs one."""
        given = super().clean() or self.cleaned_data
        if given.get("registration") == Registration.DOMAINS and given.get("allowed_domains") == []:
            self.add_error("allowed_domains", _("Name at least one domain, or choose another mode."))
        return given


class TicketsForm(SettingsForm):
    """What happens to a ticket by itself, and what customers may do to it."""

    status_on_agent_reply = forms.ChoiceField(
        label=gettext_lazy("After an agent’s reply the ticket is"),
        choices=[choice for choice in Category.choices if choice[0] != Category.CLOSED],
    )
    customers_may_close = forms.BooleanField(label=gettext_lazy("Customers may close their tickets"), required=False)
    customers_may_reopen = forms.BooleanField(
        label=gettext_lazy("A customer’s message reopens a closed ticket"), required=False
    )
    managers_may_reply = forms.BooleanField(
        label=gettext_lazy("Managers may reply to and close the tickets of their organization"), required=False
    )


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: SignedInRequest) -> HttpResponse:
    """Name, color, address, time zone."""
    return _page(request, DeskForm, "staff/settings_desk.html", here="settings")


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: SignedInRequest) -> HttpResponse:
    """Registration."""
    return _page(request, SignInForm, "staff/settings_sign_in.html", here="settings_sign_in")


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def tickets(request: SignedInRequest) -> HttpResponse:
    """Policies."""
    return _page(request, TicketsForm, "staff/settings_tickets.html", here="settings_tickets")


@gates.staff("desk.configure")
@require_POST
def end_demo(request: SignedInRequest) -> HttpResponse:
    """From now on this is a real desk: nobody gets in without an account of their own."""
    if not current_desk().is_demo:
        raise Http404
    page = reverse("staff:settings")
    with once(request, leads_to=page):
        demo.end(by=request.user, at=timezone.now())
    messages.success(request, _("The demo is over. Its tickets stay; its people can no longer sign in."))
    return go(request, page)


def _page(request: SignedInRequest, form_class: type[SettingsForm], template: str, *, here: str) -> HttpResponse:
    """Show one form of settings, or save it: effective from the next page on, in all processes within a second."""
    url = reverse(f"staff:{here}")
    form = form_class(request.POST if request.method == "POST" else kept(request, url))
    if request.method == "POST" and form.is_valid():
        with once(request, leads_to=url):
            before = current_desk().public_url
            after = configure(by=request.user, at=timezone.now(), **form.values())
        if before != after.public_url:
            ask_for_restart()
        messages.success(request, _("Saved."))
        return go(request, url)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "here": here, "address_in_effect": settings.PUBLIC_URL}
    return show(request, template, context, status=status)
