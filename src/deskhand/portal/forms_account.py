"""The forms for getting in and for one's own account. allauth's do the work (settings.ACCOUNT_FORMS); the words are ours."""

from typing import Any, cast

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.app_settings import LoginMethod
from allauth.account.internal.flows.login import derive_login_method
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deskhand.accounts import policy
from deskhand.accounts.models import User
from deskhand.accounts.passwords import LONGEST
from deskhand.core.zones import time_zones
from deskhand.desk.queries import current_desk

PASSWORD_HINT = _("At least 12 characters; a sentence is easier to remember than signs.")


def _word(form: forms.BaseForm, name: str, label: object, hint: object = "", **attrs: str) -> None:
    """Give a field our label and hint; a placeholder that repeats the label is gone."""
    field = form.fields[name]
    field.label, field.help_text = cast(Any, label), cast(Any, hint)
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail or username in one field, and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "login", _("E-mail or username"), autocomplete="username", autocapitalize="none", maxlength="254")
        _word(self, "password", _("Password"))

    def clean_password(self) -> str:
        """A password longer than any that can be set is wrong before anybody hashes it (E08)."""
        password = str(self.cleaned_data["password"])
        if len(password) > LONGEST:
            raise self._mismatch()
        return password

    def clean(self) -> dict[str, Any]:
        """What does not match is said below the password, as one sentence."""
        try:
            return cast(dict[str, Any], super().clean())
        except ValidationError as error:
            self.add_error("password", error)
            return cast(dict[str, Any], self.cleaned_data)

    def user_credentials(self) -> dict[str, Any]:
        """One way to look for the account, so that one password is hashed whether it exists or not (E15)."""
        login = self.cleaned_data["login"]
        method = LoginMethod.EMAIL if "@" in login else LoginMethod.USERNAME  # a username has no @ (models)
        return {method.value: login, "password": self.cleaned_data.get("password")}

    def _mismatch(self) -> ValidationError:
        method = derive_login_method(self.cleaned_data.get("login", ""))
        return cast(ValidationError, get_adapter().validation_error(f"{method.value}_password_mismatch"))


class SignUpForm(allauth_forms.SignupForm):  # type: ignore[misc]  # allauth ships no types
    """Register: name, address, password; only where the desk lets people."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "email", _("E-mail"), _("We send a link there to confirm that it is yours."))
        _word(self, "password1", _("Password"), PASSWORD_HINT)
        self.at = timezone.now()

    def clean_email(self) -> str:
        """Refuse an address of a domain that is not on the desk's list."""
        email = str(super().clean_email())
        if not policy.can_register(email, current_desk()):
            domains = ", ".join(current_desk().allowed_domains)
            raise ValidationError(gettext("Accounts here are for addresses of: %(domains)s") % {"domains": domains})
        return email

    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        """As much work for an address that has an account already as for a new one (E01)."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return cast(tuple[Any, Any], super().try_save(request))


class CodeRequestForm(allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]  # allauth ships no types
    """Have a code mailed instead of typing a password."""

    _user: User | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "email", _("E-mail"), autocomplete="username")

    def clean_email(self) -> str:
        """An invited person gets the invitation instead of a code (accounts.registration)."""
        email = str(super().clean_email())
        if self._user is not None and self._user.is_invited:
            self._user = None
        return email


class CodeForm(allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth ships no types
    """The mailed code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "code", _("Code"), _("Six digits."), inputmode="numeric", maxlength="12", autofocus="autofocus")


class ForgottenPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """Have a link to a new password mailed."""

    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "email", _("E-mail"), autocomplete="username")

    def clean_email(self) -> str:
        """An invited person gets the invitation instead (accounts.registration)."""
        email = str(super().clean_email())
        self.users = [user for user in self.users if not user.is_invited]
        return email


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth ships no types
    """A new password after a mailed link, typed once: it can be shown and reset again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "password1", _("New password"), PASSWORD_HINT)
        del self.fields["password2"]


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    """A new password for somebody who knows the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "oldpassword", _("Current password"))
        _word(self, "password1", _("New password"), PASSWORD_HINT)
        del self.fields["password2"]


class ItIsYouForm(allauth_forms.ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The password once more before something that a stolen session must not do (E09)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "password", _("Password"))


class AddAddressForm(allauth_forms.AddEmailForm):  # type: ignore[misc]  # allauth ships no types
    """A further address (S1.14)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        _word(self, "email", _("Another address"), _("It counts as yours once you open the link that we send there."))


class WelcomeForm(forms.Form):
    """An invited person sets up the account."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"), help_text=PASSWORD_HINT, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        """The rules of settings.AUTH_PASSWORD_VALIDATORS, with the person's address in view."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self.person)
        return password


class OwnPasswordForm(WelcomeForm):
    """Whoever was handed a password chooses another one (S4.2)."""

    name = None  # type: ignore[assignment]  # Django's way to leave out a field of the parent

    def clean_password(self) -> str:
        """The same rules, and not the password that somebody else knows."""
        password = super().clean_password()
        if self.person.check_password(password):
            raise ValidationError(gettext("Choose another one than you were given."))
        return password


class AskAgainForm(forms.Form):
    """Whose invitation got lost."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("The address you were invited with."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip


class ProfileForm(forms.Form):
    """What a person says about themselves. No field here grants anything (A13)."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False, choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        default = gettext("Like the desk (%(zone)s)") % {"zone": current_desk().time_zone}
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(time_zones())]
        cast(forms.ChoiceField, self.fields["time_zone"]).choices = [("", default), *zones]
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]
