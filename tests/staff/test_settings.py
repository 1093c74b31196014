"""The desk's settings, as an administrator changes them."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from deskhand.blueprint import demo
from deskhand.core.models import AuditEntry
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

PAGES = [
    "/desk/settings/desk/", "/desk/settings/sign-in/", "/desk/settings/policies/", "/desk/settings/portal/",
    "/desk/settings/lists/",
]  # fmt: skip
PROOF = "/account/it-is-you/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def last_entry() -> tuple[str, Any, Any]:
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.before, entry.after


def prove(client: Client) -> None:
    """Type the password that dangerous settings ask for."""
    answer = send(client, f"{PROOF}?next=/desk/settings/", PROOF, password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (303, "/desk/settings/")


@pytest.mark.parametrize("page", [*PAGES, "/desk/settings/", "/desk/settings/audit/"])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert client.get(page).status_code == 403
        assert client.post(page, {"name": "Mine"}).status_code == 403
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200
    assert current_desk().name == "Nordlys support"


def test_name_color_and_zone_are_in_effect_at_once_and_written_down(otto: Client) -> None:
    response = send(otto, PAGES[0], PAGES[0], name="Tally help", hue="25", time_zone="Europe/Oslo")

    assert (response.status_code, response["Location"]) == (
        303,
        f"{PAGES[0]}?saved={AuditEntry.objects.latest('pk').pk}",
    )
    assert last_entry() == (
        "desk.configured",
        {"name": "Nordlys support", "hue": 195, "time_zone": "UTC"},
        {"name": "Tally help", "hue": 25, "time_zone": "Europe/Oslo"},
    )
    assert "Tally help" in otto.get("/").content.decode()
    assert otto.get("/brand.css").content == b":root{--accent-hue:25}"


def test_saving_what_is_there_already_writes_nothing(otto: Client) -> None:
    before = AuditEntry.objects.count()
    response = send(otto, PAGES[0], PAGES[0])

    assert (response.status_code, AuditEntry.objects.count()) == (303, before)


@pytest.mark.parametrize(
    ("page", "data", "words"),
    [
        (PAGES[0], {"name": " "}, "required"),
        (PAGES[0], {"hue": "-1"}, "valid choice"),
        (PAGES[0], {"time_zone": "Nowhere"}, "valid choice"),
        (PAGES[0], {"public_url": "https://a.example/b"}, "root of its address"),
        (PAGES[1], {"registration": "everybody"}, "valid choice"),
        (PAGES[1], {"registration": "domains", "allowed_domains": ""}, "Name at least one domain"),
        (PAGES[1], {"allowed_domains": "not a domain"}, "is not a domain"),
        (PAGES[1], {"allowed_domains": "\n".join(f"d{n}.example" for n in range(101))}, "more than 100"),
        (PAGES[2], {"status_on_agent_reply": "closed"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(otto: Client, page: str, data: dict[str, str], words: str) -> None:
    version = current_desk().version
    response = send(otto, page, page, **data)

    assert (response.status_code, current_desk().version) == (422, version)
    assert words in response.content.decode()


def test_a_refused_page_keeps_what_was_typed(otto: Client) -> None:
    response = send(otto, PAGES[1], PAGES[1], registration="open", allowed_domains="acme.example\nnot a domain")
    page = response.content.decode()

    assert "acme.example\nnot a domain" in page
    assert 'value="open" ' in page
    assert page.count("checked") == 1


def test_domains_are_cleaned(otto: Client) -> None:
    prove(otto)
    send(otto, PAGES[1], PAGES[1], registration="domains", allowed_domains=" @Acme.example, acme.example\n\nb.example ")

    assert (current_desk().registration, current_desk().allowed_domains) == ("domains", ["acme.example", "b.example"])


def test_a_policy_holds_for_the_next_change(otto: Client, cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    send(otto, PAGES[2], PAGES[2], status_on_agent_reply="resolved", customers_may_close=None)

    assert make.reply(ticket, cast.ada, at=at).category == "resolved"
    assert (current_desk().customers_may_close, current_desk().customers_may_reopen) == (False, True)


def test_fields_that_the_page_does_not_have_change_nothing(otto: Client) -> None:
    """A13: no field is taken that is not asked."""
    send(otto, PAGES[0], PAGES[0], name="Tally", is_demo="1", registration="open", version="99", set_up_at="")
    desk = current_desk()

    assert (desk.name, desk.is_demo, desk.registration, desk.set_up_at is None) == ("Tally", False, "closed", False)


def test_a_second_press_saves_once(otto: Client) -> None:
    values = fill(otto.get(PAGES[0]).content.decode(), PAGES[0], name="Once")
    otto.post(PAGES[0], values)
    configure(by=None, at=datetime.now().astimezone(), name="Changed since")
    again = otto.post(PAGES[0], values)

    assert (again.status_code, current_desk().name) == (303, "Changed since")


def test_what_was_typed_survives_an_ended_session(otto: Client, cast: Cast) -> None:
    values = fill(otto.get(PAGES[0]).content.decode(), PAGES[0], name="Typed before")
    otto.cookies.clear()
    refused = otto.post(PAGES[0], values)
    assert (refused.status_code, current_desk().name) == (303, "Nordlys support")
    send(otto, refused["Location"], "/sign-in/", login=cast.otto.email, password="correct horse battery")

    assert 'value="Typed before"' in otto.get(PAGES[0]).content.decode()


def test_one_button_ends_the_demo(otto: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, is_demo=True)
    asked = send(otto, PAGES[0], "/desk/settings/demo/end/")
    assert (asked["Location"], current_desk().is_demo) == (f"{PROOF}?next=%2Fdesk%2Fsettings%2Fdesk%2F", True)
    prove(otto)
    response = send(otto, PAGES[0], "/desk/settings/demo/end/")

    assert (response.status_code, response["Location"], current_desk().is_demo) == (303, PAGES[0], False)
    page = otto.get(PAGES[0]).content.decode()
    assert ("End the demo" in page, "This is a demo" in page) == (False, False)
    assert demo.player("agent") is None


def test_a_real_desk_has_no_demo_to_end(otto: Client) -> None:
    assert otto.post("/desk/settings/demo/end/").status_code == 404


@pytest.mark.parametrize(
    ("page", "values"),
    [
        (PAGES[0], {"public_url": "https://evil.example", "name": "Typed before"}),
        (PAGES[1], {"registration": "open"}),
        (PAGES[1], {"registration": "domains", "allowed_domains": "evil.example"}),
    ],
)
def test_a_dangerous_setting_asks_for_the_password_and_keeps_what_was_typed(
    otto: Client, page: str, values: dict[str, str]
) -> None:
    before = current_desk().version
    asked = send(otto, page, page, **values)
    assert (asked.status_code, asked["Location"]) == (303, f"{PROOF}?{urlencode({'next': page})}")
    assert send(otto, asked["Location"], PROOF, password="wrong").status_code == 422
    back = send(otto, asked["Location"], PROOF, password=PASSWORD)
    assert (back["Location"], current_desk().version) == (page, before)
    filled = fill(otto.get(page).content.decode(), page)
    assert {name: filled[name] for name in values} == {name: [value] for name, value in values.items()}
    otto.post(page, filled)

    assert current_desk().version == before + 1
    assert values.get("name", current_desk().name) == current_desk().name


def test_what_is_wrong_is_said_before_the_password_is_asked(otto: Client) -> None:
    assert send(otto, PAGES[0], PAGES[0], public_url="https://a.example/b").status_code == 422


def test_other_settings_of_the_same_page_ask_for_nothing(otto: Client) -> None:
    assert "saved=" in send(otto, PAGES[0], PAGES[0], name="Tally")["Location"]


def test_who_has_no_password_sets_one_first(otto: Client, cast: Cast) -> None:
    """A session alone proves nothing, also that of somebody who comes by mailed codes."""
    cast.otto.set_unusable_password()
    cast.otto.save()
    otto.force_login(cast.otto)

    assert send(otto, PAGES[1], PAGES[1], registration="open")["Location"] == "/password/forgotten/"
    assert current_desk().registration == "closed"


def test_saving_offers_to_undo_it(otto: Client) -> None:
    saved = send(otto, PAGES[2], PAGES[2], customers_may_close=None, reopen_days="14")
    undone = send(otto, saved["Location"], "/desk/settings/undo/")

    assert (undone.status_code, undone["Location"]) == (303, PAGES[2])
    assert (current_desk().customers_may_close, current_desk().reopen_days) == (True, None)
    assert last_entry() == (
        "desk.configured",
        {"customers_may_close": False, "reopen_days": 14},
        {"customers_may_close": True, "reopen_days": None},
    )
    assert "/desk/settings/undo/" not in otto.get(saved["Location"]).content.decode()


def test_nothing_is_undone_that_somebody_has_changed_since(otto: Client, cast: Cast, at: datetime) -> None:
    saved = send(otto, PAGES[2], PAGES[2], reopen_days="14")
    form = fill(otto.get(saved["Location"]).content.decode(), "/desk/settings/undo/")
    configure(by=cast.otto, at=at, reopen_days=7)
    undone = otto.post("/desk/settings/undo/", form)

    assert (undone.status_code, current_desk().reopen_days) == (303, 7)
    assert "changed again since" in otto.get(undone["Location"]).content.decode()


def test_nobody_undoes_what_another_person_saved(otto: Client, cast: Cast, at: datetime) -> None:
    configure(by=None, at=at, reopen_days=7)
    change = AuditEntry.objects.latest("pk").pk

    assert "/desk/settings/undo/" not in otto.get(f"{PAGES[2]}?saved={change}").content.decode()
    page = otto.get(PAGES[2]).content.decode()
    key = fill(page, PAGES[2])["form_key"]
    otto.post("/desk/settings/undo/", {"form_key": key, "change": [str(change)]})
    assert current_desk().reopen_days == 7


def test_undoing_a_dangerous_setting_asks_for_the_password_again(otto: Client, cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, registration="open")
    change = AuditEntry.objects.latest("pk").pk
    asked = send(otto, f"{PAGES[1]}?saved={change}", "/desk/settings/undo/")

    assert (asked["Location"].startswith(PROOF), current_desk().registration) == (True, "open")
