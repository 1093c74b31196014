"""Real workers, real webhooks, `kill -9`: nothing is lost, and what is doubled carries the same id."""

import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.processes import Installation
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.faults

PROCESS = str(Path(__file__).with_name("hook_process.py"))


def finished(installation: Installation, **more: str) -> bool:
    """Everything has arrived and no job is left; waits at most half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if installation.run(sys.executable, PROCESS, "left", **more) == "0 0":
            return True
        time.sleep(0.2)
    return False


def arrivals(receiver: Receiver) -> Counter[str]:
    """How often each message arrived."""
    return Counter(request.headers["webhook-id"] for request in receiver.requests)


@pytest.mark.parametrize(
    ("point", "doubled"), [("hook.after_take:kill:3", 0), ("hook.after_answer_before_mark:kill:3", 1)]
)
def test_kill9_between_answer_and_mark(installation: Installation, point: str, doubled: int) -> None:
    """A worker dies in the middle of its third message of ten; another takes over when the lease has run out."""
    with receiving() as receiver:
        allowed = {"OUTBOUND_ALLOW": f"127.0.0.1:{receiver.port}"}
        installation.run(sys.executable, PROCESS, "fill", receiver.url, "10", **allowed)
        killed = installation.start(sys.executable, PROCESS, "work", FAULTS=point, **allowed)
        assert killed.wait(timeout=20) == -signal.SIGKILL
        installation.start(sys.executable, PROCESS, "work", **allowed)
        assert finished(installation)
        found = arrivals(receiver)
    assert len(found) == 10
    assert found.total() - 10 == doubled
    twice = [request for request in receiver.requests if found[request.headers["webhook-id"]] > 1]
    assert len({request.body for request in twice}) == doubled


def test_two_workers_send_nothing_twice(installation: Installation) -> None:
    """Side by side, each message leaves once."""
    with receiving() as receiver:
        allowed = {"OUTBOUND_ALLOW": f"127.0.0.1:{receiver.port}"}
        installation.run(sys.executable, PROCESS, "fill", receiver.url, "40", **allowed)
        for _worker in range(2):
            installation.start(sys.executable, PROCESS, "work", **allowed)
        assert finished(installation)
        found = arrivals(receiver)
    assert (len(found), found.total()) == (40, 40)
