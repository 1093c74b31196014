"""Purchases: who bought what, what it gives, and what staff do about it (S1.c10): by hand, prolong, refund, take back."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.core import text
from deskhand.entitlements import changes
from deskhand.entitlements.errors import InvalidOrderError, ShopError
from deskhand.entitlements.listing import purchases_page
from deskhand.entitlements.models import Purchase
from deskhand.entitlements.queries import held, installation_for
from deskhand.notifications.purchases import receipt
from deskhand.staff.forms_shop import PurchaseForm, SupportForm, complain, state_badge, why
from deskhand.tickets.purchases import tickets_about, unsolved_about
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

State = Purchase.State
TABS: Final[tuple[tuple[str, Promise], ...]] = (
    ("", gettext_lazy("All")), (State.ACTIVE, gettext_lazy("Active")), (State.REFUNDED, gettext_lazy("Refunded")),
    (State.FRAUD, gettext_lazy("Fraud")),
)  # fmt: skip


@gates.staff("purchase.read")
@require_safe
def purchases(request: SignedInRequest) -> HttpResponse:
    """Fifty of one state, the one bought last first; `?q=` finds by whatever a customer names."""
    words = text.one_line(request.GET.get("q", "")[:200])
    state = request.GET.get("state", "")
    state = state if state in State.values else ""
    page = purchases_page(
        viewer=request.user, search=words, state=state, before=text.number(request.GET.get("before", "")),
        after=text.number(request.GET.get("after", "")),
    )  # fmt: skip
    here = reverse("staff:purchases")

    def address(**given: object) -> str:
        query = {name: value for name, value in {"state": state, "q": words, **given}.items() if value}
        return f"{here}?{urlencode(query)}" if query else here

    context = {
        "rows": [(row, state_badge(row.state)) for row in page.rows],
        "words": words,
        "state": state,
        "tabs": [(label, address(state=value), value == state, None) for value, label in TABS],
        "prefix": here,
        "newer": address(before=page.before) if page.before else None,
        "older": address(after=page.after) if page.after else None,
        "everything": f"{here}?{urlencode({'q': words})}" if state and words else None,
    }
    return show(request, "staff/purchases.html", context)


@gates.staff("purchase.read")
@require_safe
def purchase(request: SignedInRequest, pk: int) -> HttpResponse:
    """One purchase: its buyer, its support, its licenses and where they run, the tickets about it."""
    return _page(request, _find(request, pk))


@gates.staff("purchase.change")
@require_http_methods(["GET", "HEAD", "POST"])
def new_purchase(request: SignedInRequest) -> HttpResponse:
    """Write one down by hand. An order that is known already leads to its purchase."""
    here = reverse("staff:new_purchase")
    if request.method != "POST":
        today = {"bought_on": timezone.localdate(), "email": request.GET.get("email", "")}
        return _form(request, PurchaseForm(initial=kept(request, here) or today, viewer=request.user))
    form = PurchaseForm(request.POST, viewer=request.user)
    if form.is_valid():
        try:
            with once(request) as sending:
                done = changes.record_purchase(
                    order=form.order(), via=Purchase.Via.HAND, by=request.user, at=timezone.now()
                )
                sending.leads_to = reverse("staff:purchase", args=[done.purchase.pk])
                _tell_recorded(request, done)
            return go(request, sending.leads_to)
        except InvalidOrderError as error:
            complain(form, error.errors)
        except ShopError as error:
            form.add_error("reference", why(error))
    return _form(request, form, status=422)


@gates.staff("purchase.change")
@require_POST
def support(request: SignedInRequest, pk: int) -> HttpResponse:
    """Renew or prolong: another last day with support."""
    found, form = _find(request, pk), SupportForm(request.POST)
    if form.is_valid():
        try:
            with once(request, leads_to=_url(found)):
                day = form.cleaned_data["support_until"]
                if changes.change_support(found, support_until=day, by=request.user, at=timezone.now()):
                    messages.success(request, _("Saved."))
                else:
                    messages.info(request, _("Nothing was changed."))
            return go(request, _url(found))
        except InvalidOrderError:
            form.add_error("support_until", _("That day is too far away."))
        except ShopError as error:
            form.add_error(None, why(error))
    return _page(request, _find(request, pk), support_form=form, status=422)


@gates.staff("purchase.change")
@require_http_methods(["GET", "HEAD", "POST"])
def state(request: SignedInRequest, pk: int) -> HttpResponse:
    """Refunded, fraud, or active again: first in words what will happen (`?to=`), then, pressed, it happens (S1.c6)."""
    found = _find(request, pk)
    to = (request.POST if request.method == "POST" else request.GET).get("to", "")
    if to not in State.values or (to == found.state and request.method != "POST"):
        raise Http404
    if request.method != "POST":
        return _ending(request, found, State(to))

    def act() -> bool:
        at = timezone.now()
        if to == State.ACTIVE:
            return changes.reinstate_purchase(found, by=request.user, at=at)
        return changes.end_purchase(found, state=to, by=request.user, at=at)

    return _do(request, found, act, said=_("Done. The purchase is now: %(state)s.") % {"state": State(to).label})


@gates.staff("purchase.change")
@require_POST
def send_receipt(request: SignedInRequest, pk: int) -> HttpResponse:
    """Once more the mail with the download link and the keys, to the address of the account (S1.3, S2.5)."""
    found = _find(request, pk)
    write = receipt(found, at=timezone.now(), is_again=True)
    if write is None:
        refusal = _("No mail was sent: the purchase has ended, or its buyer can no longer sign in.")
        return _page(request, found, refusal=refusal, status=422)
    with once(request, leads_to=_url(found)):
        write()
        messages.success(request, _("The receipt is on its way to %(email)s.") % {"email": found.owner.email})
    return go(request, _url(found))


@gates.staff("purchase.read")
@require_POST
def remove_installation(request: SignedInRequest, pk: int, installation: int) -> HttpResponse:
    """Take the license off a domain, so that it can run on another one."""
    found, where = _find(request, pk), installation_for(request.user, installation)
    if where is None or where.license.purchase_id != found.pk:
        messages.info(request, _("It was removed already."))
        return go(request, _url(found))
    said = _("%(domain)s was removed. The license has room for another one.") % {"domain": where.domain}
    return _do(
        request, found, lambda: changes.remove_installation(where, by=request.user, at=timezone.now()), said=said
    )


def _do(request: SignedInRequest, found: Purchase, act: Callable[[], bool], *, said: str) -> HttpResponse:
    """Once; a refusal stands on the purchase's page."""
    try:
        with once(request, leads_to=_url(found)):
            if act():
                messages.success(request, said)
    except ShopError as error:
        return _page(request, _find(request, found.pk), refusal=why(error), status=422)
    return go(request, _url(found))


def _find(request: SignedInRequest, pk: int) -> Purchase:
    seen = Purchase.objects.visible_to(request.user).select_related("product", "owner__organization")
    return get_object_or_404(seen, pk=pk)


def _url(found: Purchase) -> str:
    return reverse("staff:purchase", args=[found.pk])


def _tell_recorded(request: SignedInRequest, done: changes.Recorded) -> None:
    email = done.purchase.owner.email
    if not done.is_new:
        messages.info(request, _("This order was known already. Nothing was changed."))
    elif not done.purchase.owner.is_active:
        words = _("Recorded. The account of %(email)s is deactivated, so nobody is mailed.")
        messages.success(request, words % {"email": email})
    elif done.is_new_person:
        messages.success(request, _("Recorded. %(email)s gets the receipt and an invitation.") % {"email": email})
    else:
        messages.success(request, _("Recorded. %(email)s gets the receipt.") % {"email": email})


def _form(request: SignedInRequest, form: PurchaseForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "has_products": len(form["product"].field.choices) > 1}  # type: ignore[attr-defined]  # a ChoiceField
    return show(request, "staff/new_purchase.html", context, status=status)


def _ending(request: SignedInRequest, found: Purchase, to: Purchase.State) -> HttpResponse:
    shown = held(found, at=timezone.now())
    context = {
        "purchase": found,
        "to": to.value,
        "is_back": to == State.ACTIVE,
        "to_words": to.label,
        "licenses": len(shown.licenses),
        "tickets": unsolved_about(found),
        "path": reverse("staff:purchase_state", args=[found.pk]),
    }
    return show(request, "staff/purchase_state.html", context)


def _page(
    request: SignedInRequest, found: Purchase, *, support_form: forms.Form | None = None, refusal: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    may_change = request.user.can("purchase.change")
    shown = held(found, at=timezone.now())
    again: dict[str, Any] | None = kept(request, reverse("staff:purchase_support", args=[found.pk]))
    context = {
        "purchase": found,
        "held": shown,
        "badge": state_badge(found.state),
        "via": found.get_via_display(),
        "has_support": found.has_support,
        "tickets": tickets_about(found, user=request.user),
        "ticket_prefix": reverse("staff:tickets"),
        "person_tickets": f"{reverse('staff:search')}?{urlencode({'q': found.owner.email})}",
        "prefix": reverse("staff:purchase", args=[found.pk]),
        "support_form": (support_form or SupportForm(initial=again or {"support_until": found.support_until}))
        if may_change and found.is_active and found.has_support
        else None,
        "endings": [
            (to.value, to.label) for to in State if to != found.state and (to == State.ACTIVE or found.is_active)
        ]
        if may_change
        else [],
        "may_change": may_change,
        "refusal": refusal,
    }
    return show(request, "staff/purchase.html", context, status=status)
