"""Settings: the start page, the rail, and the search over every single setting."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from deskhand.staff.settings_index import GROUPS
from tests.cast import Cast

PAGE = "/desk/settings/"
FORMS = [page for _title, pages in GROUPS for page in pages if page.form is not None]


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    """A browser in which otto is signed in."""
    client.force_login(cast.otto)
    return client


def found(client: Client, words: str) -> list[tuple[str, str]]:
    """Where a search leads, and what stands there."""
    html = client.get(PAGE, {"q": words}).content.decode()
    return re.findall(r'<li><a href="(.*?)">(.*?)</a>', html)


def links(html: str) -> Iterator[str]:
    return (link for link in re.findall(r'<a href="(.*?)"', html.partition("<main")[0]))


def test_every_page_is_a_card_and_a_link_of_the_rail(otto: Client) -> None:
    html = otto.get(PAGE).content.decode()
    pages = [page.url for _title, pages in GROUPS for page in pages]

    assert re.findall(r'<a href="(.*?)"', html.partition('class="settings-groups"')[2]) == pages
    assert [link for link in links(html) if link in pages] == pages
    assert {page: otto.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_a_page_says_in_the_rail_that_it_is_here(otto: Client, page: object) -> None:
    html = otto.get(page.url).content.decode()  # type: ignore[attr-defined]
    assert re.findall(r'<a href="(.*?)" aria-current="page"', html) == [page.url]  # type: ignore[attr-defined]


def test_agents_find_no_links_to_what_they_may_not_enter(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    html = client.get("/desk/people/").content.decode()

    assert [link for link in links(html) if "settings" in link] == []
    assert "Search settings" not in html


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("color", ("/desk/settings/desk/#id_hue", "Color")),
        ("rename tab", ("/desk/settings/lists/#id_tab_open", "Tab “Open”")),
        ("Public ADDRESS", ("/desk/settings/desk/#id_public_url", "Public address")),
        ("banner", ("/desk/settings/portal/#id_announcement", "Announcement")),
        ("inactivity", ("/desk/settings/policies/#id_auto_close_days", "Close resolved tickets after so many quiet days")),
        ("reopen", ("/desk/settings/policies/#id_customers_may_reopen", "A customer’s message reopens a closed ticket")),
        ("docx", ("", "")),
        ("teams", ("/desk/teams/", "Teams")),
    ],
)  # fmt: skip
def test_a_setting_is_found_by_its_name_its_help_and_other_words(
    otto: Client, words: str, first: tuple[str, str]
) -> None:
    assert (found(otto, words) or [("", "")])[0] == first


def test_accents_and_capitals_make_no_difference(otto: Client) -> None:
    assert found(otto, "CÓLOR") == found(otto, "color") != []


def test_all_words_must_fit(otto: Client) -> None:
    both = found(otto, "managers close")
    assert both == [
        ("/desk/settings/policies/#id_managers_may_close", "Managers may close the tickets of their organization")
    ]


def test_what_nothing_is_about_is_said_and_leads_back(otto: Client) -> None:
    html = otto.get(PAGE, {"q": "zzz<b>"}).content.decode()

    assert "No setting is about “zzz&lt;b&gt;”" in html
    assert f'href="{PAGE}"' in html


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_every_field_can_be_found_and_its_page_has_its_anchor(otto: Client, page: object) -> None:
    html = otto.get(page.url).content.decode()  # type: ignore[attr-defined]
    for field in page.form():  # type: ignore[attr-defined]
        here = f"{page.url}#{field.auto_id}"  # type: ignore[attr-defined]
        assert here in [url for url, _label in found(otto, str(field.label))], here
        assert f'id="{field.auto_id}' in html


def test_every_field_has_other_words_to_be_found_by() -> None:
    """Nobody is sure how we call a thing."""
    lacking = {page.name: set(page.form.base_fields) - set(page.form.ALSO_CALLED) for page in FORMS if page.form}
    assert {name: fields for name, fields in lacking.items() if fields} == {}


def test_a_search_asks_the_database_nothing_more(
    otto: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    otto.get(PAGE)
    with django_assert_num_queries(1):
        otto.get(PAGE, {"q": "color"})


def test_the_way_to_the_settings_leads_to_the_start() -> None:
    assert reverse("staff:settings") == PAGE
