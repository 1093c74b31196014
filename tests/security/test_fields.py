"""What a customer may not know or write is neither in a form, nor on a page, nor in a mail, however they ask (S4.8, H01)."""

from datetime import datetime, timedelta

import pytest

from deskhand.core import jobs
from deskhand.mail.models import Mail
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import send
from tests.security.asking import signed_in

SECRET = "zugzwang"


def test_H01_a_hidden_answer_is_nowhere_a_customer_looks(cast: Cast, at: datetime) -> None:
    """Neither its name nor its value: not on the page, as a part, in the list, in the search, in a mail."""
    make.field("risk", customers=Access.HIDDEN)
    make.field("asks", customers=Access.HIDDEN, kind="choice", options=[SECRET])
    ticket = make.ticket(cast.carl, at=at)
    for value in (SECRET, f"{SECRET} 2"):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            change.set_fields({"risk": value, "asks": SECRET})
    make.reply(ticket, cast.ada, at=at)
    for minutes in (0, 60):
        jobs.run_due(at=at + timedelta(minutes=minutes))
    page = f"/tickets/{ticket.number}/"
    for who in (cast.carl, cast.mona):
        client = signed_in(who)
        pages = [client.get(path) for path in (page, "/", "/tickets/", f"/tickets/?q={SECRET}", "/tickets/new/")]
        pages.append(client.get(page, headers={"HX-Request": "true", "HX-Target": "ticket"}))
        texts = [each.content.decode().replace(f'value="{SECRET}"', "") for each in pages]
        assert [word for text in texts for word in ("Risk", "field_risk") if word in text] == []
        assert client.get(page).content.decode().count(SECRET) == 0
    mails = Mail.objects.filter(recipient__in=[cast.carl, cast.mona])
    assert mails
    assert [mail.pk for mail in mails if SECRET in mail.text + mail.html or "Risk" in mail.text] == []


@pytest.mark.parametrize("access", [Access.HIDDEN, Access.READ])
def test_A13_a_customer_writes_no_field_that_is_not_asked(cast: Cast, at: datetime, access: str) -> None:
    """Sent along with the form, of another topic too; in a reply it is nothing at all."""
    other = make.topic("Other")
    make.field("risk", customers=access)
    make.field("elsewhere", other)
    carl, new = signed_in(cast.carl), "/tickets/new/"
    wish = {"field_risk": SECRET, "field_elsewhere": SECRET, "risk": SECRET, "fields": f'{{"risk": "{SECRET}"}}'}
    assert send(carl, new, new, subject="s", text="t", **wish).status_code == 303
    page = "/tickets/1001/"
    assert send(carl, page, f"{page}replies/", text="t", **wish).status_code == 303
    assert carl.post("/desk/tickets/1001/fields/", wish).status_code == 403
    assert Ticket.objects.get().fields == {}


@pytest.mark.parametrize("who", ["eve", "cora", "ada"])
def test_A02_following_up_on_a_foreign_ticket_looks_like_on_none(cast: Cast, at: datetime, who: str) -> None:
    """A number that was guessed tells nothing, and opens nothing."""
    ticket = make.ticket(cast.carl, at=at, subject=SECRET)
    make.in_category(ticket, Category.CLOSED, by=cast.lena, at=at)
    client, new = signed_in(getattr(cast, who)), "/tickets/new/"
    seen = [client.get(f"{new}?follows={number}").content.decode() for number in (ticket.number, 9999)]
    assert [SECRET in html or "#1001" in html for html in seen] == [False, False]
    answers = [send(client, new, new, subject="s", text="t", follows=number) for number in (ticket.number, 9999)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert [SECRET in answer.content.decode() for answer in answers] == [False, False]
    assert Ticket.objects.count() == 1
