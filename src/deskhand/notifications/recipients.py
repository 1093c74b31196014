"""Who is told of a change, and why. Nobody hears of their own act, nobody inactive hears anything (S5.11 to S5.14).

Which of the staff's mails leave is `matrix`'s; a customer's wish is asked when the mail is written, which may be later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from deskhand.accounts.models import User
from deskhand.accounts.roles import PERMISSIONS
from deskhand.desk.queries import current_desk
from deskhand.notifications import matrix
from deskhand.notifications.matrix import Hearer
from deskhand.tickets import policy
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


class Reason(StrEnum):
    """Why somebody of the staff gets a notice, the strongest first; the words are in `words`."""

    ASSIGNED = "assigned"
    NEW = "new"
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
    """Everybody of the staff whom the change concerns and who wants to hear of it, the strongest reason for each."""
    assignee = ticket.assignee if ticket.assignee and ticket.assignee.is_active else None
    people: dict[Hearer, list[User]] = {
        Hearer.ASSIGNEE: [assignee] if assignee else [],
        Hearer.WATCHERS: [person for person in followers if person.is_staff],
    }
    found: dict[User, set[Reason]] = {}
    for event in events:
        kind = matrix.about(event)
        for hearer, reason in _concerned(event, assignee) if kind else ():
            if hearer is Hearer.QUEUE and hearer not in people:
                people[hearer] = list(_queue(ticket))
            for person in people[hearer]:
                if kind and matrix.wants(person, kind, hearer, current_desk()):
                    found.setdefault(person, set()).add(reason)
    return {person: min(reasons, key=list(Reason).index) for person, reasons in found.items()}


def _concerned(event: Event, assignee: User | None) -> Iterator[tuple[Hearer, Reason]]:
    """Of whose business this is. The assignee, else the queue, hears what customers do and what is late."""
    if event.kind == Kind.OPENED:
        yield Hearer.QUEUE, Reason.NEW
    elif _is_by_customer(event) or event.kind == Kind.OVERDUE:
        yield (Hearer.ASSIGNEE, Reason.ASSIGNEE) if assignee else (Hearer.QUEUE, Reason.QUEUE)
    if assignee and (event.kind == Kind.OPENED or _gives_to(event, assignee)):
        yield Hearer.ASSIGNEE, Reason.ASSIGNED
    if event.kind == Kind.NOTED:
        yield Hearer.ASSIGNEE, Reason.ASSIGNEE
    if event.is_public or event.kind in {Kind.NOTED, Kind.OVERDUE}:
        yield Hearer.WATCHERS, Reason.FOLLOWER


def _gives_to(event: Event, agent: User) -> bool:
    return event.kind == Kind.ASSIGNED and event.after is not None and event.after["id"] == agent.pk


def _is_by_customer(event: Event) -> bool:
    """A customer wrote, closed, reopened, refused. An agent who writes in the portal does so as a customer."""
    if event.message and event.message.is_public and not event.message.by_staff:
        return True
    return event.is_public and event.by is not None and not event.by.is_staff


def _queue(ticket: Ticket) -> Iterable[User]:
    """Whose queue it is in: the team, else everybody of the staff who may see it. Never nobody while there is anybody."""
    staff = User.objects.staff().active().order_by("pk")
    if ticket.team is None:
        return staff
    if members := list(staff.filter(teams=ticket.team)):
        return members
    if ticket.team.is_private:
        return staff.filter(role__in=[role for role, may in PERMISSIONS.items() if "ticket.see_private" in may])
    return staff
