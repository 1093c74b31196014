"""The desk's own words: statuses, priorities, topics, fields, teams, tags. On every page, changed once a month: kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from deskhand.accounts.models import Team
from deskhand.desk.queries import Kept, forget_cached_desk
from deskhand.tickets.models.choices import Priority, Status, Tag, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.ticket import Ticket

MOST_TAGS = 200  # a longer list helps nobody to choose


@dataclass(frozen=True, slots=True)
class Words:
    """All of them by key, in their order, archived ones too. The instances are shared: do not change them."""

    statuses: dict[int, Status]
    priorities: dict[int, Priority]
    topics: dict[int, Topic]
    fields: dict[int, Field]
    asked_in: dict[int, frozenset[int]]  # field → the topics it was given to
    teams: dict[int, Team]
    tags: list[str]

    def lineage(self, topic: int | None) -> Iterator[Topic]:
        """A topic, the one above it, and so on to the top of the tree; it ends also where somebody made a loop."""
        passed: set[int] = set()
        while topic in self.topics and topic not in passed:
            passed.add(topic)
            yield self.topics[topic]
            topic = self.topics[topic].parent_id

    def below(self, parent: int | None) -> list[Topic]:
        """The topics right below one, or those at the top, in their order."""
        return [topic for topic in self.topics.values() if topic.parent_id == parent]


Thing = TypeVar("Thing", Status, Priority, Topic, Field, Team)


def _read() -> Words:
    asked_in: dict[int, set[int]] = defaultdict(set)
    for field, topic in Field.topics.through.objects.values_list("field", "topic"):
        asked_in[field].add(topic)
    return Words(
        statuses=_by_key(Status.objects.all()),
        priorities=_by_key(Priority.objects.all()),
        topics=_by_key(Topic.objects.select_related("team")),
        fields=_by_key(Field.objects.all()),
        asked_in={field: frozenset(topics) for field, topics in asked_in.items()},
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


def words_with(topic: Topic) -> Words:
    """Words that hold this topic, also one that was made a moment ago."""
    if topic.pk not in words().topics:
        forget_cached_desk()
    return words()


def with_words(ticket: Ticket) -> Ticket:
    """The same ticket, its status, priority, topic and team loaded without a query."""
    known = words_for([(ticket.status_id, ticket.priority_id, ticket.topic_id, ticket.team_id)])
    ticket.status = known.statuses[ticket.status_id]
    ticket.priority = known.priorities[ticket.priority_id]
    ticket.topic = known.topics[ticket.topic_id]
    ticket.team = known.teams[ticket.team_id] if ticket.team_id else None
    return ticket


def default_status(category: str) -> Status:
    """The status that a change lands on when it names only a category."""
    return next(status for status in words().statuses.values() if status.category == category and status.is_default)


def default_priority(topic: Topic) -> Priority:
    """What a ticket gets when nobody chooses: its topic's priority, else the desk's."""
    known = words().priorities
    usual = next(priority for priority in known.values() if priority.is_default)
    return known.get(topic.priority_id, usual) if topic.priority_id else usual
