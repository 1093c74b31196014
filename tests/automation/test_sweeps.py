"""What time brings, each thing once, whoever looks."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deskhand.automation import sweeps
from deskhand.blueprint import demo
from deskhand.config import worker
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.core.models import Job
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.mail.models import Mail
from deskhand.tickets import invariants
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.closing import closing_day
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Status
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import sentence
from tests import make
from tests.cast import Cast

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def resolved(cast: Cast, at: datetime) -> Ticket:
    """On a desk that closes after 5 quiet days and says so 2 days before."""
    configure(by=cast.otto, at=at, auto_close_days=5, auto_close_warning_days=2)
    return make.in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)


@pytest.fixture
def on_hold(cast: Cast, at: datetime) -> Ticket:
    """On a desk that closes what waits for its customer after 30 quiet days, says so 2 days before, and closes nothing else."""
    configure(by=cast.otto, at=at, close_waiting_days=30, auto_close_warning_days=2)
    return make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)


def category(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).category


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


def test_s3_14_a_promise_breaks_once_and_only_when_nobody_answered(cast: Cast, at: datetime) -> None:
    make.promises(medium=60)
    late, answered = make.ticket(cast.carl, at=at), make.ticket(cast.carl, at=at)
    make.reply(answered, cast.ada, at=at + HOUR / 2)
    solved = make.in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    fresh = make.ticket(cast.carl, at=at + HOUR)
    moments = [at + HOUR, at + HOUR + SECOND, at + HOUR + 2 * SECOND]
    assert [sweeps.break_promises(at=moment) for moment in moments] == [0, 1, 0]
    told = Event.objects.filter(kind=Kind.OVERDUE)
    assert [(event.ticket, event.by, event.via, event.at) for event in told] == [(late, None, Via.SYSTEM, moments[1])]
    assert list(Ticket.objects.exclude(overdue_since=None)) == [late]
    assert {solved, fresh} & set(Ticket.objects.exclude(overdue_since=None)) == set()
    assert list(invariants.broken()) == []


def test_s3_16_closing_is_announced_and_then_done(cast: Cast, at: datetime, resolved: Ticket) -> None:
    days = [at + 3 * DAY - SECOND, at + 3 * DAY, at + 3 * DAY + HOUR]
    assert [sweeps.announce_closing(at=day) for day in days] == [0, 1, 0]
    event = Event.objects.get(kind=Kind.CLOSE_ANNOUNCED)
    assert (event.is_public, event.after) == (True, {"id": "2026-03-07", "name": "2026-03-07"})
    assert sentence(event, as_staff=False) == "The desk will close the ticket on 7 Mar 2026 if nobody writes"
    days = [at + 5 * DAY - SECOND, at + 5 * DAY, at + 5 * DAY + HOUR]
    assert [sweeps.close_quiet(at=day) for day in days] == [0, 1, 0]
    assert kinds(resolved)[-2:] == [Kind.CLOSE_ANNOUNCED, Kind.CLOSED]
    assert Ticket.objects.get(pk=resolved.pk).closed_at == at + 5 * DAY
    assert list(invariants.broken()) == []


def test_s3_16_whoever_writes_has_all_the_days_again(cast: Cast, at: datetime, resolved: Ticket) -> None:
    sweeps.announce_closing(at=at + 3 * DAY)
    make.note(resolved, cast.ada, at=at + 4 * DAY)  # the customer sees nothing of it
    assert Ticket.objects.get().close_warned_at == at + 3 * DAY
    with change_ticket(resolved, by=cast.ada, via=Via.STAFF, at=at + 4 * DAY) as change:
        change.set_subject("The printer is wet")
    assert Ticket.objects.get().close_warned_at is None
    assert sweeps.close_quiet(at=at + 6 * DAY) == 0
    assert [sweeps.announce_closing(at=at + days * DAY) for days in (6, 7)] == [0, 1]
    assert [sweeps.close_quiet(at=at + days * DAY) for days in (8, 9)] == [0, 1]


def test_s3_16_a_solution_that_is_not_accepted_is_not_closed(cast: Cast, at: datetime, resolved: Ticket) -> None:
    sweeps.announce_closing(at=at + 3 * DAY)
    make.reply(resolved, cast.carl, at=at + 4 * DAY)
    assert (sweeps.announce_closing(at=at + 50 * DAY), sweeps.close_quiet(at=at + 50 * DAY)) == (0, 0)
    assert category(resolved) == Category.OPEN


@pytest.mark.parametrize("place", [place for place in Category if place != Category.RESOLVED])
def test_s3_16_only_what_is_resolved_is_closed(cast: Cast, at: datetime, resolved: Ticket, place: Category) -> None:
    make.in_category(resolved, place, by=cast.ada, at=at)
    assert (sweeps.announce_closing(at=at + 50 * DAY), sweeps.close_quiet(at=at + 50 * DAY)) == (0, 0)


def test_s3_16_without_a_number_of_days_nothing_is_closed(cast: Cast, at: datetime, resolved: Ticket) -> None:
    configure(by=cast.otto, at=at, auto_close_days=None)
    assert (sweeps.announce_closing(at=at + 50 * DAY), sweeps.close_quiet(at=at + 50 * DAY)) == (0, 0)


def test_s3_16_without_notice_it_is_closed_after_the_days(cast: Cast, at: datetime, resolved: Ticket) -> None:
    configure(by=cast.otto, at=at, auto_close_warning_days=0)
    assert sweeps.announce_closing(at=at + 50 * DAY) == 0
    assert [sweeps.close_quiet(at=moment) for moment in (at + 5 * DAY - SECOND, at + 5 * DAY)] == [0, 1]


def test_s3_16_what_was_quiet_for_long_before_is_announced_all_the_same(
    cast: Cast, at: datetime, resolved: Ticket
) -> None:
    assert sweeps.close_quiet(at=at + 50 * DAY) == 0
    assert sweeps.announce_closing(at=at + 50 * DAY) == 1
    assert [sweeps.close_quiet(at=at + days * DAY) for days in (51, 52)] == [0, 1]


def test_s3_16_a_shorter_notice_later_closes_nothing_before_the_announced_day(
    cast: Cast, at: datetime, resolved: Ticket
) -> None:
    sweeps.announce_closing(at=at + 3 * DAY)
    configure(by=cast.otto, at=at, auto_close_warning_days=1, auto_close_days=2)
    midnight = datetime(2026, 3, 7, tzinfo=at.tzinfo)
    assert [sweeps.close_quiet(at=moment) for moment in (at + 4 * DAY, midnight - SECOND, midnight)] == [0, 0, 1]


def test_s3_16_no_notice_later_closes_nothing_before_the_announced_day(
    cast: Cast, at: datetime, resolved: Ticket
) -> None:
    sweeps.announce_closing(at=at + 3 * DAY)
    configure(by=cast.otto, at=at, auto_close_warning_days=0, auto_close_days=1)
    midnight = datetime(2026, 3, 7, tzinfo=at.tzinfo)
    assert [sweeps.close_quiet(at=moment) for moment in (at + 4 * DAY, midnight - SECOND, midnight)] == [0, 0, 1]


def test_s3_16_the_day_is_said_as_it_will_be_whatever_becomes_of_the_notice(
    cast: Cast, at: datetime, resolved: Ticket
) -> None:
    assert closing_day(resolved, current_desk()) is None
    sweeps.announce_closing(at=at + 3 * DAY)
    resolved.refresh_from_db()
    said = []
    for days in (2, 1, 0, 4):
        configure(by=cast.otto, at=at, auto_close_warning_days=days)
        said.append(closing_day(resolved, current_desk()))
    assert said == [date(2026, 3, 7), date(2026, 3, 7), date(2026, 3, 7), date(2026, 3, 9)]
    assert [sweeps.close_quiet(at=at + days * DAY) for days in (6, 7)] == [0, 1]


def test_s3_16_the_day_is_that_of_the_desk(cast: Cast, at: datetime, resolved: Ticket) -> None:
    configure(by=cast.otto, at=at, time_zone="Pacific/Auckland")
    sweeps.announce_closing(at=at + 3 * DAY)
    assert Event.objects.get(kind=Kind.CLOSE_ANNOUNCED).after == {"id": "2026-03-08", "name": "2026-03-08"}


def test_s1_c12_a_ticket_on_hold_is_announced_and_closed(cast: Cast, at: datetime, on_hold: Ticket) -> None:
    resolved = make.in_category(make.ticket(cast.eve, at=at), Category.RESOLVED, by=cast.ada, at=at)
    days = [at + 28 * DAY - SECOND, at + 28 * DAY, at + 28 * DAY + HOUR]
    assert [sweeps.announce_closing(at=day) for day in days] == [0, 1, 0]
    event = Event.objects.get(kind=Kind.CLOSE_ANNOUNCED)
    assert (event.ticket, event.is_public) == (on_hold, True)
    assert sentence(event, as_staff=False) == "The desk will close the ticket on 1 Apr 2026 if nobody writes"
    on_hold.refresh_from_db()
    assert closing_day(on_hold, current_desk()) == date(2026, 4, 1)
    assert list(invariants.broken()) == []
    days = [at + 30 * DAY - SECOND, at + 30 * DAY, at + 30 * DAY + HOUR]
    assert [sweeps.close_quiet(at=day) for day in days] == [0, 1, 0]
    assert (category(on_hold), category(resolved)) == (Category.CLOSED, Category.RESOLVED)
    assert kinds(on_hold)[-2:] == [Kind.CLOSE_ANNOUNCED, Kind.CLOSED]


def test_s1_c12_a_question_that_nobody_answers_is_given_up(cast: Cast, at: datetime, on_hold: Ticket) -> None:
    with change_ticket(on_hold, by=cast.ada, via=Via.STAFF, at=at + DAY) as change:
        change.reply(compose("Which version?"), is_question=True)
    assert [sweeps.announce_closing(at=at + days * DAY) for days in (28, 29)] == [0, 1]
    assert [sweeps.close_quiet(at=at + days * DAY) for days in (30, 31)] == [0, 1]
    assert (category(on_hold), Ticket.objects.get().asked_at) == (Category.CLOSED, None)


def test_s1_c12_whoever_writes_stops_it(cast: Cast, at: datetime, on_hold: Ticket) -> None:
    sweeps.announce_closing(at=at + 28 * DAY)
    make.reply(on_hold, cast.carl, at=at + 29 * DAY)
    assert (sweeps.announce_closing(at=at + 99 * DAY), sweeps.close_quiet(at=at + 99 * DAY)) == (0, 0)
    assert (category(on_hold), Ticket.objects.get().close_warned_at) == (Category.OPEN, None)
    make.reply(on_hold, cast.ada, at=at + 99 * DAY)
    assert [sweeps.announce_closing(at=at + days * DAY) for days in (126, 127)] == [0, 1]


def test_s1_c12_the_days_begin_when_it_is_put_on_hold_also_where_customers_read_no_difference(
    cast: Cast, at: datetime, on_hold: Ticket
) -> None:
    silent = Status.objects.create(category=Category.WAITING, name="Asleep", customer_name="Open")
    Status.objects.filter(category=Category.OPEN).update(customer_name="Open")
    ticket = make.ticket(cast.eve, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at + 20 * DAY) as change:
        change.set_status(silent)
    assert Ticket.objects.get(pk=ticket.pk).public_updated_at == at
    make.in_category(on_hold, Category.CLOSED, by=cast.ada, at=at)
    assert [sweeps.announce_closing(at=at + days * DAY) for days in (28, 47, 48)] == [0, 0, 1]


def test_s1_c12_what_was_announced_for_its_old_place_is_announced_anew(
    cast: Cast, at: datetime, on_hold: Ticket
) -> None:
    configure(by=cast.otto, at=at, auto_close_days=30)
    Status.objects.filter(category__in=[Category.WAITING, Category.RESOLVED]).update(customer_name="Answered")
    sweeps.announce_closing(at=at + 28 * DAY)
    make.in_category(on_hold, Category.RESOLVED, by=cast.ada, at=at + 29 * DAY)
    assert Ticket.objects.get().close_warned_at is None
    assert sweeps.close_quiet(at=at + 31 * DAY) == 0


def test_s1_c12_its_customer_reads_what_to_do(cast: Cast, at: datetime, on_hold: Ticket) -> None:
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    sweeps.announce_closing(at=at + 28 * DAY)
    jobs.run_due(at=at + 28 * DAY)
    text = Mail.objects.get().text
    assert "We wait for your answer. Write a message in the ticket, and it stays open." in text
    assert "will close the ticket on 1 Apr 2026 if nobody writes" in text


def test_s1_c12_without_notice_it_is_closed_after_the_days(cast: Cast, at: datetime, on_hold: Ticket) -> None:
    configure(by=cast.otto, at=at, auto_close_warning_days=0)
    assert sweeps.announce_closing(at=at + 50 * DAY) == 0
    assert [sweeps.close_quiet(at=moment) for moment in (at + 30 * DAY - SECOND, at + 30 * DAY)] == [0, 1]


def test_another_name_of_the_same_place_does_not_begin_the_days_anew(
    cast: Cast, at: datetime, resolved: Ticket
) -> None:
    other = Status.objects.create(category=Category.RESOLVED, name="Fixed", customer_name="Resolved")
    with change_ticket(resolved, by=cast.ada, via=Via.STAFF, at=at + DAY) as change:
        change.set_status(other)
    assert Ticket.objects.get().resolved_at == at
    assert sweeps.announce_closing(at=at + 3 * DAY) == 1


def test_a_sweep_takes_a_batch_and_the_next_one_the_rest(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 2)
    make.promises(medium=1)
    numbers = [make.ticket(cast.carl, at=make.later(at, minutes)).number for minutes in (2, 0, 1)]
    assert [sweeps.break_promises(at=at + HOUR) for _ in range(3)] == [2, 1, 0]
    told = Event.objects.filter(kind=Kind.OVERDUE).order_by("pk").values_list("ticket__number", flat=True)
    assert list(told) == [numbers[1], numbers[2], numbers[0]]


def test_a_sweep_that_finds_nothing_costs_one_query(cast: Cast, at: datetime, resolved: Ticket) -> None:
    make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at)  # on hold, where this desk closes nothing
    for sweep in (sweeps.break_promises, sweeps.announce_closing, sweeps.close_quiet):
        sweep(at=at)
        with CaptureQueriesContext(connection) as captured:
            sweep(at=at)
        assert len(captured) == 1, sweep.__name__


def test_a_ticket_that_moved_between_look_and_lock_is_left_alone(
    cast: Cast, at: datetime, resolved: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """carl refuses the solution after the sweep has found the ticket and before it holds it."""
    sweeps.announce_closing(at=at + 3 * DAY)

    def late(ticket: Ticket, **given: object) -> object:
        monkeypatch.setattr(sweeps, "change_ticket", change_ticket)
        make.reply(ticket, cast.carl, at=at + 5 * DAY)
        return change_ticket(ticket, **given)  # type: ignore[arg-type] - passed on

    monkeypatch.setattr(sweeps, "change_ticket", late)
    assert sweeps.close_quiet(at=at + 5 * DAY) == 1
    assert category(resolved) == Category.OPEN


def test_s3_14_two_workers_that_found_the_same_tell_it_once(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.promises(medium=1)
    make.ticket(cast.carl, at=at)

    def second(ticket: Ticket, **given: object) -> object:
        monkeypatch.setattr(sweeps, "change_ticket", change_ticket)
        assert sweeps.break_promises(at=at + HOUR) == 1
        return change_ticket(ticket, **given)  # type: ignore[arg-type] - passed on

    monkeypatch.setattr(sweeps, "change_ticket", second)
    assert sweeps.break_promises(at=at + HOUR) == 1
    assert Event.objects.filter(kind=Kind.OVERDUE).count() == 1


def test_the_worker_sweeps_and_a_sweep_that_fails_stops_no_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[datetime] = []

    def fail(*, at: datetime) -> int:
        raise ValueError(at)

    monkeypatch.setattr(sweeps, "announce_closing", fail)
    monkeypatch.setattr(sweeps, "close_quiet", lambda *, at: called.append(at))
    worker.sweep_tickets()
    assert len(called) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "a sweep of tickets failed; the next one is in half a minute"
    ]


def test_while_a_demo_is_being_written_the_worker_lets_its_past_bring_what_time_brings(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[datetime] = []
    monkeypatch.setattr(sweeps, "close_quiet", lambda *, at: called.append(at))
    demo.begin(by=cast.otto, at=at)
    worker.sweep_tickets()
    assert called == []
    Job.objects.all().delete()
    worker.sweep_tickets()
    assert len(called) == 1
