"""What the browser stories have in common: setting up, letting people in, waiting for a mail."""

import re
import time
from email.message import EmailMessage
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.mail.sink import Sink, text_of
from tests.processes import PATIENCE_S, Served

PASSWORD: Final = "correct horse battery staple"
HANDED: Final = "handed over at noon"


def set_up(admin: Page, served: Served, preset: str) -> None:
    """The set-up page, from the link that the terminal shows: a desk of this kind, empty."""
    admin.goto(served.setup_path())
    admin.get_by_label(re.compile(f"^{preset}")).check(force=True)
    admin.get_by_label("Your name").fill("Otto Admin")
    admin.get_by_label("Your e-mail").fill("otto@desk.example")
    admin.locator("input[type=password]").first.fill(PASSWORD)
    admin.get_by_label("Password, once more").fill(PASSWORD)
    admin.get_by_label("Name of the desk").fill("Nordlys support")
    admin.get_by_label("Start empty").check()
    admin.get_by_role("button", name="Set up the desk").click()
    admin.wait_for_url("**/desk/**")


def invite(admin: Page, *, name: str, email: str, role: str) -> None:
    """An administrator invites somebody."""
    admin.goto("/desk/people/invite/")
    admin.get_by_label("E-mail").fill(email)
    admin.get_by_label("Name", exact=True).fill(name)
    admin.get_by_label("Role").select_option(role)
    admin.get_by_role("button", name="Make the account").click()
    expect(admin.get_by_text(email).first).to_be_visible()


def accept(page: Page, mail: EmailMessage) -> None:
    """An invited person follows the link and chooses a password (S2.4)."""
    page.goto(link_in(mail, "welcome"))
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("button", name="Set up and sign in")).to_have_count(0)


def hand_over(admin: Page, *, name: str, email: str, role: str = "customer", organization: str = "") -> None:
    """An administrator makes an account with username and password (S4.2)."""
    admin.goto("/desk/people/invite/")
    admin.get_by_label("I hand over the password").check()
    admin.get_by_label("Name", exact=True).fill(name)
    admin.get_by_label("E-mail").fill(email)
    admin.get_by_role("textbox", name="Username").fill(name.lower())
    admin.get_by_role("textbox", name="Temporary password").fill(HANDED)
    admin.get_by_label("Role").select_option(role)
    if organization:
        admin.get_by_label("Organization").select_option(label=organization)
    admin.get_by_role("button", name="Make the account").click()
    expect(admin.get_by_role("heading", name=f"Hand this over to {name}")).to_be_visible()
    expect(admin.get_by_text(HANDED)).to_be_visible()


def first_sign_in(page: Page, name: str) -> None:
    """With the username and the password that was handed over; then with a password of one's own."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail or username").fill(name.lower())
    page.locator("input[type=password]").first.fill(HANDED)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Choose your own password")).to_have_count(0)


def let_a_product_in(admin: Page, name: str) -> dict[str, Any]:
    """An administrator makes a secret for signed links; the example of that page, run with it: `support_link(user)`."""
    admin.goto("/desk/settings/sign-on/")
    admin.get_by_label(re.compile("^Name")).fill(name)
    admin.get_by_role("button", name="Make its secret").click()
    secret, password = admin.get_by_label("Secret", exact=True), admin.locator("input[type=password]")
    expect(secret.or_(password)).to_be_visible()
    if password.count():  # asked once more, unless it was given a moment ago
        password.fill(PASSWORD)
        password.press("Enter")
        admin.get_by_role("button", name="Make its secret").click()
    expect(secret).to_have_value(re.compile("."))
    made: dict[str, Any] = {"SECRET": secret.input_value()}
    exec(admin.locator("pre.example").inner_text(), made)
    return made


def reply(agent: Page, number: str, text: str) -> None:
    """An agent's answer in the composer."""
    agent.goto(f"/desk/tickets/{number}/")
    agent.get_by_label("Message", exact=True).fill(text)
    agent.get_by_role("button", name=re.compile("^Reply to")).click()
    expect(agent.get_by_text(text).first).to_be_visible()


def put(agent: Page, number: str, status: str) -> None:
    """Into the status of this name."""
    agent.goto(f"/desk/tickets/{number}/")
    agent.get_by_label("Change: Status").click()
    agent.get_by_role("button", name=status, exact=True).first.click()
    expect(agent.get_by_label("Change: Status")).to_have_text(status)


def number_on(page: Page) -> str:
    """The number of the ticket that the page shows."""
    main, shown = page.get_by_role("main"), re.compile(r"#(\d+)")
    expect(main).to_contain_text(shown)
    found = shown.search(main.inner_text())
    assert found
    return found[1]


def next_mail(sink: Sink, address: str, count: int, containing: str = "") -> EmailMessage:
    """The `count`-th mail to this address; waits for it, and fails if there is one too many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := sink.to(address)) < count:
        subjects = [str(mail["Subject"]) for mail in found]
        assert time.monotonic() < deadline, f"{address} got {subjects}, not {count} mails"
        time.sleep(0.05)
    assert len(found) == count
    assert containing in text_of(found[-1]), text_of(found[-1])
    return found[-1]


def link_in(mail: EmailMessage, part: str) -> str:
    """The path of the link in a mail that contains `part`."""
    found = re.search(rf"http://localhost:\d+(/\S*{part}\S*)", text_of(mail))
    assert found, text_of(mail)
    return found[1]


def mail_with(sink: Sink, address: str, words: str) -> EmailMessage:
    """The one mail to this address that says this; waits for it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := [mail for mail in sink.to(address) if words in text_of(mail)]):
        assert time.monotonic() < deadline, [text_of(mail) for mail in sink.to(address)]
        time.sleep(0.05)
    assert len(found) == 1, f"{len(found)} mails to {address} say {words}"
    return found[0]
