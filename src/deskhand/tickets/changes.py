"""One door for a ticket. Nothing else writes its tables.

    with change_ticket(ticket, by=user, via=Via.STAFF, at=now()) as change:
        change.reply(compose("Try the new key."))
        change.set_status(waiting)

The door opens a transaction and locks the row; each verb asks `policy` and changes the row in memory; at the end the tracked
fields are compared with what they were. Then, once: one save of the changed columns, one event row per thing that happened, one
job row that tells the upper rooms. So nobody can forget to log, notify or index, and nobody can do it twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from deskhand.accounts.models import Team, User
from deskhand.core import text
from deskhand.core.counters import next_number
from deskhand.core.html import Prose
from deskhand.desk import changes as desk_changes
from deskhand.desk.queries import current_desk
from deskhand.desk.shapes import LONGEST_SUBJECT
from deskhand.entitlements.models import Installation, Purchase
from deskhand.tickets import attachments, outcome, policy, support
from deskhand.tickets.diff import Told, named
from deskhand.tickets.door import Door, verb
from deskhand.tickets.errors import (
    CannotBeAssignedError,
    ChangeError,
    FilesTooLargeError,
    ForeignFileError,
    NotAllowedError,
    NothingWrittenError,
    SubjectTooLongError,
    TooDeepError,
    UnknownClauseError,
)  # fmt: skip
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.fields import FieldsError, checked
from deskhand.tickets.models.choices import Category, Priority, Status, Tag, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Follower, Ticket, TicketTag
from deskhand.tickets.record import mark_seen
from deskhand.tickets.words import default_priority, default_status

__all__ = [
    "CannotBeAssignedError", "Change", "ChangeError", "FieldsError", "FilesTooLargeError", "ForeignFileError",
    "NotAllowedError", "NothingWrittenError", "TooDeepError", "change_ticket", "mark_seen", "open_ticket",
]  # fmt: skip

FIRST_NUMBER: Final = 1001


class Change(Door):
    """What one person does to one ticket at one moment. Made by `change_ticket` and `open_ticket` only."""

    # What people say

    @verb
    def reply(self, body: Prose, files: Sequence[Attachment] = (), *, is_question: bool = False) -> None:
        """Say a text, files or both. Staff's sets waiting (S1.10), a customer's brings it back (S1.11, S3.17, S4.16).

        A question of the staff waits for its answer (S5.10): any public message of a customer is one.
        """
        self._allow(policy.can_reply(self.by, self.ticket, self.via, self.desk, at=self.at))
        self._allow(self.as_staff or not is_question)
        self._say(body, files, is_public=True, is_question=is_question)
        if self.as_staff:
            self._settle_status(Category.WAITING if is_question else self.desk.status_on_agent_reply)
        elif self.ticket.category in {Category.WAITING, Category.RESOLVED, Category.CLOSED}:
            self._settle_status(Category.OPEN)
        if is_question:
            self.ticket.asked_at = self.ticket.asked_at or self.at

    @verb
    def note(self, body: Prose, files: Sequence[Attachment] = ()) -> None:
        """Add a message that staff alone can see. It changes nothing a customer can notice (H02)."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.note"))
        self._say(body, files, is_public=False)

    # What people set

    @verb
    def set_status(self, status: Status) -> None:
        """Choose a status; it wins over the one that a reply in the same change would set."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        self._put_status(status)
        self._status_chosen = True

    @verb
    def close(self) -> None:
        """Nothing is left to do. A closed ticket stays closed, and closing it again tells nothing."""
        self._allow(policy.can_close(self.by, self.ticket, self.via, self.desk))
        if self.ticket.category != Category.CLOSED:
            self._put_status(default_status(Category.CLOSED))
            self._status_chosen = True

    @verb
    def decline(self, clause: str, body: Prose) -> None:
        """Close it with a public message, because support does not cover it, by a clause of its product (S2.14).

        Raises UnknownClauseError for what `support.clauses_for` does not name.
        """
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.reply"))
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        if clause not in support.clauses_for(self.ticket):
            raise UnknownClauseError
        self._say(body, (), is_public=True)
        self._put_status(default_status(Category.CLOSED))
        self._status_chosen = True
        self.ticket.out_of_scope = clause

    @verb
    def reopen(self) -> None:
        """The problem is back: resolved or closed becomes open. From a customer it means: the solution is none (S4.16)."""
        self._allow(policy.can_reopen(self.by, self.ticket, self.via, self.desk, at=self.at))
        if not self.ticket.is_unsolved:
            self._put_status(default_status(Category.OPEN))
            self._status_chosen = True

    @verb
    def set_priority(self, priority: Priority) -> None:
        """How soon it matters."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.priority"))
        self.ticket.priority = priority

    @verb
    def set_topic(self, topic: Topic, fields: Mapping[str, object] | None = None) -> None:
        """What it is about, with what the new topic asks; answers to fields of both stay. Raises FieldsError (S4.7).

        The team stays: whose queue it is in is a decision of its own.
        """
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        self.ticket.fields = checked(topic, fields or {}, as_staff=True, before=self.ticket.fields)
        self.ticket.topic = topic

    @verb
    def set_fields(self, given: Mapping[str, object]) -> None:
        """Answers to what the topic asks; what is not given stays. Raises FieldsError."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        self.ticket.fields = checked(self.ticket.topic, given, as_staff=True, before=self.ticket.fields)

    @verb
    def set_subject(self, subject: str) -> None:
        """What it is about, in one line."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.status"))
        line = text.one_line(subject)
        if not line:
            raise NothingWrittenError
        self.ticket.subject = line[:LONGEST_SUBJECT]

    @verb
    def assign(self, agent: User | None) -> None:
        """Who looks after it; None puts it back into the queue. Raises CannotBeAssignedError.

        From one agent to another an unsolved ticket gets the desk's status for that, unless one is chosen (S1.c9).
        """
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.assign"))
        if agent is not None and not policy.can_be_assigned(agent, self.ticket):
            raise CannotBeAssignedError(agent.name)
        self.ticket.assignee = agent

    @verb
    def claim(self) -> None:
        """Take a ticket that nobody has. Nothing for one that somebody has, or that one may look at and not be given."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.assign"))
        if self.by is not None and self.ticket.assignee is None and policy.can_be_assigned(self.by, self.ticket):
            self.ticket.assignee = self.by

    @verb
    def move_to_team(self, team: Team | None) -> None:
        """Whose queue it is in. An assignee who would no longer see it gives it up."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.move"))
        self.ticket.team = team
        if self.ticket.assignee and not policy.can_be_assigned(self.ticket.assignee, self.ticket):
            self.ticket.assignee = None

    @verb
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

    @verb
    def untag(self, name: str) -> None:
        """Take a tag off."""
        self._allow(policy.can_work(self.by, self.ticket, self.via, "ticket.tag"))
        tag = Tag.objects.filter(name=text.one_line(name).lower()).first()
        if tag and TicketTag.objects.filter(ticket=self.ticket, tag=tag).delete()[0]:
            self._told.append(Told(Kind.UNTAGGED, before=named(tag)))

    @verb
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

    @verb
    def unfollow(self, user: User) -> None:
        """Stop hearing of it; everybody may do that for themselves, requester and manager also for customers."""
        owner = self.by is not None and policy.owns(self.by, self.ticket) and not user.is_staff
        self._allow(user == self.by or owner or policy.can_work(self.by, self.ticket, self.via, "ticket.reply"))
        if Follower.objects.filter(ticket=self.ticket, user=user).delete()[0]:
            self._told.append(Told(Kind.UNFOLLOWED, before=named(user)))

    @verb
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
        attachments.remove_files(message, at=self.at)
        if message.is_public:
            self.ticket.preview = ""
        if message.is_question:
            self.ticket.asked_at = support.asked_since(self.ticket)
        self._told.append(Told(Kind.REDACTED, message=message))

    # What time brings, and what happens elsewhere

    @verb
    def break_promise(self) -> None:
        """Nobody has answered by the promised moment (S3.14). Nothing for whoever looks too early, or again."""
        self._allow(self.by is None)
        if outcome.is_broken(self.ticket, at=self.at) and self.ticket.overdue_since is None:
            self.ticket.overdue_since = self.at
            self._told.append(Told(Kind.OVERDUE))

    @verb
    def announce_closing(self, day: date) -> None:
        """The customer learns that the ticket will be closed on that day if nobody writes (S3.16, S1.c12)."""
        self._allow(self.by is None)
        if self.ticket.category in {Category.RESOLVED, Category.WAITING} and self.ticket.close_warned_at is None:
            self.ticket.close_warned_at = self.at
            self._told.append(Told(Kind.CLOSE_ANNOUNCED, after=named(day.isoformat())))

    @verb
    def purchase_ended(self, purchase: Purchase) -> None:
        """What it belongs to was refunded or was fraud: agents should know before they answer (S1.c6)."""
        self._allow(self.by is None)
        word = {"id": purchase.state, "name": purchase.get_state_display()}
        self._told.append(Told(Kind.PURCHASE_ENDED, after=word))

    @verb
    def ends_in(self, later: Ticket) -> None:
        """It went on in another ticket, whose subject is for those who see that one."""
        self._allow(later.follows_id == self.ticket.pk)
        self._told.append(Told(Kind.FOLLOWED_UP, after={"id": later.number, "name": f"#{later.number}"}))


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
        locked = Ticket.objects.select_related("status", "priority", "topic", "team", "assignee").get(pk=ticket.pk)
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
    priority: Priority | None,
    by: User | None,
    via: Via,
    at: datetime,
    files: Sequence[Attachment] = (),
    fields: Mapping[str, object] | None = None,
    follows: Ticket | None = None,
    purchase: Purchase | None = None,
    installation: Installation | None = None,
) -> Iterator[Change]:
    """The same door for a ticket that does not exist yet; `change.ticket` is the new one.

    The topic routes it to its team and assignee (S4.4); without a `priority` its own or the desk's holds. `follows` is a
    closed ticket that this one goes on from (S3.17). The number is taken under a lock: unique, rising, without gaps.
    What a customer opens needs the support that its topic asks for (`support`): NoSupportError, PurchaseNeededError,
    ForeignPurchaseError, InstallationNeededError; and keeps the limits: MessageTooLongError, SubjectTooLongError. Staff who
    open for somebody are held by neither. Raises FieldsError for answers that the topic does not take.
    """
    desk = current_desk()
    if not policy.can_open(by, requester) or (follows and not policy.can_follow_up(by, follows, desk, at=at)):
        raise NotAllowedError
    line = text.one_line(subject)
    if not line:
        raise NothingWrittenError
    with transaction.atomic():
        status = default_status(Category.OPEN)
        ticket = Ticket(
            subject=line[: LONGEST_SUBJECT], requester=requester, organization=requester.organization, topic=topic,
            team=topic.team, status=status, category=status.category, is_unsolved=True, follows=follows,
            priority=priority or default_priority(topic), created_at=at, updated_at=at, public_updated_at=at,
        )  # fmt: skip
        ticket.first_response_due_at = outcome.promise(ticket)
        agent = User.objects.filter(pk=topic.assignee_id).first() if topic.assignee_id else None
        if agent and policy.can_be_assigned(agent, ticket):
            ticket.assignee = agent
        change = Change(ticket, by=by, via=via, at=at, cause=None, desk=desk)
        if not change.as_staff and len(line) > (most := support.longest_subject(desk)):
            raise SubjectTooLongError(len(line), most)
        if change.as_staff:
            ticket.purchase = support.belonging(purchase, requester)
        else:
            ticket.purchase = support.locked_purchase(purchase, topic, requester, desk, at=at)
        ticket.installation = support.place(installation, ticket.purchase, is_needed=not change.as_staff)
        ticket.fields = checked(topic, fields or {}, as_staff=change.as_staff)
        ticket.number = next_number("ticket", taken=Ticket.objects.values_list("number"), first=FIRST_NUMBER)
        ticket.save(force_insert=True)
        change._say(body, files, is_public=True)  # noqa: SLF001 - the opening message needs no second permission
        yield change
        change._finish()  # noqa: SLF001 - the door closes what it opened
        if follows is not None:
            with change_ticket(follows, by=by, via=via, at=at) as earlier:
                earlier.ends_in(ticket)
