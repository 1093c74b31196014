"""What a part of the workspace sends: only what it shows, and it reads nothing else."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import send

LIVE = {"Live": "1"}


def htmx(part: str, **more: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": part, **more}


def part(client: Client, url: str, name: str, **more: str) -> str:
    response = client.get(url, headers=htmx(name, **more))
    assert response.status_code == 200
    return response.content.decode()


def queries(client: Client, url: str, name: str) -> int:
    """How many queries a part costs a process that knows the desk's words. The desk's own row is read once a second."""
    part(client, url, name)
    with CaptureQueriesContext(connection) as captured:
        part(client, url, name)
    return len([query for query in captured if '"desk_desk"' not in query["sql"]])


@pytest.fixture
def ticket(cast: Cast, client: Client, at: datetime) -> Ticket:
    """Carl's ticket with four messages, among others; ada is signed in."""
    client.force_login(cast.ada)
    make.ticket(cast.eve, at=at, subject="Another one")
    ticket = make.ticket(cast.carl, at=at)
    make.note(ticket, cast.lena, at=at + timedelta(minutes=1))
    make.reply(ticket, cast.ada, at=at + timedelta(minutes=2))
    return make.reply(ticket, cast.carl, at=at + timedelta(minutes=3), text="It is out.")


def address(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/?view=open"


def test_a_ticket_opened_from_the_list_comes_without_the_list(client: Client, ticket: Ticket) -> None:
    whole, main = client.get(address(ticket)).content.decode(), part(client, address(ticket), "main")
    assert ("Another one" in whole, 'id="views"' in whole) == (True, True)
    assert ("Another one" in main, "views" in main, "It is out." in main, 'id="composer"' in main) == (
        False, False, True, True,
    )  # fmt: skip
    assert f"<title>#{ticket.number} The printer is on fire · Nordlys support</title>" in main
    assert 'hx-swap-oob="innerHTML:#context"' in main
    assert len(main) <= 25_000


def test_a_part_reads_nothing_of_the_list(client: Client, ticket: Ticket) -> None:
    # who asks, ticket, thread, what waits, what stands beside it, earlier tickets
    assert [queries(client, address(ticket), name) for name in ("main", "thread")] == [7, 7]


@pytest.mark.parametrize("url", ["/desk/tickets/?view=open", "/desk/search/?q=fire"])
def test_the_rows_come_with_their_counts_and_nothing_of_a_ticket(client: Client, ticket: Ticket, url: str) -> None:
    rows = part(client, url, "rows")
    assert f'<li id="row-{ticket.number}"' in rows
    assert [word in rows for word in ("<html", "conversation", 'id="rail"', "It is out.")] == [
        False,
        False,
        False,
        True,
    ]
    assert rows.count('hx-swap-oob="innerHTML:#') == 3  # views, the list's count, its pages
    assert 'All open<span class="num">2</span>' in rows


def test_the_rows_cost_what_they_cost_on_their_page(client: Client, ticket: Ticket) -> None:
    assert queries(client, "/desk/tickets/?view=open", "rows") == 3  # who asks, rows, counts


def test_the_rows_keep_their_rights(client: Client, cast: Cast, at: datetime) -> None:
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    found = {}
    for person in (cast.ada, cast.bea):
        client.force_login(person)
        found[person.name] = f"row-{hidden.number}" in part(client, "/desk/tickets/?view=open", "rows")
    assert found == {"Ada": False, "Bea": True}
    client.force_login(cast.carl)
    assert client.get("/desk/tickets/?view=open", headers=htmx("rows")).status_code == 403


def test_a_page_that_asks_by_itself_takes_no_notice_from_who_acted(client: Client, ticket: Ticket) -> None:
    path = f"/desk/tickets/{ticket.number}/messages/"
    send(client, address(ticket), path, htmx=True, kind="note", text="Hm.")
    assert "Note added." not in part(client, address(ticket), "thread", **LIVE)
    assert "Note added." in part(client, address(ticket), "main")


def test_a_text_that_was_taken_back_waits_for_the_page_that_shows_it(
    client: Client, ticket: Ticket, settings: Settings
) -> None:
    settings.MAIL_WINDOW_S = 20
    send(client, address(ticket), f"/desk/tickets/{ticket.number}/messages/", text="Foam, then.")
    waits = client.get(address(ticket)).content.decode().split("/scheduled/")[1].split("/")[0]
    path = f"/desk/tickets/{ticket.number}/scheduled/{waits}/take-back/"
    send(client, address(ticket), path, htmx=True)
    part(client, address(ticket), "thread", **LIVE)
    assert "Foam, then.</textarea>" in part(client, address(ticket), "main")
