"""The shape of what an agent sends about a ticket. The rules are the domain's."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.models import Status
from deskhand.tickets.queries import priorities, teams_for, topics
from deskhand.ui.fields import LineField, MessageField

_NOTHING = gettext_lazy("Write something first.")
MATCHES: Final = 20  # people offered while a name is typed


class OneOf(forms.ChoiceField):
    """A choice among things that are already loaded; its value is the thing, or None for nobody."""

    def __init__(self, things: Iterable[Model], *, none: str = "", **options: Any) -> None:  # noqa: ANN401 - of Field
        self.things = {str(thing.pk): thing for thing in things}
        nobody = [("", none)] if none else []
        super().__init__(choices=[*nobody, *((pk, str(thing)) for pk, thing in self.things.items())], **options)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - the signature of Field
        return self.things.get(super().clean(value))


class MessageForm(forms.Form):
    """The composer: a reply or a note, and up to which event its writer had read the ticket."""

    kind = forms.ChoiceField(choices=[("reply", "reply"), ("note", "note")])
    text = MessageField(label=gettext_lazy("Message"), error_messages={"required": _NOTHING})
    shown = forms.IntegerField(min_value=0, required=False)

    def __init__(self, data: Any = None, *, choices: list[Status], **options: Any) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, **options)
        self.fields["status"] = OneOf(choices, required=False)


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


class NewTicketForm(forms.Form):
    """A ticket that an agent opens for somebody, who gets its number by mail."""

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

    def __init__(self, data: Any = None, *, user: User, initial: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, initial=initial)
        self.people = User.objects.visible_to(user).active()
        self.matches: list[User] = []
        subjects, urgencies, teams = topics(), priorities(), teams_for(user)
        self.fields["topic"] = OneOf(subjects, label=_("Topic"), initial=_default(subjects))
        self.fields["priority"] = OneOf(urgencies, label=_("Priority"), initial=_default(urgencies))
        self.fields["team"] = OneOf(teams, none=_("As the topic says"), label=_("Team"), required=False)
        self.fields["assignee"] = OneOf(
            User.objects.visible_to(user).staff().active().order_by("name"),
            none=_("Nobody"), label=_("Assignee"), required=False,
        )  # fmt: skip
        self.order_fields(["customer", "subject", "text", "topic", "priority", "team", "assignee"])

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


def _default(things: Iterable[Any]) -> int | None:
    return next((thing.pk for thing in things if thing.is_default), None)
