"""An agent changes topic and fields beside a ticket: what is typed stays, and the focus is where one goes on."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from deskhand.tickets.catalog import save_field, save_topic
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.browser import let_in, serious
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATH = "/desk/tickets/1001/?view=open"


@pytest.fixture
def page(
    first_words: None, live_server: object, cast: Cast, at: datetime, person: Callable[..., Page]
) -> Callable[..., Page]:
    """Opens Carl's ticket for ada; the topic CRM asks for an issue, every topic for a brand."""
    topic = save_topic(by=cast.otto, at=at, name="CRM")
    save_field(by=cast.otto, at=at, label="Brand", is_global=True)
    save_field(by=cast.otto, at=at, label="Issue", topics=[topic], staff=Access.REQUIRED)
    make.ticket(cast.carl, at=at)

    def opened(**options: object) -> Page:
        page = person(base_url=live_server.url, **options)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(page.context, cast.ada, live_server.url)  # type: ignore[attr-defined]
        page.goto(PATH)
        return page

    return opened


def test_s4_7_another_topic_swaps_the_fields_and_nothing_typed_is_lost(page: Callable[..., Page]) -> None:
    ada = page()
    card = ada.locator("#fields")
    ada.keyboard.press("f")
    expect(card.get_by_label("Brand")).to_be_visible()
    expect(card.get_by_label("Topic")).to_be_focused()
    card.get_by_label("Brand").fill("Nordlys")
    card.get_by_label("Topic").select_option(label="CRM")
    expect(card.get_by_label("Issue")).to_be_visible()
    expect(card.get_by_label("Brand")).to_have_value("Nordlys")
    ada.locator("summary", has_text="Medium").click()
    ada.locator("button[name=priority]", has_text="High").click()
    expect(ada.locator("summary", has_text="High")).to_be_visible()
    expect(card.get_by_label("Brand")).to_have_value("Nordlys")  # another change leaves the form as it is
    card.get_by_label("Issue").fill("Contacts")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("dl")).to_contain_text("Contacts")
    expect(card.get_by_role("link", name="Change")).to_be_focused()
    ticket = Ticket.objects.select_related("topic", "priority").get()
    assert (ticket.topic.name, ticket.priority.slug) == ("CRM", "high")
    assert ticket.fields == {"brand": "Nordlys", "issue": "Contacts"}


def test_without_scripts_a_button_brings_the_fields(page: Callable[..., Page]) -> None:
    ada = page(java_script_enabled=False)
    card = ada.locator("#fields")
    card.get_by_role("link", name="Change").click()
    card.get_by_label("Topic").select_option(label="CRM")
    card.get_by_role("button", name="Show the fields of this topic").click()
    card.get_by_label("Issue").fill("Contacts")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("dl")).to_contain_text("Contacts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_form(page: Callable[..., Page], scheme: str) -> None:
    ada = page(color_scheme=scheme)
    ada.keyboard.press("f")
    expect(ada.locator("#fields form")).to_be_visible()
    assert serious(ada) == []
