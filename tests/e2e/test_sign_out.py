"""What is left in a browser when somebody has signed out (F07)."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from deskhand.accounts.models import User
from tests import make
from tests.browser import eventually
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TYPED = "zugzwang draft"
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


def test_F07_logout_leaves_nothing(
    live_server: object, first_words: None, cast: Cast, at: datetime, person: Callable[..., Page]
) -> None:
    make.ticket(cast.carl, at=at, subject="The printer is on fire")
    url = live_server.url  # type: ignore[attr-defined]  # pytest-django's fixture
    for user, page in ((cast.ada, "/desk/tickets/1001/"), (cast.carl, "/tickets/1001/")):
        _type_and_leave(person(base_url=url), user, page)


def _type_and_leave(tab: Page, user: User, page: str) -> None:
    tab.goto(f"/sign-in/?next={page}")
    tab.get_by_label("E-mail or username").fill(user.email)
    tab.locator("input[type=password]").first.fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url(f"**{page}")
    tab.locator("textarea[name=text]").first.fill(TYPED)
    eventually(tab, lambda: TYPED in tab.evaluate(STORED), equals=True)
    with tab.expect_navigation(url="**/sign-in/**"):
        tab.evaluate("document.querySelector('form[action=\"/sign-out/\"]').requestSubmit()")
    assert [word for word in (TYPED, "draft:", page) if word in tab.evaluate(STORED)] == []
    tab.go_back()
    expect(tab).to_have_url(re.compile("/sign-in/"))
    expect(tab.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert [word for word in ("on fire", TYPED) if word in tab.content()] == []
