"""What a request must bring along, and what it must not do: generated over all addresses."""

from datetime import datetime

import pytest
from django.test import Client

from deskhand.desk.queries import setup_token
from tests.cast import Cast
from tests.security.asking import addresses, signed_in, writes

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
BESIDE = {"accounts_session", "shared_cache"}  # what allauth counts as a try also when it is a HEAD


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("who", [None, "carl", "ada", "otto"])
def test_F01_all_unsafe_urls_need_csrf(cast: Cast, at: datetime, who: str | None, htmx: bool) -> None:  # noqa: FBT001 - a case
    """The set-up page alone has its link's secret instead; with a wrong one it does not exist."""
    client = signed_in(getattr(cast, who) if who else None, enforce_csrf_checks=True)
    headers = {"HX-Request": "true", "HX-Target": "ticket"} if htmx else {}
    answers = {
        f"{method} {path}": client.generic(method, path, headers=headers).status_code
        for path in addresses(cast, at)
        if not path.startswith("/api/")  # there a session counts for nothing (tests/api/test_door.py)
        for method in UNSAFE
    }
    exempt = {f"{method} /set-up/nonsense/": 404 if method == "POST" else 405 for method in UNSAFE}
    found = {request: status for request, status in answers.items() if status != 403}
    assert {request for request in found if request not in exempt} == set()


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_F01_no_kind_of_body_goes_past_the_token(cast: Cast, at: datetime, kind: str) -> None:
    client = signed_in(cast.otto, enforce_csrf_checks=True)
    assert client.post("/desk/settings/", b'{"name": "x"}', content_type=kind).status_code == 403


def test_F01_a_page_of_elsewhere_is_refused_even_with_a_token(cast: Cast) -> None:
    client = signed_in(cast.carl, enforce_csrf_checks=True)
    client.get("/tickets/new/")
    token = client.cookies["csrf"].value
    evil = {"Origin": "https://evil.example"}
    assert client.post("/tickets/new/", {"csrfmiddlewaretoken": token}, headers=evil).status_code == 403
    assert client.post("/set-up/nonsense/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_F02_safe_methods_write_nothing(cast: Cast, at: datetime, method: str) -> None:
    """The one exemption, `seen` of a browser without JavaScript, has tests of its own; here the browser has it."""
    found = {}
    for path in addresses(cast, at):
        for who in (None, "carl", "ada", "otto"):
            client = signed_in(getattr(cast, who) if who else None)
            client.cookies["script"] = "1"
            if tables := set(writes(client, path, method)) - BESIDE:
                found[f"{who} {path}"] = tables
    assert found == {}


def test_F02_the_set_up_page_writes_nothing_by_looking(db: None, client: Client) -> None:
    assert writes(client, f"/set-up/{setup_token()}/") == []
    assert writes(client, "/") == []
