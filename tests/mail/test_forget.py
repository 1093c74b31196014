"""A redacted message lives on in no mail, and takes no other message along."""

from datetime import datetime

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.mail.models import Mail, State
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


def redact(ticket: Ticket, words: str, *, by: User, at: datetime) -> None:
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.redact(Message.objects.get(text=words))
    jobs.run_due(at=at)


def newest(cast: Cast, words: str) -> Mail:
    return Mail.objects.filter(recipient=cast.carl, text__contains=words).latest("pk")


def test_a_mail_that_waits_with_two_messages_leads_to_the_one_that_is_left(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    for words in ("First.", "Second."):
        with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
            change.reply(compose(words))
    jobs.run_due(at=at)
    mail = newest(cast, "First.")
    assert ("Second." in mail.text, mail.state) == (True, State.HELD)
    redact(ticket, "First.", by=cast.ada, at=make.later(at))
    mail.refresh_from_db()
    assert (mail.state, "First." in mail.text + mail.html) == (State.HELD, False)
    assert f"http://desk.example/tickets/{ticket.number}/" in mail.text
    redact(ticket, "Second.", by=cast.ada, at=make.later(at, 2))
    mail.refresh_from_db()
    assert (mail.state, mail.text) == (State.DISCARDED, "This mail held a message that was removed.")


def test_a_customers_mail_is_not_blanked_for_a_note(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.note(compose("Between us."))
        change.reply(compose("For you."))
    jobs.run_due(at=at)
    redact(ticket, "Between us.", by=cast.ada, at=make.later(at))
    assert newest(cast, "For you.").state == State.HELD
