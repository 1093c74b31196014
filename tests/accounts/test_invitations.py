"""The link of an invitation."""

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress

from deskhand.accounts import changes, invitations
from deskhand.accounts.invitations import Standing
from deskhand.accounts.models import User
from tests.cast import Cast

GOOD = "a sentence of words"


@pytest.fixture
def nora(cast: Cast, at: datetime) -> User:
    return changes.invite(email="nora@customer.example", name="Nora", organization=cast.acme, by=cast.lena, at=at)


def standing(token: str, at: datetime) -> Standing | None:
    found = invitations.read(token, at=at)
    return found.standing if found else None


def test_accepting_activates_confirms_and_works_once(nora: User, at: datetime) -> None:
    token = invitations.token(nora)
    accepted = changes.accept_invitation(token=token, name="Nora Ny", password=GOOD, at=at)
    person = User.objects.get(pk=nora.pk)
    assert (accepted, person.name, person.activated_at, person.check_password(GOOD)) == (person, "Nora Ny", at, True)
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary")) == [
        ("nora@customer.example", True, True)
    ]
    assert standing(token, at) is Standing.USED
    with pytest.raises(changes.LinkOldError):
        changes.accept_invitation(token=token, name="Thief", password="another sentence", at=at)
    assert User.objects.get(pk=nora.pk).check_password(GOOD)


@pytest.mark.parametrize("token", ["", " ", "null", "0", "None", "-", "0-0-", "1-1-" + "a" * 26, "٣-٣-" + "a" * 26])
def test_e03_empty_or_made_up_tokens_match_nobody(nora: User, at: datetime, token: str) -> None:
    assert invitations.read(token, at=at) is None


def test_e03_a_link_names_one_person_and_one_invitation(nora: User, cast: Cast, at: datetime) -> None:
    pk, moment, code = invitations.token(nora).split("-")
    assert len(code) * 5 >= 128
    for forged in (f"{cast.otto.pk}-{moment}-{code}", f"{pk}-{int(moment) + 1}-{code}", f"0{pk}-{moment}-{code}x"):
        assert invitations.read(forged, at=at) is None


def test_e03_people_who_were_never_invited_have_no_link(cast: Cast) -> None:
    with pytest.raises(ValueError, match="has not been invited"):
        invitations.token(cast.carl)


def test_e04_a_link_expires_after_72_hours(nora: User, at: datetime) -> None:
    token = invitations.token(nora)
    assert standing(token, at + timedelta(hours=72, seconds=-1)) is Standing.FRESH
    late = at + timedelta(hours=72)
    assert standing(token, late) is Standing.OLD
    with pytest.raises(changes.LinkOldError):
        changes.accept_invitation(token=token, name="Nora", password=GOOD, at=late)


def test_e04_a_link_dies_on_resend(nora: User, cast: Cast, at: datetime) -> None:
    old = invitations.token(nora)
    later = at + timedelta(hours=1)
    changes.resend_invitation(nora, by=cast.lena, at=later)
    assert standing(old, later) is Standing.OLD
    assert standing(invitations.token(User.objects.get(pk=nora.pk)), later) is Standing.FRESH


def test_a_deactivated_person_has_no_link(nora: User, cast: Cast, at: datetime) -> None:
    token = invitations.token(nora)
    changes.deactivate(nora, by=cast.otto, at=at)
    assert invitations.read(token, at=at) is None
    with pytest.raises(changes.LinkOldError):
        changes.resend_invitation(nora, by=cast.otto, at=at)


def test_asking_again_mails_the_invited_at_most_every_two_minutes(nora: User, cast: Cast, at: datetime) -> None:
    soon, later = at + timedelta(minutes=1), at + timedelta(minutes=5)
    assert changes.ask_for_invitation(email="NORA@customer.example", at=soon) is True
    assert User.objects.get(pk=nora.pk).invited_at == at
    assert changes.ask_for_invitation(email="nora@customer.example", at=later) is True
    assert User.objects.get(pk=nora.pk).invited_at == later
    assert User.objects.get(pk=nora.pk).invited_by == cast.lena
    assert changes.ask_for_invitation(email="carl@customer.example", at=later) is False
    assert changes.ask_for_invitation(email="nobody@customer.example", at=later) is False
