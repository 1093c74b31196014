"""The lists, and what stands beside them."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from tests import make
from tests.cast import Cast


def rows(client: Client, url: str) -> list[int]:
    """The numbers of the rows on a page of the workspace, from the top."""
    response = client.get(url)
    assert response.status_code == 200
    return [int(part.split('"')[0]) for part in response.content.decode().split('<li id="row-')[1:]]


def test_the_workspace_begins_with_the_unassigned(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    response = client.get("/desk/")
    assert (response.status_code, response["Location"]) == (303, "/desk/tickets/?view=unassigned")


def test_each_view_holds_its_tickets_newest_activity_first(client: Client, cast: Cast, at: datetime) -> None:
    unassigned = make.ticket(cast.carl, at=at, subject="Nobody has it")
    mine = make.ticket(cast.carl, at=at + timedelta(minutes=1), subject="Mine")
    solved = make.ticket(cast.eve, at=at + timedelta(minutes=2), subject="Solved")
    with change_ticket(mine, by=cast.ada, via=Via.STAFF, at=at + timedelta(minutes=3)) as change:
        change.assign(cast.ada)
    make.in_category(solved, Category.RESOLVED, by=cast.ada, at=at + timedelta(minutes=4))
    client.force_login(cast.ada)
    assert rows(client, "/desk/tickets/?view=unassigned") == [unassigned.number]
    assert rows(client, "/desk/tickets/?view=mine") == [mine.number]
    assert rows(client, "/desk/tickets/?view=open") == [mine.number, unassigned.number]
    assert rows(client, "/desk/tickets/?view=solved") == [solved.number]
    assert rows(client, "/desk/tickets/?view=nonsense") == [mine.number, unassigned.number]


def test_a_private_teams_ticket_stands_in_its_members_lists_only(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    found = {}
    for person in (cast.ada, cast.bea, cast.lena, cast.otto):
        client.force_login(person)
        found[person.name] = rows(client, "/desk/tickets/?view=open")
    assert found == {"Ada": [], "Bea": [ticket.number], "Lena": [ticket.number], "Otto": [ticket.number]}


def test_a_list_pages_by_key_to_older_and_back(client: Client, cast: Cast, at: datetime) -> None:
    tickets = [make.ticket(cast.carl, at=at + timedelta(minutes=minute)) for minute in range(53)]
    numbers = [ticket.number for ticket in reversed(tickets)]
    client.force_login(cast.ada)
    page = client.get("/desk/tickets/?view=open").content.decode()
    older = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert rows(client, "/desk/tickets/?view=open") == numbers[:50]
    assert rows(client, "/desk/tickets/" + older) == numbers[50:]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("unassigned", "Nobody is waiting. Nice."),
        ("mine", "Nothing is assigned to you."),
        ("open", "No ticket is open."),
        ("solved", "Nothing has been solved yet."),
    ],
)
def test_an_empty_list_says_so(client: Client, cast: Cast, view: str, words: str) -> None:
    client.force_login(cast.ada)
    assert words in client.get(f"/desk/tickets/?view={view}").content.decode()


def queries(client: Client, url: str) -> int:
    """How many queries a page costs a process that knows the desk's words. The desk's own row is read once a second."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([query for query in captured if '"desk_desk"' not in query["sql"]])


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_three_queries_however_long(client: Client, cast: Cast, at: datetime, count: int) -> None:
    for minute in range(count):
        make.ticket(cast.carl, at=at + timedelta(minutes=minute))
    client.force_login(cast.ada)
    assert queries(client, "/desk/tickets/?view=open") == 3  # who asks, rows, counts


def test_customers_have_no_business_here(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for person in (cast.carl, cast.mona, cast.eve):
        client.force_login(person)
        for url in (
            "/desk/",
            "/desk/tickets/",
            "/desk/tickets/new/",
            "/desk/search/?q=1",
            f"/desk/tickets/{ticket.number}/",
        ):
            assert client.get(url).status_code == 403, (person.name, url)


def test_a_desk_without_a_ticket_says_what_to_do_next(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.otto)
    page = client.get("/desk/tickets/").content.decode()
    assert "What next?" in page
    assert 'href="/desk/people/invite/?role=agent"' in page
    client.force_login(cast.ada)
    assert "Invite" not in client.get("/desk/tickets/").content.decode()
    ticket = make.ticket(cast.carl, at=at)
    make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    assert "What next?" not in client.get("/desk/tickets/").content.decode()
