"""Two administrators who remove each other at the same moment, in real processes."""

import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE_S, Installation

pytestmark = pytest.mark.faults

SCRIPT = str(Path(__file__).with_name("last_admin.py"))


def test_a15_last_admin_cannot_be_removed_concurrently(installation: Installation, tmp_path: Path) -> None:
    otto, olga = installation.run(sys.executable, SCRIPT, "make").split()
    both = [
        installation.start(sys.executable, SCRIPT, "rounds", *pair, str(tmp_path))
        for pair in ((otto, olga), (olga, otto))
    ]
    said = [process.communicate(timeout=2 * PATIENCE_S)[0].split() for process in both]
    pairs = [sorted(pair) for pair in zip(*said, strict=True)]
    assert len(pairs) == 6, said
    # Whoever is second is no administrator any more, or finds that the other is the last.
    for pair in pairs:
        assert pair in (["LastAdminError", "deactivated"], ["NotAllowedError", "deactivated"]), said
