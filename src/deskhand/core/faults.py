"""Named points where a test can make the process die, fail or stall. Without `FAULTS` they cost one dictionary look-up."""

import os
import signal
import time
from collections import Counter

_reached: Counter[str] = Counter()


def _plan() -> dict[str, tuple[str, int]]:
    plan = {}
    for item in filter(None, os.environ.get("FAULTS", "").split(",")):
        name, action, nth = [*item.split(":"), "1"][:3]
        plan[name] = (action, int(nth))
    return plan


_PLAN = _plan()


class InjectedFaultError(Exception):
    """Raised at a named point because a test asked for it."""


class DiedError(BaseException):
    """The process would be dead here, but for the test that runs in it; no Exception, because nothing may catch its death."""


def fault(name: str) -> None:
    """Do what `FAULTS=name:action[:nth]` says: `kill`, `die`, `raise` or `sleep`, the nth time this point is reached."""
    if name not in _PLAN:
        return
    action, nth = _PLAN[name]
    _reached[name] += 1
    if _reached[name] != nth:
        return
    match action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die":
            raise DiedError(name)
        case "raise":
            raise InjectedFaultError(name)
        case "sleep":
            time.sleep(5)
        case unknown:
            raise ValueError(f"FAULTS names an unknown action: {unknown}")
