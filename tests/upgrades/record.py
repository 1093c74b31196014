"""Record a release's database, so that every later version is tested against it. Run it with the code of that release:

    DATA=/tmp/recorded python -m tests.upgrades.record 0.2.0        (with DATABASE_URL=… once more for PostgreSQL)

It writes a small demo desk with what an upgrade must carry: a mail that waits, a job nobody has done, a reply that is scheduled.
"""

import lzma
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from deskhand.config import demo, environment
from deskhand.config.prepare import prepare

FOLDER = Path(__file__).parent
PASSWORD = "correct horse battery"
KEPT = 40  # tickets: enough to page a list, few enough for a file of some 40 kB


def fill() -> None:
    """The demo, made smaller, and work in every state."""
    from django.utils import timezone  # models can be imported only after prepare()

    from deskhand.accounts.models import User
    from deskhand.core import jobs
    from deskhand.core.html import compose
    from deskhand.tickets.actions import prepare as ready
    from deskhand.tickets.actions import schedule
    from deskhand.tickets.changes import change_ticket
    from deskhand.tickets.events import Via
    from deskhand.tickets.models.ticket import Ticket

    demo.fill(PASSWORD)
    Ticket.objects.exclude(pk__in=Ticket.objects.order_by("-number").values_list("pk", flat=True)[:KEPT]).delete()
    at, admin = timezone.now(), User.objects.get(email=demo.ADMIN)
    told, waiting, scheduled = Ticket.objects.filter(is_unsolved=True).order_by("number")[:3]
    with change_ticket(told, by=admin, via=Via.STAFF, at=at) as change:
        change.reply(compose("This one was mailed."))
    jobs.run_due(at=at + timedelta(minutes=1))
    with change_ticket(waiting, by=admin, via=Via.STAFF, at=at) as change:
        change.reply(compose("Nobody has been told of this one yet."))
    actions = ready([{"do": "reply", "text": "This one waits for its time."}])
    schedule(scheduled, actions, by=admin, via=Via.STAFF, at=at, delay=timedelta(seconds=20))


def dump() -> tuple[str, bytes]:
    """The database as (suffix, bytes): statements of PostgreSQL, or the file of SQLite."""
    url = environment.text("DATABASE_URL")
    if not url:
        copy = environment.data_folder() / "recorded.sqlite3"
        with closing(sqlite3.connect(environment.data_folder() / "deskhand.sqlite3")) as source:
            source.execute("VACUUM INTO ?", [str(copy)])
        return "sqlite3", copy.read_bytes()
    done = subprocess.run(["pg_dump", "--no-owner", "--no-privileges", url], check=True, capture_output=True)
    # a word that only the newest psql knows
    lines = (line for line in done.stdout.splitlines() if not line.startswith((b"\\restrict ", b"\\unrestrict ")))
    return "sql", b"\n".join(lines)


def main(version: str) -> None:
    """Write `VERSION.sqlite3.xz` or `VERSION.sql.xz` beside this file, and the key that both were sealed with."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
    prepare()
    fill()
    suffix, content = dump()
    path = FOLDER / f"{version}.{suffix}.xz"
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
