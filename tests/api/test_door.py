"""What every address does before and behind its operation."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from deskhand.accounts.models import ApiToken
from deskhand.accounts.tokens import Scope, revoke_token
from deskhand.api import door, tickets
from deskhand.api.urls import PREFIX, ROUTES
from deskhand.desk.changes import touch
from deskhand.desk.models import Desk
from tests import make
from tests.api.asking import Program, program, token_of
from tests.cast import Cast

SHAPE = ["detail", "errors"]


def test_the_light_table_names_what_there_is() -> None:
    assert set(door._views()) - {""} == set(ROUTES)
    paths = [path.removeprefix(f"/{PREFIX}") for path in json.loads(door._schema())["paths"]]
    assert len(paths) == len(ROUTES) == len(set(ROUTES))


def test_nothing_heavy_is_imported_at_the_start() -> None:
    """ninja and pydantic take 0.3 s and 12 MB, which a desk without programs never needs."""
    script = "import django; django.setup(); import deskhand.config.urls, sys; print({'ninja', 'pydantic'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer dh_nonsense",
        "Basic Y2FybDp4",
        "dh_nonsense",
        "Bearer \x00",
        "Bearer " + "a" * 5000,
    ],
)
def test_without_a_token_nobody_is_let_in(cast: Cast, header: str) -> None:
    asking = Program()
    asking.headers = {"Authorization": header} if header else {}
    told = asking.get("tickets")
    assert (asking.status, sorted(told)) == (401, SHAPE)
    assert asking.answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("name", ["token", "api_key", "access_token", "Token"])
def test_G03_a_token_in_an_address_is_refused_with_a_hint(cast: Cast, name: str) -> None:
    secret = token_of(cast.carl)
    told = Program().get("tickets", **{name: secret})
    assert "Authorization: Bearer" in told["detail"]
    beside = Program(secret)
    beside.get("tickets", **{name: secret})
    assert beside.status == 401


def test_a_session_means_nothing(cast: Cast, at: datetime) -> None:
    asking = Program()
    asking.client.force_login(cast.otto)
    assert asking.client.get("/").status_code == 200
    asking.get("tickets")
    assert asking.status == 401


def test_a_session_beside_a_token_means_nothing(cast: Cast, at: datetime) -> None:
    make.ticket(cast.carl, at=at)
    asking = program(cast.eve)
    asking.client.force_login(cast.otto)
    assert asking.get("tickets", view="all") == {"tickets": [], "next": ""}


def test_no_form_of_another_site_needs_a_csrf_token_here(cast: Cast) -> None:
    """Nothing is done for a cookie, so there is nothing to forge: a POST without any csrf token arrives."""
    asking = program(cast.carl)
    asking.client = Client(enforce_csrf_checks=True)
    asking.post("tickets", {"subject": "Hello", "text": "World"})
    assert asking.status == 201


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"path": "nowhere"}, 404),
        ({"path": "tickets/1001"}, 404),
        ({"path": "tickets/1001%00"}, 404),
        ({"path": "tickets/" + "9" * 40}, 404),
        ({"path": "tickets", "query": "limit=1&limit=2"}, 422),
        ({"path": "tickets", "query": "limit=1000000000"}, 422),
        ({"path": "tickets", "query": "q=%00"}, 422),
        ({"path": "tickets", "query": "requester__password=x"}, 422),
        ({"path": "tickets", "query": "order_by=password"}, 422),
        ({"path": "tickets", "query": "view=everything"}, 422),
        ({"path": "tickets", "query": "updated_after=0001-01-01T00:00:00%2B14:00"}, 422),
        ({"path": "tickets/1001/replies"}, 405),
        ({"path": "tickets", "body": b"x" * (1024 * 1024 + 1)}, 413),
        ({"path": "tickets", "body": b"subject=x", "type": "application/x-www-form-urlencoded"}, 415),
        ({"path": "tickets", "body": b"{}", "type": "text/plain"}, 415),
        ({"path": "tickets", "body": b"{}"}, 422),
    ],
)
def test_a_refusal_has_one_shape(cast: Cast, how: dict[str, Any], status: int) -> None:
    client, headers = Client(raise_request_exception=False), {"Authorization": f"Bearer {token_of(cast.carl)}"}
    path = f"/api/v1/{how['path']}?{how.get('query', '')}"
    if "body" in how:
        answer = client.generic("POST", path, how["body"], how.get("type", "application/json"), headers=headers)
    else:
        answer = client.get(path, headers=headers)
    assert (answer.status_code, sorted(answer.json())) == (status, SHAPE)
    assert answer.headers["Content-Type"] == "application/json"


BODIES = [
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe{", b"\xef\xbb\xbf{}", b"NaN", b'{"a":1,"a":1}', b"[" * 100_000,
    b'{"\\ud800":1,"subject":"x","text":"x"}', b'{"subject":' + b"[" * 30 + b"]" * 30 + b',"text":"x"}',
    *(
        b'{"subject":%s,"text":"x"}' % wrong
        for wrong in (b'"\\u0000"', b'"\\ud800"', b'["x"]', b'{"x":1}', b"null", b"1", b'""', b'"%s"' % (b"x" * 201))
    ),
    *(
        b'{"subject":"x","text":"x",%s}' % wrong
        for wrong in (
            b'"topic":' + b"9" * 5000, b'"topic":1e400', b'"topic":true', b'"topic":"1"', b'"topic":-1', b'"fields":[]',
            b'"fields":{"a":null}', b'"fields":{"a":{}}', b'"__proto__":{}', b'"follows":99999999999999999999',
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_F11_what_two_programs_could_read_differently_is_422_and_changes_nothing(cast: Cast, body: bytes) -> None:
    carl = program(cast.carl)
    told = carl.raw("tickets", body)
    assert (carl.status, sorted(told)) == (422, SHAPE)
    assert carl.get("tickets", view="all")["tickets"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"subject":"x","text":"a\\u0000b"}', "text"),
        (b'{"subject":"x","text":"a\\udc00b"}', "text"),
        (b'{"subject":"x","text":"x","subject":"y"}', "body"),
        (b'{"subject":"x","text":"x","fields":{"a":"1","a":"2"}}', "body"),
        (b'{"subject":"x","text":"x","fields":{"brand":"a\\u0000"}}', "fields.brand"),
        (b'{"subject":"x","text":"x","fields":{"a\\u0000":"x"}}', "fields"),
        (b'{"subject":"x","text":"x","fields":{"a":' + b"[" * 25 + b"]" * 25 + b"}}", "fields.a.0"),
    ],
)
def test_F11_what_nobody_can_keep_or_read_in_one_way_is_named(cast: Cast, body: bytes, field: str) -> None:
    carl = program(cast.carl)
    told = carl.raw("tickets", body)
    assert (carl.status, list(told["errors"])) == (422, [field])


NEEDED = {
    "choices": ("GET", Scope.READ_TICKETS),
    "tickets": ("GET", Scope.READ_TICKETS),
    "tickets/<int:number>": ("GET", Scope.READ_TICKETS),
    "tickets/<int:number>/messages": ("GET", Scope.READ_TICKETS),
    "tickets/<int:number>/replies": ("POST", Scope.WRITE_TICKETS),
    "tickets/<int:number>/notes": ("POST", Scope.WRITE_TICKETS),
    "tickets/<int:number>/status": ("POST", Scope.WRITE_TICKETS),
    "tickets/<int:number>/assignee": ("POST", Scope.WRITE_TICKETS),
    "tickets/<int:number>/close": ("POST", Scope.WRITE_TICKETS),
    "tickets/<int:number>/reopen": ("POST", Scope.WRITE_TICKETS),
    "purchases": ("POST", Scope.WRITE_PURCHASES),
    "purchases/<path:reference>/end": ("POST", Scope.WRITE_PURCHASES),
}


@pytest.mark.parametrize("route", set(ROUTES) - {"webhooks/purchases/<int:sender>", "licenses/activate"})
def test_a_token_does_only_what_it_is_for(cast: Cast, at: datetime, route: str) -> None:
    method, scope = NEEDED[route]
    number = make.ticket(cast.carl, at=at).number
    path = route.replace("<int:number>", str(number)).replace("<path:reference>", "A/1")
    others = program(cast.otto, *(each for each in Scope.values if each != scope))
    exactly = program(cast.otto, scope)
    for asking in (others, exactly):
        asking.get(path) if method == "GET" else asking.post(path)
    assert others.status == 403
    assert scope in others.answer.json()["detail"]
    assert exactly.status != 403


def test_opening_needs_to_write(cast: Cast) -> None:
    asking = program(cast.carl, Scope.READ_TICKETS)
    asking.post("tickets", {"subject": "x", "text": "x"})
    assert asking.status == 403


def test_it_ends_with_the_token(cast: Cast) -> None:
    carl, brief = program(cast.carl), Program(token_of(cast.carl, lasts=timedelta(days=1)))
    carl.get("tickets")
    brief.get("tickets")
    assert (carl.status, brief.status) == (200, 200)
    for token in ApiToken.objects.all():
        revoke_token(token, by=cast.carl, at=timezone.now())
    carl.get("tickets")
    brief.get("tickets")
    assert (carl.status, brief.status) == (401, 401)


def test_before_the_desk_is_set_up_it_is_not_there(cast: Cast) -> None:
    carl = program(cast.carl)
    Desk.objects.update(set_up_at=None)
    touch()
    told = carl.post("tickets", {"subject": "x", "text": "x"})
    assert (carl.status, sorted(told), carl.answer.headers["Retry-After"]) == (503, SHAPE, "60")


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("dh_secret1234567890"), 500), (OperationalError("gone"), 503), (OSError(28, "full"), 507)],
)
def test_what_breaks_here_is_told_as_json_and_not_why(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    carl = program(cast.carl)
    monkeypatch.setattr(tickets.queries, "topics", broken)
    told = carl.post("tickets", {"subject": "x", "text": "x"}, key="again")
    assert (carl.status, sorted(told), told["errors"]) == (status, SHAPE, {})
    assert str(error) not in json.dumps(told)
    monkeypatch.undo()
    carl.post("tickets", {"subject": "x", "text": "x"}, key="again")
    assert carl.status == 201  # nothing of the failure was kept


def test_too_many_requests(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from deskhand.api.bearer import FAILURES, READS, WRITES

    assert (READS._most, WRITES._most, FAILURES._most) == (600, 120, 30)
    for allowance in (READS, WRITES, FAILURES):
        monkeypatch.setattr(allowance, "_most", 2)
        monkeypatch.setattr(allowance, "_block", 1)
    carl, eve, nobody = program(cast.carl), program(cast.eve), Program("dh_nonsense")
    statuses = []
    for ask in (lambda: carl.get("tickets"), lambda: carl.post("tickets")):
        for _ in range(3):
            ask()
            statuses.append(carl.status)
    assert statuses in ([200, 200, 429, 422, 422, 429], [200, 200, 200, 422, 422, 422]), "at most one minute has passed"
    if carl.status == 429:
        assert 1 <= int(carl.answer.headers["Retry-After"]) <= 60
    eve.get("tickets")
    assert eve.status == 200
    guesses = []
    for _ in range(4):
        nobody.get("tickets")
        guesses.append(nobody.status)
    assert guesses[:3] in ([401, 401, 429], [401, 401, 401])
    assert Program().client.get("/api/v1/tickets").status_code == 401  # says nothing, guesses nothing


def test_the_schema_and_the_guide_are_for_everybody(cast: Cast) -> None:
    client = Client()
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"] == "3.1.0"
    assert len(schema["paths"]) == len(ROUTES)
    guide = client.get("/api/v1/").content.decode()
    assert [path for path in schema["paths"] if f" {path}</code>" not in guide] == []
    assert ("<script>" in guide, "style=" in guide) == (False, False)


def test_every_address_has_a_gate() -> None:
    """`guarded` has looked at each of them when config.urls was imported; here they are."""
    found = [str(pattern.pattern) for pattern in get_resolver("deskhand.api.urls").url_patterns]
    assert found == [PREFIX, f"{PREFIX}openapi.json", *(PREFIX + route for route in ROUTES), "^api/"]
    assert settings.ROOT_URLCONF == "deskhand.config.urls"
