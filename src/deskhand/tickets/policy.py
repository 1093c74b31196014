"""May they? Predicates over a person and a ticket; nothing here writes.

The look-up (`Ticket.objects.visible_to`) has already decided whether the ticket exists for this person; the verbs ask again,
because a rule, an API call or a scheduled change comes by another road. by=None is the system, which may.
"""

from datetime import datetime, timedelta

from deskhand.accounts.models import TeamMember, User
from deskhand.desk.models import Desk
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.ticket import Follower, Ticket


def works_on(user: User, ticket: Ticket) -> bool:
    """Sees the ticket as support staff does. One that is just being opened is nobody's secret yet."""
    if not user.can("staff.enter"):
        return False
    if ticket.pk is None or ticket.team is None or not ticket.team.is_private or user.can("ticket.see_private"):
        return True
    return (
        user.pk == ticket.assignee_id
        or TeamMember.objects.filter(team=ticket.team, user=user).exists()
        or Follower.objects.filter(ticket=ticket, user=user).exists()
    )


def acts_as_staff(user: User | None, ticket: Ticket, via: Via) -> bool:
    """Speaks for the desk. Whoever writes in the portal speaks as a customer, also an agent with a ticket of their own."""
    return user is None or (via is not Via.PORTAL and works_on(user, ticket))


def takes_part(user: User, ticket: Ticket) -> bool:
    """Is the requester, follows the ticket, or manages the organization it was opened for (S4.17)."""
    if not user.is_active:
        return False
    return owns(user, ticket) or follows(user, ticket)


def owns(user: User, ticket: Ticket) -> bool:
    """Is the requester, or manages the organization it was opened for."""
    return user.is_active and (user.pk == ticket.requester_id or manages(user, ticket))


def follows(user: User, ticket: Ticket) -> bool:
    """Hears of the ticket."""
    return Follower.objects.filter(ticket=ticket, user=user).exists()


def manages(user: User, ticket: Ticket) -> bool:
    """Is a manager of the organization the ticket was opened for."""
    same = user.organization_id is not None and user.organization_id == ticket.organization_id
    return user.is_active and user.is_manager and same


def can_work(user: User | None, ticket: Ticket, via: Via, permission: str) -> bool:
    """May do this kind of staff work on this ticket."""
    return acts_as_staff(user, ticket, via) and (user is None or user.can(permission))


def can_open(user: User | None, requester: User) -> bool:
    """For themselves once their account is set up (S2.7), or staff for anybody; neither for nor as somebody who has left."""
    if not requester.is_active:
        return False
    if user == requester:
        return not requester.is_invited
    return user is None or user.can("ticket.open_for")


def can_reply(user: User | None, ticket: Ticket, via: Via, desk: Desk, *, at: datetime) -> bool:
    """Staff; the requester and followers; a manager where the desk lets managers act (S4.18). Not once it stays closed."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.reply")
    if stays_closed(ticket, desk, at=at):
        return False
    return _may_act(user, ticket, managers=desk.managers_may_reply) or (user.is_active and follows(user, ticket))


def can_close(user: User | None, ticket: Ticket, via: Via, desk: Desk) -> bool:
    """Staff; the requester or, where it lets them, a manager, if the desk lets customers close (S1.13, S3.16, S4.18)."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.status")
    return desk.customers_may_close and _may_act(user, ticket, managers=desk.managers_may_close)


def can_reopen(user: User | None, ticket: Ticket, via: Via, desk: Desk, *, at: datetime) -> bool:
    """Staff; the customers who may reply. Not accepting a solution is always possible, a closed ticket's by setting (S3.17)."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.status")
    return can_reply(user, ticket, via, desk, at=at)


def stays_closed(ticket: Ticket, desk: Desk, *, at: datetime) -> bool:
    """Is it closed for customers for good: by setting, or because the days in which it reopens are over (S3.17)?"""
    if ticket.category != Category.CLOSED:
        return False
    if not desk.customers_may_reopen:
        return True
    if desk.reopen_days is None or ticket.closed_at is None:
        return False
    return at > ticket.closed_at + timedelta(days=desk.reopen_days)


def can_follow_up(user: User | None, ticket: Ticket, desk: Desk, *, at: datetime) -> bool:
    """May open a ticket that follows this one (S3.17): who takes part once it stays closed; staff as soon as it is closed."""
    if user is None:
        return ticket.category == Category.CLOSED
    if takes_part(user, ticket) and stays_closed(ticket, desk, at=at):
        return True
    return ticket.category == Category.CLOSED and works_on(user, ticket)


def claims_by_opening(user: User, ticket: Ticket, desk: Desk) -> bool:
    """Does this person look after the ticket from the first look on (S1.c1)? By setting, and once: nobody has had it yet.

    Not one that was answered, nor one of their own.
    """
    if not desk.claims_on_open or not ticket.is_unsolved or ticket.assignee_id or ticket.first_responded_at:
        return False
    if user.pk == ticket.requester_id or not can_work(user, ticket, Via.STAFF, "ticket.assign"):
        return False
    return not ticket.events.filter(kind=Kind.ASSIGNED).exists()


def can_be_assigned(agent: User, ticket: Ticket) -> bool:
    """Active staff who see the ticket; a private team's ticket needs membership or rank."""
    if not agent.is_active or not agent.is_staff:
        return False
    if ticket.team is None or not ticket.team.is_private or agent.can("ticket.see_private"):
        return True
    return TeamMember.objects.filter(team=ticket.team, user=agent).exists()


def _may_act(user: User, ticket: Ticket, *, managers: bool) -> bool:
    own = user.is_active and user.pk == ticket.requester_id
    return own or (managers and manages(user, ticket))
