"""From tickets and messages to what is told of them. `as_staff` decides what only staff may know."""

from collections.abc import Sequence

from deskhand.accounts.models import User
from deskhand.api.shapes import (
    FieldOut,
    FileOut,
    MessageOut,
    Named,
    Person,
    PriorityOut,
    TicketOut,
    TicketRow,
    TopicOut,
)
from deskhand.desk.queries import current_desk
from deskhand.mail import links
from deskhand.tickets import fields, queries
from deskhand.tickets.models.field import Access
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.paging import Row
from deskhand.tickets.queries import TopicChoice
from deskhand.tickets.support import longest_message


def of_list(row: Row, *, as_staff: bool) -> TicketRow:
    """A row of a list, read for this audience."""
    return TicketRow(
        number=row.number, subject=row.subject, category=row.category, status=row.status,
        priority=PriorityOut(slug=row.priority, name=row.priority_name), topic=row.topic,
        requester=Person(id=row.requester_id, name=row.requester),
        assignee=Person(id=row.assignee_id, name=row.assignee) if row.assignee_id else None,
        organization=(row.organization or None) if as_staff else None, team=(row.team or None) if as_staff else None,
        last_reply_by_staff=row.last_reply_by_staff, is_unread=row.is_unread,
        is_overdue=row.is_overdue if as_staff else None, created_at=row.created_at, updated_at=row.at,
    )  # fmt: skip


def of_ticket(ticket: Ticket, *, user: User, as_staff: bool) -> TicketOut:
    """One ticket, whose status, priority, topic and team are loaded (`with_words`)."""
    organization = ticket.organization
    is_buyer = ticket.purchase is not None and ticket.purchase.owner_id == user.pk
    purchase = ticket.purchase if as_staff or is_buyer else None
    asked = {answer.slug for answer in fields.shown_values(ticket, as_staff=as_staff)}
    return TicketOut(
        number=ticket.number,
        subject=ticket.subject,
        category=ticket.category,
        status=Named(id=ticket.status.pk, name=ticket.status.name if as_staff else ticket.status.customer_name),
        priority=PriorityOut(slug=ticket.priority.slug, name=ticket.priority.name),
        topic=Named(id=ticket.topic.pk, name=ticket.topic.name),
        fields={slug: value for slug, value in ticket.fields.items() if slug in asked},
        requester=_person(ticket.requester),
        requester_email=ticket.requester.email if as_staff else None,
        organization=organization.name if as_staff and organization else None,
        assignee=_person(ticket.assignee) if ticket.assignee else None,
        team=ticket.team.name if as_staff and ticket.team else None,
        tags=[tag.name for tag in queries.surroundings(ticket).tags] if as_staff else None,
        purchase=purchase.reference if purchase else None,
        installation=ticket.installation.domain if purchase and ticket.installation else None,
        out_of_scope=ticket.out_of_scope,
        asked_at=ticket.asked_at,
        first_response_due_at=queries.promise_open(ticket),
        created_at=ticket.created_at,
        updated_at=ticket.updated_at if as_staff else ticket.public_updated_at,
        closed_at=ticket.closed_at,
        url=links.to_ticket(ticket, as_staff=as_staff),
    )


def of_message(message: Message, files: Sequence[Attachment] = ()) -> MessageOut:
    """A message that its reader may see."""
    return MessageOut(
        id=message.pk, author=_person(message.author) if message.author else None, by_staff=message.by_staff,
        is_public=message.is_public, is_question=message.is_question, is_redacted=message.redacted_at is not None,
        text=message.text, html=message.html, files=[FileOut(name=f.name, kind=f.kind, size=f.size) for f in files],
        at=message.at,
    )  # fmt: skip


def of_topic(choice: TopicChoice, *, as_staff: bool) -> TopicOut:
    """A topic with what it asks of this audience."""
    topic = choice.topic
    asked = [(field, fields.access(field, as_staff=as_staff)) for field in fields.fields_of(topic, as_staff=as_staff)]
    return TopicOut(
        id=topic.pk, path=choice.path, is_default=topic.is_default, asks_priority=as_staff or topic.asks_priority,
        purchase=topic.purchase, longest_message=None if as_staff else longest_message(topic, current_desk()),
        fields=[
            FieldOut(
                slug=field.slug, label=field.label, kind=field.kind, is_required=access is Access.REQUIRED,
                options=field.options,
            )
            for field, access in asked
            if access is not Access.READ
        ],
    )  # fmt: skip


def _person(user: User) -> Person:
    return Person(id=user.pk, name=user.name)
