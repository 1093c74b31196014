"""What allauth may do here, and in which words: the part of its adapter that is about people.

`mail.adapter` adds how its mails leave. allauth hands its request about; nothing here reads one.
"""

from typing import Any, Final
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from deskhand.accounts import addresses, changes, policy
from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.desk.queries import current_desk

NOBODY_THERE: Final = frozenset({"account/email/unknown_account", "account/email/account_already_exists"})
# What a page says after allauth has done something; what is not named here needs no words.
WORDS: Final[dict[str, Promise]] = {
    "account/messages/password_changed.txt": _("Your password is changed. Other devices are signed out."),
    "account/messages/email_confirmed.txt": _("Your address is confirmed."),
    "account/messages/email_confirmation_failed.txt": _("This address is confirmed for another account already."),
    "account/messages/email_confirmation_sent.txt": _(
        "We have sent a mail with a link. Open it to confirm the address."
    ),
    "account/messages/email_deleted.txt": _("The address is removed."),
    "account/messages/primary_email_set.txt": _("From now on we write to this address."),
    "account/messages/cannot_delete_primary_email.txt": _("Make another address your first one, then remove this one."),
    "account/messages/unverified_primary_email.txt": _("Confirm the address first: open the link we sent to it."),
    "account/messages/login_code_sent.txt": _("If there is an account with this address, the code is on its way."),
}


class Registration(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's questions about people, answered by this room."""

    error_messages: dict[str, Any] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("That e-mail and password do not match. Try again, or have a code sent."),
        "username_password_mismatch": _("That username and password do not match. Try again, or have a code sent."),
        "too_many_login_attempts": _("Too many tries for now. Wait five minutes, or have a code sent to your mailbox."),
        "incorrect_code": _("That is not the code we sent. Look at the newest mail from us."),
        "incorrect_password": _("That is not your password."),
        "enter_current_password": _("That is not your current password."),
        "duplicate_email": _("This address is in your account already."),
        "invalid_password_reset": _("This link is old. Ask for a new one."),
        "rate_limited": _("Too many wishes in a short time. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: object) -> bool:
        """Whether the desk has a page to register."""
        return policy.is_open_for_registration(current_desk())

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a sign-in may lead there: a path of this desk, nothing with a host of its own (F05)."""
        return url is not None and url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_ajax(self, request: object) -> bool:
        """Never: there is one answer to a form, and it is a page."""
        return False

    def save_user(self, request: object, user: User, form: Any, commit: bool = True) -> User:  # noqa: ANN401, FBT001, FBT002 - allauth's form and signature
        """The account of somebody who registers; `form.at` is when."""
        given = form.cleaned_data
        return changes.register(email=given["email"], name=given["name"], password=given["password1"], at=form.at)

    def confirm_email(self, request: object, email_address: EmailAddress) -> bool:
        """A mailed link was opened: the address is this person's, and what waited for its owner can come to them."""
        with transaction.atomic():
            if not super().confirm_email(request, email_address):
                return False
            addresses.tell_confirmed(email_address, at=jobs.database_now())
        return True

    def set_password(self, user: User, password: str) -> None:
        """A password its owner chose, after the old one or a mailed link."""
        changes.set_password(user, password=password, at=jobs.database_now())

    def add_message(
        self, request: Any, level: int, message_template: str | None = None, message_context: Any = None,  # noqa: ANN401 - allauth's
        extra_tags: str = "", message: str | None = None,
    ) -> None:  # fmt: skip
        """Our words, or none."""
        words = message or WORDS.get(message_template or "")
        if words:
            messages.add_message(request, level, str(words), extra_tags=extra_tags)

    def pre_authenticate(self, request: object, **credentials: Any) -> None:  # noqa: ANN401 - allauth's
        """Count tries per account and address (allauth), and all together, so that many machines are one too (E06)."""
        super().pre_authenticate(request, **credentials)
        if not ratelimit.consume(request, app="allauth.account", action="login_anywhere", key="anywhere"):
            raise self.validation_error("too_many_login_attempts")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail of allauth's; somebody who is invited and gets lost gets the invitation once more instead.

        Links name the desk's own public address whatever host the request named (E05).
        """
        if template_prefix in NOBODY_THERE and changes.ask_for_invitation(email=email, at=jobs.database_now()):
            return
        if "signup_url" in context:
            context = {**context, "signup_url": f"{settings.PUBLIC_URL}/sign-up/"}
        self.deliver(template_prefix, email, context)

    def deliver(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail over; `mail.adapter` says how."""
        super().send_mail(template_prefix, email, context)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Somebody tried to register an address that has an account."""
        context = {"password_reset_url": f"{settings.PUBLIC_URL}/password/forgotten/"}
        self.send_mail("account/email/account_already_exists", email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link to choose a new password."""
        return f"{settings.PUBLIC_URL}/password/new/{quote(key)}/"

    def get_login_redirect_url(self, request: Any) -> str:  # noqa: ANN401 - allauth's
        """Where this person works; a page that was asked for before the sign-in goes first."""
        start: str = request.user.start_page
        return start

    def get_password_change_redirect_url(self, request: object) -> str:
        """Back to the account."""
        return "/account/"

    def get_email_confirmation_url(self, request: object, emailconfirmation: Any) -> str:  # noqa: ANN401 - allauth's
        """The link to confirm an address."""
        key = quote(emailconfirmation.key, safe=":")
        return f"{settings.PUBLIC_URL}/confirm/{key}/"

    def _get_login_attempts_cache_key(self, request: object, **credentials: Any) -> str:  # noqa: ANN401 - allauth's
        """One count per account, whatever host the request named."""
        return str(credentials.get("email") or credentials.get("username") or "").lower()
