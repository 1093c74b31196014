"""A ticket walks through the house: from an empty folder to a reopened ticket, in Chromium, with a real SMTP server.

Plays against `deskhand serve`, with and without JavaScript, on the database of the run.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.mail.sink import Sink, text_of
from tests.manuals.story import accept, invite, next_mail, number_on, set_up
from tests.processes import Installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_ticket_walks_through_the_house(
    installation: Installation,
    sink: Sink,
    person: Callable[..., Page],
    javascript: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    served = installation.serve(
        SMTP_URL=f"smtp+plain://127.0.0.1:{sink.port}",
        MAIL_FROM="support@desk.example",
        MAIL_WINDOW_S="4",
        MAIL_GATHER_S="4",
    )

    def arrive() -> Page:
        return person(base_url=f"http://localhost:{served.port}", java_script_enabled=javascript)

    # An administrator sets the desk up, from the link that the terminal shows
    admin = arrive()
    admin.goto("/")
    expect(admin.get_by_role("heading", name="Almost there")).to_be_visible()
    set_up(admin, served, "Blank")
    expect(admin.get_by_text("Nobody is waiting. Nice.")).to_be_visible()
    invite(admin, name="Ada Agent", email="ada@desk.example", role="agent")
    invite(admin, name="Carl Customer", email="carl@customer.example", role="customer")

    # The customer sets a password and opens a ticket; the confirmation carries its number, the team is told at once
    carl = arrive()
    accept(carl, next_mail(sink, "carl@customer.example", 1))
    ada = arrive()
    accept(ada, next_mail(sink, "ada@desk.example", 1))
    carl.goto("/")
    carl.get_by_role("main").get_by_role("link", name="Open a ticket").first.click()
    carl.get_by_label("Subject").fill("The printer is on fire")
    carl.get_by_role("textbox", name="Message").fill("Since this morning.\n\nIt smells.")
    carl.get_by_label("High").check()
    carl.get_by_role("button", name="Send the ticket").click()
    expect(carl.get_by_role("heading", name="The printer is on fire")).to_be_visible()
    number = number_on(carl)
    path, staff_path = f"/tickets/{number}/", f"/desk/tickets/{number}/"
    confirmation = next_mail(sink, "carl@customer.example", 2, f"#{number}")
    assert confirmation["Subject"] == f"[#{number}] The printer is on fire"
    assert confirmation["Auto-Submitted"] == "auto-generated"
    next_mail(sink, "ada@desk.example", 2, "It smells.")
    next_mail(sink, "otto@desk.example", 1, "It smells.")

    # The agent reads it, notes, takes it, replies
    ada.goto("/desk/")
    ada.get_by_role("link", name="The printer is on fire").first.click()
    expect(ada.get_by_text("It smells.").first).to_be_visible()
    ada.get_by_text("Internal note", exact=True).first.click()
    ada.get_by_label("Message", exact=True).fill("He always says that.")
    ada.get_by_role("button", name="Add internal note").click()
    expect(ada.get_by_text("He always says that.").first).to_be_visible()
    ada.get_by_label("Change: Assignee").click()
    ada.get_by_role("button", name="Ada Agent").click()
    expect(ada.get_by_label("Change: Assignee")).to_have_text("Ada Agent")
    ada.get_by_text("Reply to Carl", exact=True).first.click()
    ada.get_by_label("Message", exact=True).fill("Have you tried water?")
    ada.get_by_role("button", name="Reply to Carl, set Waiting for customer").click()
    expect(ada.get_by_text("Have you tried water?").first).to_be_visible()
    expect(ada.get_by_role("button", name="Take back")).to_be_visible()

    # One mail for all of that, in one thread with the confirmation, and not a word of the note
    answer = next_mail(sink, "carl@customer.example", 3, "Have you tried water?")
    assert answer["References"] == confirmation["References"] is not None
    assert answer["Message-ID"] != confirmation["Message-ID"]
    assert answer["Subject"] == f"[#{number}] The printer is on fire"
    assert "always says" not in answer.as_string()
    carl.goto(path)
    expect(carl.get_by_text("Have you tried water?")).to_be_visible()
    expect(carl.get_by_text("We answered and wait for you.")).to_be_visible()
    assert "always says" not in carl.content()

    # The customer answers, closes, and comes back
    carl.get_by_role("textbox", name="Your message").fill("It burns under water.")
    carl.get_by_role("button", name="Send reply").click()
    expect(carl.get_by_text("It burns under water.").first).to_be_visible()
    next_mail(sink, "ada@desk.example", 3, "It burns under water.")
    carl.get_by_role("button", name="Close the ticket").click()
    expect(carl.get_by_text("This ticket is closed.").first).to_be_visible()
    carl.get_by_role("button", name="Reopen the ticket").click()
    expect(carl.get_by_role("button", name="Close the ticket")).to_be_visible()

    # The agent resolves it in the same breath as the last reply; the customer says yes
    ada.goto(staff_path)
    expect(ada.get_by_text("It burns under water.").first).to_be_visible()
    ada.get_by_label("Change: Status").click()
    ada.get_by_role("button", name="Resolved").first.click()
    expect(ada.get_by_label("Change: Status")).to_have_text("Resolved")
    next_mail(sink, "carl@customer.example", 4, "Resolved")
    carl.goto(path)
    carl.get_by_role("button", name="Yes, it is solved").click()
    expect(carl.get_by_text("This ticket is closed.").first).to_be_visible()

    # Signing in with a mailed code
    carl.context.clear_cookies()
    carl.goto("/sign-in/code/")
    carl.get_by_label("E-mail").fill("carl@customer.example")
    carl.get_by_role("button").last.click()
    code = re.search(
        r"\b([A-Z0-9]{6}|[A-Z0-9]{3}-[A-Z0-9]{3}|\d{6})\b", text_of(next_mail(sink, "carl@customer.example", 5))
    )
    assert code
    carl.get_by_label(re.compile("code", re.IGNORECASE)).fill(code[1])
    carl.get_by_role("main").get_by_role("button").first.click()
    expect(carl).not_to_have_url(re.compile("/sign-in/"))
    carl.goto(path)
    expect(carl.get_by_role("heading", name="The printer is on fire")).to_be_visible()
    for page in (admin, ada, carl):  # an open one asks for its stream in vain while the desk stops
        page.close()
    served.stop()
