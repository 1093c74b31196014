"""Whether those who stay connected are still who they were."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from django.test import Client

from deskhand.accounts import changes
from deskhand.accounts.models import Session
from deskhand.accounts.standing import Standing, standings
from tests.cast import Cast


def key_of(client: Client) -> str:
    """The session of a browser."""
    return str(client.session.session_key)


@pytest.fixture
def keys(cast: Cast, at: datetime) -> dict[str, str]:
    """Everybody's session, by name, alive for a day."""
    found = {}
    for user in cast.everybody:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        found[user.username or ""] = key_of(client)
    Session.objects.update(expire_date=at + timedelta(days=1))
    return found


CHANGES: dict[str, Callable[[Cast, datetime], object]] = {
    "role": lambda cast, at: changes.change_role(cast.bea, role="lead", by=cast.otto, at=at),
    "team": lambda cast, at: changes.set_team_members(cast.private, members=[], by=cast.otto, at=at),
    "organization": lambda cast, at: changes.put_in_organization(
        cast.bea, organization=cast.acme, is_manager=False, by=cast.otto, at=at
    ),
    "password": lambda cast, at: changes.set_password(cast.bea, password="another battery staple", at=at),
    "sessions": lambda cast, at: changes.end_sessions(cast.bea, at=at),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_rights_hang_on_changes_them_for_that_person_only(
    cast: Cast, at: datetime, keys: dict[str, str], name: str
) -> None:
    before = standings(list(keys.values()), at=at)
    CHANGES[name](cast, at)
    after = standings(list(keys.values()), at=at)
    assert {who for who, key in keys.items() if before[key] != after[key]} == {"bea"}


def test_who_is_deactivated_signed_out_or_expired_has_none(cast: Cast, at: datetime, keys: dict[str, str]) -> None:
    changes.deactivate(cast.bea, by=cast.otto, at=at)
    Session.objects.filter(session_key=keys["carl"]).delete()
    Session.objects.filter(session_key=keys["eve"]).update(expire_date=at)
    found = standings(list(keys.values()), at=at)
    assert {who for who, key in keys.items() if key not in found} == {"bea", "carl", "eve"}
    assert {type(standing) for standing in found.values()} == {Standing}


def test_many_cost_two_queries(
    cast: Cast, at: datetime, keys: dict[str, str],
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:  # fmt: skip
    with django_assert_num_queries(2):
        assert len(standings(list(keys.values()), at=at)) == 8
