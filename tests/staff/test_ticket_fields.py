"""An agent changes what a ticket is about, and what the desk asks there."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from deskhand.accounts.models import User
from deskhand.tickets.catalog import save_field, save_topic
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.staff.test_parts import part, queries


def form(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/fields/"


def asked(page: str) -> list[str]:
    """The slugs of the fields that a page asks, in order."""
    return [piece.split('"')[0] for piece in page.split('name="field_')[1:]]


def kinds(ticket: Ticket) -> list[str]:
    found = Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True)
    return list(found)[1:]


@pytest.fixture
def crm(cast: Cast, at: datetime) -> Topic:
    """A topic that asks for an issue, which agents must name; everywhere a brand may be said."""
    topic = save_topic(by=cast.otto, at=at, name="CRM Support")
    brands: dict[str, Any] = {"kind": Field.Kind.CHOICE, "options": ["Nordlys", "Harbor"], "is_global": True}
    save_field(by=cast.otto, at=at, label="Brand", **brands)
    save_field(by=cast.otto, at=at, label="Issue", staff=Access.REQUIRED, topics=[topic])
    return topic


@pytest.fixture
def ticket(client: Client, cast: Cast, crm: Topic, at: datetime) -> Ticket:
    """Carl's ticket in the usual topic, of the brand Harbor; ada is signed in."""
    client.force_login(cast.ada)
    return answer(make.ticket(cast.carl, at=at), by=cast.ada, at=at, brand="Harbor")


def answer(ticket: Ticket, *, by: User, at: datetime, **values: object) -> Ticket:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_fields(values)
    return Ticket.objects.get(pk=ticket.pk)


def test_s4_8_the_ticket_says_its_topic_and_its_answers(client: Client, ticket: Ticket) -> None:
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    card = page.split('id="fields"')[1].split("</section>")[0]
    assert (f"<dt>Topic</dt><dd>{ticket.topic.name}</dd>" in card, "<dt>Brand</dt><dd>Harbor</dd>" in card) == (
        True,
        True,
    )
    assert asked(page) == []


def test_the_form_comes_filled_beside_the_ticket_or_alone(client: Client, ticket: Ticket) -> None:
    page = client.get(form(ticket)).content.decode()
    values = fill(page, form(ticket))
    assert (values["topic"], values["field_brand"]) == ([str(ticket.topic_id)], ["Harbor"])
    alone = part(client, form(ticket), "fields")
    assert (asked(alone), "Since this morning." in alone, "<html" in alone) == (["brand"], False, False)


def test_the_card_alone_reads_the_ticket_and_nothing_else(client: Client, ticket: Ticket) -> None:
    assert queries(client, form(ticket), "fields") == 2  # who asks, ticket


@pytest.mark.parametrize("htmx", ["", "fields"])
def test_s4_7_another_topic_brings_its_fields_and_keeps_what_was_typed(
    client: Client, ticket: Ticket, crm: Topic, htmx: str
) -> None:
    typed = {"topic": crm.pk, "field_brand": "Nordlys", "look": 1}
    response = send(client, form(ticket), form(ticket), htmx=htmx, **typed)
    page = response.content.decode()
    values = fill(page, form(ticket))
    assert (response.status_code, asked(page), kinds(ticket)) == (200, ["brand", "issue"], ["ticket.field_changed"])
    assert (values["topic"], values["field_brand"], values["asked_in"]) == ([str(crm.pk)], ["Nordlys"], [str(crm.pk)])


def test_a_look_says_nothing_of_errors_and_creates_nothing(client: Client, ticket: Ticket, crm: Topic) -> None:
    page = send(client, form(ticket), form(ticket), topic=crm.pk, look=1).content.decode()
    assert ("needs your attention" in page, "Please fill this in." in page) == (False, False)
    ticket.refresh_from_db()
    assert ticket.topic_id != crm.pk


def test_s4_7_topic_and_fields_are_saved_together(client: Client, ticket: Ticket, crm: Topic) -> None:
    page = send(client, form(ticket), form(ticket), topic=crm.pk, look=1).content.decode()
    path = form(ticket)
    response = client.post(path, fill(page, path, field_issue="No contacts"))
    assert (response.status_code, response["Location"]) == (303, f"/desk/tickets/{ticket.number}/?view=open")
    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (crm, {"brand": "Harbor", "issue": "No contacts"})
    assert kinds(ticket)[1:] == ["ticket.topic_changed", "ticket.field_changed"]
    thread = client.get(f"/desk/tickets/{ticket.number}/").content.decode().split("<desk-thread")[1]
    line = next(piece for piece in thread.split('<div class="event"') if "CRM Support" in piece)
    assert "No contacts" in line  # one change, one line


@pytest.mark.parametrize("asked_first", [True, False])
def test_s4_7_a_missing_answer_is_refused_at_its_field_and_nothing_is_lost(
    client: Client,
    ticket: Ticket,
    crm: Topic,
    asked_first: bool,  # noqa: FBT001 - a case
) -> None:
    """Also when a browser without scripts chose another topic and saved at once: then the questions come with the refusal."""
    page = client.get(form(ticket)).content.decode()
    if asked_first:
        page = send(client, form(ticket), form(ticket), topic=crm.pk, look=1).content.decode()
    response = client.post(form(ticket), fill(page, form(ticket), topic=crm.pk, field_brand="Nordlys"))
    page = response.content.decode()
    values = fill(page, form(ticket))
    assert (response.status_code, "Please fill this in." in page, asked(page)) == (422, True, ["brand", "issue"])
    assert (values["topic"], values["field_brand"]) == ([str(crm.pk)], ["Nordlys"])
    ticket.refresh_from_db()
    assert (ticket.topic_id == crm.pk, ticket.fields) == (False, {"brand": "Harbor"})
    assert client.post(form(ticket), fill(page, form(ticket), field_issue="Now")).status_code == 303


def test_a_refused_form_comes_beside_the_thread_for_htmx(client: Client, ticket: Ticket, crm: Topic) -> None:
    response = send(client, form(ticket), form(ticket), htmx=True, topic=crm.pk)
    page = response.content.decode()
    assert (response.status_code, "<html" in page, 'hx-swap-oob="innerHTML:#context"' in page) == (422, False, True)
    assert asked(page) == ["brand", "issue"]


def test_F08_a_second_press_changes_nothing_twice(client: Client, ticket: Ticket) -> None:
    values = fill(client.get(form(ticket)).content.decode(), form(ticket), field_brand="Nordlys")
    assert [client.post(form(ticket), values).status_code for _ in range(2)] == [303, 303]
    assert kinds(ticket) == ["ticket.field_changed"] * 2  # the fixture's and this one


def test_what_staff_may_only_read_is_shown_and_not_asked(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    field = save_field(by=cast.otto, at=at, label="Contract", is_global=True)
    answer(ticket, by=cast.ada, at=at, contract="C-7")
    save_field(by=cast.otto, at=at, field=field, label="Contract", is_global=True, staff=Access.READ)
    card = part(client, f"/desk/tickets/{ticket.number}/", "fields")
    assert "<dt>Contract</dt><dd>C-7</dd>" in card
    values = fill(client.get(form(ticket)).content.decode(), form(ticket))
    assert "field_contract" not in values
    client.post(form(ticket), {**values, "field_contract": "mine"})
    ticket.refresh_from_db()
    assert ticket.fields["contract"] == "C-7"


@pytest.mark.parametrize("topic", ["", "0", "x", "999999"])
def test_a_topic_that_is_none_is_refused(client: Client, ticket: Ticket, topic: str) -> None:
    response = send(client, form(ticket), form(ticket), topic=topic)
    assert (response.status_code, kinds(ticket)) == (422, ["ticket.field_changed"])


def test_a_topic_that_is_archived_stays_until_another_is_chosen(
    client: Client, cast: Cast, ticket: Ticket, crm: Topic, at: datetime
) -> None:
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.set_topic(crm, {"issue": "Old"})
    save_topic(by=cast.otto, at=at, topic=crm, name="CRM Support", is_archived=True)
    response = send(client, form(ticket), form(ticket), field_issue="New")
    ticket.refresh_from_db()
    assert (response.status_code, ticket.topic_id, ticket.fields["issue"]) == (303, crm.pk, "New")


def test_only_who_works_on_the_ticket_changes_it(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    client.force_login(cast.ada)
    assert client.get(form(hidden)).status_code == 404
    for person in (cast.carl, cast.eve):
        client.force_login(person)
        assert (client.get(form(ticket)).status_code, client.post(form(ticket)).status_code) == (403, 403)
