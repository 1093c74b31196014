"""The pages about people, organizations and teams."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from deskhand.accounts import changes, invitations
from deskhand.accounts.models import Organization, Team, User
from deskhand.core.models import AuditEntry
from tests.cast import Cast
from tests.forms import fill, send

PAGES = (
    "/desk/people/", "/desk/people/invite/", "/desk/people/{carl}/", "/desk/organizations/", "/desk/organizations/{acme}/",
    "/desk/teams/", "/desk/teams/new/", "/desk/teams/{support}/",
)  # fmt: skip
POSTS = (
    "/desk/people/{otto}/name/", "/desk/people/{otto}/role/", "/desk/people/{otto}/organization/",
    "/desk/people/{otto}/deactivate/", "/desk/people/{otto}/reactivate/", "/desk/people/{otto}/invitation/",
    "/desk/people/{otto}/password/",
)  # fmt: skip


def address(pattern: str, cast: Cast) -> str:
    return pattern.format(carl=cast.carl.pk, otto=cast.otto.pk, acme=cast.acme.pk, support=cast.support.pk)


def test_who_reaches_which_page(client: Client, cast: Cast) -> None:
    answers = {}
    for who in (cast.carl, cast.mona, cast.ada, cast.lena, cast.otto):
        client.force_login(who)
        answers[who.name] = [client.get(address(page, cast)).status_code for page in PAGES]
    assert answers == {
        "Carl": [403] * 8,
        "Mona": [403] * 8,
        "Ada": [200, 403, 200, 200, 200, 200, 403, 403],
        "Lena": [200, 200, 200, 200, 200, 200, 403, 403],
        "Otto": [200] * 8,
    }


def test_a14_agent_cannot_reset_or_impersonate_admin(client: Client, cast: Cast) -> None:
    before = User.objects.get_queryset().filter(pk=cast.otto.pk).values().get()
    for who in (cast.carl, cast.ada):
        client.force_login(who)
        assert [client.post(address(path, cast)).status_code for path in POSTS] == [403] * 7
    client.force_login(cast.lena)  # may place customers and resend invitations, but not above her
    page = client.get(f"/desk/people/{cast.carl.pk}/").content.decode()
    key = fill(page, f"/desk/people/{cast.carl.pk}/organization/")["form_key"]
    answers = [client.post(address(path, cast), {"form_key": key}).status_code for path in POSTS]
    assert answers == [403, 403, 422, 403, 403, 422, 403]
    assert User.objects.get_queryset().filter(pk=cast.otto.pk).values().get() == before


def test_missing_people_are_not_found(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    assert client.get("/desk/people/999999/").status_code == 404
    assert client.get("/desk/organizations/999999/").status_code == 404
    assert client.get("/desk/teams/999999/").status_code == 404


def test_invite_shows_the_person_who_has_not_set_up_the_account(client: Client, cast: Cast) -> None:
    client.force_login(cast.lena)
    page = "/desk/people/invite/"
    assert 'value="agent"' not in client.get(page).content.decode()
    answer = send(client, page, page, email="Nora@customer.example", name="Nora", organization=cast.acme.pk)
    nora = User.objects.get(email="nora@customer.example")
    assert (answer.status_code, answer.url) == (303, f"/desk/people/{nora.pk}/")
    assert (nora.organization, nora.invited_by) == (cast.acme, cast.lena)
    shown = client.get(answer.url).content.decode()
    assert "Invited, not set up yet" in shown
    assert invitations.token(nora) not in shown


def test_a_lead_cannot_invite_an_agent_by_hand_made_form(client: Client, cast: Cast) -> None:
    client.force_login(cast.lena)
    page = "/desk/people/invite/"
    answer = send(client, page, page, email="n@x.example", name="N", role="admin")
    assert answer.status_code == 422
    assert not User.objects.get_queryset().filter(email="n@x.example").exists()


def test_a_taken_address_is_refused_with_the_text_kept(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    page = "/desk/people/invite/"
    answer = send(client, page, page, email="carl@customer.example", name="Carl Two")
    assert answer.status_code == 422
    assert "There is an account with this address already." in answer.content.decode()
    assert 'value="Carl Two"' in answer.content.decode()


def test_f08_an_invitation_sent_twice_invites_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    page = "/desk/people/invite/"
    values = fill(client.get(page).content.decode(), page, email="n@x.example", name="N")
    first, second = client.post(page, values), client.post(page, values)
    assert (first.status_code, second.status_code, first.url) == (303, 303, second.url)
    assert AuditEntry.objects.filter(action="user.invited").count() == 1


def test_s2_5_staff_send_the_invitation_again(client: Client, cast: Cast, at: datetime) -> None:
    nora = changes.invite(email="nora@customer.example", name="Nora", by=cast.otto, at=at)
    client.force_login(cast.lena)
    page = f"/desk/people/{nora.pk}/"
    assert "Its link has run out." in client.get(page).content.decode()
    assert send(client, page, f"{page}invitation/").status_code == 303
    again = User.objects.get(pk=nora.pk)
    assert again.invited_at is not None
    assert again.invited_at > at + timedelta(days=1)
    assert again.invited_by == cast.lena


def test_an_admin_changes_name_role_and_organization(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    page = f"/desk/people/{cast.carl.pk}/"
    assert send(client, page, f"{page}name/", name="Carl C.", username="cc").status_code == 303
    assert send(client, page, f"{page}role/", role="agent").status_code == 303
    assert send(client, page, f"{page}organization/", organization="", is_manager=None).status_code == 303
    carl = User.objects.get(pk=cast.carl.pk)
    assert (carl.name, carl.username, carl.role, carl.organization) == ("Carl C.", "cc", "agent", None)
    assert send(client, page, f"{page}name/", name="Carl", username="eve").status_code == 422
    assert send(client, page, f"{page}name/", name="Carl", username="a@b").status_code == 422


def test_an_admin_sees_no_form_for_their_own_role(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    shown = client.get(f"/desk/people/{cast.otto.pk}/").content.decode()
    assert f'action="/desk/people/{cast.otto.pk}/role/"' not in shown
    assert f'action="/desk/people/{cast.otto.pk}/deactivate/"' not in shown


def test_a16_deactivate_and_back(client: Client, cast: Cast) -> None:
    carls = Client()
    carls.force_login(cast.carl)
    client.force_login(cast.otto)
    page = f"/desk/people/{cast.carl.pk}/"
    assert send(client, page, f"{page}deactivate/").status_code == 303
    assert carls.get("/account/").status_code == 303
    assert send(client, page, f"{page}reactivate/").status_code == 303
    assert User.objects.get(pk=cast.carl.pk).is_active


def test_the_list_filters_and_ignores_nonsense(client: Client, cast: Cast) -> None:
    client.force_login(cast.ada)
    found = client.get("/desk/people/?q=acme&role=customer&state=active").content.decode()
    assert [name for name in ("Ada", "Carl", "Cora", "Mona", "Eve") if f">{name}</a>" in found] == [
        "Carl",
        "Cora",
        "Mona",
    ]
    for nonsense in ("role=password", "state=__", "after=x", "before=-1", "order_by=password", "_connector=OR"):
        shown = client.get(f"/desk/people/?{nonsense}")
        assert (shown.status_code, shown.content.decode().count('<td class="subject">')) == (200, 8)
    assert "Nobody like that here." in client.get("/desk/people/?q=%25").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_every_length(
    client: Client, cast: Cast, at: datetime, count: int, django_assert_num_queries: object
) -> None:
    for number in range(count):
        changes.invite(email=f"n{number}@new.example", name=f"N{number}", organization=cast.acme, by=cast.otto, at=at)
    client.force_login(cast.ada)
    client.get("/desk/people/")
    with django_assert_num_queries(2):  # type: ignore[operator]  # who asks, people
        client.get("/desk/people/?q=new.example")


def test_organizations_are_made_and_renamed(client: Client, cast: Cast) -> None:
    client.force_login(cast.lena)
    page = "/desk/organizations/"
    answer = send(client, page, page, name=" New  Corp ")
    made = Organization.objects.get(name="New Corp")
    assert (answer.status_code, answer.url) == (303, f"{page}{made.pk}/")
    assert send(client, page, page, name="acme").status_code == 422
    refused = send(client, f"{page}{made.pk}/", f"{page}{made.pk}/", name="Acme")
    assert (refused.status_code, "<h1>New Corp</h1>" in refused.content.decode()) == (422, True)
    client.force_login(cast.ada)
    assert client.post(page, {"name": "Other"}).status_code == 403


def test_teams_are_made_and_filled(client: Client, cast: Cast) -> None:
    client.force_login(cast.otto)
    answer = send(
        client,
        "/desk/teams/new/",
        "/desk/teams/new/",
        name="Night",
        is_private="on",
        members=[cast.ada.pk, cast.bea.pk],
    )
    assert (answer.status_code, answer.url) == (303, "/desk/teams/")
    night = Team.objects.get(name="Night")
    assert (night.is_private, set(night.members.all())) == (True, {cast.ada, cast.bea})
    page = f"/desk/teams/{night.pk}/"
    assert send(client, page, page, members=[cast.carl.pk]).status_code == 422
    assert send(client, page, page, name="legal").status_code == 422
    assert send(client, page, page, is_private=None, members=[cast.lena.pk]).status_code == 303
    night.refresh_from_db()
    assert (night.name, night.is_private, set(night.members.all())) == ("Night", False, {cast.lena})
