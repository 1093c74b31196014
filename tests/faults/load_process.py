"""Writers and readers in the threads of one process: `load WRITERS READERS SECONDS`. Prints what came of it as JSON."""

import json
import os
import sys
import threading
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "deskhand.config.settings"
django.setup()

from django.db import connection  # noqa: E402 - models can be imported only after django.setup()
from django.utils import timezone  # noqa: E402

from deskhand.accounts.models import User  # noqa: E402
from deskhand.core.html import compose  # noqa: E402
from deskhand.tickets.changes import change_ticket  # noqa: E402
from deskhand.tickets.events import Via  # noqa: E402
from deskhand.tickets.models.message import Message  # noqa: E402
from deskhand.tickets.models.ticket import Ticket  # noqa: E402

errors: list[str] = []
waits: list[float] = []
reads: list[float] = []


def write(ticket: Ticket, ada: User) -> None:
    """One reply, and how long it took from asking for the lock to the acknowledged commit."""
    body = compose("One of many.")
    started = time.monotonic()
    with change_ticket(ticket, by=ada, via=Via.STAFF, at=timezone.now()) as change:
        change.reply(body)
    waits.append(time.monotonic() - started)


def read(ticket: Ticket, ada: User) -> None:
    """A list and a thread."""
    started = time.monotonic()
    list(Ticket.objects.visible_to(ada).order_by("-updated_at")[:50])
    list(Message.objects.visible_to(ada).filter(ticket=ticket)[:50])
    reads.append(time.monotonic() - started)


def again_and_again(until: float, *, is_writer: bool) -> None:
    """As people do, without a pause."""
    ticket, ada = Ticket.objects.earliest("number"), User.objects.get(username="ada")
    while time.monotonic() < until:
        try:
            (write if is_writer else read)(ticket, ada)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    connection.close()


def main(writers: int, readers: int, seconds: float) -> None:
    """Start them, wait for them, tell."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=again_and_again, args=(until,), kwargs={"is_writer": index < writers})
        for index in range(writers + readers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps({"errors": errors, "waits": sorted(waits), "reads": len(reads)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
