"""Chromium for the tests that look and click: one browser for the run, people with cookies of their own.

A click returns before the next page is there, and a swap ends after its words are: so a test never reads once. It says what it
expects with Playwright's `expect`, or with `eventually` where that has no word for it.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

if TYPE_CHECKING:  # the pictures and the measurements take the browser from here, and have no Django
    from deskhand.accounts.models import User

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = "/usr/bin/chromium-headless-shell"  # Debian's Chromium without its windows: less than half the CPU
PATIENCE_S: Final = 20.0  # nothing takes that long; a busy machine may
SCREEN: Final = ViewportSize(width=1280, height=900)
SILENT = """window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  readyState = 1;
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new MessageEvent("hello", { data: '{"at": "1:1:"}' })));
  }
  close() { this.readyState = 2; }
};"""
# What depends on colors alone: in the dark nothing else can differ from the same page in the light.
COLORS: Final = ("color-contrast", "link-in-text-block")
Seen = TypeVar("Seen")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright keeps a loop in this thread; Django takes it for a view
    )
    expect.set_options(timeout=PATIENCE_S * 1000)
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
        context = new_context(chromium, is_silent="live_server" in request.fixturenames, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: _note_stranger(request.url, strangers))
        page.on("console", lambda message: message.type == "error" and strangers.append(_said(message)))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert strangers == []


def new_context(chromium: Browser, *, is_silent: bool = True, **options: Any) -> BrowserContext:  # noqa: ANN401 - Playwright's
    """A browser with cookies of its own, in which nothing glides or fades. Silent: the live stream is up and says nothing.

    Django's own server has no stream. Its pages would ask for one in vain, and say after five seconds that the line is away:
    over what a slow test was about to read.
    """
    context = chromium.new_context(**{"viewport": SCREEN, "reduced_motion": "reduce", **options})
    context.set_default_timeout(PATIENCE_S * 1000)
    context.set_default_navigation_timeout(2 * PATIENCE_S * 1000)
    if is_silent:
        context.add_init_script(SILENT)
    return context


def let_in(context: BrowserContext, user: "User", url: str) -> None:
    """Sign this person in where signing in is not what the test is about."""
    client, name = Client(), settings.SESSION_COOKIE_NAME
    client.force_login(user)
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def eventually(page: Page, read: Callable[[], Seen], *, equals: Seen) -> None:
    """Wait until `read` gives this: for what is evaluated in the page, noted by a listener, or kept in the database.

    A page that is just being left cannot be read; that counts as not yet.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (found := _read(read)) != equals and time.monotonic() < deadline:
        page.wait_for_timeout(50)  # not a sleep: Playwright calls its listeners meanwhile
    assert found == equals


def _read(read: Callable[[], Seen]) -> Seen | str:
    try:
        return read()
    except Error as error:
        return str(error)


def violations(page: Page, *, rules: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What axe finds on this page as it is now, by all of its rules or by these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(options).then(({ violations }) => violations)", options
    )
    return found


def serious(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds that keeps people out."""
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in violations(page, rules=rules)
        if violation["impact"] in {"serious", "critical"}
    ]


def _said(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}"


def _note_stranger(url: str, strangers: list[str]) -> None:
    if not url.startswith(("http://localhost", "http://127.0.0.1", "data:", "about:", "blob:")):
        strangers.append(url)
