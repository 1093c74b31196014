"""Manual 4, "Open Tickets", row by row on the preset made for it: what it says, and what happens to bad input."""

import re

from django.test import Client

from deskhand.accounts.changes import put_in_organization
from deskhand.accounts.models import User
from deskhand.desk.changes import configure
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Category, Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests.files import MB, pdf, picture, upload
from tests.forms import fill, send
from tests.manuals.stage import NEW, Stage, facts, fresh, headings, labels, options, rows
from tests.portal import reading

BRAND, ISSUE = "Main brand", "Access rights"
COLUMNS = ["Subject", "Ticket ID", "Priority", "Help Topic", "Last replier", "Last activity", "Status", "From"]


def topic(name: str) -> int:
    return Topic.objects.get(name=name).pk


def staged(html: str) -> list[str]:
    """The files that wait in the form."""
    return fill(html, NEW).get("file", [])


def test_s4_1_a_request_is_managed_from_capture_to_resolution(company: Stage) -> None:
    carl, ada, lena = company.cast.carl, company.cast.ada, company.cast.lena
    ticket = company.open(carl, field_brand=BRAND)
    assert "The printer is on fire" in company.words(ada, "/desk/tickets/?view=unassigned")
    company.set(ada, ticket, "assignee", ada.pk)
    company.put(ada, ticket, "In progress")
    company.answer(ada, ticket, "Have you tried water?")
    company.put(ada, ticket, "Resolved")
    assert rows(company.page(carl, "/tickets/?tab=solved"))[0][5] == "Resolved"
    assert company.press(carl, ticket, "close").status_code == 303
    assert fresh(ticket).category == Category.CLOSED
    assert "The printer is on fire" not in company.words(lena, "/desk/tickets/?view=open")


def test_s4_2_the_administrator_makes_accounts_with_username_and_password(company: Stage) -> None:
    otto = company.of(company.cast.otto)
    page = "/desk/people/invite/"
    typed = {"how": "hand_over", "name": "Nora", "email": "nora@customer.example", "username": "nora"}
    refused = send(otto, page, page, **{**typed, "username": "carl"}, password="handed over at noon")
    assert (refused.status_code, fill(refused.content.decode(), page)["name"]) == (422, ["Nora"])
    shown = send(otto, page, page, **typed, password="handed over at noon").content.decode()
    assert "handed over at noon" in shown
    nora = Client()
    assert nora.post("/sign-in/", {"login": "nora", "password": "handed over at noon"}).url == "/"
    assert nora.get("/").headers.get("Location") == "/account/password/own/?next=%2F"
    own = "/account/password/own/"
    assert send(nora, own, own, password="too short").status_code == 422
    assert send(nora, own, own, password="a sentence of words").url == "/"
    assert "Submit a ticket" in nora.get("/").content.decode()
    assert "Accounts are by invitation" in reading.words(Client().get("/sign-up/").content.decode())


def test_s4_3_the_main_page_offers_two_things(company: Stage) -> None:
    page = company.page(company.cast.carl, "/")
    main = page[page.index("<main") : page.index("</main>")]
    links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>.*?<b>(.*?)</b>', main, re.DOTALL)
    assert links == [("/tickets/new/", "Submit a ticket"), ("/tickets/", "My tickets")]
    assert (main.count("<a "), main.count("<form")) == (2, 0)
    answer = Client().post("/sign-in/", {"login": "carl", "password": "correct horse battery"})
    assert answer.url == "/"


def test_s4_4_the_help_topic_leads_to_the_department(company: Stage) -> None:
    carl, ada, lena = company.cast.carl, company.cast.ada, company.cast.lena
    ticket = company.open(carl, topic=topic("CRM Support"), field_brand=BRAND, field_issue=ISSUE)
    assert ticket.team is not None
    assert ticket.team.name == "CRM"
    assert 'aria-label="Change: Team"' in company.page(lena, f"/desk/tickets/{ticket.number}/")
    assert [mail.subject for mail in company.mails(lena)] == [f"[#{ticket.number}] The printer is on fire"]
    assert company.mails(ada) == []


def test_s4_5_it_support_is_preselected_with_its_fields(company: Stage) -> None:
    page = company.page(company.cast.carl, NEW)
    assert options(page, "topic") == [
        ("IT support", True), ("CRM Support", False), ("Finance", False), ("Human resources", False), ("Facilities", False),
    ]  # fmt: skip
    assert "Help Topic" in labels(page)
    assert [name for name, _chosen in options(page, "field_brand")][-3:] == ["Main brand", "Second brand", "All brands"]
    catalog.save_topic(
        by=company.cast.otto, at=company.now, topic=Topic.objects.get(name="Finance"), name="Finance", is_default=True
    )
    assert ("Finance", True) in options(company.page(company.cast.carl, NEW), "topic")


def test_s4_6_what_must_be_filled_in_has_a_red_asterisk(company: Stage) -> None:
    carl = company.cast.carl
    page = company.page(carl, NEW)
    assert {name for name in labels(page) if name.endswith("* required")} == {
        "Subject * required", "Message * required", "Brand * required",
    }  # fmt: skip
    assert page.count('<span class="req" aria-hidden="true">*</span>') == 3
    refused = company.submit(carl, subject="", text="", field_brand="").content.decode()
    assert [name for name in ("Subject", "Message", "Brand") if f">{name}</a>:" in refused] == [
        "Subject",
        "Message",
        "Brand",
    ]
    assert Ticket.objects.count() == 0
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"?]+)">', page)
    css = b"".join(company.of(carl).get(sheet)).decode()
    assert re.findall(r"\.req\s*\{\s*color:[^;]*(--\w+)", css) == ["--danger"]


def test_s4_7_another_topic_swaps_the_fields_and_loses_nothing(company: Stage) -> None:
    carl = company.cast.carl
    form = fill(company.page(carl, NEW), NEW, subject="No access", text="Since noon.", topic=topic("CRM Support"))
    looked = company.of(carl).post(NEW, {**form, "look": "asked", "files": [upload("error.pdf", pdf())]})
    page = looked.content.decode()
    kept = fill(page, NEW)
    assert (looked.status_code, Ticket.objects.count()) == (200, 0)
    assert (kept["subject"], kept["text"], len(kept["file"])) == (["No access"], ["Since noon."], 1)
    assert "Issue * required" in labels(page)
    refused = company.of(carl).post(NEW, {**kept, "field_brand": BRAND})
    assert (refused.status_code, len(staged(refused.content.decode()))) == (422, 1)
    assert ">Issue</a>:" in refused.content.decode()
    again = fill(refused.content.decode(), NEW, topic=topic("IT support"), field_issue="nonsense")
    assert company.of(carl).post(NEW, again).status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.topic.name, ticket.fields) == ("IT support", {"brand": BRAND})
    assert [file.name for file in Message.objects.get().attachments.all()] == ["error.pdf"]


def test_s4_8_a_field_is_everyones_or_one_topics_or_shared(company: Stage) -> None:
    carl, otto = company.cast.carl, company.cast.otto

    def asked(name: str) -> list[str]:
        look = fill(company.page(carl, NEW), NEW, topic=topic(name))
        page = company.of(carl).post(NEW, {**look, "look": "asked"}).content.decode()
        return [label for label in labels(page) if label.partition(" ")[0] in {"Brand", "Issue", "Budget"}]

    assert [asked(name) for name in ("IT support", "CRM Support", "Finance")] == [
        ["Brand * required"], ["Brand * required", "Issue * required"], ["Brand * required"],
    ]  # fmt: skip
    shared = [Topic.objects.get(name=name) for name in ("Finance", "Facilities")]
    catalog.save_field(
        by=otto, at=company.now, label="Budget", kind=Field.Kind.NUMBER, customers=Access.WRITE, topics=shared
    )
    assert [asked(name) for name in ("Finance", "Facilities", "IT support")] == [
        ["Brand * required", "Budget"], ["Brand * required", "Budget"], ["Brand * required"],
    ]  # fmt: skip
    wrong = company.submit(carl, topic=topic("Finance"), field_brand=BRAND, field_budget="much")
    assert (wrong.status_code, "Since this morning.</textarea>" in wrong.content.decode()) == (422, True)
    ticket = company.open(carl, topic=topic("Finance"), field_brand=BRAND, field_budget="12,5")
    assert facts(company.page(carl, f"/tickets/{ticket.number}/"))["Brand"] == BRAND
    assert ticket.fields == {"brand": BRAND, "budget": "12.5"}


def test_s4_9_files_are_attached_below_the_message_box(company: Stage) -> None:
    carl = company.cast.carl
    page = company.page(carl, NEW)
    shown = re.sub(r"<button[^>]*aria-hidden.*?</button>", "", page)
    assert re.findall('name="text"|type="file"|Submit ticket', shown) == ['name="text"', 'type="file"', "Submit ticket"]
    refused = company.submit(carl, upload("error.pdf", pdf()), field_brand="")
    assert (refused.status_code, len(staged(refused.content.decode()))) == (422, 1)
    ticket = company.open(carl, upload("error.pdf", pdf()), field_brand=BRAND)
    assert "error.pdf" in company.words(carl, f"/tickets/{ticket.number}/")


def test_s4_10_thirty_megabytes_in_all_of_four_kinds_by_content(company: Stage) -> None:
    carl = company.cast.carl
    three = [upload(f"{name}.pdf", pdf(11 * MB, text=name)) for name in "abc"]
    refused = company.submit(carl, *three, field_brand=BRAND).content.decode()
    assert "“c.pdf” was left out: 33 MB of 30 MB." in reading.errors(refused)
    assert len(staged(refused)) == 2
    disguised = company.submit(carl, upload("setup.png", b"MZ" + bytes(600)), field_brand=BRAND)
    assert (disguised.status_code, "Since this morning.</textarea>" in disguised.content.decode()) == (422, True)
    assert "“setup.png” is not what its name says" in reading.errors(disguised.content.decode())
    assert company.submit(carl, upload("notes.txt", b"plain words"), field_brand=BRAND).status_code == 422
    assert Ticket.objects.count() == 0
    company.open(carl, upload("photo.jpeg", picture(form="JPEG")), upload("b.png", picture()), field_brand=BRAND)
    assert list(Message.objects.get().attachments.order_by("pk").values_list("name", flat=True)) == [
        "photo.jpeg",
        "b.png",
    ]


def test_s4_11_my_tickets_lists_all_with_where_they_stand(company: Stage) -> None:
    carl, ada = company.cast.carl, company.cast.ada
    first = company.open(carl, field_brand=BRAND)
    company.later(minutes=1)
    company.open(carl, subject="The scanner, too", field_brand=BRAND)
    company.later(minutes=1)
    company.put(ada, first, "In progress")
    page = company.page(carl, "/tickets/")
    assert [(row[0], row[5]) for row in rows(page)] == [
        ("The printer is on fire", "In progress"), ("The scanner, too", "Opened"),
    ]  # fmt: skip
    assert company.tab(company.cast.eve, "open") == []
    assert company.of(company.cast.eve).get(f"/tickets/{first.number}/").status_code == 404


def test_s4_12_two_filters_opened_and_resolved(company: Stage) -> None:
    carl, ada = company.cast.carl, company.cast.ada
    opened = company.open(carl, field_brand=BRAND)
    done = company.open(carl, subject="The scanner, too", field_brand=BRAND)
    company.put(ada, done, "Resolved")
    page = company.page(carl, "/tickets/")
    tabs = re.search(r'<nav[^>]*aria-label="Which tickets".*?</nav>', page, re.DOTALL)
    assert tabs
    assert [reading.words(tab) for tab in re.findall(r"<a .*?</a>", tabs[0], re.DOTALL)] == ["Opened 1", "Resolved 1"]
    assert [[row[1] for row in company.tab(carl, tab)] for tab in ("open", "solved", "nonsense")] == [
        [f"#{opened.number}"], [f"#{done.number}"], [f"#{opened.number}"],
    ]  # fmt: skip


def test_s4_13_eight_columns(company: Stage) -> None:
    carl, ada = company.cast.carl, company.cast.ada
    ticket = company.open(carl, field_brand=BRAND)
    company.answer(ada, ticket, "Have you tried water?")
    page = company.page(carl, "/tickets/")
    assert headings(page) == COLUMNS
    assert rows(page) == [
        ["The printer is on fire", f"#{ticket.number}", "Medium", "IT support", "Ada", "Waiting for you", "You"],
    ]  # fmt: skip
    assert len(re.findall(r"<td[^>]*><time", page)) == 1


def test_s4_14_the_subject_opens_the_ticket_inside_the_list(company: Stage) -> None:
    carl = company.cast.carl
    ticket = company.open(carl, upload("error.pdf", pdf()), field_brand=BRAND)
    page = company.page(carl, "/tickets/")
    assert re.findall(r'<td class="subject"><a href="([^"]+)"([^>]*)>', page) == [
        (f"/tickets/{ticket.number}/", " data-opens")
    ]
    part = company.of(carl).get(f"/tickets/{ticket.number}/", headers={"HX-Request": "true", "HX-Target": "ticket"})
    words = reading.words(part.content.decode())
    assert ("<html" in part.content.decode(), "Since this morning." in words, "error.pdf" in words) == (
        False,
        True,
        True,
    )
    assert f'action="/tickets/{ticket.number}/replies/"' in part.content.decode()
    assert company.of(company.cast.eve).get(f"/tickets/{ticket.number}/").status_code == 404


def test_s4_15_the_timeline_has_every_status_and_every_reply(company: Stage) -> None:
    carl, ada = company.cast.carl, company.cast.ada
    ticket = company.open(carl, field_brand=BRAND)
    company.put(ada, ticket, "In progress")
    company.answer(ada, ticket, "Have you tried water?")
    company.put(ada, ticket, "Resolved")
    company.write(carl, ticket, "It burns under water.")
    page = company.page(carl, f"/tickets/{ticket.number}/")
    assert [text for _name, text in reading.said(page)] == [
        "Since this morning.", "Have you tried water?", "It burns under water.",
    ]  # fmt: skip
    told = " · ".join(reading.told(page))
    assert [name for name in ("In progress", "Waiting for you", "Resolved", "Opened") if name in told] == [
        "In progress", "Waiting for you", "Resolved", "Opened",
    ]  # fmt: skip


def test_s4_16_writing_in_a_resolved_ticket_refuses_the_solution(company: Stage) -> None:
    carl, ada = company.cast.carl, company.cast.ada
    ticket = company.open(carl, field_brand=BRAND)
    company.set(ada, ticket, "assignee", ada.pk)
    company.put(ada, ticket, "Resolved")
    told = len(company.mails(ada))
    assert company.write(carl, ticket, "  ").status_code == 422
    assert (fresh(ticket).category, fresh(ticket).attempts) == (Category.RESOLVED, 0)
    assert company.write(carl, ticket, "It still burns.").status_code == 303
    assert (fresh(ticket).category, fresh(ticket).attempts) == (Category.OPEN, 1)
    (mail,) = company.mails(ada)[told:]
    assert "not accept" in mail.text
    assert "It still burns." in mail.text
    company.put(ada, ticket, "Resolved")
    assert company.press(carl, ticket, "reopen").status_code == 303
    assert fresh(ticket).attempts == 2


def test_s4_17_a_manager_sees_the_tickets_of_the_own_people(company: Stage) -> None:
    cast = company.cast
    for person in (cast.carl, cast.cora, cast.eve, cast.mona):
        company.open(person, subject=f"{person.name} asks", field_brand=BRAND)
        company.later(minutes=1)
    page = company.page(cast.mona, "/tickets/")
    assert headings(page) == COLUMNS
    assert [(row[0], row[6]) for row in rows(page)] == [
        ("Mona asks", "You"), ("Cora asks", "Cora"), ("Carl asks", "Carl"),
    ]  # fmt: skip
    assert [row[0] for row in company.tab(cast.carl, "open")] == ["Carl asks"]


def test_s4_18_from_stands_in_every_list_and_what_managers_may_is_a_setting(company: Stage) -> None:
    cast = company.cast
    ticket = company.open(cast.carl, field_brand=BRAND)
    company.open(cast.cora, subject="Cora asks", field_brand=BRAND)
    assert [row[6] for row in company.tab(cast.carl, "open")] == ["You"]
    assert [row[6] for row in company.tab(cast.mona, "open", f"&from={cast.carl.pk}")] == ["Carl"]
    assert len(company.tab(cast.mona, "open", f"&from={cast.eve.pk}")) == 2
    assert len(company.tab(cast.mona, "open", "&from=nonsense")) == 2
    assert company.write(cast.mona, ticket, "I know this one.").status_code == 303
    here = f"/tickets/{ticket.number}/"
    written = fill(company.page(cast.mona, here), f"{here}replies/", text="And this.")
    configure(by=cast.otto, at=company.now, managers_may_reply=False, managers_may_close=False)
    page = company.page(cast.mona, here)
    assert (f'action="{here}replies/"' in page, f'action="{here}close/"' in page) == (False, False)
    refused = company.of(cast.mona).post(f"{here}replies/", written)
    assert (refused.status_code, "And this." in refused.content.decode()) == (422, True)
    assert Message.objects.filter(ticket=ticket).count() == 2


def test_s4_19_who_leaves_keeps_their_tickets_and_so_does_the_organization(company: Stage) -> None:
    cast = company.cast
    before = company.open(cast.carl, field_brand=BRAND)
    put_in_organization(cast.carl, organization=cast.elsewhere, is_manager=False, by=cast.otto, at=company.now)
    company.sign_in_again()
    carl = User.objects.get(pk=cast.carl.pk)
    company.later(minutes=1)
    after = company.open(carl, subject="In the new place", field_brand=BRAND)
    assert [row[1] for row in company.tab(carl, "open")] == [f"#{after.number}", f"#{before.number}"]
    assert [row[1] for row in company.tab(cast.mona, "open")] == [f"#{before.number}"]
    assert company.of(cast.mona).get(f"/tickets/{after.number}/").status_code == 404
    assert company.write(carl, before, "Still mine.").status_code == 303
    assert company.tab(cast.eve, "open") == []
