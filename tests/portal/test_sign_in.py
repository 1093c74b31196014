"""Getting in, and what must not help anybody to get in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from deskhand.accounts import changes, invitations
from deskhand.accounts.models import Session, User
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from tests.cast import PASSWORD, Cast
from tests.forms import send
from tests.portal.reading import headers

GOOD = "a sentence of words"
HOME = "/account/"  # a page that needs a sign-in and nothing else


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: str) -> HttpResponse:
    return client.post("/sign-in/", {"login": login, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return bool(client.get(HOME).status_code == 200)


def mails(address: str) -> list[str]:
    return list(Mail.objects.filter(to_address=address).order_by("pk").values_list("subject", flat=True))


def secret(address: str) -> str:
    mail = Mail.objects.filter(to_address=address).order_by("-pk").first()
    assert mail is not None
    return mail.secret


def path(url: str) -> str:
    assert url.startswith("http://desk.example/")
    return url.removeprefix("http://desk.example")


def open_reset(client: Client, address: str) -> str:
    """Ask for a new password, open the mailed link; the address of the form."""
    client.post("/password/forgotten/", {"email": address})
    return follow_reset(client, path(secret(address)))


def follow_reset(client: Client, link: str) -> str:
    answer = client.get(link)
    return str(answer.url) if answer.status_code == 303 else ""


def text(answer: HttpResponse) -> str:
    """The page without what differs from one showing to the next."""
    html = answer.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", html)


@pytest.mark.parametrize("login", ["carl@customer.example", "CARL@Customer.Example ", "carl", "Carl"])
def test_one_field_takes_e_mail_and_username(client: Client, cast: Cast, login: str) -> None:
    answer = sign_in(client, login)
    assert (answer.status_code, answer.url) == (303, "/")
    assert is_in(client)


@pytest.mark.parametrize("who", ["ada", "lena", "otto"])
def test_staff_begin_in_the_workspace_and_a_page_asked_for_goes_first(client: Client, cast: Cast, who: str) -> None:
    answer = sign_in(client, who)
    assert (answer.status_code, answer.url) == (303, "/desk/")
    assert client.get("/sign-in/").url == "/desk/"
    asked = Client().post("/sign-in/", {"login": who, "password": PASSWORD, "next": "/account/"})
    assert (asked.status_code, asked.url) == (303, "/account/")


def test_a_wrong_password_is_said_below_it_and_what_was_typed_stays(client: Client, cast: Cast) -> None:
    answer = sign_in(client, "carl@customer.example", "wrong")
    assert answer.status_code == 422
    assert 'value="carl@customer.example"' in text(answer)
    assert "That e-mail and password do not match. Try again, or have a code sent." in text(answer)
    assert not is_in(client)


def test_a_second_confirmed_address_opens_the_same_account(client: Client, cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True, primary=False)
    sign_in(client, "carl@home.example")
    assert client.session["_auth_user_id"] == str(cast.carl.pk)


def test_b07_an_unconfirmed_address_opens_nothing(client: Client, cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.eve, email="carl@home.example", verified=False, primary=False)
    assert sign_in(client, "carl@home.example").status_code == 303
    assert not is_in(client)
    assert mails("carl@home.example") == ["Confirm your e-mail address"]


def test_a_mailed_code_of_six_digits_signs_in_once(client: Client, cast: Cast) -> None:
    answer = client.post("/sign-in/code/", {"email": "carl@customer.example", "next": HOME})
    code = secret("carl@customer.example")
    assert re.fullmatch(r"\d{6}", code)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert client.post(answer.url, {"code": wrong}).status_code == 422
    done = client.post(answer.url, {"code": code, "next": HOME})
    assert (done.status_code, done.url) == (303, HOME)
    assert is_in(client)
    assert not is_in(Client())


def test_three_wrong_codes_are_enough(client: Client, cast: Cast) -> None:
    page = client.post("/sign-in/code/", {"email": "carl@customer.example"}).url
    code = secret("carl@customer.example")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert [client.post(page, {"code": wrong}).status_code for _ in range(3)] == [422, 422, 303]
    client.post(page, {"code": code})
    assert not is_in(client)


def test_the_way_back_from_the_code_to_the_password(client: Client, cast: Cast) -> None:
    page = client.post("/sign-in/code/", {"email": "carl@customer.example"}).url
    assert client.get("/sign-in/").url == page
    answer = send(client, page, "/sign-out/")
    assert (answer.status_code, answer.url) == (303, "/sign-in/")
    assert client.get("/sign-in/").status_code == 200


def test_signing_out_takes_a_post(client: Client, cast: Cast) -> None:
    client.force_login(cast.carl)
    assert client.get("/sign-out/").status_code == 200
    assert is_in(client)
    assert send(client, "/sign-out/", "/sign-out/").status_code == 303
    assert not is_in(client)


def test_a_deactivated_person_learns_so_with_the_right_password_only(client: Client, cast: Cast, at: datetime) -> None:
    changes.deactivate(cast.carl, by=cast.otto, at=at)
    assert sign_in(client, "carl", "wrong").status_code == 422
    answer = sign_in(client, "carl")
    assert answer.url == "/sign-in/deactivated/"
    assert "This account is closed" in text(client.get(answer.url))
    assert not is_in(client)


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "https:///evil.example", "https://evil.example/",
     "http://desk.example.evil.example/", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "\tjavascript:alert(1)",
     " //evil.example", "//good.example\\@evil.example", "///evil.example", "/\t/evil.example", "http:evil.example",
     "data:text/html,x", "http://desk.example/account/", "account/"],
)  # fmt: skip
def test_f05_next_stays_home(client: Client, cast: Cast, target: str) -> None:
    answer = client.post("/sign-in/", {"login": "carl", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.url) == (303, "/")


def test_f05_next_leads_to_a_page_of_ours(client: Client, cast: Cast) -> None:
    shown = client.get("/account/")
    assert (shown.status_code, shown.url) == (303, "/sign-in/?next=%2Faccount%2F")
    assert send(client, shown.url, "/sign-in/", login="carl", password=PASSWORD).url == "/account/"


def test_e01_reset_same_for_known_and_unknown(cast: Cast) -> None:
    answers = []
    for address in ("carl@customer.example", "nobody@customer.example"):
        client = Client(REMOTE_ADDR="192.0.2.1")
        answer = client.post("/password/forgotten/", {"email": address})
        page = client.get(answer.url)
        tries = [client.post("/password/forgotten/", {"email": address}).status_code for _ in range(6)]
        answers.append((answer.status_code, answer.url, headers(answer), text(page), tries))
    assert answers[0] == answers[1]
    assert answers[0][4] == [303, 303, 303, 303, 429, 429]
    assert mails("carl@customer.example") == ["Choose a new password"] * 5
    assert mails("nobody@customer.example") == ["There is no account with this address"] * 5


def test_e01_code_same_for_known_and_unknown(cast: Cast) -> None:
    pages = []
    for address in ("carl@customer.example", "nobody@customer.example"):
        client = Client()
        answer = client.post("/sign-in/code/", {"email": address})
        page = client.get(answer.url)
        wrong = client.post(answer.url, {"code": "x"})
        pages.append(
            (answer.status_code, answer.url, text(page).replace(address, ""), text(wrong).replace(address, ""))
        )
    assert pages[0] == pages[1]


def test_e01_lost_invitation_same_for_known_and_unknown(client: Client, cast: Cast, at: datetime) -> None:
    nora = changes.invite(email="nora@customer.example", name="Nora", by=cast.lena, at=at)
    answers = [
        client.post("/welcome/lost/", {"email": address})
        for address in ("nora@customer.example", "carl@customer.example", "nobody@customer.example")
    ]
    assert [(answer.status_code, answer.url) for answer in answers] == [(303, "/welcome/sent/")] * 3
    assert User.objects.get(pk=nora.pk).invited_at != at
    jobs.run_due(at=jobs.database_now())
    assert set(mails("nora@customer.example")) != set()
    assert (mails("carl@customer.example"), mails("nobody@customer.example")) == ([], [])


def test_e02_reset_token_is_used_once(client: Client, cast: Cast) -> None:
    client.post("/password/forgotten/", {"email": "carl@customer.example"})
    link = path(secret("carl@customer.example"))
    page = follow_reset(client, link)
    assert page == re.sub(r"-.*", "-set-password/", link)
    answer = send(client, page, page, password1=GOOD)
    assert (answer.status_code, answer.url) == (303, "/")
    assert is_in(client)
    assert follow_reset(Client(), link) == ""
    assert "This link is old" in text(Client().get(link))
    assert mails("carl@customer.example")[-1] == "Your password has been changed"


def test_e02_reset_token_expires_after_an_hour(client: Client, cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False):
        client.post("/password/forgotten/", {"email": "carl@customer.example"})
        link = path(secret("carl@customer.example"))
    with time_machine.travel(datetime(2026, 3, 2, 12, 59, tzinfo=UTC), tick=False):
        assert follow_reset(client, link) != ""
    with time_machine.travel(datetime(2026, 3, 2, 13, 1, tzinfo=UTC), tick=False):
        assert follow_reset(client, link) == ""


def test_e02_reset_token_dies_with_a_new_address_or_password(client: Client, cast: Cast, at: datetime) -> None:
    client.post("/password/forgotten/", {"email": "carl@customer.example"})
    link = path(secret("carl@customer.example"))
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True, primary=False)
    assert follow_reset(client, link) == ""
    client.post("/password/forgotten/", {"email": "carl@customer.example"})
    link = path(secret("carl@customer.example"))
    assert follow_reset(client, link) != ""
    changes.set_password(User.objects.get(pk=cast.carl.pk), password=GOOD, at=at)
    assert follow_reset(client, link) == ""


@pytest.mark.parametrize("token", ["", "%20", "null", "0", "None", "1-1-aaaaaaaaaaaaaaaaaaaaaaaaaa"])
def test_e03_empty_or_short_token_matches_nobody(client: Client, cast: Cast, at: datetime, token: str) -> None:
    changes.invite(email="nora@customer.example", name="Nora", by=cast.lena, at=at)
    assert client.get(f"/welcome/{token}/").status_code == 404
    assert client.post(f"/welcome/{token}/", {"name": "X", "password": GOOD}).status_code == 404
    assert client.post(f"/welcome/{token}/again/").status_code == 404


@pytest.fixture
def nora(cast: Cast, at: datetime) -> Iterator[User]:
    """Somebody invited at noon, at five past."""
    invited = changes.invite(email="nora@customer.example", name="Nora", by=cast.lena, at=at)
    with time_machine.travel(at + timedelta(minutes=5), tick=False):
        yield invited


def test_s2_4_an_invited_person_sets_up_the_account_and_is_in(client: Client, nora: User) -> None:
    page = f"/welcome/{invitations.token(nora)}/"
    shown = client.get(page)
    assert "Lena invites you to Nordlys support." in text(shown)
    assert User.objects.get(pk=nora.pk).is_invited  # looking changes nothing
    short = send(client, page, page, name="Nora Ny", password="too short")
    assert (short.status_code, 'value="Nora Ny"' in text(short)) == (422, True)
    done = send(client, page, page, name="Nora Ny", password=GOOD)
    assert (done.status_code, done.url) == (303, "/")
    assert is_in(client)
    assert "Your account is set up" in text(client.get(page))
    assert sign_in(Client(), "nora@customer.example", GOOD).url == "/"


def test_e04_invite_expires_and_dies_on_resend_and_one_button_mails_a_fresh_one(
    client: Client, cast: Cast, nora: User, at: datetime
) -> None:
    old = f"/welcome/{invitations.token(nora)}/"
    with time_machine.travel(at + timedelta(hours=73), tick=False):
        shown = client.get(old)
        assert (shown.status_code, "This link is old" in text(shown)) == (200, True)
        client.post(old, {"name": "N", "password": GOOD})
        assert User.objects.get(pk=nora.pk).is_invited
        answer = send(client, old, f"{old}again/")
        assert (answer.status_code, answer.url) == (303, "/welcome/sent/")
        fresh = f"/welcome/{invitations.token(User.objects.get(pk=nora.pk))}/"
        assert "Set up your account" in text(client.get(fresh))
        assert "This link is old" in text(client.get(old))


def test_an_invited_person_who_asks_for_a_password_or_a_code_gets_the_invitation(client: Client, nora: User) -> None:
    before = User.objects.get(pk=nora.pk).invited_at
    client.post("/password/forgotten/", {"email": "nora@customer.example"})
    again = User.objects.get(pk=nora.pk).invited_at
    assert again is not None
    assert before is not None
    assert again > before
    Client().post("/sign-in/code/", {"email": "nora@customer.example"})
    jobs.run_due(at=jobs.database_now())
    subjects = set(mails("nora@customer.example"))
    assert len(subjects) == 1
    assert subjects.isdisjoint({"There is no account with this address", "Choose a new password"})


def test_e05_host_header_never_in_mail(client: Client, cast: Cast, nora: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    configure(by=cast.otto, at=jobs.database_now(), registration="open")
    evil = {"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example"}
    client.post("/password/forgotten/", {"email": "carl@customer.example"}, **evil)
    client.post("/password/forgotten/", {"email": "nobody@customer.example"}, **evil)
    client.post("/sign-in/code/", {"email": "carl@customer.example"}, **evil)
    client.post("/welcome/lost/", {"email": "nora@customer.example"}, **evil)
    for address in ("carl@customer.example", "new@customer.example"):
        Client().post("/sign-up/", {"name": "N", "email": address, "password1": GOOD}, **evil)
    jobs.run_due(at=timezone.now())
    sent = [mail.text + mail.html + mail.secret for mail in Mail.objects.all()]
    assert len(sent) >= 6
    assert not [body for body in sent if "evil" in body]
    assert len([body for body in sent if "http://desk.example/" in body]) >= 4


def test_e06_throttle_is_per_account_whatever_the_address_and_a_code_still_works(cast: Cast) -> None:
    answers = []
    for number in range(7):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        answers.append(sign_in(client, "carl@customer.example", "wrong"))
    assert [answer.status_code for answer in answers] == [422] * 7
    locked = ["Too many tries for now. Wait five minutes, or have a code sent" in text(answer) for answer in answers]
    assert locked == [False] * 5 + [True] * 2
    client = Client(REMOTE_ADDR="192.0.2.99")
    assert sign_in(client, "carl@customer.example").status_code == 422
    page = client.post("/sign-in/code/", {"email": "carl@customer.example"}).url
    client.post(page, {"code": secret("carl@customer.example")})
    assert is_in(client)
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1"), "eve").status_code == 303  # nobody else is locked


def test_e06_throttle_is_per_address_and_forwarded_headers_are_nobodys(cast: Cast) -> None:
    answers = []
    for number in range(12):
        client = Client(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}", HTTP_X_REAL_IP="1.1.1.1")
        answers.append("Too many tries" in text(sign_in(client, f"user{number}", "wrong")))
    assert answers == [False] * 10 + [True] * 2


def test_e06_throttle_is_global_too(cast: Cast, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login_anywhere": "3/m/key"}
    answers = [
        "Too many tries" in text(sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), f"user{number}", "wrong"))
        for number in range(5)
    ]
    assert answers == [False] * 3 + [True] * 2


def test_e06_too_many_wishes_end_on_a_page_with_words(client: Client, cast: Cast) -> None:
    answers = [client.post("/welcome/lost/", {"email": f"n{number}@x.example"}) for number in range(21)]
    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
    assert "That was a lot in a short time" in text(answers[-1])


def test_e07_session_rotates_on_login_and_logout_kills_it(client: Client, cast: Cast) -> None:
    client.post("/sign-in/code/", {"email": "eve@customer.example"})  # makes an anonymous session
    fixed = client.session.session_key
    assert fixed
    client.post("/sign-out/")
    client.cookies["session"] = fixed
    sign_in(client, "carl")
    signed_in = client.session.session_key
    assert signed_in != fixed
    thief = Client()
    thief.cookies["session"] = fixed
    assert not is_in(thief)
    thief.cookies["session"] = signed_in
    assert is_in(thief)
    send(client, "/sign-out/", "/sign-out/")
    assert not is_in(thief)
    assert not Session.objects.filter(session_key__in=[fixed, signed_in]).exists()


@pytest.mark.parametrize(
    ("password", "status"),
    [("abcdefgh.jk", 422), ("abcdefgh.jkl", 303), ("ab.c" * 32, 303), ("ab.c" * 32 + "x", 422),
     ("1q2w3e4r5t6y", 422), ("nora@customer.example", 422), ("smørbrød på 東京駅 🥪", 303)],
    ids=["11", "12", "128", "129", "known to everybody", "own address", "unicode"],
)  # fmt: skip
def test_e08_password_policy(client: Client, nora: User, password: str, status: int) -> None:
    page = f"/welcome/{invitations.token(nora)}/"
    assert client.post(page, {"name": "Nora", "password": password}).status_code == status
    client.post("/sign-out/")
    assert sign_in(client, "nora@customer.example", password).status_code == status


@pytest.mark.parametrize("login", ["carl", "nobody"])
def test_e08_a_megabyte_is_answered_at_once(client: Client, cast: Cast, hashes: list[int], login: str) -> None:
    assert sign_in(client, login, "x" * 1_000_000).status_code == 422
    assert hashes == []


class CountingHasher(MD5PasswordHasher):
    """Notes how long each password was that somebody had hashed."""

    seen: ClassVar[list[int]] = []

    def encode(self, password: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - the hasher's
        self.seen.append(len(password))
        return str(super().encode(password, *args, **kwargs))


@pytest.fixture
def hashes(cast: Cast, settings: Settings) -> list[int]:
    """The lengths of all passwords that are hashed from now on."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{CountingHasher.__name__}"]
    CountingHasher.seen.clear()
    return CountingHasher.seen


@pytest.mark.parametrize("login", ["carl@customer.example", "nobody@customer.example", "carl", "nobody"])
def test_e15_login_timing_is_one_hash_for_known_and_unknown(client: Client, hashes: list[int], login: str) -> None:
    sign_in(client, login, "wrong wrong")
    assert hashes == [11]


def test_registration_is_closed_unless_the_desk_says_otherwise(client: Client, cast: Cast, at: datetime) -> None:
    new = {"name": "Nils", "email": "nils@new.example", "password1": GOOD}
    for mode, is_open in (("closed", False), ("invited", False), ("open", True), ("domains", True)):
        configure(by=cast.otto, at=at, registration=mode, allowed_domains=["new.example"])
        page = text(client.get("/sign-up/"))
        assert ("Accounts are by invitation" in page, "Create the account" in page) == (not is_open, is_open)
        assert ("Create an account" in text(client.get("/sign-in/"))) == is_open
        if not is_open:
            assert "Accounts are by invitation" in text(client.post("/sign-up/", new))
    assert not User.objects.get_queryset().filter(email="nils@new.example").exists()


def test_who_registers_confirms_the_address_and_is_in(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="open")
    answer = send(client, "/sign-up/", "/sign-up/", name=" Nils  N. ", email="Nils@New.example", password1=GOOD)
    assert (answer.status_code, answer.url) == (303, "/confirm/")
    assert not is_in(client)
    nils = User.objects.get(email="nils@new.example")
    assert (nils.name, nils.role, nils.organization, nils.is_invited) == ("Nils N.", "customer", None, False)
    link = path(secret("nils@new.example"))
    assert "Is nils@new.example yours?" in text(Client().get(link))
    assert not EmailAddress.objects.get(email="nils@new.example").verified  # looking confirms nothing
    assert send(client, link, link).status_code == 303
    assert is_in(client)
    assert "This link is old" in text(Client().get(link))


def test_registration_by_domain_takes_no_other_address(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="domains", allowed_domains=["good.example"])
    results = [
        client.post("/sign-up/", {"name": "N", "email": email, "password1": GOOD}).status_code
        for email in ("n@good.example.evil.example", "n@sub.good.example", "n@evilgood.example", "N@GOOD.example")
    ]
    assert results == [422, 422, 422, 303]


def test_e01_registering_a_known_address_looks_the_same(cast: Cast, hashes: list[int], at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="open")
    answers = []
    for address in ("carl@customer.example", "nils@new.example"):
        hashes.clear()
        client = Client()
        answer = client.post("/sign-up/", {"name": "N", "email": address, "password1": GOOD})
        answers.append((answer.status_code, answer.url, text(client.get(answer.url)), list(hashes)))
    assert answers[0] == answers[1]
    assert User.objects.get(email="carl@customer.example").name == "Carl"
    assert mails("carl@customer.example") == ["You have an account already"]


def test_a13_registering_grants_nothing(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="open")
    extra = {
        "role": "admin", "is_active": "1", "is_manager": "1", "organization": cast.acme.pk, "is_staff": "1",
        "is_superuser": "1", "email_verified": "1", "permissions": "desk.configure", "activated_at": "2026-01-01",
    }  # fmt: skip
    client.post("/sign-up/", {"name": "N", "email": "n@new.example", "password1": GOOD, **extra})
    new = User.objects.get(email="n@new.example")
    assert (new.role, new.is_manager, new.organization) == ("customer", False, None)
    assert not EmailAddress.objects.get(email="n@new.example").verified


def test_opening_a_foreign_confirmation_link_signs_nobody_out(client: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="open")
    Client().post("/sign-up/", {"name": "N", "email": "n@new.example", "password1": GOOD})
    client.force_login(cast.eve)
    client.get(path(secret("n@new.example")))
    assert is_in(client)


def test_an_invited_address_that_another_account_has_confirmed_is_said(client: Client, cast: Cast, nora: User) -> None:
    EmailAddress.objects.create(user=cast.carl, email=nora.email, verified=True, primary=False)
    page = f"/welcome/{invitations.token(nora)}/"
    answer = client.post(page, {"name": "Nora", "password": GOOD})
    assert answer.status_code == 422
    assert "Another account has confirmed this address." in answer.content.decode()
    assert not is_in(client)
