"""What is sold: who says so, what a product can be, and that every process hears of it."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from deskhand.core.models import AuditEntry
from deskhand.desk.models import Desk
from deskhand.entitlements import catalog, queries
from deskhand.entitlements.errors import GoneError, NotAllowedError
from deskhand.entitlements.models import Product
from tests import make
from tests.cast import Cast


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Product:
    return make.product(at=at)


def order() -> list[str]:
    return [product.slug for product in queries.products()]


def test_a_product_is_made_and_changed_and_every_page_knows(cast: Cast, at: datetime) -> None:
    assert order() == []
    theme = catalog.create_product(
        by=cast.otto, at=at, slug=" theme ", name=" A  theme ", not_covered="Translation\r\n\r\n  CSS \n"
    )
    assert (theme.slug, theme.name, theme.clauses) == ("theme", "A theme", ["Translation", "CSS"])
    assert [product.name for product in queries.products()] == ["A theme"]
    changed = catalog.change_product(theme, by=cast.otto, at=at, name="The theme", support_days=None)
    assert (queries.product(theme.pk), changed.name) == (changed, "The theme")
    entries = AuditEntry.objects.filter(subject=f"product:{theme.pk}").order_by("pk")
    assert [(entry.action, entry.by, entry.before, entry.after) for entry in entries] == [
        ("product.created", cast.otto, {}, {
            "slug": "theme", "name": "A theme", "position": 0, "not_covered": "Translation\nCSS",
        }),
        ("product.changed", cast.otto, {"name": "A theme"}, {"name": "The theme"}),
    ]  # fmt: skip


def test_what_changes_nothing_writes_nothing(cast: Cast, theme: Product, at: datetime) -> None:
    version, entries = Desk.objects.get().version, AuditEntry.objects.count()
    catalog.change_product(theme, by=cast.otto, at=at, name=" Theme ", support_days=365, kind=Product.Kind.PRODUCT)
    catalog.restore_product(theme, by=cast.otto, at=at)
    assert (Desk.objects.get().version, AuditEntry.objects.count()) == (version, entries)


def test_an_archived_product_stays_and_comes_back(cast: Cast, theme: Product, at: datetime) -> None:
    assert catalog.archive_product(theme, by=cast.otto, at=at).is_archived
    assert [product.is_archived for product in queries.products()] == [True]
    assert not catalog.restore_product(theme, by=cast.otto, at=at).is_archived


def test_products_change_places_past_the_archived_ones(cast: Cast, at: datetime) -> None:
    one, two, three = [make.product(slug, at=at) for slug in ("one", "two", "three")]
    catalog.archive_product(two, by=cast.otto, at=at)
    catalog.move_product(three, by=cast.otto, at=at, up=True)
    assert order() == ["three", "one", "two"]
    entries = AuditEntry.objects.count()
    catalog.move_product(three, by=cast.otto, at=at, up=True)
    catalog.move_product(one, by=cast.otto, at=at, up=False)
    assert (order(), AuditEntry.objects.count()) == (["three", "one", "two"], entries)
    catalog.move_product(three, by=cast.otto, at=at, up=False)
    assert order() == ["one", "three", "two"]
    assert AuditEntry.objects.latest("pk").after == {"position": 1}


REFUSED: dict[str, tuple[str, Any]] = {
    "a script": ("download_url", "javascript:alert(1)"),
    "data": ("renew_url", "data:text/html,x"),
    "a file": ("benefit_url", "ftp://files.example/x"),
    "half an address": ("download_url", "shop.example"),
    "a long address": ("download_url", f"https://shop.example/{'x' * 500}"),
    "no name": ("name", " "),
    "a long name": ("name", "x" * 81),
    "another kind": ("kind", "toy"),
    "days before the sale": ("support_days", -1),
    "a century and a day": ("support_days", 36_501),
    "ten years and some": ("grace_days", 3_651),
    "a license of no day": ("license_days", 0),
    "a hundred and one": ("license_count", 101),
    "nowhere": ("installations", 0),
    "too many places": ("installations", 1_001),
    "moving all the time": ("moves_a_year", 101),
    "a fraction": ("support_days", "1.5"),
    "none where one is needed": ("grace_days", None),
    "a long clause": ("not_covered", f"short\n{'x' * 201}"),
    "a book": ("covered", "line\n" * 101),
    "a long benefit": ("benefit", "x" * 121),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_product_can_be_is_refused_by_column(cast: Cast, theme: Product, at: datetime, case: str) -> None:
    column, value = REFUSED[case]
    before = Product.objects.values().get()
    with pytest.raises(ValidationError) as refused:
        catalog.change_product(theme, by=cast.otto, at=at, **{column: value})
    assert list(refused.value.message_dict) == [column]
    with pytest.raises(ValidationError):
        catalog.create_product(by=cast.otto, at=at, slug="other", **{"name": "Other", column: value})
    assert Product.objects.values().get() == before


@pytest.mark.parametrize("slug", ["", "theme", "two words", "x" * 41, "ü", "a/b"])
def test_a_short_name_is_free_and_fits_into_an_address(cast: Cast, theme: Product, at: datetime, slug: str) -> None:
    with pytest.raises(ValidationError) as refused:
        catalog.create_product(by=cast.otto, at=at, slug=slug, name="Other")
    assert list(refused.value.message_dict) == ["slug"]


def test_the_widest_product_that_is_taken(cast: Cast, at: datetime) -> None:
    most = {**catalog.MOST, "covered": "\n".join(["x" * 200] * 100)}
    product = catalog.create_product(by=cast.otto, at=at, slug="x" * 40, name="x" * 80, **most)
    stored = Product.objects.get(pk=product.pk)
    assert {name: getattr(stored, name) for name in most} == most


def test_the_short_name_never_changes(cast: Cast, theme: Product, at: datetime) -> None:
    with pytest.raises(TypeError):
        catalog.change_product(theme, by=cast.otto, at=at, slug="other")


def test_what_is_gone(cast: Cast, theme: Product, at: datetime) -> None:
    Product.objects.filter(pk=theme.pk).delete()
    with pytest.raises(GoneError):
        catalog.change_product(theme, by=cast.otto, at=at, name="x")


@pytest.mark.parametrize("person", ["carl", "mona", "eve", "ada", "lena"])
def test_only_administrators_say_what_is_sold(cast: Cast, theme: Product, at: datetime, person: str) -> None:
    by, before = getattr(cast, person), list(Product.objects.values())
    for act in (
        lambda: catalog.create_product(by=by, at=at, slug="other", name="Other"),
        lambda: catalog.change_product(theme, by=by, at=at, name="x"),
        lambda: catalog.archive_product(theme, by=by, at=at),
        lambda: catalog.restore_product(theme, by=by, at=at),
        lambda: catalog.move_product(theme, by=by, at=at, up=True),
    ):
        with pytest.raises(NotAllowedError):
            act()
    assert list(Product.objects.values()) == before
