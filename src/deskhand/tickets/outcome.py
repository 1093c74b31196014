"""What follows from a change: the columns that nobody sets by hand. Pure, on a row that is not saved yet."""

from datetime import datetime
from typing import Any

from deskhand.promises.targets import due_at
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.ticket import Ticket


def promise(ticket: Ticket) -> datetime | None:
    """By when its customer hears from us: its priority's target, counted from its creation (S3.14)."""
    return due_at(ticket.created_at, minutes=ticket.priority.first_response_minutes)


def settle(ticket: Ticket, before: dict[str, Any], *, at: datetime, as_staff: bool, is_answered: bool) -> None:
    """Bring the row's consequences in line with what it was (`diff.snapshot`) and is.

    `is_answered`: somebody of the staff has written to the customer in this change.
    """
    _settle_place(ticket, before["category"], at=at, as_staff=as_staff)
    if not ticket.is_unsolved:
        ticket.asked_at = None  # nobody waits for an answer any longer
    if ticket.category != Category.CLOSED:
        ticket.out_of_scope = None  # opened again it is looked at anew
    if ticket.first_responded_at is None:
        if ticket.priority != before["priority"]:
            ticket.first_response_due_at = promise(ticket)
        if is_answered:
            ticket.first_responded_at = at
    if ticket.overdue_since and not is_broken(ticket, at=at):
        ticket.overdue_since = None


def is_handed_over(ticket: Ticket, before: dict[str, Any]) -> bool:
    """Does another agent look after an unsolved ticket than before (S1.c9)? From nobody, or to nobody, is no handing over."""
    old, new = before["assignee"], ticket.assignee
    return ticket.is_unsolved and old is not None and new is not None and old != new


def is_broken(ticket: Ticket, *, at: datetime) -> bool:
    """Has the promised moment passed while nobody has answered and the ticket is unsolved?"""
    due = ticket.first_response_due_at
    return ticket.is_unsolved and ticket.first_responded_at is None and due is not None and due < at


def _settle_place(ticket: Ticket, was: str, *, at: datetime, as_staff: bool) -> None:
    """Since when it is resolved or closed; what brings a resolved ticket back is a solution not accepted (S4.16)."""
    if ticket.category == was:
        return
    ticket.close_warned_at = None  # it said what would become of it in its old place
    ticket.resolved_at = at if ticket.category == Category.RESOLVED else None
    ticket.closed_at = at if ticket.category == Category.CLOSED else None
    if was == Category.RESOLVED and ticket.is_unsolved and not as_staff:
        ticket.attempts += 1
