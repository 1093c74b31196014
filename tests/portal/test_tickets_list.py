"""My tickets: tabs, search, pages, and whose tickets they are."""

import re
from datetime import datetime
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import User
from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from tests import make
from tests.cast import Cast
from tests.portal import reading


def listed(client: Client, query: str = "") -> list[str]:
    return reading.numbers(client.get(f"/tickets/{query}").content.decode())


def tabs_of(page: str) -> str:
    return re.findall(r'<nav class="tabs".*?</nav>', page, re.DOTALL)[0]


def one_of_each(cast: Cast, at: datetime) -> None:
    """Carl has a ticket in each category; their numbers follow the order of the tabs."""
    for minute, category in enumerate(Category):
        ticket = make.ticket(cast.carl, at=make.later(at, minute), subject=f"It is {category}")
        make.in_category(ticket, category, by=cast.ada, at=make.later(at, minute))


def test_s3_7_s4_11_s4_13_every_ticket_with_its_facts(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at, subject="First")
    answered = make.reply(make.ticket(cast.carl, at=at, subject="Second"), cast.ada, at=make.later(at))
    make.reply(make.ticket(cast.carl, at=at, subject="Third"), cast.carl, at=make.later(at, 2))
    client.force_login(cast.carl)
    page = client.get("/tickets/?tab=all").content.decode()
    assert reading.rows(page) == [
        ["Third", "#1003", "Medium", "Open", "General", "You", "You"],
        ["Second , new messages", "#1002", "Medium", "Waiting for you", "General", "Ada", "You"],
        ["First", "#1001", "Medium", "Open", "General", "Nobody yet", "You"],
    ]
    assert f'datetime="{answered.public_updated_at.isoformat()}"' in page


def test_s4_12_tabs_with_counts(client: Client, cast: Cast, at: datetime) -> None:
    one_of_each(cast, at)
    client.force_login(cast.carl)
    page = client.get("/tickets/").content.decode()
    assert reading.words(tabs_of(page)) == "Open 3 Waiting for you 1 Resolved 1 Closed 1 All 5"
    assert reading.numbers(page) == ["#1003", "#1002", "#1001"]
    assert listed(client, "?tab=waiting") == ["#1003"]
    assert listed(client, "?tab=resolved") == ["#1004"]
    assert listed(client, "?tab=closed") == ["#1005"]
    assert listed(client, "?tab=all") == ["#1005", "#1004", "#1003", "#1002", "#1001"]
    assert listed(client, "?tab=nonsense") == ["#1003", "#1002", "#1001"]


def test_s4_13_columns_are_the_desks_own_in_its_order_and_words(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at, subject="Only")
    columns = ["number", "requester", "created", "subject", "topic"]
    configure(by=cast.otto, at=at, columns=columns, labels={"topic": "Category"})
    client.force_login(cast.carl)
    page = client.get("/tickets/").content.decode()
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    assert heads == ["Ticket ID", "From", "Opened on", "Subject", "Category"]
    assert reading.rows(page) == [["#1001", "You", "Only", "General"]]
    assert f'<td data-label="Opened:"><time datetime="{at.isoformat()}"' in page


def test_s4_12_a_desk_can_have_two_tabs_opened_and_resolved(client: Client, cast: Cast, at: datetime) -> None:
    one_of_each(cast, at)
    tabs = [{"tab": "solved", "name": "Resolved"}, {"tab": "open", "name": "Opened"}]
    configure(by=cast.otto, at=at, tabs=tabs)
    client.force_login(cast.carl)
    page = client.get("/tickets/").content.decode()
    assert reading.words(tabs_of(page)) == "Resolved 2 Opened 3"
    assert reading.numbers(page) == ["#1005", "#1004"]
    assert listed(client, "?tab=open") == ["#1003", "#1002", "#1001"]
    searched = client.get("/tickets/?q=it").content.decode()
    assert reading.words(tabs_of(searched)) == "Resolved Opened All"
    assert len(reading.numbers(searched)) == 5


def test_s4_14_a_subject_is_a_link_that_opens_below_its_row_where_the_desk_wants_that(
    client: Client, cast: Cast, at: datetime
) -> None:
    make.ticket(cast.carl, at=at, subject="Only")
    client.force_login(cast.carl)
    assert '<a href="/tickets/1001/">Only</a>' in client.get("/tickets/").content.decode()
    configure(by=cast.otto, at=at, expands_in_place=True)
    for page in ("/tickets/", "/"):
        assert '<a href="/tickets/1001/" data-opens>Only</a>' in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Nothing is open. If something is wrong, tell us. Open a ticket"),
        ("?tab=waiting", "Nothing waits for your answer. Show open tickets"),
        ("?tab=resolved", "Nothing waits for you to say that it is solved. Show open tickets"),
        ("?tab=closed", "Closed tickets are kept here. There are none yet. Show open tickets"),
        ("?tab=all", "You have no tickets yet. Open your first ticket"),
        ("?tab=open&q=zebra", "No tickets for “zebra” here. Search in all tabs"),
        ("?q=zebra", "No tickets for “zebra”. Search for a number, or for words of the subject. Show all my tickets"),
    ],
)
def test_an_empty_list_says_why_and_what_to_do(client: Client, cast: Cast, query: str, sentence: str) -> None:
    client.force_login(cast.carl)
    page = client.get(f"/tickets/{query}").content.decode()
    empty = re.search(r'<div class="empty">.*?</div>', page, re.DOTALL)
    assert empty is not None
    assert reading.words(empty[0]) == sentence


def test_s5_6_search_finds_words_of_the_subject_in_a_tab_and_everywhere(
    client: Client, cast: Cast, at: datetime
) -> None:
    make.in_category(make.ticket(cast.carl, at=at, subject="Blue printer"), Category.CLOSED, by=cast.ada, at=at)
    make.ticket(cast.carl, at=make.later(at), subject="Red printer")
    make.ticket(cast.eve, at=at, subject="Foreign printer")
    client.force_login(cast.carl)
    assert listed(client, "?q=printer") == ["#1002", "#1001"]
    assert listed(client, "?q=printer+blue") == ["#1001"]
    assert listed(client, "?q=printer&tab=closed") == ["#1001"]
    assert 'name="tab" value="closed"' in client.get("/tickets/?q=printer&tab=closed").content.decode()


@pytest.mark.parametrize("words", ["1001", "#1001", " 1001 "])
def test_s5_6_a_number_leads_to_its_ticket(client: Client, cast: Cast, at: datetime, words: str) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    answer = client.get(f"/tickets/?q={quote(words)}")
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/1001/")
    swapped = client.get(f"/tickets/?q={quote(words)}", headers={"HX-Request": "true", "HX-Target": "tickets"})
    assert (swapped.status_code, swapped["HX-Redirect"]) == (204, "/tickets/1001/")


def test_a_foreign_number_is_only_a_word(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.eve)
    foreign, missing = (client.get(f"/tickets/?q={number}") for number in ("1001", "9009"))
    assert (foreign.status_code, reading.rows(foreign.content.decode())) == (200, [])
    assert reading.settled(foreign.content.decode()).replace("1001", "9009") == reading.settled(
        missing.content.decode()
    )


def test_pages_go_on_and_back(client: Client, cast: Cast, at: datetime) -> None:
    for minute in range(102):
        make.ticket(cast.carl, at=make.later(at, minute // 2), subject="same minute, different ticket")
    client.force_login(cast.carl)
    pages, address = [], "/tickets/"
    for _ in range(3):
        page = client.get(address).content.decode()
        pages.append(reading.numbers(page))
        older = re.search(r'href="([^"]+)"[^>]* rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert [number for numbers in pages for number in numbers] == [f"#{1102 - back}" for back in range(102)]
    assert [len(numbers) for numbers in pages] == [50, 50, 2]
    newer = re.search(r'href="([^"]+)"[^>]* rel="prev"', page)
    assert newer is not None
    assert address == ""
    back = client.get(newer[1].replace("&amp;", "&")).content.decode()
    assert reading.numbers(back) == pages[1]
    first = re.search(r'href="([^"]+)"[^>]* rel="prev"', back)
    assert first is not None
    page = client.get(first[1].replace("&amp;", "&")).content.decode()
    assert (reading.numbers(page), 'rel="prev"' in page) == (pages[0], False)


@pytest.mark.parametrize("key", ["x", "W10=", "%00", "WyJub3ciLCAxXQ=="])
def test_a_key_that_is_not_ours_starts_at_the_beginning(client: Client, cast: Cast, at: datetime, key: str) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    assert listed(client, f"?after={key}") == ["#1001"]
    assert listed(client, f"?before={key}") == ["#1001"]


def test_s4_17_a_manager_reads_from_whom_a_ticket_is(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    make.ticket(cast.mona, at=make.later(at))
    make.ticket(cast.eve, at=at)
    client.force_login(cast.mona)
    page = client.get("/tickets/").content.decode()
    assert [(row[1], row[-1]) for row in reading.rows(page)] == [("#1002", "You"), ("#1001", "Carl")]
    assert "the members of Acme" in page


def test_a05_a_manager_sees_the_organizations_tickets_also_of_who_has_left_it(
    client: Client, cast: Cast, at: datetime
) -> None:
    make.ticket(cast.carl, at=at)
    User.objects.filter(pk=cast.carl.pk).update(organization=cast.elsewhere)
    cast.carl.refresh_from_db()
    make.ticket(cast.carl, at=at)
    client.force_login(cast.mona)
    assert listed(client) == ["#1001"]
    assert client.get("/tickets/1002/").status_code == 404
    client.force_login(cast.carl)
    assert sorted(listed(client)) == ["#1001", "#1002"]


def test_a06_a_colleague_is_no_manager_until_she_follows(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    client.force_login(cast.cora)
    assert (listed(client), client.get("/tickets/1001/").status_code) == ([], 404)
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    page = client.get("/tickets/").content.decode()
    assert [(row[1], row[-1]) for row in reading.rows(page)] == [("#1001", "Carl")]
    assert client.get("/tickets/1001/").status_code == 200


def test_an_agent_reads_here_only_what_concerns_them(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    make.ticket(cast.ada, at=at)
    client.force_login(cast.ada)
    assert listed(client) == ["#1002"]
    assert client.get("/tickets/1001/").status_code == 404
    assert [client.get(f"/tickets/?q={number}").status_code for number in ("1001", "1002")] == [200, 303]


def test_s4_12_a_tab_is_swapped_as_a_part(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    part = client.get("/tickets/", headers={"HX-Request": "true", "HX-Target": "tickets"}).content.decode()
    assert part.startswith('<div class="card" id="tickets" ')
    assert "<html" not in part
    assert reading.numbers(part) == ["#1001"]


def test_h02_a_note_moves_no_row_and_marks_none(client: Client, cast: Cast, at: datetime) -> None:
    older, _newer = make.ticket(cast.carl, at=at), make.ticket(cast.carl, at=make.later(at))
    client.force_login(cast.carl)
    before = client.get("/tickets/").content.decode()
    make.note(older, cast.ada, at=make.later(at, 9))
    assert reading.rows(client.get("/tickets/").content.decode()) == reading.rows(before)
    make.reply(older, cast.ada, at=make.later(at, 10))
    assert reading.numbers(client.get("/tickets/").content.decode()) == ["#1001", "#1002"]


def test_s4_18_a_manager_chooses_whose_tickets(client: Client, cast: Cast, at: datetime) -> None:
    for minute, author in enumerate([cast.carl, cast.cora, cast.mona, cast.eve]):
        make.ticket(author, at=make.later(at, minute), subject=f"The {author.name} printer")
    client.force_login(cast.mona)
    page = client.get("/tickets/").content.decode()
    choices = re.findall(r'<a href="([^"]+)"([^>]*)>(From everybody|Only mine|Carl|Cora|Eve)</a>', page)
    assert [(words, bool(current)) for _address, current, words in choices] == [
        ("From everybody", True), ("Only mine", False), ("Carl", False), ("Cora", False),
    ]  # fmt: skip
    assert reading.numbers(page) == ["#1003", "#1002", "#1001"]
    address = {words: unescape(href).removeprefix("/tickets/") for href, _current, words in choices}
    assert listed(client, address["Carl"]) == ["#1001"]
    assert listed(client, address["Only mine"]) == ["#1003"]
    assert listed(client, address["From everybody"]) == ["#1003", "#1002", "#1001"]
    of_carl = client.get(f"/tickets/{address['Carl']}").content.decode()
    tabs = re.search(r'<nav class="tabs".*?</nav>', of_carl, re.DOTALL)
    assert tabs is not None
    assert reading.words(tabs[0]) == "Open 1 Waiting for you 0 Resolved 0 Closed 0 All 1"
    assert tabs[0].count(f"from={cast.carl.pk}") == 5
    assert f'name="from" value="{cast.carl.pk}"' in of_carl
    assert listed(client, f"?tab=waiting&from={cast.carl.pk}") == []


def test_s4_18_a_choice_shows_nobody_else_s_tickets(client: Client, cast: Cast, at: datetime) -> None:
    for author in (cast.carl, cast.cora, cast.eve):
        make.ticket(author, at=at)
    client.force_login(cast.mona)
    everything = ["#1002", "#1001"]
    assert listed(client, f"?from={cast.eve.pk}") == everything
    assert listed(client, "?from=nonsense") == everything
    client.force_login(cast.carl)
    page = client.get(f"/tickets/?from={cast.cora.pk}").content.decode()
    assert (reading.numbers(page), "Whose tickets" in page) == (["#1001"], False)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("who", "queries"), [("carl", 3), ("mona", 4)])
def test_the_list_costs_the_same_queries_for_one_row_and_for_three(
    client: Client, cast: Cast, at: datetime, count: int, who: str, queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for _ in range(count):
        make.ticket(cast.carl, at=at)
    client.force_login(getattr(cast, who))
    client.get("/tickets/")
    with django_assert_num_queries(queries):
        assert len(reading.rows(client.get("/tickets/").content.decode())) == count


def test_s4_13_the_last_activity_sorts_and_every_address_of_the_list_keeps_it(
    client: Client, cast: Cast, at: datetime
) -> None:
    for minute in range(52):
        make.ticket(cast.carl, at=make.later(at, minute), subject="printer")
    client.force_login(cast.mona)
    page = client.get("/tickets/").content.decode()
    head = re.search(r'<th scope="col" aria-sort="(\w+)"><a href="([^"]+)"', page)
    assert head is not None
    assert (head[1], unescape(head[2])) == ("descending", "/tickets/?tab=open&sort=oldest")
    page = client.get(unescape(head[2])).content.decode()
    assert reading.numbers(page) == [f"#{1001 + number}" for number in range(50)]
    head = re.search(r'<th scope="col" aria-sort="(\w+)"><a href="([^"]+)"', page)
    assert head is not None
    assert (head[1], unescape(head[2])) == ("ascending", "/tickets/?tab=open")
    assert (tabs_of(page).count("sort=oldest"), 'name="sort" value="oldest"' in page) == (5, True)
    assert len(re.findall(r"sort=oldest&amp;from=\d+", page)) == 3
    newer = re.search(r'<nav class="pager".*?href="([^"]+)"[^>]* rel="next".*?</nav>', page, re.DOTALL)
    assert newer is not None
    assert reading.words(newer[0]) == "Newer"
    assert listed(client, unescape(newer[1]).removeprefix("/tickets/")) == ["#1051", "#1052"]
    assert listed(client, "?q=printer&sort=oldest")[:2] == ["#1001", "#1002"]


@pytest.mark.parametrize("sort", ["password", "requester__password", "-id", "%00", "oldest;--", "OLDEST"])
def test_g04_a_sort_that_is_none_leaves_the_usual_order(client: Client, cast: Cast, at: datetime, sort: str) -> None:
    for minute in range(2):
        make.ticket(cast.carl, at=make.later(at, minute))
    client.force_login(cast.carl)
    assert listed(client, f"?sort={quote(sort)}") == ["#1002", "#1001"]
