"""A process that acts on a desk from outside: told once on its command line, or line after line by `tests.processes.Actor`."""

import json
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from django.db import connections

from deskhand.desk.queries import forget_cached_desk


def main(acts: Mapping[str, Any]) -> None:
    """`listen`: each line of the input is an act with its words, and is answered by a line. Else do what the arguments say."""
    if sys.argv[1:] != ["listen"]:
        sys.stdout.write(json.dumps(acts[sys.argv[1]](*sys.argv[2:])))
        return
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(acts, *json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(acts: Mapping[str, Any], name: str, *words: str) -> dict[str, Any]:
    """What it says or raises. Nothing stays open or known for the next act: each could be another process."""
    try:
        return {"said": acts[name](*words)}
    except Exception:
        return {"raised": traceback.format_exc()}
    finally:
        connections.close_all()
        forget_cached_desk()
