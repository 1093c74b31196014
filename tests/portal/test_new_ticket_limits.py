"""How long a message may be, and how a longer one leaves all the same (S1.7, S1.8, S1.c2)."""

import re
from datetime import datetime

import pytest
from django.test import Client

from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import files, make
from tests.cast import Cast
from tests.forms import fill, send
from tests.portal import reading

NEW = "/tickets/new/"
REPLY = "/tickets/1001/replies/"
BUTTON = re.compile(r'<button[^>]* name="in_parts"[^>]*>')


@pytest.fixture
def carl(client: Client, cast: Cast, at: datetime) -> Client:
    """Carl, at a desk where a message has a thousand characters."""
    configure(by=cast.otto, at=at, longest_message=1000)
    client.force_login(cast.carl)
    return client


def texts() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("text", flat=True))


def is_offered(page: str) -> bool:
    """Is there the button that continues in a reply (before any script has run)?"""
    (button,) = BUTTON.findall(page)
    return " hidden" not in button


def test_s1_8_the_form_says_its_limit_and_counts_without_a_word_of_it_elsewhere(
    client: Client, cast: Cast, carl: Client, at: datetime
) -> None:
    page = carl.get(NEW).content.decode()
    (counter,) = re.findall(r"<desk-counter.*?</desk-counter>", page)
    assert reading.words(counter) == "Up to 1,000 characters"
    assert 'data-for="id_text" data-limit="1000" data-left-one="1 character left"' in counter
    assert not is_offered(page)
    configure(by=cast.otto, at=at, longest_message=None)
    assert "<desk-counter" not in carl.get(NEW).content.decode()


def test_s1_7_a_thousand_pass_and_lines_end_with_one_character(carl: Client) -> None:
    longest = "é" * 499 + "\r\n" + "\N{PARTY POPPER}" * 500
    assert send(carl, NEW, NEW, subject="x", text=f"\r\n{longest}\r\n").status_code == 303
    assert [len(text) for text in texts()] == [1000]


def test_s1_7_one_more_is_refused_with_the_text_and_the_files_kept_and_a_way_out(carl: Client) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, subject="kept", text="a" * 1001)
    answer = carl.post(NEW, {**values, "files": [files.upload("a.pdf", files.pdf())]})
    page = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert reading.errors(page) == (
        "One thing needs your attention Message : That are 1,001 characters, and a message has at most 1,000. "
        "Send the first part and continue in a reply, or say it in fewer words."
    )
    assert is_offered(page)
    again = fill(page, NEW)
    assert (again["subject"], again["text"], len(again["file"])) == (["kept"], ["a" * 1001], 1)


def test_s1_8_one_press_sends_the_first_part_and_continues_in_replies(carl: Client, cast: Cast, at: datetime) -> None:
    long = "\n\n".join(f"{number} " + "word " * 120 for number in range(4)).strip()
    values = fill(carl.get(NEW).content.decode(), NEW, subject="Long", text=long)
    first = carl.post(NEW, {**values, "files": [files.upload("a.pdf", files.pdf())]})
    assert first.status_code == 422
    sent = carl.post(NEW, fill(first.content.decode(), NEW) | {"in_parts": ["1"]})
    assert (sent.status_code, sent["Location"]) == (303, "/tickets/1001/")
    assert len(texts()) == 4
    assert max(map(len, texts())) <= 1000
    assert "".join("".join(texts()).split()) == "".join(long.split())
    kinds = list(Event.objects.order_by("pk").values_list("kind", "change"))
    assert [kind for kind, _ in kinds] == ["ticket.opened", *["ticket.replied"] * 3]
    assert len({change for _, change in kinds}) == 1
    assert Attachment.objects.get().message == Message.objects.order_by("pk")[0]


def test_s1_8_a_ticket_in_parts_is_told_in_one_mail_to_each(carl: Client, cast: Cast, at: datetime) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, subject="Long", text="word " * 500)
    assert carl.post(NEW, values | {"in_parts": ["1"]}).status_code == 303
    jobs.run_due(at=Ticket.objects.get().created_at)
    assert len(texts()) == 3
    to = list(Mail.objects.values_list("to_address", flat=True))
    assert to.count(cast.carl.email) == 1
    assert len(to) == len(set(to)) > 1


def test_s1_8_a_text_that_is_short_enough_stays_whole_whatever_button_was_pressed(carl: Client) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="One.\n\nTwo.")
    assert carl.post(NEW, values | {"in_parts": ["1"]}).status_code == 303
    assert texts() == ["One.\n\nTwo."]


def test_f08_a_ticket_in_parts_is_sent_once(carl: Client) -> None:
    values = fill(carl.get(NEW).content.decode(), NEW, subject="x", text="word " * 300) | {"in_parts": ["1"]}
    answers = [carl.post(NEW, values) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == ["/tickets/1001/"] * 2
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 2)


def test_s1_c2_a_topic_may_have_a_limit_of_its_own(carl: Client) -> None:
    Topic.objects.create(name="Essays", position=1, longest_message=2000)
    essays = Topic.objects.get(name="Essays")
    page = carl.get(NEW).content.decode()
    values = fill(page, NEW, subject="x", text="a" * 1500)
    assert carl.post(NEW, values).status_code == 422
    look = values | {"topic": [str(essays.pk)], "look": ["asked"]}
    part = carl.post(NEW, look, headers={"HX-Request": "true", "HX-Target": "asked"}).content.decode()
    (left,) = re.findall(r'<div hx-swap-oob="innerHTML:#left">(.*?)</div>', part, re.DOTALL)
    assert reading.words(left) == "Up to 2,000 characters"
    assert carl.post(NEW, values | {"topic": [str(essays.pk)]}).status_code == 303


def test_s1_c2_the_subject_has_a_limit_too(carl: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, longest_subject=145)
    page = carl.get(NEW).content.decode()
    assert re.search(r'<input type="text" name="subject"[^>]* maxlength="145"', page)
    answer = send(carl, NEW, NEW, subject="s" * 146, text="kept")
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert fill(answer.content.decode(), NEW)["subject"] == ["s" * 146]
    assert "Subject : Ensure this value has at most 145 characters (it has 146)." in reading.errors(
        answer.content.decode()
    )
    assert send(carl, NEW, NEW, subject="s" * 145, text="x").status_code == 303
    assert fill(carl.get(f"{NEW}?subject={'t' * 300}").content.decode(), NEW)["subject"] == ["t" * 145]


def test_s1_c2_little_is_a_hint_with_an_example_and_never_a_wall(carl: Client, cast: Cast, at: datetime) -> None:
    assert "For example" not in carl.get(NEW).content.decode()
    configure(by=cast.otto, at=at, short_message=50)
    page = carl.get(NEW).content.decode()
    assert "<span data-when-short>For example: “I pressed Save" in page
    assert 'data-short="50"' in page
    assert send(carl, NEW, NEW, subject="x", text="Help").status_code == 303


def test_s1_7_a_reply_has_the_same_limit_keeps_its_text_and_goes_on_in_parts(
    carl: Client, cast: Cast, at: datetime
) -> None:
    make.ticket(cast.carl, at=at, text="First")
    page = carl.get("/tickets/1001/").content.decode()
    assert not is_offered(page)
    assert "Up to 1,000 characters" in page
    refused = carl.post(REPLY, fill(page, REPLY, text="b " * 505 + "b"))
    shown = refused.content.decode()
    assert (refused.status_code, texts()) == (422, ["First"])
    assert "That are 1,011 characters, and a message has at most 1,000." in reading.errors(shown)
    assert is_offered(shown)
    sent = carl.post(REPLY, fill(shown, REPLY) | {"in_parts": ["1"]})
    assert sent.status_code == 303
    assert [len(text) for text in texts()] == [5, 999, 11]
    assert Event.objects.filter(kind="ticket.replied").values("change").distinct().count() == 1


def test_s1_7_a_second_message_before_any_answer_is_fine(carl: Client, cast: Cast) -> None:
    send(carl, NEW, NEW, subject="x", text="a" * 1000)
    assert send(carl, "/tickets/1001/", REPLY, text="b" * 1000).status_code == 303
    assert [len(text) for text in texts()] == [1000, 1000]


def test_files_alone_are_still_a_reply(carl: Client, cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    values = fill(carl.get("/tickets/1001/").content.decode(), REPLY, text="")
    assert carl.post(REPLY, {**values, "files": [files.upload("a.pdf", files.pdf())]}).status_code == 303
    assert Message.objects.filter(text="").count() == 1


def test_a_limit_that_was_lowered_meanwhile_is_told_as_any_other(
    carl: Client, cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.ticket(cast.carl, at=at)
    for path, action in ((NEW, NEW), ("/tickets/1001/", REPLY)):
        values = fill(carl.get(path).content.decode(), action, text="a" * 1001)
        with monkeypatch.context() as patch:  # the form has looked at the desk a moment before the door did
            for module in ("forms", "ticket"):
                patch.setattr(f"deskhand.portal.{module}.longest_message", lambda topic, desk: None)
            answer = carl.post(action, values | ({"subject": ["x"]} if action == NEW else {}))
        page = answer.content.decode()
        assert (answer.status_code, Message.objects.count()) == (422, 1)
        assert "That are 1,001 characters, and a message has at most 1,000." in reading.errors(page)
        assert is_offered(page)
