"""Four real processes at one ticket: nothing lost, nothing double, nobody locked out."""

import json
import sys
from pathlib import Path

import pytest

from tests.processes import Installation

pytestmark = pytest.mark.faults

HAMMER = str(Path(__file__).with_name("hammer_process.py"))
ROOT = str(Path(__file__).parents[2])
PROCESSES, CHANGES = 4, 200


def test_i07_four_processes_change_one_ticket_800_times(installation: Installation) -> None:
    """No lost update, no double number, no lock error (I07, F-44): the timeline is the fold of all that was done."""
    installation.run(sys.executable, HAMMER, "seed", PYTHONPATH=ROOT)
    hammers = [
        installation.start(sys.executable, HAMMER, "hammer", f"p{process}", str(CHANGES), PYTHONPATH=ROOT)
        for process in range(PROCESSES)
    ]
    said = [(hammer.communicate(timeout=120)[0], hammer.returncode) for hammer in hammers]
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
