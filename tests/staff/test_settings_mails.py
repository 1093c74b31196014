"""The settings of mails: the table, the words of each mail, the preview, the test mail."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.desk.queries import current_desk
from deskhand.mail.models import Mail
from deskhand.notifications.models import Template
from deskhand.notifications.templates import KEYS, save_template
from tests.cast import Cast
from tests.forms import fill, send

TABLE = "/desk/settings/mails/"
PAGE = "/desk/settings/mails/opened-customer/"
PREVIEW = f"{PAGE}preview/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def words() -> list[tuple[str, str, str]]:
    return list(Template.objects.order_by("pk").values_list("key", "headline", "text"))


@pytest.mark.parametrize("page", [TABLE, PAGE, PREVIEW, f"{PAGE}test/", f"{PAGE}reset/"])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {"headline": "Mine"}).status_code) == (403, 403)
    assert words() == []


def test_s5_14_the_table_has_a_box_for_each_mail_that_can_be_turned_off(otto: Client) -> None:
    page = otto.get(TABLE).content.decode()
    assert (page.count('type="checkbox"'), page.count("Always. ")) == (44, 10)
    assert page.count(" checked") == 44
    assert 'name="status.requester"' in page
    assert 'name="replied.requester"' not in page
    assert 'name="noted.requester"' not in page


def test_turning_mails_off_and_on_again_is_written_down_and_can_be_undone(otto: Client, cast: Cast) -> None:
    answer = send(otto, TABLE, TABLE, **{"status.requester": None, "overdue.queue": None})
    assert answer.status_code == 303
    assert current_desk().mail_matrix == {"status.requester": False, "overdue.queue": False}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.by, entry.before, entry.after) == (
        "desk.configured", cast.otto, {"mail_matrix": {}},
        {"mail_matrix": {"status.requester": False, "overdue.queue": False}},
    )  # fmt: skip
    assert otto.get(TABLE).content.decode().count(" checked") == 42
    send(otto, answer.url, "/desk/settings/undo/")
    assert current_desk().mail_matrix == {}


def test_a_post_cannot_turn_off_what_is_locked_nor_invent_a_mail(otto: Client) -> None:
    data = fill(otto.get(TABLE).content.decode(), TABLE, **{"status.requester": None, "noted.requester": "on"})
    assert otto.post(TABLE, data).status_code == 303
    assert current_desk().mail_matrix == {"status.requester": False}


def test_a_table_without_its_key_is_not_saved(otto: Client) -> None:
    assert otto.post(TABLE, {"status.requester": "on"}).status_code == 400
    assert current_desk().mail_matrix == {}


def test_words_are_saved_shown_marked_and_reset(otto: Client, cast: Cast) -> None:
    answer = send(otto, PAGE, PAGE, headline="Thank you, {name}", text="We look at {subject}.")
    assert (answer.status_code, answer.url) == (303, PAGE)
    assert words() == [("opened-customer", "Thank you, {name}", "We look at {subject}.")]
    page = otto.get(PAGE).content.decode()
    assert "<h3>Thank you, Carla Nilsson</h3>" in page
    assert "We look at The order form shows an error." in page
    assert otto.get(TABLE).content.decode().count("(your words)") == 1
    assert send(otto, PAGE, f"{PAGE}reset/").url == PAGE
    assert words() == [("opened-customer", "", "")]
    assert otto.get(TABLE).content.decode().count("(your words)") == 0
    entries = AuditEntry.objects.filter(action="mail.worded", by=cast.otto, subject="mail:opened-customer")
    assert entries.count() == 2
    assert f'action="{PAGE}reset/"' not in otto.get(PAGE).content.decode()


def test_a_second_press_saves_once(otto: Client) -> None:
    data = fill(otto.get(PAGE).content.decode(), PAGE, headline="Once")
    assert [otto.post(PAGE, data).status_code for _ in range(2)] == [303, 303]
    assert AuditEntry.objects.filter(action="mail.worded").count() == 1


def test_c14_an_unknown_placeholder_is_named_and_nothing_is_lost(otto: Client) -> None:
    answer = send(otto, PAGE, PAGE, headline="Dear {nmae}", text="A long text that took an hour.")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing stands for {nmae} here. The list below says what does." in page
    assert 'value="Dear {nmae}"' in page
    assert "A long text that took an hour.</textarea>" in page
    assert words() == []


def test_too_much_is_refused_and_kept(otto: Client) -> None:
    answer = send(otto, PAGE, PAGE, headline="x" * 201, text="Mine.")
    assert answer.status_code == 422
    assert "Mine.</textarea>" in answer.content.decode()


@pytest.mark.parametrize("program", ["{{7*7}}", "{0.__class__}", "{% raise %}", "%(x)s", "<script>alert(1)</script>"])
def test_c14_a_program_is_shown_as_text(otto: Client, program: str) -> None:
    send(otto, PAGE, PAGE, headline=program, text=program)
    page = otto.get(PAGE).content.decode()
    shown = program.replace("<", "&lt;").replace(">", "&gt;")
    assert f"<h3>{shown}</h3>" in page
    assert "<script>alert" not in page


def test_the_preview_shows_what_is_typed_and_saves_nothing(otto: Client) -> None:
    page = otto.get(PAGE).content.decode()
    data = fill(page, PAGE, headline="Typed for {name}", text="")
    part = otto.post(PREVIEW, data, headers={"HX-Request": "true", "HX-Target": "preview"})
    assert part.content.decode().lstrip().startswith('<section class="card padded letter" id="preview"')
    assert "<h3>Typed for Carla Nilsson</h3>" in part.content.decode()
    whole = otto.post(PREVIEW, data).content.decode()  # without JavaScript: the button
    assert "<h3>Typed for Carla Nilsson</h3>" in whole
    assert 'value="Typed for {name}"' in whole
    assert words() == []
    assert otto.post(PAGE, data).status_code == 303  # its key was not used up


def test_a_preview_of_a_mistake_says_so(otto: Client) -> None:
    data = fill(otto.get(PAGE).content.decode(), PAGE, headline="{nmae}")
    part = otto.post(PREVIEW, data, headers={"HX-Request": "true", "HX-Target": "preview"})
    assert part.status_code == 422
    assert "Nothing stands for {nmae} here." in part.content.decode()
    assert "<h3>We have your message: it is ticket #1042</h3>" in part.content.decode()


def test_a_test_mail_goes_to_whoever_asks_and_its_page_shows_it(otto: Client, cast: Cast, at: datetime) -> None:
    save_template(by=cast.otto, at=at, key="opened-customer", headline="Saved for {name}", text="")
    answer = send(otto, PAGE, f"{PAGE}test/")
    mail = Mail.objects.get()
    assert (answer.status_code, answer.url, mail.to_address) == (303, f"/desk/mailroom/{mail.pk}/", cast.otto.email)
    assert mail.text.startswith("Saved for Carla Nilsson\n")


@pytest.mark.parametrize("key", KEYS)
def test_every_mail_has_a_page(otto: Client, key: str) -> None:
    assert otto.get(f"{TABLE}{key}/").status_code == 200


@pytest.mark.parametrize("key", ["noted-customer", "nonsense", "opened_customer"])
def test_another_mail_is_nowhere(otto: Client, key: str) -> None:
    answers = [otto.get(f"{TABLE}{key}/")]
    answers += [otto.post(f"{TABLE}{key}/{last}") for last in ("", "preview/", "test/", "reset/")]
    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_mail_that_nobody_gets_says_so(otto: Client) -> None:
    send(otto, TABLE, TABLE, **{"noted.assignee": None, "noted.watchers": None})
    assert "turned off for everybody" in otto.get(f"{TABLE}noted-staff/").content.decode()
    assert "turned off for everybody" not in otto.get(PAGE).content.decode()


def test_f09_words_typed_in_a_dead_session_come_back(otto: Client, cast: Cast) -> None:
    data = fill(otto.get(PAGE).content.decode(), PAGE, headline="Typed before")
    otto.logout()
    otto.post(PAGE, data)
    otto.force_login(cast.otto)
    otto.post(PAGE, data)
    assert 'value="Typed before"' in otto.get(PAGE).content.decode()


def test_the_pages_ask_few_questions(otto: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for page in (TABLE, PAGE):
        otto.get(page)
        with django_assert_num_queries(1):
            otto.get(page)
