"""The desk's settings, as an administrator changes them."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

import deskhand
from deskhand.accounts.changes import (
    _PROFILE,
    change_profile,
    change_role,
    put_in_organization,
    set_team_members,
)
from deskhand.accounts.roles import Role
from deskhand.blueprint import demo
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.staff.audit import _FIELDS
from tests import make
from tests.cast import Cast
from tests.forms import fill, send

PAGES = ["/desk/settings/", "/desk/settings/sign-in/", "/desk/settings/policies/", "/desk/settings/audit/"]


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def last_entry() -> tuple[str, Any, Any]:
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.before, entry.after


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert client.get(page).status_code == 403
        assert client.post(page, {"name": "Mine"}).status_code == 403
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200
    assert current_desk().name == "Nordlys support"


def test_name_color_and_zone_are_in_effect_at_once_and_written_down(otto: Client) -> None:
    response = send(otto, PAGES[0], PAGES[0], name="Tally help", hue="25", time_zone="Europe/Oslo")

    assert (response.status_code, response["Location"]) == (303, PAGES[0])
    assert last_entry() == (
        "desk.configured",
        {"name": "Nordlys support", "hue": 195, "time_zone": "UTC"},
        {"name": "Tally help", "hue": 25, "time_zone": "Europe/Oslo"},
    )
    assert "Tally help" in otto.get("/").content.decode()
    assert otto.get("/brand.css").content == b":root{--accent-hue:25}"


def test_saving_what_is_there_already_writes_nothing(otto: Client) -> None:
    before = AuditEntry.objects.count()
    response = send(otto, PAGES[0], PAGES[0])

    assert (response.status_code, AuditEntry.objects.count()) == (303, before)


@pytest.mark.parametrize(
    ("page", "data", "words"),
    [
        (PAGES[0], {"name": " "}, "required"),
        (PAGES[0], {"hue": "-1"}, "valid choice"),
        (PAGES[0], {"time_zone": "Nowhere"}, "valid choice"),
        (PAGES[0], {"public_url": "https://a.example/b"}, "root of its address"),
        (PAGES[1], {"registration": "everybody"}, "valid choice"),
        (PAGES[1], {"registration": "domains", "allowed_domains": ""}, "Name at least one domain"),
        (PAGES[1], {"allowed_domains": "not a domain"}, "is not a domain"),
        (PAGES[1], {"allowed_domains": "\n".join(f"d{n}.example" for n in range(101))}, "more than 100"),
        (PAGES[2], {"status_on_agent_reply": "closed"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(otto: Client, page: str, data: dict[str, str], words: str) -> None:
    version = current_desk().version
    response = send(otto, page, page, **data)

    assert (response.status_code, current_desk().version) == (422, version)
    assert words in response.content.decode()


def test_a_refused_page_keeps_what_was_typed(otto: Client) -> None:
    response = send(otto, PAGES[1], PAGES[1], registration="open", allowed_domains="acme.example\nnot a domain")
    page = response.content.decode()

    assert "acme.example\nnot a domain" in page
    assert 'value="open" ' in page
    assert page.count("checked") == 1


def test_domains_are_cleaned(otto: Client) -> None:
    send(otto, PAGES[1], PAGES[1], registration="domains", allowed_domains=" @Acme.example, acme.example\n\nb.example ")

    assert (current_desk().registration, current_desk().allowed_domains) == ("domains", ["acme.example", "b.example"])


def test_a_policy_holds_for_the_next_change(otto: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    send(otto, PAGES[2], PAGES[2], status_on_agent_reply="resolved", customers_may_close=None)

    assert make.reply(ticket, cast.ada, at=at).category == "resolved"
    assert (current_desk().customers_may_close, current_desk().customers_may_reopen) == (False, True)


def test_fields_that_the_page_does_not_have_change_nothing(otto: Client) -> None:
    """A13: no field is taken that is not asked."""
    send(otto, PAGES[0], PAGES[0], name="Tally", is_demo="1", registration="open", version="99", set_up_at="")
    desk = current_desk()

    assert (desk.name, desk.is_demo, desk.registration, desk.set_up_at is None) == ("Tally", False, "closed", False)


def test_a_second_press_saves_once(otto: Client) -> None:
    values = fill(otto.get(PAGES[0]).content.decode(), PAGES[0], name="Once")
    otto.post(PAGES[0], values)
    configure(by=None, at=datetime.now().astimezone(), name="Changed since")
    again = otto.post(PAGES[0], values)

    assert (again.status_code, current_desk().name) == (303, "Changed since")


def test_what_was_typed_survives_an_ended_session(otto: Client, cast: Cast) -> None:
    values = fill(otto.get(PAGES[0]).content.decode(), PAGES[0], name="Typed before")
    otto.cookies.clear()
    refused = otto.post(PAGES[0], values)
    assert (refused.status_code, current_desk().name) == (303, "Nordlys support")
    send(otto, refused["Location"], "/sign-in/", login=cast.otto.email, password="correct horse battery")

    assert 'value="Typed before"' in otto.get(PAGES[0]).content.decode()


def test_the_trail_shows_who_changed_what_from_what_to_what(otto: Client) -> None:
    send(otto, PAGES[0], PAGES[0], name="Tally <b>")
    page = otto.get(PAGES[3]).content.decode()

    assert "Nordlys support → Tally &lt;b&gt;" in page
    assert "<b>Otto</b> <code>desk.configured</code> <code>desk</code>" in page


def test_the_trail_speaks_in_words_and_names(otto: Client, cast: Cast, at: datetime) -> None:
    change_role(cast.ada, role=Role.LEAD, by=cast.otto, at=at)
    put_in_organization(cast.eve, organization=cast.acme, is_manager=True, by=cast.otto, at=at)
    set_team_members(cast.private, members=[cast.bea, cast.lena], by=cast.otto, at=at)
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", otto.get(PAGES[3]).content.decode())

    assert found[:4] == [
        ("Members", "Bea → Bea, Lena"),
        ("Manager", "no → yes"),
        ("Organization", "Elsewhere → Acme"),
        ("Role", "Agent → Lead"),
    ]


def test_every_field_of_the_trail_has_words() -> None:
    """What can stand in an entry: the desk's columns, a profile, and the literal keys next to each `audit.record`."""
    desk = {field.name for field in Desk._meta.get_fields()} - {"id", "set_up_at", "version"}
    source = "".join(path.read_text() for path in Path(deskhand.__path__[0]).rglob("changes.py"))
    literal = {
        key for sides in re.findall(r"(?:before|after)=\{(.*?)\}", source) for key in re.findall(r'"(\w+)":', sides)
    }
    assert (desk | _PROFILE | literal | {"organization_id", "is_manager", "is_active", "is_private"}) - set(
        _FIELDS
    ) == set()


def test_the_trail_goes_on_page_by_page(otto: Client, cast: Cast, at: datetime) -> None:
    for number in range(110):
        configure(by=cast.otto, at=at + timedelta(minutes=number), name=f"Desk {number}")
    newest = otto.get(PAGES[3]).content.decode()
    entries = list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True))
    older = otto.get(f"{PAGES[3]}?before={entries[49]}").content.decode()

    assert f'href="{PAGES[3]}?before={entries[49]}"' in newest
    assert ("Desk 108 → Desk 109" in newest, "Desk 59 → Desk 60" in newest) == (True, True)
    assert ("Desk 59 → Desk 60" in older, "Desk 58 → Desk 59" in older) == (False, True)
    assert otto.get(f"{PAGES[3]}?before=nonsense").status_code == 200
    assert otto.get(f"{PAGES[3]}?before={'9' * 30}").status_code == 200


@pytest.mark.parametrize("entries", [1, 30])
def test_the_trail_costs_the_same_queries_however_long(
    otto: Client, cast: Cast, at: datetime, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(entries):
        configure(by=cast.otto, at=at, name=f"Desk {number}")
        change_profile(cast.carl, by=cast.otto, at=at, name=f"Carl {number}")
    otto.get(PAGES[3])
    with django_assert_num_queries(3):
        otto.get(PAGES[3])


def test_one_button_ends_the_demo(otto: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, is_demo=True)
    response = send(otto, PAGES[0], "/desk/settings/demo/end/")

    assert (response.status_code, response["Location"], current_desk().is_demo) == (303, PAGES[0], False)
    page = otto.get(PAGES[0]).content.decode()
    assert ("End the demo" in page, "This is a demo" in page) == (False, False)
    assert demo.player("agent") is None


def test_a_real_desk_has_no_demo_to_end(otto: Client) -> None:
    assert otto.post("/desk/settings/demo/end/").status_code == 404
