"""Opening a ticket that nobody has claims it, where the desk wants that (S1.c1): by what the page sends, never by a look."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from deskhand.desk.changes import configure
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Seen, Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send


@pytest.fixture
def ticket(cast: Cast, client: Client, at: datetime) -> Ticket:
    """Carl's ticket that nobody has, on a desk where opening claims; ada is signed in."""
    configure(by=cast.otto, at=at, claims_on_open=True)
    client.force_login(cast.ada)
    return make.ticket(cast.carl, at=at)


def address(ticket: Ticket, rest: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{rest}"


def see(client: Client, ticket: Ticket) -> int:
    """What the page sends once somebody looks at it."""
    return client.post(address(ticket, f"seen/?event={ticket.last_event}")).status_code


def assignee(ticket: Ticket) -> str | None:
    row = Ticket.objects.select_related("assignee").get(pk=ticket.pk)
    return row.assignee.name if row.assignee else None


def test_s1_c1_the_page_that_is_shown_claims_it_and_the_look_alone_does_not(
    client: Client, cast: Cast, ticket: Ticket
) -> None:
    page = client.get(address(ticket)).content.decode()
    assert (assignee(ticket), f'data-url="{address(ticket, f"seen/?event={ticket.last_event}")}"' in page) == (
        None,
        True,
    )

    assert (see(client, ticket), assignee(ticket)) == (303, "Ada")
    told = Event.objects.get(ticket=ticket, kind="ticket.assigned")
    assert (told.by, Seen.objects.get(user=cast.ada).event) == (cast.ada, told.pk)
    assert see(client, ticket) == 303
    assert Event.objects.filter(ticket=ticket, kind="ticket.assigned").count() == 1


def test_it_is_a_setting_that_is_off_by_default(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    configure(by=cast.otto, at=at, claims_on_open=False)
    assert (see(client, ticket), assignee(ticket)) == (303, None)


def test_who_comes_second_takes_nothing_away(client: Client, cast: Cast, ticket: Ticket) -> None:
    see(client, ticket)
    client.force_login(cast.lena)
    assert (see(client, ticket), assignee(ticket)) == (303, "Ada")


def test_what_was_put_back_stays_there_until_somebody_takes_it(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    see(client, ticket)
    with change_ticket(ticket, by=cast.lena, via=Via.STAFF, at=at) as change:
        change.assign(None)
    assert (see(client, ticket), assignee(ticket)) == (303, None)

    send(client, address(ticket), address(ticket, "assignee/"), assignee=cast.ada.pk)  # as without JavaScript
    assert assignee(ticket) == "Ada"


@pytest.mark.parametrize("how", ["answered", "resolved", "their own", "hidden"])
def test_what_is_no_new_ticket_of_a_customer_is_not_claimed(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, how: str
) -> None:
    match how:
        case "answered":
            make.reply(ticket, cast.lena, at=at + timedelta(minutes=1))
        case "resolved":
            make.in_category(ticket, Category.RESOLVED, by=cast.lena, at=at)
        case "their own":
            ticket = make.ticket(cast.ada, at=at)
        case "hidden":
            ticket = make.ticket(cast.carl, at=at, team=cast.private)
    assert (see(client, ticket), assignee(ticket)) == (404 if how == "hidden" else 303, None)


def test_a_customer_claims_nothing(client: Client, cast: Cast, ticket: Ticket) -> None:
    client.force_login(cast.carl)
    assert (see(client, ticket), assignee(ticket)) == (403, None)


def test_without_javascript_one_button_takes_it(client: Client, cast: Cast, ticket: Ticket) -> None:
    page = client.get(address(ticket)).content.decode()
    values = fill(page, address(ticket, "assignee/"))  # the first such form is the button in the ticket's head
    assert (page.index("Assign to me") < page.index("<desk-thread"), values["assignee"]) == (True, [str(cast.ada.pk)])
    assert (client.post(address(ticket, "assignee/"), values).status_code, assignee(ticket)) == (303, "Ada")
