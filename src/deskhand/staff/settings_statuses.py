"""Statuses: free names inside five fixed categories, each with what customers read instead and what it means to them (S3.8)."""

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.staff.settings_catalog import buttons, find, tell_added, tell_saved, why
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.words import words
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

MEANINGS: Final[dict[Category, Promise]] = {
    Category.OPEN: gettext_lazy("We have to answer: new tickets, and those a customer has written in."),
    Category.IN_PROGRESS: gettext_lazy("Somebody of us is working on it."),
    Category.WAITING: gettext_lazy("We have answered and need something from the customer."),
    Category.RESOLVED: gettext_lazy("We think it is solved; the customer says whether it is."),
    Category.CLOSED: gettext_lazy("Nothing is left to do."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A category and its statuses."""

    category: str
    name: str
    meaning: str
    statuses: list[Status]


class StatusForm(forms.Form):
    """All that a status is, but whether it is archived. Of an existing one the category stays."""

    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=Category.choices)
    name = LineField(
        label=gettext_lazy("Name for staff"), max_length=40, help_text=gettext_lazy("As agents choose and read it.")
    )
    customer_name = LineField(
        label=gettext_lazy("Name for customers"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("As customers read it. Empty: the same."),
    )
    explanation = LineField(
        label=gettext_lazy("Explanation for customers"),
        required=False,
        help_text=gettext_lazy("One sentence, shown beside the status in their ticket."),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("What a ticket gets that comes into this category"), required=False
    )

    def __init__(self, *args: Any, status: Status | None, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        if status:
            self.fields["category"].disabled = True
        if status and status.is_default:
            self.fields["is_default"].disabled = True
            self.fields["is_default"].help_text = _("To use another status instead, say so there.")


@gates.staff("desk.configure")
@require_safe
def statuses(request: SignedInRequest) -> HttpResponse:
    """All of them by category."""
    known = list(words().statuses.values())
    groups = [
        Group(
            category=category,
            name=str(category.label),
            meaning=str(MEANINGS[category]),
            statuses=[status for status in known if status.category == category and not status.is_archived],
        )
        for category in Category
    ]
    context = {
        "groups": groups,
        "archived": [status for status in known if status.is_archived],
        "prefix": reverse("staff:settings_statuses"),
        "here": "settings_statuses",
    }
    return show(request, "staff/settings_statuses.html", context)


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def new_status(request: SignedInRequest) -> HttpResponse:
    """Make one; `?category=` says where."""
    if request.method == "POST":
        return _save(request, None)
    initial = kept(request, request.path) or {"category": request.GET.get("category", "")}
    return _page(request, None, StatusForm(initial=initial, status=None))


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: SignedInRequest, pk: int) -> HttpResponse:
    """One status."""
    found = _find(pk)
    return _save(request, found) if request.method == "POST" else _page(request, found, _filled(request, found))


def _find(pk: int) -> Status:
    return find(lambda known: known.statuses, pk)


def _in_list(pk: int) -> str:
    return f"{reverse('staff:settings_statuses')}#status-{pk}"


def _values(found: Status) -> dict[str, Any]:
    return {name: getattr(found, name) for name in StatusForm.base_fields}


def _filled(request: SignedInRequest, found: Status) -> StatusForm:
    initial = (kept(request, request.path) if request.method != "POST" else None) or {}
    return StatusForm(initial=_values(found) | initial, status=found)


def _save(request: SignedInRequest, found: Status | None) -> HttpResponse:
    form = StatusForm(request.POST, status=found, initial=_values(found) if found else {})
    if form.is_valid():
        try:
            with once(request) as sending:
                saved = catalog.save_status(
                    **form.cleaned_data, status=found, is_archived=bool(found and found.is_archived), by=request.user,
                    at=timezone.now(),
                )  # fmt: skip
                sending.leads_to = _in_list(saved.pk)
                if found:
                    tell_saved(request, form)
                else:
                    tell_added(request, saved.name)
            return go(request, sending.leads_to)
        except catalog.CatalogError as error:
            form.add_error("name", why(error))
    return _page(request, found, form, status=422)


def _page(
    request: SignedInRequest, found: Status | None, form: StatusForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "status": found,
        "path": reverse("staff:settings_status", args=[found.pk]) if found else reverse("staff:settings_new_status"),
        "category": Category(found.category).label if found else "",
        "form": form,
        "refused": refused,
        "here": "settings_statuses",
    }
    return show(request, "staff/settings_status.html", context, status=422 if refused else status)


pressed = buttons(
    find_it=lambda _request, pk: _find(pk),
    page=lambda request, found, refused: _page(request, found, _filled(request, found), refused=refused),
    listed="staff:settings_statuses", row="status",
    archived=gettext_lazy("“%(name)s” is archived. Its tickets keep it."),
    restored=gettext_lazy("“%(name)s” can be chosen again."),
)  # fmt: skip
