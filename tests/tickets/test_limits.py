"""How much a customer may write: S1.7, S1.c2."""

from datetime import datetime

import pytest

from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.desk.models import Desk
from deskhand.tickets import support
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.errors import MessageTooLongError, SubjectTooLongError
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast

ASTRAL = "\N{FACE WITH TEARS OF JOY}"


def test_s1_7_1000_characters_pass_and_1001_are_refused(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, longest_message=1000)
    with pytest.raises(MessageTooLongError) as refused:
        make.ticket(cast.carl, at=at, text="x" * 1001)
    assert (refused.value.count, refused.value.most, Ticket.objects.count()) == (1001, 1000, 0)
    ticket = make.ticket(cast.carl, at=at, text="x" * 1000)
    with pytest.raises(MessageTooLongError):
        make.reply(ticket, cast.carl, at=at, text="x" * 1001)
    make.reply(ticket, cast.carl, at=at, text="y" * 1000)  # before anybody answered
    assert [len(text) for text in Message.objects.values_list("text", flat=True)] == [1000, 1000]


@pytest.mark.parametrize(
    ("written", "count"), [(ASTRAL * 3, 3), ("a\r\nb", 3), ("a\nb", 3), ("e\u0301x", 3), ("ab\n\n", 2)]
)
def test_characters_are_code_points_and_a_new_line_is_one(cast: Cast, at: datetime, written: str, count: int) -> None:
    short, enough = make.topic("Short", longest_message=count - 1), make.topic("Enough", longest_message=count)
    make.ticket(cast.carl, at=at, text=written, topic=enough)
    with pytest.raises(MessageTooLongError) as refused:
        make.ticket(cast.carl, at=at, text=written, topic=short)
    assert (refused.value.count, refused.value.most, Ticket.objects.count()) == (count, count - 1, 1)


def test_a_topic_has_a_limit_of_its_own(cast: Cast, at: datetime) -> None:
    short, long = make.topic("Short", longest_message=5), make.topic("Long", longest_message=50)
    usual = Topic.objects.get(is_default=True)
    desk = Desk(longest_message=10)
    assert [support.longest_message(topic, desk) for topic in (short, long, usual)] == [5, 50, 10]
    assert support.longest_message(usual, Desk()) is None


def test_staff_write_as_much_as_they_like(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, longest_message=20, longest_subject=20)
    ticket = make.ticket(cast.carl, at=at, subject="x", text="x")
    make.note(make.reply(ticket, cast.ada, at=at, text="y" * 21), cast.ada, at=at, text="z" * 21)
    with open_ticket(
        requester=cast.carl, subject="s" * 201, body=compose("t" * 21), topic=ticket.topic, priority=None, by=cast.ada,
        via=Via.STAFF, at=at,
    ) as change:  # fmt: skip
        pass
    assert change.ticket.subject == "s" * 200
    own = make.ticket(cast.ada, at=at, subject="x", text="x")
    with pytest.raises(MessageTooLongError), change_ticket(own, by=cast.ada, via=Via.PORTAL, at=at) as change:
        change.reply(compose("y" * 21))  # who writes in the portal is a customer there
    assert sorted(len(text) for text in Message.objects.values_list("text", flat=True)) == [1, 1, 21, 21, 21]


def test_s1_c2_a_subject_has_a_limit(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, longest_subject=145)
    with pytest.raises(SubjectTooLongError) as refused:
        make.ticket(cast.carl, at=at, subject="x" * 146)
    assert (refused.value.count, refused.value.most, Ticket.objects.count()) == (146, 145, 0)
    assert make.ticket(cast.carl, at=at, subject=" x" * 72 + "  y \t").subject == "x " * 72 + "y"
    assert [support.longest_subject(Desk(longest_subject=most)) for most in (None, 1, 200, 300)] == [200, 1, 200, 200]


def test_a_customers_subject_is_never_cut(cast: Cast, at: datetime) -> None:
    with pytest.raises(SubjectTooLongError):
        make.ticket(cast.carl, at=at, subject="x" * 201)
    assert make.ticket(cast.carl, at=at, subject="x" * 200).subject == "x" * 200
