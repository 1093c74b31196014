"""The shapes of what a customer sends. Who may do it, and what follows from it, is the tickets' matter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deskhand.desk.labels import label
from deskhand.promises.targets import due_at
from deskhand.tickets import fields, queries
from deskhand.tickets.fields import FieldsError
from deskhand.tickets.models.choices import Priority, Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.words import default_priority
from deskhand.ui.attaching import FilesForm
from deskhand.ui.custom import CustomForm
from deskhand.ui.fields import LineField, MessageField
from deskhand.ui.filters import by_when

INDENT = "\N{EM SPACE}"


class TicketForm(FilesForm, CustomForm):
    """A new ticket: what every desk asks, and the questions of the topic that is chosen, sent or not (S4.7).

    The topic is asked only when there is a choice; the default one is preselected, with its questions (S4.5). The priority is
    asked where the topic wants it. `at` is now: it says until when the desk promises to answer. A sent form also says whose
    questions it showed, in `asked_for`.
    """

    topic = forms.ChoiceField()
    subject = LineField(error_messages={"required": _("Say in one line what it is about.")})
    text = MessageField(error_messages={"required": _("Write what happened.")})
    priority = forms.ChoiceField(widget=forms.RadioSelect)
    needs_text = True

    def __init__(self, *args: Any, at: datetime, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(*args, **options)
        for name, key in (("topic", "topic"), ("subject", "subject"), ("text", "message"), ("priority", "priority")):
            self.fields[name].label = label(key)
        self.fields["files"].label = label("files")
        choices = queries.topic_choices()
        self.topics = {str(choice.topic.pk): choice.topic for choice in choices}
        default = next((choice.topic for choice in choices if choice.topic.is_default), choices[0].topic)
        self.chosen_topic = self.topics.get(str(self._typed("topic")), default)
        if len(choices) == 1:
            del self.fields["topic"]
        else:
            named = [(str(choice.topic.pk), INDENT * choice.depth + choice.topic.name) for choice in choices]
            self.fields["topic"].choices = named  # type: ignore[attr-defined]  # a ChoiceField
            self.initial["topic"] = str(self.chosen_topic.pk)
        self.priorities = {priority.slug: priority for priority in queries.priorities()}
        self.meanings = {slug: _meaning(priority, at) for slug, priority in self.priorities.items()}
        if self.chosen_topic.asks_priority:
            self._ask_priority()
        else:
            del self.fields["priority"]
        asked = _asked(self.chosen_topic)
        self.ask(asked, must={field.slug for field in asked if field.customers == Access.REQUIRED})

    def chosen_priority(self) -> Priority | None:
        """How soon it matters; None when nobody was asked."""
        slug = self.cleaned_data.get("priority")
        return self.priorities[slug] if slug else None

    def clean(self) -> dict[str, Any]:
        """What is wrong with an answer is said together with everything else that is wrong."""
        try:
            fields.checked(self.chosen_topic, self.given, as_staff=False)
        except FieldsError as error:
            self.refuse(error.errors)
        return super().clean()

    def _ask_priority(self) -> None:
        """Preselected: what was chosen, else the topic's own. Who left another topic's own as it was has chosen nothing."""
        before = self.topics.get(str(self._typed("asked_for")))
        chosen = str(self._typed("priority") or "")
        usual = default_priority(self.chosen_topic).slug
        if not self.is_bound and before and chosen == default_priority(before).slug:
            chosen = usual
        self.fields["priority"].choices = [(slug, priority.name) for slug, priority in self.priorities.items()]  # type: ignore[attr-defined]  # a ChoiceField
        self.initial["priority"] = chosen if chosen in self.priorities else usual

    def _typed(self, name: str) -> object:
        return self.data.get(name) if self.is_bound else self.initial.get(name)


def _asked(topic: Topic) -> list[Field]:
    """What a customer fills in for this topic; without what hangs on an answer that nobody here can give."""
    asked = [field for field in fields.fields_of(topic, as_staff=False) if field.customers != Access.READ]
    keys = {field.pk for field in asked}
    return [field for field in asked if field.shown_if_id in keys or fields.is_shown(field, {})]


def _meaning(priority: Priority, at: datetime) -> str:
    """What a priority is for, and what the desk promises for it (S3.4)."""
    due = due_at(at, minutes=priority.first_response_minutes)
    if due is None:
        return priority.meaning
    promised = gettext("You hear from us by %(when)s.") % {"when": by_when(due)}
    return f"{priority.meaning.rstrip('.')}. {promised}" if priority.meaning else promised


def typed(values: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a form sent, as the values of a fresh one that shows it again."""
    return {name: rows[0] if len(rows) == 1 else rows for name, rows in values.items()}


class ReplyForm(FilesForm):
    """A further message: a text, files, or both."""

    text = MessageField(label=_("Your message"), error_messages={"required": _("Write your message first.")})


class ColleagueForm(forms.Form):
    """Somebody of the same organization who shall follow the ticket."""

    email = forms.EmailField(label=_("Their e-mail address"), max_length=254)
