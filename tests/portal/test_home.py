"""The customers' front door."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.desk.changes import configure
from deskhand.tickets.models.choices import Category
from tests import make
from tests.cast import Cast
from tests.portal import reading


def test_nobody_signs_in_first(client: Client, cast: Cast) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=%2F")


def test_s4_3_home_offers_two_things_and_s5_6_a_search_and_the_closed_tickets(
    client: Client, cast: Cast, at: datetime
) -> None:
    make.ticket(cast.carl, at=at)
    make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)
    client.force_login(cast.carl)
    page = client.get("/").content.decode()
    tiles = re.findall(r'<a class="card tile" href="([^"]+)">(.*?)</a>', page, re.DOTALL)
    assert [address for address, _words in tiles] == ["/tickets/new/", "/tickets/?tab=waiting"]
    assert reading.words(tiles[0][1]).startswith("Open a ticket Something is wrong")
    assert reading.words(tiles[1][1]) == "My tickets 2 open, 1 needs your answer"
    assert 'action="/tickets/"' in page
    assert 'href="/tickets/?tab=closed"' in page


def test_the_counts_say_when_nothing_waits(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    assert "1 open, none needs your answer" in client.get("/").content.decode()
    make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    assert "Nothing is open." in client.get("/").content.decode()


def test_s5_8_the_newest_tickets_stand_at_home(client: Client, cast: Cast, at: datetime) -> None:
    for minute in range(7):
        make.ticket(cast.carl, at=make.later(at, minute))
    client.force_login(cast.carl)
    page = client.get("/").content.decode()
    assert reading.numbers(page) == ["#1007", "#1006", "#1005", "#1004", "#1003"]
    assert 'href="/tickets/?tab=all"' in page


def test_a_new_customer_reads_what_will_stand_here(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.eve)
    page = client.get("/").content.decode()
    assert reading.rows(page) == []
    assert "Your tickets will stand here" in page


def test_staff_find_the_way_to_the_workspace_and_customers_do_not(client: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    client.force_login(cast.ada)
    page = client.get("/").content.decode()
    assert "Go to the workspace" in page
    assert reading.rows(page) == []
    client.force_login(cast.carl)
    assert "/desk/" not in client.get("/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_home_costs_the_same_queries_for_one_row_and_for_three(
    client: Client, cast: Cast, at: datetime, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    client.get("/")
    with django_assert_num_queries(3):
        assert len(reading.rows(client.get("/").content.decode())) == count


def test_s4_3_home_is_put_together_from_the_desks_blocks_in_its_order(client: Client, cast: Cast, at: datetime) -> None:
    said = {"announcement": "Checkout is **down**. <script>", "guide": "- a bug\n- {{ desk.name }}"}
    configure(
        by=cast.otto, at=at, home=["guide", "tiles", "announcement"], labels={"my_tickets": "My requests"}, **said
    )
    client.force_login(cast.carl)
    page = client.get("/").content.decode()
    words = reading.words(page[page.index("<main") : page.index("</main>")])
    assert words == (
        "How can we help? When to open a ticket a bug {{ desk.name }} Open a ticket Something is wrong, or you are not sure "
        "how it works. Our team is told the moment you send it. My requests Nothing is open. Checkout is down . <script>"
    )
    assert "<strong>down</strong>" in page
    assert "<script>" not in page[page.index("<main") : page.index("</main>")]


def test_an_empty_announcement_shows_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get("/").content.decode()
    assert 'class="announcement"' not in page
    assert 'id="guide"' not in page


def test_a_home_without_lists_reads_none(
    client: Client, cast: Cast, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    configure(by=cast.otto, at=at, home=["search"])
    client.force_login(cast.carl)
    client.get("/")
    with django_assert_num_queries(1):  # who asks
        client.get("/")
