"""What a mail about a ticket says: for customers what they may know, for staff everything."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.mail import links
from deskhand.mail.letters import Letter, Said
from deskhand.notifications.recipients import Reason
from deskhand.tickets.diff import TRACKED, Told
from deskhand.tickets.events import MESSAGES, Kind
from deskhand.tickets.models import Event, Ticket
from deskhand.tickets.queries import sentence

_FIELD = {kind: kind for kind in TRACKED.values()} | {
    Kind.CLOSED: Kind.STATUS_CHANGED, Kind.REOPENED: Kind.STATUS_CHANGED,
}  # fmt: skip


def net(events: Iterable[Event]) -> list[Event]:
    """What is left of some changes: of each field only from first to last, and there and back tells nothing.

    The events that stand for several are not rows of the database.
    """
    left: dict[str, Event] = {}
    for event in events:
        field = _FIELD.get(Kind(event.kind))
        first = left.pop(field or str(event.pk), None)
        if field is None or first is None:
            left[field or str(event.pk)] = event
        elif _id(first.before) != _id(event.after):
            left[field] = _joined(first, event)
    return list(left.values())


def _joined(first: Event, last: Event) -> Event:
    told = Told(Kind(last.kind), before=first.before, after=last.after)
    return Event(
        ticket=last.ticket, kind=last.kind, at=last.at, by=last.by, via=last.via, before=first.before, after=last.after,
        is_public=told.is_public,
    )  # fmt: skip


def _id(value: dict[str, object] | None) -> object:
    return value["id"] if value else None


def for_customer(ticket: Ticket, events: list[Event], *, reader: User) -> Letter | None:
    """The letter to the requester or a following customer about all of `events`; None when nothing is left to tell."""
    public = [event for event in net(events) if event.is_public and not _is_gone(event)]
    opened = next((event for event in public if event.kind == Kind.OPENED), None)
    told = [event for event in public if event.by_id != reader.pk or event is opened]
    if not told:
        return None
    rest = [event for event in told if event is not opened]
    return Letter(
        subject=subject(ticket),
        headline=_opening(ticket, opened, reader) if opened else _headline(rest, as_staff=False),
        sentences=tuple(_sentences(rest, as_staff=False, skip_first=opened is None)),
        said=tuple(_said(told)),
        link=links.to_ticket(ticket, as_staff=False),
        link_words=_("Open the ticket"),
        why=_why_customer(ticket, reader),
    )


def for_staff(ticket: Ticket, events: list[Event], *, reason: Reason) -> Letter:
    """The notice to somebody of the staff about one change."""
    return Letter(
        subject=subject(ticket),
        headline=_headline(events, as_staff=True),
        sentences=tuple(_sentences(events, as_staff=True, skip_first=True)),
        said=tuple(_said(events)),
        link=links.to_ticket(ticket, as_staff=True),
        link_words=_("Open the ticket"),
        why=_why_staff(reason),
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


def _headline(events: list[Event], *, as_staff: bool) -> str:
    return sentence(events[0], as_staff=as_staff)


def _sentences(events: list[Event], *, as_staff: bool, skip_first: bool) -> list[str]:
    return [sentence(event, as_staff=as_staff) for event in events[1 if skip_first else 0 :]]


def _said(events: Iterable[Event]) -> list[Said]:
    spoken = [(event, event.message) for event in events if event.kind in MESSAGES and event.message]
    return [
        Said(
            name=event.by.name if event.by else _("The desk"), at=message.at, text=message.text, html=message.html,
            is_note=not message.is_public, is_redacted=message.redacted_at is not None,
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
