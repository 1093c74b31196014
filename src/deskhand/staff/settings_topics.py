"""Topics: what tickets are about, as a tree; each says who looks after its tickets and what is asked (S4.4, S4.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.accounts.models import Team, User
from deskhand.accounts.queries import colleagues_for, teams_for
from deskhand.core import text
from deskhand.desk.shapes import LONGEST_MESSAGE, SHORTEST_LIMIT
from deskhand.staff.settings_catalog import buttons, find, tell_added, tell_saved, why
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Need, Priority, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.queries import priorities, topic_choices, topic_path
from deskhand.tickets.words import words
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree. `fields` are those given to this very topic."""

    topic: Topic
    depth: int
    path: str
    team: str
    priority: Priority | None
    assignee: str
    fields: list[Field]
    is_first: bool
    is_last: bool


class TopicForm(forms.Form):
    """All that a topic is, but whether it is archived."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    parent = forms.ChoiceField(label=gettext_lazy("Below"), required=False)
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        required=False,
        queryset=None,
        empty_label=gettext_lazy("No team: everybody looks after it"),
    )
    assignee: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=gettext_lazy("Assigned to"), required=False, queryset=None, empty_label=gettext_lazy("Nobody yet")
    )
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), required=False)
    asks_priority = forms.BooleanField(label=gettext_lazy("Customers choose the priority themselves"), required=False)
    is_default = forms.BooleanField(label=gettext_lazy("Preselected in the form for a new ticket"), required=False)
    purchase = forms.ChoiceField(
        label=gettext_lazy("A ticket belongs to a purchase"), choices=Need.choices, widget=forms.RadioSelect
    )
    is_bug_report = forms.BooleanField(label=gettext_lazy("Bug reports are made here"), required=False)
    longest_message = forms.IntegerField(
        label=gettext_lazy("Longest message of a customer, in characters"),
        min_value=SHORTEST_LIMIT,
        max_value=LONGEST_MESSAGE,
        required=False,
    )

    def __init__(self, *args: Any, viewer: User, topic: Topic | None, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Team]", self.fields["team"]).queryset = teams_for(viewer)
        cast("forms.ModelChoiceField[User]", self.fields["assignee"]).queryset = colleagues_for(viewer)
        offered = [("", _("None: at the top")), *_parents(topic)]
        cast(forms.ChoiceField, self.fields["parent"]).choices = offered
        usual = [("", _("The desk’s usual one")), *((str(each.pk), each.name) for each in priorities())]
        cast(forms.ChoiceField, self.fields["priority"]).choices = usual
        if topic and topic.is_default:
            self.fields["is_default"].disabled = True
            self.fields["is_default"].help_text = _("To preselect another topic, say so there.")

    def values(self) -> dict[str, Any]:
        """What `catalog.save_topic` takes."""
        given, known = self.cleaned_data, words()
        return given | {
            "parent": known.topics.get(int(given["parent"] or 0)),
            "priority": known.priorities.get(int(given["priority"] or 0)),
        }


def _parents(topic: Topic | None) -> list[tuple[str, str]]:
    """Where a topic can lie: anywhere but below itself, and where it lies already."""
    choices = [
        (str(choice.topic.pk), choice.path)
        for choice in topic_choices()
        if not (topic and topic.pk in {above.pk for above in words().lineage(choice.topic.pk)})
    ]
    above = words().topics.get(topic.parent_id) if topic and topic.parent_id else None
    return [*choices, (str(above.pk), topic_path(above))] if above and above.is_archived else choices


@gates.staff("desk.configure")
@require_safe
def topics(request: SignedInRequest) -> HttpResponse:
    """The tree."""
    known = words()
    assigned = {topic.assignee_id for topic in known.topics.values() if topic.assignee_id}
    names = dict(User.objects.visible_to(request.user).filter(pk__in=assigned).values_list("pk", "name"))
    context = {
        "rows": [_row(choice.topic, choice.depth, choice.path, names) for choice in topic_choices()],
        "archived": [(topic, topic_path(topic)) for topic in known.topics.values() if topic.is_archived],
        "everywhere": [field for field in known.fields.values() if field.is_global and not field.is_archived],
        "prefix": reverse("staff:settings_topics"),
        "fields_prefix": reverse("staff:settings_fields"),
        "here": "settings_topics",
    }
    return show(request, "staff/settings_topics.html", context)


def _row(topic: Topic, depth: int, path: str, names: dict[int, str]) -> Row:
    known = words()
    beside = [each.pk for each in known.below(topic.parent_id) if not each.is_archived]
    return Row(
        topic=topic, depth=min(depth, 4), path=path, team=topic.team.name if topic.team else "",
        priority=known.priorities.get(topic.priority_id) if topic.priority_id else None,
        assignee=names.get(topic.assignee_id, "") if topic.assignee_id else "", fields=_asked_at([topic.pk]),
        is_first=beside[0] == topic.pk, is_last=beside[-1] == topic.pk,
    )  # fmt: skip


def _asked_at(topics: Iterable[int]) -> list[Field]:
    """The fields given to one of these topics, in their order."""
    known, wanted = words(), set(topics)
    return [
        field
        for field in known.fields.values()
        if not field.is_archived and not field.is_global and wanted & known.asked_in.get(field.pk, frozenset())
    ]


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def new_topic(request: SignedInRequest) -> HttpResponse:
    """Make one; `?parent=` says below which."""
    if request.method == "POST":
        return _save(request, None)
    parent = text.number(request.GET.get("parent", ""))
    initial = kept(request, request.path) or {"parent": parent, "asks_priority": True, "purchase": Need.NONE}
    return _page(request, None, TopicForm(initial=initial, viewer=request.user, topic=None))


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: SignedInRequest, pk: int) -> HttpResponse:
    """One topic."""
    found = _find(pk)
    if request.method == "POST":
        return _save(request, found)
    return _page(request, found, _filled(request, found))


def _find(pk: int) -> Topic:
    return find(lambda known: known.topics, pk)


def _in_tree(pk: int) -> str:
    return f"{reverse('staff:settings_topics')}#topic-{pk}"


def _values(found: Topic) -> dict[str, Any]:
    return {
        "name": found.name, "parent": str(found.parent_id or ""), "team": found.team_id, "assignee": found.assignee_id,
        "priority": str(found.priority_id or ""), "asks_priority": found.asks_priority, "is_default": found.is_default,
        "purchase": found.purchase, "is_bug_report": found.is_bug_report, "longest_message": found.longest_message,
    }  # fmt: skip


def _filled(request: SignedInRequest, found: Topic) -> TopicForm:
    initial = (kept(request, request.path) if request.method != "POST" else None) or _values(found)
    return TopicForm(initial=initial, viewer=request.user, topic=found)


def _save(request: SignedInRequest, found: Topic | None) -> HttpResponse:
    form = TopicForm(request.POST, viewer=request.user, topic=found, initial=_values(found) if found else {})
    if form.is_valid():
        try:
            with once(request) as sending:
                saved = catalog.save_topic(
                    **form.values(), topic=found, is_archived=bool(found and found.is_archived), by=request.user,
                    at=timezone.now(),
                )  # fmt: skip
                sending.leads_to = _in_tree(saved.pk)
                if found:
                    tell_saved(request, form)
                else:
                    tell_added(request, saved.name)
            return go(request, sending.leads_to)
        except (catalog.LoopError, catalog.ArchivedAboveError) as error:
            form.add_error("parent", why(error))
        except catalog.CatalogError as error:
            form.add_error("name", why(error))
    return _page(request, found, form, status=422)


def _page(
    request: SignedInRequest, found: Topic | None, form: TopicForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    above = [each.pk for each in words().lineage(found.parent_id)] if found else []
    context = {
        "topic": found,
        "path": reverse("staff:settings_topic", args=[found.pk]) if found else reverse("staff:settings_new_topic"),
        "way": topic_path(found) if found and above else "",
        "form": form,
        "refused": refused,
        "own": _asked_at([found.pk]) if found else [],
        "from_above": _asked_at(above),
        "everywhere": [field for field in words().fields.values() if field.is_global and not field.is_archived],
        "fields_prefix": reverse("staff:settings_fields"),
        "here": "settings_topics",
    }
    return show(request, "staff/settings_topic.html", context, status=422 if refused else status)


pressed = buttons(
    find_it=lambda _request, pk: _find(pk),
    page=lambda request, found, refused: _page(request, found, _filled(request, found), refused=refused),
    listed="staff:settings_topics", row="topic",
    archived=gettext_lazy("“%(name)s” is archived. Its tickets keep it."),
    restored=gettext_lazy("“%(name)s” can be chosen again."),
)  # fmt: skip
