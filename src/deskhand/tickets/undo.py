"""Take back what a change did, as one more change."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from deskhand.accounts.models import Team, User
from deskhand.tickets.changes import Change, change_ticket
from deskhand.tickets.events import REVERSIBLE, Kind, Via
from deskhand.tickets.fields import FieldsError, checked
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


def undo(change_id: uuid.UUID, *, by: User, at: datetime) -> list[str]:
    """Put back what this change set, where its value is still the one that was set; returns in words what it left.

    Openings, replies and notes stay: they are redacted, not undone. An unknown change leaves everything as it is.
    """
    events = list(Event.objects.filter(change=change_id).select_related("ticket").order_by("-pk"))
    events.sort(key=lambda event: event.kind != Kind.TOPIC_CHANGED)  # answers can only be put back where they are asked
    if not events:
        return []
    with change_ticket(events[0].ticket, by=by, via=Via.UNDO, at=at) as change:
        answers = [event for event in events if event.kind in _ASKED]
        left = _answer_as_before(change, answers) if answers else []
        left += [
            event
            for event in events
            if event.kind in REVERSIBLE and event.kind not in _ASKED and not _put_back(change, event)
        ]
    return [_("%(field)s has been changed again since, so it stays.") % {"field": _field(event)} for event in left]


_ASKED: Final = frozenset({Kind.TOPIC_CHANGED, Kind.FIELD_CHANGED})


def _put_back(change: Change, event: Event) -> bool:
    ticket = change.ticket
    old: Any = event.before["id"] if event.before else None
    new: Any = event.after["id"] if event.after else None
    match Kind(event.kind):
        case Kind.STATUS_CHANGED | Kind.CLOSED | Kind.REOPENED if ticket.status_id == new and (
            status := Status.objects.filter(pk=old).first()  # it may have been removed since
        ):
            change.set_status(status)
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


def _answer_as_before(change: Change, events: list[Event]) -> list[Event]:
    """Put topic and answers back together, because each is asked only where the others allow it; returns what stayed."""
    ticket, topic = change.ticket, change.ticket.topic
    moved = next((event for event in events if event.kind == Kind.TOPIC_CHANGED), None)
    if moved and moved.before and moved.after and ticket.topic_id == moved.after["id"]:
        topic = Topic.objects.filter(pk=moved.before["id"]).first() or topic
    answers = {slug: old for slug, old, new in map(_answered, events) if slug and ticket.fields.get(slug) == new}
    given = {slug: "" if old is None else old for slug, old in answers.items()}
    try:
        checked(topic, given, as_staff=True, before=ticket.fields)
    except FieldsError:  # asked before the verb, which would poison the change
        return events
    change.set_topic(topic, given)
    return [event for event in events if not _is_as_before(ticket, event)]


def _is_as_before(ticket: Ticket, event: Event) -> bool:
    slug, old, _new = _answered(event)
    return bool((ticket.fields.get(slug) if slug else ticket.topic_id) == old)


def _answered(event: Event) -> tuple[str, Any, Any]:
    """Slug, old and new value; the slug of a topic is empty."""
    before, after = event.before or {}, event.after or {}
    return after.get("slug", ""), before.get("id"), after.get("id")


def _field(event: Event) -> str:
    if event.kind == Kind.FIELD_CHANGED and event.after:
        return str(event.after["field"])
    names = {
        Kind.STATUS_CHANGED: _("The status"), Kind.CLOSED: _("The status"), Kind.REOPENED: _("The status"),
        Kind.PRIORITY_CHANGED: _("The priority"), Kind.ASSIGNED: _("The assignee"), Kind.MOVED: _("The team"),
        Kind.SUBJECT_CHANGED: _("The subject"), Kind.TOPIC_CHANGED: _("The topic"),
    }  # fmt: skip
    return names[Kind(event.kind)]
