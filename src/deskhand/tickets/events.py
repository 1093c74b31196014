"""What can have happened to a ticket, and the words for it: one phrase for staff, one for customers.

A kind without a customer's phrase is never shown, counted or mailed to a customer.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Via(StrEnum):
    """Through which door a change came. It differs for a form, a mail and a rule; the path does not."""

    PORTAL = "portal"
    STAFF = "staff"
    SYSTEM = "system"
    UNDO = "undo"


class Kind(StrEnum):
    """Past-tense names; the same word stands in the timeline, the job, the webhook and the live stream."""

    OPENED = "ticket.opened"
    REPLIED = "ticket.replied"
    NOTED = "ticket.noted"
    STATUS_CHANGED = "ticket.status_changed"
    CLOSED = "ticket.closed"
    REOPENED = "ticket.reopened"
    PRIORITY_CHANGED = "ticket.priority_changed"
    ASSIGNED = "ticket.assigned"
    MOVED = "ticket.moved"
    SUBJECT_CHANGED = "ticket.subject_changed"
    TAGGED = "ticket.tagged"
    UNTAGGED = "ticket.untagged"
    FOLLOWED = "ticket.followed"
    UNFOLLOWED = "ticket.unfollowed"
    REDACTED = "ticket.redacted"


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words of one kind. `%(by)s`, `%(old)s`, `%(new)s` are filled from the event; `customer=None` hides the kind."""

    staff: Promise | str
    customer: Promise | str | None = None


PHRASES: Final[dict[Kind, Phrase]] = {
    Kind.OPENED: Phrase(_("%(by)s opened the ticket"), _("%(by)s opened the ticket")),
    Kind.REPLIED: Phrase(_("%(by)s replied"), _("%(by)s replied")),
    Kind.NOTED: Phrase(_("%(by)s added an internal note")),
    Kind.STATUS_CHANGED: Phrase(
        _("%(by)s changed the status: %(old)s → %(new)s"), _("%(by)s changed the status: %(old)s → %(new)s")
    ),
    Kind.CLOSED: Phrase(_("%(by)s closed the ticket"), _("%(by)s closed the ticket")),
    Kind.REOPENED: Phrase(_("%(by)s reopened the ticket"), _("%(by)s reopened the ticket")),
    Kind.PRIORITY_CHANGED: Phrase(
        _("%(by)s changed the priority: %(old)s → %(new)s"), _("%(by)s changed the priority: %(old)s → %(new)s")
    ),
    Kind.ASSIGNED: Phrase(_("%(by)s assigned the ticket: %(old)s → %(new)s"), _("%(new)s now looks after this ticket")),
    Kind.MOVED: Phrase(_("%(by)s moved the ticket: %(old)s → %(new)s")),
    Kind.SUBJECT_CHANGED: Phrase(
        _("%(by)s changed the subject: %(old)s → %(new)s"), _("%(by)s changed the subject: %(old)s → %(new)s")
    ),
    Kind.TAGGED: Phrase(_("%(by)s added the tag %(new)s")),
    Kind.UNTAGGED: Phrase(_("%(by)s removed the tag %(old)s")),
    Kind.FOLLOWED: Phrase(_("%(new)s follows the ticket")),
    Kind.UNFOLLOWED: Phrase(_("%(old)s no longer follows the ticket")),
    Kind.REDACTED: Phrase(_("%(by)s removed a message’s text"), _("%(by)s removed a message’s text")),
}


MESSAGES: Final = frozenset({Kind.OPENED, Kind.REPLIED, Kind.NOTED})
# What undo can put back; openings, replies and notes are redacted, not undone.
REVERSIBLE: Final = frozenset({
    Kind.STATUS_CHANGED, Kind.CLOSED, Kind.REOPENED, Kind.PRIORITY_CHANGED, Kind.ASSIGNED, Kind.MOVED,
    Kind.SUBJECT_CHANGED, Kind.TAGGED, Kind.UNTAGGED, Kind.FOLLOWED, Kind.UNFOLLOWED,
})  # fmt: skip
