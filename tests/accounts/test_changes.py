"""What is written about people, and what is refused."""

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress

from deskhand.accounts import changes, queries
from deskhand.accounts.models import Organization, Team, User
from deskhand.accounts.queries import State
from deskhand.accounts.roles import Role
from deskhand.core.models import AuditEntry, Job
from tests.cast import Cast


def audited(subject: str) -> list[tuple[str, dict[str, object], dict[str, object]]]:
    rows = AuditEntry.objects.filter(subject=subject).order_by("pk")
    return [(row.action, row.before, row.after) for row in rows]


def news() -> list[tuple[list[str], dict[str, object]]]:
    return [
        (job.payload["names"], job.payload["ids"]) for job in Job.objects.filter(name="bus.dispatch").order_by("pk")
    ]


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


def test_an_invitation_writes_a_person_an_address_an_entry_and_news(cast: Cast, at: datetime) -> None:
    Job.objects.all().delete()
    new = changes.invite(
        email=" Nora@Customer.Example ", name=" Nora\n Ny ", organization=cast.acme, by=cast.lena, at=at
    )
    person = fresh(new)
    assert (person.email, person.name, person.role, person.organization) == (
        "nora@customer.example", "Nora Ny", Role.CUSTOMER, cast.acme,
    )  # fmt: skip
    assert (person.invited_at, person.activated_at, person.invited_by) == (at, None, cast.lena)
    assert (person.has_usable_password(), queries.state_of(person)) == (False, State.INVITED)
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary")) == [
        ("nora@customer.example", False, True)
    ]
    assert audited(f"user:{person.pk}") == [
        ("user.invited", {}, {"email": "nora@customer.example", "role": "customer"})
    ]
    assert news() == [(["user.invited"], {"user": person.pk, "by": cast.lena.pk})]


def test_an_address_belongs_to_one_person_also_as_a_second_one(cast: Cast, at: datetime) -> None:
    EmailAddress.objects.create(user=cast.eve, email="second@else.example", verified=True, primary=False)
    for taken in ("CARL@customer.example", "second@else.example"):
        with pytest.raises(changes.AddressTakenError):
            changes.invite(email=taken, name="X", by=cast.otto, at=at)
    assert User.objects.get_queryset().count() == len(cast.everybody)


def test_an_address_somebody_merely_claims_can_still_be_invited(cast: Cast, at: datetime) -> None:
    EmailAddress.objects.create(user=cast.eve, email="boss@customer.example", verified=False, primary=False)
    assert changes.invite(email="boss@customer.example", name="Boss", by=cast.otto, at=at).pk


def test_who_may_invite_whom(cast: Cast, at: datetime) -> None:
    allowed = {
        (who.name, role): _may_invite(who, role, number, at)
        for number, (who, role) in enumerate(
            (who, role) for who in (cast.carl, cast.ada, cast.lena, cast.otto) for role in Role.values
        )
    }
    assert {key for key, value in allowed.items() if value} == {
        ("Lena", "customer"), ("Otto", "customer"), ("Otto", "agent"), ("Otto", "lead"), ("Otto", "admin"),
    }  # fmt: skip


def _may_invite(who: User, role: str, number: int, at: datetime) -> bool:
    try:
        changes.invite(email=f"p{number}@new.example", name="P", role=role, by=who, at=at)
    except changes.NotAllowedError:
        return False
    return True


def test_a13_nobody_changes_their_own_role_or_one_above_their_own(cast: Cast, at: datetime) -> None:
    for who, whom, role in (
        (cast.ada, cast.ada, Role.ADMIN), (cast.ada, cast.carl, Role.AGENT), (cast.lena, cast.ada, Role.LEAD),
        (cast.lena, cast.otto, Role.CUSTOMER), (cast.otto, cast.otto, Role.AGENT), (cast.mona, cast.carl, Role.AGENT),
    ):  # fmt: skip
        with pytest.raises(changes.NotAllowedError):
            changes.change_role(whom, role=role, by=who, at=at)
    assert [fresh(person).role for person in (cast.ada, cast.carl, cast.otto)] == ["agent", "customer", "admin"]


def test_a_new_role_is_audited_ends_sessions_and_a_customer_leaves_the_teams(cast: Cast, at: datetime) -> None:
    changes.change_role(cast.ada, role=Role.LEAD, by=cast.otto, at=at)
    assert (fresh(cast.ada).role, fresh(cast.ada).session_epoch, queries.teams_of(cast.ada)) == ("lead", 1, ["Support"])
    changes.change_role(cast.ada, role=Role.CUSTOMER, by=cast.otto, at=at)
    assert queries.teams_of(cast.ada) == []
    assert audited(f"user:{cast.ada.pk}") == [
        ("user.role_changed", {"role": "agent"}, {"role": "lead"}),
        ("user.role_changed", {"role": "lead"}, {"role": "customer"}),
    ]


def test_what_changes_nothing_writes_nothing(cast: Cast, at: datetime) -> None:
    count = AuditEntry.objects.count()
    changes.change_role(cast.ada, role=Role.AGENT, by=cast.otto, at=at)
    changes.change_profile(cast.carl, by=cast.carl, at=at, name="Carl", time_zone="")
    changes.put_in_organization(cast.carl, organization=cast.acme, is_manager=False, by=cast.lena, at=at)
    changes.save_organization(name="Acme", organization=cast.acme, by=cast.lena, at=at)
    changes.save_team(name="Support", is_private=False, team=cast.support, by=cast.otto, at=at)
    changes.set_team_members(cast.support, members=[cast.ada], by=cast.otto, at=at)
    assert AuditEntry.objects.count() == count


def test_the_last_admin_who_can_sign_in_stays(cast: Cast, at: datetime) -> None:
    invited = changes.invite(email="next@desk.example", name="Next", role=Role.ADMIN, by=cast.otto, at=at)
    for leave in (changes.deactivate, lambda person, **who: changes.change_role(person, role=Role.LEAD, **who)):
        with pytest.raises(changes.LastAdminError):
            leave(cast.otto, by=None, at=at)
    assert (fresh(cast.otto).role, fresh(cast.otto).is_active) == ("admin", True)
    changes.deactivate(invited, by=cast.otto, at=at)  # it never counted


def test_a14_nobody_below_touches_an_admin(cast: Cast, at: datetime) -> None:
    for who in (cast.ada, cast.lena, cast.carl):
        with pytest.raises(changes.NotAllowedError):
            changes.deactivate(cast.otto, by=who, at=at)
        with pytest.raises(changes.NotAllowedError):
            changes.change_profile(cast.otto, by=who, at=at, name="Fool")
        with pytest.raises(changes.NotAllowedError):
            changes.put_in_organization(cast.otto, organization=cast.acme, is_manager=True, by=who, at=at)
    assert (fresh(cast.otto).name, fresh(cast.otto).is_active, fresh(cast.otto).organization) == ("Otto", True, None)


def test_nobody_locks_themselves_out(cast: Cast, at: datetime) -> None:
    with pytest.raises(changes.NotAllowedError):
        changes.deactivate(cast.otto, by=cast.otto, at=at)


def test_deactivated_and_back(cast: Cast, at: datetime) -> None:
    changes.deactivate(cast.carl, by=cast.otto, at=at)
    assert (queries.state_of(fresh(cast.carl)), fresh(cast.carl).session_epoch) == (State.DEACTIVATED, 1)
    changes.reactivate(cast.carl, by=cast.otto, at=at)
    assert queries.state_of(fresh(cast.carl)) == State.ACTIVE
    assert [row[0] for row in audited(f"user:{cast.carl.pk}")] == ["user.deactivated", "user.reactivated"]


def test_a_profile_is_its_owners_and_an_admins(cast: Cast, at: datetime) -> None:
    changes.change_profile(cast.carl, by=cast.carl, at=at, name="Carl \u202e C.", time_zone="Europe/Oslo")
    assert (fresh(cast.carl).name, fresh(cast.carl).time_zone) == ("Carl C.", "Europe/Oslo")
    with pytest.raises(changes.NotAllowedError):
        changes.change_profile(cast.carl, by=cast.mona, at=at, name="Mine")
    with pytest.raises(changes.NameTakenError):
        changes.change_profile(cast.carl, by=cast.otto, at=at, username="EVE")
    with pytest.raises(TypeError):
        changes.change_profile(cast.carl, by=cast.carl, at=at, role="admin")


def test_a_manager_needs_an_organization(cast: Cast, at: datetime) -> None:
    with pytest.raises(changes.CannotJoinError):
        changes.put_in_organization(cast.carl, organization=None, is_manager=True, by=cast.lena, at=at)
    changes.put_in_organization(cast.carl, organization=cast.elsewhere, is_manager=True, by=cast.lena, at=at)
    assert (fresh(cast.carl).organization, fresh(cast.carl).is_manager) == (cast.elsewhere, True)


def test_names_of_groups_are_unique_whatever_their_case(cast: Cast, at: datetime) -> None:
    with pytest.raises(changes.NameTakenError):
        changes.save_organization(name="ACME", by=cast.lena, at=at)
    with pytest.raises(changes.NameTakenError):
        changes.save_team(name="legal", is_private=False, team=cast.support, by=cast.otto, at=at)
    changes.save_organization(name="Acme & Sons", organization=cast.acme, by=cast.lena, at=at)
    assert list(Organization.objects.order_by("name").values_list("name", flat=True)) == ["Acme & Sons", "Elsewhere"]
    assert list(Team.objects.order_by("name").values_list("name", flat=True)) == ["Legal", "Support"]


def test_a_team_is_made_of_active_staff_by_an_admin(cast: Cast, at: datetime) -> None:
    with pytest.raises(changes.NotAllowedError):
        changes.set_team_members(cast.support, members=[cast.lena], by=cast.lena, at=at)
    with pytest.raises(changes.CannotJoinError):
        changes.set_team_members(cast.support, members=[cast.carl], by=cast.otto, at=at)
    changes.set_team_members(cast.support, members=[cast.bea, cast.lena], by=cast.otto, at=at)
    assert set(cast.support.members.all()) == {cast.bea, cast.lena}
    assert audited(f"team:{cast.support.pk}") == [
        ("team.members_changed", {"members": [cast.ada.pk]}, {"members": sorted([cast.bea.pk, cast.lena.pk])})
    ]


def test_people_by_page_search_role_and_state(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    first = queries.people_page(viewer=cast.ada)
    second = queries.people_page(viewer=cast.ada, after=first.after)
    third = queries.people_page(viewer=cast.ada, after=second.after)
    assert [[row.name for row in page.rows] for page in (first, second, third)] == [
        ["Ada", "Bea", "Carl"], ["Cora", "Eve", "Lena"], ["Mona", "Otto"],
    ]  # fmt: skip
    assert (first.before, third.after) == (None, None)
    back = queries.people_page(viewer=cast.ada, before=third.before)
    assert back == second
    assert queries.people_page(viewer=cast.ada, before=second.before) == first
    assert [row.name for row in queries.people_page(viewer=cast.ada, search="acme mo").rows] == ["Mona"]
    assert [row.name for row in queries.people_page(viewer=cast.ada, role="admin").rows] == ["Otto"]
    changes.deactivate(cast.eve, by=cast.otto, at=at)
    assert [row.name for row in queries.people_page(viewer=cast.ada, state="deactivated").rows] == ["Eve"]
    assert queries.people_page(viewer=cast.ada, state="invited").rows == []
    assert queries.people_page(viewer=cast.ada, search="100%").rows == []


def test_a_manager_sees_the_own_organization_only(cast: Cast) -> None:
    assert [row.name for row in queries.people_page(viewer=cast.mona).rows] == ["Carl", "Cora", "Mona"]
    assert [row.name for row in queries.people_page(viewer=cast.eve).rows] == ["Eve"]


def test_s5_15_a_person_turns_kinds_of_mail_off_and_nobody_else_does(cast: Cast, at: datetime) -> None:
    changes.set_mails_off(cast.carl, kinds=["status", "note", "status"], by=cast.carl, at=at)
    changes.set_mails_off(cast.carl, kinds=["note", "status"], by=cast.carl, at=at)
    assert User.objects.get(pk=cast.carl.pk).mails_off == ["note", "status"]
    entry = AuditEntry.objects.get(action="user.mails_changed")
    assert (entry.before, entry.after) == ({"mails_off": []}, {"mails_off": ["note", "status"]})
    for other in (cast.mona, cast.eve, cast.ada, cast.lena):
        with pytest.raises(changes.NotAllowedError):
            changes.set_mails_off(cast.carl, kinds=[], by=other, at=at)
