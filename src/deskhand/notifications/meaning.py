"""What a change of a ticket means to its reader: the desk's own words where it has some, else the usual ones."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from deskhand.accounts.models import User
from deskhand.desk.queries import current_desk
from deskhand.mail import links
from deskhand.notifications import matrix
from deskhand.notifications.matrix import About
from deskhand.notifications.templates import Group, Wording, filled
from deskhand.tickets.events import Kind
from deskhand.tickets.fields import shown_values
from deskhand.tickets.history import announced
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import promise_open, topic_path


def own_headline(
    ticket: Ticket, told: Sequence[Event], *, reader: User | None, group: Group, wording: Wording
) -> str:  # fmt: skip
    """The desk's own first line for what the mail is mostly about; empty where it has none."""
    kind = matrix.leading(told)
    headline = wording(kind, group)[0] if kind else ""
    return filled(headline, _values(ticket, kind, told, reader=reader, group=group)) if kind and headline else ""


def paragraphs(
    ticket: Ticket, told: Sequence[Event], *, reader: User | None, group: Group, wording: Wording
) -> tuple[str, ...]:  # fmt: skip
    """What the reader should know or do: for each kind of news the desk's own text, else the usual one, if there is any."""
    there = {matrix.about(event) for event in told}
    found = []
    for kind in About:
        if kind not in there:
            continue
        own = wording(kind, group)[1]
        if own:
            found.append(filled(own, _values(ticket, kind, told, reader=reader, group=group)))
        elif group is Group.CUSTOMER:
            found.append(_usual_for_customer(ticket, kind, told, reader))
        else:
            found.append(_usual_for_staff(ticket, kind))
    return tuple(dict.fromkeys(filter(None, found)))


def facts(ticket: Ticket, *, as_staff: bool) -> tuple[tuple[str, str], ...]:
    """What was filled in when the ticket was opened; for staff also where it stands."""
    given = [(shown.label, shown.words) for shown in shown_values(ticket, as_staff=as_staff)]
    if not as_staff:
        return tuple(given)
    known = [(_("Topic"), topic_path(ticket.topic)), (_("Priority"), ticket.priority.name)]
    if due := promise_open(ticket):
        known.append((_("First answer by"), _day_and_time(due)))
    return (*known, *given)


def promise(ticket: Ticket, *, at: datetime) -> str:
    """When the customer hears from the desk, in one sentence; empty once somebody has answered or it is solved (S3.14)."""
    if ticket.first_responded_at or not ticket.is_unsolved:
        return ""
    due = promise_open(ticket)
    if due is None or due <= at:
        return _("We answer as soon as possible.")
    return _("You will hear from us by %(when)s.") % {"when": _day_and_time(due)}


def _usual_for_customer(ticket: Ticket, kind: About, told: Sequence[Event], reader: User | None) -> str:
    is_requester = reader is not None and reader.pk == ticket.requester_id
    match kind:
        case About.OPENED:
            return promise(ticket, at=told[-1].at)
        case About.DETAILS if promise_open(ticket) and any(e.kind == Kind.PRIORITY_CHANGED for e in told):
            return promise(ticket, at=told[-1].at)
        case About.RESOLVED if is_requester and ticket.category == "resolved":
            return _(
                "Is it solved? Then confirm it on the ticket’s page. If not, say so there, and the ticket is open again."
            )
        case About.CLOSING if not ticket.is_unsolved:
            return _(
                "Is it solved? Then you need not do anything. If not, write a message in the ticket, and it stays open."
            )
        case About.CLOSING if ticket.category == "waiting":
            return _("We wait for your answer. Write a message in the ticket, and it stays open.")
        case _:
            return ""


def _usual_for_staff(ticket: Ticket, kind: About) -> str:
    match kind:
        case About.REFUSED:
            tries = ngettext(
                "%(count)d solution was not accepted so far.", "%(count)d solutions were not accepted so far.", ticket.attempts
            ) % {"count": ticket.attempts}  # fmt: skip
            return f"{tries} {_('Please check it again and offer another one.')}"
        case About.OVERDUE if ticket.first_response_due_at:
            return _("A first answer was promised by %(when)s.") % {"when": _day_and_time(ticket.first_response_due_at)}
        case _:
            return ""


def _values(
    ticket: Ticket, kind: About, told: Sequence[Event], *, reader: User | None, group: Group
) -> dict[str, str]:  # fmt: skip
    """What the placeholders of this kind stand for (`templates.placeholders`)."""
    event = next(each for each in told if matrix.about(each) is kind)
    return {
        "name": reader.name if reader else "",
        "number": str(ticket.number),
        "subject": ticket.subject,
        "requester": ticket.requester.name,
        "by": event.by.name if event.by else _("The desk"),
        "assignee": ticket.assignee.name if ticket.assignee else _("nobody"),
        "status": ticket.status.name if group is Group.STAFF else ticket.status.customer_name,
        "priority": ticket.priority.name,
        "topic": topic_path(ticket.topic),
        "desk": current_desk().name,
        "link": links.to_ticket(ticket, as_staff=group is Group.STAFF),
        "promise": promise(ticket, at=told[-1].at),
        "date": announced(event.kind, event.after),
        "attempts": str(ticket.attempts),
    }


def _day_and_time(moment: datetime) -> str:
    """In the reader's time zone: "Tue 3 Mar, 11:15"."""
    return dateformat.format(timezone.localtime(moment), pgettext("promise", "D j M, H:i"))
