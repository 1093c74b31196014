"""The shapes of what a customer sends. Who may do it, and what follows from it, is the tickets' matter."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.desk.labels import label
from deskhand.desk.queries import current_desk
from deskhand.entitlements.models import Installation, Purchase
from deskhand.entitlements.queries import Held
from deskhand.portal.bought import offers, refusal, refusal_of
from deskhand.promises.targets import due_at
from deskhand.tickets import fields, queries
from deskhand.tickets.fields import FieldsError
from deskhand.tickets.models.choices import Need, Priority, Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.support import choosable, longest_message, longest_subject, reason, shut_in
from deskhand.tickets.words import default_priority
from deskhand.ui.attaching import FilesForm
from deskhand.ui.custom import CustomForm
from deskhand.ui.fields import LineField, MessageField
from deskhand.ui.filters import by_when, number

INDENT = "\N{EM SPACE}"
PARTS: Final = "in_parts"  # the button that sends a text which is too long as a message and replies (S1.8)
_SUBJECT_ERRORS: Final = {"required": _("Say in one line what it is about.")}


class PartsForm(FilesForm):
    """A text of at most `most` characters (None: of any length); more is refused, or sent in parts if its writer says so.

    A form that was sent by the button `in_parts` takes a text that is too long, and `parts` are its pieces (S1.7, S1.8).
    """

    def __init__(self, *args: Any, most: int | None = None, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(*args, **options)
        self.most = most
        self.is_too_long = False

    @property
    def parts(self) -> list[str]:
        """What was written, piece by piece, none longer than a message may be; files alone are one empty piece."""
        written = self.cleaned_data["text"]
        is_more = self.most is not None and len(written) > self.most
        return text.pieces(written, most=self.most) if is_more and self.most else [written]

    def clean_text(self) -> str:
        """What is too long is kept as it is, and told."""
        written: str = self.cleaned_data["text"]
        if self.most is not None and len(written) > self.most and PARTS not in self.data:
            self.is_too_long = True
            raise forms.ValidationError(too_long(len(written), self.most))
        return written

    def refuse_length(self, count: int, most: int) -> None:
        """The limit was lowered meanwhile: the same, said by the desk."""
        self.is_too_long, self.most = True, most
        self.add_error("text", too_long(count, most))


def too_long(count: int, most: int) -> str:
    """How much longer a message is than it may be, and the way out (S1.8)."""
    words = {"count": number(count), "most": number(most)}
    return (
        gettext(
            "That are %(count)s characters, and a message has at most %(most)s. "
            "Send the first part and continue in a reply, or say it in fewer words."
        )
        % words
    )


class TicketForm(PartsForm, CustomForm):
    """A new ticket: what every desk asks, and the questions of the topic that is chosen, sent or not (S4.7).

    The topic is asked only when there is a choice, and in the first of two steps where the desk has them (S5.7); the default
    one is preselected, with its questions (S4.5). The priority is asked where the topic wants it, and which purchase it is
    about (S2.9): `held` is all that the person has bought. `at` is now: it says until when the desk promises to answer. A sent
    form also says whose questions it showed, in `asked_for`.
    """

    topic = forms.ChoiceField()
    subject = LineField()
    text = MessageField(error_messages={"required": _("Write what happened.")})
    priority = forms.ChoiceField(widget=forms.RadioSelect)
    needs_text = True

    def __init__(self, *args: Any, user: User, held: Sequence[Held], at: datetime, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(*args, **options)
        self.at, desk = at, current_desk()
        for name, key in (("topic", "topic"), ("subject", "subject"), ("text", "message"), ("priority", "priority")):
            self.fields[name].label = label(key)
        self.fields["files"].label = label("files")
        self.fields["subject"] = LineField(
            max_length=longest_subject(desk), label=label("subject"), error_messages=_SUBJECT_ERRORS
        )
        choices = queries.topic_choices()
        self.topics = {str(choice.topic.pk): choice.topic for choice in choices}
        default = next((choice.topic for choice in choices if choice.topic.is_default), choices[0].topic)
        self.chosen_topic = self.topics.get(str(self._typed("topic")), default)
        self.most = longest_message(self.chosen_topic, desk)
        if len(choices) == 1:
            del self.fields["topic"]
        else:
            named = [(str(choice.topic.pk), INDENT * choice.depth + choice.topic.name) for choice in choices]
            self.fields["topic"].choices = named  # type: ignore[attr-defined]  # a ChoiceField
            self.initial["topic"] = str(self.chosen_topic.pk)
            if desk.opens_in_steps:
                self.fields["topic"].widget = forms.HiddenInput()
        self._ask_purchase(user, held, at)
        self.priorities = {priority.slug: priority for priority in queries.priorities()}
        self.meanings = {slug: _meaning(priority, at) for slug, priority in self.priorities.items()}
        if self.chosen_topic.asks_priority:
            self._ask_priority()
        else:
            del self.fields["priority"]
        asked = _asked(self.chosen_topic)
        self.ask(asked, must={field.slug for field in asked if field.customers == Access.REQUIRED})
        self.order_fields(["topic", "purchase", "installation", "subject", "text"])

    @property
    def purchase(self) -> Purchase | None:
        """What the ticket is about, of a form that is valid."""
        return self.offer.purchase if self.offer and self.cleaned_data.get("purchase") else None

    @property
    def installation(self) -> Installation | None:
        """Where it happens; the tickets take the only one by themselves."""
        key = self.cleaned_data.get("installation")
        places = self.offer.installations if self.offer else []
        return next((place for place in places if str(place.pk) == key), None)

    @property
    def asks_where(self) -> bool:
        """Does another question hang on which purchase is chosen? A browser without scripts has to ask for it."""
        return any(len(offer.installations) > 1 for offer in self.offers if offer is not self.offer)

    @property
    def promised(self) -> str:
        """When we answer, where no priority says it (S2.11)."""
        asked = list(self.priorities.values()) if "priority" in self.fields else [default_priority(self.chosen_topic)]
        named = (due_at(self.at, minutes=priority.first_response_minutes) for priority in asked)
        due = [moment for moment in named if moment]
        if not due:
            return soon()
        return "" if "priority" in self.fields else gettext("You hear from us by %(when)s.") % {"when": by_when(due[0])}

    def chosen_priority(self) -> Priority | None:
        """How soon it matters; None when nobody was asked."""
        slug = self.cleaned_data.get("priority")
        return self.priorities[slug] if slug else None

    def clean(self) -> dict[str, Any]:
        """What is wrong with an answer is said together with everything else that is wrong."""
        if self.shut:
            self.add_error(None, refusal_of(self.shut))
        try:
            fields.checked(self.chosen_topic, self.given, as_staff=False)
        except FieldsError as error:
            self.refuse(error.errors)
        return super().clean()

    def _ask_purchase(self, user: User, held: Sequence[Held], at: datetime) -> None:
        """Which purchase, and which of its installations if there are several. `shut` tells why none can be chosen (S1.c4)."""
        need, topic = self.chosen_topic.purchase, self.chosen_topic
        self.offers = offers(choosable(user, topic, at=at), held) if need != Need.NONE else []
        self.shut = shut_in(user, topic, at=at) if need == Need.REQUIRED and not self.offers else None
        only = str(self.offers[0].purchase.pk) if len(self.offers) == 1 else ""
        typed_in = self._typed("purchase")
        chosen = only if typed_in is None or (need == Need.REQUIRED and not typed_in) else str(typed_in)
        self.offer = next((offer for offer in self.offers if str(offer.purchase.pk) == chosen), None)
        if not self.offers:
            return
        nothing = gettext("Choose one") if need == Need.REQUIRED else gettext("Not about one of these")
        named = [(str(offer.purchase.pk), offer.words) for offer in self.offers]
        self.fields["purchase"] = forms.ChoiceField(
            label=label("purchase"),
            required=need == Need.REQUIRED,
            choices=named if only and need == Need.REQUIRED else [("", nothing), *named],
            error_messages={
                "required": gettext("Choose what you need support for."),
                "invalid_choice": _not_offered(str(typed_in), held),
            },
        )
        self.initial["purchase"] = chosen
        if self.offer and len(self.offer.installations) > 1:
            places = [(str(place.pk), place.domain) for place in self.offer.installations]
            self.fields["installation"] = forms.ChoiceField(
                label=gettext("Installation"),
                choices=[("", gettext("Choose one")), *places],
                error_messages=dict.fromkeys(("required", "invalid_choice"), gettext("Choose where it happens.")),
            )

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


def soon() -> str:
    """The promise of a desk that names no time (S2.11)."""
    return gettext("We answer as soon as possible.")


def typed(values: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a form sent, as the values of a fresh one that shows it again."""
    return {name: rows[0] if len(rows) == 1 else rows for name, rows in values.items()}


def _not_offered(key: str, held: Sequence[Held]) -> str:
    """Why a purchase that was sent cannot be chosen; one that is not theirs is none at all."""
    gone = next((each.purchase for each in held if str(each.purchase.pk) == key), None)
    return refusal(reason(gone), gone) if gone else gettext("Choose one of your own purchases.")


class ReplyForm(PartsForm):
    """A further message: a text, files, or both."""

    text = MessageField(label=_("Your message"), error_messages={"required": _("Write your message first.")})


class ColleagueForm(forms.Form):
    """Somebody of the same organization who shall follow the ticket."""

    email = forms.EmailField(label=_("Their e-mail address"), max_length=254)
