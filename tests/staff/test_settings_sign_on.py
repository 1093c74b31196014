"""The products that may sign links, as an administrator lets them in and shuts them out."""

from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deskhand.accounts.models import SignOnSource
from deskhand.accounts.sign_on import add_source
from deskhand.accounts.sign_on_token import read_token, secret_of
from deskhand.core.models import AuditEntry
from deskhand.staff.settings_sign_on import example
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

PAGE = "/desk/settings/sign-on/"
PROOF = "/account/it-is-you/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


@pytest.fixture
def proven(otto: Client) -> Client:
    """otto has just given the password."""
    send(otto, PROOF, PROOF, password=PASSWORD)
    return otto


@pytest.fixture
def shop(cast: Cast, at: datetime) -> SignOnSource:
    return add_source(name="Shop", by=cast.otto, at=at)[0]


def shown(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def secret_in(html: str) -> str:
    return html.partition('id="secret" readonly value="')[2].partition('"')[0]


def test_only_administrators_get_in(client: Client, cast: Cast, shop: SignOnSource) -> None:
    before = secret_of(shop)
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert client.get(PAGE).status_code == 403
        for page in (PAGE, f"{PAGE}{shop.pk}/renew/", f"{PAGE}{shop.pk}/revoke/"):
            assert client.post(page, {"name": "Mine"}).status_code == 403
    found = SignOnSource.objects.get()
    assert (secret_of(found), found.revoked_at) == (before, None)


def test_let_in_and_shown_once(proven: Client) -> None:
    """The answer to the form has the secret and the ten lines; no page has it afterwards; a second press makes no second."""
    sent = fill(shown(proven), PAGE, name="Theme club", slug="")
    answer = proven.post(PAGE, sent)
    html, made = answer.content.decode(), SignOnSource.objects.get()
    secret = secret_in(html)
    assert (answer.status_code, answer["Cache-Control"], made.slug) == (200, "private, no-store", "theme-club")
    assert secret == secret_of(made)
    assert ("&#34;iss&#34;: &#34;theme-club&#34;" in html, "http://desk.example/sso/?" in html) == (True, True)
    again = proven.post(PAGE, sent)
    assert (again.status_code, again["Location"], SignOnSource.objects.count()) == (303, PAGE, 1)
    assert [secret in shown(proven, page) for page in (PAGE, "/desk/settings/audit/")] == [False, False]
    assert "let “Theme club” sign its users in" in shown(proven, "/desk/settings/audit/?about=people")
    assert "Never used yet" in shown(proven)


def test_the_password_is_asked_for_and_what_was_typed_is_there_again(otto: Client, shop: SignOnSource) -> None:
    """A session that somebody has stolen makes no key that outlives it."""
    before = secret_of(shop)
    asked = send(otto, PAGE, PAGE, name="Theme club", slug="club")
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (303, PROOF)
    renewing = send(otto, PAGE, f"{PAGE}{shop.pk}/renew/")
    assert (renewing.status_code, renewing["Location"].partition("?")[0]) == (303, PROOF)
    found = SignOnSource.objects.get()
    assert secret_of(found) == before
    asked = send(otto, PAGE, PAGE, name="Theme club", slug="club")
    back = send(otto, asked["Location"], PROOF, password=PASSWORD)
    typed = fill(shown(otto, back["Location"]), PAGE)
    assert (typed["name"], typed["slug"]) == (["Theme club"], ["club"])
    assert otto.post(PAGE, typed).status_code == 200
    assert SignOnSource.objects.filter(slug="club").count() == 1


def test_what_cannot_be(proven: Client, shop: SignOnSource) -> None:
    for wrong in ({"name": ""}, {"name": "Other", "slug": "shop"}, {"name": "Other", "slug": "a b"}, {"name": "Шоп"}):
        answer = send(proven, PAGE, PAGE, **wrong)
        assert (answer.status_code, fill(answer.content.decode(), PAGE)["name"]) == (422, [wrong["name"]])
    assert SignOnSource.objects.count() == 1


def test_a_new_secret(proven: Client, shop: SignOnSource) -> None:
    before = secret_of(shop)
    answer = send(proven, PAGE, f"{PAGE}{shop.pk}/renew/")
    secret = secret_in(answer.content.decode())
    shop.refresh_from_db()
    assert (answer.status_code, secret == secret_of(shop), secret == before) == (200, True, False)
    assert proven.post(f"{PAGE}99999/renew/").status_code == 404


def test_shut_out(otto: Client, shop: SignOnSource) -> None:
    """None of its links works from now on; a second press changes nothing."""
    sent = fill(shown(otto), f"{PAGE}{shop.pk}/revoke/")
    for _press in range(2):
        answer = otto.post(f"{PAGE}{shop.pk}/revoke/", sent)
        assert (answer.status_code, answer["Location"]) == (303, PAGE)
    page = shown(otto)
    assert ("Nobody comes in from “Shop” any more." in page, "shut out</span>" in page) == (True, True)
    assert f'action="{PAGE}{shop.pk}/revoke/"' not in page
    assert AuditEntry.objects.filter(action="source.revoked").count() == 1
    assert otto.post(f"{PAGE}99999/revoke/", sent).status_code == 404


def test_the_ten_lines_make_a_link_that_works(shop: SignOnSource) -> None:
    """What the page shows is run as it stands."""

    class Person:
        id, email, name, company = 4711, "nora@x.example", "Nora Berg", "Berg & Co"

    lines = example(shop.slug).splitlines()
    assert len([line for line in lines if line]) <= 10
    names: dict[str, object] = {"SECRET": secret_of(shop)}
    exec("\n".join(lines), names)
    link = urlsplit(names["support_link"](Person()))  # type: ignore[operator]  # the function that the example defines
    query = parse_qs(link.query)
    found = read_token(query["token"][0], at=timezone.now())
    assert (f"{link.scheme}://{link.netloc}{link.path}", query["next"]) == (
        "http://desk.example/sso/",
        ["/tickets/new/"],
    )
    assert (found.external_id, found.email, found.name, found.organization) == (
        "4711", "nora@x.example", "Nora Berg", "Berg & Co",
    )  # fmt: skip


def test_found_by_its_words_and_in_the_rail(otto: Client) -> None:
    for words in ("jwt", "single sign", "second password"):
        assert f'href="{PAGE}"' in shown(otto, f"/desk/settings/?q={words}").partition('id="main"')[2], words


def test_queries(otto: Client, cast: Cast, at: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """No query for a row."""
    add_source(name="Shop", by=cast.otto, at=at)
    shown(otto)
    with django_assert_num_queries(2):
        shown(otto)
    for name in ("Club", "Plan"):
        add_source(name=name, by=cast.otto, at=at)
    with django_assert_num_queries(2):
        shown(otto)


def test_the_manual_shows_the_same_lines() -> None:
    manual = Path("docs/manual/sign-on.md").read_text()
    block = manual.partition("```python\n")[2].partition("```")[0]
    assert block.replace("https://help.example.com", "http://desk.example") == example("shop")
