"""Chromium for the tests that look and click: one browser for the run, people with cookies of their own."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = "/usr/bin/chromium-headless-shell"  # Debian's Chromium without its windows: less than half the CPU
SILENCE = 'event: hello\ndata: {"at": "1:1:"}\n\n'


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright keeps a loop in this thread; Django takes it for a view
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """A maker of people at a browser of their own: separate cookies, and every request to elsewhere fails the test."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []

    def arrive(**options: Any) -> Page:  # noqa: ANN401 - Playwright's context options
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        if "live_server" in request.fixturenames:  # Django's own serves the pages alone
            hush(context)
        page = context.new_page()
        page.on("request", lambda request: _note_stranger(request.url, strangers))
        page.on("console", lambda message: message.type == "error" and strangers.append(_said(message)))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert strangers == []


def hush(context: BrowserContext) -> None:
    """Answer for the live stream that nothing has happened."""
    context.route("**/live/*", lambda route: route.fulfill(body=SILENCE, content_type="text/event-stream"))


def _said(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}"


def _note_stranger(url: str, strangers: list[str]) -> None:
    if not url.startswith(("http://localhost", "http://127.0.0.1", "data:", "about:", "blob:")):
        strangers.append(url)
