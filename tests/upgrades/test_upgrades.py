"""A database of every release, brought up to date by this version: nothing is lost and people go on working in it."""

import re
import time
from pathlib import Path

import pytest

from tests.processes import COMMAND, PATIENCE_S, Installation, Served, read_rows
from tests.upgrades.record import FOLDER, KEPT, PASSWORD
from tests.upgrades.recorded import ADMIN, KEY, put_back, recordings
from tests.visitor import Visitor

pytestmark = pytest.mark.faults


def texts(installation: Installation) -> list[tuple[object, ...]]:
    """Every message of every ticket, with its number, and the ticket's timeline."""
    messages = (
        "SELECT number, m.id, text FROM tickets_message m JOIN tickets_ticket t ON t.id = ticket_id ORDER BY m.id"
    )
    return read_rows(installation, messages) + read_rows(
        installation, "SELECT id, kind, ticket_id FROM tickets_event ORDER BY id"
    )


def test_every_release_is_recorded_for_both_databases() -> None:
    assert {path.name for path in FOLDER.glob("*.xz")} == {
        f"{version}.{kind}.xz"
        for version in {path.name.rpartition(".sql")[0] for path in FOLDER.glob("*.xz")}
        for kind in ("sql", "sqlite3")
    }
    assert recordings()


@pytest.mark.parametrize("recorded", recordings(), ids=lambda path: path.name)
def test_an_older_desk_goes_on(recorded: Path, installation: Installation) -> None:
    put_back(recorded, installation)
    before = texts(installation)
    assert installation.run(*COMMAND, "prepare", SECRET_KEY=KEY).startswith('{"is_set_up": true')
    assert texts(installation) == before
    found = re.match(r"(\d+) tickets, (\d+) messages, .*: all fit together", invariants(installation))
    assert found
    assert int(found[1]) == KEPT

    desk = installation.serve(SECRET_KEY=KEY, MAIL_WINDOW_S="0")
    admin = Visitor(desk.port).sign_in(ADMIN, PASSWORD)
    # What waited for a worker when the old version stopped is done by the new one: a notice, and a scheduled reply.
    wait_until_worked_off(installation)
    assert read_rows(
        installation, "SELECT count(*) FROM tickets_message WHERE text = 'This one waits for its time.'"
    ) == [(1,)]
    number = read_rows(installation, "SELECT max(number) FROM tickets_ticket")[0][0]
    reply_to(desk, admin, number)
    desk.stop()
    assert " all fit together." in invariants(installation)


def reply_to(desk: Served, admin: Visitor, number: object) -> None:
    """A reply by the form, and that it stands on the page."""
    page = f"/desk/tickets/{number}/"
    assert admin.send(page, f"{page}messages/", text="Written by the new version.").status == 303
    assert "Written by the new version." in admin.get(page).text


def invariants(installation: Installation) -> str:
    """What `deskhand invariants` says; it must end well."""
    return installation.run(*COMMAND, "invariants", SECRET_KEY=KEY)


def wait_until_worked_off(installation: Installation) -> None:
    """Until no job is left."""
    deadline = time.monotonic() + PATIENCE_S
    while jobs := read_rows(installation, "SELECT name, error FROM core_job"):
        assert time.monotonic() < deadline, jobs
        time.sleep(0.05)
