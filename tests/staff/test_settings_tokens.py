"""API tokens, as an administrator makes them and takes them back."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts import tokens
from deskhand.accounts.models import ApiToken
from deskhand.accounts.tokens import Scope
from deskhand.staff.settings_tokens import MEANINGS
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

PAGE = "/desk/settings/tokens/"
NEW = f"{PAGE}new/"
PROOF = "/account/it-is-you/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


@pytest.fixture
def proven(otto: Client) -> Client:
    """otto has just given the password."""
    send(otto, PROOF, PROOF, password=PASSWORD)
    return otto


def shown(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def token(cast: Cast, *, at: datetime, name: str = "Shop", days: int | None = None) -> ApiToken:
    ends = at + timedelta(days=days) if days else None
    return tokens.create_token(
        owner=cast.ada, name=name, scopes=[Scope.READ_TICKETS], expires_at=ends, by=cast.otto, at=at
    )[0]  # fmt: skip


def test_only_administrators_get_in(client: Client, cast: Cast, at: datetime) -> None:
    made = token(cast, at=at)
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert [client.get(page).status_code for page in (PAGE, NEW)] == [403, 403]
        assert [client.post(page).status_code for page in (NEW, f"{PAGE}{made.pk}/revoke/")] == [403, 403]
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_every_scope_has_its_meaning() -> None:
    assert set(MEANINGS) == set(Scope.values)


@pytest.mark.parametrize(("days", "wanted"), [("30", 30), ("90", 90), ("365", 365), ("", None)])
def test_made_and_shown_once(proven: Client, cast: Cast, days: str, wanted: int | None) -> None:
    """The answer to the form has the secret, and it works; no page has it afterwards; a second press makes no second."""
    sent = fill(
        shown(proven, NEW), NEW, name="Shop", owner=cast.lena.pk, scopes=["tickets:read", "purchases:write"], days=days
    )  # fmt: skip
    before = timezone.now()
    answer = proven.post(NEW, sent)
    html, made = answer.content.decode(), ApiToken.objects.get()
    secret = html.partition('id="secret" readonly value="')[2].partition('"')[0]

    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert tokens.person_behind(secret, at=timezone.now()) == (made, cast.lena)
    assert (made.name, made.scopes, made.owner) == ("Shop", ["purchases:write", "tickets:read"], cast.lena)
    if wanted is None:
        assert made.expires_at is None
    else:
        assert made.expires_at is not None
        assert timedelta(0) <= made.expires_at - before - timedelta(days=wanted) < timedelta(minutes=1)
    again = proven.post(NEW, sent)
    assert (again.status_code, again["Location"], ApiToken.objects.count()) == (303, PAGE, 1)
    assert [secret in shown(proven, page) for page in (PAGE, "/desk/settings/audit/")] == [False, False]
    listed = shown(proven)
    assert (f"…{made.ending}" in listed, "Acts as Lena: Record and end purchases, Read tickets" in listed) == (
        True,
        True,
    )
    assert "made the API token “Shop”" in shown(proven, "/desk/settings/audit/")


def test_the_password_is_asked_for_and_what_was_typed_is_there_again(otto: Client, cast: Cast) -> None:
    """A session that somebody has stolen makes no key that outlives it."""
    asked = send(otto, NEW, NEW, name="Shop", owner=cast.lena.pk, scopes=["tickets:read"], days="90")
    assert (asked.status_code, asked["Location"].partition("?")[0], ApiToken.objects.count()) == (303, PROOF, 0)
    back = send(otto, asked["Location"], PROOF, password=PASSWORD)
    typed = fill(shown(otto, back["Location"]), NEW)
    assert (typed["name"], typed["owner"], typed["scopes"], typed["days"]) == (
        ["Shop"], [str(cast.lena.pk)], ["tickets:read"], ["90"],
    )  # fmt: skip
    assert otto.post(NEW, typed).status_code == 200
    assert ApiToken.objects.count() == 1


def test_what_cannot_be(proven: Client, cast: Cast) -> None:
    """Nothing for nothing, nobody outside the staff, no scope that is none; what was typed stays."""
    for wrong in ({"name": ""}, {"scopes": []}, {"scopes": ["desk:rule"]}, {"owner": cast.carl.pk}, {"days": "9999"}):
        given = {"name": "Shop", "owner": cast.lena.pk, "scopes": ["tickets:read"], **wrong}
        answer = send(proven, NEW, NEW, **given)
        assert (answer.status_code, fill(answer.content.decode(), NEW)["name"]) == (422, [given["name"]])
    assert ApiToken.objects.count() == 0


def test_revoked(otto: Client, cast: Cast, at: datetime) -> None:
    """It opens nothing from now on, and stands among those that ended; a second press changes nothing."""
    made, secret = tokens.create_token(
        owner=cast.ada, name="Shop", scopes=[Scope.READ_TICKETS], expires_at=None, by=cast.otto, at=at
    )
    sent = fill(shown(otto), f"{PAGE}{made.pk}/revoke/")
    for _press in range(2):
        answer = otto.post(f"{PAGE}{made.pk}/revoke/", sent)
        assert (answer.status_code, answer["Location"]) == (303, PAGE)
    page = shown(otto)
    assert ("“Shop” opens nothing any more." in page, "Ada, revoked" in page) == (True, True)
    assert (f'action="{PAGE}{made.pk}/revoke/"' in page, tokens.person_behind(secret, at=timezone.now())) == (
        False,
        None,
    )
    assert otto.post(f"{PAGE}99999/revoke/", sent).status_code == 404


def test_empty_expired_and_left(otto: Client, cast: Cast) -> None:
    """Each says why it opens nothing."""
    assert "No program has a token." in shown(otto)
    token(cast, at=timezone.now() - timedelta(days=40), name="Old", days=30)
    assert ("Ada, expired" in shown(otto), "No program has a token." in shown(otto)) == (True, True)
    token(cast, at=timezone.now(), name="Hers")
    assert "No program has a token." not in shown(otto)
    cast.ada.is_active = False
    cast.ada.save()
    assert "Ada, its owner has left" in shown(otto)


def test_queries(otto: Client, cast: Cast, at: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """No query for a row."""
    token(cast, at=at)
    shown(otto)
    with django_assert_num_queries(2):
        shown(otto)
    token(cast, at=at)
    token(cast, at=at)
    with django_assert_num_queries(2):
        shown(otto)
