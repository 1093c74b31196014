"""From a row to the bytes that go over the wire (RFC 5322)."""

from binascii import b2a_qp
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime, quote
from secrets import token_hex

from django.conf import settings
from django.utils.html import escape

from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.mail.models import MASK, Mail


class AddressError(ValueError):
    """An address that plain SMTP cannot carry."""


def compose(mail: Mail, *, secret: str) -> bytes:
    """The whole mail; `secret` takes the place of MASK in both bodies. Raises AddressError.

    Names and subjects are data: whatever they hold, the headers are exactly ours (C09). A row that is sent again gives the
    same Message-ID.
    """
    values = [
        ("From", mailbox(current_desk().name, str(settings.MAIL_FROM))),
        ("To", mailbox(mail.to_name, mail.to_address)),
        ("Subject", _words("Subject", mail.subject)),
        ("Date", format_datetime(mail.created_at)),
        ("Message-ID", mail.message_id),
    ]
    if mail.thread_id:
        values += [("In-Reply-To", mail.thread_id), ("References", mail.thread_id)]
    if mail.is_automatic:  # RFC 3834: nobody answers a machine
        values += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    head = "".join(f"{name}: {value}\r\n" for name, value in values).encode("ascii")
    return head + _bodies(mail, secret)


def headers(mail: Mail) -> list[tuple[str, str]]:
    """The headers as a person reads them, for the Mailroom."""
    wanted = [
        ("From", f"{current_desk().name} <{settings.MAIL_FROM}>"),
        ("To", f"{mail.to_name} <{mail.to_address}>" if mail.to_name else mail.to_address),
        ("Subject", mail.subject), ("Message-ID", mail.message_id), ("In-Reply-To", mail.thread_id),
        ("Auto-Submitted", "auto-generated" if mail.is_automatic else ""),
    ]  # fmt: skip
    return [(name, value) for name, value in wanted if value]


def mailbox(name: str, spec: str) -> str:
    """A name and an address as one header value. Raises AddressError."""
    words, carried = text.one_line(name), address(spec)
    if not words:
        return carried
    shown = f'"{quote(words)}"' if _is_plain(words) else _words("To", words)
    return f"{shown} <{carried}>"


def address(spec: str) -> str:
    """An address as SMTP carries it. Raises AddressError for one that it cannot."""
    local, _, domain = text.one_line(spec).rpartition("@")
    try:
        if not local or not domain or not local.isascii():
            raise AddressError(f"{spec!r} cannot be written in a mail")
        return Address(username=local, domain=domain.encode("idna").decode()).addr_spec
    except (ValueError, HeaderParseError) as error:
        raise AddressError(f"{spec!r} cannot be written in a mail") from error


def _words(name: str, value: str) -> str:
    """One line of text as a header value, encoded where a plain one could be read as something else.

    The standard library's own policy decodes `=?…?=` inside a text that it is given, line ends included, and writes them out
    as headers; so it never sees one.
    """
    line = text.one_line(value)
    return line if _is_plain(line) else Header(line, "utf-8", header_name=name).encode(linesep="\r\n")


def _is_plain(line: str) -> bool:
    return line.isascii() and line.isprintable() and "=?" not in line


def _bodies(mail: Mail, secret: str) -> bytes:
    """Text and HTML as alternatives. Written here, because the standard library's generator takes ten times as long."""
    boundary = f"=_{token_hex(12)}"
    parts = (("plain", mail.text.replace(MASK, secret)), ("html", mail.html.replace(MASK, escape(secret))))
    lines = ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    for subtype, body in parts:
        lines += [
            f"--{boundary}",
            f'Content-Type: text/{subtype}; charset="utf-8"',
            "Content-Transfer-Encoding: quoted-printable",
            "",
            _quoted_printable(body),
        ]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode("ascii")


def _quoted_printable(body: str) -> str:
    """7 bit, in lines of at most 76 characters (RFC 2045 6.7)."""
    lines = body.encode(errors="replace").splitlines()
    return b2a_qp(b"\r\n".join([*lines, b""]), istext=True).decode("ascii")
