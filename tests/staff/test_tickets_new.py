"""An agent opens a ticket for a customer."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from deskhand.tickets.catalog import save_field, save_topic
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
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


# What the topic asks and says


def asked(page: str) -> list[str]:
    """The slugs of the fields that a page asks, in order."""
    return [piece.split('"')[0] for piece in page.split('name="field_')[1:]]


@pytest.fixture
def crm(cast: Cast, at: datetime) -> Topic:
    """A topic below another one, of the support team, urgent, given to lena; it asks agents for an issue."""
    above = save_topic(by=cast.otto, at=at, name="Sales")
    urgent = Priority.objects.get(slug="urgent")
    topic = save_topic(
        by=cast.otto, at=at, name="CRM", parent=above, team=cast.support, priority=urgent, assignee=cast.lena
    )
    save_field(by=cast.otto, at=at, label="Brand", is_global=True)
    save_field(by=cast.otto, at=at, label="Issue", topics=[topic], staff=Access.REQUIRED)
    return topic


def test_s4_5_the_usual_topic_is_preselected_with_its_fields(client: Client, cast: Cast, crm: Topic) -> None:
    client.force_login(cast.ada)
    page = client.get(URL).content.decode()
    assert (fill(page, URL)["topic"], asked(page)) == ([str(Topic.objects.get(is_default=True).pk)], ["brand"])
    further_in = "\N{NO-BREAK SPACE}" * 4
    assert f'<option value="{crm.pk}">{further_in}CRM</option>' in page


def test_s4_7_another_topic_swaps_its_questions_and_says_what_it_means(client: Client, cast: Cast, crm: Topic) -> None:
    client.force_login(cast.ada)
    typed = {"customer": "carl", "field_brand": "Nordlys", "topic": crm.pk, "look": 1, **SAID}
    part = send(client, URL, URL, htmx="asked", **typed)
    page = part.content.decode()
    assert (part.status_code, asked(page), "<html" in page, "Nordlys" in page) == (
        200, ["brand", "issue"], False, True
    )  # fmt: skip
    for words in ("As the topic says: Urgent", "As the topic says: Support", "As the topic says: Lena"):
        assert words in page


def test_s4_7_without_scripts_the_whole_form_comes_back_and_nothing_is_lost(
    client: Client, cast: Cast, crm: Topic
) -> None:
    client.force_login(cast.ada)
    response = send(client, URL, URL, customer="carl", field_brand="Nordlys", topic=crm.pk, look=1, **SAID)
    values = fill(response.content.decode(), URL)
    kept = {name: values[name] for name in ("customer", "subject", "text", "topic", "field_brand")}
    assert (response.status_code, Ticket.objects.count()) == (200, 0)
    assert kept == {
        "customer": ["carl"], "subject": [SAID["subject"]], "text": [SAID["text"]], "topic": [str(crm.pk)],
        "field_brand": ["Nordlys"],
    }  # fmt: skip
    assert "needs your attention" not in response.content.decode()


def test_s4_4_what_is_not_chosen_is_as_the_topic_says(client: Client, cast: Cast, crm: Topic) -> None:
    client.force_login(cast.ada)
    page = send(client, URL, URL, customer="carl", topic=crm.pk, look=1, **SAID).content.decode()
    assert client.post(URL, fill(page, URL, field_issue="Contacts")).status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.priority.slug, ticket.team, ticket.assignee) == ("urgent", cast.support, cast.lena)
    assert ticket.fields == {"issue": "Contacts"}


@pytest.mark.parametrize("asked_first", [True, False])
def test_s4_7_a_missing_answer_is_refused_at_its_field(
    client: Client,
    cast: Cast,
    crm: Topic,
    asked_first: bool,  # noqa: FBT001 - a case
) -> None:
    client.force_login(cast.ada)
    page = client.get(URL).content.decode()
    if asked_first:
        page = send(client, URL, URL, customer="carl", topic=crm.pk, look=1, **SAID).content.decode()
    response = client.post(URL, fill(page, URL, customer="carl", topic=crm.pk, field_brand="Nordlys", **SAID))
    page = response.content.decode()
    values = fill(page, URL)
    assert (response.status_code, "Please fill this in." in page, asked(page)) == (422, True, ["brand", "issue"])
    assert (values["text"], values["field_brand"], Ticket.objects.count()) == ([SAID["text"]], ["Nordlys"], 0)
