"""Out of scope: a ticket that support does not cover is closed with the clause that says so, told kindly (S2.14)."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deskhand.desk.queries import current_desk
from deskhand.entitlements.queries import products
from deskhand.mail.letters import for_reader
from deskhand.staff.forms import Clauses, DeclineForm
from deskhand.staff.listing import place
from deskhand.staff.ticket_changes import in_words
from deskhand.staff.tickets import look_up, show_ticket
from deskhand.tickets.actions import prepare, schedule
from deskhand.tickets.changes import ChangeError
from deskhand.tickets.events import Via
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import spoken_since
from deskhand.tickets.support import clauses_for
from deskhand.ui import forms, gates
from deskhand.ui.http import SignedInRequest, go


@gates.staff("ticket.reply")
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: SignedInRequest, number: int) -> HttpResponse:
    """First the clauses, with `?clause=` the message; sent, it leaves as a reply does and can be taken back as long.

    A message to a conversation that has gone on is held once, so that its writer can read what came (I08).
    """
    ticket, where = look_up(request, number), place(request.POST or request.GET)
    groups = _groups(ticket)
    if request.method != "POST":
        kept = forms.kept(request, request.path)
        clause = request.GET.get("clause", "")
        begun = kept or {"clause": clause, "text": _words(ticket, clause) if clause else ""}
        return show_ticket(request, ticket, where, declining=DeclineForm(initial=begun, groups=groups))
    form = DeclineForm(request.POST, groups=groups)
    if not form.is_valid():
        return show_ticket(request, ticket, where, declining=form, status=422)
    sent = form.cleaned_data
    if sent["shown"] is not None and (news := spoken_since(ticket, event=sent["shown"], user=request.user)):
        return show_ticket(request, ticket, where, declining=form, just_come=news, status=422)
    window = settings.MAIL_WINDOW_S
    prepared = prepare([{"do": "decline", "clause": sent["clause"], "text": sent["text"]}])
    try:
        with forms.once(request, leads_to=where.ticket(number)):
            schedule(
                ticket, prepared, by=request.user, via=Via.STAFF, at=timezone.now(), delay=timedelta(seconds=window)
            )
    except ChangeError as error:
        form.add_error(None, in_words(error))
        return show_ticket(request, ticket, where, declining=form, status=422)
    words = _("It is declined in %(s)d seconds.") % {"s": window} if window else _("The ticket is declined and closed.")
    messages.success(request, words)
    return go(request, where.ticket(number))


def _groups(ticket: Ticket) -> list[Clauses]:
    """The clauses of the ticket's product; without one those of all products that are sold."""
    known = clauses_for(ticket)
    if ticket.purchase:
        return [Clauses(ticket.purchase.product.name, known)] if known else []
    sold = [product for product in products() if not product.is_archived]
    groups = [Clauses(product.name, [clause for clause in product.clauses if clause in known]) for product in sold]
    return [group for group in groups if group.clauses]


def _words(ticket: Ticket, clause: str) -> str:
    """What the message begins with, in its reader's language; the agent changes it as they like."""
    with for_reader(ticket.requester):
        if ticket.purchase:
            covers = _("Our support for %(product)s does not cover what you ask for:") % {
                "product": ticket.purchase.product.name
            }
        else:
            covers = _("Our support does not cover what you ask for:")
        parts = [
            _("Hello %(name)s,") % {"name": ticket.requester.get_short_name()},
            covers,
            f"> {clause}",
            _("That is why we close this ticket. If we have misunderstood you, answer here, and we look at it again.")
            if current_desk().customers_may_reopen
            else _("That is why we close this ticket. If we have misunderstood you, open another one and say so."),
        ]
        return "\n\n".join(parts)
