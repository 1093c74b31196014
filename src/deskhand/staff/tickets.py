"""The workspace: a list, and a ticket beside it. Reading only; nothing here changes anything, opening a ticket included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.desk.queries import current_desk
from deskhand.entitlements.queries import Beside, held_beside, products
from deskhand.staff.forms import DeclineForm, FieldsForm, MessageForm
from deskhand.staff.listing import Place, place
from deskhand.staff.products import sells
from deskhand.staff.promise import clock, clocks
from deskhand.staff.thread import entries, pending
from deskhand.tickets import attachments
from deskhand.tickets.closing import closing_day
from deskhand.tickets.fields import shown_values
from deskhand.tickets.legs import View
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import (
    Earlier,
    earlier_tickets,
    follow_ups,
    is_solved,
    known_tags,
    priorities,
    promise_open,
    staff_page,
    statuses,
    surroundings,
    teams_for,
    topic_path,
    view_counts,
)
from deskhand.tickets.words import with_words
from deskhand.ui import forms, gates
from deskhand.ui.attaching import again
from deskhand.ui.http import SignedInRequest, go, part_wanted, show

LIST_PARTS: Final = ("rows",)
TICKET_PARTS: Final = ("main", "thread", "fields")


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
    is_new_desk = not any(context["counts"].values()) and not staff_page(View.SOLVED, user=request.user, limit=1).rows
    return show(request, "staff/tickets.html", {**context, "is_new_desk": is_new_desk}, parts=LIST_PARTS)


@gates.staff("staff.enter")
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Tickets by number, subject, name or address; a number that exists is opened at once."""
    where = place(request.GET)
    number = text.number(where.words)
    if (
        number is not None
        and Ticket.objects.visible_to(request.user).worked_by(request.user).filter(number=number).exists()
    ):
        return go(request, reverse("staff:ticket", args=[number]))
    if not where.words:
        return show(request, "staff/search.html", {"counts": view_counts(request.user), "place": where})
    return show(request, "staff/tickets.html", around(request, where), parts=LIST_PARTS)


@gates.staff("staff.enter")
@require_safe
def ticket(request: SignedInRequest, number: int) -> HttpResponse:
    """A ticket, its list beside it."""
    found = look_up(request, number)
    composer = None
    shows_composer = part_wanted(request, TICKET_PARTS) in {"", "main"}
    if shows_composer and (kept := forms.kept(request, reverse("staff:messages", args=[number]))):
        composer = MessageForm(initial=kept, choices=statuses(), box=again(request, attachments, kept))
    return show_ticket(request, found, place(request.GET), composer=composer)


def look_up(request: SignedInRequest, number: int) -> Ticket:
    """The ticket, or 404 when it does not exist for this person as staff.

    One's own in a private team one is not in is read in the portal: here its notes would stand (H01).
    """
    tickets = Ticket.objects.visible_to(request.user).worked_by(request.user)
    return with_words(get_object_or_404(tickets.select_related("requester", "organization", "assignee"), number=number))


def show_ticket(
    request: SignedInRequest,
    ticket: Ticket,
    where: Place,
    *,
    composer: MessageForm | None = None,
    refused: BaseForm | None = None,
    asking: FieldsForm | None = None,
    declining: DeclineForm | None = None,
    just_come: frozenset[int] = frozenset(),
    status: int = 200,
) -> HttpResponse:
    """The page of a ticket, or the part of it that is asked for, which reads nothing of what it does not show.

    `refused` is a form with the reasons why; `asking` changes the topic and its fields in place of showing them; `declining`
    stands where the composer stands.
    """
    part = part_wanted(request, TICKET_PARTS)
    context: dict[str, Any] = {"place": where} if part else around(request, where)
    context |= {
        "ticket": ticket,
        "base": reverse("staff:ticket", args=[ticket.number]),
        "asking": asking,
        "topic_path": topic_path(ticket.topic),
        "values": shown_values(ticket, as_staff=True),
    }
    if part != "fields":
        context |= about(request, ticket, where, just_come=just_come)
        context["composer"] = composer or MessageForm(choices=context["statuses"])
        context["refused"] = refused
        context["declining"] = declining
    return show(request, "staff/ticket.html", context, parts=TICKET_PARTS, status=status)


def around(request: SignedInRequest, where: Place) -> dict[str, Any]:
    """What every page of the workspace shows: the counted views and the list."""
    page, counts = where.rows(request.user), view_counts(request.user)
    return {
        "place": where,
        "page": page,
        "clocks": clocks(page.rows, priorities=priorities(), at=timezone.now()),
        "counts": counts,
        "ticket": None,
        "is_new_desk": False,
    }


def about(
    request: SignedInRequest, ticket: Ticket, where: Place, *, just_come: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """Everything a ticket's two panes show."""
    now = timezone.now()
    choices = statuses()
    requester = ticket.requester
    beside = surroundings(ticket)
    due_at = promise_open(ticket)
    bought = _bought(request, ticket) if sells() else None
    return {
        "entries": entries(ticket, user=request.user, at=now, show=where.show, just_come=just_come),
        "pending": pending(ticket, user=request.user),
        "is_solved": is_solved(ticket),
        "clock": clock(due_at, priority=ticket.priority, at=now) if due_at else None,
        "links": linked(ticket, user=request.user),
        "closes_on": dateformat.format(day, pgettext("day", "j M"))
        if (day := closing_day(ticket, current_desk()))
        else "",
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
        "their_tickets": f"{reverse('staff:search')}?{urlencode({'q': requester.email})}",
        "their_time": dateformat.format(
            now.astimezone(ZoneInfo(requester.time_zone or current_desk().time_zone)), pgettext("time", "H:i")
        ),
        "just_come": just_come,
        "bought": bought,
        "may_decline": ticket.category != Category.CLOSED and _has_clauses(bought),
    }


def _bought(request: SignedInRequest, ticket: Ticket) -> Beside:
    return held_beside(
        ticket.requester, about=ticket.purchase_id, installation=ticket.installation_id, viewer=request.user,
        at=timezone.now(),
    )  # fmt: skip


def _has_clauses(bought: Beside | None) -> bool:
    """Does a product say what its support does not cover: the ticket's, or any if it has none?"""
    if bought is None:
        return False
    return any(product.clauses for product in ([bought.about.purchase.product] if bought.about else products()))


@dataclass(frozen=True, slots=True)
class Links:
    """The ticket that this one follows, and those that follow it: as far as this person may read them."""

    follows: Ticket | None
    followed_by: Sequence[Earlier]


def linked(ticket: Ticket, *, user: User) -> Links:
    """Asks only where there can be one: a ticket is followed after it was closed."""
    before = (
        Ticket.objects.visible_to(user).worked_by(user).filter(pk=ticket.follows_id).first()
        if ticket.follows_id
        else None
    )
    is_over = ticket.category == Category.CLOSED
    return Links(before, follow_ups(ticket, user=user, as_staff=True) if is_over else ())


def default(choices: list[Status], category: str) -> Status | None:
    """The status a category's name lands on; None when the desk has none."""
    return next((status for status in choices if status.category == category and status.is_default), None)
