"""The form builder in Chromium: the customer's form grows while the administrator writes."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from deskhand.tickets.catalog import save_field, save_topic
from deskhand.tickets.models.field import Field
from tests.browser import eventually, let_in
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def builder(
    live_server: object, first_words: None, cast: Cast, at: datetime, person: Callable[..., Page]
) -> Callable[..., Page]:
    """Otto at a new field, on a desk where CRM Support asks for an issue and, of an import, for its rows."""
    crm = save_topic(by=None, at=at, name="CRM Support")
    issue = save_field(by=None, at=at, label="Issue", kind="choice", options=["Import", "Export"], topics=[crm])
    save_field(by=None, at=at, label="Rows", kind="number", topics=[crm], shown_if=issue, shown_value="Import")

    def opened(**options: object) -> Page:
        page = person(base_url=live_server.url, **options)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(page.context, cast.otto, live_server.url)  # type: ignore[attr-defined]
        page.goto("/desk/settings/fields/new/")
        return page

    return opened


def test_s4_7_the_preview_follows_what_is_written(builder: Callable[..., Page]) -> None:
    page = builder()
    preview = page.locator("#preview")
    expect(page.locator("#id_options")).to_be_hidden()
    page.get_by_role("textbox", name="Question").fill("Which versions?")
    page.get_by_label("Kind of answer").select_option("several")
    page.locator("#id_options").fill("One\nTwo")
    expect(preview.get_by_label("Two")).to_be_visible()
    page.get_by_text("In some topics").click()
    page.locator("#id_topics").get_by_text("CRM Support").click()

    def choose() -> bool:
        preview.get_by_label("Issue").select_option("Import")
        return preview.get_by_label("Rows").is_visible()

    eventually(page, choose, equals=True)  # again, if the preview of the last letters came in between
    preview.get_by_label("Issue").press("Enter")  # the preview sends nothing
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/fields/#field-*")
    made = Field.objects.get(label="Which versions?")

    assert (made.kind, made.options, [topic.name for topic in made.topics.all()]) == (
        "several",
        ["One", "Two"],
        ["CRM Support"],
    )


def test_a_button_previews_without_javascript(builder: Callable[..., Page]) -> None:
    page = builder(java_script_enabled=False)
    page.get_by_role("textbox", name="Question").fill("Which version?")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview").get_by_label("Which version?")).to_be_visible()
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Which version?")
    assert Field.objects.count() == 2
