"""From a row to the bytes that go over the wire (RFC 5322). Raises ValueError for a row that cannot become a mail."""

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from django.conf import settings
from django.utils.html import escape

from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.mail.models import MASK, Mail

# 7 bit everywhere, because a relay behind the next one may know nothing else; lines far below the 998 of RFC 5322.
_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=76)


class AddressError(ValueError):
    """An address that plain SMTP cannot carry."""


def compose(mail: Mail, *, secret: str) -> bytes:
    """The whole mail; `secret` takes the place of MASK in both bodies.

    Names and subjects are data: whatever they hold, the headers are exactly ours (C09). A row that is sent again gives the
    same Message-ID.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = address(current_desk().name, str(settings.MAIL_FROM))
    message["To"] = address(mail.to_name, mail.to_address)
    message["Subject"] = text.one_line(mail.subject)
    message["Date"] = mail.created_at
    message["Message-ID"] = mail.message_id
    if mail.thread_id:
        message["In-Reply-To"] = mail.thread_id
        message["References"] = mail.thread_id
    if mail.is_automatic:  # RFC 3834: nobody answers a machine
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text.replace(MASK, secret))
    message.add_alternative(mail.html.replace(MASK, escape(secret)), subtype="html")
    return message.as_bytes()


def headers(mail: Mail) -> list[tuple[str, str]]:
    """The headers as a person reads them, for the Mailroom."""
    wanted = [
        ("From", f"{current_desk().name} <{settings.MAIL_FROM}>"),
        ("To", f"{mail.to_name} <{mail.to_address}>" if mail.to_name else mail.to_address),
        ("Subject", mail.subject), ("Message-ID", mail.message_id), ("In-Reply-To", mail.thread_id),
        ("Auto-Submitted", "auto-generated" if mail.is_automatic else ""),
    ]  # fmt: skip
    return [(name, value) for name, value in wanted if value]


def address(name: str, spec: str) -> Address:
    """A name and an address for a header. Raises AddressError for an address that plain SMTP cannot carry."""
    local, _, domain = text.one_line(spec).rpartition("@")
    try:
        if not local or not domain or not local.isascii():
            raise AddressError(f"{spec!r} cannot be written in a mail")
        return Address(display_name=text.one_line(name), username=local, domain=domain.encode("idna").decode())
    except (ValueError, HeaderParseError) as error:
        raise AddressError(f"{spec!r} cannot be written in a mail") from error
