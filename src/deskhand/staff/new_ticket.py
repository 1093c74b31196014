"""An agent opens a ticket for somebody who called, wrote elsewhere or stands at the desk."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deskhand.core import text
from deskhand.core.html import compose
from deskhand.desk.queries import current_desk
from deskhand.staff.forms import NewTicketForm, TopicField, matching
from deskhand.staff.listing import place
from deskhand.staff.ticket_changes import in_words
from deskhand.tickets import attachments, policy
from deskhand.tickets.changes import ChangeError, ForeignFileError, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.fields import FieldsError
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import view_counts
from deskhand.ui import gates
from deskhand.ui.attaching import Box, again, gone, take
from deskhand.ui.custom import PREFIX
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show
from deskhand.ui.uploads import takes_files


@takes_files
@gates.staff("ticket.open_for")
@require_http_methods(["GET", "HEAD", "POST"])
def new_ticket(request: SignedInRequest) -> HttpResponse:
    """The form, with `?follows=` for going on from a closed ticket (S3.17); while a name is typed, the people it could be."""
    if request.method == "POST":
        return _open(request)
    typed = text.one_line(request.GET.get("customer", "")[:400])
    held = kept(request, request.path)
    box = again(request, attachments, held)
    if held:
        return _show(request, _filled(request, held, box=box))
    if follows := _followed(request):
        return _show(request, _filled(request, _begun(follows), box=box))
    form = NewTicketForm(user=request.user, initial={"customer": typed}, box=box)
    if typed and request.headers.get("HX-Target") == "people":
        form.matches = matching(form.people, typed)
    return _show(request, form)


def _open(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    box = take(request, attachments, at=now)
    form = NewTicketForm(
        request.POST, user=request.user, topic=TopicField().find(request.POST.get("asked_in")), box=box
    )
    if "look" in request.POST:
        return _show(request, _filled(request, request.POST.dict(), box=box, known=form.given))
    follows = _followed(request)
    if request.POST.get("follows") and not follows:
        form.add_error(None, _("The ticket this one should follow is open again. Write there, or begin anew."))
    if not form.is_valid():
        return _show(request, form, status=box.status)
    sent, body = form.cleaned_data, compose(form.cleaned_data["text"])
    try:
        with once(request) as sending, open_ticket(
            requester=sent["customer"], subject=sent["subject"], body=body, topic=sent["topic"],
            priority=sent["priority"], fields=form.given, by=request.user, via=Via.STAFF, at=now,
            files=box.whole(ForeignFileError), follows=follows,
        ) as change:  # fmt: skip
            if sent["team"]:
                change.move_to_team(sent["team"])
            if sent["assignee"]:
                change.assign(sent["assignee"])
            sending.leads_to = reverse("staff:ticket", args=[change.ticket.number])
    except FieldsError as error:
        form = NewTicketForm(request.POST, user=request.user, topic=sent["topic"], box=box)
        form.refuse(error.errors)
        return _show(request, form, status=422)
    except ForeignFileError:
        form.add_error("files", gone())
        return _show(request, form, status=422)
    except ChangeError as error:
        form.add_error(None, in_words(error))
        return _show(request, form, status=422)
    return go(request, sending.leads_to)


def _followed(request: SignedInRequest) -> Ticket | None:
    """The closed ticket that this one goes on from, if one is named that this person may follow up on."""
    number = text.number((request.POST or request.GET).get("follows", ""))
    tickets = Ticket.objects.visible_to(request.user).worked_by(request.user).select_related("requester")
    found = tickets.filter(number=number).first() if number is not None else None
    may = found and policy.can_follow_up(request.user, found, current_desk(), at=timezone.now())
    return found if may else None


def _begun(follows: Ticket) -> dict[str, str]:
    """What stands in a follow-up that nobody has typed into."""
    requester = follows.requester
    return {
        "customer": f"{requester.name} <{requester.email}>", "subject": follows.subject, "topic": str(follows.topic_id),
    }  # fmt: skip


def _filled(
    request: SignedInRequest, values: Mapping[str, Any], *, box: Box[Any], known: Mapping[str, object] | None = None
) -> NewTicketForm:
    """The form with what was typed and the questions of the topic that was chosen; nothing is refused yet."""
    if known is None:
        known = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
    typed = {name: value for name, value in values.items() if not name.startswith(PREFIX)}
    return NewTicketForm(
        user=request.user, topic=TopicField().find(values.get("topic")), known=known, initial=typed, box=box
    )


def _show(request: SignedInRequest, form: NewTicketForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "follows": _followed(request),
        "place": place(request.GET),
        "counts": view_counts(request.user),
    }
    return show(request, "staff/new_ticket.html", context, parts=("people", "asked"), status=status)
