"""Which mails a person wants (S5.15)."""

from datetime import datetime

import pytest
from django.test import Client

from deskhand.accounts.models import User
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

ACCOUNT = "/account/"
MAILS = "/account/mails/"
OFFERED = ["refused", "closing", "resolved", "closed", "reopened", "status", "assigned", "details", "redacted"]


@pytest.fixture
def carl(client: Client, cast: Cast) -> User:
    """Carl, signed in."""
    client.force_login(cast.carl)
    return cast.carl


def off(person: User) -> list[str]:
    return User.objects.get_queryset().get(pk=person.pk).mails_off


def test_s5_15_every_change_is_the_default_and_each_kind_can_be_turned_off(client: Client, carl: User) -> None:
    assert fill(client.get(ACCOUNT).content.decode(), MAILS)["kinds"] == OFFERED
    answer = send(client, ACCOUNT, MAILS, kinds=[kind for kind in OFFERED if kind not in {"status", "details"}])
    assert (answer.status_code, answer.url) == (303, "/account/#mails")
    assert off(carl) == ["details", "status"]
    entry = AuditEntry.objects.get(action="user.mails_changed")
    assert (entry.by, entry.before, entry.after) == (carl, {"mails_off": []}, {"mails_off": ["details", "status"]})
    assert fill(client.get(ACCOUNT).content.decode(), MAILS)["kinds"] == [
        kind for kind in OFFERED if kind not in {"status", "details"}
    ]


def test_s5_15_only_replies_and_every_change_are_one_press(client: Client, carl: User) -> None:
    send(client, ACCOUNT, MAILS, level="replies")
    assert off(carl) == sorted(OFFERED)
    send(client, ACCOUNT, MAILS, level="every")
    assert off(carl) == []


def test_the_shortcuts_are_buttons_without_javascript(client: Client, carl: User) -> None:
    page = client.get(ACCOUNT).content.decode()
    assert (page.count('name="level" value="every"'), page.count('name="level" value="replies"')) == (1, 1)


def test_nobody_can_turn_off_what_is_not_offered(client: Client, carl: User) -> None:
    for data in ({"kinds": ["replied"]}, {"kinds": ["opened", "status"]}, {"level": "none"}, {"kinds": ["x"]}):
        assert send(client, ACCOUNT, MAILS, **data).status_code == 422
    assert off(carl) == []


def test_what_the_desk_does_not_send_is_not_asked_and_stays_as_it_was(
    client: Client, carl: User, cast: Cast, at: datetime
) -> None:
    send(client, ACCOUNT, MAILS, kinds=[kind for kind in OFFERED if kind != "closed"])
    configure(by=cast.otto, at=at, mail_matrix={"closed.requester": False, "closed.followers": False})
    page = client.get(ACCOUNT).content.decode()
    assert fill(page, MAILS)["kinds"] == [kind for kind in OFFERED if kind != "closed"]
    assert 'value="closed"' not in page
    send(client, ACCOUNT, MAILS, level="every")
    assert off(carl) == ["closed"]


def test_staff_choose_among_their_own_kinds(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    send(client, ACCOUNT, MAILS, kinds=["opened", "assigned"])
    assert {"noted", "overdue", "refused"} <= set(off(cast.ada))
    assert {"opened", "assigned"}.isdisjoint(off(cast.ada))


def test_looking_changes_nothing(client: Client, carl: User) -> None:
    assert client.get(MAILS).status_code == 405
    client.get(f"{ACCOUNT}?level=replies")
    assert off(carl) == []


def test_f09_a_choice_made_in_a_dead_session_comes_back(client: Client, carl: User) -> None:
    data = fill(client.get(ACCOUNT).content.decode(), MAILS, kinds=["status"])
    client.logout()
    answer = client.post(MAILS, data)
    assert answer.url == "/sign-in/?next=%2Faccount%2F"
    send(client, answer.url, "/sign-in/", login="carl", password=PASSWORD)
    assert fill(client.get(ACCOUNT).content.decode(), MAILS)["kinds"] == ["status"]
    assert off(carl) == []
