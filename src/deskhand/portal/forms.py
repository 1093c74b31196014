"""The shapes of what a customer sends. Who may do it, and what follows from it, is the tickets' matter."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deskhand.tickets import queries
from deskhand.tickets.models import Priority, Topic
from deskhand.ui.fields import LineField, MessageField


class TicketForm(forms.Form):
    """A new ticket. The topic is asked only when there is a choice; default topic and priority are preselected (S4.5)."""

    topic = forms.ChoiceField(label=_("Topic"))
    subject = LineField(label=_("Subject"), error_messages={"required": _("Say in one line what it is about.")})
    text = MessageField(label=_("Message"), error_messages={"required": _("Write what happened.")})
    priority = forms.ChoiceField(label=_("Priority"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(*args, **options)
        topics, priorities = queries.topics(), queries.priorities()
        self.topics = {str(topic.pk): topic for topic in topics}
        self.priorities = {priority.slug: priority for priority in priorities}
        self.meanings = {priority.slug: priority.meaning for priority in priorities}
        self.default_topic = next((topic for topic in topics if topic.is_default), topics[0])
        if len(topics) == 1:
            del self.fields["topic"]
        else:
            self.fields["topic"].choices = [(key, topic.name) for key, topic in self.topics.items()]  # type: ignore[attr-defined]  # a ChoiceField
            self.fields["topic"].initial = str(self.default_topic.pk)
        self.fields["priority"].choices = [(slug, priority.name) for slug, priority in self.priorities.items()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["priority"].initial = next((p.slug for p in priorities if p.is_default), priorities[0].slug)

    def chosen_topic(self) -> Topic:
        """What it is about, also when nobody was asked."""
        key = self.cleaned_data.get("topic")
        return self.topics[key] if key else self.default_topic

    def chosen_priority(self) -> Priority:
        """How soon it matters."""
        return self.priorities[self.cleaned_data["priority"]]


class ReplyForm(forms.Form):
    """A further message."""

    text = MessageField(label=_("Your message"), error_messages={"required": _("Write your message first.")})


class ColleagueForm(forms.Form):
    """Somebody of the same organization who shall follow the ticket."""

    email = forms.EmailField(label=_("Their e-mail address"), max_length=254)
