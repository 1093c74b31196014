"""One's own account."""

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from deskhand.accounts import changes
from deskhand.accounts.models import User
from deskhand.core.models import AuditEntry
from deskhand.mail.models import Mail
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

GOOD = "a sentence of words"


@pytest.fixture
def carl(client: Client, cast: Cast) -> User:
    """Carl, signed in."""
    client.force_login(cast.carl)
    return cast.carl


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def prove(client: Client, page: str, **data: str) -> None:
    """Send a form of the addresses, type the password on the page that asks for it."""
    answer = client.post("/account/addresses/", data)
    assert answer.url.startswith("/account/it-is-you/")
    again = send(client, answer.url, "/account/it-is-you/", password=PASSWORD)
    assert (again.status_code, again.url) == (303, page)


def subjects(address: str) -> list[str]:
    return list(Mail.objects.filter(to_address=address).order_by("pk").values_list("subject", flat=True))


def test_name_and_time_zone(client: Client, carl: User) -> None:
    answer = send(client, "/account/", "/account/profile/", name="Carl  C.", time_zone="Asia/Tokyo")
    assert (answer.status_code, answer.url) == (303, "/account/")
    saved = User.objects.get(pk=carl.pk)
    assert (saved.name, saved.time_zone) == ("Carl C.", "Asia/Tokyo")


def test_a_refused_profile_keeps_what_was_typed(client: Client, carl: User) -> None:
    answer = send(client, "/account/", "/account/profile/", name="", time_zone="Asia/Tokyo")
    assert answer.status_code == 422
    assert '<option value="Asia/Tokyo" selected>' in answer.content.decode()
    assert send(client, "/account/", "/account/profile/", time_zone="Mars/Base").status_code == 422
    assert User.objects.get(pk=carl.pk).time_zone == ""


def test_a13_a_profile_grants_nothing(client: Client, carl: User, cast: Cast) -> None:
    extra = {
        "role": "admin",
        "is_manager": "on",
        "organization": cast.elsewhere.pk,
        "is_staff": "1",
        "email": "x@x.example",
    }
    assert send(client, "/account/", "/account/profile/", name="Carl", **extra).status_code == 303
    saved = User.objects.get(pk=carl.pk)
    assert (saved.role, saved.is_manager, saved.organization, saved.email) == (
        "customer", False, cast.acme, "carl@customer.example",
    )  # fmt: skip


def test_f09_a_profile_typed_in_a_dead_session_comes_back(client: Client, carl: User) -> None:
    page = client.get("/account/").content.decode()
    client.logout()
    answer = client.post("/account/profile/", fill(page, "/account/profile/", name="Carl the Great"))
    assert answer.url == "/sign-in/?next=%2Faccount%2F"
    send(client, answer.url, "/sign-in/", login="carl", password=PASSWORD)
    assert 'value="Carl the Great"' in client.get("/account/").content.decode()
    assert User.objects.get(pk=carl.pk).name == "Carl"


def test_e07_a_new_password_ends_other_sessions_and_needs_the_old_one(client: Client, carl: User) -> None:
    other = Client()
    other.force_login(carl)
    page = "/account/password/"
    assert send(client, page, page, oldpassword="wrong", password1=GOOD).status_code == 422
    answer = send(client, page, page, oldpassword=PASSWORD, password1=GOOD)
    assert (answer.status_code, answer.url) == (303, "/account/")
    assert (is_in(client), is_in(other)) == (True, False)
    assert subjects(carl.email) == ["Your password has been changed"]
    assert AuditEntry.objects.filter(action="user.password_changed", by=carl).count() == 1


def test_sign_out_everywhere_else(client: Client, carl: User) -> None:
    other = Client()
    other.force_login(carl)
    key = client.session.session_key
    assert send(client, "/account/", "/account/sessions/").status_code == 303
    assert (is_in(client), is_in(other)) == (True, False)
    assert client.session.session_key != key


def test_s1_14_a_second_address_counts_once_it_is_confirmed(client: Client, carl: User) -> None:
    prove(client, "/account/addresses/", action_add="1", email="Carl@Home.example")
    new = EmailAddress.objects.get(user=carl, email="carl@home.example")
    assert (new.verified, new.primary) == (False, False)
    mail = Mail.objects.get(to_address="carl@home.example")
    link = mail.secret.removeprefix("http://desk.example")
    assert send(client, link, link).url == "/account/addresses/"
    new.refresh_from_db()
    assert (new.verified, new.primary) == (True, False)


def test_e09_current_password_needed_for_every_change_of_addresses(client: Client, carl: User) -> None:
    EmailAddress.objects.create(user=carl, email="carl@home.example", verified=True, primary=False)
    before = list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary"))
    for data in (
        {"action_add": "1", "email": "thief@evil.example"},
        {"action_primary": "1", "email": "carl@home.example"},
        {"action_remove": "1", "email": "carl@home.example"},
    ):
        answer = client.post("/account/addresses/", data)
        assert answer.url.startswith("/account/it-is-you/")
        assert send(client, answer.url, "/account/it-is-you/", password="wrong").status_code == 422
    assert list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary")) == before
    assert Mail.objects.count() == 0


def test_e10_a_new_first_address_is_announced_on_the_old_one_which_still_opens_the_account(
    client: Client, carl: User
) -> None:
    EmailAddress.objects.create(user=carl, email="carl@home.example", verified=True, primary=False)
    prove(client, "/account/addresses/", action_primary="1", email="carl@home.example")
    assert User.objects.get(pk=carl.pk).email == "carl@home.example"
    assert subjects("carl@customer.example") == ["The address of your account has been changed"]
    entry = AuditEntry.objects.get(action="user.address_changed")
    assert (entry.by, entry.before, entry.after) == (
        carl, {"email": "carl@customer.example"}, {"email": "carl@home.example"},
    )  # fmt: skip
    Client().post("/password/forgotten/", {"email": "carl@customer.example"})
    assert subjects("carl@customer.example")[-1] == "Choose a new password"


def test_somebody_elses_address_cannot_be_taken_over(client: Client, carl: User, cast: Cast) -> None:
    prove(client, "/account/addresses/", action_add="1", email="eve@customer.example")
    mail = Mail.objects.get(to_address="eve@customer.example")
    link = mail.secret.removeprefix("http://desk.example")
    assert "This address is taken" in client.get(link).content.decode()
    client.post(link)
    assert not EmailAddress.objects.get(user=carl, email="eve@customer.example").verified


def test_a16_deactivated_user_is_out_at_once(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    assert client.get("/account/").status_code == 200
    changes.deactivate(cast.ada, by=cast.otto, at=at)
    assert client.get("/account/").url == "/sign-in/?next=%2Faccount%2F"
    changes.reactivate(cast.ada, by=cast.otto, at=at)
    assert client.get("/account/").status_code == 303  # the old session stays dead


def test_e07_a_new_role_ends_the_sessions(client: Client, cast: Cast, at: datetime) -> None:
    client.force_login(cast.ada)
    assert client.get("/desk/people/").status_code == 200
    changes.change_role(cast.ada, role="customer", by=cast.otto, at=at)
    assert client.get("/desk/people/").url.startswith("/sign-in/")
