"""A connection that breaks while somebody writes: the words stay, the page says so, and the same button sends them later."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Route, expect

from deskhand.tickets.models.message import Message
from tests import make
from tests.browser import let_in, new_context
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = re.compile(r"/tickets/")
WORDS = "No connection. What you typed is still here; try again."


@pytest.mark.parametrize(
    ("who", "path", "button"),
    [("carl", "/tickets/1001/", "Send reply"), ("ada", "/desk/tickets/1001/", "Reply to Carl,")],
)
def test_a_text_that_did_not_get_through_can_be_sent_again(
    chromium: Browser,
    live_server: object,
    first_words: None,
    cast: Cast,
    at: datetime,
    who: str,
    path: str,
    button: str,
) -> None:
    make.ticket(cast.carl, at=at)
    url = live_server.url  # type: ignore[attr-defined]  # pytest-django's fixture
    context = new_context(chromium, base_url=url)
    let_in(context, getattr(cast, who), url)
    page = context.new_page()
    page.goto(path)
    text, send, notice = page.locator("textarea").first, page.get_by_role("button", name=button), page.locator(".toast")

    def broken(route: Route) -> None:
        route.abort("internetdisconnected")

    context.route(PAGES, broken)
    text.fill("Written in a tunnel")
    with page.expect_event("requestfailed"):
        send.click()
    expect(notice).to_have_text(WORDS)
    expect(page.locator("#live")).to_have_text(WORDS)
    expect(text).to_have_value("Written in a tunnel")
    with page.expect_event("requestfailed"):  # or the line is back before this one has tried it
        send.click()
    expect(notice).to_have_count(1)
    context.unroute(PAGES, broken)
    send.click()

    expect(page.locator(".thread").get_by_text("Written in a tunnel")).to_have_count(1)
    expect(page.get_by_text(WORDS)).to_have_count(0)
    expect(text).to_have_value("")
    assert Message.objects.filter(text="Written in a tunnel").count() == 1
    context.close()
