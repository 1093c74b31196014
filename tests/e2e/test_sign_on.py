"""A signed link in Chromium: from another site, through the page that asks, to the form, and what the browser tells."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from deskhand.accounts.models import User
from tests.accounts.tokens import product, token
from tests.browser import serious
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_s5_3_from_the_product_to_the_form(
    live_server: object, first_words: None, cast: Cast, person: Callable[..., Page], *, scripts: bool
) -> None:
    """The press is a form of this desk's own, whatever the page says of its address; and its address is said to nobody."""
    url = live_server.url  # type: ignore[attr-defined]  # pytest-django's fixture
    now = timezone.now()
    given = token(product(at=now), at=now, aud=settings.PUBLIC_URL)
    page = person(base_url=url, java_script_enabled=scripts)
    referers: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path != "/favicon.ico":
            referers.append(request.all_headers().get("referer", ""))

    page.on("request", note)
    page.goto(f"/sso/?{urlencode({'token': given, 'next': '/tickets/new/'})}")
    expect(page.get_by_role("heading", name="Continue as Nora Berg?")).to_be_visible()
    if scripts:
        assert serious(page) == []
    assert User.objects.get_queryset().filter(email="nora@x.example").count() == 0
    page.get_by_role("button", name="Continue as Nora Berg").click()
    expect(page).to_have_url(f"{url}/tickets/new/")
    assert [referer for referer in referers if "token" in referer or given in referer] == []
