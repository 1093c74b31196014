"""The workspace: a list, and a ticket beside it. Reading only; nothing here changes anything, opening a ticket included."""

from typing import Any
from zoneinfo import ZoneInfo

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.staff.forms import MessageForm
from deskhand.staff.listing import Place, place
from deskhand.staff.thread import entries, pending
from deskhand.tickets.models import Category, Status, Ticket
from deskhand.tickets.queries import (
    View,
    earlier_tickets,
    is_solved,
    known_tags,
    priorities,
    statuses,
    surroundings,
    teams_for,
    view_counts,
)
from deskhand.tickets.words import with_words
from deskhand.ui import forms, gates
from deskhand.ui.http import SignedInRequest, go, show

TICKET_PARTS = ("main", "thread")


@gates.staff("staff.enter")
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The workspace begins with those who wait for somebody."""
    return go(request, f"{reverse('staff:tickets')}?view={View.UNASSIGNED}")


@gates.staff("staff.enter")
@require_safe
def tickets(request: SignedInRequest) -> HttpResponse:
    """One of the built-in lists."""
    context = around(request, place(request.GET))
    is_new_desk = not any(context["counts"].values()) and not Ticket.objects.visible_to(request.user).exists()
    return show(request, "staff/tickets.html", {**context, "is_new_desk": is_new_desk})


@gates.staff("staff.enter")
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Tickets by number, subject, name or address; a number that exists is opened at once."""
    where = place(request.GET)
    number = text.number(where.words)
    if number is not None and Ticket.objects.visible_to(request.user).filter(number=number).exists():
        return go(request, reverse("staff:ticket", args=[number]))
    if not where.words:
        return show(request, "staff/search.html", {"counts": view_counts(request.user), "place": where})
    return show(request, "staff/tickets.html", around(request, where))


@gates.staff("staff.enter")
@require_safe
def ticket(request: SignedInRequest, number: int) -> HttpResponse:
    """A ticket, its list beside it."""
    found = look_up(request, number)
    composer = None
    if kept := forms.kept(request, reverse("staff:messages", args=[number])):
        composer = MessageForm(initial=kept, choices=statuses())
    return show_ticket(request, found, place(request.GET), composer=composer)


def look_up(request: SignedInRequest, number: int) -> Ticket:
    """The ticket, or 404 when it does not exist for this person."""
    people = Ticket.objects.visible_to(request.user).select_related("requester", "organization", "assignee")
    return with_words(get_object_or_404(people, number=number))


def show_ticket(
    request: SignedInRequest,
    ticket: Ticket,
    where: Place,
    *,
    composer: MessageForm | None = None,
    refused: BaseForm | None = None,
    just_come: frozenset[int] = frozenset(),
    status: int = 200,
) -> HttpResponse:
    """The page of a ticket, or the part of it that is asked for; `refused` is a form with the reasons why."""
    context = around(request, where) | about(request, ticket, where, just_come=just_come)
    context["composer"] = composer or MessageForm(choices=context["statuses"])
    context["refused"] = refused
    return show(request, "staff/ticket.html", context, parts=TICKET_PARTS, status=status)


def around(request: SignedInRequest, where: Place) -> dict[str, Any]:
    """What every page of the workspace shows: the counted views and the list."""
    page, counts = where.rows(request.user), view_counts(request.user)
    return {"place": where, "page": page, "counts": counts, "ticket": None, "is_new_desk": False}


def about(
    request: SignedInRequest, ticket: Ticket, where: Place, *, just_come: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """Everything a ticket's two panes show."""
    now = timezone.now()
    choices = statuses()
    requester = ticket.requester
    beside = surroundings(ticket)
    return {
        "ticket": ticket,
        "base": reverse("staff:ticket", args=[ticket.number]),
        "entries": entries(ticket, user=request.user, at=now, show=where.show, just_come=just_come),
        "pending": pending(ticket, user=request.user),
        "is_solved": is_solved(ticket),
        "statuses": choices,
        "resolved": default(choices, Category.RESOLVED),
        "closed": default(choices, Category.CLOSED),
        "status_on_reply": default(choices, current_desk().status_on_agent_reply),
        "priorities": priorities(),
        "agents": beside.agents,
        "teams": teams_for(request.user),
        "tags": beside.tags,
        "known_tags": known_tags(),
        "followers": beside.followers,
        "earlier": earlier_tickets(ticket, user=request.user),
        "their_time": dateformat.format(
            now.astimezone(ZoneInfo(requester.time_zone or current_desk().time_zone)), pgettext("time", "H:i")
        ),
        "just_come": just_come,
    }


def default(choices: list[Status], category: str) -> Status | None:
    """The status a category's name lands on; None when the desk has none."""
    return next((status for status in choices if status.category == category and status.is_default), None)
