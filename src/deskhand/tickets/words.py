"""The desk's own words: statuses, priorities, topics, teams, tags. On every page, changed once a month, kept in the process."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from deskhand.accounts.models import Team
from deskhand.desk.queries import Kept, forget_cached_desk
from deskhand.tickets.models import Priority, Status, Tag, Ticket, Topic

MOST_TAGS = 200  # a longer list helps nobody to choose


@dataclass(frozen=True, slots=True)
class Words:
    """All of them by key, in their order. The instances are shared: do not change them."""

    statuses: dict[int, Status]
    priorities: dict[int, Priority]
    topics: dict[int, Topic]
    teams: dict[int, Team]
    tags: list[str]


Thing = TypeVar("Thing", Status, Priority, Topic, Team)


def _read() -> Words:
    return Words(
        statuses=_by_key(Status.objects.all()),
        priorities=_by_key(Priority.objects.all()),
        topics=_by_key(Topic.objects.select_related("team")),
        teams=_by_key(Team.objects.order_by("name")),
        tags=list(Tag.objects.order_by("name").values_list("name", flat=True)[:MOST_TAGS]),
    )


def _by_key(things: Iterable[Thing]) -> dict[int, Thing]:
    return {thing.pk: thing for thing in things}


words = Kept(_read)


def words_for(tickets: Iterable[tuple[int, int, int, int | None]]) -> Words:
    """Words that hold the status, priority, topic and team of these tickets, also one that was made a moment ago."""
    known = words()
    for status, priority, topic, team in tickets:
        is_known = status in known.statuses and priority in known.priorities and topic in known.topics
        if not is_known or (team is not None and team not in known.teams):
            forget_cached_desk()
            return words()
    return known


def with_words(ticket: Ticket) -> Ticket:
    """The same ticket, its status, priority, topic and team loaded without a query."""
    known = words_for([(ticket.status_id, ticket.priority_id, ticket.topic_id, ticket.team_id)])
    ticket.status = known.statuses[ticket.status_id]
    ticket.priority = known.priorities[ticket.priority_id]
    ticket.topic = known.topics[ticket.topic_id]
    ticket.team = known.teams[ticket.team_id] if ticket.team_id else None
    return ticket
