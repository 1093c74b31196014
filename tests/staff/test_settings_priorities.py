"""Priorities, as an administrator describes them."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.tickets.models.choices import Priority
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/priorities/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def shown(client: Client) -> str:
    return client.get(PAGE).content.decode()


def promises() -> list[int | None]:
    return list(Priority.objects.order_by("rank").values_list("first_response_minutes", flat=True))


def test_only_administrators_get_in(client: Client, cast: Cast) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(PAGE).status_code, client.post(PAGE, {"low-name": "Mine"}).status_code) == (403, 403)
    client.force_login(cast.otto)
    assert client.get(PAGE).status_code == 200


def test_s3_14_a_promise_in_hours_holds_for_the_next_ticket(otto: Client, cast: Cast, at: datetime) -> None:
    hours = {"low-hours": "48", "medium-hours": "24", "high-hours": "4", "urgent-hours": "1"}
    answer = send(otto, PAGE, PAGE, **hours)

    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert promises() == [2880, 1440, 240, 60]
    assert AuditEntry.objects.filter(action="priority.changed", by=cast.otto).count() == 4
    assert make.ticket(cast.carl, at=at).first_response_due_at == make.later(at, 24 * 60)
    page = shown(otto)
    assert [f'name="{name}" value="{value}"' in page for name, value in hours.items()] == [True] * 4


@pytest.mark.parametrize(("hours", "minutes"), [("0.5", 30), ("0.02", 1), ("1.25", 75), ("100", 6000), ("", None)])
def test_parts_of_an_hour_come_back_as_they_were_written(otto: Client, hours: str, minutes: int | None) -> None:
    send(otto, PAGE, PAGE, **{"low-hours": hours})
    assert promises() == [minutes, None, None, None]
    count = AuditEntry.objects.count()
    send(otto, PAGE, PAGE)
    assert (promises()[0], AuditEntry.objects.count()) == (minutes, count)


def test_s3_4_names_meanings_and_the_preselected_one(otto: Client, cast: Cast) -> None:
    send(otto, PAGE, PAGE, **{"urgent-name": "Critical", "urgent-meaning": "All stands still", "usual": "low"})
    assert list(Priority.objects.order_by("rank").values_list("slug", "name", "is_default"))[::3] == [
        ("low", "Low", True), ("urgent", "Critical", False),
    ]  # fmt: skip
    assert "Saved: Name, Meaning, in one line, Preselected." in shown(otto)
    otto.force_login(cast.carl)
    page = otto.get("/tickets/new/").content.decode()
    assert ("Critical" in page, "All stands still" in page) == (True, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"low-name": "high"}, "one of that name"),
        ({"low-name": " "}, "required"),
        ({"low-meaning": ""}, "required"),
        ({"low-hours": "0"}, "greater than or equal to"),
        ({"low-hours": "-1"}, "greater than or equal to"),
        ({"low-hours": "soon"}, "Enter a number"),
        ({"low-hours": "1e9"}, "less than or equal to"),
        ({"usual": "never"}, "valid choice"),
    ],
)
def test_all_or_nothing_is_saved_and_what_was_typed_kept(otto: Client, data: dict[str, str], words: str) -> None:
    answer = send(otto, PAGE, PAGE, **{"urgent-meaning": "Kept", **data})
    page = answer.content.decode()
    assert (answer.status_code, words in page, 'value="Kept"' in page) == (422, True, True)
    assert (Priority.objects.filter(meaning="Kept").count(), promises()) == (0, [None] * 4)


def test_what_was_typed_survives_an_ended_session(otto: Client, cast: Cast) -> None:
    values = fill(shown(otto), PAGE, **{"high-meaning": "Typed before", "usual": "high"})
    otto.cookies.clear()
    refused = otto.post(PAGE, values)
    send(otto, refused["Location"], "/sign-in/", login=cast.otto.email, password="correct horse battery")
    page = shown(otto)
    assert (fill(page, PAGE)["high-meaning"], fill(page, PAGE)["usual"]) == (["Typed before"], ["high"])
    assert Priority.objects.filter(meaning="Typed before").count() == 0


def test_the_page_costs_one_query(otto: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    otto.get(PAGE)
    with django_assert_num_queries(1):
        otto.get(PAGE)
