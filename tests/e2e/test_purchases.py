"""Products and purchases in Chromium: the lines of a field are counted as they are typed, and a long file goes in by itself."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deskhand.entitlements.models import Purchase
from deskhand.staff import purchases_csv
from tests import make
from tests.browser import let_in
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADER = "reference;product;email;name;bought_at"


@pytest.fixture
def otto(live_server: object, first_words: None, cast: Cast, person: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page as the administrator."""

    def opened(path: str, **options: object) -> Page:
        page = person(base_url=live_server.url, **options)  # type: ignore[attr-defined]  # pytest-django's fixture
        let_in(page.context, cast.otto, live_server.url)  # type: ignore[attr-defined]
        page.goto(path)
        return page

    return opened


def test_clauses_are_counted_as_they_are_typed(otto: Callable[..., Page]) -> None:
    page = otto("/desk/settings/products/new/")
    counted = page.locator('desk-lines[data-for="id_not_covered"]')
    expect(counted).to_have_text("0 clauses")
    page.locator("#id_not_covered").fill("Mentoring\n\n")
    expect(counted).to_have_text("1 clause")
    page.locator("#id_not_covered").fill("Mentoring\n\nHosting")
    expect(counted).to_have_text("2 clauses")


def test_a_long_file_is_chosen_looked_at_and_goes_in_by_itself(
    otto: Callable[..., Page], cast: Cast, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchases_csv, "SECONDS", 0.01)  # a batch or two each time
    make.product(at=at)
    file = tmp_path / "orders.csv"
    lines = [f"S-{number};theme;{cast.carl.email};Søren;2026-01-10" for number in range(70)]
    file.write_bytes("\n".join([HEADER, *lines]).encode("cp1252"))  # an old spreadsheet's
    page = otto("/desk/purchases/csv/")
    page.locator("#file").set_input_files(file)
    expect(page.locator("#id_text")).to_have_value("\n".join([HEADER, *lines]))
    page.get_by_role("button", name="See what would become of it").click()
    page.get_by_role("button", name="Bring in 70 purchases").click()
    expect(page.get_by_text("70 purchases were brought in.")).to_be_visible()
    assert Purchase.objects.count() == 70


def test_without_javascript_the_steps_are_pressed(
    otto: Callable[..., Page], cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchases_csv, "SECONDS", 0.0)
    make.product(at=at)
    page = otto("/desk/purchases/csv/", java_script_enabled=False)
    lines = [f"S-{number};theme;{cast.carl.email};;2026-01-10" for number in range(30)]
    page.locator("#id_text").fill("\n".join([HEADER, *lines]))
    page.get_by_role("button", name="See what would become of it").click()
    page.get_by_role("button", name="Bring in 30 purchases").click()
    expect(page.get_by_text("20 purchases are in so far")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("30 purchases were brought in.")).to_be_visible()
    assert Purchase.objects.count() == 30
