"""Verbs as data, `{"do": "reply", "text": "…", "files": ["key"]}`: what a scheduled reply keeps; one list for all.

An agent's reply waits some seconds before it happens (house rule: until then nobody else sees it, and taking it back is only
canceling). What was typed is a row from the first moment, so nothing is lost when a process dies in between.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from deskhand.accounts.models import Team, User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.tickets.attachments import staged
from deskhand.tickets.changes import Change, ChangeError, ForeignFileError, change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Priority, Status, Topic
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Ticket

Action = dict[str, Any]
Step = Callable[[Change], None]


class UnknownActionError(ChangeError):
    """An action that is not in the list."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Actions and the verbs they become, with everything slow (rendering, look-ups) done before a transaction opens."""

    actions: list[Action]
    steps: list[Step]


def prepare(actions: Iterable[Action]) -> Prepared:
    """Make ready what `perform` and `schedule` do. Raises UnknownActionError."""
    listed = list(actions)
    return Prepared(listed, [_step(action) for action in listed])


def _step(action: Action) -> Step:  # noqa: C901 - one branch a verb, no other logic
    match action:
        case {"do": "reply", "text": str(text), **rest}:
            body = compose(text)
            is_question = rest.get("is_question") is True
            return lambda change: change.reply(body, _files(change, rest), is_question=is_question)
        case {"do": "note", "text": str(text), **rest}:
            body = compose(text)
            return lambda change: change.note(body, _files(change, rest))
        case {"do": "decline", "clause": str(clause), "text": str(text)}:
            body = compose(text)
            return lambda change: change.decline(clause, body)
        case {"do": "set_status", "status": int(pk)}:
            status = Status.objects.get(pk=pk)
            return lambda change: change.set_status(status)
        case {"do": "set_priority", "priority": int(pk)}:
            priority = Priority.objects.get(pk=pk)
            return lambda change: change.set_priority(priority)
        case {"do": "set_topic", "topic": int(pk), **rest}:
            topic = Topic.objects.get(pk=pk)
            return lambda change: change.set_topic(topic, rest.get("fields"))
        case {"do": "set_fields", "fields": dict(given)}:
            return lambda change: change.set_fields(given)
        case {"do": "assign", "agent": pk}:
            agent = User.objects.get(pk=pk) if pk else None
            return lambda change: change.assign(agent)
        case {"do": "move_to_team", "team": pk}:
            team = Team.objects.get(pk=pk) if pk else None
            return lambda change: change.move_to_team(team)
        case {"do": "tag", "name": str(name)}:
            return lambda change: change.tag(name)
        case {"do": "untag", "name": str(name)}:
            return lambda change: change.untag(name)
        case {"do": "close"}:
            return lambda change: change.close()
        case {"do": "reopen"}:
            return lambda change: change.reopen()
        case unknown:
            raise UnknownActionError(str(unknown.get("do")))


def _files(change: Change, action: Action) -> list[Attachment]:
    """The staged files that an action names by their keys. Raises ForeignFileError."""
    keys = action.get("files", [])
    found = staged(owner=change.by, keys=keys) if change.by else []
    if len(found) != len(keys):
        raise ForeignFileError
    return found


def perform(ticket: Ticket, prepared: Prepared, *, by: User, via: Via, at: datetime) -> None:
    """Do the actions at once, as one change. Raises ChangeError."""
    with change_ticket(ticket, by=by, via=via, at=at) as change:
        for step in prepared.steps:
            step(change)


def schedule(
    ticket: Ticket, prepared: Prepared, *, by: User, via: Via, at: datetime, delay: timedelta
) -> ScheduledChange | None:
    """Do the actions after `delay`; until then `take_back` returns them. Without a delay they happen now (returns None).

    What is not allowed is refused now, with the verb's ChangeError, not when nobody looks.
    """
    if not delay:
        perform(ticket, prepared, by=by, via=via, at=at)
        return None
    _rehearse(ticket, prepared, by=by, via=via, at=at)
    with transaction.atomic():
        row = ScheduledChange.objects.create(
            ticket=ticket, by=by, via=via, actions=prepared.actions, created_at=at, run_at=at + delay
        )
        jobs.enqueue(
            "tickets.run_scheduled", {"id": row.pk}, at=at, run_at=row.run_at, dedupe_key=f"scheduled:{row.pk}"
        )
    return row


def take_back(scheduled: ScheduledChange, *, by: User) -> list[Action] | None:
    """Cancel it and return what it would have done, for the form; None when it has happened already."""
    mine = ScheduledChange.objects.filter(pk=scheduled.pk, by=by)
    if not mine.filter(state=ScheduledChange.State.PENDING).update(state=ScheduledChange.State.CANCELED, actions=[]):
        return None
    jobs.cancel(f"scheduled:{scheduled.pk}")
    return list(scheduled.actions)


def dismiss(scheduled: ScheduledChange, *, by: User) -> None:
    """The author has read that it was refused."""
    ScheduledChange.objects.filter(pk=scheduled.pk, by=by, state=ScheduledChange.State.REFUSED).update(
        state=ScheduledChange.State.CANCELED, actions=[]
    )


@jobs.job("tickets.run_scheduled")
def run_scheduled(task: jobs.Task) -> None:
    """The time of a scheduled change has come. A second run finds it done.

    It happens now, however late the worker is: dated back, a reply after a long outage would be old news and told to nobody.
    """
    row = ScheduledChange.objects.select_related("ticket", "by").get(pk=task.payload["id"])
    waiting = ScheduledChange.objects.filter(pk=row.pk, state=ScheduledChange.State.PENDING)
    try:
        prepared = prepare(row.actions)
        with task.last_step():
            if waiting.update(state=ScheduledChange.State.DONE, actions=[]):  # the message holds the text from now on
                perform(row.ticket, prepared, by=row.by, via=Via(row.via), at=task.claimed_at)
    except (ChangeError, ObjectDoesNotExist) as error:
        waiting.update(state=ScheduledChange.State.REFUSED, refusal=type(error).__name__)


class _RehearsalOver(Exception):  # noqa: N818 - it is no error: it rolls the rehearsal back
    pass


def _rehearse(ticket: Ticket, prepared: Prepared, *, by: User, via: Via, at: datetime) -> None:
    try:
        with change_ticket(ticket, by=by, via=via, at=at) as change:
            for step in prepared.steps:
                step(change)
            raise _RehearsalOver
    except _RehearsalOver:
        return
