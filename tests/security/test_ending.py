"""What is left in a browser when somebody has gone (F07), and a view that says nothing about who may enter (A18)."""

from datetime import datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from deskhand.ui import gates
from tests import make
from tests.cast import Cast


def undeclared(request: HttpRequest) -> HttpResponse:
    """A view whose author forgot the gate."""
    return HttpResponse("everything")


def test_A18_view_without_permission_declaration_fails_at_import() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"test_ending\.undeclared declares no gate"):
        gates.guarded([path("x/", undeclared)])
    with pytest.raises(ImproperlyConfigured, match="declares no gate"):
        gates.guarded([path("deep/", include([path("x/", undeclared)]))])
    assert len(gates.guarded([path("x/", gates.portal(undeclared))])) == 1


def test_A18_a_view_that_came_past_the_check_is_not_shown(cast: Cast, client: Client, settings: Settings) -> None:
    """The gate asks again at every request; what it does not know, nobody sees, an administrator neither."""
    settings.ROOT_URLCONF = type("Routes", (), {"urlpatterns": [path("x/", undeclared)]})
    client.force_login(cast.otto)
    with pytest.raises(ImproperlyConfigured):
        client.get("/x/")


def test_F07_a_draft_belongs_to_who_typed_it(cast: Cast, at: datetime) -> None:
    """Where a session ended by itself nothing is cleared: the next person at this tab gets another draft."""
    ticket = make.ticket(cast.carl, at=at)
    keys = set()
    for user, page in (
        (cast.ada, "/desk/tickets/"),
        (cast.lena, "/desk/tickets/"),
        (cast.carl, "/tickets/"),
        (cast.mona, "/tickets/"),
    ):
        client = Client()
        client.force_login(user)
        html = client.get(f"{page}{ticket.number}/").content.decode()
        keys |= {html.partition('data-draft="')[2].partition('"')[0]}
    assert (len(keys), "" in keys) == (4, False)
