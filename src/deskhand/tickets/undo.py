"""Take back what a change did, as one more change."""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.tickets.changes import Change, change_ticket
from deskhand.tickets.events import REVERSIBLE, Kind, Via
from deskhand.tickets.models import Event, Priority, Status


def undo(change_id: uuid.UUID, *, by: User, at: datetime) -> list[str]:
    """Put back what this change set, where its value is still the one that was set; returns in words what it left.

    Openings, replies and notes stay: they are redacted, not undone. An unknown change leaves everything as it is.
    """
    events = list(Event.objects.filter(change=change_id).select_related("ticket").order_by("-pk"))
    if not events:
        return []
    left = []
    with change_ticket(events[0].ticket, by=by, via=Via.UNDO, at=at) as change:
        for event in events:
            if event.kind in REVERSIBLE and not _put_back(change, event):
                left.append(_("%(field)s has been changed again since, so it stays.") % {"field": _field(event)})
    return left


def _put_back(change: Change, event: Event) -> bool:
    ticket = change.ticket
    old: Any = event.before["id"] if event.before else None
    new: Any = event.after["id"] if event.after else None
    match Kind(event.kind):
        case Kind.STATUS_CHANGED | Kind.CLOSED | Kind.REOPENED if ticket.status_id == new:
            change.set_status(Status.objects.get(pk=old))
        case Kind.PRIORITY_CHANGED if ticket.priority_id == new:
            change.set_priority(Priority.objects.get(pk=old))
        case Kind.ASSIGNED if ticket.assignee_id == new:
            change.assign(User.objects.filter(pk=old).first())
        case Kind.MOVED if ticket.team_id == new:
            change.move_to_team(Team.objects.filter(pk=old).first())
        case Kind.SUBJECT_CHANGED if ticket.subject == new:
            change.set_subject(str(old))
        case Kind.TAGGED if event.after:
            change.untag(event.after["name"])
        case Kind.UNTAGGED if event.before:
            change.tag(event.before["name"])
        case Kind.FOLLOWED:
            change.unfollow(User.objects.get(pk=new))
        case Kind.UNFOLLOWED:
            change.follow(User.objects.get(pk=old))
        case _:
            return False
    return True


def _field(event: Event) -> str:
    names = {
        Kind.STATUS_CHANGED: _("The status"), Kind.CLOSED: _("The status"), Kind.REOPENED: _("The status"),
        Kind.PRIORITY_CHANGED: _("The priority"), Kind.ASSIGNED: _("The assignee"), Kind.MOVED: _("The team"),
        Kind.SUBJECT_CHANGED: _("The subject"),
    }  # fmt: skip
    return names[Kind(event.kind)]
