"""The words of the mails about an account, by the names that allauth gives them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from deskhand.desk.queries import current_desk
from deskhand.mail import links
from deskhand.mail.letters import Letter
from deskhand.mail.models import MASK

Context = Mapping[str, Any]


def letter(template_prefix: str, *, email: str, context: Context) -> Letter:
    """The letter for a mail of allauth's, such as `account/email/login_code`. Raises KeyError for one we do not know."""
    return LETTERS[template_prefix.rpartition("/")[2]](email, context)


def _ignore() -> str:
    return _("If it was not you, ignore this mail: nothing changes without it.")


def _why(email: str) -> str:
    return _("Somebody entered %(email)s on our sign-in pages.") % {"email": email}


def _alarm() -> tuple[str, ...]:
    return (_("If it was not you, choose a new password at once and tell us."),)


def _login_code(email: str, context: Context) -> Letter:
    return Letter(
        subject=_("Your code to sign in"), headline=_("Your code to sign in"),
        sentences=(_("Type it into the page where you asked for it. It works once, for a few minutes."),),
        code=MASK, secret=str(context["code"]), after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _reset(email: str, context: Context) -> Letter:
    return Letter(
        subject=_("Choose a new password"), headline=_("Choose a new password"),
        sentences=(_("The link works once, within an hour."),), link=MASK, link_words=_("Choose a new password"),
        secret=links.public(str(context["password_reset_url"])), after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _reset_code(email: str, context: Context) -> Letter:
    return Letter(
        subject=_("Your code for a new password"), headline=_("Your code for a new password"),
        sentences=(_("Type it into the page where you asked for it."),), code=MASK, secret=str(context["code"]),
        after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _confirm(email: str, context: Context) -> Letter:
    words = _("Confirm your e-mail address")
    sentences = (_("Confirm that %(email)s is yours, then we can write to you here.") % {"email": email},)
    if "activate_url" not in context:
        return Letter(
            subject=words, headline=words, sentences=sentences, code=MASK, secret=str(context["code"]),
            after=(_ignore(),), why=_why(email),
        )  # fmt: skip
    return Letter(
        subject=words, headline=words, sentences=sentences, link=MASK, link_words=words,
        secret=links.public(str(context["activate_url"])), after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _exists(email: str, context: Context) -> Letter:
    return Letter(
        subject=_("You have an account already"), headline=_("You have an account already"),
        sentences=(
            _("Somebody tried to register %(email)s, but this address has an account.") % {"email": email},
            _("If you forgot the password, choose a new one:"),
        ),
        link=links.public(str(context["password_reset_url"])), link_words=_("Choose a new password"),
        after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _unknown(email: str, context: Context) -> Letter:
    return Letter(
        subject=_("There is no account with this address"), headline=_("There is no account with this address"),
        sentences=(
            _("Somebody tried to sign in to %(desk)s as %(email)s, but we know no such account.")
            % {"desk": current_desk().name, "email": email},
            _("If it was you, try another address that you use with us, or ask us for an invitation."),
        ),
        after=(_ignore(),), why=_why(email),
    )  # fmt: skip


def _notice(
    subject: Callable[[], str], sentence: Callable[[Context], str] = lambda context: ""
) -> Callable[..., Letter]:
    """A letter that tells an owner what happened to the account."""

    def made(email: str, context: Context) -> Letter:
        words = sentence(context)
        return Letter(
            subject=subject(), headline=subject(), sentences=(words,) if words else (), after=_alarm(),
            why=_("You get this because it is about the account of %(email)s.") % {"email": email},
        )  # fmt: skip

    return made


def _new_address(context: Context) -> str:
    return _("From now on we write to %(address)s.") % {"address": context.get("to_email", "")}


def _removed_address(context: Context) -> str:
    return _("%(address)s no longer belongs to it.") % {"address": context.get("deleted_email", "")}


LETTERS: Final[dict[str, Callable[[str, Context], Letter]]] = {
    "login_code": _login_code,
    "password_reset_key": _reset,
    "password_reset_code": _reset_code,
    "email_confirmation": _confirm,
    "email_confirmation_signup": _confirm,
    "account_already_exists": _exists,
    "unknown_account": _unknown,
    "password_reset": _notice(lambda: _("Your password has been changed")),
    "password_changed": _notice(lambda: _("Your password has been changed")),
    "password_set": _notice(lambda: _("A password has been set")),
    "email_changed": _notice(lambda: _("The address of your account has been changed"), _new_address),
    "email_confirm": _notice(lambda: _("An address of your account has been confirmed")),
    "email_deleted": _notice(lambda: _("An address of your account has been removed"), _removed_address),
}
