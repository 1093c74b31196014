"""Opening a ticket."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core import html
from deskhand.desk.queries import forget_cached_desk
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading

NEW = "/tickets/new/"


@pytest.fixture
def topic(cast: Cast) -> Topic:
    """A second topic, so that there is a choice; it routes to the private team."""
    return Topic.objects.create(name="Licenses", team=cast.private, position=1)


def test_s3_2_s3_3_s4_4_what_was_chosen_is_what_was_opened(client: Client, cast: Cast, topic: Topic) -> None:
    client.force_login(cast.carl)
    answer = send(
        client, NEW, NEW, subject=" Licence \n key ", text="No.\r\n\r\nNo!", topic=topic.pk, priority="urgent"
    )
    assert (answer.status_code, answer["Location"]) == (303, "/tickets/1001/")
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.topic, ticket.team, ticket.priority.slug) == (
        "Licence key", topic, cast.private, "urgent",
    )  # fmt: skip
    assert (ticket.requester, ticket.organization) == (cast.carl, cast.acme)
    assert Message.objects.get().text == "No.\n\nNo!"


def test_the_new_tickets_page_says_its_number_and_what_happens_next_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    send(client, NEW, NEW, subject="x", text="y")
    page = client.get("/tickets/1001/").content.decode()
    notice = re.search(r'<div class="notice" data-level="success".*?</div>', page, re.DOTALL)
    assert notice is not None
    assert reading.words(notice[0]).startswith("Ticket #1001 is open and our team has been told.")
    assert '<desk-toast class="toast" data-level="success"' not in page
    assert 'class="notice"' not in client.get("/tickets/1001/").content.decode()


def test_s3_4_priorities_are_cards_with_their_meaning_and_s3_12_tips_stand_beside(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get(NEW).content.decode()
    cards = re.search(r'<fieldset class="choices wide".*?</fieldset>', page, re.DOTALL)
    assert cards is not None
    for priority in Priority.objects.all():
        assert f"{priority.name} {priority.meaning}" in reading.words(cards[0])
    assert fill(page, NEW)["priority"] == ["medium"]
    for tip in ("A clear description", "error message", "tried already", "The priority that fits"):
        assert tip in page


def test_s4_5_the_default_topic_is_preselected(client: Client, cast: Cast, topic: Topic) -> None:
    client.force_login(cast.carl)
    default = Topic.objects.get(is_default=True)
    assert fill(client.get(NEW).content.decode(), NEW)["topic"] == [str(default.pk)]


def test_a_single_topic_is_not_asked_for(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    assert "topic" not in fill(client.get(NEW).content.decode(), NEW)
    send(client, NEW, NEW, subject="x", text="y")
    assert Ticket.objects.get().topic == Topic.objects.get(is_default=True)


def test_an_archived_topic_cannot_be_chosen(client: Client, cast: Cast, topic: Topic) -> None:
    Topic.objects.create(name="Other", position=2)
    client.force_login(cast.carl)
    values = fill(client.get(NEW).content.decode(), NEW, subject="x", text="kept", topic=topic.pk)
    Topic.objects.filter(pk=topic.pk).update(is_archived=True)
    forget_cached_desk()
    answer = client.post(NEW, values)
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert "kept</textarea>" in answer.content.decode()


def test_s4_6_required_fields_say_so(client: Client, cast: Cast, topic: Topic) -> None:
    client.force_login(cast.carl)
    page = client.get(NEW).content.decode()
    assert page.count('<span class="req"') == 2  # topic and priority always have an answer
    for name in ("Subject", "Message"):
        label = re.search(rf"<(label|legend)[^>]*>{name} <span.*?</\1>", page, re.DOTALL)
        assert label is not None
        assert reading.words(label[0]) == f"{name} * required"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"subject": "  ", "text": "kept"}, "Subject : Say in one line what it is about."),
        ({"subject": "kept", "text": " \r\n "}, "Message : Write what happened."),
        ({"subject": "kept", "text": "x", "priority": "nonsense"}, "Priority : Select a valid choice."),
        ({"subject": "kept" * 51, "text": "x"}, "Subject : Ensure this value has at most 200 characters"),
    ],
)
def test_a_refused_form_keeps_everything_and_says_what_is_wrong(
    client: Client, cast: Cast, typed: dict[str, str], told: str
) -> None:
    client.force_login(cast.carl)
    answer = send(client, NEW, NEW, **typed)
    page = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert reading.errors(page).startswith(f"One thing needs your attention {told}")
    assert 'role="alert" tabindex="-1" data-focus' in page
    again = fill(page, NEW)
    assert "kept" in again["subject"][0] + again["text"][0]


def test_a_refused_form_can_be_sent_at_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    refused = send(client, NEW, NEW, subject="", text="y").content.decode()
    assert client.post(NEW, fill(refused, NEW, subject="x"))["Location"] == "/tickets/1001/"


def test_the_longest_message_is_counted_in_characters_with_lf(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    longest = ("é" * 499 + "\r\n") * (html.LONGEST // 500)
    assert send(client, NEW, NEW, subject="x", text=longest).status_code == 303
    assert send(client, NEW, NEW, subject="x", text=longest + "é").status_code == 422


def test_a_subject_can_be_given_with_the_address(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    page = client.get(f"{NEW}?subject=%22%3Cb%3Eback%0Aagain").content.decode()
    assert fill(page, NEW)["subject"] == ['"<b>back again']


def test_f08_a_second_press_shows_the_first_ticket(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    values = fill(client.get(NEW).content.decode(), NEW, subject="x", text="y")
    answers = [client.post(NEW, values) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, "/tickets/1001/")] * 2
    assert Ticket.objects.count() == 1


def test_a_form_without_our_key_opens_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    assert client.post(NEW, {"subject": "x", "text": "y", "priority": "low"}).status_code == 400
    client.force_login(cast.eve)
    stolen = fill(client.get(NEW).content.decode(), NEW, subject="x", text="y")
    client.force_login(cast.carl)
    assert client.post(NEW, stolen).status_code == 400
    assert Ticket.objects.count() == 0


def test_f09_an_expired_session_returns_to_the_filled_form(client: Client, cast: Cast, topic: Topic) -> None:
    client.force_login(cast.carl)
    values = fill(
        client.get(NEW).content.decode(), NEW, subject="x", text="long\ntext", topic=topic.pk, priority="high"
    )
    client.session.flush()
    answer = client.post(NEW, values)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=%2Ftickets%2Fnew%2F")
    client.force_login(cast.carl)
    page = client.get(NEW).content.decode()
    again = fill(page, NEW)
    assert (again["subject"], again["text"]) == (["x"], ["long\ntext"])
    assert (again["topic"], again["priority"]) == ([str(topic.pk)], ["high"])
    assert "It has not been sent yet." in page
    assert Ticket.objects.count() == 0
    assert client.post(NEW, again).status_code == 303


def test_f09_the_text_comes_back_to_its_author_only(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    values = fill(client.get(NEW).content.decode(), NEW, subject="x", text="secret of carl")
    client.session.flush()
    client.post(NEW, values)
    client.force_login(cast.eve)
    assert "secret of carl" not in client.get(NEW).content.decode()


def test_a16_a_deactivated_customer_is_out_at_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    values = fill(client.get(NEW).content.decode(), NEW, subject="x", text="y")
    type(cast.carl).objects.filter(pk=cast.carl.pk).update(is_active=False)
    answer = client.post(NEW, values)
    assert (answer.status_code, Ticket.objects.count()) == (303, 0)
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("more", [0, 2])
def test_the_form_costs_the_same_queries_for_one_topic_and_for_three(
    client: Client, cast: Cast, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for position in range(more):
        Topic.objects.create(name=f"Topic {position}", position=position)
    client.force_login(cast.carl)
    client.get(NEW)
    with django_assert_num_queries(1):  # who asks
        client.get(NEW)
