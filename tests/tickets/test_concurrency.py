"""Four real processes at one ticket: nothing lost, nothing double, nobody locked out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import Installation, read_rows

pytestmark = pytest.mark.faults

HAMMER = str(Path(__file__).with_name("hammer_process.py"))
REFUND = str(Path(__file__).with_name("refund_process.py"))
ROOT = str(Path(__file__).parents[2])
PROCESSES, CHANGES = 4, 200


def test_i07_four_processes_change_one_ticket_800_times(installation: Installation) -> None:
    """No lost update, no double number, no lock error (I07, F-44): the timeline is the fold of all that was done."""
    installation.run(sys.executable, HAMMER, "seed", PYTHONPATH=ROOT)
    hammers = [
        installation.start(sys.executable, HAMMER, "hammer", f"p{process}", str(CHANGES), PYTHONPATH=ROOT)
        for process in range(PROCESSES)
    ]
    said = [(hammer.communicate(timeout=300)[0], hammer.returncode) for hammer in hammers]
    assert said == [("", 0)] * PROCESSES
    found = json.loads(installation.run(sys.executable, HAMMER, "count", PYTHONPATH=ROOT))
    opened = 1 + PROCESSES * CHANGES // 10
    assert found == {
        "numbers": list(range(1001, 1001 + opened)),
        "messages": sorted(f"p{process} {index}" for process in range(PROCESSES) for index in range(CHANGES)),
        "tags": PROCESSES * CHANGES,
        "replied": PROCESSES * CHANGES,
        "priority_chain_is_unbroken": True,
        "priority_is_the_last": True,
    }


def _first_line(installation: Installation, *command: str) -> "subprocess.Popen[str]":
    """A process that has done its part and not yet committed it."""
    process = installation.start(sys.executable, REFUND, *command, PYTHONPATH=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_s1_c6_a_ticket_waits_for_a_refund_that_is_under_way_and_is_refused(installation: Installation) -> None:
    """Without the lock the form would be judged by the purchase as it was, and the ticket would be there after the refund."""
    installation.run(sys.executable, REFUND, "seed", PYTHONPATH=ROOT)
    refund = _first_line(installation, "refund", "4")
    assert installation.run(sys.executable, REFUND, "open", "0", PYTHONPATH=ROOT) == "refunded\n"
    assert refund.wait(timeout=60) == 0
    assert read_rows(installation, "SELECT count(*) FROM tickets_ticket") == [(0,)]


def test_s1_c6_a_refund_waits_for_a_ticket_that_is_being_opened_and_is_told_in_it(installation: Installation) -> None:
    installation.run(sys.executable, REFUND, "seed", PYTHONPATH=ROOT)
    opening = _first_line(installation, "open", "4")
    installation.run(sys.executable, REFUND, "refund", "0", PYTHONPATH=ROOT)
    assert opening.communicate(timeout=60)[0] == "1001\n"
    assert installation.run(sys.executable, REFUND, "told", PYTHONPATH=ROOT) == "1001"
