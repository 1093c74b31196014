"""What scripts add to opening a ticket: the counter, the purchase's own questions, and a text that survives going back."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from deskhand.desk.changes import configure
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.browser import eventually
from tests.cast import PASSWORD, Cast
from tests.portal import shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def carl(live_server: object, first_words: None, cast: Cast, person: Callable[..., Page]) -> Callable[[str], Page]:
    """Carl, signed in, at a page."""

    def at(path: str) -> Page:
        tab = person(base_url=live_server.url)  # type: ignore[attr-defined]  # pytest-django's fixture
        tab.goto(f"/sign-in/?next={path}")
        tab.get_by_label("E-mail or username").fill(cast.carl.email)
        tab.locator("input[type=password]").first.fill(PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        tab.wait_for_url(f"**{path}")
        return tab

    return at


def test_s1_8_the_counter_counts_down_and_offers_to_continue_in_a_reply(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    configure(by=cast.otto, at=at, longest_message=1000, short_message=50)
    page = carl("/tickets/new/")
    text, counter = page.locator("[name=text]"), page.locator("desk-counter")
    both = page.get_by_role("button", name="Send the first part, continue in a reply")
    expect(counter).to_have_text("1,000 characters left")
    expect(page.get_by_text("For example")).to_be_visible()
    text.fill("\N{PARTY POPPER}" * 60)
    expect(counter).to_have_text("940 characters left")
    expect(page.get_by_text("For example")).to_be_hidden()
    text.fill("a" * 999)
    expect(counter).to_have_text("1 character left")
    expect(counter).to_have_attribute("data-state", "low")
    expect(page.locator("#live")).to_have_text("1 character left")
    text.fill("a" * 1000 + "\n\n")
    expect(counter).to_have_text("0 characters left")
    expect(both).to_be_hidden()
    text.fill("word " * 250)
    expect(counter).to_have_text("250 characters too many")
    expect(both).to_be_visible()
    page.get_by_label("Subject").fill("A long story")
    both.click()
    page.wait_for_url("**/tickets/1001/")
    eventually(page, lambda: Message.objects.filter(ticket__number=1001).count(), equals=2)
    page.goto("/tickets/new/")
    expect(page.locator("[name=text]")).to_have_value("")


def test_s1_7_the_reply_box_counts_too(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    make.ticket(cast.carl, at=at)
    configure(by=cast.otto, at=at, longest_message=100)
    page = carl("/tickets/1001/")
    page.locator("#writing textarea").fill("word " * 30)
    expect(page.locator("#writing desk-counter")).to_have_text("50 characters too many")
    page.get_by_role("button", name="Send the first part, continue in a reply").click()
    expect(page.locator(".message")).to_have_count(3)
    expect(page.locator("#writing textarea")).to_have_value("")


def test_s2_15_another_purchase_asks_where_it_happens_and_keeps_words_and_focus(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    shop.topic()
    theme = shop.product(at=at, support_days=None, covered="A bug", not_covered="Translation")
    shop.bought(cast.carl, shop.product("Hosting", at=at, support_days=None, covered="Outages"), at=at)
    shop.bought(cast.carl, theme, at=at, places=("a.example", "b.example"))
    page = carl("/tickets/new/")
    page.get_by_label("Subject").fill("Kept")
    page.locator("[name=text]").fill("Kept, too")
    choice = page.locator("[name=purchase]")
    choice.focus()
    choice.select_option(label="Harbor theme, supported without end, a.example and 1 more")
    where = page.locator("[name=installation]")
    expect(where).to_be_visible()
    expect(page.locator("[name=purchase]")).to_be_focused()
    expect(page.locator(".covers")).to_have_count(1)
    expect(page.locator(".covers")).to_contain_text("Translation")
    page.locator("[name=purchase]").select_option(label="Hosting, supported without end")
    expect(where).to_have_count(0)
    page.locator("[name=purchase]").select_option(label="Harbor theme, supported without end, a.example and 1 more")
    where.select_option("b.example")
    expect(page.get_by_label("Subject")).to_have_value("Kept")
    page.get_by_role("button", name="Send the ticket").click()
    page.wait_for_url("**/tickets/1001/")
    ticket = Ticket.objects.get()
    assert (ticket.purchase, ticket.installation) == (
        theme.purchases.get(), theme.purchases.get().licenses.get().bound.get(domain="b.example"),
    )  # fmt: skip


def test_s5_7_going_back_to_the_first_step_and_on_again_keeps_what_was_typed(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    configure(by=cast.otto, at=at, opens_in_steps=True)
    support = Topic.objects.get(is_default=True)
    make.topic("Bug", parent=support)
    sync = make.topic("Product sync", parent=make.topic("Shop", position=5))
    page = carl("/tickets/new/")
    area, kind = page.get_by_role("radio", name="Shop"), page.locator("select:visible")
    expect(kind).to_have_count(1)
    area.check()
    expect(kind).to_have_attribute("name", re.compile(f"type_{sync.parent_id}"))
    kind.select_option("Product sync")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**/tickets/new/?topic={sync.pk}")
    page.get_by_label("Subject").fill("Kept")
    page.locator("[name=text]").fill("Kept, too")
    page.go_back()
    area.check()
    kind.select_option("Product sync")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Subject")).to_have_value("Kept")
    expect(page.locator("[name=text]")).to_have_value("Kept, too")
    page.get_by_role("button", name="Change").click()
    expect(kind).to_have_value(str(sync.pk))
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("[name=text]")).to_have_value("Kept, too")
    page.get_by_role("button", name="Send the ticket").click()
    page.wait_for_url("**/tickets/1001/")
    page.goto(f"/tickets/new/?topic={sync.pk}")
    expect(page.get_by_label("Subject")).to_have_value("")
