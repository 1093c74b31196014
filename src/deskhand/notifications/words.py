"""What a mail about a ticket says: for customers what they may know, for staff everything."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.mail import links
from deskhand.mail.letters import Letter, Said
from deskhand.notifications.meaning import facts, own_headline, paragraphs
from deskhand.notifications.recipients import Reason
from deskhand.notifications.templates import Group, Wording, own_words
from deskhand.tickets.diff import TRACKED, Told
from deskhand.tickets.events import MESSAGES, Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import sentence
from deskhand.tickets.words import with_words

Files = Mapping[int, Sequence[Attachment]]  # by the message they came with
_FIELD = {kind: kind for kind in TRACKED.values()} | {
    Kind.CLOSED: Kind.STATUS_CHANGED, Kind.REOPENED: Kind.STATUS_CHANGED, Kind.REFUSED: Kind.STATUS_CHANGED,
}  # fmt: skip


def net(events: Iterable[Event]) -> list[Event]:
    """What is left of some changes: of each field only from first to last, and there and back tells nothing.

    The events that stand for several are not rows of the database.
    """
    left: dict[str, Event] = {}
    for event in events:
        field = _field(event)
        first = left.pop(field or str(event.pk), None)
        if field is None or first is None:
            left[field or str(event.pk)] = event
        elif _id(first.before) != _id(event.after):
            left[field] = _joined(first, event)
    return list(left.values())


def _field(event: Event) -> str | None:
    """What it changed from one value to another, such as the status or the answer to one question; None for other things."""
    if event.kind == Kind.FIELD_CHANGED and event.after:
        return f"{event.kind} {event.after['slug']}"
    return _FIELD.get(Kind(event.kind))


def _joined(first: Event, last: Event) -> Event:
    is_hidden = last.kind == Kind.FIELD_CHANGED and not (first.is_public and last.is_public)
    told = Told(Kind(last.kind), before=first.before, after=last.after, is_hidden=is_hidden)
    return Event(
        ticket=last.ticket, kind=last.kind, at=last.at, by=last.by, via=last.via, before=first.before, after=last.after,
        is_public=told.is_public,
    )  # fmt: skip


def _id(value: dict[str, object] | None) -> object:
    return value["id"] if value else None


def left_for(reader: User, events: Iterable[Event]) -> list[Event]:
    """What a customer has to read of these events: what is public and not their own, but for their own opening."""
    public = [event for event in net(events) if event.is_public and not _is_gone(event)]
    return [event for event in public if event.by_id != reader.pk or event.kind == Kind.OPENED]


def for_customer(
    ticket: Ticket, told: Sequence[Event], files: Files, *, reader: User, wording: Wording = own_words
) -> Letter:
    """The letter to the requester or a following customer about what is left for them; at least one event."""
    with_words(ticket)
    opened = next((event for event in told if event.kind == Kind.OPENED), None)
    rest = [event for event in told if event is not opened]
    usual = _opening(ticket, opened, reader) if opened else sentence(rest[0], as_staff=False)
    own = own_headline(ticket, told, reader=reader, group=Group.CUSTOMER, wording=wording)
    return Letter(
        subject=subject(ticket),
        headline=own or usual,
        sentences=_sentences(rest if own or opened else rest[1:], as_staff=False),
        words=paragraphs(ticket, told, reader=reader, group=Group.CUSTOMER, wording=wording),
        facts=facts(ticket, as_staff=False) if opened else (),
        said=tuple(_said(told, files)),
        link=links.to_ticket(ticket, as_staff=False),
        link_words=_("Open the ticket"),
        why=_why_customer(ticket, reader),
        choose=links.to_own_mails(),
    )


def for_staff(
    ticket: Ticket, events: Sequence[Event], files: Files, *, reason: Reason, wording: Wording = own_words
) -> Letter:
    """The notice to somebody of the staff about one change. A refused solution comes first: it says what to do (S4.16)."""
    with_words(ticket)
    told = sorted(events, key=lambda event: event.kind != Kind.REFUSED)
    own = own_headline(ticket, told, reader=None, group=Group.STAFF, wording=wording)
    usual = sentence(told[0], as_staff=True)
    if told[0].kind == Kind.REFUSED and told[0].by:
        usual = _("Solution not accepted by %(by)s, the ticket is open again") % {"by": told[0].by.name}
    is_new = any(event.kind == Kind.OPENED for event in told)
    return Letter(
        subject=subject(ticket),
        headline=own or usual,
        sentences=_sentences(told if own else told[1:], as_staff=True),
        words=paragraphs(ticket, told, reader=None, group=Group.STAFF, wording=wording),
        facts=facts(ticket, as_staff=True) if is_new else (),
        said=tuple(_said(told, files)),
        link=links.to_ticket(ticket, as_staff=True),
        link_words=_("Open the ticket"),
        why=_why_staff(reason),
        choose=links.to_own_mails(),
    )


def subject(ticket: Ticket) -> str:
    """Always the same for a ticket, so that mail programs keep its mails together."""
    return f"[#{ticket.number}] {ticket.subject}"


def _opening(ticket: Ticket, opened: Event, reader: User) -> str:
    values = {"number": ticket.number, "by": opened.by.name if opened.by else _("The desk")}
    if reader.pk == opened.by_id:
        return _("We have your message: it is ticket #%(number)s") % values
    if reader.pk == ticket.requester_id:
        return _("%(by)s opened ticket #%(number)s for you") % values
    return _("%(by)s opened ticket #%(number)s") % values


def _sentences(events: Iterable[Event], *, as_staff: bool) -> tuple[str, ...]:
    return tuple(sentence(event, as_staff=as_staff) for event in events)


def _said(events: Iterable[Event], files: Files) -> list[Said]:
    spoken = [(event, event.message) for event in events if event.kind in MESSAGES and event.message]
    return [
        Said(
            name=event.by.name if event.by else _("The desk"), at=message.at, text=message.text, html=message.html,
            is_note=not message.is_public, is_redacted=message.redacted_at is not None,
            files=tuple(file.name for file in files.get(message.pk, ())),
        )
        for event, message in spoken
    ]  # fmt: skip


def _is_gone(event: Event) -> bool:
    """A reply that was redacted before anybody was told of it need not be told."""
    return event.kind == Kind.REPLIED and event.message is not None and event.message.redacted_at is not None


def _why_customer(ticket: Ticket, reader: User) -> str:
    if reader.pk == ticket.requester_id:
        return _("You get this because it is your ticket.")
    return _("You get this because you follow the ticket.")


def _why_staff(reason: Reason) -> str:
    match reason:
        case Reason.NEW:
            return _("You get this because a new ticket came to you or your team.")
        case Reason.ASSIGNED | Reason.ASSIGNEE:
            return _("You get this because the ticket is assigned to you.")
        case Reason.QUEUE:
            return _("You get this because nobody looks after the ticket yet.")
        case Reason.FOLLOWER:
            return _("You get this because you follow the ticket.")
