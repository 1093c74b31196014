"""May they? Predicates over people; nothing here writes. by=None is the system, which may."""

from deskhand.accounts.models import User
from deskhand.accounts.roles import RANK, Role
from deskhand.desk.models import Desk, Registration


def can_invite(by: User | None, role: str) -> bool:
    """Inviting customers needs one permission, inviting anybody above them another; nobody invites above themselves."""
    if by is None:
        return True
    if role == Role.CUSTOMER:
        return by.can("people.invite")
    return by.can("people.invite") and by.can("people.change_role") and RANK[role] <= RANK[by.role]


def can_change_person(by: User | None, person: User) -> bool:
    """Name and username of somebody who does not rank higher."""
    return by is None or (by.can("people.change") and RANK[person.role] <= RANK[by.role])


def can_end_account(by: User | None, person: User) -> bool:
    """Deactivate or reactivate; nobody locks themselves out."""
    return can_change_person(by, person) and (by is None or by.pk != person.pk)


def can_create_account(by: User | None, role: str) -> bool:
    """Make an account and hand its password over (S4.2): who may invite this role and change people."""
    return by is None or (can_invite(by, role) and by.can("people.change"))


def can_hand_over_password(by: User | None, person: User) -> bool:
    """A new temporary password for somebody else who does not rank higher (A14)."""
    return can_end_account(by, person)


def can_place(by: User | None, person: User) -> bool:
    """Put somebody who does not rank higher into an organization, or make them its manager."""
    return by is None or (by.can("organization.change") and RANK[person.role] <= RANK[by.role])


def can_change_role(by: User | None, person: User, role: str) -> bool:
    """Neither the old nor the new role may be above one's own; nobody changes their own (A13)."""
    if by is None:
        return True
    highest = max(RANK[person.role], RANK[role])
    return by.pk != person.pk and by.can("people.change_role") and highest <= RANK[by.role]


def can_register(email: str, desk: Desk) -> bool:
    """Whether the desk lets the owner of this address make an account without being asked."""
    match desk.registration:
        case Registration.OPEN:
            return True
        case Registration.DOMAINS:
            return email.rpartition("@")[2].lower() in {domain.lower() for domain in desk.allowed_domains}
        case _:
            return False


def is_open_for_registration(desk: Desk) -> bool:
    """Whether there is a page to register at all."""
    return desk.registration in {Registration.OPEN, Registration.DOMAINS}


def roles_to_give(by: User, person: User | None = None) -> list[str]:
    """The roles `by` may invite somebody with, or give to `person`, lowest first."""
    if person is None:
        return [role for role in Role.values if can_invite(by, role)]
    return [role for role in Role.values if can_change_role(by, person, role)]
