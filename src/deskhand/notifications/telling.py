"""From events to mails. Rendering happens outside transactions; cursors and mails are written in one.

What a customer hears of later, after the mail window, has a job of its own.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.bus import OLD_AFTER, Write
from deskhand.desk.queries import current_desk
from deskhand.mail.changes import post
from deskhand.mail.letters import Rendered, for_reader, render
from deskhand.mail.models import Kind as MailKind
from deskhand.notifications import matrix, words
from deskhand.notifications.changes import advance, cursors_of
from deskhand.notifications.matrix import Hearer
from deskhand.notifications.recipients import Audience, Reason, may_still_be_told
from deskhand.notifications.words import Files
from deskhand.tickets import policy
from deskhand.tickets.attachments import of_messages
from deskhand.tickets.events import MESSAGES, Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import pending_until

log = logging.getLogger("deskhand.notifications")


@dataclass(frozen=True, slots=True)
class _Mail:
    """A rendered mail; `letter` is None when a customer has nothing to read, and counts as told all the same."""

    to: User
    letter: Rendered | None
    events: list[Event]
    change: uuid.UUID | None
    is_automatic: bool = True
    told: int | None = None  # where a customer's cursor was

    def write(self, ticket: Ticket, *, at: datetime) -> bool:
        """Post it in the caller's transaction; False when another worker is telling this customer."""
        if self.told is not None and not advance(self.to, ticket, told=self.told, to=self.events[-1].pk):
            return False
        if self.letter:
            post(
                self.letter, kind=MailKind.TICKET, to=self.to, ticket=ticket, change=self.change, at=at,
                messages=self._quoted(), is_automatic=self.is_automatic,
            )  # fmt: skip
        return True

    def _quoted(self) -> list[int]:
        """The messages whose text stands in it; a customer's mail holds no notes."""
        is_customers = self.told is not None
        return [event.message_id for event in self.events if event.message_id and (event.is_public or not is_customers)]


@dataclass(slots=True)
class _Telling:
    """What is to be written about one change."""

    ticket: Ticket
    at: datetime
    mails: list[_Mail] = field(default_factory=list)
    alone: list[Write] = field(default_factory=list)  # whoever cannot be told here and now gets a job

    def add(self, make: Callable[[], _Mail], *, otherwise: Write) -> None:
        """One mail that cannot be rendered must not stop the others (F-26): it fails in a job of its own."""
        try:
            self.mails.append(make())
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("a mail about ticket %s cannot be rendered", self.ticket.pk)
            self.alone.append(otherwise)

    def write(self) -> None:
        """In the caller's transaction."""
        for enqueue in self.alone:
            enqueue()
        for mail in self.mails:
            if not mail.write(self.ticket, at=self.at):
                _enqueue_tell(self.ticket, mail.to, at=self.at, run_at=self.at)


def tell(events: list[Event], heard_by: Audience, *, changed_at: datetime, at: datetime) -> Write:
    """Render the mails of one change: the staff's, and the customers' if their time has come; returns what writes them."""
    ticket = events[0].ticket
    telling = _Telling(ticket, at)
    untold: list[tuple[User, int, list[Event]]] = []
    told_from = _told_from(events, ticket, changed_at=changed_at, at=at) if heard_by.customers else at
    if told_from > at:
        telling.alone = [partial(_enqueue_tell, ticket, user, at=at, run_at=told_from) for user in heard_by.customers]
    else:
        untold = list(_untold(heard_by.customers, ticket, at=at))
    files = _files(events, *(rows for _user, _told, rows in untold))
    for user, told, rows in untold:
        telling.add(
            partial(_to_customer, user, ticket, rows, files, told=told),
            otherwise=partial(_enqueue_tell, ticket, user, at=at, run_at=at),
        )
    notices: dict[tuple[Reason, str, str], _Mail] = {}
    for user, reason in heard_by.staff.items():
        telling.add(
            partial(_notice, user, events, files, reason, notices),
            otherwise=partial(_enqueue_notice, events[0].change, user, reason, at=at),
        )
    return telling.write


def _told_from(events: list[Event], ticket: Ticket, *, changed_at: datetime, at: datetime) -> datetime:
    """When customers hear of it: a message at once, the rest after two minutes (S5.14); not before a reply on its way.

    An agent's reply has waited its window before it happened, so it leaves at once and takes along what was gathered.
    """
    is_message = any(event.kind in {Kind.OPENED, Kind.REPLIED} for event in events)
    window_ends = at if is_message else changed_at + timedelta(seconds=settings.MAIL_GATHER_S)
    return window_ends if window_ends > at else pending_until(ticket, at=at) or at


def _notice(
    user: User, events: list[Event], files: Files, reason: Reason, alike: dict[tuple[Reason, str, str], _Mail]
) -> _Mail:
    """Who hears of it for the same reason, in the same language and time zone, reads the same."""
    key = (reason, user.language, user.time_zone)
    if key not in alike:
        alike[key] = _to_staff(user, events[0].ticket, events, files, reason)
    return replace(alike[key], to=user)


def _enqueue_tell(ticket: Ticket, user: User, *, at: datetime, run_at: datetime) -> None:
    key = f"tell:{ticket.pk}:{user.pk}:{'now' if run_at == at else 'later'}"
    jobs.enqueue("notifications.tell", {"ticket": ticket.pk, "user": user.pk}, at=at, run_at=run_at, dedupe_key=key)


def _enqueue_notice(change: uuid.UUID, user: User, reason: Reason, *, at: datetime) -> None:
    payload = {"change": str(change), "user": user.pk, "reason": reason}
    jobs.enqueue("notifications.notice", payload, at=at, dedupe_key=f"notice:{change}:{user.pk}")


@jobs.job("notifications.tell")
def tell_customer(task: jobs.Task) -> None:
    """One mail about everything public that happened since the last one. A second run finds it told.

    While an agent's reply is on its way the rest waits for it: if it lands it takes everything along, if it is taken back
    the rest is told then.
    """
    user = User.objects.get_queryset().filter(pk=task.payload["user"]).first()
    ticket = Ticket.objects.select_related("requester").filter(pk=task.payload["ticket"]).first()
    if user is None or ticket is None or not may_still_be_told(user, ticket):
        return
    if reply_lands_at := pending_until(ticket, at=task.claimed_at):
        _enqueue_tell(ticket, user, at=task.claimed_at, run_at=reply_lands_at)
        return
    for _user, told, untold in _untold([user], ticket, at=task.claimed_at):
        mail = _to_customer(user, ticket, untold, _files(untold), told=told)
        with task.last_step():
            if not mail.write(ticket, at=task.claimed_at):
                raise jobs.RetryLaterError(f"somebody else is telling {user.pk} about {ticket.pk}")


@jobs.job("notifications.notice")
def tell_staff(task: jobs.Task) -> None:
    """One notice about one change, if its reader still works on the ticket."""
    user = User.objects.get_queryset().filter(pk=task.payload["user"]).first()
    change = uuid.UUID(task.payload["change"])
    events = list(Event.objects.filter(change=change).select_related("by", "message", "ticket__team").order_by("pk"))
    if user is None or not events or task.claimed_at - events[0].at > OLD_AFTER:
        return
    ticket = events[0].ticket
    if not policy.works_on(user, ticket):
        return
    mail = _to_staff(user, ticket, events, _files(events), Reason(task.payload["reason"]))
    with task.last_step():
        mail.write(ticket, at=task.claimed_at)


def _untold(users: Sequence[User], ticket: Ticket, *, at: datetime) -> Iterator[tuple[User, int, list[Event]]]:
    """What each of these customers has not been told yet, and up to where they have; nobody who has been told all."""
    if not users:
        return
    cursors = cursors_of(users, ticket)
    recent = Event.objects.filter(ticket=ticket, pk__gt=min(cursors.values()), at__gte=at - OLD_AFTER)
    events = list(recent.select_related("by", "message").order_by("pk"))
    for user in users:
        told = cursors[user.pk]
        if untold := [event for event in events if event.pk > told]:
            yield user, told, untold


def _to_customer(user: User, ticket: Ticket, events: list[Event], files: Files, *, told: int) -> _Mail:
    told_now = words.left_for(user, events)
    rendered = None
    if _is_wanted(user, ticket, told_now):
        with for_reader(user):
            rendered = render(words.for_customer(ticket, told_now, files, reader=user))
    is_automatic = not _is_a_persons_reply(events, reader=user)
    change = _last_change(events) if rendered else None
    return _Mail(user, rendered, events, change, is_automatic=is_automatic, told=told)


def _is_wanted(user: User, ticket: Ticket, told: list[Event]) -> bool:
    """Is one of these things worth a mail to this customer, to the desk and to them?"""
    hearer = Hearer.REQUESTER if user.pk == ticket.requester_id else Hearer.FOLLOWERS
    kinds = [kind for event in told if (kind := matrix.about(event))]
    return any(matrix.wants(user, kind, hearer, current_desk()) for kind in kinds)


def _to_staff(user: User, ticket: Ticket, events: list[Event], files: Files, reason: Reason) -> _Mail:
    heard = [event for event in events if event.by_id != user.pk]
    with for_reader(user):
        rendered = render(words.for_staff(ticket, heard, files, reason=reason))
    return _Mail(user, rendered, heard, events[0].change)


def _last_change(events: list[Event]) -> uuid.UUID:
    """The latest change that a customer hears of: no notice to staff has the same recipient and change."""
    return next(event.change for event in reversed(events) if event.is_public)


def _files(*events: list[Event]) -> Files:
    return of_messages({event.message_id: event.message for rows in events for event in rows if event.message}.values())


def _is_a_persons_reply(events: list[Event], *, reader: User) -> bool:
    """Somebody wrote to the reader: that is correspondence, not a notice, and says nothing about being automatic."""
    return any(
        event.kind in MESSAGES and event.kind != Kind.OPENED and event.is_public and event.by_id not in {None, reader.pk}
        for event in events
    )  # fmt: skip
