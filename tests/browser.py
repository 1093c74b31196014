"""Chromium for the tests that look and click: a browser for the run, a page a test, and a real SMTP sink."""

import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Sink:
    """An SMTP server that keeps what it is given."""

    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ANN401 - aiosmtpd's name
        """Keep the mail."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        """What was sent to this address, oldest first."""
        return [mail for mail in self.mails if address in str(mail["To"])]


def text_of(mail: EmailMessage) -> str:
    """The readable text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A running SMTP sink on loopback."""
    kept = Sink()
    controller = Controller(kept, hostname="127.0.0.1", port=0)
    controller.start()
    kept.port = controller.server.sockets[0].getsockname()[1]
    yield kept
    controller.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
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
