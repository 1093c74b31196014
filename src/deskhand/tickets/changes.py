"""One door for a ticket. Nothing else writes its tables.

    with change_ticket(ticket, by=user, via=Via.STAFF, at=now()) as change:
        change.reply(compose("Try the new key."))
        change.set_status(waiting)

The door opens a transaction and locks the row; each verb asks `policy` and changes the row in memory; at the end the tracked
fields are compared with what they were. Then, once: one save of the changed columns, one event row per thing that happened, one
job row that tells the upper rooms. So nobody can forget to log, notify or index, and nobody can do it twice.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.db import connection, transaction
from django.db.models import F, Max

from deskhand.accounts.models import Team, User
from deskhand.core import bus, text
from deskhand.core.html import Prose
from deskhand.core.models import Counter
from deskhand.desk import changes as desk_changes
from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.tickets import policy
from deskhand.tickets.diff import Told, changed_columns, differences, named, snapshot
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models import (
    UNSOLVED,
    Category,
    Event,
    Follower,
    Message,
    Priority,
    Seen,
    Status,
    Tag,
    Ticket,
    TicketTag,
    Topic,
)
from deskhand.tickets.words import words

FIRST_NUMBER: Final = 1000
DEEPEST: Final = 3  # changes that cause changes that cause changes; the next would be a loop


class ChangeError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(ChangeError):
    """This person may not do that to this ticket."""


class NothingWrittenError(ChangeError):
    """A message without a text."""


class CannotBeAssignedError(ChangeError):
    """The assignee does not see the ticket, has left, or is no agent."""


class TooDeepError(ChangeError):
    """A change caused by a change caused by a change: a loop."""


P = ParamSpec("P")


def _verb(function: Callable[Concatenate["Change", P], None]) -> Callable[Concatenate["Change", P], None]:
    """A verb that raised poisons its change, even if the caller caught the error: nothing of it is written."""

    @wraps(function)
    def guarded(self: "Change", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(self, *args, **kwargs)
        except Exception as error:
            self.poison = self.poison or error
            raise

    return guarded


class Change:
    """What one person does to one ticket at one moment. Made by `change_ticket` and `open_ticket` only."""

    def __init__(
        self, ticket: Ticket, *, by: User | None, via: Via, at: datetime, cause: Event | None, desk: Desk
    ) -> None:
        if cause is not None and cause.depth >= DEEPEST:
            raise TooDeepError
        self.ticket, self.by, self.via, self.at, self.cause, self.desk = ticket, by, via, at, cause, desk
        self.id = uuid.uuid4()
        self.as_staff = policy.acts_as_staff(by, ticket, via)
        self.poison: Exception | None = None
        self.events: list[Event] = []
        self._before = snapshot(ticket)
        self._messages: list[Message] = []
        self._told: list[Told] = []
        self._status_chosen = False
        self._is_new = ticket.pk is None

    # What people say

    @_verb
    def reply(self, body: Prose) -> None:
        """Add a public message. Staff's sets waiting (S1.10), a customer's brings the ticket back (S1.11, S3.17)."""
        self._allow(policy.can_reply(self.by, self.ticket, self.via, self.desk))
        self._say(body, is_public=True)
        if self.as_staff:
            self._settle_status(self.desk.status_on_agent_reply)
        elif self.ticket.category in {Category.WAITING, Category.RESOLVED, Category.CLOSED}:
            self._settle_status(Category.OPEN)

    @_verb
    def note(self, body: Prose) -> None:
        """Add a message that staff alone can see. It changes nothing a customer can notice (H02)."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.note"))
        self._say(body, is_public=False)

    # What people set

    @_verb
    def set_status(self, status: Status) -> None:
        """Choose a status; it wins over the one that a reply in the same change would set."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        self._put_status(status)
        self._status_chosen = True

    @_verb
    def close(self) -> None:
        """Nothing is left to do. A closed ticket stays closed, and closing it again tells nothing."""
        self._allow(policy.can_close(self.by, self.ticket, self.via, self.desk))
        if self.ticket.category != Category.CLOSED:
            self._put_status(default_status(Category.CLOSED))
            self._status_chosen = True

    @_verb
    def reopen(self) -> None:
        """The problem is back: resolved or closed becomes open."""
        self._allow(policy.can_reopen(self.by, self.ticket, self.via, self.desk))
        if not self.ticket.is_unsolved:
            self._put_status(default_status(Category.OPEN))
            self._status_chosen = True

    @_verb
    def set_priority(self, priority: Priority) -> None:
        """How soon it matters."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.priority"))
        self.ticket.priority = priority

    @_verb
    def set_subject(self, subject: str) -> None:
        """What it is about, in one line."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        line = text.one_line(subject)
        if not line:
            raise NothingWrittenError
        self.ticket.subject = line[:200]

    @_verb
    def assign(self, agent: User | None) -> None:
        """Who looks after it; None puts it back into the queue. Raises CannotBeAssignedError."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.assign"))
        if agent is not None and not policy.can_be_assigned(agent, self.ticket):
            raise CannotBeAssignedError(agent.name)
        self.ticket.assignee = agent

    @_verb
    def move_to_team(self, team: Team | None) -> None:
        """Whose queue it is in. An assignee who would no longer see it gives it up."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.move"))
        self.ticket.team = team
        if self.ticket.assignee and not policy.can_be_assigned(self.ticket.assignee, self.ticket):
            self.ticket.assignee = None

    @_verb
    def tag(self, name: str) -> None:
        """Put a tag on it, a new one if need be."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.tag"))
        word = text.one_line(name).lower()[:40]
        if not word:
            raise NothingWrittenError
        tag, is_new = Tag.objects.get_or_create(name=word)
        if is_new:
            desk_changes.touch()
        if TicketTag.objects.get_or_create(ticket=self.ticket, tag=tag)[1]:
            self._told.append(Told(Kind.TAGGED, after=named(tag)))

    @_verb
    def untag(self, name: str) -> None:
        """Take a tag off."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.tag"))
        tag = Tag.objects.filter(name=text.one_line(name).lower()).first()
        if tag and TicketTag.objects.filter(ticket=self.ticket, tag=tag).delete()[0]:
            self._told.append(Told(Kind.UNTAGGED, before=named(tag)))

    @_verb
    def follow(self, user: User) -> None:
        """From now on `user` sees it and hears of it. Staff add anybody; a customer who takes part adds a colleague."""
        colleague = (
            self.by is not None
            and policy.takes_part(self.by, self.ticket)
            and user.organization_id is not None
            and user.organization_id == self.ticket.organization_id
        )
        self._allow(colleague or policy.can_work(self.by, self.ticket, self.via, "ticket.reply"))
        self._allow(user.is_active)
        if Follower.objects.get_or_create(ticket=self.ticket, user=user)[1]:
            self._told.append(Told(Kind.FOLLOWED, after=named(user)))

    @_verb
    def unfollow(self, user: User) -> None:
        """Stop hearing of it; everybody may do that for themselves, requester and manager also for customers."""
        owner = self.by is not None and policy.owns(self.by, self.ticket) and not user.is_staff
        self._allow(user == self.by or owner or policy.can_work(self.by, self.ticket, self.via, "ticket.reply"))
        if Follower.objects.filter(ticket=self.ticket, user=user).delete()[0]:
            self._told.append(Told(Kind.UNFOLLOWED, before=named(user)))

    @_verb
    def redact(self, message: Message) -> None:
        """Blank a message's text for good: what was said in error cannot be unsaid, but need not be kept."""
        author = self.by is not None and message.author_id == self.by.pk
        lead = self.by is None or self.by.can("ticket.redact")
        self._allow(
            message.ticket_id == self.ticket.pk
            and policy.can_work(self.by, self.ticket, self.via, "ticket.reply")
            and (author or lead)
        )
        message.text = message.html = message.folded = message.source = ""
        message.redacted_at = self.at
        message.save(update_fields=["text", "html", "folded", "source", "redacted_at"])
        if message.is_public:
            self.ticket.preview = ""
        self._told.append(Told(Kind.REDACTED, message=message))

    # The end of a change

    def _finish(self) -> None:
        """Write what happened, once."""
        if self.poison:
            raise self.poison
        told = self._said() + ([] if self._is_new else differences(self._before, self.ticket)) + self._told
        if not told:
            return
        ticket = self.ticket
        ticket.updated_at = self.at
        Message.objects.bulk_create(self._messages)
        depth = self.cause.depth + 1 if self.cause else 0
        self.events = [
            Event(
                ticket=ticket, change=self.id, kind=item.kind, at=self.at, by=self.by, via=self.via, before=item.before,
                after=item.after, message=item.message, is_public=item.is_public, cause=self.cause, depth=depth,
            )
            for item in told
        ]  # fmt: skip
        for event in self.events:  # one by one: ids must rise in the order of telling, also on SQLite
            event.save(force_insert=True)
        ticket.last_event = self.events[-1].pk
        public = [event.pk for event in self.events if event.is_public]
        if public:
            ticket.last_public_event = public[-1]
            ticket.public_updated_at = self.at
        ticket.save(update_fields=[*changed_columns(self._before, ticket), *_ROW])
        if self.by:
            mark_seen(ticket, by=self.by, event=ticket.last_event)
        bus.publish(
            *(event.kind for event in self.events), at=self.at, change=str(self.id), ticket=ticket.pk,
            events=[event.pk for event in self.events], by=self.by.pk if self.by else None, via=self.via,
        )  # fmt: skip

    def _said(self) -> list[Told]:
        rows: list[Told] = []
        for message in self._messages:
            kind = Kind.REPLIED if message.is_public else Kind.NOTED
            rows.append(Told(Kind.OPENED if self._is_new and not rows else kind, message=message))
        return rows

    def _say(self, body: Prose, *, is_public: bool) -> None:
        if not body.text.strip():
            raise NothingWrittenError
        message = Message(ticket=self.ticket, author=self.by, by_staff=self.as_staff, at=self.at, via=self.via)
        message.text, message.html, message.is_public = body.text, body.html, is_public
        self._messages.append(message)
        if is_public:
            self.ticket.last_replier = self.by
            self.ticket.last_reply_by_staff = self.as_staff
            self.ticket.preview = text.excerpt(body.text)

    def _settle_status(self, category: str) -> None:
        if category and not self._status_chosen and self.ticket.category != category:
            self._put_status(default_status(category))

    def _put_status(self, status: Status) -> None:
        self.ticket.status = status
        self.ticket.category = status.category
        self.ticket.is_unsolved = status.category in UNSOLVED

    def _allow(self, is_allowed: bool) -> None:  # noqa: FBT001 - the answer of a predicate
        if not is_allowed:
            raise NotAllowedError


_ROW: Final = (
    "updated_at", "public_updated_at", "last_event", "last_public_event", "last_replier", "last_reply_by_staff", "preview",
)  # fmt: skip


@contextmanager
def change_ticket(
    ticket: Ticket,
    *,
    by: User | None,
    via: Via,
    at: datetime,
    cause: Event | None = None,
) -> Iterator[Change]:
    """Change a ticket that exists. Raises the `ChangeError` of the verb that was refused; then nothing is written."""
    desk = current_desk()
    with transaction.atomic():
        if connection.features.has_select_for_update:
            # Alone: in one statement with the joins, PostgreSQL re-checks them against the rows it saw before it waited,
            # and finds nothing when another change has just set another priority.
            Ticket.objects.select_for_update().values_list("pk").get(pk=ticket.pk)
        locked = Ticket.objects.select_related("status", "priority", "team", "assignee").get(pk=ticket.pk)
        change = Change(locked, by=by, via=via, at=at, cause=cause, desk=desk)
        yield change
        change._finish()  # noqa: SLF001 - the door closes what it opened


@contextmanager
def open_ticket(
    *,
    requester: User,
    subject: str,
    body: Prose,
    topic: Topic,
    priority: Priority,
    by: User | None,
    via: Via,
    at: datetime,
) -> Iterator[Change]:
    """The same door for a ticket that does not exist yet; `change.ticket` is the new one.

    The topic routes it to its team (S4.4). The number is taken under a lock: unique, rising, without gaps.
    """
    desk = current_desk()
    if by is not None and by != requester and not by.can("ticket.open_for"):
        raise NotAllowedError
    if not requester.is_active or not (by is None or by.is_active):
        raise NotAllowedError
    line = text.one_line(subject)[:200]
    if not line:
        raise NothingWrittenError
    with transaction.atomic():
        status = default_status(Category.OPEN)
        ticket = Ticket(
            subject=line, requester=requester, organization=requester.organization, topic=topic, team=topic.team,
            status=status, category=status.category, is_unsolved=True, priority=priority,
            created_at=at, updated_at=at, public_updated_at=at,
        )  # fmt: skip
        change = Change(ticket, by=by, via=via, at=at, cause=None, desk=desk)
        ticket.number = _next_number()
        ticket.save(force_insert=True)
        change._say(body, is_public=True)  # noqa: SLF001 - the opening message needs no second permission
        yield change
        change._finish()  # noqa: SLF001 - the door closes what it opened


def mark_seen(ticket: Ticket, *, by: User, event: int) -> None:
    """Remember that `by` has seen the ticket up to this event; it never goes backward."""
    row, is_new = Seen.objects.get_or_create(ticket=ticket, user=by, defaults={"event": event})
    if not is_new and row.event < event:
        Seen.objects.filter(pk=row.pk, event__lt=event).update(event=event)


def default_status(category: str) -> Status:
    """The status that a change lands on when it names only a category."""
    return next(status for status in words().statuses.values() if status.category == category and status.is_default)


def _next_number() -> int:
    if not Counter.objects.filter(name="ticket").update(value=F("value") + 1):
        highest = Ticket.objects.aggregate(Max("number"))["number__max"] or FIRST_NUMBER
        Counter.objects.get_or_create(name="ticket", defaults={"value": highest})
        Counter.objects.filter(name="ticket").update(value=F("value") + 1)
    return Counter.objects.get(name="ticket").value
