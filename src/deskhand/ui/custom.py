"""Forms that ask what a desk wants to know beside subject and message: a form field for each question.

Which questions are asked, and which answers are good, is the tickets' matter; here is only how they are asked. A form that
asks is a `CustomForm`; a template shows what it asks by `ui.asked(form)`.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final, Protocol

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

PREFIX: Final = "field_"  # no slug is called like a field of the form itself
LINE: Final = 200  # characters a browser lets people type; what is too long the desk decides
YES, NO = "yes", "no"  # what a ticked checkbox sends, and what a condition calls one that is not
WIDE: Final = frozenset({"text", "several"})


class Question(Protocol):
    """What is asked: `tickets.models.field.Field`, of which this room knows nothing else."""

    @property
    def pk(self) -> Any: ...  # noqa: ANN401 - a key
    @property
    def slug(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> list[Any]: ...
    @property
    def shown_if_id(self) -> Any: ...  # noqa: ANN401 - the key of another question, or None
    @property
    def shown_value(self) -> str: ...


class Answer(forms.Field):
    """The answer to one question, as the browser sent it: a text, a list of texts, or yes and no."""

    def __init__(self, question: Question, *, hangs_on: Question | None, must: bool, chosen: object) -> None:
        self.is_wide = question.kind in WIDE
        is_tick = hangs_on is not None and hangs_on.kind == "checkbox"
        self.asked_if = PREFIX + hangs_on.slug if hangs_on else ""
        self.asked_unless = is_tick and question.shown_value.lower() == NO
        self.asked_value = YES if is_tick else question.shown_value
        widget = _widget(question, chosen)
        if hangs_on:
            # A browser without scripts shows every question; it must let people send the form without this one.
            widget.use_required_attribute = lambda initial: False  # type: ignore[method-assign]  # of this one widget
        super().__init__(required=must, label=question.label, help_text=question.hint, widget=widget)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - whatever a browser sent
        """Untouched: whether it will do is for `tickets.fields` to say."""
        return value


class CustomForm(forms.Form):
    """A form with questions of the desk."""

    slugs: tuple[str, ...] = ()

    def ask(
        self, questions: Sequence[Question], *, must: Container[str], known: Mapping[str, object] | None = None
    ) -> None:
        """Ask these, in this order; `must` holds the slugs that need an answer, `known` the answers there are (S4.6, S4.7).

        An answer that can be chosen no more can be kept. A question that hangs on one that is not asked is always there.
        """
        known = known or {}
        by_key = {question.pk: question for question in questions}
        for question in questions:
            chosen, hangs_on = known.get(question.slug), by_key.get(question.shown_if_id)
            self.fields[PREFIX + question.slug] = Answer(
                question, hangs_on=hangs_on, must=question.slug in must, chosen=chosen
            )
            if chosen is not None:
                self.initial.setdefault(PREFIX + question.slug, chosen)
        self.slugs = (*self.slugs, *(question.slug for question in questions))

    @property
    def asked(self) -> list[BoundField]:
        """What was asked, ready to show."""
        return [self[PREFIX + slug] for slug in self.slugs]

    @property
    def given(self) -> dict[str, object]:
        """What was answered, by slug, of a form that was sent; without what the browser did not ask."""
        sent = ((slug, self[PREFIX + slug].data) for slug in self.slugs)
        return {slug: answer for slug, answer in sent if answer is not None}

    @property
    def answers(self) -> dict[str, object]:
        """What the form shows, by slug: what was sent, else what was known before."""
        return {slug: self[PREFIX + slug].value() for slug in self.slugs}

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Say at each question what is wrong with its answer; what is wrong with another one stands on top."""
        for slug, words in errors.items():
            self.add_error(PREFIX + slug if slug in self.slugs else None, words)


def _widget(question: Question, chosen: object) -> forms.Widget:
    match question.kind:
        case "text":
            return forms.Textarea(attrs={"rows": 3})
        case "number":
            return forms.TextInput(attrs={"inputmode": "decimal", "maxlength": LINE, "autocomplete": "off"})
        case "date":
            return forms.DateInput(attrs={"type": "date"})
        case "choice":
            return forms.Select(choices=[("", _("Choose one")), *_options(question, [chosen] if chosen else [])])
        case "several":
            return forms.CheckboxSelectMultiple(choices=_options(question, chosen if isinstance(chosen, list) else []))
        case "checkbox":
            return forms.CheckboxInput(attrs={"value": YES})
        case _:
            return forms.TextInput(attrs={"maxlength": LINE})


def _options(question: Question, chosen: Sequence[object]) -> list[tuple[str, str]]:
    return [(str(option), str(option)) for option in dict.fromkeys([*question.options, *chosen])]
