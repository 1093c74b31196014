"""The customers' purchases and licenses in Chromium: where the navigation stands; by ear, in the dark and on a phone."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.entitlements.models import License
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.browser import COLORS, eventually, let_in, serious
from tests.cast import Cast
from tests.portal import shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Handcrafted-Scandinavian-storefront-theme whose long name nobody has shortened"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def carl(live_server: object, first_words: None, cast: Cast, person: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page as Carl."""

    def opened(path: str, **options: object) -> Page:
        page = person(base_url=live_server.url, **options)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(page.context, cast.carl, live_server.url)  # type: ignore[attr-defined]
        page.goto(path)
        return page

    return opened


@pytest.fixture
def stocked(first_words: None, cast: Cast, at: datetime) -> Ticket:
    """Carl's purchases in every state, a question that waits for him, and a declined ticket."""
    now = timezone.now()
    columns = ["subject", "status", "last_activity", "reply"]
    configure(by=cast.otto, at=at, return_addresses=["https://shop.example"], columns=columns)
    theme = shop.product(
        LONG, at=at, grace_days=7, renew_url="https://shop.example/renew", download_url="https://shop.example/get",
        benefit="A free theme", benefit_url="https://shop.example/claim", not_covered="Translations",
    )  # fmt: skip
    for days in (10, 350, 370, 500):
        bought_at = now - timedelta(days=days)
        until = (bought_at + timedelta(days=365)).date()
        places = (f"{'sub.' * 20}example{days}.org", "b.example")
        purchase = shop.bought(cast.carl, theme, at=bought_at, until=until, reference=f"order-{days}", places=places)
    shop.refund(shop.bought(cast.carl, theme, at=now - timedelta(days=600), reference="order-600"), at=now)
    asked = make.ticket(cast.carl, at=now, subject="The checkout loses its cart")
    Ticket.objects.filter(pk=asked.pk).update(purchase=purchase)
    with change_ticket(asked, by=cast.ada, via=Via.STAFF, at=now) as change:
        change.reply(compose("Which browser is it?"), is_question=True)
    declined = make.ticket(cast.carl, at=now, subject="Please translate it")
    with change_ticket(declined, by=cast.ada, via=Via.STAFF, at=now) as change:
        change.decline("Translations", compose("Sorry, this is not ours to do."))
    return asked


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


@pytest.mark.usefixtures("stocked")
def test_s1_5_the_navigation_is_at_the_left_and_on_a_phone_on_top(
    carl: Callable[..., Page], cast: Cast, at: datetime
) -> None:
    configure(by=cast.otto, at=at, navigation="side")
    wide = carl("/tickets/")
    nav, main = box(wide, "nav.side"), box(wide, "main")
    assert nav["x"] == 0
    assert nav["x"] + nav["width"] <= main["x"]
    wide.get_by_role("navigation", name="Support").get_by_role("link", name="Licenses").click()
    expect(wide.get_by_role("heading", level=1)).to_have_text("Licenses")
    phone = carl("/tickets/", **PHONE)
    nav, main = box(phone, "nav.side"), box(phone, "main")
    assert (nav["width"], nav["y"] + nav["height"] <= main["y"]) == (390, True)


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize("navigation", ["top", "side"])
@pytest.mark.parametrize("path", ["/purchases/", "/licenses/", "/tickets/?tab=all", "/tickets/1001/", "/tickets/1002/"])
def test_everybody_can_read_it_and_a_phone_shows_it_whole(
    carl: Callable[..., Page], cast: Cast, at: datetime, path: str, navigation: str
) -> None:
    configure(by=cast.otto, at=at, navigation=navigation)
    back = "&" if "?" in path else "?"
    page = carl(f"{path}{back}return=https://shop.example/admin")
    expect(page.get_by_role("link", name="Back to shop.example")).to_be_visible()
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    assert serious(page, rules=COLORS) == []
    phone = carl(f"{path}{back}return=https://shop.example/admin", **PHONE)
    expect(phone.get_by_role("link", name="Back to shop.example")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert serious(phone) == []
    if folder := os.environ.get("PICTURES"):
        name = f"{folder}/{navigation}{path.replace('/', '_').partition('?')[0]}"
        page.screenshot(path=f"{name}dark.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.screenshot(path=f"{name}wide.png", full_page=True)
        phone.screenshot(path=f"{name}phone.png", full_page=True)


def test_s1_12_the_button_in_a_row_leads_into_the_reply_box_below_the_conversation(
    carl: Callable[..., Page], stocked: Ticket
) -> None:
    page = carl("/tickets/")
    page.get_by_role("link", name="Reply to #1001 The checkout loses its cart").click()
    expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    expect(page.locator(".message")).to_have_count(2)
    page.keyboard.type("Firefox.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".message")).to_have_count(3)
    expect(page.locator(".message .asks")).to_have_text("Question, answered")


@pytest.mark.usefixtures("stocked")
def test_the_key_is_copied_by_its_button(carl: Callable[..., Page]) -> None:
    page = carl("/licenses/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    key = License.objects.latest("purchase__bought_at").key
    page.get_by_role("button", name="Copy the key").first.click()
    expect(page.locator("#live")).to_have_text("Copied")
    eventually(page, lambda: page.evaluate("navigator.clipboard.readText()"), equals=key)


@pytest.mark.usefixtures("stocked")
def test_a_license_is_moved_without_any_script_by_keyboard(carl: Callable[..., Page]) -> None:
    page = carl("/licenses/", java_script_enabled=False)
    expect(page.get_by_role("button", name="Copy the key")).to_have_count(0)
    card = page.locator("article.license").first
    button = card.get_by_role("button", name="Remove b.example")
    expect(button).to_be_hidden()
    card.locator("summary", has_text="Remove").nth(1).press("Enter")
    button.press("Enter")
    expect(page.get_by_text("b.example is removed. The license is free for the next installation.")).to_be_visible()
    expect(page.locator("article.license").first.locator("summary")).to_have_count(0)


def test_s5_8_the_new_row_is_framed_after_opening(carl: Callable[..., Page], cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, after_opening="list")
    make.ticket(cast.carl, at=at, subject="Old")
    page = carl("/tickets/new/")
    page.get_by_label("Title").or_(page.get_by_label("Subject")).fill("New")
    page.locator("[name=text]").fill("It stands still.")
    page.get_by_role("button", name="Send the ticket").click()
    row = page.locator("tr", has_text="#1002")
    expect(row).to_have_css("outline-style", "solid")
    expect(page.locator("tr", has_text="#1001")).to_have_css("outline-style", "none")
