"""The portal's navigation: what stands in it, where, and the button that opens a ticket (S1.4, S1.5, S2.8)."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.desk.changes import configure
from deskhand.entitlements.catalog import archive_product
from tests import make
from tests.cast import Cast
from tests.portal import reading, shop

LABELS = {"my_tickets": "Support", "purchases": "Orders", "licenses": "Licences", "open_ticket": "New"}
Link = tuple[str, str, bool]


def links(page: str, kind: str = "header") -> list[Link]:
    """The links of a navigation: address, words, whether it is the current page."""
    if kind == "header":
        area = re.findall(r"<header>.*?</header>", page, re.DOTALL)[0]
        found = re.findall(r"<nav [^>]*>(.*?)</nav>", area, re.DOTALL)
    else:
        found = re.findall(r'<nav class="side"[^>]*>(.*?)</nav>', page, re.DOTALL)
    anchors = re.findall(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', found[0], re.DOTALL) if found else []
    return [(address, reading.words(name), "aria-current" in rest) for address, rest, name in anchors]


def opening(page: str) -> list[str]:
    """Where the buttons stand that open a ticket: the tag of their part of the page."""
    header, _, main = page.partition("</header>")
    button = r'<a class="button" href="/tickets/new/"[^>]* data-key="c"'
    return ["header"] * len(re.findall(button, header)) + ["main"] * len(re.findall(button, main))


def test_a_desk_that_sells_nothing_has_neither_purchases_nor_licenses(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get("/").content.decode()
    assert links(page) == [("/", "Home", True), ("/tickets/", "My tickets", False)]
    assert links(page, "side") == []


def test_s1_4_one_login_opens_purchases_licenses_and_support_in_the_desks_words(
    client: Client, cast: Cast, at: datetime
) -> None:
    configure(by=cast.otto, at=at, labels=LABELS)
    plan = shop.product("Hosting", at=at, license_count=0)
    client.force_login(cast.carl)
    without = [("/", "Home", False), ("/tickets/", "Support", True), ("/purchases/", "Orders", False)]
    assert links(client.get("/tickets/").content.decode()) == without
    shop.product(at=at)
    page = client.get("/licenses/").content.decode()
    assert links(page) == [
        ("/", "Home", False), ("/tickets/", "Support", False), ("/purchases/", "Orders", False),
        ("/licenses/", "Licences", True),
    ]  # fmt: skip
    archive_product(plan, by=cast.otto, at=at)
    assert links(client.get("/purchases/").content.decode())[2] == ("/purchases/", "Orders", True)


def test_s1_5_the_navigation_stands_at_the_side_where_the_desk_wants_that(
    client: Client, cast: Cast, at: datetime
) -> None:
    shop.product(at=at)
    configure(by=cast.otto, at=at, labels=LABELS, navigation="side")
    client.force_login(cast.carl)
    page = client.get("/tickets/").content.decode()
    assert '<body class="portal" data-side' in page
    assert links(page) == []
    assert links(page, "side") == [
        ("/", "Home", False), ("/tickets/", "Support", True), ("/purchases/", "Orders", False),
        ("/licenses/", "Licences", False), ("/account/", "Account", False),
    ]  # fmt: skip
    client.logout()
    assert "data-side" not in client.get("/sign-in/").content.decode()


def test_staff_find_the_way_to_the_workspace_in_either(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    assert ("/desk/", "Workspace", False) in links(client.get("/tickets/").content.decode())
    configure(by=cast.otto, at=at, navigation="side")
    page = client.get("/tickets/").content.decode()
    assert links(page) == [("/desk/", "Workspace", False)]
    assert [address for address, _words, _is_current in links(page, "side")] == ["/", "/tickets/", "/account/"]


@pytest.mark.parametrize("navigation", ["top", "side"])
def test_s2_8_new_stands_at_the_end_of_the_lists_heading_and_once_on_every_page(
    client: Client, cast: Cast, at: datetime, navigation: str
) -> None:
    make.ticket(cast.carl, at=at)
    configure(by=cast.otto, at=at, labels=LABELS, navigation=navigation)
    client.force_login(cast.carl)
    page = client.get("/tickets/").content.decode()
    heading = re.findall(r'<div class="heading">.*?<div class="end">(.*?)</div>', page, re.DOTALL)[0]
    assert reading.words(heading) == "New"
    assert opening(page) == ["main"]
    for other in ("/", "/tickets/1001/", "/account/", "/purchases/"):
        assert opening(client.get(other).content.decode()) == ["header"]
    assert opening(client.get("/tickets/new/").content.decode()) == []


def test_the_navigation_asks_the_database_nothing(
    client: Client, cast: Cast, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shop.product(at=at)
    configure(by=cast.otto, at=at, home=["guide"], navigation="side", return_addresses=["https://shop.example"])
    client.force_login(cast.carl)
    client.get("/", {"return": "https://shop.example/admin"})
    with django_assert_num_queries(1):  # who asks
        client.get("/")
