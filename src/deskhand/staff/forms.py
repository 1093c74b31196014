"""The shape of what an agent sends about a ticket. The rules are the domain's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.fields import access, fields_of
from deskhand.tickets.models.choices import Status, Topic
from deskhand.tickets.models.field import Access
from deskhand.tickets.queries import priorities, teams_for, topic_choices, topic_path
from deskhand.ui.attaching import FilesForm
from deskhand.ui.custom import CustomForm
from deskhand.ui.fields import LineField, MessageField

_NOTHING = gettext_lazy("Write something first.")
MATCHES: Final = 20  # people offered while a name is typed
_STEP: Final = "\N{NO-BREAK SPACE}" * 4  # a list has no other way to show a tree


class OneOf(forms.ChoiceField):
    """A choice among things that are already loaded; its value is the thing, or None for nobody."""

    def __init__(self, things: Iterable[Model], *, none: str = "", **options: Any) -> None:  # noqa: ANN401 - of Field
        self.things = {str(thing.pk): thing for thing in things}
        nobody = [("", none)] if none else []
        super().__init__(choices=[*nobody, *((pk, str(thing)) for pk, thing in self.things.items())], **options)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - the signature of Field
        return self.things.get(super().clean(value))


class TopicField(OneOf):
    """The tree of topics as one list, each branch further in; `also` may be one that is offered no more."""

    def __init__(self, *, also: Topic | None = None, **options: Any) -> None:  # noqa: ANN401 - of Field
        tree = topic_choices()
        extra = [also] if also is not None and also.pk not in {each.topic.pk for each in tree} else []
        self.offered = [*extra, *(each.topic for each in tree)]
        super().__init__(self.offered, label=_("Topic"), **options)
        self.choices = [
            *((topic.pk, topic_path(topic)) for topic in extra),
            *((each.topic.pk, f"{_STEP * each.depth}{each.topic.name}") for each in tree),
        ]

    def find(self, pk: object) -> Topic | None:
        """The topic with this key, if it can be chosen here."""
        return next((topic for topic in self.offered if str(topic.pk) == str(pk)), None)


class AskingForm(CustomForm):
    """A form that asks what staff may answer in one topic: `asked_in`, which the form says again when it is sent."""

    asked_in: Topic

    def ask_in(self, topic: Topic, *, known: Mapping[str, object] | None = None) -> None:
        """Ask this topic's questions; `known` are the answers there are."""
        allowed = {field.slug: access(field, as_staff=True) for field in fields_of(topic, as_staff=True)}
        questions = [field for field in fields_of(topic, as_staff=True) if allowed[field.slug] != Access.READ]
        self.ask(questions, must={slug for slug, may in allowed.items() if may == Access.REQUIRED}, known=known)
        self.asked_in = topic


class FieldsForm(AskingForm):
    """What a ticket is about, and what the desk asks there."""

    def __init__(self, data: Any = None, *, topic: Topic, known: Mapping[str, object], also: Topic) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, auto_id="of_%s", initial={"topic": topic.pk})
        self.fields["topic"] = TopicField(also=also)
        self.ask_in(topic, known=known)


class MessageForm(FilesForm):
    """The composer: a reply or a note (a text, files, or both), and up to which event its writer had read the ticket.

    A reply may be a question that the customer must answer (S5.10).
    """

    kind = forms.ChoiceField(choices=[("reply", "reply"), ("note", "note")])
    text = MessageField(label=gettext_lazy("Message"), error_messages={"required": _NOTHING})
    is_question = forms.BooleanField(required=False)
    shown = forms.IntegerField(min_value=0, required=False)

    def __init__(self, data: Any = None, *, choices: list[Status], **options: Any) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, **options)
        self.fields["status"] = OneOf(choices, required=False)


@dataclass(frozen=True, slots=True)
class Clauses:
    """What the support of a product does not cover."""

    product: str
    clauses: list[str]


class DeclineForm(forms.Form):
    """Out of scope (S2.14): the clause, and the message that tells it. Without a clause the page asks for one first."""

    clause = forms.ChoiceField(
        error_messages={"invalid_choice": gettext_lazy("This clause stands there no more. Choose again.")}
    )
    text = MessageField(label=gettext_lazy("Message"), error_messages={"required": _NOTHING})
    shown = forms.IntegerField(min_value=0, required=False)

    def __init__(self, data: Any = None, *, groups: list[Clauses], **options: Any) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, **options)
        self.groups = groups
        choices = [(clause, clause) for group in groups for clause in group.clauses]
        cast(forms.ChoiceField, self.fields["clause"]).choices = choices

    @property
    def chosen(self) -> str:
        """The clause that the form is about; empty while none is chosen, or one that is none any more."""
        clause = str(self["clause"].value() or "")
        return clause if any(clause in group.clauses for group in self.groups) else ""


class PropertyForm(forms.Form):
    """One property of a ticket, with its field."""

    def __init__(self, data: Any, **field: forms.Field) -> None:  # noqa: ANN401 - of Form
        super().__init__(data)
        self.fields |= field


class TagsForm(forms.Form):
    """A tag to put on, or one to take off."""

    add = forms.CharField(label=gettext_lazy("Tag"), max_length=40, required=False)
    remove = forms.CharField(max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("add") and not self.cleaned_data.get("remove"):
            raise forms.ValidationError(_("Name the tag."))
        return self.cleaned_data


class FollowForm(forms.Form):
    """Who shall hear of the ticket (by address), or no longer (by id); neither means whoever sends it."""

    email = forms.CharField(label=gettext_lazy("Add a follower by e-mail"), max_length=254, required=False)
    stop = forms.IntegerField(required=False)

    def __init__(self, data: Any, *, user: User) -> None:  # noqa: ANN401 - of Form
        super().__init__(data)
        self.people = User.objects.visible_to(user)

    def clean_email(self) -> User | None:
        address = self.cleaned_data["email"].strip()
        found = self.people.active().filter(email__iexact=address).first() if address else None
        if address and found is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return found

    def clean_stop(self) -> User | None:
        pk = self.cleaned_data["stop"]
        found = self.people.filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return found


class NewTicketForm(FilesForm, AskingForm):
    """A ticket that an agent opens for somebody, who gets its number by mail.

    What is not chosen is as the topic says: its priority, its team, who looks after it.
    """

    needs_text = True

    customer = forms.CharField(
        label=gettext_lazy("Customer"),
        max_length=400,
        help_text=gettext_lazy("A name or an e-mail address"),
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    subject = LineField(label=gettext_lazy("Subject"))
    text = MessageField(
        label=gettext_lazy("Message"),
        help_text=gettext_lazy("The customer reads this"),
        error_messages={"required": _NOTHING},
    )

    def __init__(
        self,
        data: Any = None,  # noqa: ANN401 - of Form
        *,
        user: User,
        topic: Topic | None = None,
        known: Mapping[str, object] | None = None,
        **options: Any,  # noqa: ANN401 - of Form
    ) -> None:
        super().__init__(data, **options)
        self.people = User.objects.visible_to(user).active()
        self.matches: list[User] = []
        subjects, urgencies, teams = TopicField(), priorities(), teams_for(user)
        topic = topic or preselected(subjects)
        usual = topic.priority or next((priority for priority in urgencies if priority.is_default), None)
        subjects.initial = topic.pk
        self.fields["topic"] = subjects
        self.fields["priority"] = OneOf(urgencies, none=_as_it_says(usual), label=_("Priority"), required=False)
        self.fields["team"] = OneOf(
            teams, none=_as_it_says(topic.team if topic.team in teams else None), label=_("Team"), required=False
        )
        self.fields["assignee"] = OneOf(
            User.objects.visible_to(user).staff().active().order_by("name"),
            none=_as_it_says(topic.assignee), label=_("Assignee"), required=False,
        )  # fmt: skip
        self.ask_in(topic, known=known)
        self.order_fields(["customer", "topic", "subject", "text"])

    def clean_customer(self) -> User:
        """The one person who is meant; raises ValidationError with those who could be."""
        written = text.one_line(self.cleaned_data["customer"])
        address = written.rpartition("<")[2].rstrip("> ") if written.endswith(">") else written
        if exact := self.people.filter(email__iexact=address).first():
            return exact
        self.matches = matching(self.people, written)
        if len(self.matches) == 1:
            return self.matches[0]
        if self.matches:
            names = ", ".join(f"{person.name} <{person.email}>" for person in self.matches[:5])
            raise forms.ValidationError(_("Several people match: %(names)s") % {"names": names})
        raise forms.ValidationError(_("Nobody here has this name or address. Add the person under People first."))


def matching(people: Any, words: str) -> list[User]:  # noqa: ANN401 - a queryset of people
    """Those whose name, address or organization holds all the words, by name, at most MATCHES."""
    for word in words.split()[:8]:
        people = people.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(organization__name__icontains=word)
        )
    return list(people.select_related("organization").order_by("name", "pk")[:MATCHES])


def preselected(field: TopicField) -> Topic:
    """What is chosen before anybody chooses (S4.5); a desk without such a topic begins with its first."""
    return next((topic for topic in field.offered if topic.is_default), field.offered[0])


def _as_it_says(thing: Model | None) -> str:
    return _("As the topic says: %(name)s") % {"name": thing} if thing else _("As the topic says")
