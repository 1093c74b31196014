"""How a line of the log reads."""

import logging
import re
from typing import Final

# Addresses that sign somebody in; Django names the path of what it refuses or what broke.
_SECRET: Final = re.compile(r"/(welcome|confirm|password/new|set-up)/[^/\s'\"]+")


class Line(logging.Formatter):
    """A line in which the secret part of a mailed link is covered."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback if there is one."""
        return _SECRET.sub(r"/\1/…", super().format(record))
