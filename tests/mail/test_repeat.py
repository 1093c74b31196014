"""A try that falls over between the server's yes and the row's "sent" is repeated, and blocks nobody."""

from datetime import datetime, timedelta

import pytest

from deskhand.core import faults, jobs
from deskhand.core.models import Job
from deskhand.mail.models import Mail, State
from tests import make
from tests.cast import Cast
from tests.mail.sink import Sink


def test_a_mail_that_was_taken_and_not_settled_is_sent_again(
    cast: Cast, at: datetime, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's next try comes before the mail's lease has run out: it must come back, not go away."""
    faults._reached.clear()
    monkeypatch.setitem(faults._PLAN, "smtp.after_ack_before_mark", ("raise", 1))
    ticket = make.ticket(cast.carl, at=at)
    jobs.run_due(at=at)
    make.reply(ticket, cast.ada, at=at)
    for second in range(0, 600, 20):
        jobs.run_due(at=at + timedelta(seconds=second))
    assert set(Mail.objects.values_list("state", flat=True)) == {State.SENT}
    assert Job.objects.count() == 0
    assert len({mail["Message-ID"] for mail in sink.mails}) == Mail.objects.count() == len(sink.mails) - 1
