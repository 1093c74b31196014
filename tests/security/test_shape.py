"""What comes in another shape than our pages send it: nothing of it breaks a page or is taken for something else (F11)."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from deskhand.accounts.models import User
from deskhand.accounts.roles import Role
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import fill, send
from tests.security.asking import addresses, signed_in

NAMES: Final = [
    "q", "view", "tab", "state", "role", "before", "after", "show", "customer", "subject", "event", "next", "page", "from",
    "requester", "order_by", "__proto__", "id",
]  # fmt: skip
EDGE_OF_TIME = "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgMV0="  # ["0001-01-01T00:00:00+14:00", 1]
ENDLESS = "WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwgMWU0MDBd"  # ["2026-01-01T00:00:00+00:00", 1e400]
VALUES: Final = [
    "\x00", "a\x00b", "9" * 30, "9" * 5000, "-1", "0", "٣", "1e3", "NaN", "null", "%", "_", "'", '"', "\\", "[]", "{}", "*",
    'NEAR("a" b', "\ud800", "\u202e", "password", "requester__password", "-pk", "_connector", "a" * 3000, " ", "#", "#9" * 50,
    EDGE_OF_TIME, ENDLESS,
]  # fmt: skip


def broken(client: Client, requests: list[str]) -> list[str]:
    return [request for request in requests if client.get(request).status_code >= 500]


@pytest.mark.parametrize("who", ["carl", "otto"])
def test_F11_no_parameter_breaks_a_page(cast: Cast, at: datetime, who: str) -> None:
    """Every page with every parameter that any page knows; each has another value, and every eighth of them in four turns."""
    client = signed_in(getattr(cast, who))
    client.raise_request_exception = False
    pages = [path for path in addresses(cast, at) if "?" not in path and client.get(path).status_code == 200]
    assert len(pages) > 15
    turned = [
        [(name, VALUES[(8 * index + turn) % len(VALUES)]) for index, name in enumerate(NAMES)]
        for turn in range(0, 8, 2)
    ]
    asked = [f"{page}?{urlencode(values, errors='surrogatepass')}" for page in pages for values in turned]
    doubled = [f"{page}?{urlencode([(name, value) for name in NAMES for value in ('1', '2')])}" for page in pages]
    listed = [f"{page}?{urlencode([(f'{name}[]', '1') for name in NAMES])}" for page in pages]
    assert broken(client, asked + doubled + listed) == []


@pytest.mark.parametrize("number", ["9" * 19, "9" * 40, "0", "00001001", "٣"])
@pytest.mark.parametrize("page", ["/tickets/{}/", "/desk/tickets/{}/", "/desk/people/{}/", "/desk/mailroom/{}/"])
def test_F11_a_number_too_long_for_a_key_is_no_page(cast: Cast, page: str, number: str) -> None:
    answer = signed_in(cast.otto).get(page.format(number))
    assert answer.status_code == 404


FORMS: Final = [
    ("carl", "/tickets/new/", "/tickets/new/"),
    ("carl", "/account/", "/account/profile/"),
    ("carl", "/tickets/1001/", "/tickets/1001/replies/"),
    ("ada", "/desk/tickets/1001/", "/desk/tickets/1001/messages/"),
    ("ada", "/desk/tickets/1001/", "/desk/tickets/1001/tags/"),
    ("ada", "/desk/tickets/1001/", "/desk/tickets/1001/subject/"),
    ("ada", "/desk/tickets/1001/", "/desk/tickets/1001/assignee/"),
    ("ada", "/desk/tickets/new/", "/desk/tickets/new/"),
    ("otto", "/desk/people/invite/", "/desk/people/invite/"),
    ("otto", "/desk/organizations/", "/desk/organizations/"),
    ("otto", "/desk/teams/new/", "/desk/teams/new/"),
    ("otto", "/desk/settings/desk/", "/desk/settings/desk/"),
    ("otto", "/desk/settings/portal/", "/desk/settings/portal/"),
    ("otto", "/desk/settings/lists/", "/desk/settings/lists/"),
    ("otto", "/desk/settings/sign-in/", "/desk/settings/sign-in/"),
    ("otto", "/desk/settings/policies/", "/desk/settings/policies/"),
    ("otto", "/desk/settings/topics/new/", "/desk/settings/topics/new/"),
    ("otto", "/desk/settings/fields/new/", "/desk/settings/fields/new/"),
    ("otto", "/desk/settings/statuses/new/", "/desk/settings/statuses/new/"),
    ("otto", "/desk/settings/mails/opened-customer/", "/desk/settings/mails/opened-customer/"),
    ("otto", "/desk/settings/blueprint/", "/desk/settings/blueprint/"),
]


@pytest.mark.parametrize("value", ["\x00", "9" * 5000, "[]", "\u202e\x07", "x" * 1_000_000, "😀" * 300, " \t\r\n "])
@pytest.mark.parametrize(("who", "page", "path"), FORMS, ids=[path for _who, _page, path in FORMS])
def test_F11_no_value_breaks_a_form(cast: Cast, at: datetime, who: str, page: str, path: str, value: str) -> None:
    """Each field alone holds what no browser sends; a megabyte too is answered with a page."""
    make.ticket(cast.carl, at=at)
    client = signed_in(getattr(cast, who))
    html = client.get(page).content.decode()
    names = [name for name in fill(html, path) if name not in {"csrfmiddlewaretoken"}]
    assert names
    answers = {}
    for name in names:
        answers[name] = client.post(path, fill(html, path, **{name: value})).status_code
        if answers[name] == 303:  # its key is used up
            html = client.get(page).content.decode()
    assert {name: status for name, status in answers.items() if status not in {303, 400, 422}} == {}


def test_F11_a_field_twice_is_one_value(cast: Cast, client: Client) -> None:
    client.force_login(cast.carl)
    send(client, "/tickets/new/", "/tickets/new/", subject=["one", "two"], text=["three", "four"])
    assert list(Ticket.objects.values_list("subject", "preview")) == [("two", "four")]


def test_F11_fields_that_no_form_has_change_nobody(cast: Cast, at: datetime, client: Client) -> None:
    """A13: names of columns and permissions, sent along with everything a customer may send."""
    ticket = make.ticket(cast.carl, at=at)
    wished = {
        "role": "admin", "is_staff": "1", "is_superuser": "1", "is_manager": "1", "organization": cast.elsewhere.pk,
        "is_active": "1", "password": "x" * 12, "email": "x@x.example", "requester": cast.eve.pk, "number": "7", "assignee": "1",
        "team": cast.private.pk, "status": "4", "created_at": "2020-01-01", "is_public": "", "by_staff": "1", "kind": "note",
    }  # fmt: skip
    client.force_login(cast.carl)
    before = User.objects.filter(pk=cast.carl.pk).values().get()
    for page, path, more in [
        ("/account/", "/account/profile/", {}),
        ("/tickets/new/", "/tickets/new/", {"subject": "s", "text": "t"}),
        (f"/tickets/{ticket.number}/", f"/tickets/{ticket.number}/replies/", {"text": "t"}),
    ]:
        assert send(client, page, path, **{**wished, **more}).status_code == 303
    assert User.objects.filter(pk=cast.carl.pk).values().get() == before
    assert User.objects.exclude(role=Role.CUSTOMER).count() == 4
    rows = Ticket.objects.order_by("number").values_list("requester", "assignee", "team", "category")
    assert list(rows) == [(cast.carl.pk, None, None, "open")] * 2
    assert [message.by_staff for one in Ticket.objects.all() for message in one.messages.all()] == [False] * 3


def test_F10_a_body_past_the_limit_is_a_page_with_words(cast: Cast, client: Client, settings: Settings) -> None:
    client.force_login(cast.carl)
    html = client.get("/tickets/new/").content.decode()
    too_much = fill(html, "/tickets/new/", subject="s", text="x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    answer = client.post("/tickets/new/", urlencode(too_much, doseq=True), "application/x-www-form-urlencoded")
    assert (answer.status_code, "Go back, reload the page" in answer.content.decode()) == (400, True)
    many = client.post("/tickets/new/", {f"n{number}": "1" for number in range(600)})
    assert many.status_code == 400
    assert Ticket.objects.count() == 0
