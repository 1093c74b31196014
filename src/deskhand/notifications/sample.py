"""A mail as somebody would get it, about a ticket that does not exist: what an administrator sees while writing its words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.desk.queries import current_desk
from deskhand.mail.changes import post
from deskhand.mail.letters import Letter, for_reader, render
from deskhand.mail.models import Kind as MailKind
from deskhand.mail.models import Mail
from deskhand.notifications import words
from deskhand.notifications.matrix import About
from deskhand.notifications.recipients import Reason
from deskhand.notifications.templates import KEYS, Group, own_words
from deskhand.tickets.diff import named
from deskhand.tickets.events import MESSAGES, Kind, Via
from deskhand.tickets.models.choices import UNSOLVED, Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.words import default_status
from deskhand.tickets.words import words as kept_words

NUMBER: Final = 1042
_KIND: Final = {
    About.OPENED: Kind.OPENED, About.REFUSED: Kind.REFUSED, About.REPLIED: Kind.REPLIED, About.NOTED: Kind.NOTED,
    About.CLOSING: Kind.CLOSE_ANNOUNCED, About.RESOLVED: Kind.STATUS_CHANGED, About.CLOSED: Kind.CLOSED,
    About.REOPENED: Kind.REOPENED, About.STATUS: Kind.STATUS_CHANGED, About.ASSIGNED: Kind.ASSIGNED,
    About.DETAILS: Kind.PRIORITY_CHANGED, About.REDACTED: Kind.REDACTED, About.OVERDUE: Kind.OVERDUE,
}  # fmt: skip
_STANDS: Final = {
    About.CLOSING: Category.RESOLVED, About.RESOLVED: Category.RESOLVED, About.CLOSED: Category.CLOSED,
    About.STATUS: Category.IN_PROGRESS, About.REPLIED: Category.WAITING,
}  # fmt: skip
_BY_CUSTOMER: Final = frozenset({About.OPENED, About.REFUSED})
_BY_NOBODY: Final = frozenset({About.CLOSING, About.OVERDUE})


def sample(key: str, *, headline: str, text: str, at: datetime) -> Letter:
    """The letter with these words, which need not be saved; in the language and time zone that are active.

    `key` is one of `templates.KEYS`, and the words have been checked.
    """
    kind, group = KEYS[key]
    customer, agent = User(name=_("Carla Nilsson")), User(name=_("Ada Berg"), role="agent")
    ticket = _ticket(kind, customer, agent, at)
    event = _event(kind, group, ticket, at)

    def wording(asked: About, _of: Group) -> tuple[str, str]:
        return (headline, text) if asked is kind else ("", "")

    if group is Group.STAFF:
        reason = Reason.NEW if kind is About.OPENED else Reason.ASSIGNEE
        return words.for_staff(ticket, [event], {}, reason=reason, wording=wording)
    return words.for_customer(ticket, [event], {}, reader=customer, wording=wording)


def post_sample(key: str, *, to: User, at: datetime) -> Mail:
    """Post the mail, as the desk words it now, to its reader's own address. It belongs to no ticket."""
    headline, text = own_words(*KEYS[key])
    with for_reader(to):
        rendered = render(sample(key, headline=headline, text=text, at=at))
    mail = post(rendered, kind=MailKind.TEST, to=to, at=at)
    if mail is None:
        raise RuntimeError("a mail about no change was taken for a repetition")
    return mail


def _ticket(kind: About, customer: User, agent: User, at: datetime) -> Ticket:
    known = kept_words()
    status = default_status(_STANDS.get(kind, Category.OPEN))
    return Ticket(
        number=NUMBER, subject=_("The order form shows an error"), requester=customer, status=status,
        category=status.category, is_unsolved=status.category in UNSOLVED, assignee=agent, created_at=at, attempts=1,
        priority=next(priority for priority in known.priorities.values() if priority.is_default),
        topic=next(iter(sorted(known.topics.values(), key=lambda topic: not topic.is_default))),
        first_response_due_at=at + timedelta(hours=-1 if kind is About.OVERDUE else 4),
    )  # fmt: skip


def _event(kind: About, group: Group, ticket: Ticket, at: datetime) -> Event:
    by_customer = kind in _BY_CUSTOMER or (kind is About.REPLIED and group is Group.STAFF)
    agent = User(name=_("Bo Lind"), role="lead") if kind is About.ASSIGNED else ticket.assignee
    by = None if kind in _BY_NOBODY else ticket.requester if by_customer else agent
    before, after = _values(kind, ticket, at)
    said = _KIND[kind] in MESSAGES
    return Event(
        ticket=ticket, kind=_KIND[kind], at=at, by=by, via=Via.SYSTEM, is_public=kind is not About.NOTED, before=before,
        after=after, message=_message(kind, ticket, by_customer=by_customer, at=at) if said else None,
    )  # fmt: skip


def _message(kind: About, ticket: Ticket, *, by_customer: bool, at: datetime) -> Message:
    said = compose(
        _("It says “Error 17” when I press *Send*.")
        if by_customer
        else _("Please try it again: we have changed something.")
    )
    return Message(ticket=ticket, text=said.text, html=said.html, at=at, is_public=kind is not About.NOTED)


def _values(kind: About, ticket: Ticket, at: datetime) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """What an event of this kind remembers."""
    opened, agent = named(default_status(Category.OPEN)), {"id": None, "name": ticket.assignee and ticket.assignee.name}
    match kind:
        case About.REFUSED | About.REOPENED:
            return named(default_status(Category.RESOLVED)), opened
        case About.RESOLVED | About.CLOSED | About.STATUS:
            return opened, named(ticket.status)
        case About.ASSIGNED:
            return None, agent
        case About.DETAILS:
            low, high = list(kept_words().priorities.values())[:: len(kept_words().priorities) - 1]
            return named(low), named(high)
        case About.CLOSING:
            day = (timezone.localtime(at) + timedelta(days=current_desk().auto_close_warning_days)).date().isoformat()
            return None, {"id": day, "name": day}
        case _:
            return None, None
