"""Who is told of a change, and why. Nobody hears of their own act, nobody inactive hears anything (S5.11 to S5.14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from deskhand.accounts.models import User
from deskhand.accounts.roles import PERMISSIONS
from deskhand.tickets import policy
from deskhand.tickets.events import Kind
from deskhand.tickets.models import Event, Ticket


class Reason(StrEnum):
    """Why somebody of the staff gets a notice; the words are in `words`."""

    NEW = "new"
    ASSIGNED = "assigned"
    ASSIGNEE = "assignee"
    QUEUE = "queue"
    FOLLOWER = "follower"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of one change: customers through the mail window, staff at once."""

    customers: list[User]
    staff: dict[User, Reason]


def audience(ticket: Ticket, events: list[Event]) -> Audience:
    """The people of one change. A note is for staff only, whatever else the change holds (H01)."""
    actors = {event.by_id for event in events}
    followers = list(User.objects.get_queryset().active().filter(followed__ticket=ticket).order_by("pk"))
    is_public = any(event.is_public for event in events)
    opened = any(event.kind == Kind.OPENED for event in events)

    customers = []
    if is_public:
        told = [ticket.requester, *(person for person in followers if not person.is_staff)]
        customers = [
            person for person in dict.fromkeys(told)
            if person.is_active and (person.pk not in actors or (opened and person == ticket.requester))
        ]  # fmt: skip

    staff = _staff(ticket, events, followers)
    heard = {
        person: reason for person, reason in staff.items()
        if person.pk not in actors and person not in customers and person.is_active and policy.works_on(person, ticket)
    }  # fmt: skip
    return Audience(customers=customers, staff=heard)


def may_still_be_told(user: User, ticket: Ticket) -> bool:
    """A customer's side of the ticket is still this person's business."""
    return user.is_active and (user.pk == ticket.requester_id or policy.follows(user, ticket))


def _staff(ticket: Ticket, events: list[Event], followers: list[User]) -> dict[User, Reason]:
    """Everybody of the staff whom the change concerns, the strongest reason for each."""
    kinds = {event.kind for event in events}
    assignee = ticket.assignee if ticket.assignee and ticket.assignee.is_active else None
    reasons: list[tuple[Iterable[User], Reason]] = []
    if assignee and any(_gives_to(event, assignee) for event in events):
        reasons.append(([assignee], Reason.ASSIGNED))
    if Kind.OPENED in kinds:
        reasons.append((_queue(ticket), Reason.NEW))
    elif _is_by_customer(events):
        reasons.append(([assignee], Reason.ASSIGNEE) if assignee else (_queue(ticket), Reason.QUEUE))
    if Kind.NOTED in kinds and assignee:
        reasons.append(([assignee], Reason.ASSIGNEE))
    if Kind.NOTED in kinds or any(event.is_public for event in events):
        reasons.append(([person for person in followers if person.is_staff], Reason.FOLLOWER))
    found: dict[User, Reason] = {}
    for people, reason in reasons:
        for person in people:
            found.setdefault(person, reason)
    return found


def _gives_to(event: Event, agent: User) -> bool:
    return event.kind == Kind.ASSIGNED and event.after is not None and event.after["id"] == agent.pk


def _is_by_customer(events: list[Event]) -> bool:
    """A customer wrote, closed or reopened."""
    spoken = any(event.message and event.message.is_public and not event.message.by_staff for event in events)
    return spoken or any(event.is_public and event.by is not None and not event.by.is_staff for event in events)


def _queue(ticket: Ticket) -> QuerySet[User]:
    """Whose queue it is in: the team, else everybody of the staff who may see it. Never nobody while there is anybody."""
    staff = User.objects.staff().active().order_by("pk")
    if ticket.team is None:
        return staff
    members = staff.filter(teams=ticket.team)
    if members.exists():
        return members
    if ticket.team.is_private:
        return staff.filter(role__in=[role for role, may in PERMISSIONS.items() if "ticket.see_private" in may])
    return staff
