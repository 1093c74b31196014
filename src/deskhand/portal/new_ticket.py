"""A new ticket: the form, the questions of the topic that is chosen, and where its sender is led."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deskhand.core import text
from deskhand.core.html import compose
from deskhand.desk.layout import AfterOpening, Tab
from deskhand.desk.queries import current_desk
from deskhand.portal.forms import TicketForm, typed
from deskhand.tickets import attachments, policy, queries
from deskhand.tickets.changes import ChangeError, FieldsError, ForeignFileError, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui import gates
from deskhand.ui.attaching import again, gone, take
from deskhand.ui.fields import SUBJECT
from deskhand.ui.filters import by_when
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show
from deskhand.ui.uploads import takes_files

LOOK: Final = "look"  # the button that only shows the questions of the topic that is chosen


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@gates.portal
def new_ticket(request: SignedInRequest) -> HttpResponse:
    """The form, with `?subject=` typed in already, or following up on `?follows=` (S3.17); sent, it opens the ticket.

    Sent by the button `look`, or by a change of the topic, it opens nothing: it comes back with what that topic asks and with
    all that was typed (S4.7).
    """
    now = timezone.now()
    if request.method != "POST":
        follows = _followed(request, request.GET.get("follows", ""), at=now)
        held = kept(request, request.path)
        form = TicketForm(initial=held or _begun(request, follows), box=again(request, attachments, held), at=now)
        return _page(request, form, follows)
    follows = _followed(request, request.POST.get("follows", ""), at=now)
    box = take(request, attachments, at=now)
    if LOOK in request.POST:
        form = TicketForm(initial=typed(dict(request.POST.lists())), box=box, at=now)
        return _page(request, form, follows)
    form = TicketForm(request.POST, box=box, at=now)
    if request.POST.get("follows") and not follows:
        form.add_error(None, _("The ticket you follow up on is open again, or gone. Write there, or open a new one."))
    if form.is_valid():
        body = compose(form.cleaned_data["text"])
        try:
            with once(request) as sending:
                with open_ticket(
                    requester=request.user, subject=form.cleaned_data["subject"], body=body, by=request.user,
                    topic=form.chosen_topic, priority=form.chosen_priority(), fields=form.given, follows=follows,
                    via=Via.PORTAL, at=now, files=box.whole(ForeignFileError),
                ) as change:  # fmt: skip
                    pass
                sending.leads_to = _after(change.ticket)
        except ForeignFileError:
            form.add_error("files", gone())
        except FieldsError as error:
            form.refuse(error.errors)
        except ChangeError:
            form.add_error(None, _("You cannot open a ticket here. Ask us by another way, please."))
        else:
            messages.success(request, _opened(change.ticket))
            return go(request, sending.leads_to)
    return _page(request, form, follows, status=box.status)


def _page(
    request: SignedInRequest, form: TicketForm, follows: Ticket | None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    tips = [line.strip() for line in current_desk().tips.splitlines() if line.strip()]
    context = {"form": form, "follows": follows, "tips": tips}
    return show(request, "portal/new.html", context, parts=("asked",), status=status)


def _followed(request: SignedInRequest, number: str, *, at: datetime) -> Ticket | None:
    """The ticket with this number, if this person may follow up on it."""
    own = Ticket.objects.visible_to(request.user).concerning(request.user)
    asked = text.number(number)
    found = own.filter(number=asked).first() if asked else None
    return found if found and policy.can_follow_up(request.user, found, current_desk(), at=at) else None


def _begun(request: SignedInRequest, follows: Ticket | None) -> dict[str, Any]:
    """What stands in a form that nobody has typed into."""
    if follows:
        return {"subject": follows.subject, "topic": str(follows.topic_id)}
    return {"subject": text.one_line(request.GET.get("subject", ""))[:SUBJECT]}


def _after(ticket: Ticket) -> str:
    """The new ticket, or the list with its row marked (S5.8)."""
    desk = current_desk()
    if desk.after_opening == AfterOpening.TICKET:
        return reverse("ticket", args=[ticket.number])
    tab = Tab.OPEN if any(shown["tab"] == Tab.OPEN for shown in desk.list_tabs) else Tab.ALL
    return f"{reverse('tickets')}?tab={tab}#row-{ticket.number}"


def _opened(ticket: Ticket) -> str:
    due = queries.promise_open(ticket)
    told = _("Ticket #%(number)s is open and our team has been told.") % {"number": ticket.number}
    promised = _("You will hear from us by %(when)s.") % {"when": by_when(due)} if due else ""
    after = _("We send you a confirmation by e-mail and answer here; every answer also comes to your mailbox.")
    return " ".join(filter(None, [told, promised, after]))
