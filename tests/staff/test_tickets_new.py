"""An agent opens a ticket for a customer."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from deskhand.tickets.models import Message, Priority, Ticket
from tests.cast import Cast
from tests.forms import fill, send

URL = "/desk/tickets/new/"
SAID: dict[str, Any] = {"subject": "Called about the printer", "text": "You told us on the phone that it burns."}


@pytest.mark.parametrize("customer", ["carl@customer.example", "Carl <carl@customer.example>", "CARL"])
def test_the_customer_is_named_by_address_or_name(client: Client, cast: Cast, customer: str) -> None:
    client.force_login(cast.ada)
    response = send(client, URL, URL, customer=customer, **SAID)
    ticket = Ticket.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/desk/tickets/{ticket.number}/")
    message = Message.objects.get()
    assert (ticket.requester, ticket.organization, ticket.category, ticket.assignee) == (
        cast.carl,
        cast.acme,
        "open",
        None,
    )
    assert (message.author, message.is_public, message.by_staff) == (cast.ada, True, True)


def test_it_can_be_given_to_somebody_at_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    urgent = Priority.objects.get(slug="urgent")
    send(client, URL, URL, customer="carl", priority=urgent.pk, team=cast.support.pk, assignee=cast.lena.pk, **SAID)
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.team, ticket.assignee) == (urgent, cast.support, cast.lena)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"customer": "nobody@nowhere.example"}, "Nobody here has this name or address."),
        ({"customer": "customer.example"}, "Several people match: Carl &lt;carl@customer.example&gt;"),
        ({"customer": "carl", "text": " \n "}, "Write something first."),
        ({"customer": "carl", "subject": " "}, "This field is required."),
    ],
)
def test_a_refused_form_keeps_what_was_typed(client: Client, cast: Cast, data: dict[str, str], words: str) -> None:
    client.force_login(cast.ada)
    response = send(client, URL, URL, **{**SAID, **data})
    page = response.content.decode()
    assert (response.status_code, words in page, Ticket.objects.count()) == (422, True, 0)
    assert fill(page, URL)["customer"] == [data["customer"]]


def test_who_could_be_meant_is_offered_while_typing(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    part = client.get(URL, {"customer": "acme"}, headers={"HX-Request": "true", "HX-Target": "people"}).content.decode()
    names = [line.split("&lt;")[0].strip() for line in part.split('value="')[1:]]
    assert names == ["Carl", "Cora", "Mona"]


def test_an_assignee_who_would_not_see_it_is_refused(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.bea)
    response = send(client, URL, URL, customer="carl", team=cast.private.pk, assignee=cast.ada.pk, **SAID)
    assert (response.status_code, "Ada cannot look after this ticket." in response.content.decode()) == (422, True)
    assert Ticket.objects.count() == 0


def test_F08_a_second_press_opens_no_second_ticket(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    values = fill(client.get(URL).content.decode(), URL, customer="carl", **SAID)
    answers = [client.post(URL, values) for _ in range(2)]
    address = f"/desk/tickets/{Ticket.objects.get().number}/"
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, address)] * 2


def test_a_browsers_line_ends_do_not_make_a_text_longer(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    response = send(client, URL, URL, customer="carl", subject="A long log", text="a\r\n" * 45_000)
    assert response.status_code == 303
    assert len(Message.objects.get().text) == 89_999
