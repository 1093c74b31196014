"""What the pages show: rows and frozen dataclasses, ready to render. Nothing here writes.

Lists read columns, not instances, and page by key: (time, id) of the last row. Counts stop at 1,001.
"""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.tickets.events import PHRASES, Kind
from deskhand.tickets.models import SOLVED, Category, Event, Message, ScheduledChange, Seen, Tag, Ticket

COUNT_CAP: Final = 1_001
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in a list."""

    id: int
    number: int
    subject: str
    category: str
    status: str
    priority: str
    priority_name: str
    requester_id: int
    requester: str
    organization: str
    assignee_id: int | None
    assignee: str
    topic: str
    team: str
    last_replier: str
    last_reply_by_staff: bool
    preview: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the key of the page after them (empty on the last)."""

    rows: list[Row]
    next: str


class View(StrEnum):
    """The agents' built-in lists."""

    UNASSIGNED = "unassigned"
    MINE = "mine"
    OPEN = "open"
    SOLVED = "solved"


class Tab(StrEnum):
    """The customers' lists."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ALL = "all"


def in_view(view: View, user: User) -> QuerySet[Ticket]:
    """The tickets of an agent's list, without an order."""
    tickets = Ticket.objects.visible_to(user)
    match view:
        case View.UNASSIGNED:
            return tickets.unsolved().unassigned()
        case View.MINE:
            return tickets.unsolved().assigned_to(user)
        case View.OPEN:
            return tickets.unsolved()
        case View.SOLVED:
            return tickets.filter(is_unsolved=False)


def staff_page(view: View, *, user: User, after: str = "", limit: int = PAGE) -> Page:
    """A page of an agent's list, newest activity first."""
    return _page(in_view(view, user), user=user, by="updated_at", after=after, limit=limit, customer=False)


def staff_search(words: str, *, user: User, after: str = "", limit: int = PAGE) -> Page:
    """Tickets by number, or by a part of the subject, the requester's name or e-mail; all of the words must occur."""
    tickets = _matching(Ticket.objects.visible_to(user), words, people=True)
    return _page(tickets, user=user, by="updated_at", after=after, limit=limit, customer=False)


def view_counts(user: User) -> dict[View, int]:
    """How many tickets each of the agent's lists of unsolved tickets holds, at most COUNT_CAP."""
    return {view: capped_count(in_view(view, user)) for view in (View.UNASSIGNED, View.MINE, View.OPEN)}


def in_tab(tab: Tab, user: User) -> QuerySet[Ticket]:
    """The tickets of a customer's tab, without an order. "Open" holds all that is unsolved."""
    tickets = Ticket.objects.visible_to(user).concerning(user)
    match tab:
        case Tab.OPEN:
            return tickets.filter(is_unsolved=True)
        case Tab.WAITING:
            return tickets.filter(category=Category.WAITING)
        case Tab.RESOLVED:
            return tickets.filter(category=Category.RESOLVED)
        case Tab.CLOSED:
            return tickets.filter(category=Category.CLOSED)
        case Tab.ALL:
            return tickets


def portal_page(tab: Tab, *, user: User, words: str = "", after: str = "", limit: int = PAGE) -> Page:
    """A page of a customer's tickets, the latest public activity first; `words` search number and subject."""
    tickets = in_tab(tab, user)
    if words:
        tickets = _matching(tickets, words, people=False)
    return _page(tickets, user=user, by="public_updated_at", after=after, limit=limit, customer=True)


def tab_counts(user: User) -> dict[Tab, int]:
    """How many tickets each tab holds, at most COUNT_CAP each."""
    return {tab: capped_count(in_tab(tab, user)) for tab in Tab}


def capped_count(tickets: QuerySet[Ticket]) -> int:
    """Count, but stop at COUNT_CAP: past a thousand nobody reads the number, and the database would read every row."""
    return tickets.order_by()[:COUNT_CAP].count()


def earlier_tickets(ticket: Ticket, *, user: User, limit: int = 5) -> list[Row]:
    """The requester's other tickets, newest first."""
    others = Ticket.objects.visible_to(user).filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return _page(others, user=user, by="updated_at", after="", limit=limit, customer=False).rows


_COLUMNS: Final = (
    "id", "number", "subject", "category", "status__name", "priority__slug", "priority__name", "requester_id",
    "requester__name", "organization__name", "assignee_id", "assignee__name", "topic__name", "team__name",
    "last_replier__name", "last_reply_by_staff", "preview",
)  # fmt: skip


def _page(tickets: QuerySet[Ticket], *, user: User, by: str, after: str, limit: int, customer: bool) -> Page:
    columns = [("status__customer_name" if customer and name == "status__name" else name) for name in _COLUMNS]
    marker = F("last_public_event" if customer else "last_event")
    seen = Subquery(Seen.objects.filter(user=user, ticket=OuterRef("pk")).values("event")[:1])
    if key := _read_key(after):
        at, pk = key
        tickets = tickets.filter(Q(**{f"{by}__lte": at}) & (Q(**{f"{by}__lt": at}) | Q(pk__lt=pk)))
    found = list(tickets.order_by(f"-{by}", "-pk").values_list(*columns, by, marker, seen)[: limit + 1])
    rows = [
        Row(*_filled([*values, at, (seen_event or 0) < last_event]))
        for *values, at, last_event, seen_event in found[:limit]
    ]
    last = rows[-1] if len(found) > limit else None
    return Page(rows=rows, next=_write_key(last.at, last.id) if last else "")


_ASSIGNEE: Final = _COLUMNS.index("assignee_id")


def _filled(values: list[Any]) -> list[Any]:
    """A missing name is an empty text; a missing assignee stays None."""
    return [value if value is not None or index == _ASSIGNEE else "" for index, value in enumerate(values)]


def _write_key(at: datetime, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), pk]).encode()).decode()


def _read_key(key: str) -> tuple[datetime, int] | None:
    """The position a page starts after; anything that we did not write starts at the beginning."""
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(key.encode()))
        moment = datetime.fromisoformat(at)
        return (moment, int(pk)) if moment.tzinfo else None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def _matching(tickets: QuerySet[Ticket], words: str, *, people: bool) -> QuerySet[Ticket]:
    for word in words.split()[:8]:
        digits = word.lstrip("#")
        condition = Q(subject__icontains=word)
        if digits.isascii() and digits.isdigit() and len(digits) <= 18:
            condition |= Q(number=int(digits))
        if people:
            condition |= Q(requester__name__icontains=word) | Q(requester__email__icontains=word)
        tickets = tickets.filter(condition)
    return tickets


# One ticket


@dataclass(frozen=True, slots=True)
class Line:
    """What is read in a timeline: a message, or a group of things one person did at one moment."""

    at: datetime
    by_id: int | None
    by: str
    message: Message | None
    sentences: list[str]
    change: uuid.UUID
    last_event: int
    is_new: bool


def timeline(ticket: Ticket, *, user: User, as_staff: bool, limit: int = 500) -> list[Line]:
    """Messages and changes, oldest first, the latest `limit` events; `as_staff` decides about notes and words.

    What one person changed at one moment is one line (S4.15: all changes of status and all replies).
    """
    events = ticket.events.select_related("by", "message").order_by("-pk")
    if not as_staff:
        events = events.filter(is_public=True)
    seen = Seen.objects.filter(user=user, ticket=ticket).values_list("event", flat=True).first() or 0
    newest_last = sorted(events[:limit], key=lambda event: event.pk)
    lines: list[Line] = []
    for change, group in groupby(newest_last, key=lambda event: event.change):
        told = list(group)
        for event in told:
            if event.kind in _SPOKEN and event.message:
                lines.append(_line(change, [event], event.message, [], seen, user))
        rest = [event for event in told if event.kind not in _SPOKEN]
        if rest:
            lines.append(_line(change, rest, None, [sentence(e, as_staff=as_staff) for e in rest], seen, user))
    return lines


_SPOKEN: Final = frozenset({Kind.OPENED, Kind.REPLIED, Kind.NOTED})


def _line(
    change: uuid.UUID, told: list[Event], message: Message | None, sentences: list[str], seen: int, user: User
) -> Line:
    last = told[-1]
    return Line(
        at=last.at, by_id=last.by_id, by=_who(last), message=message, sentences=sentences, change=change,
        last_event=last.pk, is_new=last.pk > seen and last.by_id != user.pk,
    )  # fmt: skip


def sentence(event: Event, *, as_staff: bool) -> str:
    """What happened, in the words for this reader."""
    phrase = PHRASES[Kind(event.kind)]
    words = str(phrase.staff if as_staff else phrase.customer or "")
    return words % {
        "by": _who(event), "old": _value(event.before, as_staff=as_staff), "new": _value(event.after, as_staff=as_staff)
    }  # fmt: skip


def _who(event: Event) -> str:
    return event.by.name if event.by else _("The desk")


def _value(value: dict[str, Any] | None, *, as_staff: bool) -> str:
    if value is None:
        return _("nobody")
    return str(value["name"] if as_staff else value.get("customer", value["name"]))


def standing(ticket: Ticket, *, user: User) -> str:
    """Where the ticket stands, in one sentence for its customer."""
    mine = ticket.requester_id == user.pk
    match ticket.category:
        case Category.OPEN if ticket.last_replier_id is None or not ticket.assignee_id:
            return _("We have your message and answer as soon as possible.")
        case Category.OPEN:
            return _("%(name)s looks after this ticket and answers next.") % {"name": ticket.assignee}
        case Category.IN_PROGRESS:
            return _("We are working on it.")
        case Category.WAITING if mine:
            return _("We answered and wait for you.")
        case Category.WAITING:
            return _("We answered and wait for %(name)s.") % {"name": ticket.requester}
        case Category.RESOLVED:
            return _("We think this is solved. If it is not, send a message and the ticket opens again.")
        case _:
            return _("This ticket is closed.")


def pending_changes(ticket: Ticket, *, user: User) -> list[ScheduledChange]:
    """What this person has sent and nobody else sees yet, and what was refused when its time came."""
    states = (ScheduledChange.State.PENDING, ScheduledChange.State.REFUSED)
    return list(ticket.scheduled.filter(by=user, state__in=states).order_by("pk"))


def tags_of(ticket: Ticket) -> list[str]:
    """The ticket's tags, in the order of the alphabet."""
    return list(ticket.tags.order_by("name").values_list("name", flat=True))


def known_tags(limit: int = 200) -> list[str]:
    """Tags to choose from."""
    return list(Tag.objects.order_by("name").values_list("name", flat=True)[:limit])


def assignable_agents(ticket: Ticket) -> list[User]:
    """Who may be given this ticket, by name."""
    agents = User.objects.staff().active()
    if ticket.team and ticket.team.is_private:
        agents = agents.filter(Q(teams=ticket.team) | Q(role__in=("lead", "admin"))).distinct()
    return list(agents.order_by("name"))


def teams_for(user: User) -> list[Team]:
    """Teams a ticket can be moved to: private ones are named to their members, leads and administrators only."""
    teams = Team.objects.order_by("name")
    if not user.can("ticket.see_private"):
        member = Exists(Team.members.through.objects.filter(team=OuterRef("pk"), user=user))
        teams = teams.filter(Q(is_private=False) | member)
    return list(teams)


def is_solved(ticket: Ticket) -> bool:
    """Resolved or closed."""
    return ticket.category in SOLVED
