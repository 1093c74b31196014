"""Two who press at the same moment, in real processes (1.29)."""

import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE_S, Installation

pytestmark = pytest.mark.faults

SCRIPT = "tests.accounts.sign_on_race"


def test_one_link_opens_once_and_one_person_gets_one_account(installation: Installation, tmp_path: Path) -> None:
    installation.run(sys.executable, "-m", SCRIPT, "make")
    both = [installation.start(sys.executable, "-m", SCRIPT, "rounds", number, str(tmp_path)) for number in ("0", "1")]
    said = [process.communicate(timeout=2 * PATIENCE_S)[0].split() for process in both]
    pairs = [sorted(pair) for pair in zip(*said, strict=True)]
    assert len(pairs) == 8, said
    people = set()
    for turn, (first, second) in enumerate(pairs):
        if turn % 2 == 0:  # the same link: one is in, one is told
            assert (first.partition(":")[0], second) == ("in", "used"), said
        else:  # two links of one person: both are in, in the same account
            assert (first, first.partition(":")[0]) == (second, "in"), said
        people.add(first)
    assert len(people) == 8, said
