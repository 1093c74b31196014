"""Statuses, as an administrator names them."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Category, Status
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/statuses/"
NEW = f"{PAGE}new/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def shown(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("page", [PAGE, NEW])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {"name": "Mine"}).status_code) == (403, 403)
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200


def test_s3_8_each_category_says_what_customers_read(otto: Client) -> None:
    page = shown(otto)
    assert re.findall(r'<section class="card group" aria-labelledby="group-(\w+)">', page) == list(Category)
    assert "Customers read “Waiting for you”: We answered and wait for your response" in page


def test_s3_8_a_new_explanation_is_what_the_customer_reads_next(otto: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    path = f"{PAGE}{ticket.status_id}/"
    answer = send(otto, path, path, customer_name="Opened", explanation="We have it and will answer")
    entry = AuditEntry.objects.latest("pk")

    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#status-{ticket.status_id}")
    assert (entry.action, entry.before, entry.after) == (
        "status.changed",
        {"customer_name": "Open", "explanation": "Active, awaiting our response"},
        {"customer_name": "Opened", "explanation": "We have it and will answer"},
    )
    assert "Saved: Name for customers, Explanation for customers." in shown(otto)
    otto.force_login(cast.carl)
    page = shown(otto, f"/tickets/{ticket.number}/")
    assert ("Opened" in page, "We have it and will answer" in page) == (True, True)


def test_a_new_status_stands_in_its_category_and_can_be_its_usual_one(otto: Client, cast: Cast, at: datetime) -> None:
    waiting = Status.objects.get(category="waiting")
    assert '<option value="waiting" selected>' in shown(otto, f"{NEW}?category=waiting")
    answer = send(otto, f"{NEW}?category=waiting", NEW, category="waiting", name="Asked the vendor", is_default="on")
    made = Status.objects.get(name="Asked the vendor")

    assert (answer.status_code, made.category, made.customer_name, made.is_default) == (
        303, "waiting", "Asked the vendor", True,
    )  # fmt: skip
    assert not Status.objects.get(pk=waiting.pk).is_default
    values = fill(shown(otto), PAGE, way="up")
    assert otto.post(f"{PAGE}{made.pk}/move/", values)["Location"] == f"{PAGE}#status-{made.pk}"
    assert list(Status.objects.filter(category="waiting")) == [made, waiting]


def test_the_category_of_a_status_is_not_taken_from_a_form(otto: Client) -> None:
    waiting = Status.objects.get(category="waiting")
    path = f"{PAGE}{waiting.pk}/"
    assert otto.post(path, {**fill(shown(otto, path), path), "category": "closed", "is_default": ""}).status_code == 303
    assert (Status.objects.get(pk=waiting.pk).category, Status.objects.get(pk=waiting.pk).is_default) == (
        "waiting",
        True,
    )


def test_what_is_refused_is_said_and_kept(otto: Client) -> None:
    for data, words in (
        ({"name": " "}, "required"),
        ({"name": "OPEN", "explanation": "Kept"}, "one of that name"),
        ({"name": "New", "category": "maybe", "explanation": "Kept"}, "valid choice"),
        ({"name": "x" * 41}, "at most 40"),
    ):
        answer = send(otto, NEW, NEW, **data)
        page = answer.content.decode()
        assert (answer.status_code, words in page, Status.objects.count()) == (422, True, 5)
        assert ('value="Kept"' in page) == ("explanation" in data)


def test_a_usual_status_stays_and_a_used_one_is_only_archived(otto: Client, cast: Cast, at: datetime) -> None:
    used = make.ticket(cast.carl, at=at).status
    path = f"{PAGE}{used.pk}/"
    refused = send(otto, path, f"{path}archive/")
    assert (refused.status_code, "Preselect another one first." in refused.content.decode()) == (422, True)
    catalog.save_status(by=None, at=at, name="New", category="open", is_default=True)
    refused = send(otto, path, f"{path}remove/")
    assert (refused.status_code, "It is in use" in refused.content.decode()) == (422, True)
    assert send(otto, path, f"{path}archive/").status_code == 303
    assert ("Archived statuses" in shown(otto), Status.objects.get(pk=used.pk).is_archived) == (True, True)
    assert send(otto, path, f"{path}archive/").status_code == 303
    free = catalog.save_status(by=None, at=at, name="Free", category="open")
    assert send(otto, f"{PAGE}{free.pk}/", f"{PAGE}{free.pk}/remove/").status_code == 303
    assert (Status.objects.filter(is_archived=True).count(), Status.objects.filter(name="Free").count()) == (0, 0)


@pytest.mark.parametrize("statuses", [1, 20])
def test_the_page_costs_the_same_queries_however_many(
    otto: Client, at: datetime, statuses: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(statuses):
        catalog.save_status(by=None, at=at, name=f"Status {number}", category="open")
    otto.get(PAGE)
    with django_assert_num_queries(1):
        otto.get(PAGE)
