"""A conversation as the workspace shows it: what is said and done, what waits to be sent, what is new."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.staff.listing import Show
from deskhand.tickets import attachments
from deskhand.tickets.changes import FilesTooLargeError, ForeignFileError
from deskhand.tickets.errors import UnknownClauseError
from deskhand.tickets.models.event import ScheduledChange
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import Line, pending_changes, timeline
from deskhand.ui.files import File, shown

UNDO_FOR: Final = timedelta(hours=1)  # later it is a new decision, made in the properties


@dataclass(frozen=True, slots=True)
class Shown:
    """A message, ready for `ui.message`."""

    pk: int
    kind: str
    name: str
    person_pk: int | None
    role: str
    at: datetime
    html: str
    is_redacted: bool
    files: Sequence[File] = ()
    may_be_redacted: bool = False
    has_just_come: bool = False
    question: str = ""  # "open" or "answered" (S5.10)
    question_words: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the thread: a message, or what was done at one moment."""

    message: Shown | None
    sentence: str
    at: datetime
    starts_news: bool
    undo: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A message of the viewer that nobody else sees yet, or that was refused when its time came: `refusal` says why.

    `declined` is the clause with which it closes the ticket.
    """

    pk: int
    message: Shown
    run_at: datetime
    refusal: str
    declined: str


def entries(
    ticket: Ticket, *, user: User, at: datetime, show: Show = Show.EVERYTHING, just_come: frozenset[int] = frozenset()
) -> list[Entry]:
    """The conversation, oldest first; `just_come` are messages that arrived while the viewer was writing."""
    lines = [line for line in timeline(ticket, user=user, as_staff=True) if _is_wanted(line, show)]
    first_new = next((index for index, line in enumerate(lines) if line.is_new), 0)
    files = attachments.of_messages(line.message for line in lines if line.message)
    return [
        Entry(
            message=_shown(ticket, line, line.message, user, just_come, files.get(line.message.pk, ()))
            if line.message
            else None,
            sentence=line.told,
            at=line.at,
            starts_news=index == first_new and index > 0,
            undo=line.change if _may_undo(line, user, at) else None,
        )
        for index, line in enumerate(lines)
    ]


def pending(ticket: Ticket, *, user: User) -> list[Pending]:
    """What this person has sent and nobody else sees yet, oldest first."""
    waiting = pending_changes(ticket, user=user)
    keys = [key for change in waiting for key in attached(change.actions)]
    files = {str(file.key): file for file in attachments.staged(owner=user, keys=keys)} if keys else {}
    return [
        _pending(change, user, [files[key] for key in attached(change.actions) if key in files]) for change in waiting
    ]


def written(actions: list[dict[str, object]]) -> str:
    """The text of a scheduled message."""
    return next((str(action["text"]) for action in actions if "text" in action), "")


def attached(actions: list[dict[str, Any]]) -> list[str]:
    """The keys of the files of a scheduled message."""
    return next((list(action["files"]) for action in actions if "files" in action), [])


def asks(actions: list[dict[str, Any]]) -> bool:
    """Is a scheduled message a question (S5.10)?"""
    return any(action.get("is_question") is True for action in actions)


def declined(actions: list[dict[str, Any]]) -> str:
    """The clause with which a scheduled message declines the ticket; else empty."""
    return next((str(action["clause"]) for action in actions if action.get("do") == "decline"), "")


def _is_wanted(line: Line, show: Show) -> bool:
    match show:
        case Show.EVERYTHING:
            return True
        case Show.MESSAGES:
            return line.message is not None and line.message.is_public
        case Show.NOTES:
            return line.message is not None and not line.message.is_public


def _may_undo(line: Line, user: User, at: datetime) -> bool:
    return line.is_reversible and line.by_id == user.pk and at - line.at < UNDO_FOR


def _shown(
    ticket: Ticket, line: Line, message: Message, user: User, just_come: frozenset[int], files: Sequence[Attachment]
) -> Shown:  # fmt: skip
    kind = ("agent" if message.by_staff else "customer") if message.is_public else "note"
    return Shown(
        pk=message.pk, kind=kind, name=line.by, person_pk=line.by_id, role=_roles()[kind], at=message.at,
        html=message.html, is_redacted=message.redacted_at is not None,
        may_be_redacted=message.redacted_at is None and (line.by_id == user.pk or user.can("ticket.redact")),
        has_just_come=message.pk in just_come, files=shown(files), question=_asks(ticket, message),
        question_words=_("Question, waits for an answer"),
    )  # fmt: skip


def _asks(ticket: Ticket, message: Message) -> str:
    """A question waits as long as those do that were asked since then: `Ticket.asked_at`."""
    if not message.is_question or message.redacted_at is not None:
        return ""
    return "open" if ticket.asked_at is not None and message.at >= ticket.asked_at else "answered"


def _pending(change: ScheduledChange, user: User, files: Sequence[Attachment]) -> Pending:
    message = Shown(
        pk=0, kind="agent", name=user.name, person_pk=user.pk, role=_("not sent yet"), at=change.created_at,
        html=compose(written(change.actions)).html, is_redacted=False, files=shown(files),
        question="open" if asks(change.actions) else "", question_words=_("Question"),
    )  # fmt: skip
    return Pending(
        pk=change.pk, message=message, run_at=change.run_at,
        refusal=_why(change) if change.state == ScheduledChange.State.REFUSED else "", declined=declined(change.actions),
    )  # fmt: skip


def _why(change: ScheduledChange) -> str:
    match change.refusal:
        case ForeignFileError.__name__:
            return _("Not sent: a file was sent with another message, or removed. Attach it again.")
        case UnknownClauseError.__name__:
            return _("Not sent: support’s terms have changed, this clause stands there no more.")
        case FilesTooLargeError.__name__:
            return _("Not sent: its files together are more than a message may have now.")
        case _name:
            return _("Not sent: the ticket has changed so that you may no longer reply this way.")


def _roles() -> dict[str, str]:
    return {"agent": pgettext("who wrote", "support"), "customer": pgettext("who wrote", "customer"), "note": ""}
