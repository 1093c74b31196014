"""Manual 3, "Support Ticket System", row by row on the preset made for it: what it says, and what happens to bad input."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from deskhand.desk.changes import configure
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui.filters import by_when
from tests.files import pdf, picture, upload
from tests.forms import fill, send
from tests.manuals.stage import NEW, Stage, facts, fresh, headings, labels, options, rows
from tests.portal import reading

STATUSES = {
    "Open": "Your ticket is active and awaiting response",
    "In Progress": "Our support team is working on your ticket",
    "Waiting for Customer": "We’re waiting for your response",
    "Resolved": "The issue has been resolved",
    "Closed": "The ticket has been closed",
}
MEANINGS = {
    "Low": "General questions or non-urgent requests",
    "Medium": "Standard support requests",
    "High": "Issues affecting your service",
    "Urgent": "Critical issues requiring immediate attention",
}
HOURS = {"Low": 48, "Medium": 24, "High": 4, "Urgent": 1}


def test_s3_1_all_requests_are_followed_in_one_place(classic: Stage) -> None:
    carl, eve = classic.cast.carl, classic.cast.eve
    printer = classic.open(carl)
    bill = classic.open(carl, subject="A wrong bill", topic=Topic.objects.get(name="Billing").pk)
    classic.later(minutes=1)
    classic.put(classic.cast.ada, printer, "Closed")
    assert [row[:3] for row in classic.tab(carl, "all")] == [
        [f"#{printer.number}", "The printer is on fire", "Closed"], [f"#{bill.number}", "A wrong bill", "Open"],
    ]  # fmt: skip
    assert classic.tab(eve, "all") == []
    lost = classic.words(carl, "/tickets/?tab=all&q=%22nonsense%27+%25")
    assert "No tickets for “" + "\"nonsense' %" in lost


def test_s3_2_the_navigation_has_tickets_and_a_button_to_open_one(classic: Stage) -> None:
    carl, otto = classic.cast.carl, classic.cast.otto
    home = classic.page(carl, "/")
    header = home[home.index("<header>") : home.index("</header>")]
    links = re.findall(r'<a [^>]*href="(/tickets/[^"]*)"[^>]*>(.*?)</a>', header, re.DOTALL)
    assert [(address, reading.words(words)) for address, words in links] == [
        ("/tickets/", "Tickets"), ("/tickets/new/", "Create New Ticket"),
    ]  # fmt: skip
    configure(by=otto, at=classic.now, labels={"open_ticket": "Open Ticket"})
    assert "Open Ticket" in classic.words(carl, "/")
    assert "Create New Ticket" not in classic.words(carl, "/")


def test_s3_3_the_form_asks_subject_priority_category_and_message(classic: Stage) -> None:
    carl = classic.cast.carl
    page = classic.page(carl, NEW)
    assert sorted(labels(page)) == [
        "Category", "Files", "Message * required", "Priority", "Subject * required",
    ]  # fmt: skip
    shown = re.sub(r"<button[^>]*aria-hidden.*?</button>", "", page)  # what the Enter key presses is nobody's to see
    assert re.findall(r"<button[^>]*>\s*(?:<svg.*?</svg>)?(?:<span>)?(Submit Ticket)", shown) == ["Submit Ticket"]
    billing = Topic.objects.get(name="Billing")
    refused = classic.submit(carl, subject=" ", text="", topic=billing.pk, priority="urgent")
    kept = fill(refused.content.decode(), NEW)
    assert (refused.status_code, kept["topic"], kept["priority"]) == (422, [str(billing.pk)], ["urgent"])
    assert "Say in one line what it is about." in reading.errors(refused.content.decode())
    assert Ticket.objects.count() == 0
    ticket = classic.open(carl, topic=billing.pk, priority="urgent")
    assert (ticket.subject, ticket.topic, ticket.priority.slug) == ("The printer is on fire", billing, "urgent")
    assert Message.objects.get(ticket=ticket).text == "Since this morning."


def test_s3_4_four_priorities_say_what_they_are_for(classic: Stage) -> None:
    carl = classic.cast.carl
    page = classic.page(carl, NEW)
    cards = re.findall(r'<label[^>]*><input type="radio" name="priority"[^>]*><b>(.*?)</b><span>(.*?)</span>', page)
    assert {name: meaning.partition(".")[0] for name, meaning in cards} == MEANINGS
    assert [name for name, _meaning in cards] == list(MEANINGS)
    assert fill(page, NEW)["priority"] == ["medium"]
    refused = classic.submit(carl, priority="at once")
    assert (refused.status_code, "Since this morning.</textarea>" in refused.content.decode()) == (422, True)
    assert classic.open(carl, priority="low").priority.slug == "low"


def test_s3_5_the_category_is_picked_from_a_list(classic: Stage) -> None:
    carl = classic.cast.carl
    assert [name for name, _chosen in options(classic.page(carl, NEW), "topic")] == [
        "General question", "Technical problem", "Account and access", "Billing", "Feature request",
    ]  # fmt: skip
    refused = classic.submit(carl, topic="999999")
    assert (refused.status_code, "Since this morning.</textarea>" in refused.content.decode()) == (422, True)
    ticket = classic.open(carl, topic=Topic.objects.get(name="Billing").pk)
    assert facts(classic.page(carl, f"/tickets/{ticket.number}/"))["Category"] == "Billing"


def test_s3_6_a_mail_with_the_number_confirms_and_begins_the_thread(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    assert classic.submit(carl, subject="").status_code == 422
    classic.work()
    assert classic.mails(carl) == []
    ticket = classic.open(carl)
    classic.answer(ada, ticket, "Have you tried water?")
    first, second = classic.mails(carl)
    assert first.subject == second.subject == f"[#{ticket.number}] The printer is on fire"
    assert f"#{ticket.number}" in first.text
    assert "Have you tried water?" in second.text
    assert first.thread_id == second.thread_id != ""


def test_s3_7_the_list_shows_number_subject_status_priority_and_last_update(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    ticket = classic.open(carl, priority="high")
    classic.put(ada, ticket, "In Progress")
    page = classic.page(carl, "/tickets/")
    assert headings(page) == ["Ticket ID", "Subject", "Status", "Priority", "Last activity"]
    assert rows(page) == [[f"#{ticket.number}", "The printer is on fire", "In Progress", "High"]]
    assert re.findall(r"<td><time", page) == ["<td><time"]
    for nonsense in ("?tab=nonsense", "?after=nonsense", "?from=0"):
        assert rows(classic.page(carl, f"/tickets/{nonsense}")) == rows(page)


@pytest.mark.parametrize("name", STATUSES)
def test_s3_8_every_status_is_explained_to_the_customer(classic: Stage, name: str) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    ticket = classic.open(carl)
    if name != "Open":
        classic.put(ada, ticket, name)
    page = classic.page(carl, f"/tickets/{ticket.number}/")
    assert facts(page)["Status"] == name
    assert f"{name} means: {STATUSES[name]}." in reading.words(page)
    assert list(Status.objects.filter(is_archived=False).order_by("position", "pk").values_list("name", flat=True)) == [
        *STATUSES
    ]


def test_s3_9_a_reply_is_written_below_the_conversation(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    ticket = classic.open(carl)
    classic.answer(ada, ticket, "Have you tried water?")
    page = classic.page(carl, f"/tickets/{ticket.number}/")
    assert re.findall(r"<p>Have you tried water\?|Send Reply", page) == ["<p>Have you tried water?", "Send Reply"]
    refused = classic.write(carl, ticket, "  ")
    assert (refused.status_code, "Write your message first." in refused.content.decode()) == (422, True)
    assert classic.write(carl, ticket, "It burns under water.").status_code == 303
    assert [text for _name, text in reading.said(classic.page(carl, f"/tickets/{ticket.number}/"))] == [
        "Since this morning.", "Have you tried water?", "It burns under water.",
    ]  # fmt: skip


def test_s3_10_the_ticket_shows_everything_about_itself(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    ticket = classic.open(carl, upload("smoke.png", picture()), priority="high")
    classic.answer(ada, ticket, "Have you tried water?")
    page = classic.page(carl, f"/tickets/{ticket.number}/")
    assert [name for name, _text in reading.said(page)] == ["You", "Ada"]
    known = facts(page)
    assert [known[name] for name in ("Status", "Priority")] == ["Waiting for Customer", "High"]
    assert {"Opened", "Last change"} <= set(known)
    assert f'datetime="{ticket.created_at.isoformat()}"' in page
    assert (
        f'datetime="{classic.now.isoformat()}"' in page or f'datetime="{fresh(ticket).updated_at.isoformat()}"' in page
    )
    assert "smoke.png" in page
    assert classic.of(classic.cast.eve).get(f"/tickets/{ticket.number}/").status_code == 404


def test_s3_11_files_go_with_the_ticket_and_with_a_reply(classic: Stage) -> None:
    carl = classic.cast.carl
    ticket = classic.open(carl, upload("error.pdf", pdf()))
    refused = classic.write(carl, ticket, "See the picture.", upload("smoke.exe", b"MZ" + bytes(600)))
    assert (refused.status_code, "See the picture.</textarea>" in refused.content.decode()) == (422, True)
    assert classic.write(carl, ticket, "See the picture.", upload("smoke.png", picture())).status_code == 303
    page = classic.page(carl, f"/tickets/{ticket.number}/")
    assert re.findall(r"error\.pdf|smoke\.\w+", reading.words(page)) == ["error.pdf", "smoke.png"]
    messages = Message.objects.filter(ticket=ticket).order_by("pk")
    assert [[file.name for file in message.attachments.all()] for message in messages] == [["error.pdf"], ["smoke.png"]]


def test_s3_12_tips_stand_beside_the_form(classic: Stage) -> None:
    page = classic.page(classic.cast.carl, NEW)
    aside = page[page.index("<aside>") : page.index("</aside>")]
    assert [reading.words(tip) for tip in re.findall(r"<li>(.*?)</li>", aside, re.DOTALL)] == [
        "Provide a clear, detailed description of your issue",
        "Include relevant error messages or screenshots",
        "Say what you have already tried",
        "Respond promptly when we ask",
        "Choose the priority that fits",
        "Keep all communication in the ticket, don’t e-mail separately",
    ]


def test_s3_13_the_customer_reads_to_keep_everything_in_the_ticket(classic: Stage) -> None:
    carl = classic.cast.carl
    words = classic.words(carl, NEW)
    assert "Keep all communication in the ticket, don’t e-mail separately" in words
    assert "Keep everything about it in the ticket, and answer our questions there: so nothing is lost." in words
    ticket = classic.open(carl)
    assert f"http://desk.example/tickets/{ticket.number}/" in classic.mails(carl)[0].text


@pytest.mark.parametrize("name", HOURS)
def test_s3_14_the_first_answer_is_promised_by_priority(classic: Stage, name: str) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    due = classic.now + timedelta(hours=HOURS[name])
    assert f"You hear from us by {by_when(due)}." in classic.words(carl, NEW)
    ticket = classic.open(carl, priority=name.lower())
    here = f"/tickets/{ticket.number}/"
    assert f"You will hear from us by {by_when(due)}." in classic.words(carl, here)
    assert ticket.first_response_due_at == due
    other = "High" if name == "Urgent" else "Urgent"
    classic.set(ada, ticket, "priority", Priority.objects.get(name=other).pk)
    assert fresh(ticket).first_response_due_at == ticket.created_at + timedelta(hours=HOURS[other])
    classic.set(ada, ticket, "priority", Priority.objects.get(name=name).pk)
    assert "The printer is on fire" not in classic.words(ada, "/desk/tickets/?view=overdue")
    classic.later(hours=HOURS[name])
    assert "The printer is on fire" in classic.words(ada, "/desk/tickets/?view=overdue")
    assert [mail.subject for mail in classic.mails(ada)][-1] == f"[#{ticket.number}] The printer is on fire"
    classic.answer(ada, ticket, "Have you tried water?")
    assert "You will hear from us" not in classic.words(carl, here)


def test_s3_15_a_promise_counts_hours_of_the_clock_at_night_and_on_sundays(classic: Stage) -> None:
    saturday = datetime(2026, 3, 7, 22, 30, tzinfo=UTC)
    classic.later(seconds=(saturday - classic.now).total_seconds())
    ticket = classic.open(classic.cast.carl, priority="high")
    assert ticket.first_response_due_at == datetime(2026, 3, 8, 2, 30, tzinfo=UTC)


def test_s3_16_a_resolved_ticket_is_closed_by_the_customer_or_by_quiet_days(classic: Stage) -> None:
    carl, ada, eve = classic.cast.carl, classic.cast.ada, classic.cast.eve
    confirmed, quiet = classic.open(carl), classic.open(carl, subject="The scanner, too")
    for ticket in (confirmed, quiet):
        classic.put(ada, ticket, "Resolved")
    assert "Did this solve it?" in classic.words(carl, f"/tickets/{confirmed.number}/")
    assert classic.of(eve).post(f"/tickets/{confirmed.number}/close/").status_code == 404
    assert classic.press(carl, confirmed, "close").status_code == 303
    assert (fresh(confirmed).category, fresh(quiet).category) == (Category.CLOSED, Category.RESOLVED)
    told = len(classic.mails(carl))
    classic.later(days=4, hours=23)
    assert len(classic.mails(carl)) == told
    classic.later(hours=1)
    warning = classic.mails(carl)[told]
    assert warning.subject == f"[#{quiet.number}] The scanner, too"
    assert "will close the ticket on" in warning.text
    assert fresh(quiet).category == Category.RESOLVED
    classic.later(days=2, hours=1)
    classic.later(days=1)
    assert fresh(quiet).category == Category.CLOSED


def test_s3_17_a_customer_reopens_a_closed_ticket(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    ticket = classic.open(carl)
    here = f"/tickets/{ticket.number}/"
    classic.put(ada, ticket, "Closed")
    assert classic.press(carl, ticket, "reopen").status_code == 303
    assert fresh(ticket).category == Category.OPEN
    classic.put(ada, ticket, "Closed")
    classic.later(days=13)
    written = fill(classic.page(carl, here), f"{here}replies/", text="It burns again.")
    classic.later(days=2)
    classic.sign_in_again()
    late = classic.of(carl).post(f"{here}replies/", written)
    assert (late.status_code, "It burns again." in late.content.decode()) == (422, True)
    assert fresh(ticket).category == Category.CLOSED
    assert "Open a follow-up" in classic.words(carl, here)
    send(classic.of(carl), f"{NEW}?follows={ticket.number}", NEW, text="It burns again.")
    assert Ticket.objects.latest("pk").follows == ticket


def test_s3_18_resolved_and_closed_are_two_things(classic: Stage) -> None:
    carl, ada = classic.cast.carl, classic.cast.ada
    resolved, closed = classic.open(carl), classic.open(carl, subject="The scanner, too")
    classic.put(ada, resolved, "Resolved")
    classic.put(ada, closed, "Closed")
    asks = {
        ticket: "Did this solve it?" in classic.words(carl, f"/tickets/{ticket.number}/")
        for ticket in (resolved, closed)
    }
    assert asks == {resolved: True, closed: False}
    for ticket in (resolved, closed):
        assert classic.write(carl, ticket, "It still burns.").status_code == 303
    assert [(fresh(each).category, fresh(each).attempts) for each in (resolved, closed)] == [
        (Category.OPEN, 1), (Category.OPEN, 0),
    ]  # fmt: skip
