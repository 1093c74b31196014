"""Who may speak which verb of a change, to the last condition; and what else no page shows."""

from datetime import date, datetime, timedelta

import pytest

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.tickets import policy
from deskhand.tickets.changes import (
    CannotBeAssignedError,
    NotAllowedError,
    NothingWrittenError,
    change_ticket,
    open_ticket,
)
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category, Tag, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


def speak(
    ticket: Ticket, by: User | None, verb: str, *arguments: object, at: datetime, via: Via = Via.STAFF
) -> list[str]:
    """The kinds of what happened when somebody spoke this verb."""
    with change_ticket(ticket, by=by, via=via, at=at) as change:
        getattr(change, verb)(*arguments)
    return [event.kind for event in change.events]


def refused(ticket: Ticket, by: User | None, verb: str, *arguments: object, at: datetime, via: Via = Via.STAFF) -> bool:
    """Was it, and did nothing happen?"""
    before = Event.objects.count()
    with pytest.raises(NotAllowedError):
        speak(ticket, by, verb, *arguments, at=at, via=via)
    return Event.objects.count() == before


def followed(ticket: Ticket, *people: User, at: datetime) -> None:
    for person in people:
        speak(ticket, None, "follow", person, at=at, via=Via.SYSTEM)


def test_who_takes_part_adds_colleagues_and_nobody_else(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    assert refused(ticket, cast.cora, "follow", cast.mona, at=at, via=Via.PORTAL)  # takes no part
    assert refused(ticket, cast.carl, "follow", cast.eve, at=at, via=Via.PORTAL)  # is elsewhere
    assert speak(ticket, cast.carl, "follow", cast.cora, at=at, via=Via.PORTAL) == [Kind.FOLLOWED]
    assert speak(ticket, cast.carl, "follow", cast.cora, at=at, via=Via.PORTAL) == []


def test_people_without_an_organization_are_no_colleagues(cast: Cast, at: datetime) -> None:
    User.objects.filter(pk__in=(cast.carl.pk, cast.eve.pk)).update(organization=None)
    carl, eve = User.objects.get(pk=cast.carl.pk), User.objects.get(pk=cast.eve.pk)
    assert refused(make.ticket(carl, at=at), carl, "follow", eve, at=at, via=Via.PORTAL)


def test_a16_who_has_left_follows_nothing(cast: Cast, at: datetime) -> None:
    cast.cora.is_active = False
    ticket = make.ticket(cast.carl, at=at)
    assert refused(ticket, cast.ada, "follow", cast.cora, at=at)
    assert refused(ticket, cast.carl, "follow", cast.cora, at=at, via=Via.PORTAL)


def test_who_stops_whom_from_following(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    followed(ticket, cast.cora, cast.eve, cast.lena, at=at)
    assert refused(ticket, cast.cora, "unfollow", cast.eve, at=at, via=Via.PORTAL)
    assert refused(ticket, cast.carl, "unfollow", cast.lena, at=at, via=Via.PORTAL)
    assert speak(ticket, cast.carl, "unfollow", cast.eve, at=at, via=Via.PORTAL) == [Kind.UNFOLLOWED]
    assert speak(ticket, cast.carl, "unfollow", cast.eve, at=at, via=Via.PORTAL) == []
    assert speak(ticket, cast.cora, "unfollow", cast.cora, at=at, via=Via.PORTAL) == [Kind.UNFOLLOWED]
    followed(ticket, cast.cora, at=at)
    assert speak(ticket, cast.mona, "unfollow", cast.cora, at=at, via=Via.PORTAL) == [Kind.UNFOLLOWED]
    assert speak(ticket, cast.ada, "unfollow", cast.lena, at=at) == [Kind.UNFOLLOWED]
    followed(ticket, cast.lena, at=at)
    assert speak(ticket, None, "unfollow", cast.lena, at=at, via=Via.SYSTEM) == [Kind.UNFOLLOWED]


def test_who_blanks_which_message(cast: Cast, at: datetime) -> None:
    ticket = make.reply(make.reply(make.ticket(cast.carl, at=at), cast.ada, at=at), cast.lena, at=at)
    carls, adas, lenas = Message.objects.filter(ticket=ticket).order_by("pk")
    assert refused(make.ticket(cast.eve, at=at), cast.lena, "redact", adas, at=at)  # it is another ticket's
    assert refused(ticket, cast.carl, "redact", carls, at=at, via=Via.PORTAL)
    assert refused(ticket, cast.ada, "redact", lenas, at=at)
    assert speak(ticket, cast.ada, "redact", adas, at=at) == [Kind.REDACTED]
    assert speak(ticket, cast.lena, "redact", carls, at=at) == [Kind.REDACTED]
    assert speak(ticket, None, "redact", lenas, at=at, via=Via.SYSTEM) == [Kind.REDACTED]
    shown = Message.objects.filter(ticket=ticket).values_list("text", "html", "folded", "source", "redacted_at")
    assert set(shown) == {("", "", "", "", at)}
    assert Ticket.objects.get(pk=ticket.pk).preview == ""


def test_only_time_breaks_promises_and_announces_a_close(cast: Cast, at: datetime) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    for by in (cast.otto, cast.carl):
        assert refused(ticket, by, "break_promise", at=at)
        assert refused(ticket, by, "announce_closing", date(2026, 3, 9), at=at)
    assert speak(ticket, None, "announce_closing", date(2026, 3, 9), at=at, via=Via.SYSTEM) == [Kind.CLOSE_ANNOUNCED]
    assert speak(ticket, None, "announce_closing", date(2026, 3, 9), at=at, via=Via.SYSTEM) == []
    ticket = make.in_category(ticket, Category.OPEN, by=cast.ada, at=at)
    assert speak(ticket, None, "announce_closing", date(2026, 3, 9), at=at, via=Via.SYSTEM) == []


def test_a_ticket_goes_on_only_in_one_that_follows_it(cast: Cast, at: datetime) -> None:
    ticket, stranger = make.ticket(cast.carl, at=at), make.ticket(cast.carl, at=at)
    assert refused(ticket, cast.ada, "ends_in", stranger, at=at)


def test_a_move_takes_it_from_an_assignee_who_would_not_see_it_and_from_nobody_else(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    speak(ticket, cast.ada, "assign", cast.ada, at=at)
    assert speak(ticket, cast.ada, "move_to_team", cast.support, at=at) == [Kind.MOVED]
    assert Ticket.objects.get().assignee == cast.ada
    assert speak(ticket, cast.ada, "move_to_team", cast.private, at=at) == [Kind.MOVED, Kind.ASSIGNED]
    assert Ticket.objects.get().assignee is None


def test_subject_and_tag_are_one_line_of_bounded_length(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, subject="S" * 200)
    assert ticket.subject == "S" * 200
    speak(ticket, cast.ada, "set_subject", "x" * 201, at=at)
    assert Ticket.objects.get().subject == "x" * 200
    for verb in ("set_subject", "tag"):
        with pytest.raises(NothingWrittenError):
            speak(ticket, cast.ada, verb, " \n ", at=at)
    with pytest.raises(NothingWrittenError):
        make.ticket(cast.carl, at=at, subject=" \n ")
    assert (Ticket.objects.count(), Tag.objects.count()) == (1, 0)


def test_a_tag_is_put_on_once_and_taken_off_once(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    told = [speak(ticket, cast.ada, verb, " FIRE ", at=at) for verb in ("untag", "tag", "tag", "untag", "untag")]
    assert told == [[], [Kind.TAGGED], [], [Kind.UNTAGGED], []]


def test_s4_4_an_assignee_who_cannot_look_after_it_gets_nothing(cast: Cast, at: datetime) -> None:
    topic = make.topic("Law", team=cast.private, assignee=cast.ada)
    assert make.ticket(cast.carl, at=at, topic=topic).assignee is None
    Topic.objects.filter(pk=topic.pk).update(assignee=cast.bea)
    assert make.ticket(cast.carl, at=at, topic=Topic.objects.get(pk=topic.pk)).assignee == cast.bea


@pytest.mark.parametrize(
    ("by", "requester", "may"),
    [
        ("carl", "carl", True), ("carl", "cora", False), ("mona", "carl", False), ("ada", "carl", True), ("ada", "ada", True),
        (None, "carl", True), ("left", "left", False), ("ada", "left", False), (None, "left", False), ("gone", "carl", False),
    ],
)  # fmt: skip
def test_a16_who_opens_for_whom(cast: Cast, by: str | None, requester: str, may: bool) -> None:  # noqa: FBT001 - expected
    people = {name: getattr(cast, name) for name in ("carl", "cora", "mona", "ada")}
    people |= {"left": User.objects.get(pk=cast.eve.pk), "gone": User.objects.get(pk=cast.bea.pk)}
    people["left"].is_active = people["gone"].is_active = False
    assert policy.can_open(people[by] if by else None, people[requester]) == may


def test_who_may_not_open_opens_nothing(cast: Cast, at: datetime) -> None:
    with (
        pytest.raises(NotAllowedError),
        open_ticket(
            requester=cast.carl, subject="x", body=compose("x"), topic=Topic.objects.get(is_default=True), priority=None,
            by=cast.cora, via=Via.PORTAL, at=at,
        ),
    ):  # fmt: skip
        pass
    with pytest.raises(NotAllowedError):
        make.ticket(cast.carl, at=at, follows=make.ticket(cast.carl, at=at))  # which is open itself
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "may"),
    [("ada", False), ("bea", True), ("lena", True), ("otto", True), ("carl", False), ("left", False)],
)
def test_a07_who_looks_after_a_private_teams_ticket(cast: Cast, at: datetime, name: str, may: bool) -> None:  # noqa: FBT001 - expected
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    agent = User.objects.get(pk=cast.bea.pk) if name == "left" else getattr(cast, name)
    agent.is_active = name != "left"
    assert policy.can_be_assigned(agent, ticket) == may
    if not may:
        with pytest.raises(CannotBeAssignedError):
            speak(ticket, cast.otto, "assign", agent, at=at)


def test_who_works_on_a_private_teams_ticket(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at, team=cast.private)
    staff = (cast.ada, cast.bea, cast.lena, cast.otto)
    assert [policy.works_on(who, ticket) for who in (*staff, cast.carl)] == [False, True, True, True, False]
    ticket.assignee = cast.ada
    assert policy.works_on(cast.ada, ticket)
    ticket.assignee = None
    followed(ticket, cast.ada, at=at)
    assert policy.works_on(cast.ada, ticket)
    open_one = make.ticket(cast.carl, at=at, team=cast.support)
    assert [policy.works_on(who, open_one) for who in staff] == [True] * 4


def test_a16_a_follower_who_has_left_replies_no_more(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    followed(ticket, cast.cora, at=at)
    assert policy.follows(cast.cora, ticket)
    assert [policy.takes_part(who, ticket) for who in (cast.carl, cast.cora, cast.mona, cast.eve)] == [
        True,
        True,
        True,
        False,
    ]
    cast.cora.is_active = cast.carl.is_active = False
    for who in (cast.cora, cast.carl):
        assert refused(ticket, who, "reply", compose("x"), at=at, via=Via.PORTAL)
        assert not policy.takes_part(who, ticket)
        assert not policy.owns(who, ticket)


def test_a_manager_acts_only_where_the_desk_lets_managers(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for may in (False, True):
        configure(by=cast.otto, at=at, managers_may_reply=may, managers_may_close=may)
        desk = current_desk()
        assert policy.can_reply(cast.mona, ticket, Via.PORTAL, desk, at=at) == may
        assert policy.can_reopen(cast.mona, ticket, Via.PORTAL, desk, at=at) == may
        assert policy.can_close(cast.mona, ticket, Via.PORTAL, desk) == may


def test_a_close_without_a_known_moment_is_not_over(cast: Cast, at: datetime) -> None:
    ticket = make.in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    configure(by=cast.otto, at=at, reopen_days=1)
    desk = current_desk()
    assert policy.stays_closed(ticket, desk, at=at + timedelta(days=2))
    ticket.closed_at = None
    assert not policy.stays_closed(ticket, desk, at=at + timedelta(days=2))
