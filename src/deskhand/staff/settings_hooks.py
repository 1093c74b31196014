"""Webhooks: other programs that hear what happens to tickets, and what became of each message to them."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deskhand.core import text
from deskhand.notifications import hooks, queries
from deskhand.notifications.models import Delivery, Hook
from deskhand.notifications.payload import EVERYBODYS, STAFF_ONLY
from deskhand.staff import proof
from deskhand.staff.settings_catalog import tell_saved
from deskhand.tickets.events import Kind
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

KINDS: Final[dict[Kind, Promise]] = {
    Kind.OPENED: gettext_lazy("A new ticket"),
    Kind.REPLIED: gettext_lazy("A reply"),
    Kind.NOTED: gettext_lazy("An internal note, without its words"),
    Kind.STATUS_CHANGED: gettext_lazy("Another status"),
    Kind.CLOSED: gettext_lazy("Closed"),
    Kind.REOPENED: gettext_lazy("Open again"),
    Kind.PRIORITY_CHANGED: gettext_lazy("Another priority"),
    Kind.ASSIGNED: gettext_lazy("Somebody looks after it"),
    Kind.MOVED: gettext_lazy("Another team"),
    Kind.SUBJECT_CHANGED: gettext_lazy("Another subject"),
    Kind.TAGGED: gettext_lazy("A tag was added"),
    Kind.UNTAGGED: gettext_lazy("A tag was removed"),
    Kind.FOLLOWED: gettext_lazy("Somebody follows it"),
    Kind.UNFOLLOWED: gettext_lazy("Somebody follows it no more"),
    Kind.REDACTED: gettext_lazy("A message was removed"),
    Kind.TOPIC_CHANGED: gettext_lazy("Another topic"),
    Kind.FIELD_CHANGED: gettext_lazy("Another answer in a field"),
    Kind.REFUSED: gettext_lazy("The solution was not accepted"),
    Kind.OVERDUE: gettext_lazy("The first answer is late"),
    Kind.CLOSE_ANNOUNCED: gettext_lazy("It will be closed soon"),
    Kind.FOLLOWED_UP: gettext_lazy("Another ticket follows it"),
    Kind.OUT_OF_SCOPE: gettext_lazy("Declined as out of scope"),
    Kind.PURCHASE_ENDED: gettext_lazy("Its purchase was refunded or ended"),
}


class HookForm(forms.Form):
    """All that a webhook is, but its secret."""

    name = LineField(label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Who listens, as “Shop”."))
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.URLInput,
        help_text=gettext_lazy("Each change is posted there. On the Internet, or where the operator allows it."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)
    public = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears of"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, KINDS[kind]) for kind in EVERYBODYS],
        help_text=gettext_lazy("Choose nothing, and it hears of everything that customers may see."),
    )  # fmt: skip
    internal = forms.MultipleChoiceField(
        label=gettext_lazy("What only your staff knows"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, KINDS[kind]) for kind in STAFF_ONLY],
        help_text=gettext_lazy("Whoever reads the messages there learns it. The words of a note are never sent."),
    )  # fmt: skip

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        if is_new:
            del self.fields["is_active"]

    def values(self) -> dict[str, Any]:
        """What the domain calls it."""
        given = dict(self.cleaned_data)
        kinds = given.pop("public") + given.pop("internal")
        return {**given, "kinds": kinds}

    def complain(self, error: ValidationError) -> None:
        """Say what was refused beside the field it is about."""
        for name, sentences in error.message_dict.items():
            self.add_error("public" if name == "kinds" else name, sentences)


@gates.staff("desk.configure")
@require_safe
def webhooks(request: SignedInRequest) -> HttpResponse:
    """All of them, and whether they listen."""
    found = queries.hooks()
    arrivals = queries.last_arrivals(found)
    context = {
        "rows": [(hook, arrivals.get(hook.pk)) for hook in found],
        "prefix": reverse("staff:settings_hooks"),
        "here": "settings_hooks",
    }
    return show(request, "staff/settings_hooks.html", context)


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def new_webhook(request: SignedInRequest) -> HttpResponse:
    """Add one; its secret is the answer to the form itself, not a page to go to: so it is shown once."""
    here = reverse("staff:settings_new_hook")
    if request.method != "POST":
        return _page(request, None, HookForm(initial=_lists(kept(request, here)), is_new=True))
    form = HookForm(request.POST, is_new=True)
    if form.is_valid():
        if not proof.is_fresh(request):
            return proof.ask(request, back=here)
        try:
            hooks.check_address(form.cleaned_data["url"])
            with once(request, leads_to=reverse("staff:settings_hooks")):
                made, secret = hooks.add_hook(**form.values(), by=request.user, at=timezone.now())
            context = {"hook": made, "secret": secret, "here": "settings_hooks"}
            return show(request, "staff/settings_hook_added.html", context)
        except ValidationError as error:
            form.complain(error)
    return _page(request, None, form, status=422)


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of them, with its latest messages. Another address is given with the password: the secret is as good there."""
    hook = _find(pk)
    saved = {
        "name": hook.name, "url": hook.url, "is_active": hook.is_active,
        "public": [kind for kind in hook.kinds if kind in EVERYBODYS],
        "internal": [kind for kind in hook.kinds if kind in STAFF_ONLY],
    }  # fmt: skip
    if request.method != "POST":
        return _page(request, hook, HookForm(initial=saved | _lists(kept(request, request.path)), is_new=False))
    form = HookForm(request.POST, initial=saved, is_new=False)
    if form.is_valid():
        try:
            if form.cleaned_data["url"] != hook.url:
                if not proof.is_fresh(request):
                    return proof.ask(request, back=request.path)
                hooks.check_address(form.cleaned_data["url"])
            with once(request, leads_to=request.path):
                hooks.change_hook(hook, **form.values(), by=request.user, at=timezone.now())
                tell_saved(request, form)
            return go(request, request.path)
        except ValidationError as error:
            form.complain(error)
    return _page(request, hook, form, status=422)


@gates.staff("desk.configure")
@require_POST
def send_test(request: SignedInRequest, pk: int) -> HttpResponse:
    """A message that says nothing; the list below says what became of it."""
    hook, back = _find(pk), _deliveries(pk)
    try:
        with once(request, leads_to=back):
            hooks.send_test(hook, by=request.user, at=timezone.now())
            messages.success(request, _("The test is on its way. Look below what becomes of it."))
    except hooks.OffError:
        messages.error(request, _("It is switched off: nothing is sent there."))
    return go(request, back)


@gates.staff("desk.configure")
@require_POST
def send_again(request: SignedInRequest, pk: int, delivery: int) -> HttpResponse:
    """One message once more, whatever became of it."""
    back = _deliveries(pk)
    found = queries.delivery(_find(pk), delivery)
    if found is None:
        raise Http404
    try:
        with once(request, leads_to=back):
            hooks.send_again(found, by=request.user, at=timezone.now())
            messages.success(request, _("It is on its way again."))
    except hooks.OffError:
        messages.error(request, _("It is switched off: nothing is sent there."))
    return go(request, back)


@gates.staff("desk.configure")
@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """The webhook and the list of its messages. It is looked up inside, so that a second press shows the first result."""
    back = reverse("staff:settings_hooks")
    with once(request, leads_to=back):
        hook = _find(pk)
        hooks.remove_hook(hook, by=request.user, at=timezone.now())
        messages.success(request, _("“%(name)s” was removed.") % {"name": hook.name})
    return go(request, back)


def _find(pk: int) -> Hook:
    found = queries.hook(pk)
    if found is None:
        raise Http404
    return found


def _deliveries(pk: int) -> str:
    return f"{reverse('staff:settings_hook', args=[pk])}#deliveries"


def _lists(given: dict[str, Any] | None) -> dict[str, Any]:
    """What was kept of a form: one box that was ticked is a list, too, and one that was not is not there."""
    if given is None:
        return {}
    several = {name: given.get(name, []) for name in ("public", "internal")}
    return {
        **given, "is_active": "is_active" in given,
        **{name: value if isinstance(value, list) else [value] for name, value in several.items()},
    }  # fmt: skip


def _page(request: SignedInRequest, hook: Hook | None, form: HookForm, *, status: int = 200) -> HttpResponse:
    path = reverse("staff:settings_hook", args=[hook.pk]) if hook else reverse("staff:settings_new_hook")
    before = text.number(request.GET.get("before", ""))
    shown = queries.deliveries(hook, before=before) if hook else queries.DeliveryPage([], None)
    context = {
        "hook": hook,
        "path": path,
        "form": form,
        "deliveries": shown.rows,
        "colors": _COLORS,
        "older": f"{path}?before={shown.before}#deliveries" if shown.before else None,
        "newest": f"{path}#deliveries" if before else None,
        "here": "settings_hooks",
    }
    return show(request, "staff/settings_hook.html", context, status=status)


_COLORS: Final = {
    Delivery.State.WAITING: "waiting",
    Delivery.State.ARRIVED: "resolved",
    Delivery.State.FAILED: "open",
}  # fmt: skip
