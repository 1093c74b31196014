"""What is true of every desk at every moment, whatever died in between. Only reads; `deskhand invariants` prints it.

Each rule is a function that yields one line for each row that breaks it. They read everything: minutes at a million tickets.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from deskhand.core import blobs
from deskhand.core.models import Counter
from deskhand.tickets.diff import TRACKED
from deskhand.tickets.events import MESSAGES, Kind
from deskhand.tickets.models.choices import SOLVED, UNSOLVED, Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Follower, Ticket

_Answered = tuple[int, dict[str, Any], dict[str, Any], dict[str, Any]]
Rule = Callable[[], Iterator[str]]
# Under which kinds the changes of a tracked field stand in the timeline: closing and reopening are changes of status.
_KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    name: (kind, Kind.CLOSED, Kind.REOPENED, Kind.REFUSED) if kind is Kind.STATUS_CHANGED else (kind,)
    for name, kind in TRACKED.items()
}
_GOES_AWAY: Final = {"team", "assignee"}  # deleting one empties the column without an event
# What the migrations put into the database. SQLite drops a table's triggers with it when a migration writes it anew.
TRIGGERS: Final[dict[str, frozenset[str]]] = {
    "sqlite": frozenset({"tickets_follower_copies", "tickets_ticket_copied"}),
    "postgresql": frozenset({"tickets_follower_copies", "tickets_ticket_copied", "tickets_event_wake"}),
}
_TRIGGERS_THERE: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
}


def numbers_are_counted() -> Iterator[str]:
    """The next number is a new one: the counter is not below the highest number in use."""
    highest = Ticket.objects.aggregate(highest=Max("number"))["highest"]
    counted = Counter.objects.filter(name="ticket").values_list("value", flat=True).first()
    if highest is not None and (counted or 0) < highest:
        yield f"the counter stands at {counted}, ticket #{highest} exists"


def every_ticket_was_opened_once() -> Iterator[str]:
    """One opening with its message, and nothing in the timeline before it."""
    rows = Ticket.objects.annotate(
        openings=Count("events", filter=Q(events__kind=Kind.OPENED, events__message__isnull=False)),
        opened=Min("events__id", filter=Q(events__kind=Kind.OPENED)),
        first=Min("events__id"),
    ).exclude(openings=1, opened=F("first"))
    for number, openings in rows.order_by().values_list("number", "openings"):
        yield f"#{number} was opened {openings} times, or something happened before"


def every_message_is_told_once() -> Iterator[str]:
    """Each message stands in the timeline of its own ticket exactly once, and a note never as something public."""
    told = Event.objects.filter(message=OuterRef("pk"), kind__in=MESSAGES).order_by().values("message")
    fitting = told.filter(ticket=OuterRef("ticket"), is_public=OuterRef("is_public"))
    rows = Message.objects.annotate(
        told=Coalesce(Subquery(told.annotate(count=Count("pk")).values("count")), 0),
        fitting=Coalesce(Subquery(fitting.annotate(count=Count("pk")).values("count")), 0),
    ).exclude(told=1, fitting=1)
    for pk, number, count in rows.values_list("pk", "ticket__number", "told"):
        yield f"message {pk} of #{number} is told {count} times, or to the wrong people"


def a_ticket_ends_with_its_last_event() -> Iterator[str]:
    """The row's cursor and times are those of its newest event, and of the newest one that a customer may see."""
    for flag, event, moment in (
        (Q(), "last_event", "updated_at"),
        (Q(is_public=True), "last_public_event", "public_updated_at"),
    ):
        newest = Event.objects.filter(flag, ticket=OuterRef("pk")).order_by("-pk")
        rows = Ticket.objects.annotate(
            newest=Coalesce(Subquery(newest.values("pk")[:1]), 0), newest_at=Subquery(newest.values("at")[:1])
        ).exclude(newest=F(event), newest_at=F(moment))
        for number, pk, found in rows.values_list("number", event, "newest"):
            yield f"#{number} ends with event {pk} in {event}, {moment}; its timeline with {found}"


def a_category_is_its_status() -> Iterator[str]:
    """What lists and counts look at says the same as the status."""
    fits = Q(category=F("status__category"))
    solved = Q(is_unsolved=True, category__in=UNSOLVED) | Q(is_unsolved=False, category__in=SOLVED)
    for number, category, status in Ticket.objects.exclude(fits & solved).values_list(
        "number", "category", "status__name"
    ):
        yield f"#{number} is {category}, its status is {status}"


def fields_are_the_fold_of_events() -> Iterator[str]:
    """Playing a ticket's events from the first to the last leads to its row, each one going on where the last one ended."""
    for name, kinds in _KINDS.items():
        column = name if name == "subject" else f"{name}_id"
        rows = Event.objects.filter(kind__in=kinds).order_by("ticket_id", "pk")
        values = rows.values_list("ticket__number", "before", "after", f"ticket__{column}")
        number, value, last = None, None, None
        for found, before, after, is_now in values.iterator(chunk_size=2000):
            if found != number:
                yield from _differs(number, name, last, value)
            elif _id(before) != last:
                yield f"#{number}: {name} went on from {_id(before)}, it was {last}"
            number, value, last = found, is_now, _id(after)
        yield from _differs(number, name, last, value)


def answers_are_the_fold_of_events() -> Iterator[str]:
    """The same for what people answered to the desk's fields; what was never changed stands in no event."""
    rows = Event.objects.filter(kind=Kind.FIELD_CHANGED).order_by("ticket_id", "pk")
    values = rows.values_list("ticket__number", "before", "after", "ticket__fields")
    for number, group in groupby(values.iterator(chunk_size=2000), key=itemgetter(0)):
        folded: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for _number, before, after, kept in cast(list[_Answered], list(group)):  # noqa: B007 - the last is as the first
            slug, was = after["slug"], before["id"]
            if was != folded.get(slug, was):
                yield f"#{number}: {slug} went on from {was}, it was {folded[slug]}"
            folded[slug] = after["id"]
        for slug, value in folded.items():
            if kept.get(slug) != value:
                yield f"#{number}: {slug} is {kept.get(slug)}, its timeline says {value}"


def times_fit_the_place() -> Iterator[str]:
    """Resolved and closed have their moment and nothing else has (S3.18); only an unanswered promise is overdue (S3.14).

    What falls quiet is announced, resolved or on hold (S1.c12); only what is unsolved waits for an answer (S5.10), and only
    what is closed was declined (S2.14).
    """
    resolved, closed = Q(category=Category.RESOLVED), Q(category=Category.CLOSED)
    falls_quiet = resolved | Q(category=Category.WAITING)
    wrong = (
        (resolved & Q(resolved_at=None), "is resolved since never"),
        (~resolved & Q(resolved_at__isnull=False), "is not resolved, and since when"),
        (closed & Q(closed_at=None), "is closed since never"),
        (~closed & Q(closed_at__isnull=False), "is not closed, and since when"),
        (~falls_quiet & Q(close_warned_at__isnull=False), "is announced for closing and not resolved or on hold"),
        (Q(is_unsolved=False, asked_at__isnull=False), "waits for an answer, though solved"),
        (~closed & Q(out_of_scope__isnull=False), "was declined and is not closed"),
        (
            Q(overdue_since__isnull=False) & (Q(is_unsolved=False) | Q(first_responded_at__isnull=False)),
            "is overdue, though solved or answered",
        ),
    )
    for condition, words in wrong:
        for number in Ticket.objects.filter(condition).order_by("pk").values_list("number", flat=True):
            yield f"#{number} {words}"


def a_question_waits_since_it_was_asked() -> Iterator[str]:
    """Whoever waits for an answer has asked, at that moment, in words that are still there."""
    asked = Message.objects.filter(
        ticket=OuterRef("pk"),
        is_question=True,
        is_public=True,
        by_staff=True,
        redacted_at=None,
        at=OuterRef("asked_at"),
    )
    for number in (
        Ticket.objects.filter(~Exists(asked), asked_at__isnull=False).order_by("pk").values_list("number", flat=True)
    ):
        yield f"#{number} waits for an answer to no question"


def a_purchase_is_its_requesters() -> Iterator[str]:
    """A ticket belongs to what its requester bought, unless staff opened it, and an installation to that purchase (S2.15)."""
    by_staff = Event.objects.filter(ticket=OuterRef("pk"), kind=Kind.OPENED, message__by_staff=True)
    foreign = Ticket.objects.filter(~Exists(by_staff), purchase__isnull=False).exclude(purchase__owner=F("requester"))
    elsewhere = Ticket.objects.filter(installation__isnull=False).exclude(installation__license__purchase=F("purchase"))
    for tickets, words in ((foreign, "purchase"), (elsewhere, "installation")):
        for number in tickets.order_by("pk").values_list("number", flat=True):
            yield f"#{number} has a foreign {words}"


def _differs(number: int | None, name: str, told: object, value: object) -> Iterator[str]:
    is_gone = value is None and name in _GOES_AWAY
    if number is not None and told != value and not is_gone:
        yield f"#{number}: {name} is {value}, its timeline says {told}"


def _id(named: dict[str, Any] | None) -> Any:  # noqa: ANN401 - a key or a text, as the event keeps it
    return named["id"] if named else None


def every_file_is_there() -> Iterator[str]:
    """The bytes of each file and thumbnail exist, and are as many as the row says."""
    rows = Attachment.objects.filter(removed_at=None).order_by("pk")
    for pk, sha256, size, thumbnail in rows.values_list("pk", "sha256", "size", "thumbnail").iterator():
        found = blobs.size(sha256)
        if found != size:
            yield f"attachment {pk} has {size} bytes, under {sha256} lie {found if found is not None else 'none'}"
        if thumbnail and not blobs.exists(thumbnail):
            yield f"attachment {pk}: its thumbnail {thumbnail} is missing"


def missing_triggers() -> list[str]:
    """The triggers that should be in this database and are not, or are switched off."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS_THERE[connection.vendor])
        return sorted(TRIGGERS[connection.vendor] - {name for (name,) in cursor.fetchall()})


def the_triggers_are_there() -> Iterator[str]:
    """Without them the lists of followers stand still, and live updates are seconds late."""
    yield from (f"the trigger {name} is missing" for name in missing_triggers())


def a_follower_sees_what_its_ticket_says() -> Iterator[str]:
    """The copies that lists of followed tickets look at are those of the ticket."""
    rows = Follower.objects.annotate(free=Q(ticket__is_unsolved=True, ticket__assignee=None)).exclude(
        category=F("ticket__category"),
        is_unsolved=F("ticket__is_unsolved"),
        is_unassigned=F("free"),
        updated_at=F("ticket__updated_at"),
        public_updated_at=F("ticket__public_updated_at"),
    )
    for number, user in rows.order_by().values_list("ticket__number", "user"):
        yield f"follower {user} of #{number} has another state than the ticket"


RULES: Final[tuple[Rule, ...]] = (
    numbers_are_counted,
    every_ticket_was_opened_once,
    every_message_is_told_once,
    a_ticket_ends_with_its_last_event,
    a_category_is_its_status,
    fields_are_the_fold_of_events,
    answers_are_the_fold_of_events,
    times_fit_the_place,
    a_question_waits_since_it_was_asked,
    a_purchase_is_its_requesters,
    every_file_is_there,
    the_triggers_are_there,
    a_follower_sees_what_its_ticket_says,
)


def broken(*, rules: tuple[Rule, ...] = RULES) -> Iterator[str]:
    """Every breach as `rule: what`, as it is found; nothing for a sound desk."""
    for rule in rules:
        words = rule.__name__.replace("_", " ")
        yield from (f"{words}: {line}" for line in rule())


def count() -> dict[str, int]:
    """How much there is, so that nobody takes an empty desk for a sound one."""
    managers = (Ticket.objects, Message.objects, Event.objects, Attachment.objects)
    return {f"{manager.model.__name__.lower()}s": manager.count() for manager in managers}
