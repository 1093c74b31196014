"""Fields: what is asked beside subject and message, where and of whom, with the form as a customer sees it (S4.6 to S4.8)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.core import text
from deskhand.staff.forms_field import EVERYWHERE, SOME, Draft, FieldForm, condition_words, values_of, who_words
from deskhand.staff.settings_catalog import buttons, find, tell_added, tell_saved, why
from deskhand.tickets import catalog
from deskhand.tickets.fields import access, fields_of
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.queries import topic_path, topics
from deskhand.tickets.words import words
from deskhand.ui import gates
from deskhand.ui.custom import CustomForm
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

ERROR_AT = {
    catalog.OptionsError: "options",
    catalog.ConditionError: "condition",
    catalog.LoopError: "condition",
    catalog.InUseError: "kind",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    field: Field
    topics: list[str]
    who: str
    condition: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The questions of the form as a customer gets them for a topic; about the one that is written: is it seen, and when."""

    form: CustomForm
    topic: str
    is_seen: bool
    condition: str


@gates.staff("desk.configure")
@require_safe
def fields(request: SignedInRequest) -> HttpResponse:
    """All of them, in the order in which they are asked."""
    known = list(words().fields.values())
    live = [field for field in known if not field.is_archived]
    context = {
        "rows": [_row(field, is_first=field == live[0], is_last=field == live[-1]) for field in live],
        "archived": [field for field in known if field.is_archived],
        "prefix": reverse("staff:settings_fields"),
        "here": "settings_fields",
    }
    return show(request, "staff/settings_fields.html", context)


def _row(field: Field, *, is_first: bool, is_last: bool) -> Row:
    known = words()
    given_to = known.asked_in.get(field.pk, frozenset())
    return Row(
        field=field,
        topics=[topic_path(topic) for topic in known.topics.values() if topic.pk in given_to and not topic.is_archived],
        who=who_words(field),
        condition=condition_words(field),
        is_first=is_first,
        is_last=is_last,
    )


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def new_field(request: SignedInRequest) -> HttpResponse:
    """Make one; `?topic=` says for which."""
    if request.method == "POST":
        return _receive(request, None)
    topic = text.number(request.GET.get("topic", ""))
    usual = {
        "kind": Field.Kind.LINE,
        "customers": Access.WRITE,
        "staff": Access.WRITE,
        "where": SOME if topic else EVERYWHERE,
    }
    initial = kept(request, request.path) or usual | {"topics": [str(topic)]}
    return _page(request, None, FieldForm(initial=initial, field=None))


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def field(request: SignedInRequest, pk: int) -> HttpResponse:
    """One field."""
    found = _find(pk)
    return _receive(request, found) if request.method == "POST" else _page(request, found, _filled(request, found))


def _find(pk: int) -> Field:
    return find(lambda known: known.fields, pk)


def _in_list(pk: int) -> str:
    return f"{reverse('staff:settings_fields')}#field-{pk}"


def _filled(request: SignedInRequest, found: Field) -> FieldForm:
    held = kept(request, request.path) if request.method != "POST" else None
    return FieldForm(initial=held or values_of(found), field=found)


def _receive(request: SignedInRequest, found: Field | None) -> HttpResponse:
    """Save what was sent, or show what it would look like: the preview writes nothing and refuses nothing."""
    form = FieldForm(request.POST, field=found, initial=values_of(found) if found else {})
    if "preview" in request.POST:
        return _page(request, found, FieldForm(initial=form.typed(), field=found), written=form)
    if form.is_valid():
        try:
            with once(request) as sending:
                saved = catalog.save_field(
                    **form.values(), field=found, is_archived=bool(found and found.is_archived), by=request.user,
                    at=timezone.now(),
                )  # fmt: skip
                sending.leads_to = _in_list(saved.pk)
                if found:
                    tell_saved(request, form)
                else:
                    tell_added(request, saved.label)
            return go(request, sending.leads_to)
        except catalog.CatalogError as error:
            form.add_error(ERROR_AT.get(type(error)), why(error))
    return _page(request, found, form, status=422, written=form)


def _page(
    request: SignedInRequest, found: Field | None, form: FieldForm, *, refused: str = "", status: int = 200,
    written: FieldForm | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "field": found,
        "path": reverse("staff:settings_field", args=[found.pk]) if found else reverse("staff:settings_new_field"),
        "form": form,
        "preview": _preview(found, written.drafted() if written else None),
        "refused": refused,
        "here": "settings_fields",
    }
    return show(request, "staff/settings_field.html", context, parts=("preview",), status=422 if refused else status)


def _preview(found: Field | None, draft: Draft | None) -> Preview:
    """What a customer is asked with this field as it is written now, in the first topic that asks it."""
    written = draft.field if draft else found
    topic = _topic_of(
        written, draft.topics if draft else words().asked_in.get(found.pk, frozenset()) if found else frozenset()
    )
    asked = [each for each in fields_of(topic, as_staff=False) if each != found]
    if written and written.label:
        later = (number for number, each in enumerate(asked) if found and each.position > found.position)
        asked.insert(next(later, len(asked)), written)
    writable = [each for each in asked if access(each, as_staff=False) in (Access.WRITE, Access.REQUIRED)]
    form = CustomForm(prefix="preview")
    form.ask(writable, must={each.slug for each in writable if each.customers == Access.REQUIRED})
    is_seen = not (written and written.label) or written in writable
    return Preview(form, topic_path(topic), is_seen=is_seen, condition=condition_words(written) if written else "")


def _topic_of(field: Field | None, given_to: frozenset[int]) -> Topic:
    live = topics()
    usual = next((topic for topic in live if topic.is_default), live[0])
    return usual if field is None or field.is_global else next((each for each in live if each.pk in given_to), usual)


pressed = buttons(
    find_it=lambda _request, pk: _find(pk),
    page=lambda request, found, refused: _page(request, found, _filled(request, found), refused=refused),
    listed="staff:settings_fields", row="field",
    archived=gettext_lazy("“%(name)s” is archived. Agents still read the answers."),
    restored=gettext_lazy("“%(name)s” is asked again."),
)  # fmt: skip
