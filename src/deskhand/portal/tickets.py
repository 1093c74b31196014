"""The customers' tickets: the list, and a new one."""

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.core.html import compose
from deskhand.portal.forms import TicketForm
from deskhand.tickets import queries
from deskhand.tickets.changes import ChangeError, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models import Ticket
from deskhand.tickets.queries import Tab
from deskhand.ui import gates
from deskhand.ui.fields import SUBJECT
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

MEMBERS: Final = 200  # more names are no menu; the search finds their tickets


@require_safe
@gates.portal
def tickets(request: SignedInRequest) -> HttpResponse:
    """The tickets of a tab, or those a search finds there; a number that is one's own ticket leads to it."""
    words = text.one_line(request.GET.get("q", ""))[:SUBJECT]
    if number := text.number(words):
        found = Ticket.objects.visible_to(request.user).concerning(request.user).filter(number=number)
        if found.exists():
            return go(request, reverse("ticket", args=[number]), whole_page=True)
    asked = request.GET.get("tab", Tab.ALL if words else Tab.OPEN)
    tab = Tab(asked) if asked in set(Tab) else Tab.OPEN
    is_manager = request.user.is_manager and request.user.organization is not None
    members = dict(_members(request.user)) if is_manager else {}
    asked_of = request.GET.get("from", "")
    of = next((pk for pk in members if str(pk) == asked_of), None)
    page = queries.portal_page(
        tab, user=request.user, requester=of, words=words, after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )  # fmt: skip
    return show(
        request,
        "portal/tickets.html",
        {
            "tabs": _tabs(tab, words, of, {} if words else queries.tab_counts(request.user, requester=of)),
            "of": of,
            "people": [(name, _address(tab, words, pk), pk == of) for pk, name in members.items()],
            "tab": tab,
            "words": words,
            "rows": page.rows,
            "newer": _address(tab, words, of, before=page.previous) if page.previous else None,
            "older": _address(tab, words, of, after=page.next) if page.next else None,
            "everywhere": _address(Tab.ALL, words, of),
            "everybody": _address(tab, words),
            "managed": request.user.organization if is_manager else None,
            "shows_from": is_manager or any(row.requester_id != request.user.pk for row in page.rows),
            "is_part": request.headers.get("HX-Request") == "true",
        },
        parts=("tickets",),
    )


def _members(manager: User) -> list[tuple[int, str]]:
    """Whose tickets a manager can choose: the own ones first, then the colleagues' by name."""
    colleagues = User.objects.visible_to(manager).active().exclude(pk=manager.pk).order_by("name", "pk")
    return [(manager.pk, _("Only mine")), *colleagues.values_list("pk", "name")[:MEMBERS]]


def _tabs(current: Tab, words: str, of: int | None, counts: dict[Tab, int]) -> list[tuple[str, str, bool, int | None]]:
    names = {
        Tab.OPEN: _("Open"),
        Tab.WAITING: _("Waiting for you"),
        Tab.RESOLVED: _("Resolved"),
        Tab.CLOSED: _("Closed"),
        Tab.ALL: _("All"),
    }
    return [(name, _address(tab, words, of), tab is current, counts.get(tab)) for tab, name in names.items()]


def _address(tab: Tab, words: str, of: int | None = None, **more: str) -> str:
    asked = {"tab": str(tab), **({"q": words} if words else {}), **({"from": str(of)} if of else {}), **more}
    return f"{reverse('tickets')}?{urlencode(asked)}"


@require_http_methods(["GET", "HEAD", "POST"])
@gates.portal
def new_ticket(request: SignedInRequest) -> HttpResponse:
    """The form, with `?subject=` typed in already; sent, it leads to the new ticket, which says what happens next."""
    if request.method != "POST":
        typed = {"subject": text.one_line(request.GET.get("subject", ""))[:SUBJECT]}
        return show(request, "portal/new.html", {"form": TicketForm(initial=kept(request, request.path) or typed)})
    form = TicketForm(request.POST)
    if form.is_valid():
        body = compose(form.cleaned_data["text"])
        try:
            with once(request) as sending:
                with open_ticket(
                    requester=request.user, subject=form.cleaned_data["subject"], body=body, by=request.user,
                    topic=form.chosen_topic(), priority=form.chosen_priority(), via=Via.PORTAL, at=timezone.now(),
                ) as change:  # fmt: skip
                    pass
                sending.leads_to = reverse("ticket", args=[change.ticket.number])
        except ChangeError:
            form.add_error(None, _("You cannot open a ticket here. Ask us by another way, please."))
        else:
            messages.success(
                request,
                _(
                    "Ticket #%(number)s is open and our team has been told. We send you a confirmation by e-mail and "
                    "answer here; every answer also comes to your mailbox."
                )
                % {"number": change.ticket.number},
            )
            return go(request, sending.leads_to)
    return show(request, "portal/new.html", {"form": form}, status=422)
