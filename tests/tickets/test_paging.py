"""Keys of pages: what we wrote leads on, whatever else somebody writes into an address begins at the beginning."""

import base64
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress

from deskhand.desk.layout import Tab
from deskhand.tickets.legs import NEEDS_ME
from deskhand.tickets.models.choices import Category
from deskhand.tickets.queries import View, portal_page, staff_page, staff_search
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


@pytest.mark.parametrize("rest", ["", ', "nowhere"', ", 1", ", []", ', "open", "open"'])
def test_a_key_of_another_order_begins_at_the_beginning(cast: Cast, at: datetime, rest: str) -> None:
    make.ticket(cast.carl, at=at)
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.WAITING, by=cast.ada, at=at)
    key = base64.urlsafe_b64encode(f'["2020-01-01T00:00:00+00:00", 7{rest}]'.encode()).decode()
    page = portal_page(Tab.ALL, user=cast.carl, order=NEEDS_ME, after=key)
    assert (page.rows[0].id, len(page.rows), page.previous) == (ticket.pk, 2, "")


def test_a_page_after_the_last_rank_of_its_tab_is_empty(cast: Cast, at: datetime) -> None:
    make.in_category(make.ticket(cast.carl, at=at), Category.WAITING, by=cast.ada, at=at)
    key = base64.urlsafe_b64encode(b'["2020-01-01T00:00:00+00:00", 7, "closed"]').decode()
    assert portal_page(Tab.WAITING, user=cast.carl, order=NEEDS_ME, after=key).rows == []
    assert len(portal_page(Tab.WAITING, user=cast.carl, order=NEEDS_ME, before=key).rows) == 1


def test_s1_c11_agents_find_tickets_by_any_confirmed_address_of_the_requester(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.ticket(cast.eve, at=at)
    EmailAddress.objects.create(user=cast.carl, email="carl@home.example", verified=True)
    EmailAddress.objects.create(user=cast.eve, email="eve@home.example", verified=False)
    found = {
        words: [row.id for row in staff_search(words, user=cast.ada).rows]
        for words in (
            "carl@customer.example",
            "carl@home.example",
            "eve@home.example",
            "CARL@HOME fire",
            "@home.example",
        )
    }
    assert found == {
        "carl@customer.example": [ticket.pk], "carl@home.example": [ticket.pk], "eve@home.example": [],
        "CARL@HOME fire": [ticket.pk], "@home.example": [ticket.pk],
    }  # fmt: skip
    assert portal_page(Tab.ALL, user=cast.carl, words="carl@home.example").rows == []
