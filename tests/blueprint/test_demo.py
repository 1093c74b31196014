"""The demo as it is written, resumed and ended."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress

from deskhand.accounts.changes import change_role
from deskhand.accounts.models import Organization, Team, TeamMember, User
from deskhand.accounts.roles import Role
from deskhand.automation import sweeps
from deskhand.blueprint import demo, drawings, people, plan, presets
from deskhand.core import jobs
from deskhand.core.faults import InjectedFaultError
from deskhand.core.models import Job
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.mail.models import Mail
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Attachment, Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast

SMALL = 60  # tickets; the whole demo is written by one test only, because it takes seconds


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of fewer tickets."""
    monkeypatch.setattr(plan, "TICKETS", SMALL)


@pytest.fixture
def filled(cast: Cast, at: datetime, small: None) -> Cast:
    """A desk whose demo has been written."""
    demo.begin(by=cast.otto, at=at)
    jobs.run_due(at=at)
    return cast


def test_the_whole_demo_goes_through_the_real_doors_and_tells_nobody(cast: Cast, at: datetime) -> None:
    demo.begin(by=cast.otto, at=at)
    jobs.run_due(at=at)

    assert Ticket.objects.count() == 200
    assert Organization.objects.filter(name__in=people.DOMAINS).count() == 3
    assert Team.objects.get(name=people.TEAMS[people.PRIVATE_TEAM]).is_private
    assert Counter(User.objects.filter(email__in=[p.email for p in people.EVERYBODY]).values_list("role", flat=True)) == {
        Role.CUSTOMER: 12, Role.AGENT: 4, Role.LEAD: 1,
    }  # fmt: skip
    assert EmailAddress.objects.filter(user__email__endswith="tally.example", verified=True).count() == 5
    assert Event.objects.filter(at__gt=at).count() == 0
    assert (Mail.objects.count(), Job.objects.count()) == (0, 0)
    states = Counter(Ticket.objects.values_list("category", flat=True))
    assert set(states) == {"open", "in_progress", "waiting", "resolved", "closed"}
    assert states["closed"] + states["resolved"] > 100
    assert Ticket.objects.unsolved().unassigned().count() >= 8
    assert Message.objects.filter(is_public=False).count() > 20
    files = Attachment.objects.all()
    assert {file.name for file in files} == {*drawings.PICTURES, *drawings.PAGES}
    assert [file for file in files if file.message is None or (file.thumbnail == "") != (file.kind == "pdf")] == []


def test_a_private_teams_tickets_stay_private_in_the_demo_too(filled: Cast) -> None:
    private = Ticket.objects.filter(team__is_private=True)
    daniel = User.objects.get(email="daniel@tally.example")

    assert private.count() > 0
    assert private.visible_to(daniel).count() == 0
    assert set(TeamMember.objects.filter(team__is_private=True, user__email__endswith="tally.example").values_list(
        "user__email", flat=True
    )) == {"mei@tally.example", "priya@tally.example"}  # fmt: skip


def test_progress_counts_tickets_and_ends_with_the_job(
    cast: Cast, at: datetime, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.begin(by=cast.otto, at=at)
    before = demo.progress()
    task = jobs.claim(at=at)
    assert task is not None
    with monkeypatch.context() as dying:
        _write_until(3, dying, task)
    during = demo.progress()
    jobs.run(task, at=at)

    assert before == demo.Progress(done=0, total=SMALL, is_stuck=False)
    assert during == demo.Progress(done=30, total=SMALL, is_stuck=False)
    assert demo.progress() is None


def test_an_interrupted_demo_goes_on_where_it_stopped(
    cast: Cast, at: datetime, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.begin(by=cast.otto, at=at)
    task = jobs.claim(at=at)
    assert task is not None
    with monkeypatch.context() as dying:
        _write_until(4, dying, task)
    assert Ticket.objects.count() == 40
    much_later = at + timedelta(hours=1)
    jobs.run_due(at=much_later)

    assert Ticket.objects.count() == SMALL
    assert Ticket.objects.values("subject", "requester", "created_at").distinct().count() == SMALL


def _write_until(batch: int, monkeypatch: pytest.MonkeyPatch, task: jobs.Task) -> None:
    """Let the worker die when it begins the batch after these (people, then batches)."""
    reached = 0

    def die_there(name: str) -> None:
        nonlocal reached
        reached += 1
        if reached == batch + 1:
            raise InjectedFaultError(name)

    monkeypatch.setattr(jobs, "fault", die_there)
    with pytest.raises(InjectedFaultError):
        demo.write(task)


def test_a_demo_is_begun_once_however_often_it_is_asked_for(cast: Cast, at: datetime) -> None:
    demo.begin(by=cast.otto, at=at)
    demo.begin(by=cast.otto, at=at)

    assert Job.objects.filter(name=demo.JOB).count() == 1


def test_old_tickets_have_been_read_and_fresh_ones_not(filled: Cast, at: datetime) -> None:
    nora = User.objects.get(email=people.OPEN_TO_ALL["customer"].email)
    seen = set(Ticket.objects.filter(seen__user=filled.otto).values_list("pk", flat=True))
    old = set(Ticket.objects.filter(updated_at__lt=at - timedelta(days=2)).values_list("pk", flat=True))

    assert seen == old
    newest = Ticket.objects.latest("created_at")
    assert (newest.requester, newest.assignee) == (nora, None)


def test_the_first_mail_of_a_ticket_tells_only_what_happened_since(filled: Cast, at: datetime) -> None:
    newest = Ticket.objects.latest("created_at")
    make.reply(newest, filled.otto, at=at + timedelta(minutes=1), text="Yes, it can.")
    jobs.run_due(at=at + timedelta(minutes=2))
    mail = Mail.objects.get(to_address=newest.requester.email)

    assert "Yes, it can." in mail.text
    assert newest.messages.earliest("pk").text not in mail.text


def test_a_visitor_may_become_three_people_and_none_of_them_configures_the_desk(filled: Cast) -> None:
    players = {key: demo.player(key) for key in [*people.OPEN_TO_ALL, "admin"]}

    assert {key: player and (player.email, player.can("desk.configure")) for key, player in players.items()} == {
        "customer": ("nora@marlowfinch.example", False),
        "manager": ("samuel@marlowfinch.example", False),
        "agent": ("tomas@tally.example", False),
        "admin": None,
    }


def test_nobody_is_offered_who_may_configure_the_desk(filled: Cast, at: datetime) -> None:
    tomas = User.objects.get(email=people.OPEN_TO_ALL["agent"].email)
    change_role(tomas, role=Role.ADMIN, by=filled.otto, at=at)

    assert demo.player("agent") is None


def test_nobody_is_offered_on_a_desk_that_is_no_demo(filled: Cast, at: datetime) -> None:
    configure(by=filled.otto, at=at, is_demo=False)

    assert [demo.player(key) for key in people.OPEN_TO_ALL] == [None, None, None]
    assert demo.player("admin") is None


def test_the_end_keeps_tickets_and_lets_nobody_of_the_demo_in(filled: Cast, at: datetime) -> None:
    demo.end(by=filled.otto, at=at)

    assert Ticket.objects.count() == SMALL
    assert User.objects.get_queryset().active().filter(email__in=[p.email for p in people.EVERYBODY]).count() == 0
    assert {person.is_active for person in User.objects.filter(pk__in=[p.pk for p in filled.everybody])} == {True}
    assert not current_desk().is_demo


@pytest.mark.parametrize("preset", presets.names())
def test_the_demo_plays_on_every_preset(cast: Cast, at: datetime, small: None, preset: str) -> None:
    """With other topics, statuses and questions, too."""
    presets.use(preset, by=cast.otto, at=at)
    demo.begin(by=cast.otto, at=at)
    jobs.run_due(at=at)

    assert demo.progress() is None
    assert Ticket.objects.count() == SMALL
    wanted = {"brand"} if preset == "company" else set()
    for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
        assert sweep(at=at) == 0  # all of it happened in its own time
    assert (Mail.objects.count(), Job.objects.count()) == (0, 0)
    assert Event.objects.filter(at__gt=at).count() == 0
    assert {frozenset(fields) for fields in Ticket.objects.values_list("fields", flat=True)} == {frozenset(wanted)}
