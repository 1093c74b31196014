"""How a page asks for fresh processes: some settings (allowed hosts, cookies) follow the public address and are read at start."""

import os
import signal
from contextlib import suppress


def ask_for_restart() -> None:
    """Tell `deskhand serve` to renew its processes, one after the other; requests under way are finished first.

    Call it after the transaction: the new processes read the desk's row. Without a supervisor above us it does nothing.
    """
    supervisor = int(os.environ.get("DESKHAND_SUPERVISOR", "0"))
    if supervisor and supervisor == os.getppid():
        with suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGHUP)
