"""Settings → Policies: what tickets do by themselves, and what people may do to them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from deskhand.core.models import AuditEntry
from deskhand.desk.queries import current_desk
from deskhand.staff.settings_policies import PoliciesForm
from deskhand.tickets import policy
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/policies/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def test_every_policy_is_saved_and_written_down(otto: Client) -> None:
    given = {
        "status_on_agent_reply": "resolved", "reopen_days": 14, "auto_close_days": 7, "auto_close_warning_days": 3,
    }  # fmt: skip
    off = ("customers_may_close", "customers_may_reopen", "managers_may_reply", "managers_may_close")
    before = {name: getattr(current_desk(), name) for name in [*given, *off]}
    send(otto, PAGE, PAGE, **given, **dict.fromkeys(off))

    entry = AuditEntry.objects.latest("pk")
    assert (entry.before, entry.after) == (before, {**given, **dict.fromkeys(off, False)})


def test_the_policies_of_shops_and_agencies_are_saved_and_written_down(otto: Client) -> None:
    given = {
        "status_on_reassign": "open", "close_waiting_days": 30, "longest_subject": 145, "longest_message": 1000,
        "short_message": 50, "mailbox": "off", "mailbox_answer": "Write to us here.",
    }  # fmt: skip
    before = {name: getattr(current_desk(), name) for name in given}
    send(otto, PAGE, PAGE, **given, claims_on_open="on")

    entry = AuditEntry.objects.latest("pk")
    assert (entry.before, entry.after) == ({**before, "claims_on_open": False}, {**given, "claims_on_open": True})
    answer = send(otto, PAGE, PAGE, claims_on_open=None, **dict.fromkeys(given, "") | {"mailbox": "replies"})
    desk = current_desk()
    assert (answer.status_code, {name: getattr(desk, name) for name in before}, desk.claims_on_open) == (
        303, before, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"status_on_reassign": "closed"}, "valid choice"),
        ({"status_on_reassign": "resolved"}, "valid choice"),
        ({"close_waiting_days": 0}, "greater than or equal to 1"),
        ({"close_waiting_days": 2, "auto_close_warning_days": 2}, "fewer days than 2"),
        ({"longest_subject": 201}, "less than or equal to 200"),
        ({"longest_subject": 19}, "greater than or equal to 20"),
        ({"longest_message": 100_001}, "less than or equal to 100000"),
        ({"longest_message": 100, "short_message": 100}, "fewer than 100"),
        ({"mailbox": "pigeon"}, "valid choice"),
        ({"mailbox_answer": "x" * 2_001}, "At most 2000 characters"),
    ],
)
def test_limits_that_make_no_sense_are_refused_and_stay_typed(otto: Client, data: dict[str, Any], words: str) -> None:
    version = current_desk().version
    answer = send(otto, PAGE, PAGE, **{"reopen_days": 11, **data})
    html = answer.content.decode()

    assert (answer.status_code, current_desk().version, words in html) == (422, version, True)
    kept = {name: [str(value)] for name, value in data.items() if name not in {"mailbox", "status_on_reassign"}}
    again = fill(html, PAGE)
    assert {name: again[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("mailbox", "answer", "sentence"),
    [
        ("replies", "", "A mail to us opens no ticket: open it here."),
        ("off", "Mails reach nobody.\nWrite <here>.", "Mails reach nobody.\nWrite &lt;here&gt;."),
        ("tickets", "Mails reach nobody.", None),
    ],
)
def test_s5_1_what_mails_do_is_said_beside_the_form_for_a_new_ticket(
    otto: Client, cast: Cast, mailbox: str, answer: str, sentence: str | None
) -> None:
    send(otto, PAGE, PAGE, mailbox=mailbox, mailbox_answer=answer)
    otto.force_login(cast.carl)
    page = otto.get("/tickets/new/").content.decode()

    told = page.split("so nothing is lost.</p>")[1].split("</section>")[0]
    expected = f'<p class="soft pre">{sentence}</p>' if sentence else ""
    assert told.strip() == expected


def test_each_policy_has_one_plain_sentence(otto: Client) -> None:
    assert [name for name, field in PoliciesForm.base_fields.items() if not str(field.help_text).endswith(".")] == []


def test_empty_days_are_without_end(otto: Client) -> None:
    send(otto, PAGE, PAGE, reopen_days=14, auto_close_days=7)
    send(otto, PAGE, PAGE, reopen_days="", auto_close_days="")

    assert (current_desk().reopen_days, current_desk().auto_close_days) == (None, None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"auto_close_days": 0}, "greater than or equal to 1"),
        ({"auto_close_days": 366}, "less than or equal to 365"),
        ({"auto_close_days": "soon"}, "whole number"),
        ({"auto_close_days": 2, "auto_close_warning_days": 2}, "fewer days than 2"),
        ({"auto_close_warning_days": ""}, "required"),
        ({"auto_close_warning_days": -1}, "greater than or equal to 0"),
        ({"reopen_days": "9" * 400}, "less than or equal to 365"),
    ],
)
def test_s3_16_days_that_make_no_sense_are_refused_and_stay_typed(
    otto: Client, data: dict[str, Any], words: str
) -> None:
    version = current_desk().version
    answer = send(otto, PAGE, PAGE, **{"reopen_days": 11, "customers_may_close": None, **data})
    html = answer.content.decode()
    again = fill(html, PAGE)

    assert (answer.status_code, current_desk().version, words in html) == (422, version, True)
    assert ("customers_may_close" in again, again["reopen_days"]) == (False, [str(data.get("reopen_days", 11))])


@pytest.mark.parametrize("may", [True, False])
def test_s4_18_what_managers_may_do_is_a_setting(otto: Client, cast: Cast, at: datetime, may: bool) -> None:  # noqa: FBT001 - a case
    ticket = make.ticket(cast.carl, at=at)
    on = "on" if may else None
    send(otto, PAGE, PAGE, managers_may_reply=on, managers_may_close=on)
    desk = current_desk()

    assert policy.can_reply(cast.mona, ticket, Via.PORTAL, desk, at=at) is may
    assert policy.can_close(cast.mona, ticket, Via.PORTAL, desk) is may


def test_s3_17_the_days_of_reopening_are_a_setting(otto: Client, cast: Cast, at: datetime) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    send(otto, PAGE, PAGE, reopen_days=7)
    desk = current_desk()

    assert policy.can_reopen(cast.carl, ticket, Via.PORTAL, desk, at=at + timedelta(days=7)) is True
    assert policy.can_reopen(cast.carl, ticket, Via.PORTAL, desk, at=at + timedelta(days=7, seconds=1)) is False
