"""The mails about an account: ours in words and look, through the outbox, with links to the public address."""

from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress
from django.test import Client, RequestFactory

from deskhand.accounts.changes import invite
from deskhand.core import jobs
from deskhand.mail.account import LETTERS
from deskhand.mail.adapter import AccountAdapter
from deskhand.mail.models import MASK, Kind, Mail, State
from tests.cast import Cast
from tests.forms import send

CONTEXT = {
    "code": "314159",
    "password_reset_url": "http://evil.example/password/new/canary-key/",
    "activate_url": "http://evil.example/confirm/canary-key/",
    "signup_url": "http://evil.example/sign-up/",
    "deleted_email": "old@customer.example",
    "from_email": "old@customer.example",
    "to_email": "new@customer.example",
    "key": "canary-key",
}


def delivered(name: str, to: str) -> Mail:
    """The mail that comes of allauth's mail of this name."""
    AccountAdapter(RequestFactory().get("/")).deliver(f"account/email/{name}", to, CONTEXT)
    return Mail.objects.get()


def test_every_mail_of_allauth_has_words_of_ours() -> None:
    folder = Path(allauth.__file__).parent / "templates" / "account" / "email"
    theirs = {path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt")}
    assert set(LETTERS) == theirs


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_e05_no_mail_names_the_host_of_a_request(cast: Cast, name: str) -> None:
    mail = delivered(name, cast.carl.email)
    everything = mail.subject + mail.text + mail.html + mail.secret
    assert "evil.example" not in everything
    assert (mail.kind, mail.state, mail.recipient, mail.change, mail.is_automatic) == (
        Kind.ACCOUNT, State.WAITING, cast.carl, None, True,
    )  # fmt: skip
    assert mail.text.startswith(mail.subject)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("login_code", "314159"),
        ("password_reset_key", "http://desk.example/password/new/canary-key/"),
        ("email_confirmation", "http://desk.example/confirm/canary-key/"),
        ("email_confirmation_signup", "http://desk.example/confirm/canary-key/"),
    ],
)
def test_a_link_or_code_that_signs_in_is_not_readable_in_the_database(cast: Cast, name: str, secret: str) -> None:
    mail = delivered(name, cast.carl.email)
    assert mail.secret == secret
    assert MASK in mail.text
    assert MASK in mail.html
    stored = str(Mail.objects.values().get())
    assert ("314159" in stored, "canary-key" in stored) == (False, False)


def test_e01_an_unknown_address_gets_a_mail_of_its_own_kind(cast: Cast) -> None:
    mail = delivered("unknown_account", "stranger@nowhere.example")
    assert (mail.recipient, mail.to_address) == (None, "stranger@nowhere.example")
    assert "we know no such account" in mail.text


def test_e05_a_forgotten_password_is_mailed_through_the_outbox(cast: Cast, client: Client) -> None:
    page = "/password/forgotten/"
    answer = send(client, page, page, email=cast.carl.email)
    assert answer.status_code in {302, 303}
    mail = Mail.objects.get()
    assert mail.secret.startswith("http://desk.example/password/new/")
    assert mail.to_address == cast.carl.email
    jobs.run_due(at=datetime.now(UTC))
    mail.refresh_from_db()
    assert mail.state == State.HELD


def test_s2_4_an_invitation_is_mailed_with_a_fresh_link_and_says_who_invites(cast: Cast, at: datetime) -> None:
    person = invite(email="maria@customer.example", name="Maria", by=cast.lena, at=at)
    jobs.run_due(at=at)
    mail = Mail.objects.get(recipient=person)
    assert (mail.kind, mail.subject) == (Kind.INVITATION, "Your account at Nordlys support")
    assert mail.text.startswith("Lena invites you to Nordlys support\n")
    assert mail.sealed == ""
    first = mail.secret
    person.invited_at = at.replace(hour=13)
    person.save(update_fields=["invited_at"])
    assert Mail.objects.get(pk=mail.pk).secret != first


def test_a_mail_belongs_to_whose_first_address_it_is(cast: Cast) -> None:
    """Also when somebody with an older account has added the address, which nobody can confirm but its owner."""
    EmailAddress.objects.create(user=cast.ada, email=cast.eve.email, verified=False, primary=False)
    assert delivered("login_code", cast.eve.email.upper()).recipient == cast.eve
