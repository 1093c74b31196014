"""`make shots`: the pictures of docs/manual, taken from a demo desk that is set up for them and thrown away afterwards.

They are taken with the same Chromium as the browser tests; a picture of more than 150 kB fails the run.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import FLAGS
from tests.png import shrink
from tests.processes import Installation

FOLDER = Path(__file__).parents[1] / "docs" / "manual"
LARGEST = 150_000
PASSWORD = "correct-horse-battery"
ANSWER = (
    "Hello Nora,\n\nyes, it can: the Tally Mini takes rolls of 57 mm. Put the spacer from the box in first, "
    "then choose **57 mm** in *Settings → Paper*.\n\nIs the spacer still there?"
)


class Camera:
    """One browser, a desk, and people who look at it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address

    def person(self, role: str = "", *, dark: bool = False, phone: bool = False) -> Page:
        """Somebody at a screen of their own; with a role, signed in by the demo's one click."""
        context = self.browser.new_context(
            base_url=self.address, viewport={"width": 390, "height": 760} if phone else {"width": 1360, "height": 820},
            color_scheme="dark" if dark else "light", is_mobile=phone, has_touch=phone,
        )  # fmt: skip
        page = context.new_page()
        if role:
            page.goto("/sign-in/")
            page.locator(f'form[action="/demo/sign-in/{role}/"] button').click()
            page.wait_for_load_state()
        return page

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Keep what this person sees (or the whole page), without a cursor and without what moves."""
        page.locator(".toasts > *").evaluate_all("toasts => toasts.forEach(toast => toast.remove())")
        path = FOLDER / f"{name}.png"
        path.write_bytes(shrink(page.screenshot(full_page=whole, animations="disabled", caret="hide")))
        size = path.stat().st_size
        assert size <= LARGEST, f"{path} has {size} bytes"
        sys.stdout.write(f"{path.name}: {size // 1000} kB\n")


def set_up(camera: Camera, path: str) -> Page:
    """The set-up page as it is filled in, sent, and the demo awaited: the administrator."""
    page = camera.person()
    page.goto(path)
    page.get_by_label("Your name").fill("Robin Hale")
    page.get_by_label("Your e-mail").fill("robin@tally.example")
    for field in page.locator('input[type="password"]').all():
        field.fill(PASSWORD)
    page.get_by_label("Name of the desk").fill("Tally support")
    page.get_by_text("Teal").click()
    camera.take(page, "set-up", whole=True)
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url("**/desk/**", timeout=120_000)
    return page


def a_conversation(page: Page) -> str:
    """The path of an open ticket in which customer, agent and an internal note have spoken."""
    page.goto("/desk/tickets/?view=open")
    links = [link.get_attribute("href") or "" for link in page.locator("#rows a.subject").all()]
    for path in links:
        page.goto(path)
        if page.locator('.message[data-kind="note"]').count() and page.locator(".message").count() in {3, 4}:
            return path
    raise LookupError("no open ticket with a note in the demo")


def workspace(camera: Camera) -> None:
    """The agent's day: a conversation, in the dark too, a note, and an answer."""
    agent = camera.person("agent")
    path = a_conversation(agent)
    camera.take(agent, "workspace")
    dark = camera.person("agent", dark=True)
    dark.goto(path)
    camera.take(dark, "workspace-dark")
    agent.get_by_text("Internal note").first.click()
    agent.locator("#composer-text").fill("Call back before noon, please: they open at six and close early.")
    camera.take(agent, "note")
    phone = camera.person("agent", phone=True)
    phone.goto("/desk/")
    camera.take(phone, "phone-list")
    phone.goto(path)
    camera.take(phone, "phone-ticket")
    agent.goto("/desk/tickets/1200/")
    agent.locator("#composer-text").fill(ANSWER)
    agent.get_by_role("button", name="Reply to Nora").click()
    agent.locator('.message[data-kind="agent"]').wait_for()


def portal(camera: Camera) -> None:
    """What the customer sees of it."""
    customer = camera.person("customer")
    camera.take(customer, "portal")
    customer.goto("/tickets/1200/")
    customer.get_by_text("the Tally Mini takes rolls").wait_for()
    camera.take(customer, "portal-ticket", whole=True)


def mailroom(camera: Camera, admin: Page) -> None:
    """The mails that were written meanwhile."""
    admin.goto("/desk/mailroom/")
    admin.locator("tbody tr").first.wait_for()
    camera.take(admin, "mailroom")


def shoot(serve: Callable[[], tuple[str, str]]) -> None:
    """All pictures of one desk; `serve` starts it and says where it is and where its set-up page is."""
    address, path = serve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        camera = Camera(browser, address)
        admin = set_up(camera, path)
        workspace(camera)
        portal(camera)
        mailroom(camera, admin)
        browser.close()


def main() -> int:
    """Set a desk up in a folder of its own, take the pictures, end it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        desk = Installation(Path(folder) / "data", "")

        def serve() -> tuple[str, str]:
            served = desk.serve(MAIL_WINDOW_S="0")
            return f"http://localhost:{served.port}", served.setup_path()

        try:
            shoot(serve)
        finally:
            for process in desk.processes:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
