"""What the pages show: rows and frozen dataclasses, ready to render. Nothing here writes.

How lists are read and paged is `tickets.paging`.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db.models import Q, QuerySet, Value
from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.accounts.privacy import teams_hidden_from
from deskhand.core.prepared import Prepared
from deskhand.desk.layout import Tab
from deskhand.tickets.events import REVERSIBLE, Kind
from deskhand.tickets.history import Entry, history, said
from deskhand.tickets.legs import LATEST_PUBLIC, Order, View, portal_legs, staff_legs
from deskhand.tickets.models.choices import SOLVED, Category, Priority, Status, Tag, Topic
from deskhand.tickets.models.event import Event, ScheduledChange
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket, worked_by
from deskhand.tickets.paging import PAGE, Page, capped_counts, matching, newest, newest_of, page_of
from deskhand.tickets.words import words, words_with

EARLIER: Final = 5  # tickets of the same person beside one
SEARCHED: Final = 30_000  # tickets: no index knows parts of words, and reading that many takes 25 to 55 ms


def staff_page(view: View, *, user: User, after: str = "", before: str = "", limit: int = PAGE) -> Page:
    """A page of an agent's list, newest activity first."""
    legs = staff_legs(view, user=user)
    return page_of(legs, user=user, after=after, before=before, limit=limit, customer=False)


def staff_search(words: str, *, user: User, after: str = "", before: str = "", limit: int = PAGE) -> Page:
    """Tickets by number, or by a part of the subject, the requester's name or e-mail; all of the words must occur.

    Looks at the newest SEARCHED tickets of the desk.
    """
    tickets = matching(newest(Ticket.objects.visible_to(user).worked_by(user), SEARCHED), words, people=True)
    return page_of(tickets, user=user, after=after, before=before, limit=limit, customer=False)


def view_counts(user: User) -> dict[View, int]:
    """How many tickets each of the agent's lists of unsolved tickets holds, at most COUNT_CAP; one query for all."""
    return capped_counts({view: staff_legs(view, user=user) for view in _COUNTED})


_COUNTED: Final = (View.UNASSIGNED, View.MINE, View.OPEN, View.OVERDUE)


def portal_page(
    tab: Tab, *, user: User, requester: int | None = None, words: str = "", after: str = "", before: str = "",
    limit: int = PAGE, order: Order = LATEST_PUBLIC,
) -> Page:  # fmt: skip
    """A page of a customer's tickets, by default the latest public activity first.

    With `words` those of the newest SEARCHED that match by number and subject, with `requester` only what that person
    opened (S4.18). Who opened the ticket is no replier yet: `last_replier` is empty until somebody replied.
    """
    legs = portal_legs(tab, user=user, requester=requester, order=LATEST_PUBLIC if words else order)
    tickets = matching(newest_of(legs, SEARCHED), words, people=False) if words else legs
    return page_of(tickets, user=user, after=after, before=before, limit=limit, customer=True, order=order)


def tab_counts(user: User, *tabs: Tab, requester: int | None = None) -> dict[Tab, int]:
    """How many tickets these tabs (all, if none is named) hold, at most COUNT_CAP each; one query for all."""
    return capped_counts({tab: portal_legs(tab, user=user, requester=requester) for tab in tabs or Tab})


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another ticket of the same person, in one line."""

    number: int
    subject: str
    category: str
    status: str


def earlier_tickets(ticket: Ticket, *, user: User) -> list[Earlier]:
    """The requester's other tickets, newest first; of somebody who opened very many, those among the newest 50."""
    given = {"ticket": ticket.pk, "requester": ticket.requester_id}
    if worked_by(user):
        return [Earlier(*row) for row in _others(Ticket.objects.visible_to(user).worked_by(user), **given)]
    return [Earlier(*row) for row in _OTHERS.rows(**given)]  # from nobody who works on all is one hidden


def _others(tickets: QuerySet[Ticket], *, ticket: int, requester: int) -> QuerySet[Ticket, Any]:
    newest = Ticket.objects.filter(requester=requester).order_by("-public_updated_at", "-pk").values("pk")[:50]
    others = tickets.filter(pk__in=newest).exclude(pk=ticket).order_by("-public_updated_at", "-pk")
    return others.values_list("number", "subject", "category", "status__name")[:EARLIER]


_OTHERS: Final = Prepared(lambda **given: _others(Ticket.objects.all(), **given), "ticket", "requester")


def follow_ups(ticket: Ticket, *, user: User, as_staff: bool) -> list[Earlier]:
    """The tickets that go on from this one and that this person sees on that side, the latest first (S3.17)."""
    status = "status__name" if as_staff else "status__customer_name"
    seen = Ticket.objects.visible_to(user)
    later = (seen.worked_by(user) if as_staff else seen.concerning(user)).filter(follows=ticket.pk).order_by("-pk")
    return [Earlier(*row) for row in later.values_list("number", "subject", "category", status)[:EARLIER]]


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


def timeline(ticket: Ticket, *, user: User, as_staff: bool) -> list[Line]:
    """Messages and changes, oldest first, the latest 500 events; `as_staff` decides about notes and words.

    What one person changed at one moment is one line (S4.15: all changes of status and all replies).
    """
    entries = history(ticket, user=user, as_staff=as_staff)
    seen = (entries[0].seen or 0) if entries else 0
    lines: list[Line] = []
    for change, group in groupby(entries, key=lambda event: event.change):
        told = list(group)
        for event in told:
            if event.kind in _SPOKEN and event.message:
                lines.append(_line(change, [event], event.message, [], seen, user))
        rest = [event for event in told if event.kind not in _SPOKEN]
        if rest:
            lines.append(_line(change, rest, None, [e.sentence(as_staff=as_staff) for e in rest], seen, user))
    return lines


_SPOKEN: Final = frozenset({Kind.OPENED, Kind.REPLIED, Kind.NOTED})


def _line(
    change: uuid.UUID, told: list[Entry], message: Message | None, sentences: list[str], seen: int, user: User
) -> Line:
    last = told[-1]
    return Line(
        at=last.at, by_id=last.by_id, by=last.by, message=message, sentences=sentences, change=change,
        last_event=last.pk, is_new=last.pk > seen and last.by_id != user.pk,
        is_reversible=any(event.kind in REVERSIBLE for event in told),
    )  # fmt: skip


def sentence(event: Event, *, as_staff: bool) -> str:
    """What happened, in the words for this reader."""
    return said(event.kind, event.by.name if event.by else None, event.before, event.after, as_staff=as_staff)


def standing(ticket: Ticket, *, user: User) -> str:
    """Where the ticket stands, in one sentence for its customer."""
    mine = ticket.requester_id == user.pk
    if ticket.asked_at:
        return (
            _("We asked you a question and wait for your answer.")
            if mine
            else _("We asked %(name)s a question and wait for the answer.") % {"name": ticket.requester}
        )
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


def question(message: Message, ticket: Ticket) -> str:
    """Does it ask its customer something (S5.10)? "open" while the answer is waited for, "answered" after it; else ""."""
    if not message.is_question or message.redacted_at is not None:
        return ""
    return "open" if ticket.asked_at is not None and message.at >= ticket.asked_at else "answered"


def promise_open(ticket: Ticket) -> datetime | None:
    """By when its customer hears from us for the first time, while nobody has answered and it is unsolved (S3.14)."""
    return ticket.first_response_due_at if ticket.is_unsolved and ticket.first_responded_at is None else None


def pending_changes(ticket: Ticket, *, user: User) -> list[ScheduledChange]:
    """What this person has sent and nobody else sees yet, and what was refused when its time came."""
    return [
        ScheduledChange.from_db("default", _SCHEDULED, row) for row in _WAITING.rows(ticket=ticket.pk, user=user.pk)
    ]


def _waiting(*, ticket: int, user: int) -> QuerySet[ScheduledChange, Any]:
    states = (ScheduledChange.State.PENDING, ScheduledChange.State.REFUSED)
    waiting = ScheduledChange.objects.filter(ticket=ticket, by=user, state__in=states).order_by("pk")
    return waiting.values_list(*_SCHEDULED)


_SCHEDULED: Final = ("id", "ticket_id", "by_id", "via", "actions", "created_at", "run_at", "state", "refusal")
_WAITING: Final = Prepared(_waiting, "ticket", "user")


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
    team = ticket.team if ticket.team and ticket.team.is_private else None
    rows = _AROUND_PRIVATE.rows(ticket=ticket.pk, team=team.pk) if team else _AROUND.rows(ticket=ticket.pk)
    found: dict[str, list[Named]] = {"tags": [], "followers": [], "agents": []}
    for kind, pk, name in rows:
        found[kind].append(Named(pk, name))
    return Surroundings(**found)


def _around(*, ticket: int, team: int | None = None) -> QuerySet[Tag, Any]:
    tags = Tag.objects.filter(tickettag__ticket=ticket).order_by().values_list(Value("tags"), "pk", "name")
    followers = User.objects.filter(followed__ticket=ticket).values_list(Value("followers"), "pk", "name")
    agents = _agents(team).values_list(Value("agents"), "pk", "name")
    return tags.union(followers, agents, all=True).order_by("name")


_AROUND: Final = Prepared(_around, "ticket")
_AROUND_PRIVATE: Final = Prepared(_around, "ticket", "team")


def known_tags() -> list[str]:
    """Tags to choose from."""
    return words().tags


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A topic to choose, how deep in the tree it stands, and the way to it: "IT support › E-mail"."""

    topic: Topic
    depth: int
    path: str


def topic_choices() -> list[TopicChoice]:
    """Topics to choose from, each after the one it belongs to (S4.5). What is below an archived topic is archived, too."""
    return list(_branches(None, depth=0, way=""))


def _branches(parent: int | None, *, depth: int, way: str) -> Iterator[TopicChoice]:
    for topic in words().below(parent):
        if not topic.is_archived:
            path = f"{way}{topic.name}"
            yield TopicChoice(topic, depth, path)
            yield from _branches(topic.pk, depth=depth + 1, way=f"{path} › ")


def topic_path(topic: Topic) -> str:
    """Where it stands in the tree: "IT support › E-mail"."""
    return " › ".join(above.name for above in reversed(list(words_with(topic).lineage(topic.pk))))


def topics() -> list[Topic]:
    """Topics to choose from, in the order of the tree."""
    return [choice.topic for choice in topic_choices()]


def priorities() -> list[Priority]:
    """Priorities to choose from, the least urgent first."""
    return list(words().priorities.values())


def statuses() -> list[Status]:
    """Statuses to choose from, in their order."""
    return [status for status in words().statuses.values() if not status.is_archived]


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
    return _agents(ticket.team_id if ticket.team and ticket.team.is_private else None)


def _agents(private_team: int | None) -> QuerySet[User]:
    """All of them, or those who see a private team's tickets."""
    agents = User.objects.staff().active()
    if private_team is None:
        return agents
    return agents.filter(Q(teams=private_team) | Q(role__in=("lead", "admin"))).distinct()


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
