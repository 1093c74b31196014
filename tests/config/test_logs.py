"""What a line of the log must not tell."""

import logging
import sys

import pytest

from deskhand.config.logs import Line


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Forbidden: /welcome/12:abc:def/", "Forbidden: /welcome/…/"),
        ("Internal Server Error: /password/new/1-abc-def/", "Internal Server Error: /password/new/…/"),
        ("/confirm/MQ:abc:def/ and /set-up/abc/", "/confirm/…/ and /set-up/…/"),
        ("Forbidden: /tickets/1001/", "Forbidden: /tickets/1001/"),
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
