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
    API = "api"
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
    TOPIC_CHANGED = "ticket.topic_changed"
    FIELD_CHANGED = "ticket.field_changed"
    REFUSED = "ticket.solution_refused"
    OVERDUE = "ticket.overdue"
    CLOSE_ANNOUNCED = "ticket.close_announced"
    FOLLOWED_UP = "ticket.followed_up"
    OUT_OF_SCOPE = "ticket.out_of_scope"
    PURCHASE_ENDED = "ticket.purchase_ended"


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words of one kind. `customer=None` hides it.

    Filled from the event: `%(by)s`, `%(old)s`, `%(new)s`, and `%(field)s`, the name of the field that changed.
    """

    staff: Promise | str
    customer: Promise | str | None = None


PHRASES: Final[dict[Kind, Phrase]] = {
    Kind.OPENED: Phrase(_("%(by)s opened the ticket"), _("%(by)s opened the ticket")),
    Kind.REPLIED: Phrase(_("%(by)s replied"), _("%(by)s replied")),
    Kind.NOTED: Phrase(_("%(by)s added an internal note")),
    Kind.STATUS_CHANGED: Phrase(
        _("%(by)s changed the status: %(old)s → %(new)s"), _("%(by)s changed the status: %(old)s → %(new)s")
    ),
    Kind.CLOSED: Phrase(
        _("%(by)s closed the ticket: %(old)s → %(new)s"), _("%(by)s closed the ticket: %(old)s → %(new)s")
    ),
    Kind.REOPENED: Phrase(
        _("%(by)s reopened the ticket: %(old)s → %(new)s"), _("%(by)s reopened the ticket: %(old)s → %(new)s")
    ),
    Kind.PRIORITY_CHANGED: Phrase(
        _("%(by)s changed the priority: %(old)s → %(new)s"), _("%(by)s changed the priority: %(old)s → %(new)s")
    ),
    Kind.ASSIGNED: Phrase(
        _("%(by)s assigned the ticket: %(old)s → %(new)s"), _("%(by)s assigned the ticket: %(old)s → %(new)s")
    ),
    Kind.MOVED: Phrase(_("%(by)s moved the ticket: %(old)s → %(new)s")),
    Kind.SUBJECT_CHANGED: Phrase(
        _("%(by)s changed the subject: %(old)s → %(new)s"), _("%(by)s changed the subject: %(old)s → %(new)s")
    ),
    Kind.TAGGED: Phrase(_("%(by)s added the tag %(new)s")),
    Kind.UNTAGGED: Phrase(_("%(by)s removed the tag %(old)s")),
    Kind.FOLLOWED: Phrase(_("%(new)s follows the ticket")),
    Kind.UNFOLLOWED: Phrase(_("%(old)s no longer follows the ticket")),
    Kind.REDACTED: Phrase(_("%(by)s removed a message’s text"), _("%(by)s removed a message’s text")),
    Kind.TOPIC_CHANGED: Phrase(
        _("%(by)s changed the topic: %(old)s → %(new)s"), _("%(by)s changed the topic: %(old)s → %(new)s")
    ),
    Kind.FIELD_CHANGED: Phrase(
        _("%(by)s changed %(field)s: %(old)s → %(new)s"), _("%(by)s changed %(field)s: %(old)s → %(new)s")
    ),
    Kind.REFUSED: Phrase(
        _("%(by)s did not accept the solution, the ticket is open again"),
        _("%(by)s did not accept the solution, the ticket is open again"),
    ),
    Kind.OVERDUE: Phrase(_("Nobody has answered within the promised time")),
    Kind.CLOSE_ANNOUNCED: Phrase(
        _("%(by)s will close the ticket on %(new)s if nobody writes"),
        _("%(by)s will close the ticket on %(new)s if nobody writes"),
    ),
    Kind.FOLLOWED_UP: Phrase(_("%(by)s opened a follow-up, %(new)s"), _("%(by)s opened a follow-up, %(new)s")),
    Kind.OUT_OF_SCOPE: Phrase(
        _("%(by)s declined it, support does not cover this: %(new)s"),
        _("%(by)s declined it, support does not cover this: %(new)s"),
    ),
    Kind.PURCHASE_ENDED: Phrase(_("The purchase that this ticket belongs to gives support no more: %(new)s")),
}
# A reply that wants an answer (S5.10); its event says so in `after`, so that a webhook can tell it apart, too.
ASKED: Final = Phrase(_("%(by)s asked a question"), _("%(by)s asked a question and needs your answer"))
QUESTION: Final[dict[str, str]] = {"id": "question", "name": "question"}


MESSAGES: Final = frozenset({Kind.OPENED, Kind.REPLIED, Kind.NOTED})
# What undo can put back; openings, replies and notes are redacted, not undone, and a customer's refusal stands.
REVERSIBLE: Final = frozenset({
    Kind.STATUS_CHANGED, Kind.CLOSED, Kind.REOPENED, Kind.PRIORITY_CHANGED, Kind.ASSIGNED, Kind.MOVED,
    Kind.SUBJECT_CHANGED, Kind.TAGGED, Kind.UNTAGGED, Kind.FOLLOWED, Kind.UNFOLLOWED, Kind.TOPIC_CHANGED,
    Kind.FIELD_CHANGED,
})  # fmt: skip
