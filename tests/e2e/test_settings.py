"""The settings in Chromium: previews that follow the typing, buttons that work without scripts, undo, the highlighted setting."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deskhand.desk.models import Desk
from tests.browser import eventually, let_in
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def otto(live_server: object, first_words: None, cast: Cast, person: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page of the settings as the administrator."""

    def opened(path: str, **options: object) -> Page:
        page = person(base_url=live_server.url, **options)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(page.context, cast.otto, live_server.url)  # type: ignore[attr-defined]
        page.goto(path)
        return page

    return opened


def test_the_preview_follows_the_typing_and_nothing_is_saved(otto: Callable[..., Page]) -> None:
    page = otto("/desk/settings/portal/")
    version = Desk.objects.get().version
    page.locator("#id_announcement").fill("We rest on Sunday.")
    expect(page.locator("#preview .notice")).to_have_text("We rest on Sunday.")
    page.get_by_role("checkbox", name="Search in my tickets").uncheck()
    expect(page.locator("#preview .preview-line")).to_have_count(0)
    page.locator("#id_label_my_tickets").fill("My requests")
    expect(page.locator("#preview .preview-nav")).to_contain_text("My requests")

    assert Desk.objects.get().version == version


def test_enter_saves_and_undo_takes_it_back(otto: Callable[..., Page]) -> None:
    """The first button of the form is what Enter presses: it must not move a block."""
    page = otto("/desk/settings/portal/")
    page.locator("#id_label_topic").fill("Category")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved, and in effect everywhere.")).to_be_visible()
    assert (Desk.objects.get().labels, Desk.objects.get().home) == ({"topic": "Category"}, [])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is again as it was.")).to_be_visible()
    assert Desk.objects.get().labels == {}


def test_a_block_is_moved_and_saved_without_javascript(otto: Callable[..., Page]) -> None:
    page = otto("/desk/settings/portal/", java_script_enabled=False)
    page.get_by_role("button", name="Move “Search in my tickets” up").click()
    expect(page).to_have_url(re.compile("#id_home$"))
    boxes = page.locator("#id_home input[type=checkbox]")
    moved = ["announcement", "search", "tiles", "recent", "guide"]
    eventually(page, lambda: boxes.evaluate_all("boxes => boxes.map(box => box.value)"), equals=moved)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Saved, and in effect everywhere.")).to_be_visible()
    assert Desk.objects.get().home == moved


def test_the_list_is_previewed_as_it_is_chosen(otto: Callable[..., Page]) -> None:
    page = otto("/desk/settings/lists/")
    page.get_by_role("checkbox", name="Ticket ID").uncheck()
    page.locator("#id_tab_open").fill("Opened")
    expect(page.locator("#preview [data-current]")).to_have_text("Opened")
    expect(page.locator("#preview th").nth(1)).to_have_text("Priority")


def test_a_found_setting_is_where_the_search_leads_and_stands_out(otto: Callable[..., Page]) -> None:
    page = otto("/desk/settings/policies/")
    page.get_by_label("Search settings").fill("inactivity")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Close resolved tickets").click()
    page.wait_for_url("**/desk/settings/policies/#id_auto_close_days")
    outline = "element => getComputedStyle(element.closest('.field')).outlineStyle"
    eventually(page, lambda: page.locator("#id_auto_close_days").evaluate(outline), equals="solid")
    assert page.locator("#id_reopen_days").evaluate(outline) == "none"
