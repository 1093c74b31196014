"""The same orders from three processes at once: each is one purchase, each buyer one person, each license full once."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.processes import Installation

pytestmark = pytest.mark.faults

RACE = (sys.executable, "-m", "tests.entitlements.race_process")
PROCESSES, ORDERS = 3, 60


def test_the_same_order_twice_at_once_is_one_purchase_of_one_person(installation: Installation, tmp_path: Path) -> None:
    installation.run(*RACE, "seed")
    start = tmp_path / "start"
    processes = [installation.start(*RACE, "race", f"p{number}", str(start)) for number in range(PROCESSES)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    (tmp_path / "moment").write_text(str(time.time() + 0.5))
    (tmp_path / "moment").rename(start)
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, said
    done = sum((Counter(json.loads(each)) for each in said), Counter())
    assert done == {
        "new": ORDERS, "people": ORDERS // 2, "installed": ORDERS, "full": (PROCESSES - 1) * ORDERS,
    }  # fmt: skip
    assert json.loads(installation.run(*RACE, "count")) == {
        "purchases": ORDERS, "licenses": ORDERS, "people": ORDERS // 2, "organizations": ORDERS // 4,
        "installations": ORDERS, "told": {"purchase.recorded": ORDERS, "user.invited": ORDERS // 2},
    }  # fmt: skip
