"""From the row to the server, and what each of the server's answers means."""

import time
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from deskhand.accounts.changes import deactivate
from deskhand.core import jobs
from deskhand.core.models import Job
from deskhand.desk.changes import configure
from deskhand.mail.changes import discard, post, send_held
from deskhand.mail.letters import Letter, render
from deskhand.mail.models import Kind, Mail, Problem, State
from deskhand.mail.queries import explanation
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.mail.sink import Sink, silent


def posted(cast: Cast, at: datetime, number: int = 1, *, ticket: Ticket | None = None) -> Mail:
    """A mail to Carl in the outbox."""
    letter = render(Letter(subject=f"Mail {number}", headline=f"This is mail {number}."))
    mail = post(letter, kind=Kind.TEST, to=cast.carl, at=at, ticket=ticket)
    assert mail is not None
    return mail


def facts(mail: Mail) -> tuple[str, int, str]:
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.problem


def test_a_mail_is_sent_once_and_marked(cast: Cast, at: datetime, sink: Sink) -> None:
    mail = posted(cast, at)
    jobs.run_due(at=at)
    assert facts(mail) == (State.SENT, 1, Problem.NONE)
    assert (mail.sent_at, mail.lease, Job.objects.count()) == (at, "", 0)
    assert [received["Message-ID"] for received in sink.mails] == [mail.message_id]
    assert sink.recipients == ["carl@customer.example"]
    jobs.enqueue("mail.send", {"mail": mail.pk}, at=at)  # a job too many
    jobs.run_due(at=at)
    assert len(sink.received) == 1


def test_without_a_mail_server_everything_is_held_and_nothing_surprises(
    cast: Cast, at: datetime, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    mails = [posted(cast, at, number) for number in (1, 2)]
    jobs.run_due(at=at)
    assert [facts(mail) for mail in mails] == [(State.HELD, 0, Problem.NONE)] * 2
    assert capfd.readouterr() == ("", "")
    assert Job.objects.count() == 0


def test_held_mails_leave_when_somebody_says_so(cast: Cast, at: datetime, settings: Settings, sink: Sink) -> None:
    settings.EMAIL_HOST = ""
    mails = [posted(cast, at, number) for number in (1, 2)]
    jobs.run_due(at=at)
    settings.EMAIL_HOST = "127.0.0.1"
    jobs.run_due(at=make.later(at))
    assert sink.received == []
    assert send_held(by=cast.otto, at=make.later(at)) == 2
    jobs.run_due(at=make.later(at))
    assert [mail["Subject"] for mail in sink.mails] == ["Mail 1", "Mail 2"]
    assert [facts(mail)[0] for mail in mails] == [State.SENT] * 2


def test_sending_what_was_held_reads_no_bodies(cast: Cast, at: datetime, settings: Settings) -> None:
    """After a year without a server they would not fit into memory."""
    settings.EMAIL_HOST = ""
    posted(cast, at)
    jobs.run_due(at=at)
    with CaptureQueriesContext(connection) as asked:
        send_held(by=cast.otto, at=at)
    assert [query["sql"] for query in asked if "SELECT" in query["sql"] and '"html"' in query["sql"]] == []


def test_a_demo_mails_nobody_whose_address_cannot_exist(cast: Cast, at: datetime, sink: Sink) -> None:
    configure(by=cast.otto, at=at, is_demo=True)
    mail = posted(cast, at)
    letter = render(Letter(subject="To a real one", headline="Hello."))
    real = post(letter, kind=Kind.TEST, to="somebody@real.test", at=at)
    assert real
    jobs.run_due(at=at)
    assert (facts(mail), facts(real)) == ((State.HELD, 0, Problem.DEMO), (State.SENT, 1, Problem.NONE))
    assert sink.recipients == ["somebody@real.test"]
    words = explanation(mail)
    assert words
    assert words.what == "This person belongs to the demo, and the address does not exist."
    configure(by=cast.otto, at=at, is_demo=False)
    send_held(by=cast.otto, at=make.later(at))
    jobs.run_due(at=make.later(at))
    assert facts(mail)[0] == State.SENT


def test_a16_who_was_deactivated_is_told_nothing_any_more(cast: Cast, at: datetime, sink: Sink) -> None:
    ticket = make.ticket(cast.carl, at=at)
    Job.objects.all().delete()
    mail = posted(cast, at, ticket=ticket)
    deactivate(cast.carl, by=cast.otto, at=at)
    jobs.run_due(at=make.later(at))
    assert (facts(mail), sink.received) == ((State.DISCARDED, 0, Problem.LEFT), [])
    words = explanation(mail)
    assert words
    assert words.what == "The recipient’s account was deactivated before the mail left."


@pytest.mark.parametrize(("mode", "problem"), [("450", Problem.BUSY), ("452", Problem.BUSY)])
def test_f21_a_4xx_is_tried_again_with_the_same_message_id(
    cast: Cast, at: datetime, sink: Sink, mode: str, problem: Problem
) -> None:
    mail, sink.mode = posted(cast, at), mode
    jobs.run_due(at=at)
    assert facts(mail) == (State.FAILED, 1, problem)
    assert mail.error.startswith(mode)
    sink.mode = "ok"
    jobs.run_due(at=at + timedelta(seconds=29))
    assert sink.received == []  # not before half a minute
    jobs.run_due(at=at + timedelta(seconds=61))
    assert facts(mail) == (State.SENT, 2, Problem.NONE)
    assert [received["Message-ID"] for received in sink.mails] == [mail.message_id]


def test_f21_a_5xx_is_dead_for_that_recipient_at_once_and_for_nobody_else(cast: Cast, at: datetime, sink: Sink) -> None:
    sink.refused = {cast.carl.email}
    letter = render(Letter(subject="To both", headline="Hello."))
    to_carl, to_cora = (post(letter, kind=Kind.TEST, to=person, at=at) for person in (cast.carl, cast.cora))
    assert to_carl
    assert to_cora
    jobs.run_due(at=at)
    assert facts(to_carl) == (State.DEAD, 1, Problem.RECIPIENT)
    assert to_carl.error == "550 5.1.1 no such mailbox"
    assert facts(to_cora) == (State.SENT, 1, Problem.NONE)
    assert Job.objects.count() == 0


def test_f20_a_server_that_is_away_for_three_days_costs_the_mail_and_leaves_it_to_a_person(
    cast: Cast, at: datetime, settings: Settings
) -> None:
    from tests.processes import free_port

    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    mail, now = posted(cast, at), at
    for _ in range(18):
        jobs.run_due(at=now)
        now += timedelta(hours=4)
    assert facts(mail) == (State.FAILED, 18, Problem.UNREACHABLE)
    jobs.run_due(at=now + timedelta(minutes=1))
    assert facts(mail) == (State.DEAD, 19, Problem.UNREACHABLE)
    assert Job.objects.count() == 0


def test_f20_after_an_outage_everything_arrives_once_and_in_order(
    cast: Cast, at: datetime, settings: Settings, sink: Sink
) -> None:
    ticket, port = make.ticket(cast.carl, at=at), sink.port
    Job.objects.all().delete()
    settings.EMAIL_PORT = 9  # discard: nobody listens
    for number in range(5):
        posted(cast, at, number, ticket=ticket)
    for hour in range(24):
        jobs.run_due(at=at + timedelta(hours=hour))
    settings.EMAIL_PORT = port
    jobs.run_due(at=at + timedelta(hours=30))
    jobs.run_due(at=at + timedelta(hours=30))
    assert [mail["Subject"] for mail in sink.mails] == [f"Mail {number}" for number in range(5)]


def test_f22_a_silent_server_costs_the_timeout_and_no_more(cast: Cast, at: datetime, settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    mail = posted(cast, at)
    with silent() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        started = time.monotonic()
        jobs.run_due(at=at)
    assert time.monotonic() - started < 15  # the next timeout up is Django's twenty seconds
    assert facts(mail) == (State.FAILED, 1, Problem.UNREACHABLE)


def test_f22_a_slow_server_gets_its_mail_once(cast: Cast, at: datetime, sink: Sink) -> None:
    mail, sink.mode = posted(cast, at), "slow"
    jobs.run_due(at=at)
    assert (facts(mail)[0], len(sink.received)) == (State.SENT, 1)


def test_f22_the_whole_conversation_ends_before_the_lease(
    cast: Cast, at: datetime, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskhand.mail import transport

    assert jobs.LEASE.total_seconds() > transport.LONGEST_S
    monkeypatch.setattr(transport, "LONGEST_S", 0.5)
    mail, sink.mode, sink.delay_s = posted(cast, at), "slow", 0.4
    jobs.run_due(at=at)
    assert facts(mail)[0] in {State.FAILED, State.MAYBE_SENT}


def test_f23_a_lost_answer_is_maybe_sent_and_repeated_as_the_same_mail(cast: Cast, at: datetime, sink: Sink) -> None:
    mail, sink.mode = posted(cast, at), "abort"
    jobs.run_due(at=at)
    assert facts(mail) == (State.MAYBE_SENT, 1, Problem.LOST)
    sink.mode = "ok"
    jobs.run_due(at=make.later(at, 2))
    assert facts(mail) == (State.SENT, 2, Problem.NONE)
    assert [received["Message-ID"] for received in sink.mails] == [mail.message_id] * 2


def test_f26_a_poison_row_blocks_nobody(cast: Cast, at: datetime, sink: Sink) -> None:
    poison = posted(cast, at, 0)
    Mail.objects.filter(pk=poison.pk).update(sealed="not ours")
    others = [posted(cast, at, number) for number in range(1, 20)]
    now = at
    for _ in range(12):
        jobs.run_due(at=now)
        now += timedelta(hours=5)
    assert [facts(mail)[0] for mail in others] == [State.SENT] * 19
    assert facts(poison) == (State.DEAD, 12, Problem.BROKEN)
    assert Job.objects.count() == 0


def test_an_address_no_mail_can_carry_is_dead_at_once(cast: Cast, at: datetime, sink: Sink) -> None:
    mail = posted(cast, at)
    Mail.objects.filter(pk=mail.pk).update(to_address="jürgen@customer.example")
    jobs.run_due(at=at)
    assert facts(mail) == (State.DEAD, 1, Problem.RECIPIENT)


def test_mails_of_a_ticket_to_one_person_keep_their_order(cast: Cast, at: datetime, sink: Sink) -> None:
    ticket = make.ticket(cast.carl, at=at)
    Job.objects.all().delete()
    mails = [posted(cast, at, number, ticket=ticket) for number in (1, 2, 3)]
    stranger = posted(cast, at, 4)
    sink.mode = "450"
    jobs.run_due(at=at)
    assert [facts(mail)[0] for mail in mails] == [State.FAILED, State.WAITING, State.WAITING]
    sink.mode = "ok"
    jobs.run_due(at=make.later(at, 2))
    jobs.run_due(at=make.later(at, 2))
    assert [mail["Subject"] for mail in sink.mails if mail["Subject"] != "Mail 4"] == ["Mail 1", "Mail 2", "Mail 3"]
    assert facts(stranger)[0] == State.SENT


def test_a_dead_or_discarded_mail_lets_the_next_one_go(cast: Cast, at: datetime, sink: Sink) -> None:
    ticket = make.ticket(cast.carl, at=at)
    Job.objects.all().delete()
    first, second, third = (posted(cast, at, number, ticket=ticket) for number in (1, 2, 3))
    sink.mode = "450"
    jobs.run_due(at=at)
    sink.mode = "ok"
    discard(first, by=cast.otto, at=at, reason="no longer true")
    jobs.run_due(at=at)
    assert [facts(mail)[0] for mail in (first, second, third)] == [State.DISCARDED, State.SENT, State.SENT]


def test_two_workers_never_send_one_mail_at_the_same_time(cast: Cast, at: datetime, sink: Sink) -> None:
    mail = posted(cast, at)
    Mail.objects.filter(pk=mail.pk).update(
        state=State.SENDING, lease="another", leased_until=at + timedelta(seconds=30), attempts=1
    )
    jobs.run_due(at=at)
    assert (facts(mail)[:2], sink.received) == ((State.SENDING, 1), [])


def test_a_worker_whose_lease_ran_out_marks_nothing(cast: Cast, at: datetime, sink: Sink) -> None:
    from deskhand.mail.changes import settle, take

    mail = posted(cast, at)
    task = jobs.claim(at=at)
    assert task is not None
    taken = take(mail.pk, task=task)
    assert taken is not None
    late = jobs.claim(at=at + timedelta(seconds=61))
    assert late is not None
    assert take(mail.pk, task=late) is not None
    with pytest.raises(jobs.LeaseLostError):
        settle(taken, task=task, state=State.SENT)
    assert facts(mail)[:2] == (State.SENDING, 2)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_ever_sent_inside_a_transaction(cast: Cast, at: datetime, sink: Sink) -> None:
    posted(cast, at)
    task = jobs.claim(at=at)
    assert task is not None
    from deskhand.mail.outbox import send

    with transaction.atomic(), pytest.raises(RuntimeError):
        send(task)
    assert sink.received == []


def test_a_secret_is_forgotten_once_the_mail_has_gone(cast: Cast, at: datetime, sink: Sink) -> None:
    from deskhand.mail.models import MASK

    letter = render(Letter(subject="Code", headline="Code", code=MASK, secret="canary-314159"))
    mail = post(letter, kind=Kind.ACCOUNT, to=cast.carl, at=at)
    assert mail is not None
    assert "canary-314159" not in str(Mail.objects.values())
    jobs.run_due(at=at)
    text, html = sink.mails[0].get_body(("plain",)), sink.mails[0].get_body(("html",))
    assert text
    assert html
    assert ("canary-314159" in text.get_content(), "canary-314159" in html.get_content()) == (True, True)
    assert (facts(mail)[0], mail.sealed) == (State.SENT, "")
