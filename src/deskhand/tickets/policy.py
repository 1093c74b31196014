"""May they? Predicates over a person and a ticket; nothing here writes.

The look-up (`Ticket.objects.visible_to`) has already decided whether the ticket exists for this person; the verbs ask again,
because a rule, an API call or a scheduled change comes by another road. by=None is the system, which may.
"""

from deskhand.accounts.models import TeamMember, User
from deskhand.desk.models import Desk
from deskhand.tickets.events import Via
from deskhand.tickets.models import Category, Follower, Ticket


def works_on(user: User, ticket: Ticket) -> bool:
    """Sees the ticket as support staff does."""
    if not user.can("staff.enter"):
        return False
    if ticket.team is None or not ticket.team.is_private or user.can("ticket.see_private"):
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


def can_reply(user: User | None, ticket: Ticket, via: Via, desk: Desk) -> bool:
    """Staff; the requester and followers; a manager where the desk lets managers act (S4.18)."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.reply")
    if ticket.category == Category.CLOSED and not desk.customers_may_reopen:
        return False
    return _may_act(user, ticket, desk) or (user.is_active and follows(user, ticket))


def can_close(user: User | None, ticket: Ticket, via: Via, desk: Desk) -> bool:
    """Staff; the requester or a manager, where the desk lets customers close (S1.13)."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.status")
    return desk.customers_may_close and _may_act(user, ticket, desk)


def can_reopen(user: User | None, ticket: Ticket, via: Via, desk: Desk) -> bool:
    """Staff; the customers who may reply, where the desk lets customers reopen (S3.17)."""
    if user is None or acts_as_staff(user, ticket, via):
        return can_work(user, ticket, via, "ticket.status")
    return desk.customers_may_reopen and can_reply(user, ticket, via, desk)


def can_be_assigned(agent: User, ticket: Ticket) -> bool:
    """Active staff who see the ticket; a private team's ticket needs membership or rank."""
    if not agent.is_active or not agent.is_staff:
        return False
    if ticket.team is None or not ticket.team.is_private or agent.can("ticket.see_private"):
        return True
    return TeamMember.objects.filter(team=ticket.team, user=agent).exists()


def _may_act(user: User, ticket: Ticket, desk: Desk) -> bool:
    own = user.is_active and user.pk == ticket.requester_id
    return own or (desk.managers_may_reply and manages(user, ticket))
