"""A ticket's page, and every verb an agent has there: 303 on a plain page, the part for htmx, 422 with the text kept."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from deskhand.core import jobs
from deskhand.tickets.models.choices import Category, Priority, Status
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Follower, Seen, Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.staff.test_workspace import queries


def address(ticket: Ticket, rest: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{rest}"


def told(ticket: Ticket) -> list[str]:
    """What has happened since it was opened."""
    return list(
        Event.objects.filter(ticket=ticket).exclude(kind="ticket.opened").order_by("pk").values_list("kind", flat=True)
    )


def waiting() -> Status:
    return Status.objects.get(category=Category.WAITING)


@pytest.fixture
def ticket(cast: Cast, client: Client, at: datetime) -> Ticket:
    """Carl's ticket in nobody's hands; ada is signed in."""
    client.force_login(cast.ada)
    return make.ticket(cast.carl, at=at)


# Reading


def test_the_page_shows_the_ticket_and_opening_it_claims_nothing(client: Client, cast: Cast, ticket: Ticket) -> None:
    page = client.get(address(ticket)).content.decode()
    for words in (
        f"#{ticket.number}",
        "The printer is on fire",
        "Since this morning.",
        "carl@customer.example",
        "Acme",
    ):
        assert words in page
    ticket.refresh_from_db()
    assert (ticket.assignee, told(ticket), Seen.objects.filter(user=cast.ada).count()) == (None, [], 0)


@pytest.mark.parametrize("messages", [1, 3])
def test_the_page_costs_the_same_queries_however_long_the_thread(
    client: Client, cast: Cast, ticket: Ticket, at: datetime, messages: int
) -> None:
    for minute in range(messages):
        make.reply(ticket, cast.carl, at=at + timedelta(minutes=minute))
    # who asks, ticket, rows, counts, thread, its files, what waits, what stands beside it, earlier tickets
    assert queries(client, address(ticket)) == 9


def test_htmx_gets_the_part_alone_with_the_same_rights(client: Client, cast: Cast, ticket: Ticket) -> None:
    for part in ("main", "thread"):
        response = client.get(address(ticket), headers={"HX-Request": "true", "HX-Target": part})
        page = response.content.decode()
        assert (response.status_code, "<html" in page, "Since this morning." in page) == (200, False, True)
        assert ('id="composer"' in page) is (part == "main")
    client.force_login(cast.carl)
    assert client.get(address(ticket), headers={"HX-Request": "true", "HX-Target": "main"}).status_code == 403


def test_the_thread_can_be_narrowed(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    make.note(ticket, cast.ada, at=at + timedelta(minutes=1), text="A word among us")
    make.in_category(ticket, Category.IN_PROGRESS, by=cast.ada, at=at + timedelta(minutes=2))
    found = {}
    for show in ("all", "messages", "notes"):
        page = _thread(client.get(address(ticket, f"?show={show}")).content.decode())
        found[show] = ["Since this morning." in page, "A word among us" in page, "changed the status" in page]
    assert found == {
        "all": [True, True, True], "messages": [True, False, False], "notes": [False, True, False]
    }  # fmt: skip


def _thread(page: str) -> str:
    return page.split("<desk-thread")[1].split("</desk-thread>")[0]


def test_seen_is_told_by_the_page_and_never_goes_past_what_was_shown(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    first = ticket.last_event
    later = make.reply(ticket, cast.carl, at=at + timedelta(minutes=1), text="And now the desk, too.")
    client.post(address(ticket, f"seen/?event={first}"))
    assert Seen.objects.get(user=cast.ada).event == first
    assert "New since you were here" in client.get(address(ticket)).content.decode()
    client.post(address(ticket, "seen/?event=999999999"))
    assert Seen.objects.get(user=cast.ada).event == later.last_event
    assert "New since you were here" not in client.get(address(ticket)).content.decode()


# Writing


def test_a_reply_is_sent_and_sets_waiting(client: Client, cast: Cast, ticket: Ticket) -> None:
    response = send(client, address(ticket), address(ticket, "messages/"), text="Have you tried *water*?")
    assert (response.status_code, response["Location"]) == (303, address(ticket, "?view=open"))
    ticket.refresh_from_db()
    message = Message.objects.get(ticket=ticket, author=cast.ada)
    assert (message.is_public, message.by_staff, message.text) == (True, True, "Have you tried *water*?")
    assert (ticket.category, ticket.assignee) == (Category.WAITING, None)
    page = client.get(response["Location"]).content.decode()
    assert "Nobody looks after this ticket." in page
    assert "<em>water</em>" in page


def test_a_reply_can_choose_another_status_once(client: Client, ticket: Ticket) -> None:
    resolved = Status.objects.get(category=Category.RESOLVED)
    send(client, address(ticket), address(ticket, "messages/"), text="Done.", status=resolved.pk)
    ticket.refresh_from_db()
    assert ticket.status == resolved


def test_a_note_stays_inside_and_changes_no_status(client: Client, cast: Cast, ticket: Ticket) -> None:
    send(
        client, address(ticket), address(ticket, "messages/"), kind="note", text="Canary among us", status=waiting().pk
    )
    ticket.refresh_from_db()
    assert (told(ticket), ticket.category) == (["ticket.noted"], Category.OPEN)
    assert "Internal – the customer cannot see this" in client.get(address(ticket)).content.decode()
    client.force_login(cast.carl)
    for url in ("/", "/tickets/", f"/tickets/{ticket.number}/"):
        assert "Canary" not in client.get(url).content.decode(), url


def test_htmx_sends_and_gets_its_part_by_the_same_redirect(client: Client, ticket: Ticket) -> None:
    response = send(client, address(ticket), address(ticket, "messages/"), htmx=True, text="Water.")
    assert (response.status_code, response["Location"]) == (303, address(ticket, "?view=open"))
    part = client.get(response["Location"], headers={"HX-Request": "true", "HX-Target": "main"}).content.decode()
    assert ("Water." in part, 'data-sent="reply"' in part, 'hx-swap-oob="innerHTML:#context"' in part) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize("kind", ["reply", "note"])
@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_message_is_refused_in_its_mode(client: Client, ticket: Ticket, kind: str, text: str) -> None:
    response = send(client, address(ticket), address(ticket, "messages/"), kind=kind, text=text)
    page = response.content.decode()
    assert (response.status_code, "Write something first." in page, told(ticket)) == (422, True, [])
    assert fill(page, address(ticket, "messages/"))["kind"] == [kind]


def test_F08_double_submit_creates_one(client: Client, ticket: Ticket) -> None:
    path = address(ticket, "messages/")
    values = fill(client.get(address(ticket)).content.decode(), path, text="Once.")
    answers = [client.post(path, values) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (303, address(ticket, "?view=open"))
    ] * 2
    assert told(ticket) == ["ticket.replied", "ticket.status_changed"]


def test_I08_two_agents_reply_at_once(client: Client, cast: Cast, ticket: Ticket) -> None:
    path = address(ticket, "messages/")
    ada = fill(client.get(address(ticket)).content.decode(), path, text="Ada says water.")
    client.force_login(cast.lena)
    assert send(client, address(ticket), path, text="Lena says foam.").status_code == 303
    client.force_login(cast.ada)
    values = {**ada, "form_key": fill(client.get(address(ticket)).content.decode(), path)["form_key"]}
    held = client.post(path, values)
    page = held.content.decode()
    assert (held.status_code, "Send anyway" in page, "Came in while you were writing" in page) == (422, True, True)
    assert "Keep editing" in page
    again = fill(page, path)
    assert again["text"] == ["Ada says water."]
    assert client.post(path, again).status_code == 303
    texts = Message.objects.filter(ticket=ticket).order_by("pk").values_list("text", flat=True)
    assert list(texts) == ["Since this morning.", "Lena says foam.", "Ada says water."]


def test_a_customers_newer_message_holds_a_reply_but_not_a_note(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    path = address(ticket, "messages/")
    reply = fill(client.get(address(ticket)).content.decode(), path, text="Water?")
    note = fill(client.get(address(ticket)).content.decode(), path, text="Hm.", kind="note")
    make.reply(ticket, cast.carl, at=at + timedelta(minutes=1), text="It is out.")
    assert client.post(path, reply).status_code == 422
    assert client.post(path, note).status_code == 303
    assert told(ticket) == ["ticket.replied", "ticket.noted"]


# The mail window


@pytest.fixture
def window(settings: Settings) -> int:
    settings.MAIL_WINDOW_S = 20
    return 20


def test_a_reply_waits_and_only_its_author_sees_it(client: Client, cast: Cast, ticket: Ticket, window: int) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try water.")
    mine = client.get(address(ticket)).content.decode()
    assert ("Try water." in mine, "Take back" in mine, "not sent yet" in mine, told(ticket)) == (True, True, True, [])
    for person, url in ((cast.lena, address(ticket)), (cast.carl, f"/tickets/{ticket.number}/")):
        client.force_login(person)
        assert "Try water." not in client.get(url).content.decode(), person.name
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    assert told(ticket) == ["ticket.replied", "ticket.status_changed"]


def test_taking_a_reply_back_returns_its_text_to_the_composer(client: Client, ticket: Ticket, window: int) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try\nwater.")
    path = address(ticket, f"scheduled/{ScheduledChange.objects.get().pk}/take-back/")
    response = send(client, address(ticket), path)
    assert (response.status_code, response["Location"]) == (303, address(ticket, "?view=open"))
    page = client.get(response["Location"]).content.decode()
    composer = fill(page, address(ticket, "messages/"))
    assert (composer["text"], composer["kind"], path in page) == (["Try\nwater."], ["reply"], False)
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    assert told(ticket) == []


def test_taking_back_too_late_says_so(client: Client, ticket: Ticket, window: int) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try water.")
    path = address(ticket, f"scheduled/{ScheduledChange.objects.get().pk}/take-back/")
    values = fill(client.get(address(ticket)).content.decode(), path)
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    assert client.post(path, values).status_code == 303
    assert "It has been sent already." in client.get(address(ticket)).content.decode()


def test_nobody_takes_back_anothers_reply(client: Client, cast: Cast, ticket: Ticket, window: int) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try water.")
    row = ScheduledChange.objects.get()
    client.force_login(cast.lena)
    key = fill(client.get(address(ticket)).content.decode(), address(ticket, "messages/"))
    client.post(address(ticket, f"scheduled/{row.pk}/take-back/"), key)
    row.refresh_from_db()
    assert row.state == ScheduledChange.State.PENDING
    assert "Try water." not in client.get(address(ticket)).content.decode()


def test_a_reply_refused_when_its_time_came_keeps_its_text(
    client: Client, cast: Cast, ticket: Ticket, window: int, at: datetime
) -> None:
    send(client, address(ticket), address(ticket, "messages/"), text="Try water.")
    cast.ada.role, cast.ada.is_active = "agent", False
    cast.ada.save()
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    cast.ada.is_active = True
    cast.ada.save()
    page = client.get(address(ticket)).content.decode()
    assert ("Not sent:" in page, "Try water." in page, told(ticket)) == (True, True, [])
    path = address(ticket, f"scheduled/{ScheduledChange.objects.get().pk}/take-back/")
    send(client, address(ticket), path)
    page = client.get(address(ticket)).content.decode()
    assert fill(page, address(ticket, "messages/"))["text"] == ["Try water."]
    assert "Not sent:" not in page


# Setting


def verbs(cast: Cast) -> dict[str, dict[str, Any]]:
    """Every form of the page that sets something, with what an agent could choose there."""
    return {
        "status/": {"status": waiting().pk},
        "priority/": {"priority": Priority.objects.get(slug="urgent").pk},
        "assignee/": {"assignee": cast.lena.pk},
        "team/": {"team": cast.support.pk},
        "subject/": {"subject": "Printer, burning"},
        "tags/": {"add": "fire"},
        "follow/": {"email": cast.cora.email},
        "close/": {},
    }


EVENTS = {
    "status/": "ticket.status_changed", "priority/": "ticket.priority_changed", "assignee/": "ticket.assigned",
    "team/": "ticket.moved", "subject/": "ticket.subject_changed", "tags/": "ticket.tagged", "follow/": "ticket.followed",
    "close/": "ticket.closed",
}  # fmt: skip


@pytest.mark.parametrize("verb", EVENTS)
@pytest.mark.parametrize("htmx", ["", "thread"])
def test_each_verb_writes_its_event_and_answers_303(
    client: Client, cast: Cast, ticket: Ticket, verb: str, htmx: str
) -> None:
    response = send(client, address(ticket, "?view=unassigned"), address(ticket, verb), htmx=htmx, **verbs(cast)[verb])
    assert (response.status_code, response["Location"]) == (303, address(ticket, "?view=unassigned"))
    assert told(ticket) == [EVENTS[verb]]


@pytest.mark.parametrize(
    ("verb", "data", "words"),
    [
        ("status/", {"status": "0"}, "Select a valid choice"),
        ("priority/", {"priority": "high"}, "Select a valid choice"),
        ("assignee/", {"assignee": "999999"}, "This person cannot look after the ticket."),
        ("team/", {"team": "x"}, "Select a valid choice"),
        ("subject/", {"subject": " "}, "This field is required."),
        ("tags/", {"add": "  "}, "Name the tag."),
        ("follow/", {"email": "stranger@nowhere.example"}, "Nobody here has this address."),
    ],
)
def test_each_refused_form_answers_422_with_the_page_and_the_reason(
    client: Client, ticket: Ticket, verb: str, data: dict[str, str], words: str
) -> None:
    response = send(client, address(ticket), address(ticket, verb), **data)
    page = response.content.decode()
    assert (response.status_code, words in page, "Since this morning." in page, told(ticket)) == (422, True, True, [])


def test_a_tag_comes_off_again_and_nobody_looks_after_it_again(client: Client, cast: Cast, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "tags/"), add="Fire")
    send(client, address(ticket), address(ticket, "tags/"), add=None, remove="fire")
    send(client, address(ticket), address(ticket, "assignee/"), assignee=cast.ada.pk)
    send(client, address(ticket), address(ticket, "assignee/"), assignee="")
    assert told(ticket) == ["ticket.tagged", "ticket.untagged", "ticket.assigned", "ticket.assigned"]
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_follower_comes_and_goes(client: Client, cast: Cast, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "follow/"))
    send(client, address(ticket), address(ticket, "follow/"), email=cast.cora.email.upper())
    assert "To Carl (carl@customer.example), and to the followers Cora" in client.get(address(ticket)).content.decode()
    send(client, address(ticket), address(ticket, "follow/"), stop=cast.cora.pk)
    assert list(Follower.objects.values_list("user__name", flat=True)) == ["Ada"]


def test_a_closed_ticket_is_reopened(client: Client, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "close/"))
    send(client, address(ticket), address(ticket, "reopen/"))
    assert told(ticket) == ["ticket.closed", "ticket.reopened"]


def test_only_its_author_or_a_lead_removes_a_messages_text(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    make.reply(ticket, cast.ada, at=at + timedelta(minutes=1), text="My password is water.")
    theirs, mine = Message.objects.filter(ticket=ticket).order_by("pk")
    key = fill(client.get(address(ticket)).content.decode(), address(ticket))
    assert client.post(address(ticket, f"messages/{theirs.pk}/redact/"), key).status_code == 422
    key = fill(client.get(address(ticket)).content.decode(), address(ticket))
    assert client.post(address(ticket, f"messages/{mine.pk}/redact/"), key).status_code == 303
    page = client.get(address(ticket)).content.decode()
    assert ("My password is water." in page, "This message was removed." in page, "Since this morning." in page) == (
        False, True, True,
    )  # fmt: skip


def test_a_message_of_another_ticket_is_not_removed_through_this_one(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    other = make.reply(make.ticket(cast.eve, at=at), cast.ada, at=at, text="Elsewhere.")
    message = Message.objects.get(ticket=other, author=cast.ada)
    key = fill(client.get(address(ticket)).content.decode(), address(ticket))
    assert client.post(address(ticket, f"messages/{message.pk}/redact/"), key).status_code == 404
    message.refresh_from_db()
    assert message.text == "Elsewhere."


# Undo


def test_undo_puts_back_and_says_what_it_left(client: Client, cast: Cast, ticket: Ticket) -> None:
    send(client, address(ticket), address(ticket, "priority/"), priority=Priority.objects.get(slug="urgent").pk)
    first = Event.objects.get(ticket=ticket, kind="ticket.priority_changed").change
    send(client, address(ticket), address(ticket, "undo/"), change=str(first))
    ticket.refresh_from_db()
    assert (ticket.priority.slug, "Undone." in client.get(address(ticket)).content.decode()) == ("medium", True)
    send(client, address(ticket), address(ticket, "priority/"), priority=Priority.objects.get(slug="low").pk)
    send(client, address(ticket), address(ticket, "undo/"), change=str(first))
    ticket.refresh_from_db()
    words = "The priority has been changed again since, so it stays."
    assert (ticket.priority.slug, words in client.get(address(ticket)).content.decode()) == ("low", True)


def test_undo_is_offered_for_ones_own_recent_changes_only(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    make.in_category(ticket, Category.IN_PROGRESS, by=cast.ada, at=timezone.now() - timedelta(hours=2))
    make.in_category(ticket, Category.WAITING, by=cast.lena, at=timezone.now())
    assert 'name="change"' not in client.get(address(ticket)).content.decode()
    make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=timezone.now())
    assert client.get(address(ticket)).content.decode().count('name="change"') == 1


def test_a_change_of_another_ticket_is_not_undone_through_this_one(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    other = make.ticket(cast.carl, at=at, team=cast.support)
    change = Event.objects.get(ticket=other, kind="ticket.moved").change
    for value in (str(change), str(uuid.uuid4()), "nonsense"):
        assert send(client, address(ticket), address(ticket, "undo/"), change=value).status_code == 303
    assert told(other) == ["ticket.moved"]


# Rights

POSTS = ["messages/", *EVENTS, "reopen/", "seen/?event=1", "undo/", "messages/1/redact/", "scheduled/1/take-back/"]


def test_A07_agent_outside_queue_gets_404_on_every_verb(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    before = told(hidden)
    key = fill(client.get(address(ticket)).content.decode(), address(ticket, "messages/"), text="Mine now.")
    answers = {
        verb: client.post(address(hidden, verb), key | _as_sent(verbs(cast).get(verb, {}))).status_code
        for verb in POSTS
    }
    assert answers == dict.fromkeys(POSTS, 404)
    assert (client.get(address(hidden)).status_code, told(hidden)) == (404, before)
    client.force_login(cast.bea)
    assert send(client, address(hidden), address(hidden, "messages/"), text="Ours.").status_code == 303


def _as_sent(data: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [str(value)] for name, value in data.items()}


def test_an_agent_who_lets_a_private_ticket_go_lands_on_the_list(client: Client, cast: Cast, at: datetime) -> None:
    hidden = make.ticket(cast.carl, at=at, team=cast.private)
    client.force_login(cast.lena)
    send(client, address(hidden), address(hidden, "follow/"), email=cast.ada.email)
    client.force_login(cast.ada)
    response = send(client, address(hidden), address(hidden, "follow/"), stop=cast.ada.pk)
    assert (response.status_code, response["Location"]) == (303, "/desk/tickets/?view=open")


def test_customers_are_refused_on_every_verb(client: Client, cast: Cast, ticket: Ticket) -> None:
    for person in (cast.carl, cast.mona, cast.eve):
        client.force_login(person)
        answers = {verb: client.post(address(ticket, verb)).status_code for verb in POSTS}
        assert answers == dict.fromkeys(POSTS, 403), person.name
    assert told(ticket) == []


def test_who_is_signed_out_finds_the_text_again(client: Client, cast: Cast, ticket: Ticket) -> None:
    path = address(ticket, "messages/")
    values = fill(client.get(address(ticket)).content.decode(), path, text="Long thoughts.", kind="note")
    client.logout()
    response = client.post(path, values)
    assert (response.status_code, response["Location"].startswith("/sign-in/?next=")) == (303, True)
    client.force_login(cast.ada)  # keeps the session's contents, as a real sign-in does
    composer = fill(client.get(address(ticket)).content.decode(), path)
    assert (composer["text"], composer["kind"], told(ticket)) == (["Long thoughts."], ["note"], [])
