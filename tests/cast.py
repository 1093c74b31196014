"""Who plays in the tests. Everybody's password is PASSWORD."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from django.contrib.auth.hashers import make_password

from deskhand.accounts.models import Organization, Team, TeamMember, User
from deskhand.accounts.roles import Role
from deskhand.desk.changes import configure, finish_setup

PASSWORD: Final = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Cast:
    """ada works in support, bea in the private team; lena leads, otto administers; carl and mona (manager) are of Acme,
    cora too (no manager); eve is a customer elsewhere and must never see anything.
    """

    ada: User
    bea: User
    lena: User
    otto: User
    carl: User
    cora: User
    mona: User
    eve: User
    acme: Organization
    elsewhere: Organization
    support: Team
    private: Team

    @property
    def everybody(self) -> list[User]:
        return [self.ada, self.bea, self.lena, self.otto, self.carl, self.cora, self.mona, self.eve]


def assemble(*, at: datetime) -> Cast:
    """Put them on the stage, in the database."""
    acme, elsewhere = Organization.objects.bulk_create([Organization(name="Acme"), Organization(name="Elsewhere")])
    support, private = Team.objects.bulk_create([Team(name="Support"), Team(name="Legal", is_private=True)])
    ada, bea, otto, lena, carl, cora, mona, eve = _people(
        _user("ada", Role.AGENT, at=at), _user("bea", Role.AGENT, at=at), _user("otto", Role.ADMIN, at=at),
        _user("lena", Role.LEAD, at=at), _user("carl", organization=acme, at=at), _user("cora", organization=acme, at=at),
        _user("mona", organization=acme, is_manager=True, at=at), _user("eve", organization=elsewhere, at=at),
    )  # fmt: skip
    TeamMember.objects.bulk_create([TeamMember(team=support, user=ada), TeamMember(team=private, user=bea)])
    configure(by=otto, at=at, name="Nordlys support", hue=195)
    finish_setup(by=otto, at=at)
    return Cast(
        ada=ada, bea=bea, lena=lena, otto=otto, carl=carl, cora=cora, mona=mona, eve=eve, acme=acme, elsewhere=elsewhere,
        support=support, private=private,
    )  # fmt: skip


def person(
    name: str,
    role: Role = Role.CUSTOMER,
    *,
    at: datetime,
    organization: Organization | None = None,
    is_manager: bool = False,
) -> User:
    """A person with an account that is set up and a confirmed address."""
    return _people(_user(name, role, at=at, organization=organization, is_manager=is_manager))[0]


def _user(
    name: str,
    role: Role = Role.CUSTOMER,
    *,
    at: datetime,
    organization: Organization | None = None,
    is_manager: bool = False,
) -> User:
    return User(
        email=f"{name}@{'desk' if role != Role.CUSTOMER else 'customer'}.example", username=name, name=name.title(), role=role,
        organization=organization, is_manager=is_manager, created_at=at, activated_at=at,
        password=_hashed(),
    )  # fmt: skip


def _people(*users: User) -> list[User]:
    """In two statements: nearly every test begins with them."""
    from allauth.account.models import EmailAddress

    people = list(User.objects.bulk_create(users))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people
    )
    return people


@cache
def _hashed() -> str:
    """PASSWORD as the database keeps it: hashing is slow on purpose, so once a run."""
    return make_password(PASSWORD)
