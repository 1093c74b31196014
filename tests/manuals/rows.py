"""The rows of the manuals, as `rows.txt` lists them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LISTED: Final = Path(__file__).with_name("rows.txt")
_LINE: Final = re.compile(r"(S\d\.c?\d+) +(.+?)(?:  \| waits: (.+))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a manual asks for; `waits` is empty, or what has to be built first."""

    id: str
    words: str
    waits: str

    @property
    def test(self) -> str:
        """How the name of a test begins that shows it."""
        return f"test_{self.id.lower().replace('.', '_')}_"


def listed() -> list[Row]:
    """All rows in their order. Raises ValueError for a line that is none."""
    found = []
    for line in LISTED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            parts = _LINE.fullmatch(line)
            if parts is None:
                raise ValueError(f"no row: {line}")
            found.append(Row(parts[1], parts[2], parts[3] or ""))
    return found


def shown_by(test: str) -> str:
    """The id of the row that a test of this name shows; empty if it shows none."""
    found = re.match(r"test_s(\d)_(c?\d+)_", test)
    return f"S{found[1]}.{found[2]}" if found else ""
