"""Chromium for the tests that look and click: one browser for the run, people with cookies of their own."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright keeps a loop in this thread; Django takes it for a view
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A maker of people at a browser of their own: separate cookies, and every request to elsewhere fails the test."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []

    def arrive(**options: Any) -> Page:  # noqa: ANN401 - Playwright's context options
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: _note_stranger(request.url, strangers))
        page.on("console", lambda message: message.type == "error" and strangers.append(message.text))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert strangers == []


def _note_stranger(url: str, strangers: list[str]) -> None:
    if not url.startswith(("http://localhost", "http://127.0.0.1", "data:", "about:", "blob:")):
        strangers.append(url)
