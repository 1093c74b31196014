"""Fill a migrated, empty desk: `python -m bench.seed TICKETS`, with DATA and DATABASE_URL as for `deskhand serve`.

People and words go through the ORM, tickets straight into the tables. It makes the rows that the changes would have made, but
for mails, jobs and sessions.
"""

import json
import os
import random
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402 - models can be imported only after django.setup()
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from bench import corpus  # noqa: E402
from deskhand.accounts.models import Organization, Team, TeamMember, User  # noqa: E402
from deskhand.accounts.roles import Role  # noqa: E402
from deskhand.config.prepare import without_pool  # noqa: E402
from deskhand.core.models import Counter  # noqa: E402
from deskhand.core.text import excerpt  # noqa: E402
from deskhand.desk.changes import configure, finish_setup, touch  # noqa: E402
from deskhand.notifications.models import Cursor  # noqa: E402
from deskhand.tickets.changes import FIRST_NUMBER  # noqa: E402
from deskhand.tickets.diff import named  # noqa: E402
from deskhand.tickets.events import Kind, Via  # noqa: E402
from deskhand.tickets.models.choices import UNSOLVED, Category, Priority, Status, Topic  # noqa: E402
from deskhand.tickets.models.event import Event  # noqa: E402
from deskhand.tickets.models.message import Message  # noqa: E402
from deskhand.tickets.models.ticket import Follower, Seen, Ticket  # noqa: E402

MEMBERS: Final = 20  # customers of an organization; the first one manages it
LARGE: Final = 0.1  # of all customers are in the largest organization
PRIVATE: Final = "Accounts"  # of corpus.TEAMS, the team that only its members see
FRONT: Final = "Front desk"  # new tickets go there; one member, so that a new ticket sends two mails
BATCH: Final = 5_000  # tickets

Rows = list[tuple[Any, ...]]


class Table:
    """A model's table: rows by column name, defaults where nothing is said, written as fast as the driver can."""

    def __init__(self, model: type[models.Model], *given: str) -> None:
        self.model = model
        self.given = given
        fields = [field for field in model._meta.concrete_fields if not field.has_db_default()]
        rest = [field for field in fields if field.column not in given and not field.primary_key]
        self._rest = tuple(_plain(field.get_default()) for field in rest)
        names = [*given, *(field.column for field in rest)]
        self.columns = ", ".join(f'"{name}"' for name in names)
        self.rows: Rows = []
        self._marks = ", ".join("?" * len(names))

    def add(self, *values: Any) -> None:  # noqa: ANN401 - column values, in the order of `given`
        """One row."""
        self.rows.append(values + self._rest)

    def flush(self) -> None:
        """Write what was added."""
        name = self.model._meta.db_table
        if connection.vendor == "sqlite":
            connection.connection.executemany(f"INSERT INTO {name} ({self.columns}) VALUES ({self._marks})", self.rows)
        else:
            with connection.cursor() as cursor, cursor.copy(f"COPY {name} ({self.columns}) FROM STDIN") as copy:
                for row in self.rows:
                    copy.write_row(row)
        self.rows.clear()


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column's default
    return json.dumps(value) if isinstance(value, dict | list) else value


def _moment(at: datetime) -> Any:  # noqa: ANN401 - what the driver takes
    return str(at.replace(tzinfo=None)) if connection.vendor == "sqlite" else at


class Desk:
    """Who works and writes here, and the desk's words."""

    def __init__(self, *, tickets: int) -> None:
        at = corpus.BEGIN
        self.hashed = make_password(corpus.PASSWORD)
        self.luck = random.Random(3)
        otto = self._people([self._person("otto", Role.ADMIN, at)])[0]
        configure(by=otto, at=at, name="Bench", hue=195)
        finish_setup(by=otto, at=at)
        self.teams = [Team.objects.create(name=name, is_private=name == PRIVATE) for name in corpus.TEAMS]
        front = Team.objects.create(name=FRONT)
        agents = [self._person(f"agent{n:02d}", Role.AGENT, at) for n in range(1, corpus.AGENTS + 1)]
        self.agents = self._people(agents)
        leads = self._people([self._person(f"lead{n}", Role.LEAD, at) for n in range(1, 5)])
        memberships = [(self.teams[n % len(self.teams)], agent) for n, agent in enumerate(self.agents)]
        memberships.append((front, leads[0]))
        TeamMember.objects.bulk_create(TeamMember(team=team, user=person) for team, person in memberships)
        self.customers = self._customers(corpus.customers(tickets), at)
        self.statuses = {status.category: status for status in Status.objects.all()}
        self.priorities = list(Priority.objects.all())
        Topic.objects.filter(is_default=True).update(team=front)
        self.topics = [Topic.objects.create(name=team.name, team=team) for team in self.teams]
        touch()

    def _customers(self, count: int, at: datetime) -> list[User]:
        large = int(count * LARGE)
        sizes = [large, *[MEMBERS] * ((count - large) // MEMBERS)]
        companies = [Organization(name=f"Company {n:03d}") for n in range(1, len(sizes) + 1)]
        Organization.objects.bulk_create(companies)
        people = []
        for company, size in zip(companies, sizes, strict=True):
            for n in range(size):
                person = self._person(f"customer{len(people) + 1:05d}", Role.CUSTOMER, at)
                person.organization, person.is_manager = company, n == 0
                people.append(person)
        return self._people(people)

    def _person(self, name: str, role: Role, at: datetime) -> User:
        return User(
            email=f"{name}@example.test", name=name.capitalize(), role=role, created_at=at, activated_at=at,
            password=self.hashed,
        )  # fmt: skip

    def _people(self, people: list[User]) -> list[User]:
        made = User.objects.bulk_create(people, batch_size=500)
        EmailAddress.objects.bulk_create(
            (EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in made),
            batch_size=500,
        )
        return made


class Writer:
    """Turns cases into rows."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.events = self.messages = 0
        luck = random.Random(9)
        self._uuid = lambda: uuid.UUID(int=luck.getrandbits(128), version=4).hex
        self._luck = luck
        self._names = {status.pk: json.dumps(named(status)) for status in desk.statuses.values()}
        self._agents = {agent.pk: json.dumps(named(agent)) for agent in desk.agents}
        self.tickets = Table(
            Ticket, "id", "number", "subject", "requester_id", "organization_id", "topic_id", "status_id", "category",
            "is_unsolved", "priority_id", "assignee_id", "team_id", "created_at", "updated_at", "public_updated_at",
            "last_event", "last_public_event", "last_replier_id", "last_reply_by_staff", "preview",
            "first_responded_at", "resolved_at", "closed_at",
        )  # fmt: skip
        self.said = Table(
            Message, "id", "ticket_id", "author_id", "by_staff", "is_public", "text", "html", "at", "via",
        )  # fmt: skip
        self.told = Table(
            Event, "id", "ticket_id", "change", "kind", "at", "by_id", "via", "is_public", "before", "after",
            "message_id",
        )  # fmt: skip
        self.seen = Table(Seen, "ticket_id", "user_id", "event")
        self.cursors = Table(Cursor, "ticket_id", "user_id", "event")
        self.followers = Table(Follower, "ticket_id", "user_id")

    def write(self, cases: Iterable[corpus.Case]) -> None:
        """Add the rows of these tickets and write them, parents first."""
        for case in cases:
            self._ticket(case)
        with transaction.atomic():
            for table in (self.tickets, self.said, self.told, self.seen, self.cursors, self.followers):
                table.flush()

    def _ticket(self, case: corpus.Case) -> None:
        desk, pk = self.desk, case.position
        customer, agent = desk.customers[case.customer], desk.agents[case.agent]
        team = desk.teams[case.team]
        category = self._luck.choice(UNSOLVED if case.is_unsolved else (Category.RESOLVED, Category.CLOSED))
        status, was = desk.statuses[category], desk.statuses[Category.OPEN]
        last = first = 0
        for turn, message in enumerate(case.messages):
            by_staff = turn % 2 == 1
            author = agent if by_staff else customer
            at, via = _moment(message.at), Via.STAFF if by_staff else Via.PORTAL
            self.messages += 1
            html = "".join(f"<p>{paragraph}</p>\n" for paragraph in message.text.split("\n\n"))
            self.said.add(self.messages, pk, author.pk, by_staff, True, message.text, html, at, via)
            change = self._uuid()
            kind = Kind.REPLIED if turn else Kind.OPENED
            last = self._event(pk, change, kind, at, author.pk, via, message=self.messages)
            if turn == 0 and case.is_assigned:
                later = _moment(message.at + timedelta(minutes=5))
                last = self._event(
                    pk, self._uuid(), Kind.ASSIGNED, later, agent.pk, Via.STAFF, after=self._agents[agent.pk]
                )
            if turn == corpus.MESSAGES - 1 and status is not was:
                moved = Kind.CLOSED if category == Category.CLOSED else Kind.STATUS_CHANGED
                before, after = self._names[was.pk], self._names[status.pk]
                last = self._event(pk, change, moved, at, agent.pk, Via.STAFF, before=before, after=after)
            first = first or last
        at, opened = _moment(case.messages[-1].at), _moment(case.messages[0].at)
        self.tickets.add(
            pk, FIRST_NUMBER + pk, case.subject, customer.pk, customer.organization_id, desk.topics[case.team].pk,
            status.pk, category, case.is_unsolved, self._luck.choice(desk.priorities).pk,
            agent.pk if case.is_assigned else None, team.pk, opened, at, at, last, last, agent.pk, True,
            excerpt(case.messages[-1].text), _moment(case.messages[1].at),
            at if category == Category.RESOLVED else None, at if category == Category.CLOSED else None,
        )  # fmt: skip
        self.seen.add(pk, customer.pk, first)
        self.seen.add(pk, agent.pk, last)
        self.cursors.add(pk, customer.pk, last)
        if self._luck.random() < 0.02:
            self.followers.add(pk, self._luck.choice(desk.agents).pk)

    def _event(
        self, ticket: int, change: str, kind: Kind, at: Any, by: int, via: Via, *,  # noqa: ANN401 - as the driver takes it
        before: str | None = None, after: str | None = None, message: int | None = None,
    ) -> int:  # fmt: skip
        self.events += 1
        self.told.add(self.events, ticket, change, kind, at, by, via, True, before, after, message)
        return self.events


def fill(count: int) -> None:
    """The whole desk with so many tickets."""
    connection.ensure_connection()
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:  # nothing is lost but a file that can be made again
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-1000000")
        else:
            cursor.execute("SET synchronous_commit = off")
            cursor.execute("SET statement_timeout = 0")
    desk = Desk(tickets=count)
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("PRAGMA foreign_keys=OFF")
        else:
            cursor.execute("SET session_replication_role = replica")  # what is written here needs no check
    writer = Writer(desk)
    cases = corpus.cases(count)
    while batch := list(_some(cases)):
        writer.write(batch)
    Counter.objects.create(name="ticket", value=FIRST_NUMBER + count)
    if not is_sqlite:
        _settle_postgres()


def _some(cases: Iterator[corpus.Case]) -> Iterator[corpus.Case]:
    for _, case in zip(range(BATCH), cases, strict=False):
        yield case


def _settle_postgres() -> None:
    """Numbers go on after those given here; and what autovacuum would do some minutes later is done now."""
    with connection.cursor() as cursor:
        for model in (Ticket, Message, Event):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM (ANALYZE)")


if __name__ == "__main__":
    without_pool()
    began = datetime.now(UTC)
    fill(int(sys.argv[1]))
    print(f"{sys.argv[1]} tickets in {(datetime.now(UTC) - began).total_seconds():.0f} s")
