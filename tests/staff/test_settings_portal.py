"""Settings → Words and home page: what customers read, and a preview of it."""

from typing import Any

import pytest
from django.test import Client

from deskhand.core.models import AuditEntry
from deskhand.desk.labels import LABELS, label
from deskhand.desk.layout import usual_home
from deskhand.desk.queries import current_desk
from tests.cast import Cast
from tests.forms import fill, send

PAGE = "/desk/settings/portal/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def test_s3_2_a_word_is_changed_everywhere_at_once_and_written_down(otto: Client) -> None:
    answer = send(otto, PAGE, PAGE, label_open_ticket="  Create   new ticket ")
    entry = AuditEntry.objects.latest("pk")

    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}?saved={entry.pk}")
    assert (entry.before, entry.after) == ({"labels": {}}, {"labels": {"open_ticket": "Create new ticket"}})
    assert {key: label(key) for key in LABELS} == {
        **{key: str(usual) for key, usual in LABELS.items()},
        "open_ticket": "Create new ticket",
    }


def test_an_empty_word_is_the_usual_one_which_the_field_shows(otto: Client) -> None:
    send(otto, PAGE, PAGE, label_topic="Category")
    send(otto, PAGE, PAGE, label_topic=" ")

    assert (current_desk().labels, label("topic")) == ({}, "Topic")
    assert 'placeholder="Topic"' in otto.get(PAGE).content.decode()


def test_saving_what_is_there_already_writes_nothing(otto: Client) -> None:
    before = AuditEntry.objects.count()
    answer = send(otto, PAGE, PAGE)

    assert (answer.status_code, answer["Location"], AuditEntry.objects.count()) == (303, PAGE, before)
    assert "it was like this already" in otto.get(PAGE).content.decode()


def test_s4_3_the_home_page_shows_the_chosen_blocks_in_their_order(otto: Client) -> None:
    send(otto, PAGE, PAGE, home_order=["guide", "tiles", "search", "recent", "announcement"], home=["tiles", "guide"])

    assert current_desk().home == ["guide", "tiles"]


def test_a_block_is_moved_by_a_button_alone_and_nothing_else_is_lost(otto: Client) -> None:
    version = current_desk().version
    first = fill(otto.get(PAGE).content.decode(), PAGE, announcement="Away on Friday", home=usual_home()[1:])
    moved = otto.post(PAGE, {**first, "move": ["home.tiles.up"]})
    values = fill(moved.content.decode(), PAGE)

    assert (moved.status_code, current_desk().version) == (200, version)
    assert values["home_order"] == ["tiles", "announcement", "search", "recent", "guide"]
    assert (values["home"], values["announcement"]) == (["tiles", "search", "recent", "guide"], ["Away on Friday"])
    down = fill(otto.post(PAGE, {**values, "move": ["home.recent.down"]}).content.decode(), PAGE)
    assert down["home_order"] == ["tiles", "announcement", "search", "guide", "recent"]
    otto.post(PAGE, down)
    assert (current_desk().home, current_desk().announcement) == (
        ["tiles", "search", "guide", "recent"],
        "Away on Friday",
    )


@pytest.mark.parametrize(
    "button", ["home.announcement.up", "home.guide.down", "home.weather.up", "nonsense", "", "a.b.c"]
)
def test_a_button_that_can_move_nothing_moves_nothing(otto: Client, button: str) -> None:
    values = fill(otto.get(PAGE).content.decode(), PAGE)
    answer = otto.post(PAGE, {**values, "move": [button]})

    assert (answer.status_code, fill(answer.content.decode(), PAGE)["home_order"]) == (200, usual_home())


def test_the_preview_shows_what_is_typed_before_it_is_saved(otto: Client) -> None:
    version = current_desk().version
    values = fill(
        otto.get(PAGE).content.decode(), PAGE, home=["tiles"], label_my_tickets="My <requests>", announcement="Hidden",
    )  # fmt: skip
    part = otto.post(PAGE, values, headers={"HX-Request": "true", "HX-Target": "preview"})
    html = part.content.decode()

    assert (part.status_code, current_desk().version) == (200, version)
    assert html.strip().startswith('<div id="preview"')
    assert ("My &lt;requests&gt;" in html, "Hidden" in html, "Search by number" in html) == (True, False, False)


def test_the_preview_stands_on_the_page_without_any_script(otto: Client) -> None:
    values = fill(otto.get(PAGE).content.decode(), PAGE, label_my_tickets="My requests")
    html = otto.post(PAGE, {**values, "move": [""]}).content.decode()

    assert html.partition('<div id="preview"')[2].count("My requests") == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"label_topic": "x" * 61}, "at most 60 characters"),
        ({"home": None}, "Choose at least one block."),
        ({"home": ["weather"]}, "not one of the available choices"),
        ({"announcement": "x" * 2_001}, "At most 2000 characters"),
        ({"guide": "x" * 5_001}, "At most 5000 characters"),
        ({"tips": "tip\n" * 13}, "At most 12 lines"),
        ({"tips": "x" * 201}, "At most 12 lines of at most 200"),
        ({"after_opening": "moon"}, "valid choice"),
    ],
)
def test_nonsense_is_refused_and_what_was_typed_stays(otto: Client, data: dict[str, Any], words: str) -> None:
    version = current_desk().version
    answer = send(otto, PAGE, PAGE, **{"label_send_ticket": "Submit Ticket", **data})
    html = answer.content.decode()

    assert (answer.status_code, current_desk().version) == (422, version)
    assert (words in html, 'value="Submit Ticket"' in html) == (True, True)


def test_s3_12_tips_are_a_line_each(otto: Client) -> None:
    send(otto, PAGE, PAGE, tips="What you did\r\n\r\n  What happened  \n")
    assert current_desk().tips == "What you did\nWhat happened"


def test_what_was_typed_survives_an_ended_session(otto: Client, cast: Cast) -> None:
    values = fill(otto.get(PAGE).content.decode(), PAGE, home=["guide"], home_order=[*usual_home()[::-1]])
    otto.cookies.clear()
    refused = otto.post(PAGE, values)
    send(otto, refused["Location"], "/sign-in/", login=cast.otto.email, password="correct horse battery")
    again = fill(otto.get(PAGE).content.decode(), PAGE)

    assert (again["home"], again["home_order"]) == (["guide"], usual_home()[::-1])


def test_s1_5_s5_7_navigation_steps_and_the_new_words_are_saved_and_written_down(otto: Client) -> None:
    words = {
        "area": "Project",
        "issue_type": "Kind",
        "purchase": "Product",
        "purchases": "Orders",
        "licenses": "Licences",
    }
    send(
        otto,
        PAGE,
        PAGE,
        navigation="side",
        opens_in_steps="on",
        **{f"label_{key}": word for key, word in words.items()},
    )
    entry = AuditEntry.objects.latest("pk")

    assert (entry.before, entry.after) == (
        {"navigation": "top", "opens_in_steps": False, "labels": {}},
        {"navigation": "side", "opens_in_steps": True, "labels": words},
    )
    assert {key: label(key) for key in words} == words


def test_s5_3_return_addresses_are_a_line_each_in_their_one_form(otto: Client) -> None:
    given = " https://Shop.example.com/ \r\n\r\nadmin.example.com:8443\nhttps://shop.example.com"
    send(otto, PAGE, PAGE, return_addresses=given)
    assert current_desk().return_addresses == ["https://shop.example.com", "https://admin.example.com:8443"]

    shown = fill(otto.get(PAGE).content.decode(), PAGE)["return_addresses"]
    assert shown == ["https://shop.example.com\nhttps://admin.example.com:8443"]
    send(otto, PAGE, PAGE, return_addresses="")
    assert current_desk().return_addresses == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("https://a.example\nhttps://b.example/admin", "“https://b.example/admin”: write it as"),
        ("javascript:alert(1)", "“javascript:alert(1)”: write it as"),
        ("https://user@b.example", "“https://user@b.example”: write it as"),
        ("\n".join(f"https://{number}.example" for number in range(21)), "At most 20 addresses"),
    ],
)
def test_s5_3_a_return_address_that_is_none_is_refused_and_stays_typed(otto: Client, given: str, words: str) -> None:
    version = current_desk().version
    answer = send(otto, PAGE, PAGE, return_addresses=given)
    html = answer.content.decode()

    assert (answer.status_code, current_desk().version, words in html) == (422, version, True)
    assert fill(html, PAGE)["return_addresses"] == [given]
