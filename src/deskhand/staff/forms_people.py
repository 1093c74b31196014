"""Forms about people, organizations and teams. Choices are what the viewer may see and give."""

from enum import StrEnum
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deskhand.accounts import changes, policy, queries
from deskhand.accounts.models import Organization, Team, User
from deskhand.accounts.queries import State
from deskhand.accounts.roles import Role

REFUSALS: dict[type[changes.PeopleError], Promise] = {
    changes.NotAllowedError: _("Your role does not allow that."),
    changes.AddressTakenError: _("There is an account with this address already."),
    changes.NameTakenError: _("There is one of that name already."),
    changes.LastAdminError: _("The desk needs an administrator who can sign in. Make somebody else one first."),
    changes.LinkOldError: _("This account is set up already; nothing was sent."),
    changes.CannotJoinError: _("A manager needs an organization, and a team active staff."),
}
STATES = [
    ("", _("In every state")),
    (State.ACTIVE, _("Active")),
    (State.INVITED, _("Invited")),
    (State.DEACTIVATED, _("Deactivated")),
]


USERNAME_HINT = _("To sign in without an e-mail address. No @.")


class Way(StrEnum):
    """How the owner of a new account gets in."""

    INVITE = "invite"
    HAND_OVER = "hand_over"


def words(error: changes.PeopleError) -> str:
    """Why it was refused, in a sentence."""
    return str(REFUSALS[type(error)])


class FilterForm(forms.Form):
    """What the list of people shows; an unknown value shows everybody."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("Everybody")), *Role.choices])
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


class HandedPasswordForm(forms.Form):
    """A password that is handed over; empty: one is made up."""

    password = forms.CharField(
        label=_("Temporary password"), required=False, strip=False,
        help_text=_("Empty: one is made up. At the first sign-in they choose their own."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        """The rules of settings.AUTH_PASSWORD_VALIDATORS, with the owner in view."""
        given = super().clean() or self.cleaned_data
        if given.get("password"):
            owner = self.person or User(email=given.get("email", ""), name=given.get("name", ""))
            try:
                validate_password(given["password"], owner)
            except ValidationError as error:
                self.add_error("password", error)
        return given


class AccountForm(HandedPasswordForm):
    """A new account: by an invitation, or with a password that the administrator hands over (S4.2)."""

    field_order = ("how", "name", "email", "username", "role", "organization", "password")

    how = forms.ChoiceField(
        label=_("How they get in"),
        choices=[(Way.INVITE, _("Mail an invitation")), (Way.HAND_OVER, _("I hand over the password"))],
        initial=Way.INVITE,
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=120, required=False, help_text=_("They can correct it later."))
    username = forms.CharField(label=_("Username"), max_length=60, required=False, help_text=USERNAME_HINT)
    role = forms.ChoiceField(label=_("Role"))
    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        label=_("Organization"), required=False, queryset=None, empty_label=_("None")
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        roles = policy.roles_to_give(viewer)
        _offer_roles(self, roles)
        _offer_organizations(self, viewer)
        if not any(policy.can_create_account(viewer, role) for role in roles):
            del self.fields["how"], self.fields["password"]

    def clean_username(self) -> str:
        """A username has no @ (models)."""
        return _without_at(str(self.cleaned_data["username"]))

    def clean(self) -> dict[str, Any]:
        """Who is handed a password signs in by name and username; an invitation needs neither."""
        given = super().clean()
        if given.get("how") == Way.HAND_OVER:
            for name in ("name", "username"):
                if name not in self.errors and not given.get(name):
                    self.add_error(name, gettext("Needed when you hand over the password."))
        return given


class NameForm(forms.Form):
    """A person's name and username."""

    name = forms.CharField(label=_("Name"), max_length=120)
    username = forms.CharField(label=_("Username"), max_length=60, required=False, help_text=USERNAME_HINT)

    def clean_username(self) -> str:
        """A username has no @ (models)."""
        return _without_at(str(self.cleaned_data["username"]))


class RoleForm(forms.Form):
    """A person's role."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _offer_roles(self, roles)


class PlaceForm(forms.Form):
    """Where a person belongs."""

    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        label=_("Organization"), required=False, queryset=None, empty_label=_("None")
    )
    is_manager = forms.BooleanField(label=_("Manager: sees all tickets of the organization"), required=False)

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _offer_organizations(self, viewer)


class OrganizationForm(forms.Form):
    """An organization's name."""

    name = forms.CharField(label=_("Name"), max_length=Organization._meta.get_field("name").max_length)  # noqa: SLF001 - Django's documented API


class TeamForm(forms.Form):
    """A team and who belongs to it."""

    name = forms.CharField(label=_("Name"), max_length=Team._meta.get_field("name").max_length)  # noqa: SLF001 - Django's documented API
    is_private = forms.BooleanField(
        label=_("Private: only members, leads and administrators see its tickets"), required=False
    )
    members: "forms.ModelMultipleChoiceField[User]" = forms.ModelMultipleChoiceField(
        label=_("Members"), required=False, queryset=None, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        members = cast("forms.ModelMultipleChoiceField[User]", self.fields["members"])
        members.queryset = queries.colleagues_for(viewer)


def _without_at(username: str) -> str:
    """Nobody may mistake a username for an address."""
    if "@" in username:
        raise ValidationError(gettext("A username has no @."))
    return username


def _offer_roles(form: forms.Form, roles: list[str]) -> None:
    cast(forms.ChoiceField, form.fields["role"]).choices = [(role, Role(role).label) for role in roles]


def _offer_organizations(form: forms.Form, viewer: User) -> None:
    field = cast("forms.ModelChoiceField[Organization]", form.fields["organization"])
    field.queryset = queries.organizations_for(viewer)
