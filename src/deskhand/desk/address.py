"""The public address: where people reach the desk, and what every link in a mail begins with."""

from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST: Final = 200
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def public_address(written: str) -> str:
    """`https://help.example.com` from what was typed; scheme, host and port only. Raises ValidationError."""
    line = written.strip()
    try:
        parts = urlsplit(line if "://" in line else f"https://{line}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ValidationError(_("This is not a web address.")) from error
    host = parts.hostname or ""
    is_clean = len(line) <= LONGEST and not any(sign.isspace() for sign in line)  # urlsplit drops line ends silently
    if parts.scheme not in {"http", "https"} or not _is_host(host) or not is_clean:
        raise ValidationError(_("Write it as https://help.example.com."))
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username is not None:
        raise ValidationError(_("Leave out what follows the host: the desk lives at the root of its address."))
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def is_local(address: str) -> bool:
    """Only this machine can use the address; it need not be stored, because it follows the port."""
    return urlsplit(address).hostname in _LOCAL


def _is_host(host: str) -> bool:
    return bool(host) and all(sign.isalnum() or sign in "-.:" for sign in host) and not host.startswith((".", "-"))
