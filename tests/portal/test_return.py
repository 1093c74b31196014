"""The way back to the site that a support link came from (S5.3): a link in the header, and never a redirect elsewhere."""

import re
from datetime import datetime
from urllib.parse import quote

import pytest
from django.test import Client

from deskhand.desk.address import way_back
from deskhand.desk.changes import configure
from tests.cast import PASSWORD, Cast
from tests.forms import send
from tests.portal import reading

SHOP = "https://shop.example"
ALLOWED = [SHOP, "http://[::1]:8080", "https://bücher.example", "https://old.example:8443"]


def backs(page: str) -> list[tuple[str, str]]:
    """Where each way back of the page leads, and what it says."""
    found = re.findall(r'<a class="way-back" href="([^"]*)">(.*?)</a>', page, re.DOTALL)
    return [(address, reading.words(name)) for address, name in found]


@pytest.fixture
def desk(cast: Cast, at: datetime) -> Cast:
    configure(by=cast.otto, at=at, return_addresses=[SHOP])
    return cast


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (f"{SHOP}/admin?tab=1", f"{SHOP}/admin?tab=1"),
        (SHOP, SHOP),
        ("HTTPS://Shop.Example/Admin", f"{SHOP}/Admin"),
        (f"{SHOP}:443/admin", f"{SHOP}/admin"),
        (f"{SHOP}/admin#part", f"{SHOP}/admin"),
        (f"{SHOP}/käse", f"{SHOP}/k%C3%A4se"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a"),
        ("https://old.example:8443/a", "https://old.example:8443/a"),
    ],
)
def test_an_address_of_an_allowed_site_is_the_way_back(written: str, found: str) -> None:
    assert way_back(written, ALLOWED) == found


TRICKS = [
    "", "/admin", "admin", "//shop.example/admin", "///shop.example", "https:shop.example", "https:///shop.example",
    "javascript:alert(1)//https://shop.example", "JaVaScRiPt://shop.example/%0aalert(1)", "data:text/html,https://shop.example",
    "http://shop.example/admin", "ftp://shop.example", "https://shop.example:8443/", "https://shop.example:0/",
    "https://shop.example:https/", "https://shop.example:99999/", "https://shop.example.evil.example/",
    "https://evil-shop.example/", "https://sub.shop.example/", "https://shop.example@evil.example/",
    "https://shop.example:443@evil.example/", "https://me:secret@shop.example/", "https://@shop.example/",
    "https://evil.example/https://shop.example", "https://evil.example?https://shop.example",
    "https://evil.example#https://shop.example", "https://evil.example\\@shop.example/", "https:\\\\shop.example/",
    "https://shop.example\\.evil.example/", f"{SHOP}/\\evil.example", "https://shop.example./", "https://shop.example%2eevil.example/",
    "https://shop。example/", " https://shop.example/", "https://shop.example/ admin", "https://shop.example/\nadmin",
    "https://shop.example/\tadmin", "\x01https://shop.example/", "https://shop.example/\u202eadmin", "https://[::1/",
    "https://old.example/", f"{SHOP}/{'a' * 1000}", f"https://{'a' * 70}.example/",
]  # fmt: skip


@pytest.mark.parametrize("written", TRICKS)
def test_everything_else_is_none(written: str) -> None:
    assert way_back(written, ALLOWED) == ""


def test_without_any_allowed_site_there_is_no_way_back() -> None:
    assert way_back(f"{SHOP}/admin", []) == ""


def test_s5_3_a_support_link_brings_the_way_back_along_and_every_page_keeps_it(client: Client, desk: Cast) -> None:
    client.force_login(desk.carl)
    assert backs(client.get("/").content.decode()) == []
    first = client.get(f"/tickets/?return={quote(f'{SHOP}/admin?a=1&b=2')}").content.decode()
    assert backs(first) == [(f"{SHOP}/admin?a=1&amp;b=2", "Back to shop.example")]
    for page in ("/", "/tickets/new/", "/account/", "/purchases/"):
        assert backs(client.get(page).content.decode()) == [(f"{SHOP}/admin?a=1&amp;b=2", "Back to shop.example")]


def test_s5_3_it_survives_the_sign_in(client: Client, desk: Cast) -> None:
    asked = client.get(f"/tickets/?return={quote(f'{SHOP}/admin')}")
    assert (asked.status_code, asked["Location"].startswith("/sign-in/")) == (303, True)
    sign_in = client.get(asked["Location"]).content.decode()
    assert backs(sign_in) == [(f"{SHOP}/admin", "Back to shop.example")]
    entered = send(client, asked["Location"], "/sign-in/", login=desk.carl.email, password=PASSWORD)
    assert entered.status_code == 303
    assert entered["Location"].startswith("/tickets/")
    assert backs(client.get("/").content.decode()) == [(f"{SHOP}/admin", "Back to shop.example")]


def test_the_sign_in_page_takes_it_as_well(client: Client, desk: Cast) -> None:
    page = client.get(f"/sign-in/?return={quote(SHOP)}").content.decode()
    assert backs(page) == [(SHOP, "Back to shop.example")]


@pytest.mark.parametrize("asked", TRICKS)
def test_s5_3_what_is_not_allowed_is_not_mentioned_and_forgets_nothing(client: Client, desk: Cast, asked: str) -> None:
    client.force_login(desk.carl)
    bare = client.get("/").content.decode()
    answer = client.get("/", {"return": asked})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert [backs(bare), backs(page)] == [[], []]
    client.get("/", {"return": f"{SHOP}/admin"})
    again = client.get("/", {"return": asked}).content.decode()
    assert backs(again) == [(f"{SHOP}/admin", "Back to shop.example")]


def test_a_site_that_is_no_longer_allowed_is_forgotten(client: Client, desk: Cast, at: datetime) -> None:
    client.force_login(desk.carl)
    assert len(backs(client.get("/", {"return": f"{SHOP}/admin"}).content.decode())) == 1
    configure(by=desk.otto, at=at, return_addresses=["https://other.example"])
    assert backs(client.get("/").content.decode()) == []


def test_nobody_is_sent_there_by_a_form(client: Client, desk: Cast) -> None:
    page = f"/sign-in/?return={quote(SHOP)}&next={quote(SHOP)}"
    answer = send(client, page, "/sign-in/", login=desk.carl.email, password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    posted = client.post("/sign-out/?return=" + quote("https://shop.example/other"))
    assert posted.status_code == 303
    assert posted["Location"].startswith("/")


def test_a_stranger_without_an_allowed_site_gets_no_session(client: Client, desk: Cast) -> None:
    client.get("/sign-in/", {"return": "https://evil.example/"})
    assert "session" not in client.cookies
    client.get("/sign-in/", {"return": SHOP})
    assert "session" in client.cookies
