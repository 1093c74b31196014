"""Real workers, real mails, `kill -9`: nothing is lost, and what is doubled is the same mail twice."""

import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.mail.sink import Sink, running
from tests.processes import PATIENCE_S, Installation, read_rows

pytestmark = pytest.mark.faults

PROCESS = str(Path(__file__).with_name("outbox_process.py"))


def finished(installation: Installation) -> bool:
    """Everything is sent and no job is left; waits for it."""
    left = "SELECT (SELECT count(*) FROM mail_mail WHERE state <> 'sent'), (SELECT count(*) FROM core_job)"
    deadline = time.monotonic() + PATIENCE_S
    while (found := read_rows(installation, left)) != [(0, 0)] and time.monotonic() < deadline:
        time.sleep(0.1)
    return found == [(0, 0)]


def arrivals(sink: Sink) -> Counter[str]:
    """How often each Message-ID arrived."""
    return Counter(mail["Message-ID"] for mail in sink.mails)


@pytest.mark.parametrize(
    ("point", "extra"),
    [
        ("outbox.after_claim:kill:3", {0}),
        ("smtp.after_connect:kill:3", {0}),
        ("smtp.after_data_before_ack:kill:3", {0, 1}),  # the server may have had it all
        ("smtp.after_ack_before_mark:kill:3", {1}),
    ],
)
def test_f24_kill9_matrix_outbox(installation: Installation, point: str, extra: set[int]) -> None:
    """A worker dies in the middle of its third mail of ten; another takes over when the lease has run out."""
    with running(Sink()) as sink:
        server = {"SMTP_URL": f"smtp://127.0.0.1:{sink.port}", "MAIL_FROM": "support@desk.example"}
        installation.run(sys.executable, PROCESS, "fill", "10")
        killed = installation.start(sys.executable, PROCESS, "work", FAULTS=point, **server)
        assert killed.wait(timeout=PATIENCE_S) == -signal.SIGKILL
        installation.start(sys.executable, PROCESS, "work", **server)
        assert finished(installation)
        found = arrivals(sink)
    assert len(found) == 10
    assert found.total() - 10 in extra


def test_f25_two_workers_one_outbox(installation: Installation) -> None:
    """Nothing is sent twice by two workers side by side."""
    with running(Sink()) as sink:
        server = {"SMTP_URL": f"smtp://127.0.0.1:{sink.port}", "MAIL_FROM": "support@desk.example"}
        installation.run(sys.executable, PROCESS, "fill", "60")
        for _ in range(2):
            installation.start(sys.executable, PROCESS, "work", **server)
        assert finished(installation)
        found = arrivals(sink)
    assert (len(found), found.total()) == (60, 60)
