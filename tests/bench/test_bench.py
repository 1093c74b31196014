"""The benchmark runs: on a very small desk, with its content checks, whatever the figures are."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.__main__ import ALL
from bench.asking import Ask, WrongAnswerError

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
ALWAYS = {"cpu_ms", "p50_ms", "p95_ms", "queries", "floor_ratio"}


@pytest.fixture
def cache() -> Iterator[Path]:
    """Where its desks are kept: short, because sockets lie there, and open to the user who runs PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_every_scenario_gives_its_figures(cache: Path, tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    db = "postgres" if os.environ.get("DATABASE_URL") else "sqlite"
    command = (
        sys.executable, "-m", "bench", "--tickets", "200", "--db", db, "--requests", "8", "--variety", "4", "--streams", "8",
        "--idle-s", "0.5", "--output", str(output),
    )  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "BENCH_CACHE": str(cache)}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr
    results = json.loads(output.read_text())
    assert (results["tickets"], results["db"]) == (200, db)
    assert tuple(results["scenarios"]) == ALL
    assert all(set(figures) >= ALWAYS for figures in results["scenarios"].values())
    asked = set(ALL) - {"idle", "sse_2000"}
    assert all(results["scenarios"][name]["queries"] > 0 for name in asked)
    assert all(results["scenarios"][name]["p95_ms"] > 0 for name in asked)
    assert results["memory_mib"] > 0
    assert results["first_page_s"] > 0


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (Ask("/", "", ("#1001", "#1002")), (200, "", "only #1001")),
        (Ask("/", ""), (404, "", "")),
        (Ask("/", "", values={}, leads_to="/tickets/"), (422, "", "an error")),
        (Ask("/", "", values={}, leads_to="/tickets/"), (303, "/sign-in/", "")),
    ],
)
def test_a_wrong_answer_is_no_figure(ask: Ask, answer: tuple[int, str, str]) -> None:
    with pytest.raises(WrongAnswerError):
        ask.check(*answer)
