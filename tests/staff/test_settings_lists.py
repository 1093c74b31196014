"""Settings → Lists: columns and tabs of "My tickets"."""

import re
from typing import Any

import pytest
from django.test import Client

from deskhand.core.models import AuditEntry
from deskhand.desk.layout import usual_columns
from deskhand.desk.queries import current_desk
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/lists/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def heads(html: str) -> list[str]:
    return re.findall(r"<th>(.*?)</th>", html)


def test_s4_13_columns_are_chosen_and_put_in_order(otto: Client) -> None:
    assert fill(otto.get(PAGE).content.decode(), PAGE)["columns"] == usual_columns()
    send(otto, PAGE, PAGE, columns_order=["number", "subject", "status"], columns=["subject", "status", "number"])

    assert current_desk().columns == ["number", "subject", "status"]
    assert heads(otto.get(PAGE).content.decode()) == ["Ticket ID", "Subject", "Status"]


def test_s4_12_tabs_have_names_of_their_own(otto: Client) -> None:
    saved = send(otto, PAGE, PAGE, tabs=["open", "solved"], tab_open="Opened", tab_solved="Resolved")
    entry = AuditEntry.objects.latest("pk")

    assert saved["Location"] == f"{PAGE}?saved={entry.pk}"
    assert current_desk().tabs == [{"tab": "open", "name": "Opened"}, {"tab": "solved", "name": "Resolved"}]
    again = fill(otto.get(PAGE).content.decode(), PAGE)
    assert (again["tabs"], again["tab_open"], again["tab_solved"]) == (["open", "solved"], ["Opened"], ["Resolved"])


def test_s4_14_whether_a_ticket_unfolds_is_a_setting(otto: Client) -> None:
    send(otto, PAGE, PAGE, expands_in_place="on")
    assert current_desk().expands_in_place is True
    send(otto, PAGE, PAGE, expands_in_place=None)
    assert current_desk().expands_in_place is False


def test_a_tab_is_moved_with_its_name(otto: Client) -> None:
    values = fill(otto.get(PAGE).content.decode(), PAGE, tab_waiting="Your turn")
    moved = fill(otto.post(PAGE, {**values, "move": ["tabs.waiting.up"]}).content.decode(), PAGE)
    otto.post(PAGE, moved)

    assert current_desk().tabs[:2] == [{"tab": "waiting", "name": "Your turn"}, {"tab": "open", "name": ""}]


def test_the_preview_follows_without_saving(otto: Client) -> None:
    version = current_desk().version
    values = fill(otto.get(PAGE).content.decode(), PAGE, columns=["subject"], tabs=["all"], tab_all="All & more")
    part = otto.post(PAGE, values, headers={"HX-Request": "true", "HX-Target": "preview"}).content.decode()

    assert (heads(part), "<span data-current>All &amp; more</span>" in part) == (["Subject"], True)
    assert (current_desk().version, "<form" in part) == (version, False)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"tabs": None}, "Choose at least one tab."),
        ({"tabs": ["lost"]}, "not one of the available choices"),
        ({"columns": ["number"]}, "The subject must be among the columns"),
        ({"columns": ["subject", "color"]}, "not one of the available choices"),
        ({"tab_open": "x" * 41}, "at most 40 characters"),
    ],
)
def test_nonsense_is_refused_and_what_was_typed_stays(otto: Client, data: dict[str, Any], words: str) -> None:
    version = current_desk().version
    answer = send(otto, PAGE, PAGE, **{"tab_waiting": "Your turn", **data})
    html = answer.content.decode()

    assert (answer.status_code, current_desk().version) == (422, version)
    assert (words in html, 'value="Your turn"' in html) == (True, True)


def test_saving_what_is_there_already_writes_nothing(otto: Client) -> None:
    before = AuditEntry.objects.count()
    assert (send(otto, PAGE, PAGE)["Location"], AuditEntry.objects.count()) == (PAGE, before)


def test_a_column_that_is_sent_twice_is_there_once(otto: Client) -> None:
    send(otto, PAGE, PAGE, columns=["subject", "subject", "number"], columns_order=["number", "number", "subject"])
    assert current_desk().columns == ["number", "subject"]
