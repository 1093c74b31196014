"""Fault points: what they do, and that each one is used to kill something."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "deskhand"
TESTS = Path(__file__).parents[1]
SCRIPT = (
    "from deskhand.core.faults import fault\nfor number in range(3):\n    fault('here')\n    print(number, flush=True)"
)


def fault_points() -> set[str]:
    """Every name that the code gives to `fault(…)`."""
    calls = (
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault"
    )
    return {str(ast.literal_eval(call.args[0])) for call in calls}


def test_every_fault_point_kills_in_a_test() -> None:
    """A point that no test dies at protects nothing: name it in a kill matrix, or take it out."""
    killed = set(re.findall(r"([a-z_]+\.[a-z_]+):kill", "".join(path.read_text() for path in TESTS.rglob("*.py"))))
    assert fault_points() >= {"job.after_claim", "job.after_step", "job.before_finish"}
    assert fault_points() - killed == set()


@pytest.mark.parametrize(
    ("plan", "printed", "code"),
    [
        ("", "0\n1\n2\n", 0),
        ("elsewhere:kill", "0\n1\n2\n", 0),
        ("here:kill:2", "0\n", -9),
        ("elsewhere:raise,here:raise", "", 1),
    ],
)
def test_a_plan_strikes_the_nth_time(plan: str, printed: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], env={"FAULTS": plan}, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (printed, code)
