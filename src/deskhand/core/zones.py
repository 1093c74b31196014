"""The time zones that this machine knows."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """All names, "Europe/Oslo"; to look for them reads a thousand files, so it is done once."""
    return frozenset(available_timezones())
