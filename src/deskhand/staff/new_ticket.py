"""An agent opens a ticket for somebody who called, wrote elsewhere or stands at the desk."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from deskhand.core import text
from deskhand.core.html import compose
from deskhand.staff.forms import NewTicketForm, matching
from deskhand.staff.listing import place
from deskhand.staff.ticket_changes import in_words
from deskhand.tickets.changes import ChangeError, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.queries import view_counts
from deskhand.ui import gates
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show


@gates.staff("ticket.open_for")
@require_http_methods(["GET", "HEAD", "POST"])
def new_ticket(request: SignedInRequest) -> HttpResponse:
    """The form; while a name is typed, the people it could be."""
    if request.method == "POST":
        return _open(request)
    typed = text.one_line(request.GET.get("customer", "")[:400])
    form = NewTicketForm(user=request.user, initial=kept(request, request.path) or {"customer": typed})
    if typed and request.headers.get("HX-Target") == "people":
        form.matches = matching(form.people, typed)
    return _show(request, form)


def _open(request: SignedInRequest) -> HttpResponse:
    form = NewTicketForm(request.POST, user=request.user)
    if not form.is_valid():
        return _show(request, form, status=422)
    sent, body = form.cleaned_data, compose(form.cleaned_data["text"])
    try:
        with once(request) as sending, open_ticket(
            requester=sent["customer"], subject=sent["subject"], body=body, topic=sent["topic"],
            priority=sent["priority"], by=request.user, via=Via.STAFF, at=timezone.now(),
        ) as change:  # fmt: skip
            if sent["team"]:
                change.move_to_team(sent["team"])
            if sent["assignee"]:
                change.assign(sent["assignee"])
            sending.leads_to = reverse("staff:ticket", args=[change.ticket.number])
    except ChangeError as error:
        form.add_error(None, in_words(error))
        return _show(request, form, status=422)
    return go(request, sending.leads_to)


def _show(request: SignedInRequest, form: NewTicketForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "place": place(request.GET), "counts": view_counts(request.user)}
    return show(request, "staff/new_ticket.html", context, parts=("people",), status=status)
