"""A page says from where to listen."""

import re
from datetime import datetime

from django.test import Client

from deskhand.accounts.models import User
from deskhand.tickets.live import Cursor
from tests import make
from tests.cast import Cast

TAG = re.compile(r'<meta name="live" content="([^"]*)"')


def cursors(user: User | None, page: str, **headers: str) -> list[Cursor | None]:
    """What the page carries."""
    client = Client(headers=headers)
    if user:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.get(page)
    assert response.status_code == 200
    return [Cursor.parse(text) for text in TAG.findall(response.content.decode())]


def test_pages_of_who_is_signed_in_carry_a_cursor(cast: Cast, at: datetime) -> None:
    """Staff and customers; a part of a page does not, and who is signed out has nothing to listen to."""
    number = make.ticket(cast.carl, at=at).number
    staff, customer = cursors(cast.ada, f"/desk/tickets/{number}/"), cursors(cast.carl, f"/tickets/{number}/")
    assert len(staff) == len(customer) == 1
    assert None not in staff + customer
    part = {"HX-Request": "true", "HX-Target": "thread"}
    assert cursors(cast.ada, f"/desk/tickets/{number}/", **part) == []
    assert cursors(None, "/sign-in/") == []
