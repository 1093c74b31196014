"""The two manuals sentence by sentence in Chromium, each on a desk that was set up for it: `deskhand serve`, real mails."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.files import pdf
from tests.mail.sink import Sink
from tests.manuals.story import accept, first_sign_in, hand_over, invite, next_mail, number_on, put, reply, set_up
from tests.processes import Installation, Served

pytestmark = pytest.mark.browser


@pytest.fixture
def served(installation: Installation, sink: Sink) -> Served:
    return installation.serve(
        SMTP_URL=f"smtp+plain://127.0.0.1:{sink.port}", MAIL_FROM="support@desk.example", MAIL_WINDOW_S="1"
    )


def test_the_story_of_manual_3_support_ticket_system(served: Served, sink: Sink, person: Callable[..., Page]) -> None:
    here = f"http://localhost:{served.port}"
    admin, ada, carl = person(base_url=here), person(base_url=here), person(base_url=here)
    set_up(admin, served, "Classic help desk")
    invite(admin, name="Ada Agent", email="ada@desk.example", role="agent")
    invite(admin, name="Carl Customer", email="carl@customer.example", role="customer")
    accept(ada, next_mail(sink, "ada@desk.example", 1))
    accept(carl, next_mail(sink, "carl@customer.example", 1))

    # Click "Tickets", then "Create New Ticket"; fill in subject, priority, category, message; "Submit Ticket"
    carl.get_by_role("link", name="Tickets", exact=True).click()
    expect(carl.get_by_role("heading", name="Tickets", exact=True)).to_be_visible()
    carl.get_by_role("banner").get_by_role("link", name="Create New Ticket").click()
    carl.get_by_label("Subject").fill("The printer is on fire")
    carl.get_by_label("High").check()
    expect(carl.get_by_text("Issues affecting your service")).to_be_visible()
    expect(carl.get_by_text("Include relevant error messages or screenshots")).to_be_visible()
    carl.get_by_label("Category").select_option(label="Technical problem")
    carl.get_by_role("textbox", name="Message").fill("Since this morning.")
    carl.get_by_role("button", name="Submit Ticket").click()
    expect(carl.get_by_role("heading", name="The printer is on fire")).to_be_visible()
    expect(carl.get_by_text("You will hear from us by").first).to_be_visible()
    number = number_on(carl)

    # A confirmation with the number; on the Tickets page number, subject, status, priority, last update
    confirmation = next_mail(sink, "carl@customer.example", 2, f"#{number}")
    assert confirmation["Subject"] == f"[#{number}] The printer is on fire"
    carl.goto("/tickets/")
    row = carl.get_by_role("row").filter(has_text="The printer is on fire")
    for words in (f"#{number}", "Open", "High"):
        expect(row).to_contain_text(words)

    # In Progress, an answer, Waiting for Customer
    put(ada, number, "In Progress")
    carl.goto(f"/tickets/{number}/")
    expect(carl.get_by_text("Our support team is working on your ticket")).to_be_visible()
    reply(ada, number, "Have you tried water?")
    expect(carl.get_by_text("Have you tried water?")).to_be_visible(timeout=60_000)
    expect(carl.get_by_text("We’re waiting for your response")).to_be_visible()

    # Type your response in the reply box, click "Send Reply"
    carl.get_by_role("textbox", name="Your message").fill("It burns under water.")
    carl.get_by_role("button", name="Send Reply").click()
    expect(carl.get_by_text("It burns under water.").first).to_be_visible()

    # Resolved; you confirm; Closed; you can reopen it
    put(ada, number, "Resolved")
    carl.goto(f"/tickets/{number}/")
    carl.get_by_role("button", name="Yes, it is solved").click()
    expect(carl.get_by_text("The ticket has been closed")).to_be_visible()
    carl.get_by_role("button", name="Reopen the ticket").click()
    expect(carl.get_by_text("Your ticket is active and awaiting response")).to_be_visible()
    for page in (admin, ada, carl):  # an open one asks for its stream in vain while the desk stops
        page.close()
    served.stop()


def test_the_story_of_manual_4_open_tickets(served: Served, sink: Sink, person: Callable[..., Page]) -> None:
    here = f"http://localhost:{served.port}"
    admin, ada, carl, mona = (person(base_url=here) for _name in range(4))
    set_up(admin, served, "Company desk")

    # Each user is granted a username and password by the administrator
    admin.goto("/desk/organizations/")
    admin.get_by_label(re.compile("^Name")).fill("Acme")
    admin.get_by_role("button", name=re.compile("organization", re.IGNORECASE)).first.click()
    expect(admin.get_by_role("heading", name="Acme")).to_be_visible()
    hand_over(admin, name="Ada", email="ada@desk.example", role="agent")
    hand_over(admin, name="Carl", email="carl@customer.example", organization="Acme")
    hand_over(admin, name="Mona", email="mona@customer.example", organization="Acme")
    admin.get_by_role("link", name="Done, to Mona").click()
    admin.get_by_label(re.compile("^Manager")).check()
    admin.get_by_role("button", name="Save the organization").click()
    expect(admin.get_by_role("link", name="Acme")).to_be_visible()
    first_sign_in(ada, "Ada")
    first_sign_in(carl, "Carl")

    # The main page: Submit a ticket, and My tickets. IT support is selected; CRM Support asks for the issue, too
    carl.get_by_role("main").get_by_role("link", name="Submit a ticket").click()
    topic = carl.get_by_label("Help Topic")
    expect(topic.locator("option:checked")).to_have_text("IT support")
    carl.get_by_label("Subject").fill("No access")
    carl.get_by_role("textbox", name="Message").fill("Since this morning.")
    carl.locator("input[type=file]").first.set_input_files(
        {"name": "error.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    expect(carl.get_by_text("error.pdf").first).to_be_visible()
    topic.select_option(label="CRM Support")
    issue = carl.get_by_label("Issue")
    expect(issue).to_be_visible()
    expect(carl.get_by_label("Subject")).to_have_value("No access")
    expect(carl.get_by_role("textbox", name="Message")).to_have_value("Since this morning.")
    expect(carl.get_by_text("error.pdf").first).to_be_visible()
    carl.get_by_label("Brand").select_option(label="Main brand")
    issue.select_option(label="Access rights")
    carl.get_by_role("button", name="Submit ticket").click()
    expect(carl.get_by_role("heading", name="No access")).to_be_visible()
    number = number_on(carl)

    # My tickets: two filters, eight columns; a click on the subject extends the ticket
    carl.goto("/tickets/")
    columns = ["Subject", "Ticket ID", "Priority", "Help Topic", "Last replier", "Last activity", "Status", "From"]
    expect(carl.get_by_role("columnheader")).to_have_text(columns, use_inner_text=True)
    expect(carl.get_by_role("link", name=re.compile("^Opened"))).to_be_visible()
    carl.get_by_role("cell", name="No access").get_by_role("link").click()
    inside = carl.locator("tr.unfolded")
    expect(inside.get_by_text("Since this morning.")).to_be_visible()
    expect(inside.get_by_text("error.pdf").first).to_be_visible()
    inside.get_by_role("textbox", name="Your message").fill("It is urgent.")
    inside.get_by_role("button", name=re.compile("^Send")).first.click()
    expect(inside.get_by_text("It is urgent.").first).to_be_visible()

    # Resolved, and written in: the solution is not accepted
    put(ada, number, "Resolved")
    carl.goto("/tickets/")
    address = carl.get_by_role("link", name=re.compile("^Resolved")).get_attribute("href")
    carl.goto(str(address))
    carl.get_by_role("cell", name="No access").get_by_role("link").click()
    inside.get_by_role("textbox", name="Your message").fill("It does not work.")
    inside.get_by_role("button", name="Send and reopen").click()
    expect(inside.get_by_text("It does not work.").first).to_be_visible()
    carl.goto(f"/tickets/{number}/")
    expect(carl.get_by_role("main")).to_contain_text("Opened")

    # A manager sees the same, and From names who opened it
    first_sign_in(mona, "Mona")
    mona.get_by_role("main").get_by_role("link", name="My tickets").click()
    expect(mona.get_by_role("row").filter(has_text="No access")).to_contain_text("Carl")
    for page in (admin, ada, carl, mona):
        page.close()
    served.stop()
