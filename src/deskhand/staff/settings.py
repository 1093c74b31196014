"""What all pages of settings share: a form over columns of the desk, one way to save it, and one to take that back."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deskhand.blueprint import demo
from deskhand.core import text
from deskhand.core.models import AuditEntry
from deskhand.core.restart import ask_for_restart
from deskhand.desk.changes import check, configure
from deskhand.desk.queries import current_desk, newest_change, standing_change
from deskhand.staff import proof
from deskhand.staff.ordered import moved
from deskhand.ui import gates
from deskhand.ui.forms import kept, once, read_key
from deskhand.ui.http import SignedInRequest, go, part_wanted, show

PREVIEW: Final = "preview"
PROTECTED: Final = frozenset({"public_url", "registration", "allowed_domains"})  # the password is asked again


class SettingsForm(forms.Form):
    """A page of settings: every field has the name of a column of the desk, and starts with what it holds."""

    ORDERED: ClassVar[tuple[str, ...]] = ()  # fields whose order is moved by buttons
    ALSO_CALLED: ClassVar[Mapping[str, Promise]] = {}  # other words under which people look for a field

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        desk = current_desk()
        super().__init__(data, initial={name: getattr(desk, name) for name in self.base_fields if hasattr(desk, name)})

    def values(self) -> dict[str, Any]:
        """The columns to change."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def complain(self, error: ValidationError) -> None:
        """Say what the desk refused beside the field it is about."""
        for name, sentences in error.message_dict.items():
            self.add_error(name if name in self.fields else None, sentences)


def page(
    request: SignedInRequest, form_class: type[SettingsForm], template: str, *, here: str, **context: object
) -> HttpResponse:
    """Show one form of settings, or save it: effective from the next page on, in all processes within a second.

    A form that only moves a row, or asks for its preview, is shown as it was sent and saves nothing.
    """
    url = reverse(f"staff:{here}")
    is_post = request.method == "POST"
    order = moved(request.POST, form_class.ORDERED) if is_post else None
    form = form_class(order or request.POST if is_post else kept(request, url))
    is_preview = bool(part_wanted(request, (PREVIEW,)))
    if is_post and not is_preview and order is None and form.is_valid():
        answer = _save(request, form, url)
        if answer is not None:
            return answer
    status = 422 if is_post and not is_preview and form.errors else 200
    shown = {"form": form, "here": here, "address_in_effect": settings.PUBLIC_URL, "saved": _saved(request), **context}
    return show(request, template, shown, parts=(PREVIEW,), status=status)


def _save(request: SignedInRequest, form: SettingsForm, url: str) -> HttpResponse | None:
    """None when the desk refused a value; the form says why."""
    before, values = current_desk(), form.values()
    is_protected = any(values[name] != getattr(before, name) for name in PROTECTED & set(values))
    try:
        check(**values)
        if is_protected and not proof.is_fresh(request):
            return proof.ask(request, back=url)
        with once(request, leads_to=url) as sending:
            after = configure(by=request.user, at=timezone.now(), **values)
            if after.version != before.version:
                sending.leads_to = f"{url}?saved={newest_change()}"
    except ValidationError as error:
        form.complain(error)
        return None
    if after.version == before.version:
        messages.info(request, _("Nothing to save: it was like this already."))
    if after.public_url != before.public_url:
        ask_for_restart()
    return go(request, sending.leads_to)


def _saved(request: SignedInRequest) -> AuditEntry | None:
    """The change that has led to this page, while it can be taken back."""
    number = text.number(request.GET.get("saved", ""))
    return standing_change(number, by=request.user) if number else None


@gates.staff("desk.configure")
@require_POST
def undo(request: SignedInRequest) -> HttpResponse:
    """Put back what this person's change made different, unless somebody has changed it since."""
    key, number = read_key(request), text.number(request.POST.get("change", ""))
    page = urlsplit(key.page).path if key else reverse("staff:settings")
    change = standing_change(number, by=request.user) if number else None
    if change is None:
        messages.warning(request, _("This has been changed again since. Nothing was put back."))
        return go(request, page)
    if PROTECTED & set(change.before) and not proof.is_fresh(request):
        return proof.ask(request, back=page)
    with once(request, leads_to=page):
        configure(by=request.user, at=timezone.now(), **change.before)
    if "public_url" in change.before:
        ask_for_restart()
    messages.success(request, _("It is again as it was."))
    return go(request, page)


@gates.staff("desk.configure")
@require_POST
def end_demo(request: SignedInRequest) -> HttpResponse:
    """From now on this is a real desk: nobody gets in without an account of their own."""
    if not current_desk().is_demo:
        raise Http404
    page = reverse("staff:settings_desk")
    if not proof.is_fresh(request):
        return proof.ask(request, back=page)
    with once(request, leads_to=page):
        demo.end(by=request.user, at=timezone.now())
    messages.success(request, _("The demo is over. Its tickets stay; its people can no longer sign in."))
    return go(request, page)
