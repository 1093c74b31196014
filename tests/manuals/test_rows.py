"""Every row of the manuals is listed, and every row that waits for nothing has its test and its sabotage."""

import re
from pathlib import Path

from tests.manuals.rows import listed, shown_by
from tests.manuals.sabotage import BREAKS

ROWS = {"S1": 15, "S2": 15, "S3": 18, "S4": 19, "S5": 15}
FOUND_IN_CODE = 14  # S1.c1 to S1.c14: what the first manual's own program does
WAITS = {"", "inbound mail"}


def shown() -> set[str]:
    """The rows that tests of this folder show without a browser."""
    names = []
    for path in sorted(Path(__file__).parent.glob("test_s[0-9]*.py")):
        names += re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {row for name in names if (row := shown_by(name))}


def test_every_row_is_listed_once_and_in_order() -> None:
    due = [f"{manual}.{number}" for manual, count in ROWS.items() for number in range(1, count + 1)]
    due[ROWS["S1"] : ROWS["S1"]] = [f"S1.c{number}" for number in range(1, FOUND_IN_CODE + 1)]
    assert [row.id for row in listed()] == due


def test_a_row_waits_for_something_known() -> None:
    assert {row.waits for row in listed()} == WAITS


def test_every_row_that_waits_for_nothing_has_its_test_and_its_sabotage() -> None:
    due = {row.id for row in listed() if not row.waits}
    assert shown() == due
    assert set(BREAKS) == due
