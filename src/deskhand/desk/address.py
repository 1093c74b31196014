"""The public address, where people reach the desk and what every link in a mail begins with; and the ways back to other sites."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

LONGEST: Final = 200
LONGEST_WAY_BACK: Final = 1_000
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_PORTS: Final = {"http": 80, "https": 443}


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


def way_back(written: str, allowed: Iterable[str]) -> str:
    """Where a support link leads back to (S5.3): the same address, if its scheme, host and port are among `allowed`; else "".

    What a browser reads otherwise than we do (spaces and line ends, a backslash, a name before an @) is no address at all.
    """
    is_clean = len(written) <= LONGEST_WAY_BACK and "\\" not in written and written.isprintable() and " " not in written
    parts = _split(written) if is_clean else None
    origin = _origin(parts) if parts else None
    if parts is None or origin is None or origin not in {_origin(_split(address)) for address in allowed}:
        return ""
    scheme, host, port = origin  # not what was written: it may be another spelling of it
    place = (f"[{host}]" if ":" in host else host) + ("" if port == _PORTS[scheme] else f":{port}")
    return iri_to_uri(urlunsplit((scheme, place, parts.path, parts.query, "")))


def host_of(address: str) -> str:
    """Its host, as people know a site."""
    return urlsplit(address).hostname or ""


def _split(written: str) -> SplitResult | None:
    try:
        return urlsplit(written)
    except ValueError:
        return None


def _origin(parts: SplitResult | None) -> tuple[str, str, int] | None:
    """Scheme, host and port as a browser compares them; None for what has no such origin, or carries a name or a password."""
    if parts is None or parts.scheme not in _PORTS or "@" in parts.netloc or not _is_host(parts.hostname or ""):
        return None
    try:
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    except ValueError:  # a port that is no number, a label that is too long
        return None
    return parts.scheme, host, port


def is_local(address: str) -> bool:
    """Only this machine can use the address; it need not be stored, because it follows the port."""
    return urlsplit(address).hostname in _LOCAL


def _is_host(host: str) -> bool:
    return bool(host) and all(sign.isalnum() or sign in "-.:" for sign in host) and not host.startswith((".", "-"))
