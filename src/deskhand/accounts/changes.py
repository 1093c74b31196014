"""The only writer of people, organizations and teams. Each change is one transaction and one audit entry; what changes nothing
writes nothing. by=None is the system (set-up, a demo, a command).
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from deskhand.accounts import invitations, policy
from deskhand.accounts.models import Organization, Team, TeamMember, User
from deskhand.accounts.roles import Role
from deskhand.core import audit, bus, text
from deskhand.desk import changes as desk_changes

PAUSE: Final = timedelta(minutes=2)  # between two invitations a person asks for, so that nobody can be flooded
_PROFILE: Final = frozenset({"name", "username", "time_zone", "language"})


class PeopleError(Exception):
    """The change was refused and nothing was written. The subclasses say why."""


class NotAllowedError(PeopleError):
    """This person may not do that to that one."""


class AddressTakenError(PeopleError):
    """Somebody has this e-mail address already."""


class NameTakenError(PeopleError):
    """There is another one of that name."""


class LastAdminError(PeopleError):
    """The desk would be left without an administrator who can sign in."""


class LinkOldError(PeopleError):
    """The invitation has run out, was replaced by a newer one, or is used."""


class CannotJoinError(PeopleError):
    """Only active staff belong to teams; only members of an organization manage it."""


def invite(
    *, email: str, name: str, by: User | None, at: datetime, role: str = Role.CUSTOMER,
    organization: Organization | None = None, username: str = "",
) -> User:  # fmt: skip
    """Make an account that its owner still has to set up, and tell the upper rooms (`user.invited`), who mail the link.

    Raises NotAllowedError, NameTakenError, AddressTakenError (also when the address is another person's second one).
    """
    email = email.strip().lower()
    if not policy.can_invite(by, role):
        raise NotAllowedError
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        raise AddressTakenError
    person = User(
        email=email, username=text.one_line(username) or None, name=text.one_line(name) or email, role=role,
        organization=organization, created_at=at, invited_at=at, invited_by=by, password=make_password(None),
    )  # fmt: skip
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
            audit.record("user.invited", by=by, at=at, subject=_who(person), after={"email": email, "role": str(role)})
            bus.publish("user.invited", at=at, user=person.pk, by=by.pk if by else None)
    except IntegrityError as error:
        raise _taken(person) from error
    return person


def resend_invitation(person: User, *, by: User | None, at: datetime) -> None:
    """Mail a fresh link; every older one is dead from now on. by=None: the invited person asked.

    Raises NotAllowedError, LinkOldError (the account is set up or was deactivated).
    """
    if not policy.can_invite(by, person.role):
        raise NotAllowedError
    with transaction.atomic():
        _lock(person)
        if not person.is_invited or not person.is_active:
            raise LinkOldError
        _update(person, invited_at=at, invited_by=by or person.invited_by)
        audit.record("user.invited_again", by=by, at=at, subject=_who(person))
        bus.publish("user.invited", at=at, user=person.pk, by=person.invited_by_id)


def ask_for_invitation(*, email: str, at: datetime) -> bool:
    """Mail the invited owner of this address a fresh link (S2.5); False, and nothing, when there is nobody like that.

    A second wish within two minutes is granted silently: the mail is under way.
    """
    person = User.objects.get_queryset().active().filter(email=email.strip().lower(), activated_at=None).first()
    if person is None or person.invited_at is None:
        return False
    if at - person.invited_at >= PAUSE:
        with suppress(LinkOldError):  # set up in this very moment: then no link is needed
            resend_invitation(person, by=None, at=at)
    return True


def accept_invitation(*, token: str, name: str, password: str, at: datetime) -> User:
    """The invited person sets up the account: name, password, a confirmed address (S2.4). Single use.

    Raises LinkOldError; AddressTakenError when somebody else has confirmed the address in the meantime.
    """
    hashed = make_password(password)
    try:
        with transaction.atomic():
            person = invitations.person_of(token)
            if person is None:
                raise LinkOldError
            _lock(person)
            # Judged behind the lock: of two who press the button at once, one is too late.
            found = invitations.read(token, at=at)
            if found is None or found.standing is not invitations.Standing.FRESH:
                raise LinkOldError
            _update(person, name=text.one_line(name) or person.name, password=hashed, activated_at=at)
            EmailAddress.objects.update_or_create(
                user=person, email=person.email, defaults={"verified": True, "primary": True}
            )
            audit.record("user.accepted", by=person, at=at, subject=_who(person))
            bus.publish("user.activated", at=at, user=person.pk)
    except IntegrityError as error:
        raise AddressTakenError from error
    return person


def register(*, email: str, name: str, password: str, at: datetime) -> User:
    """A customer makes an account without being asked; whether they may is `policy.can_register`'s matter.

    The address is unconfirmed, so allauth lets nobody in before it is. Raises AddressTakenError.
    """
    person = User(
        email=email.strip().lower(), name=text.one_line(name), created_at=at, activated_at=at,
        password=make_password(password),
    )  # fmt: skip
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            audit.record("user.registered", by=person, at=at, subject=_who(person), after={"email": person.email})
    except IntegrityError as error:
        raise AddressTakenError from error
    return person


def create_admin(*, email: str, name: str, password: str, at: datetime) -> User:
    """The first administrator, made by the set-up page; the address is believed. Raises AddressTakenError."""
    person = User(
        email=email.strip().lower(), name=text.one_line(name), role=Role.ADMIN, created_at=at, activated_at=at,
        password=make_password(password),
    )  # fmt: skip
    return write_account(person, by=None, at=at)


def add_person(
    *, email: str, name: str, role: str, organization: Organization | None, is_manager: bool,
    by: User | None, at: datetime,
) -> User:  # fmt: skip
    """Somebody whose account needs no invitation (a demo's people): set up, address believed, no password, nobody told.

    Raises NotAllowedError, AddressTakenError.
    """
    if not policy.can_invite(by, role):
        raise NotAllowedError
    person = User(
        email=email.strip().lower(), name=text.one_line(name), role=role, organization=organization,
        is_manager=is_manager, created_at=at, activated_at=at, password=make_password(None),
    )  # fmt: skip
    return write_account(person, by=by, at=at)


def write_account(person: User, *, by: User | None, at: datetime) -> User:
    """Write a new account that is set up, with an address that is believed. Raises AddressTakenError, NameTakenError."""
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
            audit.record("user.created", by=by, at=at, subject=_who(person), after={"role": str(person.role)})
    except IntegrityError as error:
        raise _taken(person) from error
    return person


def set_password(person: User, *, password: str, at: datetime) -> None:
    """A new password, chosen by its owner. Every other session of theirs is over (E07): the session's code depends on it."""
    hashed = make_password(password)
    with transaction.atomic():
        _update(person, password=hashed, is_password_temporary=False)
        audit.record("user.password_changed", by=person, at=at, subject=_who(person))


def note_new_address(person: User, *, before: str, at: datetime) -> None:
    """Write down that the owner made another confirmed address the first one (allauth has moved it)."""
    with transaction.atomic():
        audit.record(
            "user.address_changed", by=person, at=at, subject=_who(person),
            before={"email": before}, after={"email": person.email},
        )  # fmt: skip


def change_profile(person: User, *, by: User | None, at: datetime, **values: str | None) -> None:
    """Name, username, time zone or language, by the person or by who may change them. Raises NotAllowedError, NameTakenError."""
    if by is not None and by.pk != person.pk and not policy.can_change_person(by, person):
        raise NotAllowedError
    if not values.keys() <= _PROFILE:
        raise TypeError(f"not part of a profile: {sorted(values.keys() - _PROFILE)}")
    if "name" in values:
        values["name"] = text.one_line(values["name"] or "")
    if "username" in values:
        values["username"] = text.one_line(values["username"] or "") or None
    try:
        _change(person, "user.changed", by=by, at=at, values=dict(values))
    except IntegrityError as error:
        raise NameTakenError from error


def set_mails_off(person: User, *, kinds: Iterable[str], by: User | None, at: datetime) -> None:
    """The kinds of mail this person does not want, exactly these (S5.15); which kinds there are is `notifications.matrix`'s.

    Raises NotAllowedError.
    """
    if by is not None and by.pk != person.pk and not policy.can_change_person(by, person):
        raise NotAllowedError
    _change(person, "user.mails_changed", by=by, at=at, values={"mails_off": sorted(set(kinds))})


def change_role(person: User, *, role: str, by: User | None, at: datetime) -> None:
    """Another role; sessions are over, so that the next page is the new role's (E07). Raises NotAllowedError, LastAdminError."""
    if not policy.can_change_role(by, person, role):
        raise NotAllowedError
    with transaction.atomic():
        if role != Role.ADMIN:
            _keep_an_admin(person)
        _lock(person)
        if person.role == role:
            return
        before = person.role
        _update(person, role=role, session_epoch=person.session_epoch + 1)
        if role == Role.CUSTOMER:
            TeamMember.objects.filter(user=person).delete()
            desk_changes.touch()
        audit.record(
            "user.role_changed", by=by, at=at, subject=_who(person), before={"role": before}, after={"role": role}
        )


def deactivate(person: User, *, by: User | None, at: datetime) -> None:
    """Out at once: the next request of every open session finds nobody signed in (A16).

    Raises NotAllowedError, LastAdminError.
    """
    if not policy.can_end_account(by, person):
        raise NotAllowedError
    with transaction.atomic():
        _keep_an_admin(person)
        _lock(person)
        if not person.is_active:
            return
        _update(person, is_active=False, session_epoch=person.session_epoch + 1)
        audit.record("user.deactivated", by=by, at=at, subject=_who(person))
        bus.publish("user.deactivated", at=at, user=person.pk)


def reactivate(person: User, *, by: User | None, at: datetime) -> None:
    """May sign in again; old sessions stay dead. Raises NotAllowedError."""
    if not policy.can_end_account(by, person):
        raise NotAllowedError
    _change(person, "user.reactivated", by=by, at=at, values={"is_active": True})


def end_sessions(person: User, *, at: datetime) -> None:
    """End every session of this person; whoever wants to keep one gives it the new code afterwards."""
    with transaction.atomic():
        _lock(person)
        _update(person, session_epoch=person.session_epoch + 1)
        audit.record("user.sessions_ended", by=person, at=at, subject=_who(person))


def put_in_organization(
    person: User, *, organization: Organization | None, is_manager: bool, by: User | None, at: datetime
) -> None:
    """Where a person belongs. A manager sees what the organization's members open (S4.17).

    Raises NotAllowedError, CannotJoinError.
    """
    if not policy.can_place(by, person):
        raise NotAllowedError
    if is_manager and organization is None:
        raise CannotJoinError
    values = {"organization_id": organization.pk if organization else None, "is_manager": is_manager}
    _change(person, "user.placed", by=by, at=at, values=values)


def save_organization(
    *, name: str, by: User | None, at: datetime, organization: Organization | None = None
) -> Organization:
    """Make or rename one. Raises NotAllowedError, NameTakenError."""
    if by is not None and not by.can("organization.change"):
        raise NotAllowedError
    row = organization or Organization()
    _save(row, "organization", by=by, at=at, values={"name": text.one_line(name)})
    return row


def save_team(*, name: str, is_private: bool, by: User | None, at: datetime, team: Team | None = None) -> Team:
    """Make a team, rename it, or make it private. Raises NotAllowedError, NameTakenError."""
    if by is not None and not by.can("team.change"):
        raise NotAllowedError
    row = team or Team()
    _save(row, "team", by=by, at=at, values={"name": text.one_line(name), "is_private": is_private})
    return row


def set_team_members(team: Team, *, members: Iterable[User], by: User | None, at: datetime) -> None:
    """Exactly these belong to the team. Raises NotAllowedError, CannotJoinError."""
    if by is not None and not by.can("team.change"):
        raise NotAllowedError
    wanted = {person.pk: person for person in members}
    if not all(person.is_active and person.is_staff for person in wanted.values()):
        raise CannotJoinError
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        present = set(TeamMember.objects.filter(team=team).values_list("user_id", flat=True))
        if present == set(wanted):
            return
        TeamMember.objects.filter(team=team).exclude(user__in=wanted).delete()
        TeamMember.objects.bulk_create(TeamMember(team=team, user_id=pk) for pk in wanted if pk not in present)
        desk_changes.touch()
        audit.record(
            "team.members_changed", by=by, at=at, subject=f"team:{team.pk}",
            before={"members": sorted(present)}, after={"members": sorted(wanted)},
        )  # fmt: skip


def _who(person: User) -> str:
    return f"user:{person.pk}"


def _lock(person: User) -> None:
    """Read the person afresh, theirs alone until the transaction ends."""
    person.refresh_from_db(from_queryset=User.objects.get_queryset().select_for_update())


def _taken(person: User) -> PeopleError:
    """What a new account has in common with another one."""
    name = person.username
    is_name = name and User.objects.get_queryset().filter(username__iexact=name).exists()
    return NameTakenError() if is_name else AddressTakenError()


def _update(person: User, **values: Any) -> None:  # noqa: ANN401 - column values
    for name, value in values.items():
        setattr(person, name, value)
    person.save(update_fields=list(values))


def _change(person: User, action: str, *, by: User | None, at: datetime, values: dict[str, Any]) -> None:
    with transaction.atomic():
        _lock(person)
        before = {name: getattr(person, name) for name, value in values.items() if getattr(person, name) != value}
        if before:
            after = {name: values[name] for name in before}
            _update(person, **after)
            audit.record(action, by=by, at=at, subject=_who(person), before=before, after=after)


def _keep_an_admin(leaving: User) -> None:
    """Lock all administrators, so that two who remove each other do it one after the other (A15); one must remain."""
    admins = User.objects.get_queryset().active().filter(role=Role.ADMIN).order_by("pk").select_for_update()
    able = {admin.pk for admin in admins if not admin.is_invited}
    if leaving.pk in able and able == {leaving.pk}:
        raise LastAdminError


def _save(row: Organization | Team, kind: str, *, by: User | None, at: datetime, values: dict[str, str | bool]) -> None:
    action = f"{kind}.changed" if row.pk else f"{kind}.created"
    before = {name: getattr(row, name) for name, value in values.items() if row.pk and getattr(row, name) != value}
    if row.pk and not before:
        return
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
            if kind == "team":
                desk_changes.touch()
            audit.record(action, by=by, at=at, subject=f"{kind}:{row.pk}", before=before, after=values)
    except IntegrityError as error:
        raise NameTakenError from error
