"""Settings of what happens to tickets by itself, and of what customers may do to them."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deskhand.core.kinds import KINDS
from deskhand.desk.models import Mailbox
from deskhand.desk.queries import current_desk
from deskhand.desk.shapes import (
    LONGEST_ANSWER,
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    MOST_DAYS,
    REASSIGNED,
    SHORTEST_LIMIT,
)
from deskhand.staff.settings import SettingsForm, page
from deskhand.tickets.models.choices import Category
from deskhand.ui import gates
from deskhand.ui.fields import MessageField
from deskhand.ui.http import SignedInRequest


class DaysField(forms.IntegerField):
    """A number of days; empty where the column may be None."""

    def __init__(self, *, least: int, required: bool = False, **options: Any) -> None:  # noqa: ANN401 - of Field
        super().__init__(min_value=least, max_value=MOST_DAYS, required=required, **options)


class LengthField(forms.IntegerField):
    """A number of characters; empty is no limit."""

    def __init__(self, *, most: int, least: int = SHORTEST_LIMIT, **options: Any) -> None:  # noqa: ANN401 - of Field
        super().__init__(min_value=least, max_value=most, required=False, **options)


class PoliciesForm(SettingsForm):
    """One sentence each says what it does."""

    ALSO_CALLED = {
        "status_on_agent_reply": gettext_lazy("answer waiting pending state"),
        "customers_may_close": gettext_lazy("solved finish end allow"),
        "customers_may_reopen": gettext_lazy("closed again window allow"),
        "reopen_days": gettext_lazy("window period follow-up limit closed again"),
        "managers_may_reply": gettext_lazy("team organization colleague allow answer"),
        "managers_may_close": gettext_lazy("team organization colleague allow solved"),
        "status_on_reassign": gettext_lazy("another assignee hand over new agent state"),
        "claims_on_open": gettext_lazy("take assign automatic read look"),
        "close_waiting_days": gettext_lazy("automatic inactivity timeout hold on-hold pending unanswered old month"),
        "longest_subject": gettext_lazy("title limit maximum length"),
        "longest_message": gettext_lazy("description text limit maximum length 1000"),
        "short_message": gettext_lazy("description minimum hint example length"),
        "mailbox": gettext_lazy("e-mail inbound inbox replies address"),
        "mailbox_answer": gettext_lazy("e-mail automatic reply pointer auto-responder"),
        "auto_close_days": gettext_lazy("automatic inactivity timeout resolved quiet"),
        "auto_close_warning_days": gettext_lazy("automatic reminder notice mail closing"),
        "file_kinds": gettext_lazy("attachments formats types upload documents extension"),
        "file_limit_mb": gettext_lazy("attachments size upload maximum megabytes"),
    }
    status_on_agent_reply = forms.ChoiceField(
        label=gettext_lazy("After an agent’s reply the ticket is"),
        choices=[choice for choice in Category.choices if choice[0] != Category.CLOSED],
        help_text=gettext_lazy("An agent who chooses a status while replying wins over this."),
    )
    status_on_reassign = forms.ChoiceField(
        label=gettext_lazy("With another assignee the ticket is"),
        choices=[("", gettext_lazy("as it was")), *(choice for choice in Category.choices if choice[0] in REASSIGNED)],
        required=False,
        help_text=gettext_lazy("When it goes from one agent to another; a status chosen along with it wins over this."),
    )
    claims_on_open = forms.BooleanField(
        label=gettext_lazy("Opening an unassigned ticket claims it"),
        required=False,
        help_text=gettext_lazy(
            "Whoever of the staff first looks at a new ticket looks after it. Without it a look changes nothing."
        ),
    )
    longest_subject = LengthField(
        label=gettext_lazy("Longest subject of a customer, in characters"),
        most=LONGEST_SUBJECT,
        help_text=gettext_lazy("Empty: 200, which is what a ticket can hold."),
    )
    longest_message = LengthField(
        label=gettext_lazy("Longest message of a customer, in characters"),
        most=LONGEST_MESSAGE,
        help_text=gettext_lazy(
            "More is kept and can be sent as several messages. A topic may have a number of its own. Empty: no limit."
        ),
    )
    short_message = LengthField(
        label=gettext_lazy("Ask for more below so many characters"),
        least=1,
        most=LONGEST_MESSAGE,
        help_text=gettext_lazy("A hint with an example, never a wall. Empty: no hint."),
    )
    mailbox = forms.ChoiceField(
        label=gettext_lazy("Mail that is sent to the desk"),
        choices=[
            (Mailbox.TICKETS, gettext_lazy("Opens a ticket")),
            (Mailbox.REPLIES, gettext_lazy("Replies only")),
            (Mailbox.OFF, gettext_lazy("Is not read")),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Today the desk reads no mail; the form for a new ticket tells customers what holds."),
    )
    mailbox_answer = MessageField(
        label=gettext_lazy("What it says of mails that open no ticket"),
        required=False,
        help_text=gettext_lazy(
            "Beside the form for a new ticket, unless a mail opens one. Empty: “A mail to us opens no ticket: open it here.”."
        ),
    )
    customers_may_close = forms.BooleanField(
        label=gettext_lazy("Customers may close their tickets"),
        required=False,
        help_text=gettext_lazy("Without it only staff and time close a ticket."),
    )
    auto_close_days = DaysField(
        label=gettext_lazy("Close resolved tickets after so many quiet days"),
        least=1,
        help_text=gettext_lazy("Counted from the last message. Empty: a resolved ticket waits for ever."),
    )
    close_waiting_days = DaysField(
        label=gettext_lazy("Close tickets that wait for their customer after so many quiet days"),
        least=1,
        help_text=gettext_lazy("Announced in the same way. Empty: they wait for ever."),
    )
    auto_close_warning_days = DaysField(
        label=gettext_lazy("Announce that so many days before"),
        least=0,
        required=True,
        help_text=gettext_lazy(
            "The customer gets a mail that names the day; an answer keeps the ticket open. 0: no mail."
        ),
    )
    customers_may_reopen = forms.BooleanField(
        label=gettext_lazy("A customer’s message reopens a closed ticket"),
        required=False,
        help_text=gettext_lazy("Without it a closed ticket stays closed, and the customer opens a follow-up."),
    )
    reopen_days = DaysField(
        label=gettext_lazy("Only so many days after closing"),
        least=0,
        help_text=gettext_lazy("Later a message opens a follow-up that is linked to the old ticket. Empty: always."),
    )
    managers_may_reply = forms.BooleanField(
        label=gettext_lazy("Managers may reply to the tickets of their organization"),
        required=False,
        help_text=gettext_lazy("They see these tickets in any case."),
    )
    managers_may_close = forms.BooleanField(
        label=gettext_lazy("Managers may close the tickets of their organization"),
        required=False,
        help_text=gettext_lazy("Within what customers may do at all."),
    )
    file_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Files that may be attached"),
        choices=[(kind.slug, kind.label) for kind in KINDS.values()],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Told by a file’s content and its name. Every file is offered as a download and never shown as a page."
        ),
    )
    file_limit_mb = forms.IntegerField(
        label=gettext_lazy("All files of a message together, in MB"),
        min_value=1,
        max_value=200,
        help_text=gettext_lazy("Up to 200. The proxy in front of the desk must let a request of that size through."),
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        self.initial["file_kinds"] = current_desk().file_kind_slugs
        self.fields["mailbox_answer"].widget.attrs.update(maxlength=LONGEST_ANSWER, rows=3)

    def clean_file_kinds(self) -> str:
        """The column's form: slugs by space, in the order of the list."""
        return " ".join(slug for slug in KINDS if slug in self.cleaned_data["file_kinds"])


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def policies(request: SignedInRequest) -> HttpResponse:
    """Everything a ticket does by itself or lets people do."""
    return page(request, PoliciesForm, "staff/settings_policies.html", here="settings_tickets")
