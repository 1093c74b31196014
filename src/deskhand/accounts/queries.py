"""What pages about people show. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from allauth.account.models import EmailAddress
from django.db.models import Count, Q, QuerySet

from deskhand.accounts import invitations
from deskhand.accounts.models import ApiToken, Organization, Team, User
from deskhand.accounts.roles import Role

PAGE: Final = 50


class State(StrEnum):
    """Where an account stands."""

    ACTIVE = "active"
    INVITED = "invited"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people."""

    pk: int
    name: str
    email: str
    role: str
    role_label: str
    is_staff: bool
    organization: str
    is_manager: bool
    state: State
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people by name; `before` and `after` are where the neighboring pages begin, None at the ends."""

    rows: list[PersonRow]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """An organization or a team in its list."""

    pk: int
    name: str
    members: int
    managers: int = 0
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """One of a person's e-mail addresses."""

    email: str
    is_first: bool
    is_confirmed: bool


def state_of(person: User) -> State:
    """One word for `is_active` and `activated_at`."""
    if not person.is_active:
        return State.DEACTIVATED
    return State.INVITED if person.is_invited else State.ACTIVE


def people_page(
    *,
    viewer: User,
    search: str = "",
    role: str = "",
    state: str = "",
    before: int | None = None,
    after: int | None = None,
) -> PeoplePage:
    """The people `viewer` sees, 50 at a time by name; the search looks into name, e-mail, username and organization."""
    people = _in_state(User.objects.visible_to(viewer), state)
    if role:
        people = people.filter(role=role)
    for word in search.split()[:5]:
        people = people.filter(
            Q(name__icontains=word) | Q(email__icontains=word) | Q(username__icontains=word)
            | Q(organization__name__icontains=word)
        )  # fmt: skip
    backward = before is not None
    if mark := _mark(people, before if backward else after):
        sign = "lt" if backward else "gt"
        people = people.filter(Q(**{f"name__{sign}": mark.name}) | Q(**{"name": mark.name, f"pk__{sign}": mark.pk}))
    order = ("-name", "-pk") if backward else ("name", "pk")
    found = list(people.select_related("organization").order_by(*order)[: PAGE + 1])
    has_more = len(found) > PAGE
    shown = found[:PAGE][::-1] if backward else found[:PAGE]
    has_before, has_after = (has_more, mark is not None) if backward else (mark is not None, has_more)
    return PeoplePage(
        rows=[_row(person) for person in shown],
        before=shown[0].pk if shown and has_before else None,
        after=shown[-1].pk if shown and has_after else None,
    )


def addresses_of(person: User) -> list[Address]:
    """The person's addresses, the first one first; the one in the account counts even while allauth has no row for it."""
    rows = EmailAddress.objects.filter(user=person).order_by("-primary", "email")
    found = [Address(row.email, row.primary, row.verified) for row in rows]
    return found or [Address(person.email, is_first=True, is_confirmed=False)]


def owner_of(email: str) -> User | None:
    """Whose address this is: who has confirmed it comes before whose account it names. Lower case."""
    confirmed = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    return confirmed.user if confirmed else User.objects.get_queryset().filter(email=email).first()


def organizations() -> list[GroupRow]:
    """All organizations by name, with how many belong and manage."""
    counted = Organization.objects.annotate(
        size=Count("members"), managers=Count("members", filter=Q(members__is_manager=True))
    ).order_by("name", "pk")  # fmt: skip
    return [GroupRow(row.pk, row.name, row.size, managers=row.managers) for row in counted]


def teams() -> list[GroupRow]:
    """All teams by name, with how many belong."""
    counted = Team.objects.annotate(size=Count("members")).order_by("name", "pk")
    return [GroupRow(row.pk, row.name, row.size, is_private=row.is_private) for row in counted]


def organizations_for(viewer: User) -> QuerySet[Organization]:
    """The organizations a person may look at: staff all, a member the own one."""
    if viewer.can("people.read"):
        return Organization.objects.order_by("name")
    return Organization.objects.filter(pk=viewer.organization_id or 0)


def teams_for(viewer: User) -> QuerySet[Team]:
    """The teams a person may look at: all of them for staff, none for customers."""
    return Team.objects.order_by("name") if viewer.can("people.read") else Team.objects.none()


def colleagues_for(viewer: User) -> QuerySet[User]:
    """Whom a team can be made of: active staff."""
    return User.objects.visible_to(viewer).active().staff().order_by("name", "pk")


def members_of(organization: Organization, *, viewer: User) -> list[PersonRow]:
    """Who belongs to it, by name."""
    people = User.objects.visible_to(viewer).filter(organization=organization)
    return [_row(person) for person in people.select_related("organization").order_by("name", "pk")]


def teams_of(person: User) -> list[str]:
    """The names of the person's teams."""
    return list(Team.objects.filter(members=person).order_by("name").values_list("name", flat=True))


def api_tokens() -> list[ApiToken]:
    """All of them with their owners, the newest first."""
    return list(ApiToken.objects.select_related("owner").order_by("-pk"))


def api_token(pk: int) -> ApiToken | None:
    """One of them, or None."""
    return ApiToken.objects.select_related("owner").filter(pk=pk).first()


def token_owners() -> QuerySet[User]:
    """As whom a program may act that an administrator lets in: the active staff, by name."""
    return User.objects.staff().active().order_by("name", "pk")


def is_invitation_expired(person: User, *, at: datetime) -> bool:
    """Whether an invited person's link has run out, so that somebody should mail a fresh one."""
    return person.is_invited and invitations.is_expired(person, at=at)


def _in_state(people: QuerySet[User], state: str) -> QuerySet[User]:
    match state:
        case State.ACTIVE:
            return people.filter(is_active=True, activated_at__isnull=False)
        case State.INVITED:
            return people.filter(is_active=True, activated_at=None)
        case State.DEACTIVATED:
            return people.filter(is_active=False)
        case _:
            return people


def _mark(people: QuerySet[User], pk: int | None) -> User | None:
    return people.filter(pk=pk).only("name").first() if pk else None


def _row(person: User) -> PersonRow:
    return PersonRow(
        pk=person.pk, name=person.name, email=person.email, role=person.role,
        role_label=str(Role(person.role).label), is_staff=person.is_staff,
        organization=person.organization.name if person.organization else "", is_manager=person.is_manager,
        state=state_of(person), last_login=person.last_login,
    )  # fmt: skip
