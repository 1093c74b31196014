"""What a person might try who has a key, a session or a demo, and should not get far."""

import json
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from deskhand.accounts.changes import add_person
from deskhand.blueprint import demo, people
from deskhand.core import jobs
from deskhand.desk.changes import configure
from deskhand.mail.models import Mail
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui.models import Submission
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send
from tests.security.asking import signed_in


@pytest.fixture
def demo_cast(cast: Cast, at: datetime) -> Cast:
    """A demo desk with the three people a visitor can be."""
    configure(by=cast.otto, at=at, is_demo=True)
    for player in people.OPEN_TO_ALL.values():
        add_person(
            email=player.email, name=player.name, role=player.role, organization=cast.acme,
            is_manager=player.is_manager, by=None, at=at,
        )  # fmt: skip
    return cast


@pytest.mark.parametrize("role", ["customer", "manager", "agent"])
def test_E09_a_visitor_of_the_demo_gives_nobody_an_address(demo_cast: Cast, client: Client, role: str) -> None:
    """Where there is no password to ask for, there is no page to change addresses: or a visitor could stay for good."""
    send(client, "/sign-in/", f"/demo/sign-in/{role}/")
    before = list(EmailAddress.objects.order_by("pk").values_list("email", "primary"))
    wish = {"action_add": "1", "email": "visitor@evil.example"}
    for method in ("get", "post"):
        answer = getattr(client, method)("/account/addresses/", wish)
        assert (answer.status_code, answer["Location"]) == (303, "/password/forgotten/")
    assert list(EmailAddress.objects.order_by("pk").values_list("email", "primary")) == before
    assert client.get("/account/password/")["Location"] == "/password/forgotten/"


def test_a_visitor_of_the_demo_reads_no_secret_in_the_mailroom(demo_cast: Cast, at: datetime, client: Client) -> None:
    Client().post("/password/forgotten/", {"email": demo_cast.otto.email})
    Client().post("/sign-in/code/", {"email": demo_cast.otto.email})
    send(
        signed_in(demo_cast.otto),
        "/desk/people/invite/",
        "/desk/people/invite/",
        email="new@x.example",
        name="New",
        role="lead",
    )
    jobs.run_due(at=jobs.database_now())
    send(client, "/sign-in/", "/demo/sign-in/agent/")
    secrets = [mail.secret for mail in Mail.objects.all() if mail.secret]
    assert len(secrets) == 3
    pages = [
        client.get(f"/desk/mailroom/{mail.pk}/{part}").content.decode()
        for mail in Mail.objects.all()
        for part in ("", "html/")
    ]
    assert [secret for secret in secrets for page in pages if secret in page] == []


def test_who_visited_the_demo_is_out_when_it_ends(demo_cast: Cast, at: datetime, client: Client) -> None:
    send(client, "/sign-in/", "/demo/sign-in/agent/")
    assert client.get("/desk/tickets/").status_code == 200
    demo.end(by=demo_cast.otto, at=at)
    assert client.get("/desk/tickets/").status_code == 303
    assert client.post("/demo/sign-in/agent/").status_code == 404


def test_a_visitors_way_back_to_the_administrator_is_a_password(demo_cast: Cast, client: Client) -> None:
    """See it as somebody else ends the administrator's session: nobody who sits down there later is the administrator."""
    client.force_login(demo_cast.otto)
    old = client.cookies["session"].value
    send(client, "/desk/tickets/", "/demo/sign-in/customer/")
    assert client.get("/desk/settings/").status_code == 403
    thief = Client()
    thief.cookies["session"] = old
    assert thief.get("/desk/settings/").status_code == 303


@pytest.mark.parametrize("who", ["eve", "mona", "ada", None])
def test_F08_a_one_time_key_is_worth_nothing_to_another_person(cast: Cast, at: datetime, who: str | None) -> None:
    """Neither what the first got is shown, nor is anything done; a key that was not used is no better."""
    used = fill(
        signed_in(cast.carl).get("/tickets/new/").content.decode(), "/tickets/new/", subject="Mine", text="secret"
    )
    assert signed_in(cast.carl).post("/tickets/new/", used).status_code == 303
    fresh = fill(
        signed_in(cast.carl).get("/tickets/new/").content.decode(), "/tickets/new/", subject="Stolen", text="x"
    )
    thief = signed_in(getattr(cast, who) if who else None)
    for values in (used, fresh):
        answer = thief.post("/tickets/new/", values)
        assert answer.status_code == (400 if who else 303)
        assert "1001" not in answer.content.decode() + answer.headers.get("Location", "")
    assert list(Ticket.objects.values_list("subject", flat=True)) == ["Mine"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x", "a:b:c", "WyIxIl0:1:x", "0" * 5000])
def test_F08_a_key_that_is_not_ours_sends_nothing(cast: Cast, client: Client, key: str) -> None:
    client.force_login(cast.carl)
    assert send(client, "/tickets/new/", "/tickets/new/", subject="s", text="t", form_key=key).status_code == 400
    assert Ticket.objects.count() == 0


def test_F09_what_was_kept_is_shown_to_its_author_only(cast: Cast, at: datetime, client: Client) -> None:
    """Carl's session ends while he types; whoever signs in at that browser next, agent or customer, reads nothing of it."""
    ticket = make.ticket(cast.mona, at=at)
    client.force_login(cast.mona)
    page = f"/tickets/{ticket.number}/"
    typed = fill(client.get(page).content.decode(), f"{page}replies/", text="zugzwang")
    client.cookies.clear()
    assert client.post(f"{page}replies/", typed)["Location"].startswith("/sign-in/?next=")
    for who in ("mona2", "otto"):
        user = cast.otto if who == "otto" else cast.cora
        assert client.post("/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 303
        for path in (page, "/", f"/desk{page}", "/tickets/new/", "/account/"):
            assert "zugzwang" not in client.get(path).content.decode()
        client.post("/sign-out/")


def test_no_password_is_ever_kept_in_a_session(cast: Cast, client: Client) -> None:
    """A dead session's form comes back filled; one that holds a password does not."""
    for page in ("/account/password/", "/account/it-is-you/"):
        client.force_login(cast.carl)
        typed = fill(
            client.get(page).content.decode(),
            page,
            oldpassword="zugzwang pass",
            password="zugzwang pass",
            password1="zugzwang",
        )
        client.cookies.clear()
        assert client.post(page, typed).status_code == 303
    strict = Client(enforce_csrf_checks=True)
    strict.post("/sign-in/", {"login": "carl", "password": "zugzwang pass"})
    sessions = import_string(f"{settings.SESSION_ENGINE}.SessionStore").get_model_class().objects.all()
    assert sessions
    assert [row for row in sessions if "zugzwang" in json.dumps(row.get_decoded())] == []


@pytest.mark.parametrize(
    ("page", "field", "most"),
    [("/password/forgotten/", "email", 5), ("/sign-in/code/", "email", 3), ("/welcome/lost/", "email", 20)],
)
def test_nobody_is_flooded_with_mails_they_did_not_ask_for(cast: Cast, page: str, field: str, most: int) -> None:
    """Strangers from many machines wish mails to one address: after some of them they are told to wait."""
    answers = [
        Client(REMOTE_ADDR=f"192.0.2.{number if most < 20 else 1}").post(page, {field: cast.carl.email}).status_code
        for number in range(most + 3)
    ]
    assert (answers[:most], set(answers[most:]) <= {429, 422}) == ([303] * most, True)
    assert Mail.objects.filter(to_address=cast.carl.email).count() <= most


@pytest.mark.parametrize(
    "text", [">" * 99_000, "[" * 99_000, "- " * 49_000, "http://a." * 11_000, "- a\n - b\n" * 10_000]
)
def test_a_hostile_message_is_answered_within_seconds(cast: Cast, at: datetime, client: Client, text: str) -> None:
    ticket = make.ticket(cast.carl, at=at)
    client.force_login(cast.carl)
    page = f"/tickets/{ticket.number}/"
    assert send(client, page, f"{page}replies/", text=text).status_code == 303
    assert client.get(page).status_code == 200


def test_a_megabyte_of_message_is_refused_with_the_text_kept(cast: Cast, client: Client) -> None:
    client.force_login(cast.carl)
    answer = send(client, "/tickets/new/", "/tickets/new/", subject="s", text="x" * 1_000_000)
    assert (answer.status_code, "x" * 1_000_000 in answer.content.decode()) == (422, True)
    assert Ticket.objects.count() == 0
