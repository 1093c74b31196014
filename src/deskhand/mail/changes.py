"""The only writer of mails: the worker's two steps (take, settle) and what a person does in the Mailroom."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.html import escape

from deskhand.accounts.models import User
from deskhand.core import audit, crypto, jobs, text
from deskhand.desk.queries import current_desk
from deskhand.mail import links, policy
from deskhand.mail.letters import Rendered
from deskhand.mail.models import TAKEABLE, UNDER_WAY, Kind, Mail, Problem, State, sealed
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket


class MailError(Exception):
    """What was asked for cannot be done with this mail; nothing was written."""


class SettledError(MailError):
    """The mail is sent, discarded or being sent this moment."""


class BadAddressError(MailError):
    """That is no e-mail address."""


class PersonalMailError(MailError):
    """A mail about an account goes to that person's own address only."""


GONE: Final = "This mail held a message that was removed."
PARTLY_GONE: Final = "A message in this mail was removed before it left. Read the rest of it in the ticket:"
RETRYABLE: Final = (State.WAITING, State.FAILED, State.MAYBE_SENT, State.HELD, State.DEAD)
UNSENT: Final = (*RETRYABLE, State.SENDING)


def post(
    letter: Rendered,
    *,
    kind: Kind,
    to: User | str,
    at: datetime,
    ticket: Ticket | None = None,
    change: uuid.UUID | None = None,
    messages: Iterable[int] = (),
    is_automatic: bool = True,
) -> Mail | None:
    """Write the mail and the job that sends it, in the caller's transaction or in one of its own.

    `messages` are the numbers of those that it quotes.

    None when this person has had a mail about this change: a reaction that runs twice posts once.
    """
    recipient = to if isinstance(to, User) else None
    columns = {
        "kind": kind, "ticket": ticket, "to_name": text.one_line(recipient.name) if recipient else "",
        "to_address": recipient.email if recipient else str(to), "subject": text.one_line(letter.subject),
        "text": letter.text, "html": letter.html, "sealed": sealed(letter.secret),
        "thread_id": thread_id(ticket) if ticket else "", "is_automatic": is_automatic, "created_at": at,
        "messages": list(messages),
    }  # fmt: skip
    mail = Mail(change=change, recipient=recipient, **columns)
    with transaction.atomic():
        if change is None:
            mail.save(force_insert=True)
        elif not _is_first(mail):
            return None
        _enqueue(mail.pk, at=at)
    return mail


def _is_first(mail: Mail) -> bool:
    """Write it; False when this person has had a mail about this change."""
    try:
        with transaction.atomic():
            mail.save(force_insert=True)
    except IntegrityError:
        if Mail.objects.filter(change=mail.change, recipient=mail.recipient).exists():
            return False
        raise
    return True


def thread_id(ticket: Ticket) -> str:
    """The message that all mails about a ticket answer, though it was never sent: so programs thread from the first on."""
    return f"<ticket.{ticket.number}.{crypto.mac('mail-thread', str(ticket.pk))}@{links.domain()}>"


def _message_id(mail: Mail) -> str:
    row = f"{mail.pk}.{secrets.token_hex(16)}"
    return f"<{row}.{crypto.mac('message-id', row)}@{links.domain()}>"


# The worker


def take(pk: int, *, task: jobs.Task) -> Mail | None:
    """Claim a mail for sending; None when it is not its turn, it is settled, or it must stay.

    Raises RetryLaterError while another try has it: if that one fell over before it could settle the mail, its lease outlives
    it, and nobody else would come back. Durable: raises when somebody sends inside a transaction. Mails to one person about
    one ticket leave in order; a mail whose turn has not come is woken by the one before it.
    """
    now = task.claimed_at
    with transaction.atomic(durable=True):
        mail = Mail.objects.select_for_update(of=("self",)).select_related("recipient").filter(pk=pk).first()
        if mail is None or mail.state not in (*TAKEABLE, State.SENDING) or _is_behind_another(mail):
            return None
        if _is_taken(mail, at=now):
            raise jobs.RetryLaterError(f"mail {pk} is being sent")
        if stays := _stays(mail):
            Mail.objects.filter(pk=pk).update(lease="", leased_until=None, **stays)
            _wake_next(mail, at=now)
            return None
        mail.attempts += 1
        mail.message_id = mail.message_id or _message_id(mail)  # from its first try on
        Mail.objects.filter(pk=pk).update(
            state=State.SENDING, lease=task.lease, leased_until=task.leased_until, attempts=mail.attempts,
            message_id=mail.message_id,
        )  # fmt: skip
    return mail


def _stays(mail: Mail) -> dict[str, str]:
    """What a mail that must not leave becomes; nothing for one that may."""
    if policy.has_left(mail):
        return {"state": State.DISCARDED, "problem": Problem.LEFT, "sealed": ""}
    if policy.is_for_a_player(mail, current_desk()):
        return {"state": State.HELD, "problem": Problem.DEMO}
    return {} if settings.EMAIL_HOST else {"state": State.HELD, "problem": Problem.NONE}


def settle(mail: Mail, *, task: jobs.Task, state: State, problem: Problem = Problem.NONE, error: str = "") -> None:
    """Write what became of a taken mail, and that its job is done if nothing is left to try.

    Raises LeaseLostError when another worker has taken either over.
    """
    now = task.claimed_at
    values: dict[str, object] = {"state": state, "problem": problem, "error": text.paragraphs(error)[:2000]}
    if state == State.SENT:
        values |= {"sent_at": now, "sealed": ""}
    with transaction.atomic() if state in UNDER_WAY else task.last_step():
        mine = Mail.objects.filter(pk=mail.pk, lease=task.lease, state=State.SENDING)
        if not mine.update(lease="", leased_until=None, **values):
            raise jobs.LeaseLostError(str(mail))
        if state not in UNDER_WAY:
            _wake_next(mail, at=now)


def _is_taken(mail: Mail, *, at: datetime) -> bool:
    """Its worker is still at it, or died less than a lease ago."""
    return mail.state == State.SENDING and mail.leased_until is not None and mail.leased_until >= at


def _is_behind_another(mail: Mail) -> bool:
    return mail.ticket_id is not None and _line(mail).filter(pk__lt=mail.pk, state__in=UNDER_WAY).exists()


def _line(mail: Mail) -> QuerySet[Mail]:
    return Mail.objects.filter(ticket=mail.ticket_id, to_address=mail.to_address)


def _wake_next(mail: Mail, *, at: datetime) -> None:
    if mail.ticket_id is None:
        return
    following = _line(mail).filter(pk__gt=mail.pk, state=State.WAITING).order_by("pk").values_list("pk", flat=True)
    for pk in following[:1]:
        _enqueue(pk, at=at)


def _enqueue(pk: int, *, at: datetime) -> None:
    jobs.enqueue("mail.send", {"mail": pk}, at=at, dedupe_key=f"mail:{pk}")


# The Mailroom


def retry(mail: Mail, *, by: User, at: datetime, address: str = "") -> None:
    """Send it now, from its first attempt; to another address if one is given (not for a mail about an account).

    Raises SettledError, PersonalMailError, BadAddressError.
    """
    address = text.one_line(address)
    if address and address != mail.to_address:
        if mail.is_personal:
            raise PersonalMailError
        try:
            validate_email(address)
        except ValidationError as error:
            raise BadAddressError(address) from error
    after = address or mail.to_address
    with transaction.atomic():
        # A mail that went to another address is another mail for the one who gets it: programs drop a known Message-ID.
        fresh = (
            {"to_address": after, "to_name": "", "message_id": _message_id(mail)} if after != mail.to_address else {}
        )
        ready = Mail.objects.filter(pk=mail.pk, state__in=RETRYABLE)
        if not ready.update(state=State.WAITING, attempts=0, problem=Problem.NONE, error="", **fresh):
            raise SettledError
        _enqueue(mail.pk, at=at)
        audit.record(
            "mail.retried", by=by, at=at, subject=f"mail:{mail.pk}",
            before={"state": mail.state, "to": mail.to_address}, after={"state": State.WAITING, "to": after},
        )  # fmt: skip


def discard(mail: Mail, *, by: User, at: datetime, reason: str) -> None:
    """Never send it. Raises SettledError when it is too late."""
    with transaction.atomic():
        if not Mail.objects.filter(pk=mail.pk, state__in=RETRYABLE).update(state=State.DISCARDED, sealed=""):
            raise SettledError
        _wake_next(mail, at=at)
        audit.record(
            "mail.discarded", by=by, at=at, subject=f"mail:{mail.pk}",
            before={"state": mail.state}, after={"state": State.DISCARDED, "reason": text.one_line(reason)[:200]},
        )  # fmt: skip


def forget(message: int, *, ticket: int, at: datetime) -> None:
    """Blank every mail that holds the text of a redacted message. Safe to run twice.

    One that has not left never does, unless it holds another message as well: that must be heard of, so it says where it is.
    """
    quoting = [row for row in Mail.objects.filter(ticket=ticket).values_list("pk", "messages") if message in row[1]]
    quoted = {number for _pk, numbers in quoting for number in numbers}
    left = set(Message.objects.filter(pk__in=quoted, redacted_at=None).values_list("pk", flat=True))
    with transaction.atomic():
        mails = Mail.objects.select_for_update(of=("self",)).filter(pk__in=[pk for pk, _numbers in quoting])
        for mail in mails.select_related("recipient", "ticket").order_by("pk"):
            if mail.state in UNSENT and left.intersection(mail.messages):
                words, html = _without_what_is_gone(mail)
            else:
                words, html = GONE, f"<p>{GONE}</p>"
                if mail.state in RETRYABLE:
                    mail.state = State.DISCARDED
            Mail.objects.filter(pk=mail.pk).update(text=words, html=html, state=mail.state)
            if mail.state == State.DISCARDED:
                _wake_next(mail, at=at)


def _without_what_is_gone(mail: Mail) -> tuple[str, str]:
    assert mail.ticket is not None  # noqa: S101 - only a ticket's mails quote messages
    link = links.to_ticket(mail.ticket, as_staff=mail.recipient is not None and mail.recipient.is_staff)
    return f"{PARTLY_GONE} {link}", f'<p>{PARTLY_GONE} <a href="{escape(link)}">{escape(link)}</a></p>'


def send_held(*, by: User, at: datetime) -> int:
    """Send everything that is held; how many. What still must not leave (a demo's) is held again."""
    with transaction.atomic():
        # Numbers only: a desk that ran for a year without a server holds more bodies than memory.
        held = list(
            Mail.objects.select_for_update().filter(state=State.HELD).order_by("pk").values_list("pk", flat=True)
        )
        Mail.objects.filter(pk__in=held).update(state=State.WAITING)
        for pk in held:
            _enqueue(pk, at=at)
        if held:
            audit.record("mail.held_sent", by=by, at=at, subject="mail", after={"count": len(held)})
    return len(held)
