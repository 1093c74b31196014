"""What every change of a ticket begins and ends with, whatever it says in between; its verbs are in `changes`."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.core.html import Prose
from deskhand.desk.models import Desk
from deskhand.tickets import attachments, outcome, policy, support
from deskhand.tickets.diff import Told, columns_to_save, differences, snapshot
from deskhand.tickets.errors import (
    FilesTooLargeError,
    ForeignFileError,
    MessageTooLongError,
    NotAllowedError,
    NothingWrittenError,
    TooDeepError,
)  # fmt: skip
from deskhand.tickets.events import QUESTION, Kind, Via
from deskhand.tickets.models.choices import UNSOLVED, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.record import mark_seen, record
from deskhand.tickets.words import default_status

DEEPEST: Final = 3  # changes that cause changes that cause changes; the next would be a loop

P = ParamSpec("P")
Opened = TypeVar("Opened", bound="Door")


def verb(function: Callable[Concatenate[Opened, P], None]) -> Callable[Concatenate[Opened, P], None]:
    """A verb that raised poisons its change, even if the caller caught the error: nothing of it is written."""

    @wraps(function)
    def guarded(self: Opened, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(self, *args, **kwargs)
        except Exception as error:
            self.poison = self.poison or error
            raise

    return guarded


class Door:
    """One person's way to one ticket at one moment: what it was, what has been said so far, and the one writing at the end."""

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
        self._messages: list[tuple[Message, Sequence[Attachment]]] = []
        self._told: list[Told] = []
        self._status_chosen = False
        self._is_new = ticket.pk is None

    def _finish(self) -> None:
        """Write what happened, once."""
        if self.poison:
            raise self.poison
        ticket = self.ticket
        said = self._said()
        is_answered = self.as_staff and self.by is not None and any(item.kind is Kind.REPLIED for item in said)
        if not self._is_new and self.via is not Via.UNDO and outcome.is_handed_over(ticket, self._before):
            self._settle_status(self.desk.status_on_reassign)
        outcome.settle(ticket, self._before, at=self.at, as_staff=self.as_staff, is_answered=is_answered)
        told = said + ([] if self._is_new else differences(self._before, ticket)) + self._told
        if not told:
            return
        if any(item.is_public and item.kind is not Kind.CLOSE_ANNOUNCED for item in told):
            ticket.close_warned_at = None  # it is no longer quiet
        ticket.updated_at = self.at
        Message.objects.bulk_create([message for message, _ in self._messages])
        if not all(attachments.bind(message, files, at=self.at) for message, files in self._messages):
            raise ForeignFileError
        self.events = record(ticket, told, change=self.id, by=self.by, via=self.via, at=self.at, cause=self.cause)
        ticket.save(update_fields=columns_to_save(self._before, ticket))
        if self.by:
            mark_seen(ticket, by=self.by, event=ticket.last_event)

    def _said(self) -> list[Told]:
        rows: list[Told] = []
        for message, _ in self._messages:
            kind = Kind.REPLIED if message.is_public else Kind.NOTED
            kind = Kind.OPENED if self._is_new and not rows else kind
            rows.append(Told(kind, after=QUESTION if message.is_question else None, message=message))
        return rows

    def _say(
        self, body: Prose, files: Sequence[Attachment], *, is_public: bool, is_question: bool = False
    ) -> None:  # fmt: skip
        if not body.text.strip() and (self._is_new or not files):
            raise NothingWrittenError
        most = None if self.as_staff else support.longest_message(self.ticket.topic, self.desk)
        if most is not None and len(body.text) > most:
            raise MessageTooLongError(len(body.text), most)
        if (total := attachments.total(files)) > self.desk.file_limit:
            raise FilesTooLargeError(total, self.desk.file_limit)
        message = Message(ticket=self.ticket, author=self.by, by_staff=self.as_staff, at=self.at, via=self.via)
        message.text, message.html, message.is_public = body.text, body.html, is_public
        message.is_question = is_question
        self._messages.append((message, files))
        if is_public:
            self.ticket.last_replier = self.by
            self.ticket.last_reply_by_staff = self.as_staff
            self.ticket.preview = text.excerpt(body.text.strip() or ", ".join(file.name for file in files))
            if not self.as_staff:
                self.ticket.asked_at = None  # whatever it says, somebody of theirs has written

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
