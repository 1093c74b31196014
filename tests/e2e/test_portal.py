"""What scripts add to the portal: questions that come and go with the topic, and tickets that open below their row."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, Route, expect

from deskhand.desk.changes import configure
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.browser import eventually, let_in
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEARD = "detail => document.dispatchEvent(new CustomEvent('live', { detail }))"


@pytest.fixture
def carl(live_server: object, first_words: None, cast: Cast, person: Callable[..., Page]) -> Callable[[str], Page]:
    """Carl, signed in, at a page."""

    def at(path: str) -> Page:
        tab = person(base_url=live_server.url)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(tab.context, cast.carl, live_server.url)  # type: ignore[attr-defined]
        tab.goto(path)
        return tab

    return at


def test_s4_7_another_topic_swaps_the_questions_and_keeps_what_was_typed(
    first_words: None, cast: Cast, carl: Callable[[str], Page]
) -> None:
    crm = Topic.objects.create(name="CRM support")
    brand = Field.objects.create(slug="brand", label="Brand", customers=Access.REQUIRED, is_global=True)
    issue = Field.objects.create(
        slug="issue", label="Issue", kind="choice", options=["Import", "Login"], customers=Access.REQUIRED,
    )  # fmt: skip
    file = Field.objects.create(
        slug="file", label="File", customers=Access.REQUIRED, shown_if=issue, shown_value="Import"
    )
    for field in (issue, file):
        field.topics.add(crm)
    page = carl("/tickets/new/")
    page.get_by_label("Subject").fill("Rows are missing")
    page.locator("[name=text]").fill("Since noon.")
    page.get_by_label(brand.label).fill("North")
    page.get_by_label("Topic").select_option("CRM support")
    page.get_by_label("Issue").select_option("Login")
    expect(page.locator("[name=field_file]")).to_be_hidden()
    page.get_by_label("Issue").select_option("Import")
    page.locator("[name=field_file]").fill("list.csv")
    page.get_by_label("Issue").select_option("Login")
    page.get_by_role("button", name="Send the ticket").click()
    page.wait_for_url("**/tickets/1001/")
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.topic, ticket.fields) == (
        "Rows are missing", crm, {"brand": "North", "issue": "Login"},
    )  # fmt: skip


def test_s4_14_s4_15_a_ticket_opens_below_its_row_with_its_timeline_and_takes_a_reply(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    configure(by=cast.otto, at=at, expands_in_place=True)
    make.reply(make.ticket(cast.carl, at=at, subject="First"), cast.ada, at=make.later(at))
    make.ticket(cast.carl, at=make.later(at, 2), subject="Second")
    page = carl("/tickets/")
    first, second = (page.get_by_role("link", name=name) for name in ("First", "Second"))
    expect(first).to_have_attribute("aria-expanded", "false")
    first.focus()
    page.keyboard.press("Enter")
    beneath = page.locator("#row-1001 + tr.unfolded")
    expect(beneath.locator(".message")).to_have_count(2)
    expect(beneath.locator(".event")).to_contain_text("changed the status")
    expect(first).to_have_attribute("aria-expanded", "true")
    beneath.locator("textarea").fill("Water helped.")
    beneath.get_by_role("button", name="Send reply").click()
    expect(beneath.locator(".message")).to_have_count(3)
    expect(page).to_have_url(re.compile("/tickets/$"))
    second.click()
    expect(page.locator("#row-1002 + tr.unfolded .message")).to_have_count(1)
    expect(first).to_have_attribute("aria-expanded", "false")
    second.click()
    expect(page.locator("tr.unfolded")).to_have_count(0)
    with page.context.expect_page() as opened:
        second.click(modifiers=["Control"])
    expect(opened.value).to_have_url(re.compile("/tickets/1002/$"))


def test_a_ticket_that_is_open_stays_with_its_row_when_the_list_changes_around_it(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    configure(by=cast.otto, at=at, expands_in_place=True)
    ticket = make.ticket(cast.carl, at=at, subject="First")
    make.ticket(cast.carl, at=make.later(at, 2), subject="Second")
    page = carl("/tickets/")
    page.get_by_role("link", name="First").click()
    beneath = page.locator("tr.unfolded")
    beneath.locator("textarea").fill("half a sen")
    page.locator("h1").first.click()
    page.mouse.move(2, 2)
    make.reply(ticket, cast.ada, at=make.later(at, 3))
    page.evaluate(HEARD, {"kind": "ticket", "n": 1001, "k": ["ticket.replied"], "by": cast.ada.pk})
    expect(beneath.locator(".message")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_have_id("row-1001")
    expect(page.locator("#row-1001 + tr.unfolded textarea")).to_have_value("half a sen")
    expect(page.locator("#row-1001 a")).to_have_attribute("aria-expanded", "true")


def test_a_subject_opens_its_page_while_another_list_is_on_its_way(
    first_words: None, cast: Cast, at: datetime, carl: Callable[[str], Page]
) -> None:
    configure(by=cast.otto, at=at, expands_in_place=True)
    make.ticket(cast.carl, at=at, subject="First")
    page = carl("/tickets/")
    held: list[Route] = []
    page.route("**/tickets/?tab=all", lambda route: held.append(route))
    page.get_by_role("link", name="All", exact=False).first.click()
    page.get_by_role("link", name="First").click()
    expect(page).to_have_url(re.compile(r"/tickets/1001/$"))
    eventually(page, lambda: len(held), equals=1)
