"""`make shots`: the pictures of docs/manual, taken from demo desks that are set up for them and thrown away afterwards.

They are taken with the same Chromium as the browser tests; a picture of more than 150 kB fails the run.
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import CHROMIUM, FLAGS
from tests.png import shrink
from tests.processes import Installation

FOLDER = Path(__file__).parents[1] / "docs" / "manual"
LARGEST = 150_000
PASSWORD = "correct-horse-battery"
ANSWER = (
    "Hello Nora,\n\nthe printer still prints for the wider paper. Choose **57 mm** in *Settings → Paper*, "
    "then switch it off and on again.\n\nAre the lines whole now?"
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


def set_up(camera: Camera, path: str, preset: str, *, picture: str = "") -> Page:
    """The set-up page as it is filled in, sent, and the demo awaited: the administrator."""
    page = camera.person()
    page.goto(path)
    page.get_by_role("radio", name=preset).check(force=True)
    page.get_by_label("Your name").fill("Robin Hale")
    page.get_by_label("Your e-mail").fill("robin@tally.example")
    for field in page.locator('input[type="password"]').all():
        field.fill(PASSWORD)
    page.get_by_label("Name of the desk").fill("Tally support")
    page.get_by_text("Teal").click()
    if picture:
        camera.take(page, picture, whole=True)
    page.get_by_role("button", name="Set up the desk").click()
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


def ask(customer: Page) -> None:
    """The form filled in as manual 3 says."""
    customer.goto("/tickets/new/")
    customer.get_by_label("Category").select_option(label="Technical problem")
    customer.get_by_label("Subject").fill("Receipts are cut off at the right")
    customer.get_by_role("textbox", name="Message").fill(
        "Since we changed the paper the last two characters of each line are missing.\n"
        "I cleaned the printer and restarted it. No error is shown."
    )
    customer.get_by_label("High").check(force=True)


def workspace(camera: Camera) -> None:
    """The agent's day: a conversation, in the dark too, and a note; on a phone."""
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


def classic(camera: Camera) -> None:
    """Manual 3 on the classic desk: the form, the answer, solved or not, the list."""
    customer, agent = camera.person("customer"), camera.person("agent")
    camera.take(customer, "portal")
    ask(customer)
    camera.take(customer, "classic-form", whole=True)
    customer.get_by_role("button", name="Submit Ticket").click()
    customer.locator("#ticket").wait_for()
    path = customer.url.removeprefix(camera.address)
    camera.take(customer, "classic-sent", whole=True)
    agent.goto(f"/desk{path}")
    agent.locator("#composer-text").fill(ANSWER)
    agent.get_by_label("Reply and set another status").click()
    agent.get_by_role("button", name="Resolved").last.click()
    agent.locator('.message[data-kind="agent"]').wait_for()
    customer.get_by_text("Did this solve it?").wait_for()
    customer.goto(path)
    camera.take(customer, "classic-solved", whole=True)
    customer.goto("/tickets/?tab=all")
    camera.take(customer, "classic-tickets")


def company(camera: Camera) -> None:
    """Manual 4 on the company desk: two things to do, a topic's own questions, the list that unfolds, the manager's."""
    customer, manager = camera.person("customer"), camera.person("manager")
    customer.goto("/")
    camera.take(customer, "company-home")
    customer.goto("/tickets/new/")
    customer.get_by_label("Help Topic").select_option(label="CRM Support")
    customer.get_by_label("Issue").wait_for()
    customer.get_by_label("Subject").fill("The report of March is empty")
    customer.get_by_role("textbox", name="Message").fill("It shows the heading and no rows. February is there.")
    customer.get_by_label("Brand").select_option(label="Main brand")
    customer.get_by_label("Issue").select_option(label="Report or export")
    camera.take(customer, "company-form", whole=True)
    customer.goto("/tickets/")
    customer.locator("[data-opens]").first.click()
    customer.locator("tr.unfolded .thread").wait_for()
    camera.take(customer, "company-ticket")
    manager.goto("/tickets/?tab=solved")
    camera.take(manager, "company-manager")


def shop(camera: Camera) -> None:
    """Manuals 1 and 2 on the shop's desk: what was bought, the form with what support covers, the list; what agents see."""
    customer, agent = camera.person("customer"), camera.person("agent")
    customer.goto("/purchases/")
    camera.take(customer, "shop-purchases")
    customer.goto("/tickets/new/")
    product = customer.locator("[name=purchase]")
    product.select_option(index=1)
    customer.locator(".covers").first.wait_for()
    customer.get_by_label("Title").fill("The menu is empty after the update")
    customer.get_by_role("textbox", name="Description").fill(
        "Since yesterday’s update the menu at the top is empty, on each page and in each browser.\n"
        "I expected the five entries from before. The console says: “menu.js: items is null”."
    )
    camera.take(customer, "shop-form", whole=True)
    customer.get_by_role("button", name="Create", exact=True).click()
    row = customer.locator("tr[data-row]").filter(has_text="The menu is empty after the update")
    row.wait_for()
    path = row.locator("td.subject a").get_attribute("href") or ""
    customer.goto("/tickets/?tab=all")
    camera.take(customer, "shop-tickets")
    agent.goto(f"/desk{path}")
    agent.locator("#customer-title").evaluate("title => title.scrollIntoView()")
    camera.take(agent, "shop-agent")


def agency(camera: Camera, admin: Page) -> None:
    """Manual 5 on the agency's desk: the dashboard, both steps, the list with the new ticket, a question and its asking."""
    customer, agent = camera.person("customer"), camera.person("agent")
    admin.goto("/desk/settings/portal/#id_return_addresses")
    admin.get_by_label("Sites to which a support link may lead back").fill("https://shop.example.com")
    admin.get_by_role("button", name="Save", exact=True).last.click()
    admin.get_by_text("Saved").first.wait_for()
    customer.goto("/?return=https%3A%2F%2Fshop.example.com%2Fadmin")
    camera.take(customer, "agency-home", whole=True)
    customer.goto("/tickets/new/")
    customer.get_by_role("radio", name=re.compile("^Support")).check()
    customer.locator("select:visible").select_option(label="Product sync")
    camera.take(customer, "agency-area")
    customer.get_by_role("button", name="Continue").click()
    customer.get_by_label("Summary").fill("Twelve products are missing in the shop")
    customer.get_by_role("textbox", name="Details").fill(
        "Since the sync of this night the red ones are gone.\nI expected 340 products, the list says 328."
    )
    camera.take(customer, "agency-form", whole=True)
    customer.get_by_role("button", name="Save", exact=True).click()
    row = customer.locator("tr[data-row]").filter(has_text="Twelve products are missing")
    row.wait_for()
    path = row.locator("td.subject a").get_attribute("href") or ""
    camera.take(customer, "agency-tickets")
    agent.goto(f"/desk{path}")
    agent.get_by_label("A question: the customer must answer").check()
    agent.locator("#composer-text").fill("Do the twelve have anything in common, such as the supplier?")
    camera.take(agent, "agency-ask")
    agent.locator("#composer").get_by_role("button", name=re.compile("^Reply to")).click()
    agent.locator('.message[data-kind="agent"]').first.wait_for()
    customer.goto(path)
    customer.locator('.message[data-question="open"]').wait_for()
    camera.take(customer, "agency-question", whole=True)


def settings(camera: Camera, admin: Page) -> None:
    """What an administrator sets: a setting that was found, the questions of a topic, and how a field is made."""
    admin.goto("/desk/settings/?q=attachments")
    camera.take(admin, "settings-search")
    admin.goto("/desk/settings/fields/")
    admin.get_by_role("link", name="Issue").first.click()
    admin.wait_for_load_state()
    camera.take(admin, "settings-field")


def mailroom(camera: Camera, admin: Page) -> None:
    """The mails that were written meanwhile."""
    admin.goto("/desk/mailroom/")
    admin.locator("tbody tr").first.wait_for()
    camera.take(admin, "mailroom")


@contextmanager
def desk() -> Iterator[tuple[str, str]]:
    """A desk in a folder of its own: where it is, and where its set-up page is."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "data", "")
        try:
            served = installation.serve(MAIL_WINDOW_S="0")
            yield f"http://localhost:{served.port}", served.setup_path()
        finally:
            for process in installation.processes:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()


def of_classic(camera: Camera, path: str) -> None:
    """All pictures of a classic desk."""
    admin = set_up(camera, path, "Classic help desk", picture="set-up")
    workspace(camera)
    classic(camera)
    mailroom(camera, admin)


def of_company(camera: Camera, path: str) -> None:
    """All pictures of a company desk."""
    admin = set_up(camera, path, "Company desk")
    company(camera)
    settings(camera, admin)


def of_shop(camera: Camera, path: str) -> None:
    """All pictures of a shop's desk."""
    set_up(camera, path, "Product shop")
    shop(camera)


def of_agency(camera: Camera, path: str) -> None:
    """All pictures of an agency's desk."""
    agency(camera, set_up(camera, path, "Agency desk"))


def main() -> int:
    """Set the desks up one after the other, take their pictures, end them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures: tuple[Callable[[Camera, str], None], ...] = (of_classic, of_company, of_shop, of_agency)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for take in pictures:
            with desk() as (address, path):
                take(Camera(browser, address), path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
