"""The jobs that turn events into mails. Rendering happens outside transactions; cursor and mail are written in one."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.bus import OLD_AFTER
from deskhand.mail.changes import post
from deskhand.mail.letters import for_reader, render
from deskhand.mail.models import Kind as MailKind
from deskhand.notifications import words
from deskhand.notifications.changes import advance, cursor_of
from deskhand.notifications.recipients import Audience, Reason, may_still_be_told
from deskhand.tickets import policy
from deskhand.tickets.events import MESSAGES, Kind
from deskhand.tickets.models import Event, Ticket
from deskhand.tickets.queries import pending_until


def tell(ticket: Ticket, heard_by: Audience, *, change: uuid.UUID, is_message: bool, at: datetime) -> None:
    """Write one job per person: staff at once, customers after the mail window.

    A message leaves at once and takes along what was gathered: an agent's reply has waited its window before it happened.
    """
    window = timedelta(0) if is_message else timedelta(seconds=settings.MAIL_WINDOW_S)
    for person in heard_by.customers:
        _enqueue_tell(ticket.pk, person.pk, at=at, run_at=at + window)
    for person, reason in heard_by.staff.items():
        jobs.enqueue(
            "notifications.notice", {"change": str(change), "user": person.pk, "reason": reason}, at=at,
            dedupe_key=f"notice:{change}:{person.pk}",
        )  # fmt: skip


def _enqueue_tell(ticket: int, user: int, *, at: datetime, run_at: datetime) -> None:
    key = f"tell:{ticket}:{user}:{'now' if run_at == at else 'later'}"
    jobs.enqueue("notifications.tell", {"ticket": ticket, "user": user}, at=at, run_at=run_at, dedupe_key=key)


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
        _enqueue_tell(ticket.pk, user.pk, at=task.claimed_at, run_at=reply_lands_at)
        return
    cursor = cursor_of(user, ticket)
    recent = Event.objects.filter(ticket=ticket, pk__gt=cursor.event, at__gte=task.claimed_at - OLD_AFTER)
    events = list(recent.select_related("by", "message").order_by("pk"))
    if not events:
        return
    with for_reader(user):
        letter = words.for_customer(ticket, events, reader=user)
        rendered = render(letter) if letter else None
    with transaction.atomic():
        if not advance(cursor, to=events[-1].pk):
            raise jobs.RetryLaterError(f"somebody else is telling {user.pk} about {ticket.pk}")
        if rendered:
            post(
                rendered, kind=MailKind.TICKET, to=user, ticket=ticket, change=_last_change(events), at=task.claimed_at,
                messages=_quoted(events), is_automatic=not _is_a_persons_reply(events, reader=user),
            )  # fmt: skip


@jobs.job("notifications.notice")
def tell_staff(task: jobs.Task) -> None:
    """One notice about one change, if its reader still works on the ticket."""
    user = User.objects.get_queryset().filter(pk=task.payload["user"]).first()
    change = uuid.UUID(task.payload["change"])
    events = list(Event.objects.filter(change=change).select_related("by", "message", "ticket").order_by("pk"))
    if user is None or not events or task.claimed_at - events[0].at > OLD_AFTER:
        return
    told = [event for event in events if event.by_id != user.pk]
    if not told or not policy.works_on(user, told[0].ticket):
        return
    ticket = told[0].ticket
    with for_reader(user):
        rendered = render(words.for_staff(ticket, told, reason=Reason(task.payload["reason"])))
    post(
        rendered, kind=MailKind.TICKET, to=user, ticket=ticket, change=change, messages=_quoted(told), at=task.claimed_at
    )  # fmt: skip


def _last_change(events: list[Event]) -> uuid.UUID:
    """The latest change that a customer hears of: no notice to staff has the same recipient and change."""
    return next(event.change for event in reversed(events) if event.is_public)


def _quoted(events: list[Event]) -> list[int]:
    return [event.message_id for event in events if event.message_id]


def _is_a_persons_reply(events: list[Event], *, reader: User) -> bool:
    """Somebody wrote to the reader: that is correspondence, not a notice, and says nothing about being automatic."""
    return any(
        event.kind in MESSAGES and event.kind != Kind.OPENED and event.is_public and event.by_id not in {None, reader.pk}
        for event in events
    )  # fmt: skip
