"""The set-up page, as whoever holds the link sees it."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.models import User
from deskhand.accounts.roles import Role
from deskhand.blueprint import presets
from deskhand.core.models import AuditEntry, Job
from deskhand.desk.queries import current_desk, setup_token
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.ticket import Ticket
from tests.cast import Cast
from tests.forms import fill, send

PASSWORD = "quiet harbor lantern"


def link() -> str:
    return f"/set-up/{setup_token()}/"


def answers(**more: str) -> dict[str, str]:
    """What an administrator types."""
    return {
        "name": "Kim Berg", "email": "Kim@Desk.example", "password": PASSWORD, "repeated": PASSWORD,
        "desk_name": "Nordlys", "public_url": "http://testserver", "time_zone": "Europe/Oslo", "hue": "195",
        "start": "empty", "preset": "blank", **more,
    }  # fmt: skip


def test_before_set_up_every_page_says_what_to_do(db: None, client: Client) -> None:
    start = client.get("/")

    assert start.status_code == 200
    assert "deskhand setup-link" in start.content.decode()
    elsewhere = client.get("/sign-in/")
    assert (elsewhere.status_code, elsewhere["Location"]) == (303, "/")


def test_start_empty_makes_an_administrator_who_is_signed_in(db: None, client: Client) -> None:
    response = send(client, link(), link(), **answers())

    assert (response.status_code, response["Location"]) == (303, "/desk/")
    kim = User.objects.get(email="kim@desk.example")
    assert (kim.role, kim.is_invited, kim.check_password(PASSWORD)) == (Role.ADMIN, False, True)
    desk = current_desk()
    assert (desk.name, desk.hue, desk.time_zone, desk.public_url, desk.is_demo) == (
        "Nordlys", 195, "Europe/Oslo", "http://testserver", False,
    )  # fmt: skip
    assert client.get("/desk/settings/").status_code == 200
    assert (Ticket.objects.count(), Job.objects.count()) == (0, 0)
    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == [
        "desk.configured",
        "desk.configured",  # by the preset
        "desk.set_up",
        "user.created",
    ]


def test_the_administrator_can_sign_in_again_later(db: None, client: Client) -> None:
    send(client, link(), link(), **answers())
    client.logout()
    response = send(client, "/sign-in/", "/sign-in/", login="kim@desk.example", password=PASSWORD)

    assert response.status_code == 303
    assert client.get("/desk/settings/").status_code == 200


def test_an_address_of_this_machine_is_not_stored_because_it_follows_the_port(db: None, client: Client) -> None:
    send(client, link(), link(), **answers(public_url="http://localhost:8000/"))

    assert current_desk().public_url == ""


def test_another_public_address_is_told_not_redirected_to(db: None, client: Client) -> None:
    """The proxy may not be there yet, and a form may not lead to another origin (form-action 'self')."""
    response = send(client, link(), link(), **answers(public_url="help.acme.example"))

    assert (response.status_code, response["Location"]) == (303, "/set-up/ready/")
    assert current_desk().public_url == "https://help.acme.example"
    assert 'href="https://help.acme.example/desk/"' in client.get("/set-up/ready/").content.decode()


def test_a_wrong_link_is_no_page(db: None, client: Client) -> None:
    for path in ("/set-up/x/", f"/set-up/{setup_token()}x/", "/set-up/é/"):
        assert client.get(path).status_code == 404
        assert client.post(path, answers()).status_code == 404
    assert User.objects.count() == 0


def test_the_link_works_once(db: None, client: Client) -> None:
    kept = client.get(link()).content.decode()
    send(client, link(), link(), **answers())
    second = Client()

    assert second.get(link()).status_code == 404
    assert second.post(link(), answers()).status_code == 404
    assert second.post(link(), fill(kept, link(), **answers(email="thief@desk.example"))).status_code == 404
    assert User.objects.count() == 1


def test_a_second_press_gets_what_the_first_got(db: None, client: Client) -> None:
    values = fill(client.get(link()).content.decode(), link(), **answers())
    first = client.post(link(), values)
    second = Client().post(link(), values)

    assert (first["Location"], second.status_code, second["Location"]) == ("/desk/", 303, "/desk/")
    assert User.objects.count() == 1


def test_it_works_behind_a_proxy_whose_origin_is_not_known_yet(db: None, settings: Settings) -> None:
    """The link's secret stands in for the token; with a wrong one nothing is reached (see above)."""
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "http://localhost:8000"  # as it is before set-up
    strict = Client(enforce_csrf_checks=True)
    page = strict.get(link(), headers={"X-Forwarded-Proto": "https", "Host": "help.acme.example"}).content.decode()
    assert 'value="https://help.acme.example"' in page

    response = strict.post(
        link(),
        fill(page, link(), **answers(public_url="https://help.acme.example")),
        headers={"Origin": "https://help.acme.example", "Host": "help.acme.example", "Sec-Fetch-Site": "same-origin"},
    )
    assert (response.status_code, response["Location"]) == (303, "/set-up/ready/")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("password", "short", "at least 12 characters"),
        ("password", "x" * 129, "at most 128"),
        ("password", "password1234", "too common"),
        ("repeated", "something else entirely", "differ"),
        ("email", "kim", "valid email"),
        ("public_url", "https://help.acme.example/support", "root of its address"),
        ("public_url", "ftp://help.acme.example", "https://help.example.com"),
        ("public_url", "https://user:pw@help.acme.example", "Leave out"),
        ("public_url", "https://evil\nhost", "https://help.example.com"),
        ("time_zone", "Mars/Olympus", "valid choice"),
        ("hue", "400", "valid choice"),
        ("start", "fast", "valid choice"),
        ("preset", "../blank", "valid choice"),
        ("desk_name", "", "required"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    db: None, client: Client, field: str, value: str, words: str
) -> None:
    response = send(client, link(), link(), **answers(**{field: value}))
    page = response.content.decode()

    assert response.status_code == 422
    assert words in page
    assert 'value="Kim Berg"' in page
    assert PASSWORD not in page
    assert (User.objects.count(), current_desk().set_up_at) == (0, None)


def test_fields_that_the_page_does_not_have_change_nothing(db: None, client: Client) -> None:
    """A13: what is not asked is not taken."""
    send(client, link(), link(), **answers(is_demo="1", role="customer", version="99", registration="open"))
    desk = current_desk()

    assert (desk.is_demo, desk.registration, User.objects.get().role) == (False, "closed", Role.ADMIN)


@pytest.mark.parametrize("preset", presets.names())
def test_the_desk_is_what_was_chosen(db: None, client: Client, preset: str) -> None:
    send(client, link(), link(), **answers(preset=preset))

    assert current_desk().preset == preset
    assert sorted(Topic.objects.values_list("name", flat=True)) == sorted(
        entry.text("name") for entry in presets.preset(preset).lists["topics"]
    )


def test_each_desk_is_shown_with_its_own_words(db: None, client: Client) -> None:
    page = client.get(link()).content.decode()

    cards = re.findall(r'<label class="preset".*?<input type="radio" name="preset" value="(\w+)"', page)
    assert cards == presets.names()
    pictures = re.findall(r'<section class="sample".*?</section>', page, re.DOTALL)
    assert ["Create New Ticket" in picture for picture in pictures] == [True, False, False, False, False]
    assert ["Help Topic" in picture for picture in pictures] == [False, True, False, False, False]
    assert ["Brand <em>" in picture for picture in pictures] == [False, True, False, False, False]
    assert ["Product <em>" in picture for picture in pictures] == [False, False, True, False, False]
    assert [len(re.findall("<th>", picture)) for picture in pictures] == [5, 8, 5, 6, 8]
    assert fill(page, link())["preset"] == ["classic"]


def test_with_a_demo_it_leads_to_its_progress_and_asks_a_worker(db: None, client: Client) -> None:
    response = send(client, link(), link(), **answers(start="demo"))

    assert (response.status_code, response["Location"]) == (303, "/set-up/demo/")
    assert current_desk().is_demo
    assert list(Job.objects.values_list("name", flat=True)) == ["blueprint.fill_demo"]
    page = client.get("/set-up/demo/").content.decode()
    assert "0 of 200 tickets" in page
    part = client.get("/set-up/demo/", headers={"HX-Request": "true", "HX-Target": "progress"}).content.decode()
    assert re.match(r'\s*<div id="progress"', part)


def test_when_nothing_is_being_written_the_progress_leads_to_the_desk(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    plain = client.get("/set-up/demo/")
    part = client.get("/set-up/demo/", headers={"HX-Request": "true", "HX-Target": "progress"})

    assert (plain.status_code, plain["Location"]) == (303, "/desk/")
    assert (part.status_code, part["HX-Redirect"]) == (204, "/desk/")


def test_a_demo_that_got_stuck_says_so(db: None, client: Client, at: datetime) -> None:
    send(client, link(), link(), **answers(start="demo"))
    Job.objects.update(state=Job.State.DEAD, error="OperationalError: disk full")
    page = client.get("/set-up/demo/").content.decode()

    assert "It got stuck" in page
    assert "disk full" not in page
    assert "every 1s" not in page
