"""API tokens: who makes one, who is behind one, when it is none any more (security 1.27, G02, G03)."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from deskhand.accounts.changes import deactivate
from deskhand.accounts.models import ApiToken
from deskhand.accounts.tokens import Scope, TokenError, create_token, person_behind, revoke_token
from deskhand.core.models import AuditEntry
from tests.cast import Cast


def made(cast: Cast, at: datetime, *, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    return create_token(
        owner=cast.carl, name=" My  shop ", scopes=[Scope.READ_TICKETS], expires_at=expires_at, by=cast.carl, at=at
    )


def test_G03_the_secret_is_shown_once_and_kept_as_a_hash(cast: Cast, at: datetime) -> None:
    token, secret = made(cast, at)
    assert (token.name, token.ending, secret[:3], len(secret)) == ("My shop", secret[-4:], "dh_", 46)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        (row,) = cursor.fetchall()
    assert [value for value in row if secret in str(value)] == []
    assert person_behind(secret, at=at) == (token, cast.carl)
    entry = AuditEntry.objects.get(action="token.created")
    assert (entry.by, entry.after["name"], secret in str(entry.after)) == (cast.carl, "My shop", False)


@pytest.mark.parametrize("wrong", ["", "dh_", "x", "dh_\ud800", "dh_" + "a" * 43])
def test_another_secret_is_nobody(cast: Cast, at: datetime, wrong: str) -> None:
    made(cast, at)
    assert person_behind(wrong, at=at) is None


def test_it_ends_when_it_expires(cast: Cast, at: datetime) -> None:
    _, secret = made(cast, at, expires_at=at + timedelta(days=30))
    last = at + timedelta(days=30) - timedelta(microseconds=1)
    assert person_behind(secret, at=last) is not None
    assert person_behind(secret, at=at + timedelta(days=30)) is None


def test_it_ends_when_it_is_revoked(cast: Cast, at: datetime) -> None:
    token, secret = made(cast, at)
    assert revoke_token(token, by=cast.carl, at=at) is True
    assert revoke_token(token, by=cast.carl, at=at) is False
    assert person_behind(secret, at=at) is None
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_A16_it_ends_when_its_owner_leaves(cast: Cast, at: datetime) -> None:
    _, secret = made(cast, at)
    deactivate(cast.carl, by=cast.otto, at=at)
    assert person_behind(secret, at=at) is None


def test_its_use_is_remembered_to_the_hour(cast: Cast, at: datetime) -> None:
    token, secret = made(cast, at)
    for minutes, hour in ((5, 12), (59, 12), (61, 13)):
        person_behind(secret, at=at + timedelta(minutes=minutes))
        token.refresh_from_db()
        assert token.used_at == at.replace(hour=hour)


def test_only_who_may_change_people_makes_and_takes_another_persons(cast: Cast, at: datetime) -> None:
    token, _ = made(cast, at)
    for other in (cast.eve, cast.mona, cast.ada, cast.lena):
        with pytest.raises(TokenError):
            revoke_token(token, by=other, at=at)
        with pytest.raises(TokenError):
            create_token(owner=cast.carl, name="x", scopes=[Scope.READ_TICKETS], expires_at=None, by=other, at=at)
    assert ApiToken.objects.count() == 1
    _, secret = create_token(
        owner=cast.carl, name="x", scopes=[Scope.READ_TICKETS], expires_at=None, by=cast.otto, at=at
    )
    assert person_behind(secret, at=at) is not None
    assert revoke_token(token, by=cast.otto, at=at) is True


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tickets:read", "everything"]}, "scopes"),
        ({"expires_at": -1}, "expires_at"),
    ],
)
def test_what_cannot_be_is_said_by_column(cast: Cast, at: datetime, wrong: dict[str, object], column: str) -> None:
    given = {"name": "x", "scopes": ["tickets:read"], "expires_at": None} | wrong
    if given["expires_at"]:
        given["expires_at"] = at
    with pytest.raises(ValidationError) as refused:
        create_token(owner=cast.carl, by=cast.carl, at=at, **given)  # type: ignore[arg-type]
    assert list(refused.value.message_dict) == [column]
    assert ApiToken.objects.count() == 0
