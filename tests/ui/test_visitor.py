"""Who is asking: one query, and out as soon as the session is no longer theirs."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deskhand.accounts import changes
from deskhand.accounts.models import Session, User
from deskhand.accounts.roles import Role
from tests.cast import PASSWORD, Cast

PAGE = "/tickets/new/"


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_session_person_and_organization_come_in_one_query(client: Client, cast: Cast) -> None:
    client.force_login(cast.mona)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        assert is_in(client)
    asked = [query["sql"] for query in captured if "accounts_" in query["sql"]]
    assert len(asked) == 1
    assert "accounts_session" in asked[0]


@pytest.mark.parametrize("name", ["ada", "carl", "mona", "otto"])
def test_the_person_of_a_session_is_the_person_in_the_database(client: Client, cast: Cast, name: str) -> None:
    """Column for column: the query that every request makes is not the ORM's."""
    person = User.objects.get_queryset().select_related("organization").get(pk=getattr(cast, name).pk)
    client.force_login(person)
    person.refresh_from_db()
    asking = client.get(PAGE).wsgi_request.user
    for field in User._meta.concrete_fields:
        assert getattr(asking, field.attname) == getattr(person, field.attname)
    assert asking.organization == person.organization
    assert not asking._state.adding


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda cast, at: changes.deactivate(cast.ada, by=cast.otto, at=at), id="A16 deactivated"),
        pytest.param(
            lambda cast, at: changes.change_role(cast.ada, role=Role.LEAD, by=cast.otto, at=at), id="E07 role"
        ),
        pytest.param(lambda cast, at: changes.set_password(cast.ada, password="another", at=at), id="E07 password"),
        pytest.param(lambda cast, at: changes.end_sessions(cast.ada, at=at), id="E07 signed out everywhere"),
        pytest.param(lambda cast, at: User.objects.filter(pk=cast.ada.pk).delete(), id="gone"),
        pytest.param(lambda cast, at: Session.objects.update(user=cast.eve), id="the row names somebody else"),
    ],
)
def test_the_next_request_of_a_session_that_is_over_is_nobodys(
    client: Client, cast: Cast, at: datetime, happens: Callable[[Cast, datetime], object]
) -> None:
    client.force_login(cast.ada)
    assert is_in(client)
    happens(cast, at)
    answer = client.get(PAGE)
    if Session.objects.filter(user=cast.eve).exists():  # what the sealed data says decides
        assert (answer.status_code, answer.wsgi_request.user) == (200, cast.ada)
    else:
        assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=%2Ftickets%2Fnew%2F")


def test_a_session_ends_with_its_time_and_with_signing_out(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    assert Session.objects.get().user == cast.ada
    Session.objects.update(expire_date=at)
    assert not is_in(client)
    client.force_login(cast.ada)
    client.post("/sign-out/")
    assert not is_in(client)


def test_a_rotated_key_still_opens_a_session(client: Client, cast: Cast, settings: object) -> None:
    client.force_login(cast.ada)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"  # type: ignore[attr-defined]
    assert is_in(client)


def test_signing_in_again_is_the_new_person(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    client.get(PAGE)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    client.post("/sign-in/", {"login": "carl@customer.example", "password": PASSWORD})
    assert client.get(PAGE).wsgi_request.user == cast.carl
