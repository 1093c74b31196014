"""Two administrators who remove each other at the same moment, in real processes."""

import sys
import time
from pathlib import Path

import pytest

from tests.processes import Installation

pytestmark = pytest.mark.faults

SCRIPT = str(Path(__file__).with_name("last_admin.py"))


def test_a15_last_admin_cannot_be_removed_concurrently(installation: Installation, tmp_path: Path) -> None:
    otto, olga = installation.run(sys.executable, SCRIPT, "make").split()
    start = tmp_path / "start"
    both = [
        installation.start(sys.executable, SCRIPT, "rounds", *pair, str(start)) for pair in ((otto, olga), (olga, otto))
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    (tmp_path / "moment").write_text(str(time.time() + 1))
    (tmp_path / "moment").rename(start)
    said = [process.communicate(timeout=60)[0].split() for process in both]
    pairs = [sorted(pair) for pair in zip(*said, strict=True) if "late" not in pair]
    assert len(pairs) >= 2, said
    # Whoever is second is no administrator any more, or finds that the other is the last.
    for pair in pairs:
        assert pair in (["LastAdminError", "deactivated"], ["NotAllowedError", "deactivated"]), said
