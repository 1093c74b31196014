"""Files in a customer's forms without JavaScript: nothing that was typed or was good is lost, whatever else is wrong."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.tickets import attachments
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.files import MB, pdf, picture, upload
from tests.forms import fill
from tests.portal import reading

NEW, PAGE, REPLY = "/tickets/new/", "/tickets/1001/", "/tickets/1001/replies/"


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def carl(client: Client, cast: Cast) -> Client:
    client.force_login(cast.carl)
    return client


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return make.ticket(cast.carl, at=at)


def send(client: Client, page: str, path: str, *sent: Any, **typed: str) -> HttpResponse:  # noqa: ANN401 - uploads
    """The form of a page with these files, as a browser without scripts sends it."""
    return client.post(path, {**fill(client.get(page).content.decode(), path, **typed), "files": list(sent)})


def again(client: Client, html: str, path: str, *sent: Any, **typed: str | None) -> HttpResponse:  # noqa: ANN401 - uploads
    """The form of the answer that was just shown, sent once more."""
    return client.post(path, {**fill(html, path, **typed), "files": list(sent)})


def staged(html: str) -> list[str]:
    """The names of the files that a form lists."""
    return [reading.words(name) for name in re.findall(r'data-state="staged".*?class="name"[^>]*>(.*?)</span>', html)]


def listed(html: str) -> list[str]:
    """What the messages of a page have with them: name and size."""
    return [reading.words(link) for link in re.findall(r'<a class="(?:file|picture)".*?</a>', html, re.DOTALL)]


def test_s3_11_s4_9_a_ticket_is_opened_with_its_files(carl: Client, cast: Cast) -> None:
    answer = send(carl, NEW, NEW, upload("a.pdf", pdf(2048)), upload("b.png", picture()), subject="x", text="y")
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert [(file.name, file.owner) for file in Message.objects.get().attachments.order_by("pk")] == [
        ("a.pdf", cast.carl), ("b.png", cast.carl),
    ]  # fmt: skip
    assert listed(carl.get(PAGE).content.decode()) == ["a.pdf 2 kB", "b.png 1 kB"]


def test_files_do_not_stand_for_the_text_of_a_new_ticket(carl: Client) -> None:
    answer = send(carl, NEW, NEW, upload("a.pdf", pdf()), subject="x", text="")
    page = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count(), staged(page)) == (422, 0, ["a.pdf"])
    assert reading.errors(page) == "One thing needs your attention Message : Write what happened."


def test_a_reply_of_files_alone_is_a_message(carl: Client, ticket: Ticket) -> None:
    answer = send(carl, PAGE, REPLY, upload("a.pdf", pdf()), text="")
    assert answer.status_code == 303
    message = Message.objects.latest("pk")
    assert (message.text, [file.name for file in message.attachments.all()]) == ("", ["a.pdf"])
    page = carl.get(PAGE).content.decode()
    assert page.count('<div class="prose"') == 1  # the opening message; no empty paragraph below "You"


def test_nothing_at_all_is_no_message(carl: Client, ticket: Ticket) -> None:
    answer = send(carl, PAGE, REPLY, text=" ")
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert "Write your message first." in reading.errors(answer.content.decode())


def test_s4_10_too_much_together_is_refused_with_the_total_and_all_the_rest_stays(carl: Client, ticket: Ticket) -> None:
    three = [upload(f"{name}.pdf", pdf(11 * MB)) for name in "abc"]
    answer = send(carl, PAGE, REPLY, *three, text="Kept words")
    page = answer.content.decode()
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert "“c.pdf” was left out: 33 MB of 30 MB." in reading.errors(page)
    assert (staged(page), "Kept words</textarea>" in page) == (["a.pdf", "b.pdf"], True)
    assert ">22 of 30 MB<" in page

    assert again(carl, page, REPLY).status_code == 303
    assert [file.name for file in Message.objects.latest("pk").attachments.order_by("pk")] == ["a.pdf", "b.pdf"]


def test_d02_a_wrong_file_beside_a_good_one_is_named_and_the_good_one_stays(carl: Client) -> None:
    answer = send(
        carl, NEW, NEW, upload("setup.png", b"MZ" + bytes(600)), upload("good.pdf", pdf()), subject="s", text="t"
    )
    page = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count(), staged(page)) == (422, 0, ["good.pdf"])
    assert reading.errors(page).startswith(
        "One thing needs your attention Files : “setup.png” is not what its name says"
    )
    assert 'href="#id_files"' in page
    assert again(carl, page, NEW)["Location"] == PAGE
    assert [file.name for file in Attachment.objects.all()] == ["good.pdf"]


def test_an_error_elsewhere_keeps_the_files_and_more_can_come(carl: Client) -> None:
    page = send(carl, NEW, NEW, upload("a.pdf", pdf()), subject="", text="t").content.decode()
    assert staged(page) == ["a.pdf"]
    more = again(carl, page, NEW, upload("b.pdf", pdf(text="b"))).content.decode()
    assert staged(more) == ["a.pdf", "b.pdf"]
    assert again(carl, more, NEW, subject="s").status_code == 303
    assert sorted(Message.objects.get().attachments.values_list("name", flat=True)) == ["a.pdf", "b.pdf"]


def test_a_file_that_is_unticked_is_not_sent(carl: Client) -> None:
    page = send(carl, NEW, NEW, upload("a.pdf", pdf()), upload("b.pdf", pdf(text="b")), subject="", text="t")
    keys = fill(page.content.decode(), NEW)["file"]
    values = {**fill(page.content.decode(), NEW, subject="s"), "file": keys[1:]}
    assert carl.post(NEW, values).status_code == 303
    assert [file.name for file in Message.objects.get().attachments.all()] == ["b.pdf"]


def test_d12_a_foreign_key_brings_nothing_and_says_so(carl: Client, cast: Cast, ticket: Ticket, at: datetime) -> None:
    [hers] = files.stage(cast.eve, pdf(), at=at)
    values = {**fill(carl.get(PAGE).content.decode(), REPLY, text="Mine?"), "file": [str(hers.key)]}
    answer = carl.post(REPLY, values)
    page = answer.content.decode()
    assert (answer.status_code, Message.objects.count(), staged(page)) == (422, 1, [])
    assert "A file is no longer there" in reading.errors(page)
    assert again(carl, page, REPLY).status_code == 303  # the words stayed, and go alone


@pytest.mark.parametrize("page", [NEW, PAGE])
def test_i10_files_that_had_room_one_by_one_are_too_much_together(
    carl: Client, cast: Cast, ticket: Ticket, at: datetime, page: str
) -> None:
    """Two tabs upload at once; the form that names both is told the total, and keeps text and files."""
    configure(by=cast.otto, at=at, file_limit_mb=1)
    path = NEW if page == NEW else REPLY
    values = fill(
        carl.get(page).content.decode(), path, text="Both of them", **({"subject": "S"} if page == NEW else {})
    )
    for name in ("a.pdf", "b.pdf"):
        assert carl.post("/files/", {"files": upload(name, pdf(700_000, text=name))}).status_code == 200

    answer = carl.post(path, {**values, "file": [str(row.key) for row in Attachment.objects.order_by("pk")]})

    html = answer.content.decode()
    assert (answer.status_code, staged(html), fill(html, path)["text"]) == (422, ["a.pdf", "b.pdf"], ["Both of them"])
    assert "Your files are too much together: 1.4 MB of 1 MB. Take one away." in reading.errors(html)
    assert Message.objects.count() == 1


def test_a_file_that_was_swept_meanwhile_is_missed_before_anything_is_sent(carl: Client, ticket: Ticket) -> None:
    page = send(carl, PAGE, REPLY, upload("a.pdf", pdf()), upload("x.exe", b"MZ"), text="t").content.decode()
    Attachment.objects.all().delete()
    answer = again(carl, page, REPLY)
    assert (answer.status_code, Message.objects.count()) == (422, 1)
    assert "A file is no longer there" in reading.errors(answer.content.decode())


def test_f08_a_second_press_shows_the_first_result_also_with_files_alone(carl: Client, ticket: Ticket) -> None:
    refused = send(carl, PAGE, REPLY, upload("a.pdf", pdf()), upload("x.exe", b"MZ"), text="").content.decode()
    values = fill(refused, REPLY)
    answers = [carl.post(REPLY, values) for _press in range(2)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, answers[0]["Location"])}
    assert Message.objects.count() == 2


def test_f09_an_ended_session_gives_text_and_staged_files_back(carl: Client, cast: Cast) -> None:
    page = send(carl, NEW, NEW, upload("a.pdf", pdf()), subject="", text="Long words").content.decode()
    values = fill(page, NEW, subject="s")
    carl.logout()
    answer = carl.post(NEW, values)
    assert (answer.status_code, Ticket.objects.count()) == (303, 0)
    carl.force_login(cast.carl)
    back = carl.get(NEW).content.decode()
    assert (staged(back), fill(back, NEW)["text"]) == (["a.pdf"], ["Long words"])
    assert again(carl, back, NEW).status_code == 303
    assert [file.name for file in Message.objects.get().attachments.all()] == ["a.pdf"]


def test_a_kept_form_shows_no_strangers_file(client: Client, cast: Cast, carl: Client, at: datetime) -> None:
    [hers] = files.stage(cast.eve, pdf(), at=at)
    values = {**fill(carl.get(NEW).content.decode(), NEW, text="Mine"), "file": [str(hers.key)]}
    carl.logout()
    carl.post(NEW, values)
    carl.force_login(cast.carl)
    back = carl.get(NEW).content.decode()
    assert (staged(back), "Mine</textarea>" in back) == ([], True)


def test_a_picture_is_shown_small_and_in_its_size(carl: Client, ticket: Ticket, cast: Cast, at: datetime) -> None:
    [file] = files.stage(cast.carl, picture(960, 320), at=at, kind="png")
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.reply(compose("Look"), [file])
    before = carl.get(PAGE).content.decode()
    jobs.run_due(at=at)
    page = carl.get(PAGE).content.decode()
    assert ("<img" in before, listed(before)) == (False, listed(page))
    assert f'<img src="/files/{file.key}/thumbnail" width="240" height="80" alt=""' in page
    assert f'href="/files/{file.key}/file-0.png" download' in page


def test_the_files_of_a_removed_message_are_gone_from_the_page(
    cast: Cast, carl: Client, ticket: Ticket, at: datetime
) -> None:
    [file] = files.stage(cast.ada, pdf(), at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("The wrong invoice"), [file])
    assert listed(carl.get(PAGE).content.decode()) == ["file-0.pdf 1 kB"]
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(Message.objects.latest("pk"))
    assert listed(carl.get(PAGE).content.decode()) == []


def test_what_may_be_sent_is_said_as_the_desk_has_set_it(carl: Client, cast: Cast, at: datetime) -> None:
    from deskhand.desk.changes import configure

    configure(by=cast.otto, at=at, file_kinds="pdf zip", file_limit_mb=5)
    page = carl.get(NEW).content.decode()
    assert ("PDF, ZIP · up to 5 MB together" in page, 'accept=".pdf,.zip"' in page) == (True, True)


def test_a_name_is_text(carl: Client) -> None:
    name = "<img src=x onerror=alert(1)>{{7*7}}.pdf"
    page = send(carl, NEW, NEW, upload(name, pdf()), subject="", text="t").content.decode()
    assert ("<img src=x" in page, "{{7*7}}" in page, staged(page)) == (False, True, [name])


def test_two_hundred_and_one_files_are_refused_in_words(
    carl: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_AN_HOUR", 0)
    answer = send(carl, PAGE, REPLY, upload("a.pdf", pdf()), text="Kept")
    page = answer.content.decode()
    assert (answer.status_code, Message.objects.count(), "Kept</textarea>" in page) == (429, 1, True)
    assert "“a.pdf” was not attached: that were many files in a short time." in reading.errors(page)
