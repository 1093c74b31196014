"""The one way out: never into the desk's own network, never for long, never for much (G05, G11)."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from deskhand.config import environment
from deskhand.core import outbound
from deskhand.core.outbound import AddressError, OutboundError, Resolver, UnreachableError, check, post
from tests.receiver import GOOD, Receiver, Request, receiving

PUBLIC = "93.184.216.34"


def knows(*addresses: str) -> Resolver:
    """A resolver that gives these addresses to every name."""
    return lambda _host, _port: list(addresses)


def nobody(host: str, _port: int) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(host)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Somebody on 127.0.0.1 whom the operator has not allowed."""
    settings.OUTBOUND_ALLOW = []
    with receiving() as found:
        yield found


@pytest.fixture
def allowed(receiver: Receiver, settings: Settings) -> Receiver:
    """The same, allowed."""
    settings.OUTBOUND_ALLOW = [receiver.place]
    return receiver


# The same place spelled in all the ways that some program somewhere understands.
SPELLINGS = [
    "http://127.0.0.1:8000/", "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://2130706433/",
    "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./",
    "http://0.0.0.0/", "http://0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
    "http://[2001:db8::1]/", "http://[5f00::1]/", "http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://127。0。0。1/",
    "http://169.254.169.254/latest/meta-data/", "http://168.63.129.16/", "http://100.100.100.200/", "http://10.0.0.1/",
    "http://172.16.0.1/", "http://192.168.1.1/", "http://198.18.0.1/", "http://192.0.2.1/", "http://192.88.99.1/",
    "http://224.0.0.1/", "http://239.1.2.3/", "http://240.0.0.1/", "http://255.255.255.255/",
    f"http://{PUBLIC}@127.0.0.1/", f"http://{PUBLIC}:80@127.0.0.1/", f"http://127.0.0.1@{PUBLIC}/",
    f"http://user:word@{PUBLIC}/", f"http://{PUBLIC}#@127.0.0.1/", f"http://{PUBLIC}/#x", f"http://127.0.0.1\\@{PUBLIC}/",
    f"http://{PUBLIC}\\@127.0.0.1/", f"http://{PUBLIC}/\r\nHost: x", f"http://{PUBLIC}/ x", f" http://{PUBLIC}/",
    f"http://{PUBLIC}/\x00", f"http://{PUBLIC}/ü", f"http://{PUBLIC}%2e/", "http:///", "http://", "//127.0.0.1/", "127.0.0.1",
    "http:127.0.0.1", "http:/127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/", "javascript:alert(1)", "unix:///run/docker.sock", "", "http://.", "http://a..b/",
    "http://-a.example/", "http://a b.example/", "http://[127.0.0.1]/", "http://[::1/", "http://::1/", "http://999.1.1.1/",
    "http://1.2.3.4.5/", "http://" + "a" * 64 + ".example/", "http://" + ".".join(["a" * 60] * 5) + "/", "http://0xzz.0x/",
]  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS)
def test_g05_every_spelling_is_refused(receiver: Receiver, url: str) -> None:
    """At save and at send, and no packet leaves; none of these even asks for a name."""
    with pytest.raises(AddressError):
        check(url, resolve=nobody)
    with pytest.raises(AddressError):
        post(url, body=b"{}", headers={}, resolve=nobody)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "port", [0, 1, 22, 25, 110, 143, 465, 587, 993, 3306, 5432, 6379, 7999, 9000, 9200, 11211, 27017, 65536]
)
def test_g05_ports_of_other_servers(receiver: Receiver, port: int) -> None:
    """A webhook is no mail and no command to a cache, wherever it goes."""
    for url in (f"http://{PUBLIC}:{port}/", f"https://shop.example:{port}/"):
        with pytest.raises(AddressError):
            check(url, resolve=knows(PUBLIC))


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.1", "169.254.169.254", "fe80::1%eth0"]
)
@pytest.mark.parametrize("host", ["localhost", "localhost.", "127.0.0.1.nip.example", "shop.example", "büro.example"])
def test_g05_a_name_that_means_the_inside(receiver: Receiver, host: str, inside: str) -> None:
    """A name is judged by what it means, also when only one of its addresses lies inside."""
    for resolve in (knows(inside), knows(PUBLIC, inside)):
        with pytest.raises(AddressError):
            check(f"http://{host}/", resolve=resolve)
        with pytest.raises(AddressError):
            post(f"http://{host}/", body=b"{}", headers={}, resolve=resolve)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example/deskhand", "shop.example"),
        ("HTTPS://Shop.Example:8443/x?y=%20&z=@", "shop.example"),
        ("http://shop.example.", "shop.example"),
        ("http://shop.example?x", "shop.example"),
        ("https://büro.example/", "xn--bro-hoa.example"),
        ("http://under_score.example:8080/", "under_score.example"),
        ("http://7.example/", "7.example"),
    ],
)
def test_what_may_be_saved(url: str, host: str) -> None:
    """Ordinary addresses on the Internet pass, and the resolver is asked for what will be connected to."""
    asked = []

    def resolve(name: str, _port: int) -> list[str]:
        asked.append(name)
        return [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"]

    check(url, resolve=resolve)
    assert asked == [host]


def test_a_public_address_needs_no_resolver() -> None:
    """A literal address is what it is."""
    check(f"http://{PUBLIC}:8080/", resolve=nobody)
    check("https://[2606:2800:220:1:248:1893:25c8:1946]/", resolve=nobody)


def test_g05_rebinding(receiver: Receiver) -> None:
    """Public when it was saved, the loopback when it is sent: refused; and each time the name is asked for once."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    asked = count()

    def resolve(_host: str, _port: int) -> list[str]:
        next(asked)
        return next(answers)

    check("http://shop.example:8000/", resolve=resolve)
    with pytest.raises(AddressError):
        post("http://shop.example:8000/", body=b"{}", headers={}, resolve=resolve)
    assert next(asked) == 2
    assert receiver.connections == 0


def test_the_connection_goes_to_the_checked_address(allowed: Receiver) -> None:
    """What was judged is what is connected to; the name stands in the Host header only, and nobody is asked again."""
    asked = count()

    def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if next(asked) == 0 else [PUBLIC]

    answer = post(
        f"http://Shop.Example:{allowed.port}/desk?x=1", body=b'{"a": 1}', headers={"Content-Type": "application/json"},
        resolve=resolve,
    )  # fmt: skip
    assert (answer.status, answer.is_good, next(asked)) == (204, True, 1)
    assert allowed.requests == [
        Request(
            "POST /desk?x=1 HTTP/1.1",
            {
                "host": f"shop.example:{allowed.port}", "user-agent": "Deskhand", "accept-encoding": "identity",
                "connection": "close", "content-length": "8", "content-type": "application/json",
            },
            b'{"a": 1}',
        )
    ]  # fmt: skip


def test_the_next_address_is_tried(allowed: Receiver, settings: Settings) -> None:
    """Of several addresses the first that takes the connection is spoken to."""
    settings.OUTBOUND_ALLOW = [("127.0.0.1/32", allowed.port), ("::1/128", allowed.port)]
    answer = post(f"http://shop.example:{allowed.port}/", body=b"", headers={}, resolve=knows("::1", "127.0.0.1"))
    assert answer.status == 204


def test_what_the_operator_allows(receiver: Receiver, settings: Settings) -> None:
    """A host, an address or a network, with its port or with those of web servers; nothing beside it."""
    port = receiver.port
    settings.OUTBOUND_ALLOW = [("127.0.0.1/32", port), ("10.0.0.0/8", None), ("shop.lan", None)]
    check(f"http://127.0.0.1:{port}/", resolve=nobody)
    check("http://10.9.8.7/", resolve=nobody)
    check("http://shop.lan:8080/", resolve=knows("192.168.1.7"))
    for url in ("http://127.0.0.1/", f"http://127.0.0.2:{port}/", f"http://10.9.8.7:{port}/", "http://192.168.1.7/"):
        with pytest.raises(AddressError):
            check(url, resolve=nobody)
    for host in ("x.shop.lan", "shop.lan.example"):
        with pytest.raises(AddressError):
            check(f"http://{host}/", resolve=knows("192.168.1.7"))
    with pytest.raises(AddressError):  # a port that is open for one place opens no other one
        check(f"http://{PUBLIC}:{port}/", resolve=nobody)


class Answering:
    """Say the head, and then the same again and again."""

    def __init__(self, head: bytes, part: bytes, pause_s: float = 0.0) -> None:
        self.head, self.part, self.pause_s, self.said = head, part, pause_s, 0

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.head)
        while self.said < 50_000_000:
            connection.sendall(self.part)
            self.said += len(self.part)
            time.sleep(self.pause_s)


def test_g05_no_redirect(allowed: Receiver) -> None:
    """A redirect is an answer, and no."""
    with receiving() as inside:
        allowed.answer = f"HTTP/1.1 302 Found\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode()
        answer = post(allowed.url, body=b"{}", headers={})
    assert (answer.status, answer.is_good, inside.connections) == (302, False, 0)


def test_a_no_brings_its_words(allowed: Receiver) -> None:
    """So that an administrator can read why; the words of a yes are not even heard."""
    allowed.answer = b"HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nsignature"
    assert post(allowed.url, body=b"{}", headers={}) == outbound.Answer(400, b"signature")
    allowed.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n"
    assert post(allowed.url, body=b"{}", headers={}) == outbound.Answer(200, b"")


def test_g05_an_endless_body(allowed: Receiver) -> None:
    """64 kB are heard and no more; the status counts."""
    allowed.answer = endless = Answering(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 4096)
    answer = post(allowed.url, body=b"{}", headers={})
    assert answer.status == 500
    assert len(answer.body) <= outbound.MOST
    assert endless.said < 20_000_000  # what fits into the buffers between


def test_g05_a_bomb_stays_packed(allowed: Receiver) -> None:
    """What is packed is not unpacked."""
    packed = b"\x1f\x8b" + b"\x00" * 1000
    allowed.answer = b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: 1002\r\n\r\n" + packed
    assert post(allowed.url, body=b"{}", headers={}).body == packed


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"x" * 4000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 4096),
        (b"", b"x" * 4096),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers", "one header", "status", "continue"],
)
def test_g05_big_headers(allowed: Receiver, head: bytes, part: bytes) -> None:
    """Nobody talks us into reading for ever before a status is known."""
    allowed.answer = Answering(head, part)
    with pytest.raises(UnreachableError):
        post(allowed.url, body=b"{}", headers={})


@pytest.mark.parametrize(("head", "part"), [(b"HTTP/1.1 200 OK\r\nX-A: ", b"x"), (b"", b"H")], ids=["header", "status"])
def test_g05_a_slow_answer(allowed: Receiver, monkeypatch: pytest.MonkeyPatch, head: bytes, part: bytes) -> None:
    """A byte now and then does not make the time longer: it is one time for everything."""
    monkeypatch.setattr(outbound, "LONGEST_S", 0.6)
    allowed.answer = Answering(head, part, 0.1)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="No answer within"):
        post(allowed.url, body=b"{}", headers={})
    assert 0.5 < time.monotonic() - began < 3


def test_g05_a_slow_body_keeps_its_status(allowed: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is there at once; its words are waited for as long as there is time."""
    monkeypatch.setattr(outbound, "LONGEST_S", 0.6)
    allowed.answer = Answering(b"HTTP/1.1 503 Later\r\n\r\n", b"x", 0.1)
    began = time.monotonic()
    answer = post(allowed.url, body=b"{}", headers={})
    assert (answer.status, set(answer.body)) == (503, {ord("x")})
    assert time.monotonic() - began < 3


def test_g05_a_slow_resolver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says nothing holds nobody up."""
    monkeypatch.setattr(outbound, "LONGEST_S", 0.2)

    def resolve(_host: str, _port: int) -> list[str]:
        time.sleep(3)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(UnreachableError):
        post("http://shop.example/", body=b"", headers={}, resolve=resolve)
    with pytest.raises(UnreachableError):
        check("http://shop.example/", resolve=resolve)
    assert time.monotonic() - began < 2


def test_nobody_there(allowed: Receiver, settings: Settings) -> None:
    """No such name, nobody listening, and a server of another kind: each is said, none is a crash."""

    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    for resolve in (unknown, knows()):
        with pytest.raises(UnreachableError):
            check("http://shop.example/", resolve=resolve)
    allowed.answer = b"220 mail.example ESMTP\r\n"
    with pytest.raises(UnreachableError):
        post(allowed.url, body=b"{}", headers={})
    allowed.answer = b""
    with pytest.raises(UnreachableError):
        post(allowed.url, body=b"{}", headers={})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.OUTBOUND_ALLOW = [("127.0.0.1/32", port)]
    with pytest.raises(UnreachableError):
        post(f"http://127.0.0.1:{port}/", body=b"{}", headers={})


def test_a_header_is_one_line(allowed: Receiver) -> None:
    """Nothing that was typed becomes a header of its own."""
    for value in ("a\r\nX: y", "a\nX: y", "a\rX: y"):
        with pytest.raises(ValueError, match="one line"):
            post(allowed.url, body=b"", headers={"X-Name": value})
    assert allowed.requests == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own making for `shop.example`, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    path = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-subj", "/CN=shop.example",
         "-addext", "subjectAltName=DNS:shop.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return path


def test_g11_tls_is_verified(certificate: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a certificate that somebody trusted made for this very name will do; then all is well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(tls=context) as receiver:
        settings.OUTBOUND_ALLOW = [receiver.place]
        with pytest.raises(UnreachableError, match="self-signed"):
            post(f"https://shop.example:{receiver.port}/", body=b"{}", headers={}, resolve=knows("127.0.0.1"))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(UnreachableError, match="Hostname mismatch"):
            post(f"https://other.example:{receiver.port}/", body=b"{}", headers={}, resolve=knows("127.0.0.1"))
        assert receiver.requests == []
        answer = post(f"https://shop.example:{receiver.port}/", body=b"{}", headers={}, resolve=knows("127.0.0.1"))
    assert answer.status == 204
    assert [request.body for request in receiver.requests] == [b"{}"]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("", []),
        (" , ", []),
        ("Shop.LAN, host1:9000", [("shop.lan", None), ("host1", 9000)]),
        ("10.1.2.3/8,127.0.0.1:9000", [("10.0.0.0/8", None), ("127.0.0.1/32", 9000)]),
        (
            "::1, [::1]:9000, fd00::/8, [fd00::]",
            [("::1/128", None), ("::1/128", 9000), ("fd00::/8", None), ("fd00::/128", None)],
        ),
    ],
)
def test_how_the_operator_says_it(value: str, places: list[tuple[str, int | None]]) -> None:
    """OUTBOUND_ALLOW: hosts, addresses and networks, each perhaps with a port."""
    assert environment.outbound(value) == places


@pytest.mark.parametrize(
    "value", ["*", "http://shop.lan", "10.0.0.0/33", "1.2.3", "a b", "shop.lan:http", "-", "shop.lan/x"]
)
def test_a_slip_of_the_operator_stops_the_start(value: str) -> None:
    """What means nothing is not passed over in silence."""
    with pytest.raises(ImproperlyConfigured, match="OUTBOUND_ALLOW"):
        environment.outbound(value)


def test_good_is_good() -> None:
    """The receiver's usual answer is a good one, or half of the tests above would prove nothing."""
    assert GOOD.startswith(b"HTTP/1.1 204")
    assert issubclass(AddressError, OutboundError)
