"""What a line of the log must not tell."""

import json
import logging
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from deskhand.config import environment
from deskhand.config.logs import Json, Line
from tests.cast import Cast

KEY = "0b9c3b0e-3f0e-4d0e-8f0e-0b9c3b0e3f0e"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Forbidden: /welcome/12:abc:def/", "Forbidden: /welcome/…/"),
        ("Internal Server Error: /password/new/1-abc-def/", "Internal Server Error: /password/new/…/"),
        ("/confirm/MQ:abc:def/ and /set-up/abc/", "/confirm/…/ and /set-up/…/"),
        ("Forbidden: /tickets/1001/", "Forbidden: /tickets/1001/"),
        (f"Not Found: /files/{KEY}/my 'secret' offer.pdf", f"Not Found: /files/{KEY}/…"),
        (f"GET /files/{KEY}/… 200 1 ms, user 7", f"GET /files/{KEY}/… 200 1 ms, user 7"),
        ("GET /api/v1/tickets?token=dh_aV-udsP2Yij_UQrN 401", "GET /api/v1/tickets?token=dh_… 401"),
        ("signed with 'whsec_1pRAjnSP+Q9d/g0=', dh_x", "signed with 'whsec_…', dh_x"),
    ],
)
def test_j03_a_mailed_link_is_covered(said: str, written: str) -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s", (said,), None)
    assert Line("%(message)s").format(record) == written


def test_j03_it_is_covered_in_a_traceback_too() -> None:
    try:
        raise ValueError("/welcome/secret/")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broken", (), sys.exc_info())
    assert "secret" not in Line("%(message)s").format(record).rpartition("\n")[2]


def record(message: str, *, facts: dict[str, object] | None = None) -> logging.LogRecord:
    made = logging.LogRecord("deskhand.x", logging.WARNING, __file__, 1, message, (), None)
    if facts:
        made.facts = facts
    return made


def test_j03_nobody_makes_up_a_line_or_colors_the_terminal() -> None:
    assert Line("%(message)s").format(record("a\r\nFAKE \x1b[31mred\x1b[0m é")) == "a\\r\\nFAKE \\x1b[31mred\\x1b[0m é"
    assert json.loads(Json().format(record("a\r\nFAKE")))["message"] == "a\r\nFAKE"
    assert "\n" not in Json().format(record("a\r\nFAKE"))


def test_an_error_is_one_object_with_its_traceback() -> None:
    try:
        raise ValueError("/confirm/secret/")
    except ValueError:
        broken = logging.LogRecord("x", logging.ERROR, __file__, 1, "broken", (), sys.exc_info())
    line = Json().format(broken)
    assert "\n" not in line
    values = json.loads(line)
    assert values["traceback"].splitlines()[-1] == "ValueError: /confirm/…/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("welcome", {"token": "TOKEN-secret"}),
        ("welcome_again", {"token": "TOKEN-secret"}),
        ("account_confirm_email", {"key": "TOKEN-secret"}),
        ("account_reset_password_from_key", {"uidb36": "TOKEN", "key": "secret"}),
        ("set_up", {"token": "TOKEN-secret"}),
        ("file", {"key": KEY, "name": "TOKEN-secret.pdf"}),
        ("file", {"key": KEY, "name": "our \"TOKEN\" for 'TOKEN'.pdf"}),
        ("file", {"key": KEY, "name": "… TOKEN.pdf"}),
    ],
)
def test_j03_every_address_with_a_secret_is_covered_in_the_request_log(
    client: Client, caplog: pytest.LogCaptureFixture, name: str, kwargs: dict[str, str]
) -> None:
    address = reverse(name, kwargs=kwargs)
    assert "TOKEN" in address
    with caplog.at_level(logging.INFO, logger="deskhand.request"):
        client.get(f"{address}?hush=1")
    (line,) = [found for found in caplog.records if found.name == "deskhand.request"]
    for written in (Line("%(message)s").format(line), Json().format(line)):
        assert "TOKEN" not in written
        assert "hush" not in written
        assert "/…" in written


def test_every_address_that_takes_a_text_is_known_to_be_harmless() -> None:
    """Whoever adds an address with a text in it decides here whether the log may have it."""
    from tests.test_access import routes

    secret = {"welcome", "confirm", "password", "set-up", "files"}
    with_text = {route.partition("/")[0] for route in routes() if "<str:" in route or "(?P<key>" in route}
    assert with_text <= secret


def test_a_line_a_request_only_if_asked_for(client: Client, caplog: pytest.LogCaptureFixture, cast: Cast) -> None:
    client.force_login(cast.ada)
    client.get("/desk/tickets/")
    assert [found for found in caplog.records if found.name == "deskhand.request"] == []
    with caplog.at_level(logging.INFO, logger="deskhand.request"):
        client.get("/desk/tickets/")
    (line,) = [found for found in caplog.records if found.name == "deskhand.request"]
    facts = line.__dict__["facts"]
    assert facts | {"ms": 0} == {"method": "GET", "path": "/desk/tickets/", "status": 200, "ms": 0, "user": cast.ada.pk}


def test_a_wrong_word_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is 'xml'; it must be one of: text, json"):
        environment.one_of("LOG_FORMAT", "text", "json")
