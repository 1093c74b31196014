"""Manual 5, "When do I open a support ticket?", row by row on its preset: what it says, and what happens to bad input."""

import re
from email import message_from_bytes
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.changes import deactivate, set_team_members
from deskhand.accounts.models import Team, User
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from deskhand.mail.wire import compose
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests.cast import PASSWORD
from tests.forms import fill, send
from tests.manuals.stage import NEW, Stage, facts, fresh, headings, labels, rows
from tests.portal import reading

ADMIN = "https://shop.example/admin"
ACCOUNT, MAILS = "/account/", "/account/mails/"
SSO, PROOF = "/sso/", "/account/it-is-you/"
FORGOTTEN = "/password/forgotten/"


def topic(name: str) -> int:
    return Topic.objects.get(name=name).pk


def second_step(agency: Stage, person: User, *, area: str = "Support", kind: str = "Bug") -> str:
    """The details, past the area and the issue type."""
    first = fill(agency.page(person, NEW), NEW, area=topic(area), **{f"type_{topic(area)}": topic(kind)})
    led = agency.of(person).get(NEW, first)
    assert led.status_code == 303
    return agency.page(person, led.url)


def saved(agency: Stage, person: User, **typed: Any) -> HttpResponse:  # noqa: ANN401 - what a form takes
    """Both steps, and what came of pressing Save."""
    steps = {name: typed.pop(name) for name in ("area", "kind") if name in typed}
    given = {"subject": "The cart is empty", "text": "After the payment.", **typed}
    return agency.of(person).post(NEW, fill(second_step(agency, person, **steps), NEW, **given))


def opened(agency: Stage, person: User, **typed: Any) -> Ticket:  # noqa: ANN401 - what a form takes
    """The same, and it worked."""
    answer = saved(agency, person, **typed)
    assert answer.status_code == 303, reading.errors(answer.content.decode())
    agency.work()
    return Ticket.objects.latest("pk")


def ask(agency: Stage, agent: User, ticket: Ticket, text: str) -> None:
    """A reply of which the agent says that it is a question."""
    here = f"/desk/tickets/{ticket.number}/"
    sent = send(agency.of(agent), here, f"{here}messages/", kind="reply", text=text, is_question="on")
    assert sent.status_code == 303
    agency.later(seconds=30)


def developers(agency: Stage, *people: User) -> None:
    """Who works in Development."""
    team = Team.objects.get(name="Development")
    set_team_members(team, members=people, by=agency.cast.otto, at=agency.now)


def told(agency: Stage, person: User) -> list[list[str]]:
    """What stands on top of each mail to this person."""
    return [mail.text.partition("\n\n")[0].splitlines() for mail in agency.mails(person)]


def way_back(html: str) -> list[tuple[str, str]]:
    """The links back to a site: where they lead, and what they say."""
    found = re.findall(r'<a class="way-back" href="([^"]*)">(.*?)</a>', html, re.DOTALL)
    return [(address, reading.words(words)) for address, words in found]


def test_s5_2_a_text_says_when_to_open_a_ticket(agency: Stage) -> None:
    carl, otto = agency.cast.carl, agency.cast.otto
    home = agency.words(carl, "/")
    assert "When to open a ticket Open a ticket when your project is live and something is wrong" in home
    assert "E-mailing a representative does not open a ticket." in home
    settings = "/desk/settings/portal/"
    script = "<script>alert(1)</script>"
    assert send(agency.of(otto), settings, settings, guide=f"Only when it **burns**. {script}").status_code == 303
    page = agency.page(carl, "/")
    assert "Only when it <strong>burns</strong>." in page
    assert (script in page, "your project is live" in page) == (False, False)
    refused = send(agency.of(otto), settings, settings, guide="x" * 20_000)
    assert (refused.status_code, "x" * 20_000 in refused.content.decode()) == (422, True)
    assert send(agency.of(otto), settings, settings, guide="").status_code == 303
    assert "When to open a ticket" not in agency.words(carl, "/")


def test_s5_3_a_link_in_the_clients_own_site_leads_in_and_back(agency: Stage) -> None:
    otto = agency.of(agency.cast.otto)
    settings = "/desk/settings/portal/"
    refused = send(otto, settings, settings, return_addresses="https://shop.example/admin\njavascript:alert(1)")
    assert (refused.status_code, "javascript:alert(1)" in refused.content.decode()) == (422, True)
    assert send(otto, settings, settings, return_addresses="https://shop.example").status_code == 303
    client = Client()
    gate = client.get(f"/?return={ADMIN}", follow=True)
    assert way_back(gate.content.decode()) == [(ADMIN, "Back to shop.example")]
    assert client.post("/sign-in/", {"login": "carl", "password": PASSWORD, "next": "/"}).url == "/"
    for address in ("/", "/tickets/", NEW):
        assert way_back(client.get(address).content.decode()) == [(ADMIN, "Back to shop.example")]
    for wrong in (
        "https://shop.example.evil.example/", "https://evil.example/admin", "http://shop.example/admin",
        "https://shop.example:444/admin", "https://shop.example@evil.example/", "javascript:alert(1)", "//shop.example/admin",
    ):  # fmt: skip
        stranger = agency.of(agency.cast.eve).get("/", {"return": wrong})
        assert (stranger.status_code, way_back(stranger.content.decode())) == (200, [])
    configure(by=agency.cast.otto, at=agency.now, return_addresses=[])
    assert way_back(client.get("/").content.decode()) == []


def test_s5_3_a_signed_link_brings_in_without_a_password_and_opens_nobody_elses_account(agency: Stage) -> None:
    cast, otto, page = agency.cast, agency.of(agency.cast.otto), "/desk/settings/sign-on/"
    assert send(otto, PROOF, PROOF, password=PASSWORD).status_code == 303
    assert send(otto, page, page, name=" ").status_code == 422
    added = send(otto, page, page, name="Client shop").content.decode()
    secret = unescape(re.findall(r'id="secret" readonly value="([^"]+)"', added)[0])
    product: dict[str, Any] = {"SECRET": secret}
    exec(unescape(re.findall(r"<code>(.*?)</code>", added, re.DOTALL)[0]), product)

    def link(email: str = "nora@x.example", name: str = "Nora Berg", pk: int = 4711) -> str:
        user = SimpleNamespace(id=pk, email=email, name=name, company="Acme")
        return str(product["support_link"](user)).removeprefix("http://desk.example")

    configure(by=cast.otto, at=agency.now, return_addresses=["https://shop.example"])
    nora, signed = Client(), link()
    asks = nora.get(f"{signed}&return={ADMIN}").content.decode()
    assert ("Continue as Nora Berg?" in asks, way_back(asks)) == (True, [(ADMIN, "Back to shop.example")])
    assert (nora.get("/").status_code, User.objects.filter(email="nora@x.example").exists()) == (303, False)
    led = nora.post(SSO, fill(asks, SSO))
    assert (led.status_code, led.url) == (303, NEW)
    first = nora.get(f"{NEW}?return=https://evil.example/").content.decode()
    assert ("Step 1 of 2" in first, way_back(first)) == (True, [(ADMIN, "Back to shop.example")])
    person = User.objects.get(email="nora@x.example")
    assert (person.role, person.organization, person.is_manager) == ("customer", cast.acme, False)
    again = Client().get(signed)
    assert (again.status_code, "This link has been used" in again.content.decode()) == (410, True)
    late = link()
    agency.later(seconds=71)
    assert Client().get(late).status_code == 410
    assert Client().get(late.replace("token=ey", "token=ez")).status_code == 400
    for other in (cast.carl, cast.lena):
        stranger = Client()
        answer = send(stranger, link(other.email, other.name, other.pk), SSO)
        assert (answer.status_code, answer.url) == (303, "/sso/link/")
        assert stranger.get("/").status_code == 303
        assert other.name not in stranger.get("/sso/link/").content.decode()


@pytest.mark.parametrize("login", ["carl", "carl@customer.example", "CARL@customer.example "])
def test_s5_4_one_signs_in_with_username_or_e_mail_and_password(agency: Stage, login: str) -> None:
    client = Client()
    page = client.get("/sign-in/").content.decode()
    assert labels(page)[:2] == ["E-mail or username * required", "Password * required"]
    stranger = login.replace("c", "k", 1).replace("C", "K", 1)
    answers = [
        client.post("/sign-in/", {"login": name, "password": password})
        for name, password in ((login, "a wrong one, twice"), (stranger, PASSWORD), (login, ""))
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    said = [re.findall(r'<span class="error"[^>]*>(.*?)</span>', answer.content.decode()) for answer in answers]
    assert said[0] == said[1] != said[2]
    assert f'value="{login}"' in answers[0].content.decode()
    assert client.get("/").status_code == 303
    assert client.post("/sign-in/", {"login": login, "password": PASSWORD}).url == "/"
    assert client.get("/").status_code == 200


def test_s5_5_a_forgotten_password_is_replaced_by_a_mailed_link(agency: Stage, settings: Settings) -> None:
    carl, client = agency.cast.carl, Client()
    settings.MAIL_FROM = "support@agency.example"
    gate = client.get("/sign-in/").content.decode()
    links = {reading.words(words): address for address, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', gate)}
    assert links["Forgot your password?"] == FORGOTTEN
    answers = [send(client, FORGOTTEN, FORGOTTEN, email=email) for email in (carl.email, "nobody@customer.example")]
    agency.work()
    assert {(answer.status_code, answer.url) for answer in answers} == {(303, "/password/forgotten/sent/")}
    assert not Mail.objects.filter(to_address="nobody@customer.example", sealed__gt="").exists()
    (mail,) = agency.mails(carl)
    sent = message_from_bytes(compose(mail, secret=mail.secret))
    assert str(sent["From"]) == '"Nordlys support" <support@agency.example>'
    link = mail.secret.removeprefix("http://desk.example")
    own = client.get(link).url
    assert send(client, own, own, password1="short").status_code == 422
    assert send(client, own, own, password1="a sentence of words").status_code == 303
    assert Client().post("/sign-in/", {"login": "carl", "password": PASSWORD}).status_code == 422
    assert Client().post("/sign-in/", {"login": "carl", "password": "a sentence of words"}).url == "/"
    assert "This link is old" in Client().get(link, follow=True).content.decode()


def test_s5_6_the_first_page_has_search_closed_tickets_and_a_way_to_open_one(agency: Stage) -> None:
    carl, ada = agency.cast.carl, agency.cast.ada
    current, done = opened(agency, carl), opened(agency, carl, subject="The logo is cut off")
    agency.put(ada, done, "Closed")
    assert Client().post("/sign-in/", {"login": "carl", "password": PASSWORD}).url == "/"
    home = agency.page(carl, "/")

    def found(words: str) -> list[str]:
        looked = agency.of(carl).get("/tickets/", fill(home, "/tickets/", q=words)).content.decode()
        return [row[0] for row in rows(looked)]

    assert [found(words) for words in ("cart", "logo", "nonsense'%")] == [
        [f"#{current.number}"], [f"#{done.number}"], [],
    ]  # fmt: skip
    by_number = agency.of(carl).get("/tickets/", fill(home, "/tickets/", q=f"#{done.number}"))
    assert (by_number.status_code, by_number.url) == (303, f"/tickets/{done.number}/")
    main = home[home.index("<main") : home.index("</main>")]
    leads = {reading.words(words): address for address, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', main)}
    assert [row[0] for row in rows(agency.page(carl, leads["Closed tickets"]))] == [f"#{done.number}"]
    assert [row[0] for row in rows(agency.page(carl, leads["Open tickets"]))] == [f"#{current.number}"]
    tiles = re.findall(r'<a class="card tile" href="([^"]+)">.*?<b>(.*?)</b>', main, re.DOTALL)
    assert tiles == [("/tickets/new/", "Open Ticket"), ("/tickets/", "Tickets")]
    assert rows(agency.page(agency.cast.eve, leads["Closed tickets"])) == []


def test_s5_7_first_the_area_and_the_issue_type_then_the_details_then_save(agency: Stage) -> None:
    carl = agency.cast.carl
    first = agency.page(carl, NEW)
    assert ("Step 1 of 2" in first, 'name="subject"' in first) == (True, False)
    areas = re.findall(r'<input type="radio" name="area" value="(\d+)"[^>]*><b>(.*?)</b>', first)
    assert areas == [(str(topic("Support")), "Support"), (str(topic("New work")), "New work")]
    select = re.search(rf'<select name="type_{topic("Support")}".*?</select>', first, re.DOTALL)
    assert select
    types = re.findall(r"<option[^>]*>(.*?)</option>", select[0])
    assert types == ["Choose one", "Bug", "Product sync", "Formatting", "Something else"]
    for area, kind in (
        ("Support", ""),
        ("Support", topic("Change request")),
        ("New work", topic("Bug")),
        ("Support", "x"),
    ):
        wrong = fill(first, NEW, area=topic(area), **{f"type_{topic(area)}": kind})
        refused = agency.of(carl).get(NEW, wrong)
        assert refused.status_code == 422
        assert fill(refused.content.decode(), NEW)["area"] == [str(topic(area))]
    details = second_step(agency, carl, kind="Product sync")
    assert "Issue type Support › Product sync Change" in reading.words(details)
    assert [label for label in labels(details) if label != "Page"] == [
        "Summary * required",
        "Details * required",
        "Files",
    ]
    assert re.findall(r'<button class="button" type="submit" data-kind="primary"><span>(\w+)</span>', details) == [
        "Save"
    ]
    refused = saved(agency, carl, kind="Product sync", subject="")
    kept = fill(refused.content.decode(), NEW)
    assert (refused.status_code, kept["text"], kept["topic"]) == (
        422,
        ["After the payment."],
        [str(topic("Product sync"))],
    )
    back = agency.of(carl).post(NEW, {**kept, "look": "area"})
    work = topic("New work")
    changed = fill(agency.page(carl, back.url), NEW, area=work, **{f"type_{work}": topic("Change request")})
    again = fill(agency.page(carl, agency.of(carl).get(NEW, changed).url), NEW, subject="Another cart")
    assert again["text"] == ["After the payment."]
    assert agency.of(carl).post(NEW, again).status_code == 303
    ticket = Ticket.objects.get()
    assert ticket.team is not None
    assert (ticket.topic.name, ticket.team.name, ticket.subject) == ("Change request", "Support", "Another cart")


def test_s5_8_after_saving_the_list_shows_the_new_ticket(agency: Stage) -> None:
    carl = agency.cast.carl
    opened(agency, carl)
    refused = saved(agency, carl, subject=" ")
    assert (refused.status_code, len(agency.tab(carl, "open"))) == (422, 1)
    answer = saved(agency, carl, subject="The logo is cut off")
    ticket = Ticket.objects.latest("pk")
    assert (answer.status_code, answer.url) == (303, f"/tickets/?tab=open#row-{ticket.number}")
    listed = agency.page(carl, answer.url)
    assert f'id="row-{ticket.number}"' in listed
    assert f"Ticket #{ticket.number} is open and our team has been told." in reading.words(listed)
    assert headings(listed)[:5] == ["Ticket ID", "Summary", "Issue type", "Status", "Last replier"]
    assert [row[:2] for row in rows(listed)] == [
        [f"#{ticket.number}", "The logo is cut off"], [f"#{ticket.number - 1}", "The cart is empty"],
    ]  # fmt: skip
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"?]+)">', listed)
    css = b"".join(agency.of(carl).get(sheet)).decode()
    assert re.findall(r"&:target\s*\{\s*background:[^;]*;\s*outline: (2px solid)", css) == ["2px solid"]
    assert agency.tab(agency.cast.eve, "all") == []


def test_s5_9_a_ticket_shows_its_status_comments_and_questions(agency: Stage) -> None:
    carl, ada = agency.cast.carl, agency.cast.ada
    ticket = opened(agency, carl)
    agency.put(ada, ticket, "In development")
    agency.answer(ada, ticket, "We can see it, too.")
    ask(agency, ada, ticket, "Which browser is it?")
    here = f"/tickets/{ticket.number}/"
    listed = agency.page(carl, "/tickets/?tab=all")
    assert re.findall(r'<td class="subject"><a href="([^"#]+)', listed) == [here]
    page = agency.page(carl, here)
    assert reading.said(page) == [
        ("You", "After the payment."), ("Ada", "We can see it, too."), ("Ada", "Which browser is it?"),
    ]  # fmt: skip
    assert facts(page)["Status"] == "Your turn"
    assert "Ada changed the status: Open → In development" in " · ".join(reading.told(page))
    assert "Your turn means: The developers have asked you something." in reading.words(page)
    assert agency.of(agency.cast.eve).get(here).status_code == 404
    assert agency.of(carl).get("/tickets/999999/").status_code == 404


def test_s5_10_a_question_stands_out_from_a_comment(agency: Stage) -> None:
    carl, ada = agency.cast.carl, agency.cast.ada
    ticket = opened(agency, carl)
    here = f"/tickets/{ticket.number}/"
    agency.answer(ada, ticket, "We can see it, too.")
    assert re.findall(r"data-question|class=\"asks\"", agency.page(carl, here)) == []
    assert fresh(ticket).category == Category.IN_PROGRESS
    ask(agency, ada, ticket, "Which browser is it?")
    question = Message.objects.get(ticket=ticket, is_question=True)
    page = agency.page(carl, here)
    assert re.findall(r'id="message-(\d+)"[^>]*data-question="open"', page) == [str(question.pk)]
    words = reading.words(page)
    assert "We asked you a question and wait for your answer." in words
    assert "Needs your answer" in words
    assert [row[1] for row in agency.tab(carl, "waiting")] == ["The cart is empty Needs your answer"]
    assert "Ada asked a question and needs your answer" in agency.mails(carl)[-1].text
    assert fresh(ticket).category == Category.WAITING
    assert agency.write(carl, ticket, " ").status_code == 422
    assert fresh(ticket).asked_at is not None
    assert agency.write(carl, ticket, "Firefox.").status_code == 303
    assert fresh(ticket).asked_at is None
    page = agency.page(carl, here)
    assert re.findall(r'data-question="(\w+)"', page) == ["answered"]
    assert "Needs your answer" not in reading.words(page)
    forged = fill(page, f"{here}replies/", text="A question of mine?", is_question="on")
    assert agency.of(carl).post(f"{here}replies/", forged).status_code == 303
    assert Message.objects.filter(ticket=ticket, is_question=True).get() == question


def test_s5_11_comments_go_straight_to_the_developer_in_charge(agency: Stage) -> None:
    cast = agency.cast
    developers(agency, cast.ada, cast.bea)
    ticket = opened(agency, cast.carl)
    agency.set(cast.ada, ticket, "assignee", cast.ada.pk)
    before = {person: len(agency.mails(person)) for person in (cast.ada, cast.bea, cast.lena, cast.otto)}
    assert "Goes straight to Ada." in agency.words(cast.carl, f"/tickets/{ticket.number}/")
    assert agency.write(cast.carl, ticket, "  ").status_code == 422
    assert agency.write(cast.carl, ticket, "It is the red cart.").status_code == 303
    new = {person: agency.mails(person)[count:] for person, count in before.items()}
    assert [len(mails) for mails in new.values()] == [1, 0, 0, 0]
    assert "It is the red cart." in new[cast.ada][0].text
    agency.set(cast.ada, ticket, "assignee", cast.bea.pk)
    before = {person: len(agency.mails(person)) for person in before}
    assert agency.write(cast.carl, ticket, "And the blue one.").status_code == 303
    assert [len(agency.mails(person)) - count for person, count in before.items()] == [0, 1, 0, 0]


def test_s5_12_with_nobody_in_charge_they_go_to_the_team_and_never_nowhere(agency: Stage) -> None:
    cast = agency.cast
    developers(agency, cast.ada, cast.bea)
    ticket = opened(agency, cast.carl)
    team = (cast.ada, cast.bea, cast.lena, cast.otto)

    def heard(text: str) -> list[int]:
        before = [len(agency.mails(person)) for person in team]
        assert agency.write(cast.carl, ticket, text).status_code == 303
        new = [agency.mails(person)[count:] for person, count in zip(team, before, strict=True)]
        assert all(text in mail.text for mails in new for mail in mails)
        return [len(mails) for mails in new]

    assert "Goes to the team of Nordlys support." in agency.words(cast.carl, f"/tickets/{ticket.number}/")
    assert heard("It is the red cart.") == [1, 1, 0, 0]
    agency.set(cast.ada, ticket, "assignee", cast.bea.pk)
    deactivate(cast.bea, by=cast.otto, at=agency.now)
    assert heard("Is anybody there?") == [1, 0, 0, 0]
    developers(agency)
    assert heard("Now nobody is in the team.") == [1, 0, 1, 1]


def test_s5_13_one_can_look_at_any_time_and_need_not_wait_for_a_mail(agency: Stage, settings: Settings) -> None:
    settings.MAIL_GATHER_S = 120
    carl, ada = agency.cast.carl, agency.cast.ada
    ticket = opened(agency, carl)
    here, desk = f"/tickets/{ticket.number}/", f"/desk/tickets/{ticket.number}/"
    mails = len(agency.mails(carl))
    status = Status.objects.get(name="In development")
    assert send(agency.of(ada), desk, f"{desk}status/", status=status.pk).status_code == 303
    agency.later(seconds=1)
    assert facts(agency.page(carl, here))["Status"] == "In development"
    assert [row[3] for row in agency.tab(carl, "open")] == ["In development"]
    assert [row[3] for row in rows(agency.page(carl, "/"))] == ["In development"]
    assert len(agency.mails(carl)) == mails
    part = agency.of(carl).get(here, headers={"HX-Request": "true", "HX-Target": "ticket"}).content.decode()
    assert ("<html" in part, facts(part)["Status"]) == (False, "In development")
    signed_out = Client().get(here)
    assert (signed_out.status_code, signed_out.url) == (303, f"/sign-in/?next=%2Ftickets%2F{ticket.number}%2F")


def test_s5_14_one_mail_for_a_set_of_changes_names_each_from_what_to_what_and_by_whom(
    agency: Stage, settings: Settings
) -> None:
    settings.MAIL_WINDOW_S, settings.MAIL_GATHER_S = 20, 120
    carl, ada, lena = agency.cast.carl, agency.cast.ada, agency.cast.lena
    ticket = opened(agency, carl)
    desk = f"/desk/tickets/{ticket.number}/"

    def change(agent: User, what: str, value: object) -> None:
        assert send(agency.of(agent), desk, f"{desk}{what}/", **{what: value}).status_code == 303
        agency.later(seconds=30)

    def status(name: str) -> int:
        return Status.objects.get(name=name).pk

    confirmed = len(agency.mails(carl))
    change(ada, "status", status("In development"))
    change(lena, "assignee", ada.pk)
    change(ada, "priority", Priority.objects.get(slug="high").pk)
    assert len(agency.mails(carl)) == confirmed
    agency.later(seconds=30)
    assert told(agency, carl)[confirmed:] == [[
        "Ada changed the status: Open → In development",
        "Lena assigned the ticket: nobody → Ada",
        "Ada changed the priority: Medium → High",
    ]]  # fmt: skip
    agency.later(minutes=10)
    assert len(agency.mails(carl)) == confirmed + 1

    change(ada, "priority", Priority.objects.get(slug="low").pk)  # there and back within the window tells nothing
    change(ada, "priority", Priority.objects.get(slug="high").pk)
    agency.later(minutes=3)
    assert len(agency.mails(carl)) == confirmed + 1

    change(lena, "priority", Priority.objects.get(slug="urgent").pk)
    assert send(agency.of(ada), desk, f"{desk}messages/", kind="reply", text="It is repaired.").status_code == 303
    assert send(agency.of(ada), desk, f"{desk}messages/", kind="note", text="He was rude.").status_code == 303
    agency.later(seconds=10)
    assert len(agency.mails(carl)) == confirmed + 1
    agency.later(seconds=15)  # the reply leaves, and takes along what was gathered
    assert len(agency.mails(carl)) == confirmed + 2
    agency.later(minutes=10)
    (mail,) = agency.mails(carl)[confirmed + 1 :]
    assert told(agency, carl)[-1] == ["Lena changed the priority: High → Urgent", "Ada replied"]
    assert ("It is repaired." in mail.text, "rude" in mail.text) == (True, False)

    change(ada, "status", status("Closed"))
    agency.later(seconds=90)
    assert told(agency, carl)[-1] == ["Ada closed the ticket: In development → Closed"]


def test_s5_15_customers_turn_kinds_of_mail_off_and_at_first_get_all(agency: Stage) -> None:
    carl, ada = agency.cast.carl, agency.cast.ada
    first, second = opened(agency, carl), opened(agency, carl, subject="The logo is cut off")

    def new(ticket: Ticket, status: str, answer: str) -> list[str]:
        before = len(agency.mails(carl))
        agency.put(ada, ticket, status)
        agency.answer(ada, ticket, answer)
        return [line for mail in told(agency, carl)[before:] for line in mail]

    page = agency.page(carl, ACCOUNT)
    boxes = re.findall(r'<input type="checkbox" name="kinds" value="(\w+)"', page)
    assert fill(page, MAILS)["kinds"] == boxes
    assert new(first, "Done", "It is repaired.") == [
        "Ada changed the status: Open → Done", "Ada replied", "Ada reopened the ticket: Done → In development",
    ]  # fmt: skip
    for wrong in ({"level": "none"}, {"kinds": ["replied"]}):
        assert send(agency.of(carl), ACCOUNT, MAILS, **wrong).status_code == 422
    assert send(agency.of(carl), ACCOUNT, MAILS, level="replies").status_code == 303
    assert "kinds" not in fill(agency.page(carl, ACCOUNT), MAILS)
    before = len(agency.mails(carl))
    agency.put(ada, second, "Done")
    assert len(agency.mails(carl)) == before
    agency.answer(ada, second, "It is repaired, too.")
    (mail,) = agency.mails(carl)[before:]
    assert "It is repaired, too." in mail.text
    assert send(agency.of(carl), ACCOUNT, MAILS, kinds=["status"]).status_code == 303
    assert fill(agency.page(carl, ACCOUNT), MAILS)["kinds"] == ["status"]
    before = len(agency.mails(carl))
    agency.set(ada, second, "assignee", ada.pk)
    assert len(agency.mails(carl)) == before
    agency.put(ada, second, "Open")
    assert len(agency.mails(carl)) == before + 1
    assert send(agency.of(carl), ACCOUNT, MAILS, level="every").status_code == 303
    agency.set(ada, second, "assignee", agency.cast.lena.pk)
    assert len(agency.mails(carl)) == before + 2
