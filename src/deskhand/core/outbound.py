"""The one way to an address that an administrator typed. It leads out, never into the desk's own network (SSRF).

A name is resolved once; every address it stands for is judged, and the connection goes to exactly that address. No proxy, no
redirect, no decompression; ten seconds and 64 kB for everything. What is refused is refused when the address is saved
(`check`) and again at each `post`: a name may mean something else by then.
"""

import http.client
import io
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_S: Final = 10.0  # for looking up, connecting, sending and listening together
MOST: Final = 64 * 1024  # bytes of an answer, with its headers
# Where web servers listen. Not the ports of databases, caches and mail servers, which also understand what they are sent.
PORTS: Final = frozenset({80, 443, *range(8000, 9000)})

_UNKNOWN: Final = _("Nobody knows a host of that name.")
_MOST_ADDRESSES: Final = 8  # of one name
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

_URL = re.compile(r"(https?)://([^/?#@:\[\]\\%\s]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?((?:[/?][!-~]*)?)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")  # the last label of what a resolver reads as an IPv4 address
_UNICAST: Final = ipaddress.ip_network("2000::/3")  # all else in IPv6 is local, or holds an IPv4 address
_INSIDE: Final = [
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.88.99.0/24"),
]  # a cloud's own; 6to4


class OutboundError(Exception):
    """Nothing was delivered; `words` say why, to an administrator."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(str(words))
        self.words = words


class AddressError(OutboundError):
    """The desk does not go there: trying again cannot help until the address, its name's entry or a setting changes."""


class UnreachableError(OutboundError):
    """It is not there, does not answer in time, or speaks no HTTP: try again later."""


class _TooMuchError(Exception):
    """The answer is longer than anybody reads."""


@dataclass(frozen=True, slots=True)
class Address:
    """A web address taken apart: `host` is ASCII, lower case, a name or an IP address; `path` begins with a slash."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; `body` is cut at 64 kB, and empty when it was well (2xx), for nobody reads it then."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Did it take what it was sent? A redirect is not followed and counts as a no."""
        return 200 <= self.status < 300


class _Patience:
    """The time that is left."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a name, as the machine knows them."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check(url: str, *, resolve: Resolver = system_resolver) -> None:
    """Would the desk go there? Raises AddressError; UnreachableError when nobody knows the name. Sends nothing."""
    address = parsed(url)
    _resolved(address, resolve, _Patience(LONGEST_S / 2))


def post(url: str, *, body: bytes, headers: Mapping[str, str], resolve: Resolver = system_resolver) -> Answer:
    """Send `body` there and hear the answer; never inside a transaction. Raises AddressError, UnreachableError."""
    address, patience = parsed(url), _Patience(LONGEST_S)
    found = _resolved(address, resolve, patience)
    try:
        with _connected(address, found, patience) as line:
            _say(line, address, body, headers, patience)
            return _hear(line, patience)
    except TimeoutError as error:
        raise UnreachableError(_("No answer within 10 seconds.")) from error
    except _TooMuchError as error:
        raise UnreachableError(_("The answer is too long.")) from error
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(f"TLS: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{type(error).__name__}: {error}") from error


def parsed(url: str) -> Address:
    """The parts of a web address that has one reading only. Raises AddressError; asks nobody."""
    match = _URL.fullmatch(url)
    if match is None or "#" in match[4] or "\\" in match[4]:
        raise AddressError(_("Write an address like https://shop.example/deskhand, without a name or password in it."))
    is_tls = match[1].lower() == "https"
    port = int(match[3] or (443 if is_tls else 80))
    if port not in PORTS and all(port != own for _place, own in settings.OUTBOUND_ALLOW):
        raise AddressError(_("The desk speaks to the ports 80, 443 and 8000 to 8999 only."))
    path = match[4] if match[4].startswith("/") else "/" + match[4]
    return Address(is_tls=is_tls, host=_host(match[2]), port=port, path=path)


def _host(written: str) -> str:
    """The one spelling of a host: no octal, short or hexadecimal address, no digits of other scripts in disguise."""
    try:
        if written.startswith("["):
            return str(ipaddress.IPv6Address(written[1:-1]))
        host = written.encode("idna").decode().lower().removesuffix(".")
        labels = host.split(".")
        if _NUMERIC.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(host))
    except ValueError as error:  # a UnicodeError is one
        raise AddressError(_("That is no host.")) from error
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise AddressError(_("That is no host."))
    return host


def _resolved(address: Address, resolve: Resolver, patience: _Patience) -> list[str]:
    """The IP addresses of the host, all of them judged; the connection goes to one of these and asks nobody again."""
    try:
        ipaddress.ip_address(address.host)
        found = [address.host]
    except ValueError:
        found = _looked_up(address, resolve, patience)
    for each in found:
        _judge(address, ipaddress.ip_address(each))
    return found


def _looked_up(address: Address, resolve: Resolver, patience: _Patience) -> list[str]:
    """Ask in a thread of its own: a resolver has no patience to set."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(address.host, address.port))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=patience.left())
    except (queue.Empty, TimeoutError) as error:
        raise UnreachableError(_("The host’s name was not found in time.")) from error
    if isinstance(found, Exception):
        raise UnreachableError(_UNKNOWN) from found
    if not found:
        raise UnreachableError(_UNKNOWN)
    return list(dict.fromkeys(found))[:_MOST_ADDRESSES]


def _judge(address: Address, ip: IPAddress) -> None:
    """May the desk connect to this one? Raises AddressError."""
    if any(_is_allowed(address, ip, place, own) for place, own in settings.OUTBOUND_ALLOW):
        return
    if address.port not in PORTS or not _is_public(ip):
        raise AddressError(
            _("That address lies in a network of the desk’s own. The operator can allow it with OUTBOUND_ALLOW.")
        )


def _is_allowed(address: Address, ip: IPAddress, place: str, own: int | None) -> bool:
    """Did the operator name this host, address or network, with this port or for all ports of web servers?"""
    if address.port != own and (own is not None or address.port not in PORTS):
        return False
    try:
        return ip in ipaddress.ip_network(place)
    except ValueError:
        return place == address.host


def _is_public(ip: IPAddress) -> bool:
    """Is it somewhere on the Internet, and nothing that only looks so: no mapped, tunneled or translated IPv4 address?"""
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _UNICAST or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _INSIDE)


def _connected(address: Address, found: list[str], patience: _Patience) -> socket.socket:
    """A connection to the first of these addresses that takes one; with TLS, its certificate is the name's."""
    line = _first_that_answers(found, address.port, patience)
    if not address.is_tls:
        return line
    try:
        line.settimeout(patience.left())
        return ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
    except BaseException:
        line.close()
        raise


def _first_that_answers(found: list[str], port: int, patience: _Patience) -> socket.socket:
    for untried in range(len(found), 0, -1):
        try:
            return socket.create_connection((found[-untried], port), timeout=patience.left() / untried)
        except OSError:
            if untried == 1:
                raise
    raise UnreachableError(_UNKNOWN)


def _say(
    line: socket.socket, address: Address, body: bytes, headers: Mapping[str, str], patience: _Patience
) -> None:  # fmt: skip
    given = {
        "Host": address.authority, "User-Agent": "Deskhand", "Accept-Encoding": "identity", "Connection": "close",
        "Content-Length": str(len(body)), **headers,
    }  # fmt: skip
    if any(set("\r\n") & set(name + value) for name, value in given.items()):
        raise ValueError("a header is one line")
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    whole = f"POST {address.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
    for start in range(0, len(whole), 16_384):  # each part has what is left of the time
        line.settimeout(patience.left())
        line.sendall(whole[start : start + 16_384])


class _Listening(io.RawIOBase):
    """What the other side says: not more than MOST bytes, not after the patience has ended."""

    def __init__(self, line: socket.socket, patience: _Patience) -> None:
        self.line, self.patience, self.heard = line, patience, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self.line.settimeout(self.patience.left())
        count = self.line.recv_into(cast("memoryview", buffer))
        self.heard += count
        if self.heard > MOST:
            raise _TooMuchError
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What `http.client` calls on what it takes for a socket."""
        return io.BufferedReader(self, buffer_size=4096)


def _hear(line: socket.socket, patience: _Patience) -> Answer:
    """The answer's status and, when it is a no, the beginning of its words, as far as they come."""
    response = http.client.HTTPResponse(cast("socket.socket", _Listening(line, patience)), method="POST")
    response.begin()
    answer = Answer(response.status, b"")
    if answer.is_good:
        return answer
    words = bytearray()
    try:
        while part := response.read1(4096):
            words += part
    except (OSError, _TooMuchError, http.client.HTTPException):
        pass  # the status is what counts
    return Answer(response.status, bytes(words))
