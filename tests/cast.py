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
    acme = Organization.objects.create(name="Acme")
    elsewhere = Organization.objects.create(name="Elsewhere")
    support = Team.objects.create(name="Support")
    private = Team.objects.create(name="Legal", is_private=True)
    ada = person("ada", Role.AGENT, at=at)
    bea = person("bea", Role.AGENT, at=at)
    otto = person("otto", Role.ADMIN, at=at)
    TeamMember.objects.create(team=support, user=ada)
    TeamMember.objects.create(team=private, user=bea)
    configure(by=otto, at=at, name="Nordlys support", hue=195)
    finish_setup(by=otto, at=at)
    return Cast(
        ada=ada, bea=bea, lena=person("lena", Role.LEAD, at=at), otto=otto,
        carl=person("carl", organization=acme, at=at), cora=person("cora", organization=acme, at=at),
        mona=person("mona", organization=acme, is_manager=True, at=at), eve=person("eve", organization=elsewhere, at=at),
        acme=acme, elsewhere=elsewhere, support=support, private=private,
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
    from allauth.account.models import EmailAddress

    user = User.objects.create(
        email=f"{name}@{'desk' if role != Role.CUSTOMER else 'customer'}.example", username=name, name=name.title(), role=role,
        organization=organization, is_manager=is_manager, created_at=at, activated_at=at,
        password=_hashed(),
    )  # fmt: skip
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@cache
def _hashed() -> str:
    """PASSWORD as the database keeps it: hashing is slow on purpose, so once a run."""
    return make_password(PASSWORD)
