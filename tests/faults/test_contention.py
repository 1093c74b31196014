"""Many at once, and a line that breaks in the wrong moment."""

import json
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.processes import COMMAND, PATIENCE_S, Installation, read_rows
from tests.upgrades.record import PASSWORD
from tests.upgrades.recorded import ADMIN, KEY, put_back, recordings
from tests.visitor import Visitor

pytestmark = pytest.mark.faults

SEED = (sys.executable, "-m", "tests.config.writer_process", "seed", "1")
LOAD = (sys.executable, "-m", "tests.faults.load_process")
REPLIES = "SELECT count(*) FROM tickets_message WHERE text = 'One of many.'"


def test_f37_writers_and_readers_never_meet_a_locked_database(installation: Installation) -> None:
    """Two processes, 4 writers and 20 readers, 6 s."""
    installation.run(*SEED)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(installation.run, *LOAD, "2", "10", "6") for _ in range(2)]
        found = [json.loads(run.result()) for run in runs]
    waits = sorted(wait for one in found for wait in one["waits"])
    sys.stdout.write(f"{len(waits)} writes, half within {waits[len(waits) // 2]:.3f} s, all within {waits[-1]:.3f} s; ")
    sys.stdout.write(f"{sum(one['reads'] for one in found)} reads\n")
    assert [one["errors"] for one in found] == [[], []]
    assert read_rows(installation, REPLIES) == [(len(waits),)]
    assert all(one["waits"] and one["reads"] for one in found)
    assert "all fit together" in installation.run(*COMMAND, "invariants")


TEXT = "Sent once, whatever the line does."
SENT = f"SELECT count(*) FROM tickets_message WHERE text = '{TEXT}'"


def test_f45_an_answer_that_was_lost_after_the_commit_does_nothing_twice(installation: Installation) -> None:
    put_back(recordings()[-1], installation)
    desk = installation.serve(SECRET_KEY=KEY, MAIL_WINDOW_S="0")
    admin = Visitor(desk.port).sign_in(ADMIN, PASSWORD)
    page = f"/desk/tickets/{read_rows(installation, 'SELECT max(number) FROM tickets_ticket')[0][0]}/"
    body = admin.filled(page, f"{page}messages/", text=TEXT)
    cookies = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
    with closing(desk.connect()) as line:
        line.sendall(
            f"POST {page}messages/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n{body}".encode()
        )
        wait_until_sent(installation)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset: nothing was read
    again = [admin.ask("POST", f"{page}messages/", body) for _ in range(2)]
    assert [answer.status for answer in again] == [303, 303]
    assert read_rows(installation, SENT) == [(1,)]
    desk.stop()


def wait_until_sent(installation: Installation) -> None:
    """Until the commit can be seen."""
    deadline = time.monotonic() + PATIENCE_S
    while read_rows(installation, SENT) == [(0,)]:
        assert time.monotonic() < deadline, read_rows(installation, "SELECT name, error FROM core_job")
        time.sleep(0.02)
