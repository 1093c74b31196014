"""The manuals sentence by sentence in Chromium, each on a desk that was set up for it: `deskhand serve`, real mails."""

import json
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from html import escape
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from tests.files import pdf
from tests.mail.sink import Sink, text_of
from tests.manuals.story import (
    PASSWORD,
    accept,
    first_sign_in,
    hand_over,
    invite,
    let_a_product_in,
    link_in,
    mail_with,
    next_mail,
    number_on,
    put,
    reply,
    set_up,
)
from tests.processes import Installation, Served

pytestmark = pytest.mark.browser


@pytest.fixture
def served(installation: Installation, sink: Sink) -> Served:
    return installation.serve(
        SMTP_URL=f"smtp+plain://127.0.0.1:{sink.port}",
        MAIL_FROM="support@desk.example",
        MAIL_WINDOW_S="1",
        MAIL_GATHER_S="1",
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
    carl.get_by_role("link", name="Create New Ticket").first.click()
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


def test_the_story_of_manual_5_when_do_i_open_a_support_ticket(
    served: Served, sink: Sink, person: Callable[..., Page]
) -> None:
    here, client = f"http://localhost:{served.port}", "nora@client.example"
    admin, ada, nora = (person(base_url=here) for _name in range(3))
    set_up(admin, served, "Agency desk")
    invite(admin, name="Ada Agent", email="ada@desk.example", role="agent")
    accept(ada, next_mail(sink, "ada@desk.example", 1))

    # The client's shop signs its people in, and a support link there may lead back
    admin.goto("/desk/settings/portal/")
    admin.get_by_label("Sites to which a support link may lead back").fill("https://shop.example")
    admin.get_by_role("button", name="Save", exact=True).last.click()
    expect(admin.get_by_text("Saved").first).to_be_visible()
    product = let_a_product_in(admin, "Client shop")
    link = product["support_link"](SimpleNamespace(id=7, email=client, name="Nora Berg", company="Client"))
    assert link.startswith(f"{here}/sso/?")

    # A Support link at the top of the shop's admin page; the client confirms who comes
    nora.set_content(f'<a href="{escape(link)}&amp;return=https%3A%2F%2Fshop.example%2Fadmin">Support</a>')
    nora.get_by_role("link", name="Support").click()
    nora.get_by_role("button", name="Continue as Nora Berg").click()
    expect(nora.get_by_text("Step 1 of 2")).to_be_visible()
    back = nora.get_by_role("link", name="Back to shop.example")
    expect(back).to_have_attribute("href", "https://shop.example/admin")

    # The dashboard: search, closed tickets, a way to open one. When to open a ticket
    nora.goto("/")
    expect(nora.get_by_text("Open a ticket when your project is live and something is wrong")).to_be_visible()
    expect(nora.get_by_role("searchbox")).to_be_visible()
    expect(nora.get_by_role("link", name="Closed tickets")).to_be_visible()
    nora.get_by_role("main").get_by_role("link", name=re.compile("^Open Ticket ")).click()

    # The area and the issue type, then all the details, then Save
    nora.get_by_role("radio", name=re.compile("^Support")).check()
    nora.get_by_label("Issue type").locator("visible=true").select_option(label="Product sync")
    nora.get_by_role("button", name="Continue").click()
    expect(nora.get_by_text("Support › Product sync")).to_be_visible()
    nora.get_by_label("Summary").fill("Twelve products are missing")
    nora.get_by_role("textbox", name="Details").fill("Since the sync of this night.")
    nora.get_by_role("button", name="Save", exact=True).click()

    # Back in the list, with the new ticket in it; the confirmation
    row = nora.get_by_role("row").filter(has_text="Twelve products are missing")
    expect(row).to_contain_text("Product sync")
    expect(row).to_have_css("outline-style", "solid")
    number = number_on(nora)
    mail_with(sink, client, f"We have your message: it is ticket #{number}")
    mail_with(sink, "ada@desk.example", "Since the sync of this night.")

    # Assigned to a developer, who asks something
    admin.goto(f"/desk/tickets/{number}/")
    admin.get_by_label("Change: Assignee").click()
    admin.get_by_role("button", name="Ada Agent").click()
    expect(admin.get_by_label("Change: Assignee")).to_have_text("Ada Agent")
    mail_with(sink, client, "Otto Admin assigned the ticket: nobody → Ada Agent")
    ada.goto(f"/desk/tickets/{number}/")
    ada.get_by_label("A question: the customer must answer").check()
    ada.get_by_label("Message", exact=True).fill("Which products are they?")
    ada.get_by_role("button", name=re.compile("^Reply to")).click()
    question = mail_with(sink, client, "Ada Agent asked a question and needs your answer")
    assert "Which products are they?" in text_of(question)
    assert question["From"] == "Nordlys support <support@desk.example>"

    # The ticket shows status, comments and questions; the answer goes directly to the developer
    nora.goto("/tickets/")
    expect(row).to_contain_text("Needs your answer")
    nora.goto(link_in(question, f"tickets/{number}/"))
    expect(nora.get_by_text("We asked you a question and wait for your answer.")).to_be_visible()
    expect(nora.locator(".message[data-question=open]")).to_contain_text("Which products are they?")
    expect(nora.get_by_text("Goes straight to Ada Agent.")).to_be_visible()
    nora.get_by_role("textbox", name="Your message").fill("All that are red.")
    nora.get_by_role("button", name="Add comment").click()
    expect(nora.locator(".message[data-question=answered]")).to_contain_text("Which products are they?")
    mail_with(sink, "ada@desk.example", "All that are red.")
    assert [mail for mail in sink.to("otto@desk.example") if "All that are red." in text_of(mail)] == []

    # A change of status is mailed, too, and seen at any time
    put(ada, number, "Done")
    mail_with(sink, client, "Ada Agent changed the status: Your turn → Done")
    nora.goto(f"/tickets/{number}/")
    expect(nora.get_by_text("Done").first).to_be_visible()

    # On the desk's own host, by e-mail and password; whoever has forgotten it, or never had one, is mailed a link
    nora.context.clear_cookies()
    nora.goto("/")
    nora.get_by_role("link", name="Forgot your password?").click()
    nora.get_by_label("E-mail").fill(client)
    nora.get_by_role("button", name="Mail me a link").click()
    expect(nora.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    reset = mail_with(sink, client, "/password/new/")
    assert reset["From"] == "Nordlys support <support@desk.example>"
    nora.goto(link_in(reset, "password/new/"))
    nora.locator("input[type=password]").first.fill(PASSWORD)
    nora.get_by_role("button", name="Save and sign in").click()
    expect(nora.get_by_role("heading", name="Choose a new password")).to_have_count(0)
    nora.context.clear_cookies()
    nora.goto("/sign-in/")
    nora.get_by_label("E-mail or username").fill(client)
    nora.locator("input[type=password]").first.fill(PASSWORD)
    nora.get_by_role("button", name="Sign in", exact=True).click()
    nora.goto("/tickets/?tab=all")
    expect(row).to_contain_text("Done")
    for page in (admin, ada, nora):
        page.close()
    served.stop()


def test_the_story_of_manuals_1_and_2_premium_support(served: Served, sink: Sink, person: Callable[..., Page]) -> None:
    here = f"http://localhost:{served.port}"
    admin, carl = person(base_url=here), person(base_url=here)
    set_up(admin, served, "Product shop")

    # A shop gets a token; with it, it tells of a purchase: one mail with the download, one about the new account
    admin.goto("/desk/settings/tokens/new/")
    admin.get_by_label(re.compile("^Name")).fill("Our shop")
    admin.get_by_label("Record and end purchases").check(force=True)
    admin.get_by_role("button", name="Make the token").click()
    admin.locator("input[type=password]").first.fill(PASSWORD)
    admin.get_by_role("main").get_by_role("button").last.click()
    admin.get_by_role("button", name="Make the token").click()
    token = admin.get_by_label("Token", exact=True).input_value()
    order = {
        "reference": "A-1001", "product": "premium-theme", "email": "carl@customer.example", "name": "Carl Customer",
        "bought_at": datetime.now(UTC).isoformat(), "amount": "49.00", "currency": "EUR",
    }  # fmt: skip
    assert [tell(f"{here}/api/v1/purchases", token, order) for _twice in range(2)] == [201, 200]
    mails = sorted(two_mails(sink, "carl@customer.example"), key=lambda mail: str(mail["Subject"]))
    assert [str(mail["Subject"]) for mail in mails] == [
        "Your account at Nordlys support", "Your purchase of Premium theme",
    ]  # fmt: skip
    assert "https://example.com/downloads" in text_of(mails[1])

    # The link in the mail makes the account; the panel has Support at the left, in it New at the right
    accept(carl, mails[0])
    carl.locator("nav.side").get_by_role("link", name="Purchases").click()
    expect(carl.get_by_role("article").filter(has_text="A-1001")).to_contain_text("Supported")
    carl.locator("nav.side").get_by_role("link", name="Support").click()
    carl.get_by_role("main").get_by_role("link", name="New").first.click()

    # Product, title, description; a thousand characters, and the rest in a reply
    carl.get_by_label("Title").fill("The menu is gone")
    message = carl.get_by_role("textbox", name="Description")
    message.fill("The menu is gone since the update. " * 28 + "It is so on each page")
    expect(carl.locator("desk-counter")).to_have_text("1 character too many")
    expect(carl.get_by_text("Mentoring for CSS, PHP, HTML, JavaScript or other technologies")).to_be_visible()
    expect(carl.get_by_role("button", name="Create", exact=True)).to_be_visible()
    carl.get_by_role("button", name="Send the first part, continue in a reply").click()
    row = carl.get_by_role("row").filter(has_text="The menu is gone")
    expect(row).to_contain_text("Opened")
    expect(carl.get_by_text("We answer as soon as possible.").first).to_be_visible()
    address = str(row.get_by_role("link", name="The menu is gone", exact=True).get_attribute("href"))
    number = address.strip("/").split("/")[1]

    # An agent sees what was bought beside the ticket, and answers: it is on hold
    admin.goto(f"/desk/tickets/{number}/")
    expect(admin.get_by_text("Order A-1001").first).to_be_visible()
    reply(admin, number, "Which browser do you use?")
    carl.goto("/tickets/?tab=all")
    expect(row).to_contain_text("Hold", timeout=60_000)

    # The reply button of the row: all of the conversation, the form below it; and closed
    row.get_by_role("link", name=re.compile("^Reply to")).click()
    expect(carl.locator(".message")).to_have_count(3)
    carl.get_by_role("textbox", name="Your message").fill("Firefox. It works again!")
    carl.get_by_role("button", name="Reply", exact=True).click()
    expect(carl.get_by_text("Firefox. It works again!").first).to_be_visible()
    carl.get_by_role("button", name="Close the ticket").click()
    expect(carl.get_by_text("Nothing is left to do.").first).to_be_visible()
    carl.goto("/tickets/?tab=all")
    expect(row).to_contain_text("Closed")
    for page in (admin, carl):
        page.close()
    served.stop()


def tell(address: str, token: str, order: dict[str, str]) -> int:
    """A shop says it to the API; the status of the answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, data=json.dumps(order).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def two_mails(sink: Sink, address: str) -> list[EmailMessage]:
    """The first two mails to this address, whichever comes first."""
    next_mail(sink, address, 2)
    return sink.to(address)
