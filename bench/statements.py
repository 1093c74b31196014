"""Which SQL each scenario runs, found out in a process of its own so that the measured one counts nothing.

`python -m bench.statements VARIETY OUTPUT`, with DATA, DATABASE_URL and SMTP_URL. BEGIN and COMMIT are not counted, savepoints
are. For a write the statements of the jobs that follow it (its mails) are counted beside those of the request.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median_high
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after django.setup(), as below
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from tests.forms import fill  # noqa: E402

from bench import scenarios  # noqa: E402
from bench.asking import Ask  # noqa: E402
from bench.desks import Desk  # noqa: E402
from bench.facts import Facts  # noqa: E402
from deskhand.accounts.models import User  # noqa: E402
from deskhand.core import jobs  # noqa: E402
from deskhand.desk import queries  # noqa: E402

Statement = tuple[str, Any]  # SQL and its values, as the driver takes them
COUNTED = 6  # writes


@dataclass(slots=True)
class Counted:
    """What one scenario asks the database; `bytes` is the size of its page."""

    queries: int = 0
    jobs: int = 0
    bytes: int = 0
    statements: list[list[Statement]] = field(default_factory=list)


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """What runs inside."""
    found: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: ANN401, FBT001
        found.append((sql, [str(value) if isinstance(value, str) else value for value in params or ()]))  # no enum
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def client_of(email: str) -> Client:
    """A browser of somebody who is signed in and has JavaScript."""
    client = Client(SERVER_NAME="localhost", raise_request_exception=True)
    client.force_login(User.objects.get_queryset().get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    client.cookies["script"] = "1"
    return client


def count(variety: int) -> dict[str, Counted]:
    """Every scenario's statements."""
    queries.CACHE_S = 3600.0
    desk = Desk(Path(settings.DATA), os.environ.get("DATABASE_URL", ""))
    facts = Facts(desk)
    who = scenarios.people(facts)
    clients = {email: client_of(email) for email in who.everybody}
    found = {
        name: _count_reads(asks, clients)
        for name, asks in scenarios.reads(facts, who, {email: email for email in clients}, variety=variety).items()
    }
    topic = facts.one("SELECT id FROM tickets_topic WHERE is_default")
    customer = clients[who.customers[0]]
    found["create"] = _count_writes(
        [
            ("/tickets/new/", "/tickets/new/", {"subject": f"Both lights are off {n}", "topic": topic})
            for n in range(COUNTED)
        ],
        customer,
    )
    pages = [f"/desk/tickets/{ticket.number}/" for ticket in facts.tickets(COUNTED)]
    found["reply"] = _count_writes(
        [(f"{page}?view=open", f"{page}messages/", {"kind": "reply"}) for page in pages], clients[who.leads[0]]
    )
    facts.close()
    return found


def _count_reads(asks: list[Ask], clients: dict[str, Client]) -> Counted:
    counted = Counted()
    numbers = []
    for ask in asks:
        client = clients[ask.cookie]
        for is_warm in (False, True):
            with recorded() as statements:
                answer = client.get(ask.path, headers=dict(ask.headers))
            body = answer.content.decode()
            ask.check(answer.status_code, "", body)
            if is_warm:
                counted.statements.append(statements)
                numbers.append(len(statements))
                counted.bytes = len(answer.content)
    counted.queries = median_high(numbers)
    return counted


def _count_writes(forms: list[tuple[str, str, dict[str, Any]]], client: Client) -> Counted:
    counted = Counted()
    numbers, afterward = [], []
    _work()
    for page, action, typed in forms:
        values = fill(client.get(page).content.decode(), action, text=scenarios.TEXT, **typed)
        with CaptureQueriesContext(connection) as request:
            answer = client.post(action, values)
        assert answer.status_code == 303, answer.content.decode()[:2000]
        numbers.append(_counted(request))
        afterward.append(_work())
    counted.queries, counted.jobs = median_high(numbers[1:]), median_high(afterward[1:])
    return counted


def _counted(context: CaptureQueriesContext) -> int:
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "ROLLBACK;")) for query in context.captured_queries)


def _work() -> int:
    """Do what the worker does with what is due within the mail window; how many statements that took, looks in vain left out."""
    count = 0
    later = timedelta(seconds=max(settings.MAIL_WINDOW_S, settings.MAIL_GATHER_S))
    while True:
        with CaptureQueriesContext(connection) as work:
            task = jobs.claim(at=jobs.database_now() + later)
            if task is None:
                return count
            jobs.run(task, at=jobs.database_now() + later)
        count += _counted(work)


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(
        pickle.dumps(
            {
                name: (found.queries, found.jobs, found.bytes, found.statements)
                for name, found in count(int(sys.argv[1])).items()
            }
        )
    )
