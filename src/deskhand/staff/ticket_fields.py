"""The topic of a ticket and what the desk asks in it, to change together: another topic asks something else (S4.7)."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from deskhand.staff.forms import FieldsForm, TopicField
from deskhand.staff.listing import place
from deskhand.staff.ticket_changes import after, in_words
from deskhand.staff.tickets import look_up, show_ticket
from deskhand.tickets.changes import ChangeError, change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.fields import FieldsError
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui import gates
from deskhand.ui.forms import once
from deskhand.ui.http import SignedInRequest


@gates.staff("ticket.status")
@require_http_methods(["GET", "HEAD", "POST"])
def fields(request: SignedInRequest, number: int) -> HttpResponse:
    """The form; sent with `look` it comes back with the questions of the topic that was chosen, and nothing is changed."""
    ticket, where = look_up(request, number), place(request.POST or request.GET)
    if request.method != "POST":
        return show_ticket(request, ticket, where, asking=_form(ticket))
    form = _sent(request, ticket)
    if "look" in request.POST:
        form.is_valid()
        look = _form(ticket, form.cleaned_data.get("topic"), known={**ticket.fields, **form.given})
        return show_ticket(request, ticket, where, asking=look)
    if form.is_valid():
        topic = form.cleaned_data["topic"]
        try:
            door = change_ticket(ticket, by=request.user, via=Via.STAFF, at=timezone.now())
            with once(request, leads_to=where.ticket(number)), door as change:
                change.set_topic(topic, form.given)
            return after(request, ticket, where)
        except FieldsError as error:
            form = FieldsForm(request.POST, topic=topic, known=ticket.fields, also=ticket.topic)
            form.refuse(error.errors)
        except ChangeError as error:
            form.add_error(None, in_words(error))
    return show_ticket(request, ticket, where, asking=form, status=422)


def _form(ticket: Ticket, topic: Topic | None = None, *, known: Mapping[str, object] | None = None) -> FieldsForm:
    """A form not sent yet: of the ticket as it is, or of another topic with what has been typed."""
    return FieldsForm(topic=topic or ticket.topic, known=ticket.fields if known is None else known, also=ticket.topic)


def _sent(request: SignedInRequest, ticket: Ticket) -> FieldsForm:
    """What was sent, read with the questions that were asked."""
    asked_in = TopicField(also=ticket.topic).find(request.POST.get("asked_in")) or ticket.topic
    return FieldsForm(request.POST, topic=asked_in, known=ticket.fields, also=ticket.topic)
