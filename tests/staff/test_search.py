"""Search in the workspace: number, subject, name, address; and only what this agent may see."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from deskhand.ui.models import Submission
from tests import make
from tests.cast import Cast
from tests.forms import send
from tests.staff.test_workspace import rows


def test_a_number_opens_its_ticket(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    client.force_login(cast.ada)
    for words in (str(ticket.number), f"%23{ticket.number}", f" {ticket.number} "):
        response = client.get(f"/desk/search/?q={words}")
        assert (response.status_code, response["Location"]) == (303, f"/desk/tickets/{ticket.number}/")


def test_words_are_looked_for_in_subject_name_and_address(client: Client, cast: Cast, at: datetime) -> None:
    printer = make.ticket(cast.carl, at=at, subject="Printer on fire").number
    laptop = make.ticket(cast.eve, at=at + timedelta(minutes=1), subject="Laptop asleep").number
    client.force_login(cast.ada)
    found = {
        words: rows(client, f"/desk/search/?q={words}")
        for words in ("PRINTER", "eve", "carl@customer", "fire laptop", "e")
    }
    assert found == {
        "PRINTER": [printer], "eve": [laptop], "carl@customer": [printer], "fire laptop": [], "e": [laptop, printer]
    }  # fmt: skip


def test_nothing_found_is_said_with_the_words_escaped(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    page = client.get("/desk/search/", {"q": "<b>nowhere"}).content.decode()
    assert ("No tickets for “&lt;b&gt;nowhere”." in page, "<b>nowhere" in page) == (True, False)


def test_before_a_search_the_page_asks_for_words(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    assert "By number, subject, name or e-mail address." in client.get("/desk/search/?q=").content.decode()


@pytest.mark.parametrize("words", ["canary", "{number}"])
def test_a_private_teams_ticket_is_not_found_by_others(client: Client, cast: Cast, at: datetime, words: str) -> None:
    hidden = make.ticket(cast.carl, at=at, subject="Canary in the mine", team=cast.private)
    url = f"/desk/search/?q={words.format(number=hidden.number)}"
    client.force_login(cast.ada)
    assert rows(client, url) == []
    client.force_login(cast.bea)
    answer = client.get(url)
    assert (answer.status_code == 303) if words != "canary" else (rows(client, url) == [hidden.number])


def test_a_ticket_found_by_words_keeps_the_search_beside_it(client: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    make.ticket(cast.eve, at=at, subject="Another")
    client.force_login(cast.ada)
    assert rows(client, f"/desk/tickets/{ticket.number}/?q=printer") == [ticket.number]


def test_a_change_beside_a_long_search_leads_back_to_it(client: Client, cast: Cast, at: datetime) -> None:
    """200 characters of such a script make an address of 1,800; it is kept with the form's key."""
    ticket = make.ticket(cast.carl, at=at, subject="火" * 200)
    client.force_login(cast.ada)
    page = f"/desk/tickets/{ticket.number}/?{urlencode({'q': '火' * 200})}"
    answer = send(client, page, f"/desk/tickets/{ticket.number}/tags/", add="fire")
    assert (answer.status_code, answer["Location"]) == (303, page)
    assert len(Submission.objects.get().leads_to) > 1800


def test_s1_c11_a_confirmed_second_address_finds_the_person_and_another_one_does_not(
    client: Client, cast: Cast, at: datetime
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for address, verified in (("bought@shop.example", True), ("claimed@shop.example", False)):
        EmailAddress.objects.create(user=cast.carl, email=address, verified=verified)
    client.force_login(cast.ada)
    assert rows(client, "/desk/search/?q=bought@shop.example") == [ticket.number]
    assert rows(client, "/desk/search/?q=claimed@shop.example") == []
