"""Which mails leave: what a mail is about × who hears of it. A closed list; desk and people choose from it (S5.14, S5.15).

Everything is on by default. A mail leaves if one of the things that happened is wanted, and then names all of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.models import User
from deskhand.desk.models import Desk
from deskhand.tickets.events import Kind
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.words import words


class About(models.TextChoices):
    """What a mail is about. Of several things in one mail, the first one here leads it."""

    OPENED = "opened", _("A new ticket")
    REFUSED = "refused", _("A solution was not accepted")
    REPLIED = "replied", _("A reply")
    NOTED = "noted", _("An internal note")
    CLOSING = "closing", _("The ticket will be closed soon")
    RESOLVED = "resolved", _("The ticket is resolved")
    CLOSED = "closed", _("The ticket is closed")
    REOPENED = "reopened", _("The ticket is open again, or another one follows it")
    STATUS = "status", _("Any other status")
    ASSIGNED = "assigned", _("Somebody looks after the ticket")
    DETAILS = "details", _("Priority, topic, subject or another field")
    REDACTED = "redacted", _("A message was removed")
    OVERDUE = "overdue", _("The first answer is late")


class Hearer(models.TextChoices):
    """As what somebody hears of a ticket."""

    REQUESTER = "requester", _("Requester")
    FOLLOWERS = "followers", _("Following customers")
    ASSIGNEE = "assignee", _("Assignee")
    QUEUE = "queue", _("Team")
    WATCHERS = "watchers", _("Following staff")


class MatrixError(Exception):
    """A choice that the list does not know, or that nobody has."""


class UnknownCellError(MatrixError):
    """There is no such mail."""


class LockedCellError(MatrixError):
    """This mail cannot be turned off."""


CUSTOMERS: Final = (Hearer.REQUESTER, Hearer.FOLLOWERS)
STAFF: Final = (Hearer.ASSIGNEE, Hearer.QUEUE, Hearer.WATCHERS)
_WHOM_IT_CONCERNS: Final = (*CUSTOMERS, Hearer.WATCHERS)
# The assignee, or the team where there is none, hears what customers do; who follows hears everything.
CELLS: Final[dict[About, tuple[Hearer, ...]]] = {
    About.OPENED: tuple(Hearer),
    About.REFUSED: tuple(Hearer),
    About.REPLIED: tuple(Hearer),
    About.NOTED: (Hearer.ASSIGNEE, Hearer.WATCHERS),
    About.CLOSING: _WHOM_IT_CONCERNS,
    About.RESOLVED: _WHOM_IT_CONCERNS,
    About.CLOSED: tuple(Hearer),
    About.REOPENED: tuple(Hearer),
    About.STATUS: _WHOM_IT_CONCERNS,
    About.ASSIGNED: (*CUSTOMERS, Hearer.ASSIGNEE, Hearer.WATCHERS),
    About.DETAILS: _WHOM_IT_CONCERNS,
    About.REDACTED: _WHOM_IT_CONCERNS,
    About.OVERDUE: STAFF,
}
_HEARD: Final = _("Somebody has to hear it.")
LOCKED: Final[dict[tuple[About, Hearer], Promise]] = {
    (About.OPENED, Hearer.REQUESTER): _("It carries the ticket’s number."),
    (About.REPLIED, Hearer.REQUESTER): _("Somebody wrote to them."),
    (About.REPLIED, Hearer.FOLLOWERS): _("Somebody wrote to them."),
    (About.REPLIED, Hearer.ASSIGNEE): _HEARD,
    (About.REPLIED, Hearer.QUEUE): _HEARD,
}
_ABOUT: Final = {
    Kind.OPENED: About.OPENED,
    Kind.REPLIED: About.REPLIED,
    Kind.NOTED: About.NOTED,
    Kind.STATUS_CHANGED: About.STATUS,
    Kind.CLOSED: About.CLOSED,
    Kind.OUT_OF_SCOPE: About.CLOSED,
    Kind.REOPENED: About.REOPENED,
    Kind.FOLLOWED_UP: About.REOPENED,
    Kind.REFUSED: About.REFUSED,
    Kind.ASSIGNED: About.ASSIGNED,
    Kind.PRIORITY_CHANGED: About.DETAILS,
    Kind.SUBJECT_CHANGED: About.DETAILS,
    Kind.TOPIC_CHANGED: About.DETAILS,
    Kind.FIELD_CHANGED: About.DETAILS,
    Kind.REDACTED: About.REDACTED,
    Kind.CLOSE_ANNOUNCED: About.CLOSING,
    Kind.OVERDUE: About.OVERDUE,
}


def about(event: Event) -> About | None:
    """What a mail that tells this event is about; None if no mail is ever sent for it."""
    found = _ABOUT.get(Kind(event.kind))
    return About.RESOLVED if found is About.STATUS and _resolves(event) else found


def leading(events: Iterable[Event]) -> About | None:
    """What a mail that tells all of these is about."""
    there = {about(event) for event in events}
    return next((each for each in About if each in there), None)


def is_wanted(kind: About, audience: Hearer, desk: Desk) -> bool:
    """Does the desk send this mail? What is no cell of the table is never sent."""
    if audience not in CELLS[kind]:
        return False
    return (kind, audience) in LOCKED or bool(desk.mail_matrix.get(cell(kind, audience), True))


def wants(person: User, kind: About, audience: Hearer, desk: Desk) -> bool:
    """Does the desk send it, and has this person not turned it off?"""
    return is_wanted(kind, audience, desk) and ((kind, audience) in LOCKED or kind not in person.mails_off)


def offered(person: User, desk: Desk) -> list[About]:
    """What this person can turn off (S5.15): of what the desk sends to such people, all but what is locked."""
    hearers = STAFF if person.is_staff else CUSTOMERS
    return [
        kind for kind in About
        if any(is_wanted(kind, each, desk) for each in hearers) and not any((kind, each) in LOCKED for each in hearers)
    ]  # fmt: skip


def cell(kind: About, audience: Hearer) -> str:
    """How the desk's settings call a cell."""
    return f"{kind.value}.{audience.value}"


def cells() -> dict[str, tuple[About, Hearer]]:
    """Every cell by its name."""
    return {cell(kind, each): (kind, each) for kind, hearers in CELLS.items() for each in hearers}


def differing(chosen: Mapping[str, Any]) -> dict[str, bool]:
    """What of these choices differs from the default: the value of `desk.mail_matrix`.

    Raises UnknownCellError and LockedCellError, naming the cell.
    """
    known = cells()
    for name, is_on in chosen.items():
        if name not in known or not isinstance(is_on, bool):
            raise UnknownCellError(name)
        if known[name] in LOCKED and not is_on:
            raise LockedCellError(name)
    return {name: False for name in known if chosen.get(name) is False}


def _resolves(event: Event) -> bool:
    status = words().statuses.get(event.after["id"]) if event.after else None
    return status is not None and status.category == Category.RESOLVED
