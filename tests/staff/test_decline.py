"""Out of scope: a ticket is closed with a clause of its product, told kindly, and taken back as a reply is (S2.14)."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.entitlements import catalog
from deskhand.entitlements.models import Product
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import NoSuchFormError, fill, send

CSS, SERVERS = "Lessons in CSS & <HTML>", "The configuration of your server"


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    """A product whose support has two exclusions."""
    return make.product(at=at, name="Harbor theme", not_covered=f"{CSS}\n{SERVERS}")


@pytest.fixture
def ticket(cast: Cast, theme: Product, client: Client, at: datetime) -> Ticket:
    """Carl's ticket about his theme; ada is signed in."""
    client.force_login(cast.ada)
    made = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=made.pk).update(purchase=make.purchase(cast.carl, theme, at=at))
    return Ticket.objects.get(pk=made.pk)


def address(ticket: Ticket, rest: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{rest}"


def words_for(ticket: Ticket, clause: str = CSS) -> str:
    """The page on which a clause has been chosen."""
    return address(ticket, f"decline/?{urlencode({'view': 'open', 'clause': clause})}")


def declined(ticket: Ticket) -> tuple[str | None, str, list[str]]:
    """The clause, where the ticket stands, what its customers read."""
    row = Ticket.objects.get(pk=ticket.pk)
    said = Message.objects.filter(ticket=ticket, by_staff=True, is_public=True).order_by("pk")
    return row.out_of_scope, row.category, [message.text for message in said]


def test_s2_14_the_menu_leads_to_the_clauses_and_each_to_its_words(client: Client, ticket: Ticket) -> None:
    page = client.get(address(ticket)).content.decode()
    assert f'href="{address(ticket, "decline/?view=open")}"' in page

    clauses = client.get(address(ticket, "decline/?view=open")).content.decode()
    links = [f'href="{words_for(ticket, clause).replace("&", "&amp;")}"' in clauses for clause in (CSS, SERVERS)]
    assert (links, "Harbor theme</h3>" in clauses) == ([True, True], True)

    typed = fill(client.get(words_for(ticket)).content.decode(), address(ticket, "decline/"))
    assert typed["clause"] == [CSS]
    assert typed["text"][0].split("\n\n") == [
        "Hello Carl,", "Our support for Harbor theme does not cover what you ask for:", f"> {CSS}",
        "That is why we close this ticket. If we have misunderstood you, answer here, and we look at it again.",
    ]  # fmt: skip
    assert declined(ticket) == (None, Category.OPEN, [])  # a look changes nothing


def test_s2_14_it_closes_the_ticket_with_the_message_and_the_clause(client: Client, cast: Cast, ticket: Ticket) -> None:
    answer = send(client, words_for(ticket), address(ticket, "decline/"), text="Sorry, *no* lessons.")

    assert (answer.status_code, answer["Location"]) == (303, address(ticket, "?view=open"))
    assert declined(ticket) == (CSS, Category.CLOSED, ["Sorry, *no* lessons."])
    page = client.get(answer["Location"]).content.decode()
    plain = page.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert f"declined it, support does not cover this: {CSS}" in plain
    assert f"Out of scope: {CSS}" in plain
    assert "<HTML>" not in page


def test_the_text_is_the_agents_and_an_empty_one_is_refused_with_the_clause_kept(
    client: Client, ticket: Ticket
) -> None:
    answer = send(client, words_for(ticket, SERVERS), address(ticket, "decline/"), text=" ")
    typed = fill(answer.content.decode(), address(ticket, "decline/"))

    assert (answer.status_code, typed["clause"], declined(ticket)) == (422, [SERVERS], (None, Category.OPEN, []))
    assert "Write something first." in answer.content.decode()


def test_htmx_gets_the_conversation_alone(client: Client, ticket: Ticket) -> None:
    headers = {"HX-Request": "true", "HX-Target": "main"}
    part = client.get(words_for(ticket), headers=headers).content.decode()
    assert ("<html" in part, f'action="{address(ticket, "decline/")}"' in part, 'name="kind"' in part) == (
        False, True, False,
    )  # fmt: skip
    sent = send(client, words_for(ticket), address(ticket, "decline/"), htmx=True, text="Sorry.")
    assert sent.status_code == 303


def test_a_clause_that_is_none_asks_for_another_and_declines_nothing(
    client: Client, cast: Cast, theme: Product, ticket: Ticket, at: datetime
) -> None:
    values = fill(client.get(words_for(ticket)).content.decode(), address(ticket, "decline/"), text="Sorry.")
    catalog.change_product(theme, by=cast.otto, at=at, not_covered=SERVERS)
    answer = client.post(address(ticket, "decline/"), values)

    assert (answer.status_code, declined(ticket)) == (422, (None, Category.OPEN, []))
    assert "This clause stands there no more. Choose again." in answer.content.decode()
    page = client.get(words_for(ticket, "made up")).content.decode()
    assert "Out of scope: what does support not cover?" in page


def test_without_a_purchase_the_clauses_of_all_products_stand_by_product(
    client: Client, cast: Cast, theme: Product, at: datetime
) -> None:
    make.product("plan", at=at, name="Harbor hosting", not_covered="Mail servers")
    gone = make.product("old", at=at, name="Old theme", not_covered="Everything")
    catalog.archive_product(gone, by=cast.otto, at=at)
    make.product("bare", at=at, name="Bare")
    bare = make.ticket(cast.carl, at=at)
    client.force_login(cast.ada)
    page = client.get(address(bare, "decline/")).content.decode()
    offered = page.split('class="clauses"')[1].split("</section>")[0]

    assert offered.index("Harbor theme") < offered.index(SERVERS) < offered.index("Harbor hosting")
    assert offered.index("Harbor hosting") < offered.index("Mail servers")
    assert ("Old theme" in offered, "Everything" in offered, "Bare" in offered) == (False, False, False)
    assert (
        "Our support does not cover what you ask for:" in client.get(words_for(bare, "Mail servers")).content.decode()
    )


def test_where_nothing_is_excluded_the_menu_offers_nothing(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    bare = make.ticket(cast.carl, at=at)
    found = ["Out of scope…" in client.get(address(bare)).content.decode()]
    make.product(at=at)
    found.append("Out of scope…" in client.get(address(bare)).content.decode())
    assert "No product says what its support does not cover." in client.get(address(bare, "decline/")).content.decode()
    make.product("other", at=at, not_covered="Lessons")
    found.append("Out of scope…" in client.get(address(bare)).content.decode())
    make.in_category(bare, Category.CLOSED, by=cast.ada, at=at)
    found.append("Out of scope…" in client.get(address(bare)).content.decode())

    assert found == [False, False, True, False]


def test_it_waits_as_a_reply_does_and_can_be_taken_back(
    client: Client, cast: Cast, ticket: Ticket, settings: Settings, at: datetime
) -> None:
    settings.MAIL_WINDOW_S = 20
    send(client, words_for(ticket), address(ticket, "decline/"), text="Sorry, no lessons.")
    assert declined(ticket) == (None, Category.OPEN, [])
    page = client.get(address(ticket)).content.decode()
    assert page.count("Out of scope: Lessons in CSS &amp; &lt;HTML&gt;") == 1

    path = address(ticket, f"scheduled/{ScheduledChange.objects.get().pk}/take-back/")
    answer = client.post(path, fill(page, path))
    assert (answer.status_code, answer["Location"]) == (303, address(ticket, "decline/?view=open"))
    typed = fill(client.get(answer["Location"]).content.decode(), address(ticket, "decline/"))
    assert (typed["clause"], typed["text"]) == ([CSS], ["Sorry, no lessons."])
    assert (ScheduledChange.objects.get().state, declined(ticket)) == (
        ScheduledChange.State.CANCELED, (None, Category.OPEN, []),
    )  # fmt: skip


def test_a_clause_that_went_while_it_waited_is_said_to_its_writer_alone(
    client: Client, cast: Cast, theme: Product, ticket: Ticket, settings: Settings, at: datetime
) -> None:
    settings.MAIL_WINDOW_S = 20
    send(client, words_for(ticket), address(ticket, "decline/"), text="Sorry, no lessons.")
    catalog.change_product(theme, by=cast.otto, at=at, not_covered=SERVERS)
    waiting = ScheduledChange.objects.get()
    jobs.run_due(at=waiting.run_at + timedelta(seconds=1))

    assert (ScheduledChange.objects.get().refusal, declined(ticket)) == (
        "UnknownClauseError",
        (None, Category.OPEN, []),
    )
    page = client.get(address(ticket)).content.decode()
    assert ("this clause stands there no more" in page, "Sorry, no lessons." in page) == (True, True)
    client.force_login(cast.lena)
    assert "Sorry, no lessons." not in client.get(address(ticket)).content.decode()


def test_i08_news_hold_it_once(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    values = fill(client.get(words_for(ticket)).content.decode(), address(ticket, "decline/"), text="Sorry.")
    make.reply(ticket, cast.carl, at=at + timedelta(minutes=1), text="It is a bug after all.")
    answer = client.post(address(ticket, "decline/"), values)
    html = answer.content.decode()

    assert (answer.status_code, declined(ticket)) == (422, (None, Category.OPEN, []))
    assert ("A message came in while you were writing." in html, "It is a bug after all." in html) == (True, True)
    again = fill(html, address(ticket, "decline/"))
    assert (again["clause"], again["text"]) == ([CSS], ["Sorry."])
    assert client.post(address(ticket, "decline/"), again).status_code == 303
    assert declined(ticket) == (CSS, Category.CLOSED, ["Sorry."])


def test_a_second_press_declines_once(client: Client, ticket: Ticket) -> None:
    values = fill(client.get(words_for(ticket)).content.decode(), address(ticket, "decline/"), text="Sorry.")
    answers = [client.post(address(ticket, "decline/"), values) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert Event.objects.filter(ticket=ticket, kind="ticket.out_of_scope").count() == 1
    assert declined(ticket) == (CSS, Category.CLOSED, ["Sorry."])


def test_f09_what_was_typed_survives_an_ended_session(client: Client, cast: Cast, ticket: Ticket) -> None:
    values = fill(client.get(words_for(ticket, SERVERS)).content.decode(), address(ticket, "decline/"), text="Sorry.")
    client.cookies.clear()
    refused = client.post(address(ticket, "decline/"), values)
    back = send(client, refused["Location"], "/sign-in/", login=cast.ada.email, password=PASSWORD)
    typed = fill(client.get(back["Location"]).content.decode(), address(ticket, "decline/"))

    assert (typed["clause"], typed["text"], declined(ticket)) == ([SERVERS], ["Sorry."], (None, Category.OPEN, []))


def test_where_closed_is_closed_the_words_promise_no_answer(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    configure(by=cast.otto, at=at, customers_may_reopen=False)
    assert "open another one and say so." in client.get(words_for(ticket)).content.decode()


@pytest.mark.parametrize("who", ["carl", "eve", "bea"])
def test_nobody_else_declines_it(client: Client, cast: Cast, ticket: Ticket, at: datetime, who: str) -> None:
    """Customers have no desk; bea has one, and not this ticket, once it is another private team's."""
    page = client.get(words_for(ticket)).content.decode()
    values = fill(page, address(ticket, "decline/"), text="Sorry.")
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    client.force_login(getattr(cast, who))
    if who == "bea":
        client.force_login(cast.ada)
        assert client.get(address(hidden, "decline/")).status_code == 404
        client.force_login(cast.bea)
        assert client.get(address(hidden, "decline/")).status_code == 200
    else:
        assert client.get(address(ticket, "decline/")).status_code == 403
        assert client.post(address(ticket, "decline/"), values).status_code == 403
    assert declined(ticket) == (None, Category.OPEN, [])


def test_a_page_without_a_chosen_clause_has_nothing_to_send(client: Client, ticket: Ticket) -> None:
    with pytest.raises(NoSuchFormError):
        fill(client.get(address(ticket, "decline/")).content.decode(), address(ticket, "decline/"))
    assert client.get(address(ticket)).content.decode().count(f'action="{address(ticket, "messages/")}"') == 1
