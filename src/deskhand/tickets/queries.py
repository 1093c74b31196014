"""What the pages show: rows and frozen dataclasses, ready to render. Nothing here writes.

How lists are read and paged is `tickets.paging`.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from django.db.models import Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.accounts.privacy import teams_hidden_from
from deskhand.tickets.events import PHRASES, REVERSIBLE, Kind
from deskhand.tickets.models import (
    SOLVED,
    Category,
    Event,
    Message,
    Priority,
    ScheduledChange,
    Seen,
    Status,
    Ticket,
    TicketQuerySet,
    Topic,
)
from deskhand.tickets.paging import PAGE, Page, capped_counts, matching, newest, page_of
from deskhand.tickets.words import words

SEARCHED: Final = 30_000  # tickets: no index knows parts of words, and reading that many takes 25 to 55 ms


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


def _in_view(view: View, tickets: TicketQuerySet, user: User) -> QuerySet[Ticket]:
    """Those of the tickets this agent sees that are in a list of theirs, without an order."""
    match view:
        case View.UNASSIGNED:
            return tickets.unsolved().unassigned()
        case View.MINE:
            return tickets.unsolved().assigned_to(user)
        case View.OPEN:
            return tickets.unsolved()
        case View.SOLVED:
            return tickets.filter(is_unsolved=False)


def staff_page(view: View, *, user: User, after: str = "", before: str = "", limit: int = PAGE) -> Page:
    """A page of an agent's list, newest activity first."""
    tickets = _in_view(view, Ticket.objects.visible_to(user), user)
    return page_of(tickets, user=user, by="updated_at", after=after, before=before, limit=limit, customer=False)


def staff_search(words: str, *, user: User, after: str = "", before: str = "", limit: int = PAGE) -> Page:
    """Tickets by number, or by a part of the subject, the requester's name or e-mail; all of the words must occur.

    Looks at the newest SEARCHED tickets of the desk.
    """
    tickets = matching(newest(Ticket.objects.visible_to(user), SEARCHED), words, people=True)
    return page_of(tickets, user=user, by="updated_at", after=after, before=before, limit=limit, customer=False)


def view_counts(user: User) -> dict[View, int]:
    """How many tickets each of the agent's lists of unsolved tickets holds, at most COUNT_CAP; one query for all."""
    seen = Ticket.objects.visible_to(user)  # once: to build it takes the ORM a millisecond
    return capped_counts({view: _in_view(view, seen, user) for view in (View.UNASSIGNED, View.MINE, View.OPEN)}, user)


def _own(user: User, requester: int | None) -> TicketQuerySet:
    """What concerns a customer; with `requester` only what that person opened."""
    tickets = Ticket.objects.visible_to(user)
    if user.can("staff.enter"):  # what a customer sees concerns them anyhow, and asking twice costs twice
        tickets = tickets.concerning(user)
    return tickets if requester is None else tickets.filter(requester=requester)


def _in_tab(tab: Tab, tickets: TicketQuerySet) -> QuerySet[Ticket]:
    """Those in a customer's tab, without an order. "Open" holds all that is unsolved."""
    match tab:
        case Tab.OPEN:
            return tickets.unsolved()
        case Tab.WAITING:
            return tickets.filter(category=Category.WAITING)
        case Tab.RESOLVED:
            return tickets.filter(category=Category.RESOLVED)
        case Tab.CLOSED:
            return tickets.filter(category=Category.CLOSED)
        case Tab.ALL:
            return tickets


def portal_page(
    tab: Tab, *, user: User, requester: int | None = None, words: str = "", after: str = "", before: str = "",
    limit: int = PAGE,
) -> Page:  # fmt: skip
    """A page of a customer's tickets, the latest public activity first; `words` search number and subject.

    With `requester` only what that person opened (S4.18). Who opened the ticket is no replier yet: `last_replier` is
    empty until somebody replied.
    """
    tickets = _in_tab(tab, _own(user, requester))
    if words:
        tickets = matching(tickets, words, people=False)
    return page_of(tickets, user=user, by="public_updated_at", after=after, before=before, limit=limit, customer=True)


def tab_counts(user: User, *tabs: Tab, requester: int | None = None) -> dict[Tab, int]:
    """How many tickets these tabs (all, if none is named) hold, at most COUNT_CAP each; one query for all."""
    own = _own(user, requester)
    return capped_counts({tab: _in_tab(tab, own) for tab in tabs or Tab}, user)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another ticket of the same person, in one line."""

    number: int
    subject: str
    category: str
    status: str


def earlier_tickets(ticket: Ticket, *, user: User, limit: int = 5) -> list[Earlier]:
    """The requester's other tickets, newest first."""
    others = Ticket.objects.visible_to(user).filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    columns = others.order_by("-updated_at", "-pk").values_list("number", "subject", "category", "status__name")
    return [Earlier(*values) for values in columns[:limit]]


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
    is_reversible: bool

    @property
    def told(self) -> str:
        """All sentences as one; a name that begins each of them is said once."""
        return " · ".join([*self.sentences[:1], *(words.removeprefix(f"{self.by} ") for words in self.sentences[1:])])


def timeline(ticket: Ticket, *, user: User, as_staff: bool, limit: int = 500) -> list[Line]:
    """Messages and changes, oldest first, the latest `limit` events; `as_staff` decides about notes and words.

    What one person changed at one moment is one line (S4.15: all changes of status and all replies).
    """
    mark = Seen.objects.filter(user=user, ticket=ticket).values("event")[:1]
    events = ticket.events.select_related("by", "message").annotate(seen=Subquery(mark)).order_by("-pk")
    if not as_staff:
        events = events.filter(is_public=True)
    found = list(events[:limit])
    seen = (found[0].seen or 0) if found else 0
    newest_last: list[Event] = [*reversed(found)]
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
        is_reversible=any(event.kind in REVERSIBLE for event in told),
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


def pending_until(ticket: Ticket, *, at: datetime) -> datetime | None:
    """When the last reply that is on its way will have happened; None when there is none. Never in the past.

    One that is minutes late hangs; nobody waits for it any longer.
    """
    waiting = ticket.scheduled.filter(state=ScheduledChange.State.PENDING, run_at__gt=at - timedelta(minutes=5))
    last = waiting.order_by("-run_at").values_list("run_at", flat=True).first()
    return max(last, at + timedelta(seconds=1)) if last else None


@dataclass(frozen=True, slots=True)
class Named:
    """A tag of a ticket, or a person who follows it or may be given it."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands beside a ticket, each by name: its tags, who follows it, who may be given it."""

    tags: list[Named]
    followers: list[Named]
    agents: list[Named]


def surroundings(ticket: Ticket) -> Surroundings:
    """All three in one query."""
    tags = ticket.tags.order_by().values_list(Value("tags"), "pk", "name")
    followers = User.objects.filter(followed__ticket=ticket).values_list(Value("followers"), "pk", "name")
    agents = _assignable(ticket).values_list(Value("agents"), "pk", "name")
    found: dict[str, list[Named]] = {"tags": [], "followers": [], "agents": []}
    for kind, pk, name in tags.union(followers, agents, all=True).order_by("name"):
        found[kind].append(Named(pk, name))
    return Surroundings(**found)


def known_tags() -> list[str]:
    """Tags to choose from."""
    return words().tags


def topics() -> list[Topic]:
    """Topics to choose from, in their order."""
    return [topic for topic in words().topics.values() if not topic.is_archived]


def priorities() -> list[Priority]:
    """Priorities to choose from, the least urgent first."""
    return list(words().priorities.values())


def statuses() -> list[Status]:
    """Statuses to choose from, in their order."""
    return list(words().statuses.values())


def spoken_since(ticket: Ticket, *, event: int, user: User) -> frozenset[int]:
    """The public messages of others that came after this event; whoever wrote an answer before may want to read them."""
    news = ticket.events.filter(pk__gt=event, is_public=True, kind__in=_SPOKEN).exclude(by=user)
    return frozenset(pk for pk in news.values_list("message", flat=True) if pk)


def has_change(ticket: Ticket, change: uuid.UUID) -> bool:
    """Is this a change of this very ticket?"""
    return ticket.events.filter(change=change).exists()


def assignable_agents(ticket: Ticket) -> list[User]:
    """Who may be given this ticket, by name."""
    return list(_assignable(ticket).order_by("name"))


def _assignable(ticket: Ticket) -> QuerySet[User]:
    agents = User.objects.staff().active()
    if ticket.team and ticket.team.is_private:
        agents = agents.filter(Q(teams=ticket.team) | Q(role__in=("lead", "admin"))).distinct()
    return agents


def teams_for(user: User) -> list[Team]:
    """Teams a ticket can be moved to: private ones are named to their members, leads and administrators only."""
    hidden = [] if user.can("ticket.see_private") else teams_hidden_from(user)
    return [team for team in words().teams.values() if team.pk not in hidden]


def is_solved(ticket: Ticket) -> bool:
    """Resolved or closed."""
    return ticket.category in SOLVED


def customers_following(ticket: Ticket) -> list[User]:
    """The customers who hear of the ticket without having opened it; which staff follows is not for their eyes."""
    return list(User.objects.get_queryset().customers().filter(followed__ticket=ticket).order_by("name"))


def colleague(ticket: Ticket, *, user: User, email: str) -> User | None:
    """The customer with this address, if `user` and they belong to the organization the ticket was opened for."""
    if ticket.organization_id is None or user.organization_id != ticket.organization_id:
        return None
    colleagues = User.objects.get_queryset().customers().active().filter(organization=ticket.organization_id)
    return colleagues.filter(email__iexact=email).first()
