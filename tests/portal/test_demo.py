"""Signing in with one click, on a demo and nowhere else."""

from datetime import datetime

import pytest
from django.test import Client

from deskhand.accounts.changes import add_person
from deskhand.blueprint import people
from deskhand.desk.changes import configure
from tests.cast import Cast
from tests.forms import fill, send

ROLES = ["customer", "manager", "agent"]


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


@pytest.mark.parametrize(("role", "leads_to"), [("customer", "/"), ("manager", "/"), ("agent", "/desk/")])
def test_one_click_signs_a_visitor_in(demo_cast: Cast, client: Client, role: str, leads_to: str) -> None:
    response = send(client, "/sign-in/", f"/demo/sign-in/{role}/")

    assert (response.status_code, response["Location"]) == (303, leads_to)
    assert people.OPEN_TO_ALL[role].name in client.get("/account/").content.decode()


def test_a_visitor_changes_sides_from_the_ribbon(demo_cast: Cast, client: Client) -> None:
    send(client, "/sign-in/", "/demo/sign-in/agent/")
    response = send(client, "/", "/demo/sign-in/customer/")

    assert (response.status_code, response["Location"]) == (303, "/")
    assert client.get("/desk/").status_code == 403


def test_a_text_whose_session_ended_is_there_again_after_one_click(demo_cast: Cast, client: Client) -> None:
    """F08: the click leads to the page that asked to sign in."""
    send(client, "/sign-in/", "/demo/sign-in/customer/")
    typed = fill(
        client.get("/tickets/new/").content.decode(), "/tickets/new/", subject="Half a ticket", text="And its words"
    )
    del client.cookies["session"]

    asked = client.post("/tickets/new/", typed)["Location"]
    response = send(client, asked, "/demo/sign-in/customer/")

    assert (asked, response["Location"]) == ("/sign-in/?next=%2Ftickets%2Fnew%2F", "/tickets/new/")
    assert fill(client.get("/tickets/new/").content.decode(), "/tickets/new/")["subject"] == ["Half a ticket"]


def test_an_administrator_who_looks_is_told_to_sign_in_again(demo_cast: Cast, client: Client) -> None:
    client.force_login(demo_cast.otto)
    send(client, "/desk/settings/", "/demo/sign-in/customer/")
    words = "You are Nora Petersen now. To be Otto again, sign out and sign in with your password."
    assert (words in client.get("/").content.decode(), client.get("/desk/settings/").status_code) == (True, 403)

    send(client, "/", "/demo/sign-in/manager/")
    assert "sign in with your password" not in client.get("/").content.decode()


@pytest.mark.parametrize("role", [*ROLES, "admin", "otto"])
def test_on_a_real_desk_there_is_no_such_page(demo_cast: Cast, client: Client, at: datetime, role: str) -> None:
    """The people are there and could be found: only the desk's mark is gone."""
    configure(by=demo_cast.otto, at=at, is_demo=False)

    assert client.post(f"/demo/sign-in/{role}/").status_code == 404
    page = client.get("/sign-in/").content.decode()
    assert ("/demo/sign-in/" in page, "This is a demo" in page) == (False, False)


def test_nobody_becomes_an_administrator(demo_cast: Cast, client: Client) -> None:
    for role in ("admin", "otto", "lead"):
        assert client.post(f"/demo/sign-in/{role}/").status_code == 404
    assert client.get("/desk/settings/").status_code == 303


def test_a_link_alone_signs_nobody_in(demo_cast: Cast, client: Client) -> None:
    assert client.get("/demo/sign-in/agent/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/demo/sign-in/agent/").status_code == 403
    assert client.post("/demo/sign-in/agent/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_where_to_afterwards_cannot_be_named_from_outside(demo_cast: Cast, client: Client) -> None:
    """F05: neither elsewhere, nor a page of the other side."""
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/desk/"):
        response = client.post(f"/demo/sign-in/customer/?next={evil}", {"next": evil})
        assert (response.status_code, response["Location"]) == (303, "/")


def test_only_who_may_configure_watches_the_demo_being_written(demo_cast: Cast, client: Client) -> None:
    client.force_login(demo_cast.ada)

    assert client.get("/set-up/demo/").status_code == 403
