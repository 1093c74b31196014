"""Files in the agents' forms: with the reply while it waits, back with it, inside with a note."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.files import pdf, upload
from tests.forms import fill
from tests.portal import reading
from tests.portal.test_files import again, listed, send, staged

PAGE, SEND = "/desk/tickets/1001/", "/desk/tickets/1001/messages/"
NEW = "/desk/tickets/new/"


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def ticket(cast: Cast, client: Client, at: datetime) -> Ticket:
    """Carl's ticket; ada is signed in."""
    client.force_login(cast.ada)
    return make.ticket(cast.carl, at=at)


@pytest.fixture
def window(settings: Settings) -> int:
    settings.MAIL_WINDOW_S = 20
    return 20


def names(message: Message) -> list[str]:
    return list(message.attachments.order_by("pk").values_list("name", flat=True))


def test_a_reply_waits_with_its_files_and_takes_them_along(
    client: Client, cast: Cast, ticket: Ticket, window: int
) -> None:
    answer = send(client, PAGE, SEND, upload("manual.pdf", pdf()), text="Page 4.")
    assert (answer.status_code, Message.objects.count()) == (303, 1)
    assert listed(client.get(PAGE).content.decode()) == ["manual.pdf 1 kB"]
    other = Client()
    other.force_login(cast.carl)
    assert listed(other.get("/tickets/1001/").content.decode()) == []

    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))

    assert (Message.objects.latest("pk").text, names(Message.objects.latest("pk"))) == ("Page 4.", ["manual.pdf"])
    assert listed(client.get(PAGE).content.decode()) == ["manual.pdf 1 kB"]
    assert listed(other.get("/tickets/1001/").content.decode()) == ["manual.pdf 1 kB"]


def test_taking_a_reply_back_puts_its_files_into_the_composer(client: Client, ticket: Ticket, window: int) -> None:
    send(client, PAGE, SEND, upload("a.pdf", pdf()), upload("b.pdf", pdf(text="b")), text="Wait")
    path = f"{PAGE}scheduled/{ScheduledChange.objects.get().pk}/take-back/"
    assert send(client, PAGE, path).status_code == 303
    page = client.get(PAGE).content.decode()
    assert (staged(page), listed(page), fill(page, SEND)["text"]) == (["a.pdf", "b.pdf"], [], ["Wait"])

    assert again(client, page, SEND, text="Now").status_code == 303
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    assert [(message.text, names(message)) for message in Message.objects.order_by("pk")[1:]] == [
        ("Now", ["a.pdf", "b.pdf"])
    ]


def test_a_file_that_is_sent_elsewhere_first_leaves_the_reply_to_its_author(
    client: Client, cast: Cast, ticket: Ticket, window: int
) -> None:
    """One staged file, named by a reply that waits and by a note from another tab: nothing is sent without it."""
    send(client, PAGE, SEND, upload("a.pdf", pdf()), text="See the file")
    key = str(Attachment.objects.get().key)
    note = fill(client.get(PAGE).content.decode(), SEND, text="A note", kind="note")
    assert client.post(SEND, {**note, "file": [key]}).status_code == 303

    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))

    page = client.get(PAGE).content.decode()
    assert "Not sent: a file was sent with another message, or removed. Attach it again." in page
    assert "See the file" in page
    assert [names(message) for message in Message.objects.order_by("pk")[1:]] == [["a.pdf"]]


@pytest.mark.parametrize("how", ["limit", "drop"])
def test_a_reply_that_waits_is_not_sent_with_less_than_was_meant(
    client: Client, cast: Cast, ticket: Ticket, window: int, at: datetime, how: str
) -> None:
    send(client, PAGE, SEND, upload("a.pdf", pdf(1_100_000)), text="See the file")
    if how == "limit":
        configure(by=cast.otto, at=at, file_limit_mb=1)
    else:
        assert client.post(f"/files/{Attachment.objects.get().key}/drop/").status_code == 204

    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))

    words = "its files together are more" if how == "limit" else "a file was sent with another message"
    assert f"Not sent: {words}" in client.get(PAGE).content.decode()
    assert Message.objects.count() == 1


def test_h01_the_files_of_a_note_stay_inside(client: Client, cast: Cast, ticket: Ticket) -> None:
    assert send(client, PAGE, SEND, upload("guess.pdf", pdf()), text="", kind="note").status_code == 303
    assert (Message.objects.latest("pk").is_public, names(Message.objects.latest("pk"))) == (False, ["guess.pdf"])
    assert listed(client.get(PAGE).content.decode()) == ["guess.pdf 1 kB"]
    other = Client()
    other.force_login(cast.carl)
    assert "guess.pdf" not in other.get("/tickets/1001/").content.decode()


def test_the_composer_says_what_note_mode_means_for_the_files(client: Client, ticket: Ticket) -> None:
    page = send(
        client, PAGE, SEND, upload("a.pdf", pdf()), upload("x.exe", b"MZ"), text="t", kind="note"
    ).content.decode()
    assert '<p class="internal" data-when="note">' in page
    assert "Only your team sees these files." in page


def test_i08_a_message_that_came_in_meanwhile_holds_text_and_files(
    client: Client, cast: Cast, ticket: Ticket, at: datetime
) -> None:
    values = fill(client.get(PAGE).content.decode(), SEND, text="Careful words")
    make.reply(ticket, cast.carl, at=make.later(at), text="It is out.")
    answer = client.post(SEND, {**values, "files": [upload("a.pdf", pdf())]})
    page = answer.content.decode()
    assert (answer.status_code, staged(page), fill(page, SEND)["text"]) == (422, ["a.pdf"], ["Careful words"])
    assert again(client, page, SEND).status_code == 303
    assert names(Message.objects.latest("pk")) == ["a.pdf"]


def test_a_wrong_file_keeps_the_good_one_the_text_and_the_mode(client: Client, ticket: Ticket) -> None:
    answer = send(client, PAGE, SEND, upload("x.exe", b"MZ"), upload("a.pdf", pdf()), text="Kept", kind="note")
    page = answer.content.decode()
    composer = fill(page, SEND)
    assert (answer.status_code, Message.objects.count(), staged(page)) == (422, 1, ["a.pdf"])
    assert (composer["text"], composer["kind"]) == (["Kept"], ["note"])
    assert "We cannot take “x.exe”" in reading.errors(page)


def test_f09_an_ended_session_gives_the_agents_files_back(client: Client, cast: Cast, ticket: Ticket) -> None:
    page = send(client, PAGE, SEND, upload("a.pdf", pdf()), upload("x.exe", b"MZ"), text="Kept").content.decode()
    values = fill(page, SEND)
    client.logout()
    assert client.post(SEND, values).status_code == 303
    client.force_login(cast.ada)
    back = client.get(PAGE).content.decode()
    assert (staged(back), fill(back, SEND)["text"], Message.objects.count()) == (["a.pdf"], ["Kept"], 1)


def test_f08_a_second_press_sends_the_files_once(client: Client, ticket: Ticket, window: int) -> None:
    values = fill(client.get(PAGE).content.decode(), SEND, text="Once")
    for _press in range(2):
        assert client.post(SEND, {**values, "files": [upload("a.pdf", pdf())]}).status_code == 303
    jobs.run_due(at=timezone.now() + timedelta(seconds=window + 1))
    assert [names(message) for message in Message.objects.order_by("pk")[1:]] == [["a.pdf"]]


def test_an_agent_opens_a_ticket_with_files(client: Client, cast: Cast, ticket: Ticket) -> None:
    refused = send(client, NEW, NEW, upload("a.pdf", pdf()), customer="carl", subject="", text="By phone")
    page = refused.content.decode()
    assert (refused.status_code, staged(page)) == (422, ["a.pdf"])
    assert again(client, page, NEW, subject="Called").status_code == 303
    message = Message.objects.latest("pk")
    assert (message.ticket.requester, names(message)) == (cast.carl, ["a.pdf"])


def test_the_mail_names_the_files_and_carries_none(client: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    staged_files = files.stage(cast.ada, pdf(text="canary-5511"), pdf(text="2"), at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("Here."), staged_files)
    jobs.run_due(at=at)
    mail = Mail.objects.get(to_name="Carl", text__contains="Here.")
    assert "With 2 files, open the ticket to get them:\n- file-0.pdf\n- file-1.pdf\n" in mail.text
    assert "<b>file-0.pdf</b>, <b>file-1.pdf</b>" in mail.html
    assert "canary-5511" not in mail.text + mail.html


def test_a_mail_without_files_says_nothing_of_files(cast: Cast, ticket: Ticket, at: datetime) -> None:
    make.reply(ticket, cast.ada, at=at)
    jobs.run_due(at=at)
    assert [mail for mail in Mail.objects.all() if "files" in mail.text or "a file" in mail.text] == []
    assert Attachment.objects.count() == 0
