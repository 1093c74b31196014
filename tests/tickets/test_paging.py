"""Keys of pages: what we wrote leads on, whatever else somebody writes into an address begins at the beginning."""

import base64
from datetime import datetime

import pytest

from deskhand.tickets.queries import View, staff_page
from tests import make
from tests.cast import Cast


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        '["2026-03-02T12:00:00", 1]',
        '["0001-01-01T00:00:00+14:00", 1]',
        '["9999-12-31T23:59:59-14:00", 1]',
        '["2026-03-02T12:00:00+00:00", 1e400]',
        '["2026-03-02T12:00:00+00:00", "x"]',
        '[7, 1]',
        "[" * 5000,
        "\N{PILE OF POO}",
    ],
)  # fmt: skip
def test_a_key_that_we_never_wrote_begins_at_the_beginning(cast: Cast, at: datetime, key: str) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for written in (key, base64.urlsafe_b64encode(key.encode()).decode()):
        page = staff_page(View.OPEN, user=cast.ada, after=written)
        assert ([row.id for row in page.rows], page.previous) == ([ticket.pk], "")
