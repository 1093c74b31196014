"""What stands below the subject of a ticket: solutions that were refused, tickets that go on from others, a closing to come."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from deskhand.accounts.models import User
from deskhand.automation.sweeps import announce_closing, break_promises
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets.catalog import save_priority
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority, Topic
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import send
from tests.staff.test_tickets import address
from tests.staff.test_workspace import queries, rows

NEW = "/desk/tickets/new/"


@pytest.fixture
def ticket(client: Client, cast: Cast, at: datetime) -> Ticket:
    """Carl's ticket; ada is signed in. A day is promised, and what is closed reopens for a month."""
    client.force_login(cast.ada)
    configure(by=cast.otto, at=at, reopen_days=30)
    promise_a_day(cast, at)
    return make.ticket(cast.carl, at=at)


def promise_a_day(cast: Cast, at: datetime) -> None:
    usual = Priority.objects.get(is_default=True)
    save_priority(
        by=cast.otto, at=at, priority=usual, name=usual.name, meaning=usual.meaning, first_response_minutes=1440
    )


def head(client: Client, ticket: Ticket) -> str:
    page = client.get(address(ticket)).content.decode()
    return page.split('id="ticket-head"')[1].split("</header>")[0]


def follow_up(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    with open_ticket(
        requester=by, subject="Burning again", body=compose("Sparks."), topic=Topic.objects.get(is_default=True),
        priority=None, by=by, via=Via.PORTAL, at=at, follows=ticket,
    ) as change:  # fmt: skip
        pass
    return Ticket.objects.get(pk=change.ticket.pk)


@pytest.mark.parametrize(("times", "words"), [(1, "Not accepted once"), (2, "Not accepted 2 times")])
def test_s4_16_how_often_a_solution_was_not_accepted_is_said(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, times: int, words: str
) -> None:
    assert "Not accepted" not in head(client, ticket)
    for _time in range(times):
        make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
        make.reply(ticket, cast.carl, at=at, text="It still burns.")
    assert words in head(client, ticket)


def test_s3_17_a_follow_up_and_what_it_follows_lead_to_each_other(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    assert ("Follow" in head(client, ticket)) is False
    closed = make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    later = follow_up(closed, by=cast.carl, at=at + timedelta(days=90))
    assert f'Follows <a href="/desk/tickets/{ticket.number}/" title="The printer is on fire">' in head(client, later)
    assert f'Followed up in <a href="/desk/tickets/{later.number}/" title="Burning again">' in head(client, closed)


def test_s3_17_an_agent_opens_a_follow_up_for_the_customer(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    begin = f"{NEW}?follows={ticket.number}"
    assert begin not in head(client, ticket)
    assert 'name="follows"' not in client.get(begin).content.decode()
    make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.follow(cast.ada)
    assert f'href="{begin}"' in head(client, ticket)
    page = client.get(begin).content.decode()
    assert ("A follow-up of <a href" in page, "Carl &lt;carl@" in page) == (True, True)
    assert send(client, begin, NEW, text="It came back.").status_code == 303
    later = Ticket.objects.get(follows=ticket)
    assert (later.requester, later.subject, later.topic) == (cast.carl, ticket.subject, ticket.topic)


def test_s3_17_neither_names_a_ticket_that_is_hidden(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, reopen_days=30)
    hidden = make.in_category(make.ticket(cast.carl, at=at, team=cast.private), Category.CLOSED, by=cast.bea, at=at)
    later = follow_up(hidden, by=cast.carl, at=at + timedelta(days=90))
    client.force_login(cast.bea)
    assert f"#{hidden.number}</a>" in head(client, later)
    client.force_login(cast.ada)
    assert "Follows" not in head(client, later)


def test_h01_an_agents_own_ticket_in_a_hidden_team_is_not_named_at_the_desk(
    client: Client, cast: Cast, at: datetime
) -> None:
    configure(by=cast.otto, at=at, reopen_days=30)
    mine = make.in_category(make.ticket(cast.ada, at=at, team=cast.private), Category.CLOSED, by=cast.bea, at=at)
    later = follow_up(mine, by=cast.ada, at=at + timedelta(days=90))
    client.force_login(cast.ada)
    assert "Follows" not in head(client, later)


def test_links_are_asked_for_only_where_there_can_be_some(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    assert queries(client, address(ticket)) == 9
    closed = make.in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    later = follow_up(closed, by=cast.carl, at=at + timedelta(days=90))
    assert (queries(client, address(closed)), queries(client, address(later))) == (10, 10)


def test_s3_16_an_announced_closing_is_said_until_somebody_writes(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    configure(by=cast.otto, at=at, auto_close_days=7, auto_close_warning_days=2)
    make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
    assert "Will be closed" not in head(client, ticket)
    announce_closing(at=at + timedelta(days=5, minutes=1))
    assert "Will be closed on 9 Mar if nobody writes" in head(client, ticket)
    make.reply(ticket, cast.carl, at=at + timedelta(days=6))
    assert "Will be closed" not in head(client, ticket)


def test_s3_14_overdue_tickets_have_a_list_with_its_count(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    make.ticket(cast.eve, at=at + timedelta(days=30), subject="Not yet due")
    assert rows(client, "/desk/tickets/?view=overdue") == []
    assert "Nobody waits longer than promised." in client.get("/desk/tickets/?view=overdue").content.decode()
    break_promises(at=at + timedelta(days=3))
    page = client.get("/desk/tickets/?view=overdue").content.decode()
    assert rows(client, "/desk/tickets/?view=overdue") == [ticket.number]
    assert 'data-key="g o">Overdue<span class="num" data-state="over">1</span>' in page
    make.reply(ticket, cast.ada, at=at + timedelta(days=3, minutes=1))
    assert rows(client, "/desk/tickets/?view=overdue") == []


def test_s3_14_an_overdue_ticket_of_a_private_team_is_its_members_alone(
    client: Client, cast: Cast, at: datetime
) -> None:
    promise_a_day(cast, at)
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    break_promises(at=at + timedelta(days=3))
    found = {}
    for person in (cast.ada, cast.bea, cast.lena):
        client.force_login(person)
        found[person.name] = rows(client, "/desk/tickets/?view=overdue")
    assert found == {"Ada": [], "Bea": [hidden.number], "Lena": [hidden.number]}
