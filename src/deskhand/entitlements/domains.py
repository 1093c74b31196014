"""How a domain is spelled, so that one shop calling home from two of its addresses is one installation."""

import re
from typing import Final
from urllib.parse import urlsplit

from deskhand.core import text
from deskhand.entitlements.errors import InvalidDomainError

LONGEST: Final = 253  # of a domain name, RFC 1035
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://|//", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[^\s/:?#@\\]+\.[^\s/:?#@\\]+|localhost)(?::\d{1,5})?(?:[/?#].*)?", re.IGNORECASE)


def normalized(written: str) -> str:
    """A domain without scheme, `www.`, port and path, lower case, as it stands in DNS (IDNA); a device's name as it came.

    Raises InvalidDomainError for nothing, and for what is too long.
    """
    line = text.one_line(written)
    domain = line
    if _SCHEME.match(line) or _HOST.fullmatch(line):
        domain = _host(line if _SCHEME.match(line) else f"//{line}")
    if not 0 < len(domain) <= LONGEST:
        raise InvalidDomainError
    return domain


def _host(address: str) -> str:
    try:
        host = (urlsplit(address).hostname or "").rstrip(".")
        # Python's own IDNA is that of 2003, in which ß is ss; nobody sells the same product to both of two such domains.
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError as error:  # a broken address; UnicodeError is one, too
        raise InvalidDomainError from error
    bare = host.removeprefix("www.")
    return bare if "." in bare else host
