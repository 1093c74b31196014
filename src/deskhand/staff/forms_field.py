"""The form that makes a field: its shapes and choices, and the field that it would make."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.core import text
from deskhand.tickets.catalog import LISTS
from deskhand.tickets.fields import NO, YES
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.queries import topic_choices
from deskhand.tickets.words import words
from deskhand.ui.fields import LineField, MessageField

EVERYWHERE: Final = "all"
SOME: Final = "some"
_DRAFT: Final = "draft"  # the slug of a field that has none yet


@dataclass(frozen=True, slots=True)
class Draft:
    """A field as the form would make it, with the keys of its topics; it is never saved."""

    field: Field
    topics: frozenset[int]


class FieldForm(forms.Form):
    """All that a field is, but its slug and whether it is archived."""

    label = LineField(label=gettext_lazy("Question"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of answer"), choices=Field.Kind.choices)
    options = MessageField(
        label=gettext_lazy("Options"),
        required=False,
        help_text=gettext_lazy("One a line, in the order in which they are offered."),
    )
    hint = LineField(
        label=gettext_lazy("Hint"), required=False, help_text=gettext_lazy("One sentence below the question.")
    )
    where = forms.ChoiceField(
        label=gettext_lazy("Where it is asked"),
        choices=[(EVERYWHERE, gettext_lazy("In all topics")), (SOME, gettext_lazy("In some topics"))],
        widget=forms.RadioSelect,
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Topics"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It is asked in the topics below them, too."),
    )
    customers = forms.ChoiceField(label=gettext_lazy("Customers"), choices=Access.choices, widget=forms.RadioSelect)
    staff = forms.ChoiceField(
        label=gettext_lazy("Staff"),
        choices=[choice for choice in Access.choices if choice[0] != Access.HIDDEN],
        widget=forms.RadioSelect,
    )
    condition = forms.ChoiceField(label=gettext_lazy("Asked only if"), required=False)

    def __init__(self, *args: Any, field: Field | None, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.field = field
        cast(forms.ChoiceField, self.fields["topics"]).choices = [
            (str(choice.topic.pk), choice.path) for choice in topic_choices()
        ]
        others = [other for other in words().fields.values() if other != field and not other.is_archived]
        cast(forms.ChoiceField, self.fields["condition"]).choices = [
            ("", _("Always: it has no condition")),
            *((other.label, list(_conditions(other))) for other in others),
        ]

    def clean(self) -> dict[str, Any]:
        """A list needs options, and "in some topics" needs one."""
        given = super().clean() or self.cleaned_data
        if given.get("kind") in LISTS and not given.get("options"):
            self.add_error("options", _("Write at least one option."))
        if given.get("where") == SOME and given.get("topics") == []:
            self.add_error("topics", _("Choose at least one topic, or ask it in all of them."))
        return given

    def values(self) -> dict[str, Any]:
        """What `catalog.save_field` takes."""
        given, known = self.cleaned_data, words()
        shown_if, shown_value = _condition(given["condition"])
        return {
            "label": given["label"], "kind": given["kind"], "hint": given["hint"], "options": given["options"].split("\n"),
            "customers": given["customers"], "staff": given["staff"], "is_global": given["where"] == EVERYWHERE,
            "topics": [known.topics[int(pk)] for pk in given["topics"]], "shown_if": shown_if, "shown_value": shown_value,
        }  # fmt: skip

    def typed(self) -> dict[str, Any]:
        """What was typed, so that another form can begin with it."""
        return {name: self[name].data for name in self.fields}

    def drafted(self) -> Draft:
        """The field as it is written so far, right or wrong."""
        typed = {name: value or "" for name, value in self.typed().items() if name != "topics"}
        shown_if, shown_value = _condition(typed["condition"])
        options = [text.one_line(line) for line in typed["options"].splitlines()]
        made = Field(
            pk=self.field.pk if self.field else 0,
            slug=self.field.slug if self.field else _DRAFT, label=text.one_line(typed["label"]), kind=typed["kind"],
            hint=text.one_line(typed["hint"]), options=list(dict.fromkeys(filter(None, options))),
            customers=typed["customers"] if typed["customers"] in Access.values else Access.WRITE,
            is_global=typed["where"] == EVERYWHERE, shown_if=shown_if, shown_value=shown_value,
        )  # fmt: skip
        return Draft(made, frozenset(text.number(pk) or 0 for pk in self["topics"].data))


def values_of(field: Field) -> dict[str, Any]:
    """What the form shows of a field."""
    given_to = words().asked_in.get(field.pk, frozenset())
    return {
        "label": field.label, "kind": field.kind, "hint": field.hint, "options": "\n".join(field.options),
        "customers": field.customers, "staff": field.staff, "where": EVERYWHERE if field.is_global else SOME,
        "topics": [str(pk) for pk in sorted(given_to)],
        "condition": f"{field.shown_if_id}:{field.shown_value}" if field.shown_if_id else "",
    }  # fmt: skip


def who_words(field: Field) -> str:
    """Who reads it and who fills it in, as one sentence."""
    is_of_both = field.customers in {Access.WRITE, Access.REQUIRED}
    match Access(field.staff):
        case Access.REQUIRED:
            staff = _("staff must") if is_of_both else _("staff must fill it in")
        case Access.WRITE:
            staff = _("staff may") if is_of_both else _("staff may fill it in")
        case _:
            staff = _("staff only read it") if is_of_both else _("staff read it")
    match Access(field.customers):
        case Access.REQUIRED:
            customers = _("Customers must fill it in")
        case Access.WRITE:
            customers = _("Customers may fill it in")
        case Access.READ:
            customers = _("Customers read it")
        case _:
            customers = _("Customers do not see it")
    return f"{customers}; {staff}"


def condition_words(field: Field) -> str:
    """When it is asked, in words; empty for always."""
    other = words().fields.get(field.shown_if_id) if field.shown_if_id else None
    if other is None:
        return ""
    return dict(_conditions(other)).get(f"{other.pk}:{field.shown_value}", other.label)


def _conditions(other: Field) -> Iterator[tuple[str, str]]:
    """The answers to that field which a condition can name, with words."""
    said = {"field": other.label}
    if other.kind == Field.Kind.CHECKBOX:
        yield f"{other.pk}:{YES}", _("%(field)s is ticked") % said
        yield f"{other.pk}:{NO}", _("%(field)s is not ticked") % said
        return
    yield f"{other.pk}:", _("%(field)s has an answer") % said
    if other.kind in LISTS:
        for option in other.options:
            yield f"{other.pk}:{option}", _("%(field)s is “%(option)s”") % {**said, "option": option}


def _condition(chosen: str) -> tuple[Field | None, str]:
    """The other field and its value; (None, "") for no condition or one that names nothing."""
    pk, _colon, value = chosen.partition(":")
    other = words().fields.get(text.number(pk) or 0)
    return (other, value) if other else (None, "")
