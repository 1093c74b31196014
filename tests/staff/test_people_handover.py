"""Accounts that an administrator makes and hands over, and the first sign-in with them (S4.2)."""

import re
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.core import serializers
from django.test import Client

from deskhand.accounts import changes, handover, invitations, passwords
from deskhand.accounts.models import Session, User
from deskhand.accounts.standing import standings
from deskhand.core.models import AuditEntry, Job
from deskhand.mail.models import Mail
from deskhand.ui.models import Submission
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

NEW = "/desk/people/invite/"
TYPED = "handed over at noon"
OWN = "a sentence of words"
NORA = {"how": "hand_over", "name": "Nora", "email": "Nora@customer.example", "username": "nora"}


def hand_over(admin: Client, password: str = TYPED) -> User:
    """Otto makes an account for Nora."""
    answer = send(admin, NEW, NEW, **NORA, password=password)
    assert answer.status_code == 200
    return User.objects.get(email="nora@customer.example")


def sign_in(client: Client, login: str, password: str) -> str:
    """Where it leads; empty when it failed."""
    answer = client.post("/sign-in/", {"login": login, "password": password})
    return str(answer.url) if answer.status_code == 303 else ""


@pytest.fixture
def otto(cast: Cast) -> Client:
    admin = Client()
    admin.force_login(cast.otto)
    return admin


def everything_written() -> str:
    """What the database holds, as text, sessions decoded."""
    rows = [User, EmailAddress, AuditEntry, Job, Mail, Submission]
    text = "".join(serializers.serialize("json", model._base_manager.all()) for model in rows)
    return text + "".join(str(session.get_decoded()) for session in Session.objects.all())


def test_s4_2_an_administrator_makes_an_account_with_username_and_password(otto: Client, cast: Cast) -> None:
    answer = send(otto, NEW, NEW, **NORA, password=TYPED, organization=cast.acme.pk)
    nora = User.objects.get(email="nora@customer.example")
    assert (nora.username, nora.name, nora.role, nora.organization) == ("nora", "Nora", "customer", cast.acme)
    assert (nora.is_password_temporary, nora.is_invited) == (True, False)
    assert answer.status_code == 200
    assert f"<code>{TYPED}</code>" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert not Mail.objects.exists()
    entry = AuditEntry.objects.get(subject=f"user:{nora.pk}")
    assert (entry.action, entry.by, entry.after) == ("user.created", cast.otto, {"role": "customer"})


def test_s4_2_a_password_is_made_up_shown_once_and_written_nowhere(
    otto: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    values = fill(otto.get(NEW).content.decode(), NEW, **NORA)
    shown = otto.post(NEW, values)
    found = re.search(r"<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>", shown.content.decode())
    assert found
    again = otto.post(NEW, values)
    nora = User.objects.get(email="nora@customer.example")
    assert (again.status_code, again.url) == (303, f"/desk/people/{nora.pk}/")
    assert found[1] not in otto.get(again.url).content.decode()
    assert found[1] not in everything_written()
    assert found[1] not in caplog.text
    assert sign_in(Client(), "nora", found[1]) == "/"


def test_s4_2_the_first_sign_in_asks_for_an_own_password_before_anything_else(otto: Client, client: Client) -> None:
    nora = hand_over(otto)
    assert sign_in(client, "Nora", TYPED) == "/"
    wanted = "/account/password/own/?next="
    for path, asked in (
        ("/", "%2F"),
        ("/tickets/", "%2Ftickets%2F"),
        ("/account/", "%2Faccount%2F"),
        ("/desk/", "%2Fdesk%2F"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (303, f"{wanted}{asked}")
    answer = client.post("/files/")
    assert (answer.status_code, answer.url) == (303, f"{wanted}%2F")
    part = client.get("/tickets/", headers={"HX-Request": "true", "HX-Target": "tickets"})
    assert (part.status_code, part["HX-Redirect"]) == (204, f"{wanted}%2Ftickets%2F")
    key = client.cookies["session"].value
    assert standings([key], at=nora.created_at) == {}
    page = f"{wanted}%2Ftickets%2F"
    for password, words in (
        (TYPED, "Choose another one than you were given."), ("short", "at least 12"), ("nora@customer.example", "similar"),
    ):  # fmt: skip
        refused = send(client, page, "/account/password/own/", password=password)
        assert (refused.status_code, words in refused.content.decode()) == (422, True)
        assert 'name="next" value="/tickets/"' in refused.content.decode()
    done = send(client, page, "/account/password/own/", password=OWN)
    assert (done.status_code, done.url) == (303, "/tickets/")
    assert client.get("/tickets/").status_code == 200
    assert list(standings([client.cookies["session"].value], at=nora.created_at)) == [client.cookies["session"].value]
    assert not User.objects.get(pk=nora.pk).is_password_temporary
    assert (sign_in(Client(), "nora", TYPED), sign_in(Client(), "nora", OWN)) == ("", "/")
    again = client.get("/account/password/own/?next=//evil.example")
    assert (again.status_code, again.url) == (303, "/")


def test_s4_2_staff_with_a_temporary_password_see_nothing_and_may_sign_out(otto: Client, client: Client) -> None:
    send(otto, NEW, NEW, **NORA, password=TYPED, role="agent")
    assert sign_in(client, "nora", TYPED) == "/desk/"
    assert client.get("/desk/").url == "/account/password/own/?next=%2Fdesk%2F"
    assert client.get("/desk/people/").status_code == 303
    assert send(client, "/account/password/own/", "/sign-out/").status_code == 303
    assert client.get("/desk/").url == "/sign-in/?next=%2Fdesk%2F"


def test_s4_2_what_is_missing_or_taken_is_said_and_nothing_is_lost(otto: Client, cast: Cast) -> None:
    before = User.objects.get_queryset().count()
    for wrong, words in (
        ({"username": ""}, "Needed when you hand over the password."),
        ({"name": ""}, "Needed when you hand over the password."),
        ({"username": "CARL"}, "There is one of that name already."),
        ({"username": "no@ra"}, "A username has no @."),
        ({"email": "carl@customer.example"}, "There is an account with this address already."),
        ({"password": "short"}, "at least 12 characters"),
        ({"how": "nonsense"}, "is not one of the available choices"),
    ):
        answer = send(otto, NEW, NEW, **{**NORA, "password": TYPED, "organization": cast.acme.pk, **wrong})
        page = answer.content.decode()
        assert (answer.status_code, words in page) == (422, True), wrong
        kept = fill(page, NEW)
        for name, value in {**NORA, "password": TYPED, "organization": str(cast.acme.pk)}.items():
            assert name in wrong or kept[name] == [value]
    assert User.objects.get_queryset().count() == before


def test_s4_2_an_invitation_may_carry_a_username(otto: Client, cast: Cast) -> None:
    answer = send(otto, NEW, NEW, **{**NORA, "how": "invite"})
    nora = User.objects.get(email="nora@customer.example")
    assert (answer.status_code, answer.url) == (303, f"/desk/people/{nora.pk}/")
    assert (nora.username, nora.is_invited, nora.is_password_temporary) == ("nora", True, False)
    taken = send(otto, NEW, NEW, **{**NORA, "how": "invite", "email": "other@customer.example"})
    assert (taken.status_code, "There is one of that name already." in taken.content.decode()) == (422, True)


def test_s4_2_a_new_temporary_password_ends_every_session_and_the_invitation(
    otto: Client, client: Client, cast: Cast, at: datetime
) -> None:
    client.force_login(cast.carl)
    page = f"/desk/people/{cast.carl.pk}/"
    assert send(otto, page, f"{page}password/", password="short").status_code == 422
    assert client.get("/account/").status_code == 200
    answer = send(otto, page, f"{page}password/", password=TYPED)
    assert (answer.status_code, f"<code>{TYPED}</code>" in answer.content.decode()) == (200, True)
    assert client.get("/account/").url == "/sign-in/?next=%2Faccount%2F"
    assert (sign_in(Client(), "carl", PASSWORD), sign_in(Client(), "carl", TYPED)) == ("", "/")
    assert AuditEntry.objects.get(action="user.password_handed_over").by == cast.otto
    assert "Handed over, not replaced yet" in otto.get(page).content.decode()

    invited = changes.invite(email="nora@customer.example", name="Nora", by=cast.otto, at=at)
    link = f"/welcome/{invitations.token(invited)}/"
    page = f"/desk/people/{invited.pk}/"
    assert send(otto, page, f"{page}password/", password=TYPED).status_code == 200
    assert "This invitation has been used." in Client().get(link).content.decode()
    assert sign_in(Client(), "nora@customer.example", TYPED) == "/"


def test_a14_nobody_hands_a_password_to_somebody_above_or_to_themselves(cast: Cast, at: datetime) -> None:
    password = passwords.hashed(TYPED)
    before = User.objects.get_queryset().order_by("pk").values_list("pk", "password")
    kept = list(before)
    for by, person in ((cast.carl, cast.cora), (cast.ada, cast.carl), (cast.lena, cast.carl), (cast.otto, cast.otto)):
        with pytest.raises(changes.NotAllowedError):
            handover.hand_over_password(person, password=password, by=by, at=at)
    for by, role in ((cast.lena, "customer"), (cast.lena, "agent"), (cast.ada, "customer"), (cast.mona, "customer")):
        with pytest.raises(changes.NotAllowedError):
            handover.create_account(
                email="n@x.example",
                username="n",
                name="N",
                role=role,
                organization=None,
                password=password,
                by=by,
                at=at,
            )
    assert list(before.all()) == kept


def test_a_lead_is_offered_the_invitation_alone(client: Client, cast: Cast) -> None:
    client.force_login(cast.lena)
    assert sorted(fill(client.get(NEW).content.decode(), NEW)) == [
        "csrfmiddlewaretoken", "email", "form_key", "name", "organization", "role", "username",
    ]  # fmt: skip
    send(client, NEW, NEW, **NORA, password=TYPED)
    assert User.objects.get(email="nora@customer.example").is_invited
    assert f"/desk/people/{cast.carl.pk}/password/" not in client.get(f"/desk/people/{cast.carl.pk}/").content.decode()


def test_f09_a_form_kept_over_a_sign_out_keeps_no_password(otto: Client, cast: Cast) -> None:
    values = fill(otto.get(NEW).content.decode(), NEW, **NORA, password=TYPED)
    otto.post("/sign-out/")
    assert otto.post(NEW, values).status_code == 303
    assert TYPED not in everything_written()
    otto.force_login(cast.otto)
    kept = fill(otto.get(NEW).content.decode(), NEW)
    assert (kept["name"], kept["username"], kept["password"]) == (["Nora"], ["nora"], [""])
