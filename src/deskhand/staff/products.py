"""Products: what the shop sells, what its support covers and how long, what its licenses allow (S1.c5, S2.13)."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.entitlements import catalog, queries
from deskhand.entitlements.errors import ShopError
from deskhand.entitlements.models import Product
from deskhand.staff.forms_shop import ProductForm, gives, why
from deskhand.staff.settings_catalog import Verbs, buttons, tell_added, tell_saved
from deskhand.tickets.purchases import declined_by_clause
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    product: Product
    gives: str
    clauses: int
    is_first: bool
    is_last: bool


def sells() -> bool:
    """Is there a product, and so perhaps a purchase? A desk that sells nothing stays without the pages about it."""
    return bool(queries.products())


@gates.staff("product.change")
@require_safe
def products(request: SignedInRequest) -> HttpResponse:
    """All of them, in the order in which customers choose among them."""
    known = list(Product.objects.visible_to(request.user))
    sold = [product for product in known if not product.is_archived]
    context = {
        "rows": [
            Row(product, gives(product), len(product.clauses), is_first=product == sold[0], is_last=product == sold[-1])
            for product in sold
        ],
        "archived": [product for product in known if product.is_archived],
        "prefix": reverse("staff:settings_products"),
        "here": "settings_products",
    }
    return show(request, "staff/settings_products.html", context)


@gates.staff("product.change")
@require_http_methods(["GET", "HEAD", "POST"])
def new_product(request: SignedInRequest) -> HttpResponse:
    """Make one."""
    if request.method == "POST":
        return _save(request, None)
    return _page(request, None, ProductForm(initial=kept(request, request.path), product=None))


@gates.staff("product.change")
@require_http_methods(["GET", "HEAD", "POST"])
def product(request: SignedInRequest, pk: int) -> HttpResponse:
    """One product, and what tickets were declined with its clauses."""
    found = _find(request, pk)
    return _save(request, found) if request.method == "POST" else _page(request, found, _filled(request, found))


def _find(request: SignedInRequest, pk: int) -> Product:
    return get_object_or_404(Product.objects.visible_to(request.user), pk=pk)


def _values(found: Product) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ProductForm.base_fields}


def _filled(request: SignedInRequest, found: Product) -> ProductForm:
    initial = (kept(request, request.path) if request.method != "POST" else None) or {}
    return ProductForm(initial=_values(found) | initial | {"slug": found.slug}, product=found)


def _save(request: SignedInRequest, found: Product | None) -> HttpResponse:
    form = ProductForm(request.POST, product=found, initial=_values(found) if found else {})
    if form.is_valid():
        try:
            with once(request) as sending:
                saved = _write(request, found, form)
                sending.leads_to = f"{reverse('staff:settings_products')}#product-{saved.pk}"
                if found:
                    tell_saved(request, form)
                else:
                    tell_added(request, saved.name)
            return go(request, sending.leads_to)
        except ValidationError as error:
            form.complain(error)
        except ShopError as error:
            form.add_error(None, why(error))
    return _page(request, found, form, status=422)


def _write(request: SignedInRequest, found: Product | None, form: ProductForm) -> Product:
    values = dict(form.cleaned_data)
    if found is None:
        return catalog.create_product(by=request.user, at=timezone.now(), **values)
    del values["slug"]
    return catalog.change_product(found, by=request.user, at=timezone.now(), **values)


def _page(
    request: SignedInRequest, found: Product | None, form: ProductForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "product": found,
        "path": reverse("staff:settings_product", args=[found.pk]) if found else reverse("staff:settings_new_product"),
        "form": form,
        "declined": declined_by_clause(found) if found else [],
        "refused": refused,
        "here": "settings_products",
    }
    return show(request, "staff/settings_product.html", context, status=422 if refused else status)


pressed = buttons(
    find_it=_find,
    page=lambda request, found, refused: _page(request, found, _filled(request, found), refused=refused),
    listed="staff:settings_products", row="product", permission="product.change",
    archived=gettext_lazy("“%(name)s” is archived. Its purchases keep what they give."),
    restored=gettext_lazy("“%(name)s” is sold again."),
    verbs=Verbs(
        catalog.move_product, catalog.archive_product, catalog.restore_product, remove=None, why=why, refuses=ShopError
    ),
)  # fmt: skip
