"""The demo: people, two hundred tickets, and its end. Everything goes through the doors that real people use.

Writing it is one job with a step a batch, so that a page can show how far it is and an interrupted worker goes on. It publishes
no news: nobody is mailed about what never happened. From then on a demo desk is a desk like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from django.db import transaction

from deskhand.accounts.changes import add_person, deactivate, save_organization, save_team, set_team_members
from deskhand.accounts.models import Team, User
from deskhand.automation import sweeps
from deskhand.blueprint import people, plan
from deskhand.blueprint.drawings import drawn
from deskhand.core import bus, jobs
from deskhand.core.html import compose
from deskhand.core.models import Job
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.entitlements.changes import activate, record_purchase
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.notifications.changes import regard_as_told
from deskhand.tickets import attachments, support
from deskhand.tickets.actions import perform, prepare
from deskhand.tickets.changes import mark_seen, open_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.fields import fields_of
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Ticket

JOB: Final = "blueprint.fill_demo"
BATCH: Final = (
    10  # tickets in one transaction: about a third of a second on SQLite, so that others can write in between
)
_SWEEP: Final = timedelta(hours=6)  # of the demo's time
_LATE_SWEEP: Final = timedelta(minutes=15)  # on its last day, where a visitor reads the minutes
_READ: Final = timedelta(days=2)  # what is older has been read by those it concerns

Action = dict[str, Any]
Files = dict[tuple[str, datetime], list[Attachment]]  # by who attaches them, and when


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the demo's writing is: tickets written, of how many, and whether it got stuck."""

    done: int
    total: int
    is_stuck: bool


def begin(*, by: User, at: datetime) -> None:
    """Make this desk a demo; a worker writes the tickets. `by` has read the old ones."""
    with transaction.atomic():
        configure(by=by, at=at, is_demo=True)
        jobs.enqueue(JOB, {"by": by.pk}, at=at, dedupe_key=JOB)


def end(*, by: User, at: datetime) -> None:
    """No sign-in by one click any more, and nobody of the demo gets in. Tickets stay, and so do the people's names."""
    with transaction.atomic():
        configure(by=by, at=at, is_demo=False)
        emails = [player.email for player in people.EVERYBODY]
        for person in User.objects.get_queryset().active().filter(email__in=emails).exclude(pk=by.pk):
            deactivate(person, by=None, at=at)


def progress() -> Progress | None:
    """None when nothing is being written."""
    row = Job.objects.filter(name=JOB).values_list("done", "state", "error").first()
    if row is None:
        return None
    ticks, state, error = row
    return Progress(
        done=min(max(0, len(ticks) - 1) * BATCH, plan.TICKETS),
        total=plan.TICKETS,
        is_stuck=state == Job.State.DEAD or bool(error),
    )


def player(key: str) -> User | None:
    """Whom a visitor becomes by pressing `customer`, `manager` or `agent`; None when this desk does not offer it.

    A person who was given more rights since is not offered: one click must never reach the settings.
    """
    offered = people.OPEN_TO_ALL.get(key)
    if offered is None or not current_desk().is_demo:
        return None
    return User.objects.get_queryset().active().filter(email=offered.email, role=offered.role).first()


@jobs.job(JOB)
def write(task: jobs.Task) -> None:
    """Everybody first, then the tickets from the oldest to the newest."""
    admin = User.objects.get(pk=task.payload["by"])
    at = task.created_at
    with task.step("people") as is_due, bus.quiet():
        if is_due:
            _engage(at=at)
    tickets = plan.tickets(at)
    for start in range(0, len(tickets), BATCH):
        batch, tick = tickets[start : start + BATCH], f"tickets {start}"
        files = {} if tick in task.done else _stage(batch, at=at)
        with task.step(tick) as is_due, bus.quiet():
            if is_due:
                _write(batch, files, admin, at=at)
    with task.step("time") as is_due, bus.quiet():
        if is_due:
            _let_time_pass(admin, until=at)


def _let_time_pass(admin: User, *, until: datetime) -> None:
    """What the sweeps would have done by now, at the moments when they would have: late answers, closings.

    Else the worker would do all of it in the first minute, and tell everybody.
    """
    moment = until - timedelta(days=plan.DAYS)
    while moment < until:
        moment += _SWEEP if until - moment > timedelta(days=1) else _LATE_SWEEP
        for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
            sweep(at=min(moment, until))
    known = _Known.load()
    by_time = Event.objects.filter(kind__in=(Kind.OVERDUE, Kind.CLOSE_ANNOUNCED), by=None)
    for ticket in Ticket.objects.filter(pk__in=by_time.values("ticket")).select_related("requester").order_by("pk"):
        regard_as_told(ticket.requester, ticket)
        for reader in (admin, ticket.requester, known.people[people.OPEN_TO_ALL["agent"].key]):
            mark_seen(ticket, by=reader, event=ticket.last_event)


def _engage(*, at: datetime) -> None:
    since = at - timedelta(days=plan.DAYS + 30)
    places = {name: save_organization(name=name, by=None, at=since) for name in people.DOMAINS}
    persons = {
        player.key: add_person(
            email=player.email, name=player.name, role=player.role, organization=places.get(player.place),
            is_manager=player.is_manager, by=None, at=since,
        )
        for player in people.EVERYBODY
    }  # fmt: skip
    _sell(at=since)
    for key, name in people.TEAMS.items():
        team = save_team(name=name, is_private=key == people.PRIVATE_TEAM, by=None, at=since)
        set_team_members(team, members=[persons[member] for member in people.TEAM_MEMBERS[key]], by=None, at=since)


def _sell(*, at: datetime) -> None:
    """Where the desk sells something every customer has bought of it, the first one twice, and runs it somewhere."""
    if not (sold := list(Product.objects.filter(is_archived=False))):
        return
    buyers = [people.CUSTOMERS[0], *people.CUSTOMERS]
    for place, buyer in enumerate(buyers):
        product = sold[max(0, place - 1) % len(sold)]
        order = Order(
            reference=f"TL-{20_417 + 13 * place}", product=product.slug, email=buyer.email, name=buyer.name,
            bought_at=at + timedelta(days=2 * place), amount=Decimal(49 + 10 * (place % 4)), currency="EUR",
        )  # fmt: skip
        bought = record_purchase(order=order, via=Purchase.Via.HAND, by=None, at=order.bought_at).purchase
        name = ("shop", "www2")[place] if place < 2 else "shop"
        for license_ in bought.licenses.all():
            activate(key=license_.key, domain=f"{name}.{people.DOMAINS[buyer.place]}", at=order.bought_at)


def _stage(tickets: list[plan.Planned], *, at: datetime) -> Files:
    """All files of these tickets, before a transaction opens: their bytes are written here."""
    known = _Known.load()
    wanted = [(ticket.requester, ticket.at, ticket.files) for ticket in tickets] + [
        (happening.by, happening.at, action.get("files", ()))
        for ticket in tickets
        for happening in ticket.happenings
        for action in happening.actions
    ]
    return {
        (by, moment): attachments.stage(owner=known.people[by], files=[drawn(name) for name in names], at=at)
        for by, moment, names in wanted
        if names
    }


def _write(tickets: list[plan.Planned], files: Files, admin: User, *, at: datetime) -> None:
    known = _Known.load()
    for planned in tickets:
        ticket = _open(planned, known, files.get((planned.requester, planned.at), []))
        readers = {admin, known.people[planned.requester], known.people[people.OPEN_TO_ALL["agent"].key]}
        for happening in planned.happenings:
            by = known.people[happening.by]
            via = Via.STAFF if by.is_staff else Via.PORTAL
            keys = [str(file.key) for file in files.get((happening.by, happening.at), [])]
            prepared = prepare(
                {**known.with_ids(action), **({"files": keys} if "files" in action else {})}
                for action in happening.actions
            )
            perform(ticket, prepared, by=by, via=via, at=happening.at)
            readers.add(by)
        last = planned.happenings[-1].at if planned.happenings else planned.at
        ticket.refresh_from_db(fields=["last_event"])
        regard_as_told(known.people[planned.requester], ticket)
        if at - last > _READ:
            for reader in readers:
                mark_seen(ticket, by=reader, event=ticket.last_event)


def _open(planned: plan.Planned, known: "_Known", files: list[Attachment]) -> Ticket:
    requester = known.people[planned.requester]
    bought = support.choosable(requester, known.topic, at=planned.at)
    with open_ticket(
        requester=requester, subject=planned.subject, body=compose(planned.text), topic=known.topic,
        priority=known.priorities[planned.priority], by=requester, via=Via.PORTAL, at=planned.at,
        files=files, fields=_answers(known.topic, planned), purchase=bought[0] if bought else None,
    ) as change:  # fmt: skip
        pass
    return change.ticket


def _answers(topic: Topic, planned: plan.Planned) -> dict[str, object]:
    """What the customer chose where this desk asks for a choice; no story knows what else a desk may ask."""
    chance = Random(planned.subject)  # noqa: S311 - the same demo every time, nothing secret
    return {
        field.slug: [chosen] if field.kind == Field.Kind.SEVERAL else chosen
        for field in fields_of(topic, as_staff=False)
        if field.options and (chosen := chance.choice(field.options))
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """What the plan calls by a key, as the database has it."""

    people: Mapping[str, User]
    teams: Mapping[str, int]
    priorities: Mapping[str, Priority]
    statuses: Mapping[str, int]
    topic: Topic

    @classmethod
    def load(cls) -> "_Known":
        emails = {player.email: player.key for player in people.EVERYBODY}
        persons = User.objects.get_queryset().filter(email__in=emails).select_related("organization")
        teams = {team.name: team.pk for team in Team.objects.filter(name__in=people.TEAMS.values())}
        return cls(
            people={emails[person.email]: person for person in persons},
            teams={key: teams[name] for key, name in people.TEAMS.items()},
            priorities={priority.slug: priority for priority in Priority.objects.all()},
            statuses={status.category: status.pk for status in Status.objects.filter(is_default=True)},
            topic=Topic.objects.get(is_default=True),
        )

    def with_ids(self, action: Action) -> Action:
        """The same action as `tickets.actions` wants it."""
        match action["do"]:
            case "assign":
                return {**action, "agent": self.people[action["agent"]].pk}
            case "move_to_team":
                return {**action, "team": self.teams[action["team"]]}
            case "set_priority":
                return {**action, "priority": self.priorities[action["priority"]].pk}
            case "set_status":
                return {**action, "status": self.statuses[action["status"]]}
            case _:
                return action
