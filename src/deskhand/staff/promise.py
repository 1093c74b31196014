"""The promise of a first answer, as the workspace shows it: how long is left, how urgent that is, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deskhand.tickets.models.choices import Priority
from deskhand.tickets.paging import Row

SOON: Final = 0.25  # of the promised time
HOUR: Final = 60  # minutes
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Clock:
    """How a promise stands; `state` is "", "soon" (less than a quarter is left) or "over"."""

    words: str
    state: str
    why: str
    due_at: datetime


def clock(due_at: datetime, *, priority: Priority | None, at: datetime) -> Clock:
    """The clock of a ticket that nobody has answered yet."""
    left = (due_at - at).total_seconds() / 60
    promised = priority.first_response_minutes if priority else None
    if left < 0:
        late = int(-left)
        words = _("Overdue %(time)s") % {"time": lasting(late)} if late else _("Overdue")
        return Clock(words, "over", _why(priority, promised), due_at)
    is_soon = promised is not None and left < promised * SOON
    return Clock(lasting(max(1, round(left))), "soon" if is_soon else "", _why(priority, promised), due_at)


def clocks(rows: Iterable[Row], *, priorities: Iterable[Priority], at: datetime) -> dict[int, Clock]:
    """The clocks of a list, by the ticket's key; only of those that wait for a first answer."""
    known = {priority.slug: priority for priority in priorities}
    return {row.id: clock(row.due_at, priority=known.get(row.priority), at=at) for row in rows if row.due_at}


def lasting(minutes: int) -> str:
    """A length of time in its largest unit, cut off: "38 min", "5 h", "3 days"."""
    if minutes < HOUR:
        return _("%(num)d min") % {"num": minutes}
    if minutes < 2 * DAY:
        return _("%(num)d h") % {"num": minutes // HOUR}
    return ngettext("%(num)d day", "%(num)d days", minutes // DAY) % {"num": minutes // DAY}


def _why(priority: Priority | None, minutes: int | None) -> str:
    """The rule behind the moment: "Urgent: first answer within 1 h of opening"."""
    if priority is None or minutes is None:
        return _("First answer")
    exact = minutes < 2 * HOUR or minutes % HOUR
    time = (
        _("%(num)d min") % {"num": minutes} if exact and minutes != HOUR else _("%(num)d h") % {"num": minutes // HOUR}
    )
    return _("%(priority)s: first answer within %(time)s of opening") % {"priority": priority.name, "time": time}
