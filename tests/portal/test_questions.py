"""What needs the customer: questions that stand out (S5.10), declined tickets (S2.14), the reply button, the sort (S1.c11)."""

import re
from datetime import datetime

import pytest
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Follower, Ticket
from tests import make
from tests.cast import Cast
from tests.portal import reading, shop

COLUMNS = ["subject", "number", "last_activity", "reply"]


def ask(ticket: Ticket, by: User, *, at: datetime, text: str = "Which browser is it?") -> Message:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.reply(compose(text), is_question=True)
    return Message.objects.filter(ticket=ticket, is_question=True).latest("pk")


def questions(page: str) -> list[tuple[str, str, str]]:
    """The messages that ask something: whether it is open, what stands over it, its words."""
    found = re.findall(
        r'<article class="message"[^>]*data-question="(\w+)".*?<p class="asks">(.*?)</p>.*?<div class="prose">(.*?)</div>',
        page, re.DOTALL,
    )  # fmt: skip
    return [(state, reading.words(mark), reading.words(text)) for state, mark, text in found]


def standing(page: str) -> str:
    found = re.search(r'<div class="promise".*?</div>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_s5_10_a_question_stands_out_until_it_is_answered(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.reply(ticket, cast.ada, at=make.later(at), text="We look into it.")
    asked = ask(ticket, cast.ada, at=make.later(at, 2))
    client.force_login(cast.carl)
    page = client.get("/tickets/1001/").content.decode()
    assert questions(page) == [("open", "Needs your answer", "Which browser is it?")]
    sentence = "We asked you a question and wait for your answer. Read the question Answer it"
    assert reading.words(standing(page)).startswith(sentence)
    assert re.findall(r'href="(#[^"]+)"', standing(page)) == [f"#message-{asked.pk}", "#reply"]
    assert f'id="message-{asked.pk}"' in page
    assert '<form id="reply" method="post"' in page
    make.reply(ticket, cast.carl, at=make.later(at, 3), text="Firefox.")
    page = client.get("/tickets/1001/").content.decode()
    assert questions(page) == [("answered", "Question, answered", "Which browser is it?")]
    assert re.findall(r'href="(#[^"]+)"', standing(page)) == []


def test_of_two_questions_the_link_leads_to_the_first_that_is_open(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ask(ticket, cast.ada, at=make.later(at), text="First?")
    make.reply(ticket, cast.carl, at=make.later(at, 2), text="Yes.")
    second = ask(ticket, cast.ada, at=make.later(at, 3), text="Second?")
    ask(ticket, cast.ada, at=make.later(at, 4), text="Third?")
    client.force_login(cast.carl)
    page = client.get("/tickets/1001/").content.decode()
    assert [state for state, _mark, _text in questions(page)] == ["answered", "open", "open"]
    assert re.findall(r'href="(#[^"]+)"', standing(page)) == [f"#message-{second.pk}", "#reply"]


def test_who_reads_along_is_told_whose_answer_is_waited_for(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    ask(ticket, cast.ada, at=make.later(at))
    client.force_login(cast.mona)
    page = client.get("/tickets/1001/").content.decode()
    assert questions(page) == [("open", "Needs an answer from Carl", "Which browser is it?")]
    listed = client.get("/tickets/").content.decode()
    assert reading.words(re.findall(r'<span class="asks">.*?</span>', listed, re.DOTALL)[0]) == "Needs an answer"


def test_a_question_that_was_removed_asks_nothing(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    asked = ask(ticket, cast.ada, at=make.later(at))
    with change_ticket(ticket, by=cast.otto, via=Via.STAFF, at=make.later(at, 2)) as change:
        change.redact(asked)
    client.force_login(cast.carl)
    page = client.get("/tickets/1001/").content.decode()
    assert (questions(page), "This message was removed." in page) == ([], True)
    assert re.findall(r'href="(#[^"]+)"', standing(page)) == []


def test_s5_10_a_row_says_that_it_needs_an_answer_at_home_as_well(client: Client, cast: Cast, at: datetime) -> None:
    ask(make.ticket(cast.carl, at=at, subject="Asked"), cast.ada, at=make.later(at))
    make.ticket(cast.carl, at=at, subject="Not asked")
    client.force_login(cast.carl)
    for path in ("/tickets/?tab=all", "/"):
        cells = [row[0] for row in reading.rows(client.get(path).content.decode())]
        assert cells == ["Asked , new messages Needs your answer", "Not asked"]


def test_eve_reads_no_question(client: Client, cast: Cast, at: datetime) -> None:
    ask(make.ticket(cast.carl, at=at), cast.ada, at=make.later(at))
    client.force_login(cast.eve)
    assert client.get("/tickets/1001/").status_code == 404
    assert "Needs" not in reading.words(client.get("/tickets/?tab=all").content.decode().partition("<tbody>")[2])


# Declined, and what a ticket is about


def test_s2_14_a_declined_ticket_says_kindly_what_support_does_not_cover(
    client: Client, cast: Cast, at: datetime
) -> None:
    theme = shop.product(at=at, not_covered="Translations\nHow to browse")
    ticket = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(purchase=shop.bought(cast.carl, theme, at=at))
    client.force_login(cast.carl)
    assert "Outside what support covers" not in client.get("/tickets/1001/").content.decode()
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=make.later(at)) as change:
        change.decline("Translations", compose("Sorry, we do not translate."))
    page = client.get("/tickets/1001/").content.decode()
    notice = re.findall(r'<div class="notice declined".*?</div>', page, re.DOTALL)
    assert [reading.words(each) for each in notice] == ["Outside what support covers Translations"]
    assert '<dt>Not covered</dt><dd class="answer" dir="auto">Translations</dd>' in page
    make.reply(ticket, cast.carl, at=make.later(at, 2), text="Please!")
    assert "Outside what support covers" not in client.get("/tickets/1001/").content.decode()


def test_s1_4_the_facts_say_what_a_ticket_is_about(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, labels={"purchase": "Product"})
    purchase = shop.bought(cast.carl, shop.product(at=at), at=at)
    place = shop.bind(purchase, "shop.example", at=at)
    ticket = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(purchase=purchase, installation=place)
    client.force_login(cast.carl)
    page = client.get("/tickets/1001/").content.decode()
    facts = reading.words(re.findall(r"<dl>.*?</dl>", page, re.DOTALL)[0])
    assert "Product Harbor theme Installation shop.example" in facts
    assert f'href="/purchases/#purchase-{purchase.pk}"' in page
    client.force_login(cast.mona)  # who manages the organization reads along; the order is Carl's
    page = client.get("/tickets/1001/").content.decode()
    assert "Product Harbor theme Installation shop.example" in reading.words(
        re.findall(r"<dl>.*?</dl>", page, re.DOTALL)[0]
    )
    assert "/purchases/#" not in page


# The list


def test_s1_12_each_row_has_a_button_that_opens_the_ticket_at_its_reply_box(
    client: Client, cast: Cast, at: datetime
) -> None:
    for subject in ("First", "Second"):
        make.ticket(cast.carl, at=at, subject=subject)
    client.force_login(cast.carl)
    assert "#reply" not in client.get("/tickets/").content.decode()
    for expands in (False, True):
        configure(by=cast.otto, at=at, columns=COLUMNS, expands_in_place=expands)
        page = client.get("/tickets/").content.decode()
        found = re.findall(r'<td class="reply"><a class="button"[^>]*href="([^"]+)" aria-label="([^"]+)"([^>]*)>', page)
        assert [(address, name) for address, name, _rest in found] == [
            ("/tickets/1002/#reply", "Reply to #1002 Second"), ("/tickets/1001/#reply", "Reply to #1001 First"),
        ]  # fmt: skip
        assert ["data-opens" in rest for _address, _name, rest in found] == [False, False]
    assert '<form id="reply"' in client.get("/tickets/1001/").content.decode()


def test_the_reply_button_leads_somewhere_also_where_nobody_can_reply(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, customers_may_reopen=False, managers_may_reply=False)
    make.in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    make.ticket(cast.carl, at=at)
    client.force_login(cast.mona)
    for number in (1001, 1002):
        page = client.get(f"/tickets/{number}/").content.decode()
        assert ('<div id="reply">' in page, '<form id="reply"' in page) == (True, False)


@pytest.fixture
def one_of_each(cast: Cast, at: datetime) -> None:
    """Carl's tickets 1001 to 1005: open, in progress, waiting, resolved, closed, the later the newer; 1006 waits and is older."""
    for minute, category in enumerate(Category):
        ticket = make.ticket(cast.carl, at=make.later(at, minute + 10), subject=f"It is {category}")
        make.in_category(ticket, category, by=cast.ada, at=make.later(at, minute + 10))
    early = make.ticket(cast.carl, at=at)
    make.in_category(early, Category.WAITING, by=cast.ada, at=make.later(at))


def sorts(page: str) -> list[tuple[str, str, bool]]:
    menu = re.findall(r'aria-label="Sorted.*?</details>', page, re.DOTALL)[0]
    found = re.findall(r'<a href="([^"]+)"([^>]*)>(.*?)</a>', menu)
    return [(address.replace("&amp;", "&"), name, "aria-current" in rest) for address, rest, name in found]


@pytest.mark.usefixtures("one_of_each")
def test_s1_c11_what_needs_me_comes_first_then_open_in_progress_resolved_closed(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get("/tickets/?tab=all&sort=needs").content.decode()
    assert reading.numbers(page) == ["#1003", "#1006", "#1001", "#1002", "#1004", "#1005"]
    assert sorts(page) == [
        ("/tickets/?tab=all", "Newest first", False),
        ("/tickets/?tab=all&sort=oldest", "Oldest first", False),
        ("/tickets/?tab=all&sort=needs", "Needs me first", True),
    ]
    assert 'name="sort" value="needs"' in page
    assert 'aria-label="Sorted: Needs me first"' in page
    assert "aria-sort" not in page
    newest = reading.numbers(client.get("/tickets/?tab=all").content.decode())
    assert newest == ["#1005", "#1004", "#1003", "#1002", "#1001", "#1006"]
    assert reading.numbers(client.get("/tickets/?tab=open&sort=needs").content.decode()) == [
        "#1003", "#1006", "#1001", "#1002",
    ]  # fmt: skip


@pytest.mark.usefixtures("one_of_each")
def test_s1_c11_a_search_is_sorted_so_as_well(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get("/tickets/?q=It+is&sort=needs").content.decode()
    assert reading.numbers(page) == ["#1003", "#1001", "#1002", "#1004", "#1005"]


def test_pages_of_that_sort_meet_and_are_called_next_and_previous(client: Client, cast: Cast, at: datetime) -> None:
    for minute in range(55):
        ticket = make.ticket(cast.carl, at=make.later(at, minute))
        if minute % 3 == 0:
            make.in_category(ticket, Category.WAITING, by=cast.ada, at=make.later(at, minute))
    client.force_login(cast.carl)
    first = client.get("/tickets/?tab=all&sort=needs").content.decode()
    following = re.search(r'href="([^"]+)"[^>]* rel="next"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).content.decode()
    pager = [reading.words(each) for each in re.findall(r'<nav class="pager".*?</nav>', first + second, re.DOTALL)]
    assert pager == ["Next", "Previous"]
    numbers = reading.numbers(first) + reading.numbers(second)
    waiting = [f"#{number}" for number in range(1055, 1000, -1) if (number - 1001) % 3 == 0]
    others = [f"#{number}" for number in range(1055, 1000, -1) if (number - 1001) % 3]
    assert numbers == [*waiting, *others]


def test_s5_6_home_leads_to_open_and_to_closed_tickets_from_its_search(
    client: Client, cast: Cast, at: datetime
) -> None:
    client.force_login(cast.carl)
    configure(by=cast.otto, at=at, home=["search"])

    def below() -> list[tuple[str, str]]:
        finder = re.findall(r'<div class="finder">.*?</div>', client.get("/").content.decode(), re.DOTALL)[0]
        return re.findall(r'<a href="([^"]+)">(.*?)</a>', finder)

    assert below() == [("/tickets/?tab=open", "Open tickets"), ("/tickets/?tab=closed", "Closed tickets")]
    configure(by=cast.otto, at=at, tabs=[{"tab": "open", "name": ""}, {"tab": "solved", "name": "Done"}])
    assert below() == [("/tickets/?tab=open", "Open tickets"), ("/tickets/?tab=solved", "Closed tickets")]


def test_a_follower_sees_the_question_of_the_ticket_they_follow(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    assert Follower.objects.filter(user=cast.cora).exists()
    ask(ticket, cast.ada, at=make.later(at))
    client.force_login(cast.cora)
    assert [mark for _state, mark, _text in questions(client.get("/tickets/1001/").content.decode())] == [
        "Needs an answer from Carl"
    ]
