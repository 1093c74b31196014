"""The Mailroom: who reads which mail, and what a person can do about one that did not leave."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from deskhand.accounts.changes import invite
from deskhand.accounts.models import User
from deskhand.accounts.roles import Role
from deskhand.core import jobs
from deskhand.core.models import AuditEntry
from deskhand.mail.changes import post
from deskhand.mail.letters import Letter, render
from deskhand.mail.models import MASK, Kind, Mail, Problem, State
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.forms import send

ROOM = "/desk/mailroom/"


def written(
    to: User, at: datetime, *, state: State = State.DEAD, ticket: Ticket | None = None, kind: Kind = Kind.TICKET
) -> Mail:
    """A mail in the state it has come to."""
    letter = render(Letter(subject="About your printer", headline="Ada replied & more"))
    mail = post(letter, kind=kind, to=to, at=at, ticket=ticket)
    assert mail is not None
    problem = Problem.RECIPIENT if state == State.DEAD else Problem.NONE
    error = "550 5.1.1 no such mailbox" if state == State.DEAD else ""
    Mail.objects.filter(pk=mail.pk).update(state=state, problem=problem, error=error)
    mail.refresh_from_db()
    return mail


@pytest.fixture
def smtp(settings: Settings) -> None:
    """A mail server is set up (nobody talks to it here)."""
    settings.EMAIL_HOST = "127.0.0.1"


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_every_mail_of_a_first_ticket_is_listed_and_readable(cast: Cast, at: datetime, client: Client) -> None:
    make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    as_(client, cast.ada)
    listed = text(client, ROOM)
    assert listed.count("[#1001] The printer is on fire") == 5
    mail = Mail.objects.get(recipient=cast.carl)
    shown = text(client, f"{ROOM}{mail.pk}/")
    assert "We have your message: it is ticket #1001" in shown
    assert "Since this morning." in shown
    assert mail.message_id.strip("<>") in shown


def test_without_a_mail_server_a_banner_names_the_variables(cast: Cast, client: Client, settings: Settings) -> None:
    as_(client, cast.ada)
    assert ("SMTP_URL" in text(client, ROOM), "MAIL_FROM" in text(client, ROOM)) == (True, True)
    settings.EMAIL_HOST = "127.0.0.1"
    assert "SMTP_URL" not in text(client, ROOM)


def test_search_and_states(cast: Cast, at: datetime, client: Client) -> None:
    ticket = make.ticket(cast.carl, at=at)
    dead = written(cast.carl, at, ticket=ticket)
    held = written(cast.eve, at, state=State.HELD)
    as_(client, cast.otto)

    def found(query: str) -> set[int]:
        html = text(client, f"{ROOM}?{query}")
        return {mail.pk for mail in (dead, held) if f'href="{ROOM}{mail.pk}/"' in html}

    assert found("state=all") == {dead.pk, held.pk}
    assert found("state=dead") == {dead.pk}
    assert found("state=held") == {held.pk}
    assert found("q=eve@customer") == {held.pk}
    assert found("q=%231001") == {dead.pk}
    assert found("state=nonsense&before=x") == {dead.pk, held.pk}
    assert found("q=nobody-like-that") == set()


def test_pages_go_on_where_the_last_one_ended(cast: Cast, at: datetime, client: Client) -> None:
    mails = [written(cast.carl, at) for _ in range(51)]
    as_(client, cast.otto)
    first = text(client, ROOM)
    assert (f"{ROOM}{mails[0].pk}/" in first, f"before={mails[1].pk}" in first) == (False, True)
    assert f"{ROOM}{mails[0].pk}/" in text(client, f"{ROOM}?before={mails[1].pk}")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_at_any_length(
    cast: Cast, at: datetime, client: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for _ in range(rows):
        written(cast.carl, at, ticket=ticket)
    as_(client, cast.ada)
    text(client, ROOM)
    with django_assert_num_queries(5):  # who asks, three counts, the rows
        text(client, ROOM)


def test_a_mail_of_a_private_teams_ticket_is_for_those_who_see_the_ticket(
    cast: Cast, at: datetime, client: Client
) -> None:
    secret = written(cast.carl, at, ticket=make.ticket(cast.carl, at=at, team=cast.private))
    for reader, status in [(cast.ada, 404), (cast.bea, 200), (cast.lena, 200), (cast.otto, 200)]:
        as_(client, reader)
        for path in (f"{ROOM}{secret.pk}/", f"{ROOM}{secret.pk}/html/"):
            assert client.get(path).status_code == status, (reader.name, path)
        assert (f"{ROOM}{secret.pk}/" in text(client, ROOM)) is (status == 200)


@pytest.mark.parametrize("name", ["carl", "mona", "eve"])
def test_customers_reach_none_of_it(cast: Cast, at: datetime, client: Client, name: str) -> None:
    mail = written(cast.carl, at)
    as_(client, getattr(cast, name))
    paths = [reverse("staff:mailroom"), *(reverse(f"staff:{view}", args=[mail.pk]) for view in ("mail", "mail_html"))]
    assert [client.get(path).status_code for path in paths] == [403] * 3
    for view in ("mail_retry", "mail_discard"):
        assert client.post(reverse(f"staff:{view}", args=[mail.pk])).status_code == 403


def test_an_agent_reads_and_a_lead_acts(cast: Cast, at: datetime, client: Client, smtp: None) -> None:
    mail = written(cast.carl, at)
    as_(client, cast.ada)
    assert f"{ROOM}{mail.pk}/retry/" not in text(client, f"{ROOM}{mail.pk}/")
    for path in ("retry/", "discard/"):
        assert client.post(f"{ROOM}{mail.pk}/{path}").status_code == 403
    assert client.post(f"{ROOM}held/send/").status_code == 403
    as_(client, cast.lena)
    assert f"{ROOM}{mail.pk}/retry/" in text(client, f"{ROOM}{mail.pk}/")


def test_f27_a_dead_mail_is_explained_corrected_and_sent_again(
    cast: Cast, at: datetime, client: Client, smtp: None
) -> None:
    mail = written(cast.carl, at)
    page = f"{ROOM}{mail.pk}/"
    as_(client, cast.lena)
    shown = text(client, page)
    assert "The recipient’s address does not take mail." in shown
    assert "550 5.1.1 no such mailbox" in shown
    refused = send(client, page, f"{page}retry/", address="carl at customer")
    assert (refused.status_code, "carl at customer" in refused.content.decode()) == (422, True)
    before = mail.message_id
    answer = send(client, page, f"{page}retry/", address="carl@right.example")
    assert (answer.status_code, answer["Location"]) == (303, page)
    mail.refresh_from_db()
    assert (mail.state, mail.to_address, mail.attempts) == (State.WAITING, "carl@right.example", 0)
    assert mail.message_id != before  # for its new reader it is a new mail
    entry = AuditEntry.objects.get(action="mail.retried")
    assert (entry.by, entry.before, entry.after) == (
        cast.lena,
        {"state": "dead", "to": "carl@customer.example"},
        {"state": "waiting", "to": "carl@right.example"},
    )


def test_f27_a_mail_is_discarded_with_a_reason(cast: Cast, at: datetime, client: Client) -> None:
    mail = written(cast.carl, at)
    page = f"{ROOM}{mail.pk}/"
    as_(client, cast.lena)
    assert send(client, page, f"{page}discard/", reason="").status_code == 422
    assert send(client, page, f"{page}discard/", reason="He has left.").status_code == 303
    mail.refresh_from_db()
    assert mail.state == State.DISCARDED
    assert AuditEntry.objects.get(action="mail.discarded").after == {"state": "discarded", "reason": "He has left."}
    assert "discard/" not in text(client, page)


def test_what_another_has_just_done_is_said(cast: Cast, at: datetime, client: Client) -> None:
    mail = written(cast.carl, at)
    page = f"{ROOM}{mail.pk}/"
    as_(client, cast.lena)
    from tests.forms import fill

    form = fill(text(client, page), f"{page}discard/", reason="late")
    Mail.objects.filter(pk=mail.pk).update(state=State.SENT)
    answer = client.post(f"{page}discard/", form)
    assert answer.status_code == 422
    mail.refresh_from_db()
    assert mail.state == State.SENT


def test_held_mails_leave_with_one_button(cast: Cast, at: datetime, client: Client, smtp: None) -> None:
    held = [written(cast.carl, at, state=State.HELD) for _ in range(3)]
    as_(client, cast.otto)
    assert send(client, ROOM, f"{ROOM}held/send/").status_code == 303
    assert set(Mail.objects.filter(pk__in=[mail.pk for mail in held]).values_list("state", flat=True)) == {"waiting"}
    assert AuditEntry.objects.get(action="mail.held_sent").after == {"count": 3}
    assert "Send held mail" not in text(client, ROOM)


def test_a_test_mail_goes_to_whoever_asks_and_shows_its_result(cast: Cast, at: datetime, client: Client) -> None:
    as_(client, cast.otto)
    answer = send(client, ROOM, f"{ROOM}test/")
    mail = Mail.objects.get(kind=Kind.TEST)
    assert (answer.status_code, answer["Location"]) == (303, f"{ROOM}{mail.pk}/")
    assert mail.to_address == cast.otto.email
    jobs.run_due(at=mail.created_at)
    part = client.get(answer["Location"], headers={"HX-Request": "true", "HX-Target": "outcome"}).content.decode()
    assert part.strip().startswith("<section")
    assert "No mail server was set up when this mail was due." in part


def test_the_html_body_is_caged(cast: Cast, at: datetime, client: Client) -> None:
    mail = written(cast.carl, at)
    as_(client, cast.ada)
    body = client.get(f"{ROOM}{mail.pk}/html/")
    assert body["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    )
    assert (body["X-Frame-Options"], body["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff")
    assert "Ada replied &amp; more" in body.content.decode()
    page = client.get(f"{ROOM}{mail.pk}/")
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_nobody_reads_the_secret_of_an_account_mail(cast: Cast, at: datetime, client: Client) -> None:
    letter = Letter(subject="Reset", headline="Reset", link=MASK, link_words="Choose", secret="https://x/canary-2718")
    mail = post(render(letter), kind=Kind.ACCOUNT, to=cast.carl, at=at)
    assert mail is not None
    assert mail.secret == "https://x/canary-2718"
    for reader in (cast.ada, cast.lena, cast.otto):
        as_(client, reader)
        for path in (f"{ROOM}{mail.pk}/", f"{ROOM}{mail.pk}/html/"):
            assert ("canary-2718" in text(client, path), "••••" in text(client, path)) == (False, True)


def test_a_mail_about_an_account_cannot_be_led_to_another_address(
    cast: Cast, at: datetime, client: Client, smtp: None
) -> None:
    mail = written(cast.otto, at, kind=Kind.ACCOUNT)
    page = f"{ROOM}{mail.pk}/"
    as_(client, cast.lena)
    assert 'name="address"' not in text(client, page)
    assert send(client, page, f"{page}retry/", address="lena@evil.example").status_code == 303
    mail.refresh_from_db()
    assert mail.to_address == cast.otto.email


def test_an_invitation_link_is_for_those_who_could_have_invited(cast: Cast, at: datetime, client: Client) -> None:
    for role, readers in [(Role.CUSTOMER, {"lena", "otto"}), (Role.ADMIN, {"otto"})]:
        person = invite(email=f"new-{role}@customer.example", name="New", role=role, by=cast.otto, at=at)
        jobs.run_due(at=at)
        mail = Mail.objects.get(recipient=person)
        assert mail.secret.startswith("http://desk.example/welcome/")
        for name in ("ada", "lena", "otto"):
            as_(client, getattr(cast, name))
            assert (mail.secret in text(client, f"{ROOM}{mail.pk}/")) is (name in readers), (role, name)
            assert "/welcome/" not in text(client, f"{ROOM}{mail.pk}/html/")


def test_f08_a_second_press_discards_once(cast: Cast, at: datetime, client: Client) -> None:
    from tests.forms import fill

    mail = written(cast.carl, at)
    page = f"{ROOM}{mail.pk}/"
    as_(client, cast.lena)
    form = fill(text(client, page), f"{page}discard/", reason="twice")
    answers = [client.post(f"{page}discard/", form).status_code for _ in range(2)]
    assert (answers, AuditEntry.objects.filter(action="mail.discarded").count()) == ([303, 303], 1)


def test_mails_stay_readable_when_their_reader_is_gone(cast: Cast, at: datetime, client: Client) -> None:
    mail = written(cast.eve, at + timedelta(days=1), kind=Kind.TEST)
    User.objects.get_queryset().filter(pk=cast.eve.pk).delete()
    as_(client, cast.otto)
    assert "eve@customer.example" in text(client, f"{ROOM}{mail.pk}/")
