"""Products, as an administrator says what is sold; and the shops that may tell of purchases."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deskhand.core.models import AuditEntry
from deskhand.entitlements import senders
from deskhand.entitlements.models import Product, Sender
from deskhand.staff.forms_shop import gives
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.purchases import Declined, declined_by_clause
from tests import make
from tests.cast import PASSWORD, Cast
from tests.forms import fill, send

PAGE = "/desk/settings/products/"
NEW = f"{PAGE}new/"
SHOPS = "/desk/settings/senders/"
PROOF = "/account/it-is-you/"


@pytest.fixture
def otto(client: Client, cast: Cast) -> Client:
    client.force_login(cast.otto)
    return client


def shown(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("page", [PAGE, NEW, SHOPS])
def test_only_administrators_get_in(client: Client, cast: Cast, page: str) -> None:
    for person in (cast.carl, cast.ada, cast.lena):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {"name": "Mine"}).status_code) == (403, 403)
    client.force_login(cast.otto)
    assert client.get(page).status_code == 200


def test_s1_c5_a_product_says_what_its_purchases_give(otto: Client, cast: Cast) -> None:
    answer = send(
        otto, NEW, NEW, name="Theme Pro", slug="theme-pro", kind="hosting", support_days=365, grace_days=14, license_count=2,
        license_days="", installations=3, moves_a_year=0, download_url="https://shop.example/get", renew_url="",
        covered="Bugs\n\n  Questions ", not_covered="Mentoring\r\nHosting", benefit="A free theme",
        benefit_url="https://shop.example/claim", takes_bug_reports="on",
    )  # fmt: skip
    made = Product.objects.get()

    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#product-{made.pk}")
    assert {name: getattr(made, name) for name in (
        "name", "slug", "kind", "support_days", "grace_days", "license_count", "license_days", "installations", "moves_a_year",
        "download_url", "renew_url", "promises", "clauses", "benefit", "benefit_url", "takes_bug_reports",
    )} == {
        "name": "Theme Pro", "slug": "theme-pro", "kind": "hosting", "support_days": 365, "grace_days": 14,
        "license_count": 2, "license_days": None, "installations": 3, "moves_a_year": 0,
        "download_url": "https://shop.example/get", "renew_url": "", "promises": ["Bugs", "Questions"],
        "clauses": ["Mentoring", "Hosting"], "benefit": "A free theme", "benefit_url": "https://shop.example/claim",
        "takes_bug_reports": True,
    }  # fmt: skip
    page = shown(otto)
    assert ("“Theme Pro” was added." in page, "365 days of support, 2 licenses for 3 installations" in page) == (
        True, True,
    )  # fmt: skip
    assert ">2 clauses</td>" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"support_days": 365, "license_count": 1}, "365 days of support, 1 license for 1 installation"),
        ({"support_days": 1, "license_count": 0}, "1 day of support"),
        ({"support_days": None}, "support without end"),
        ({"support_days": 0, "license_count": 2, "installations": 5}, "no support, 2 licenses for 5 installations"),
    ],
)
def test_what_it_gives_is_one_line(cast: Cast, at: datetime, values: dict[str, object], words: str) -> None:
    assert gives(make.product(at=at, **values)) == words


@pytest.mark.parametrize("products", [1, 30])
def test_the_list_costs_the_same_queries_however_long(
    otto: Client, at: datetime, products: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(products):
        make.product(f"theme-{number}", at=at)
    otto.get(PAGE)
    with django_assert_num_queries(2):
        otto.get(PAGE)


def test_saving_names_what_changed_and_the_short_name_stays(otto: Client, cast: Cast, at: datetime) -> None:
    made = make.product(at=at, covered="Bugs\nQuestions")
    path = f"{PAGE}{made.pk}/"
    assert send(otto, path, path, name="Theme 2", slug="other", support_days=30).status_code == 303
    made.refresh_from_db()
    assert (made.name, made.slug, made.support_days) == ("Theme 2", "theme", 30)
    assert "Saved: Name, Days of support." in shown(otto)
    count = AuditEntry.objects.count()
    send(otto, path, path)
    assert (AuditEntry.objects.count(), "Nothing was changed." in shown(otto)) == (count, True)


def test_what_is_refused_is_said_and_kept(otto: Client, cast: Cast, at: datetime) -> None:
    make.product(at=at)
    good = {"name": "Kept", "slug": "kept", "not_covered": "Typed once"}
    for data, words in (
        ({"name": " "}, "required"),
        ({"slug": "theme"}, "already exists"),
        ({"slug": "no blanks"}, "valid “slug”"),
        ({"download_url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"renew_url": "shop.example"}, "Enter a valid URL."),
        ({"installations": 0}, "greater than or equal to 1"),
        ({"support_days": 99_999}, "less than or equal to 36500"),
        ({"not_covered": "Typed once\n" + "x" * 201}, "lines of 200 characters"),
    ):
        answer = send(otto, NEW, NEW, **(good | data))
        page = answer.content.decode()
        assert (answer.status_code, words in page, Product.objects.count()) == (422, True, 1), data
        assert "Typed once" in page


def test_buttons_move_archive_and_restore(otto: Client, cast: Cast, at: datetime) -> None:
    first, second = make.product("first", at=at), make.product("second", at=at)
    act = f"{PAGE}{second.pk}/move/"
    answer = otto.post(act, fill(shown(otto), PAGE, way="up"))
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}#product-{second.pk}")
    assert list(Product.objects.values_list("slug", flat=True)) == ["second", "first"]

    path = f"{PAGE}{first.pk}/"
    assert send(otto, path, f"{path}archive/")["Location"] == PAGE
    page = shown(otto)
    assert ("“First” is archived." in page, "Archived products" in page) == (True, True)
    assert Product.objects.get(pk=first.pk).is_archived
    send(otto, path, f"{path}archive/")
    assert ("“First” is sold again." in shown(otto), Product.objects.get(pk=first.pk).is_archived) == (True, False)


def test_buttons_are_for_administrators(client: Client, cast: Cast, at: datetime) -> None:
    made = make.product(at=at)
    client.force_login(cast.lena)
    for act in ("move", "archive"):
        assert client.post(f"{PAGE}{made.pk}/{act}/").status_code == 403
    client.force_login(cast.otto)
    assert client.post(f"{PAGE}9999/archive/").status_code == 404


def declined(cast: Cast, at: datetime, clause: str, **values: object) -> None:
    """A ticket as `change.decline` leaves it."""
    ticket = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(out_of_scope=clause, **values)


def test_s2_14_a_product_counts_what_was_declined_by_clause(otto: Client, cast: Cast, at: datetime) -> None:
    theme = make.product(at=at, not_covered="Mentoring\nHosting\nTranslation")
    other = make.product("other", at=at, not_covered="Hosting")
    bought = make.purchase(cast.eve, theme, at=at)
    elsewhere = make.purchase(cast.eve, other, at=at, reference="SHOP-2")
    declined(cast, at, "Hosting", purchase=bought)
    declined(cast, at, "Hosting")  # about nothing that was bought: both products have the clause
    declined(cast, at, "Hosting", purchase=elsewhere)
    declined(cast, at, "Magic", purchase=bought)
    make.ticket(cast.carl, at=at)

    assert declined_by_clause(theme) == [
        Declined("Mentoring", 0), Declined("Hosting", 2), Declined("Translation", 0), Declined("Magic", 1, is_gone=True),
    ]  # fmt: skip
    assert declined_by_clause(other) == [Declined("Hosting", 2)]
    page = shown(otto, f"{PAGE}{theme.pk}/")
    assert re.findall(r"<dt>(\w+).*?</dt><dd class=\"num\">(\d+)</dd>", page) == [
        ("Mentoring", "0"), ("Hosting", "2"), ("Translation", "0"), ("Magic", "1"),
    ]  # fmt: skip


# Shops


def proven(client: Client) -> None:
    send(client, PROOF, PROOF, password=PASSWORD)


def test_a_shop_is_let_in_after_the_password_and_its_secret_is_shown_once(otto: Client, cast: Cast) -> None:
    answer = send(otto, SHOPS, SHOPS, name="Shop one")
    assert (answer.status_code, answer["Location"].startswith(PROOF), Sender.objects.count()) == (303, True, 0)
    assert 'value="Shop one"' in shown(otto, SHOPS)

    proven(otto)
    html = shown(otto, SHOPS)
    answer = otto.post(SHOPS, fill(html, SHOPS, name="Shop one"))
    made = Sender.objects.get()
    page = answer.content.decode()
    address = f"http://desk.example/api/v1/webhooks/purchases/{made.pk}"
    assert answer.status_code == 200
    assert re.findall(r'readonly value="(.*?)"', page) == [address, senders.secret_of(made)]
    again = otto.post(SHOPS, fill(html, SHOPS, name="Shop one"))
    assert (again.status_code, Sender.objects.count()) == (303, 1)
    page = shown(otto, SHOPS)
    assert (senders.secret_of(made) in page, address in page, "Never heard yet" in page) == (False, True, True)


def test_the_address_that_is_shown_is_one_that_hears(otto: Client, cast: Cast, at: datetime) -> None:
    made, _secret = senders.add_sender(name="Shop one", by=None, at=at)
    path = re.findall(r'class="address">http://desk.example(.*?)</code>', shown(otto, SHOPS))
    assert path == [f"/api/v1/webhooks/purchases/{made.pk}"]
    assert Client().post(path[0], b"{}", content_type="application/json").status_code == 401  # heard, and not believed


def test_a_shop_is_shut_out(otto: Client, cast: Cast, at: datetime) -> None:
    made, _secret = senders.add_sender(name="Shop one", by=None, at=at)
    senders.note_heard(made, at=at + timedelta(minutes=5))
    assert "Last heard" in shown(otto, SHOPS)
    assert send(otto, SHOPS, f"{SHOPS}{made.pk}/revoke/")["Location"] == SHOPS
    made.refresh_from_db()
    page = shown(otto, SHOPS)
    assert (made.revoked_at is None, "heard no more" in page, f"{SHOPS}{made.pk}/revoke/" in page) == (
        False,
        True,
        False,
    )
    assert otto.post(f"{SHOPS}9999/revoke/").status_code == 404


def test_a_shop_without_a_name_is_refused(otto: Client, cast: Cast) -> None:
    proven(otto)
    for name, words in ((" ", "required"), ("x" * 81, "at most 80")):
        answer = send(otto, SHOPS, SHOPS, name=name)
        assert (answer.status_code, words in answer.content.decode(), Sender.objects.count()) == (422, True, 0)
