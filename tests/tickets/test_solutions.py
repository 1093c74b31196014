"""Resolved, refused, closed, reopened, followed up: S3.16 to S3.18, S4.16, S4.18."""

from datetime import datetime, timedelta

import pytest

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.desk.changes import configure
from deskhand.desk.queries import current_desk
from deskhand.tickets import policy
from deskhand.tickets.changes import Change, NotAllowedError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import Earlier, follow_ups, sentence, standing
from tests import make
from tests.cast import Cast

DAY = timedelta(days=1)


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


def portal(ticket: Ticket, by: User, verb: str, *, at: datetime) -> Change:
    with change_ticket(ticket, by=by, via=Via.PORTAL, at=at) as change:
        getattr(change, verb)(*([compose("Still burning.")] if verb == "reply" else []))
    ticket.refresh_from_db()
    return change


def in_category(ticket: Ticket, category: Category, *, by: User, at: datetime) -> Ticket:
    return make.in_category(ticket, category, by=by, at=at)


@pytest.mark.parametrize("verb", ["reply", "reopen"])
def test_s4_16_a_solution_that_is_not_accepted_reopens_the_ticket_and_counts(
    cast: Cast, at: datetime, verb: str
) -> None:
    ticket = make.ticket(cast.carl, at=at)
    for attempt in (1, 2):
        ticket = in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
        assert (ticket.resolved_at, ticket.closed_at) == (at, None)
        change = portal(ticket, cast.carl, verb, at=at + attempt * DAY)
        assert (ticket.category, ticket.attempts, ticket.resolved_at) == (Category.OPEN, attempt, None)
        assert [event.kind for event in change.events][-1] == Kind.REFUSED
    told = change.events[-1]
    assert (told.is_public, sentence(told, as_staff=True), sentence(told, as_staff=False)) == (
        True, *["Carl did not accept the solution, the ticket is open again"] * 2,
    )  # fmt: skip


def test_s4_16_a_follower_does_not_accept_it_either(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.follow(cast.eve)
    ticket = in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
    portal(ticket, cast.eve, "reply", at=at)
    assert ticket.attempts == 1


def test_s4_16_staff_and_the_system_refuse_no_solution(cast: Cast, at: datetime) -> None:
    ticket = in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reopen()
    assert [event.kind for event in change.events] == [Kind.REOPENED]
    ticket = in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
    with change_ticket(ticket, by=None, via=Via.SYSTEM, at=at) as change:
        change.reopen()
    ticket.refresh_from_db()
    assert (ticket.attempts, ticket.category) == (0, Category.OPEN)


def test_s3_16_the_customer_confirms_and_the_ticket_is_closed(cast: Cast, at: datetime) -> None:
    ticket = in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    change = portal(ticket, cast.carl, "close", at=at + DAY)
    assert [event.kind for event in change.events] == [Kind.CLOSED]
    assert (ticket.category, ticket.closed_at, ticket.resolved_at, ticket.attempts) == (
        Category.CLOSED, at + DAY, None, 0,
    )  # fmt: skip
    assert portal(ticket, cast.carl, "close", at=at + 2 * DAY).events == []
    assert ticket.closed_at == at + DAY


def test_s3_18_resolved_and_closed_have_different_rules(cast: Cast, at: datetime) -> None:
    """A resolved ticket takes a message always; a closed one only as long as the desk says."""
    configure(by=cast.otto, at=at, customers_may_reopen=False)
    ticket = in_category(make.ticket(cast.carl, at=at), Category.RESOLVED, by=cast.ada, at=at)
    portal(ticket, cast.carl, "reopen", at=at + 1000 * DAY)
    assert ticket.category == Category.OPEN
    ticket = in_category(ticket, Category.CLOSED, by=cast.ada, at=at)
    for verb in ("reply", "reopen"):
        with pytest.raises(NotAllowedError):
            portal(ticket, cast.carl, verb, at=at)
    assert kinds(ticket)[-1] == Kind.CLOSED


@pytest.mark.parametrize("verb", ["reply", "reopen"])
def test_s3_17_a_closed_ticket_is_reopened_by_the_customer_within_the_days_of_the_desk(
    cast: Cast, at: datetime, verb: str
) -> None:
    configure(by=cast.otto, at=at, reopen_days=14)
    ticket = in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    with pytest.raises(NotAllowedError):
        portal(ticket, cast.carl, verb, at=at + 14 * DAY + timedelta(seconds=1))
    assert Ticket.objects.get().category == Category.CLOSED
    change = portal(ticket, cast.carl, verb, at=at + 14 * DAY)
    assert (ticket.category, ticket.closed_at, ticket.attempts) == (Category.OPEN, None, 0)
    assert change.events[-1].kind == Kind.REOPENED


def test_s3_17_without_a_number_of_days_a_closed_ticket_reopens_for_ever(cast: Cast, at: datetime) -> None:
    ticket = in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    portal(ticket, cast.carl, "reply", at=at + 5000 * DAY)
    assert ticket.category == Category.OPEN


def test_s3_17_staff_reopen_whenever_they_like(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, reopen_days=1)
    ticket = in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    assert make.reply(ticket, cast.ada, at=at + 9 * DAY).category == Category.WAITING


def test_s3_17_what_stays_closed_is_followed_up(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, reopen_days=1)
    old = in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    new = make.ticket(cast.carl, at=at + 2 * DAY, subject="It burns again", follows=old)
    assert (new.follows, new.category) == (old, Category.OPEN)
    old.refresh_from_db()
    event = Event.objects.get(ticket=old, kind=Kind.FOLLOWED_UP)
    assert (event.is_public, event.after) == (
        True,
        {"id": 1002, "name": "#1002"},
    )  # who reads along may not see that one
    assert {sentence(event, as_staff=as_staff) for as_staff in (True, False)} == {"Carl opened a follow-up, #1002"}
    assert (old.category, old.updated_at, old.public_updated_at) == (Category.CLOSED, at + 2 * DAY, at + 2 * DAY)
    assert follow_ups(old, user=cast.carl, as_staff=False) == [Earlier(1002, "It burns again", "open", "Open")]
    assert follow_ups(old, user=cast.eve, as_staff=False) == []
    assert follow_ups(new, user=cast.carl, as_staff=False) == []


def test_s3_17_an_agent_s_follow_up_in_a_private_team_is_for_the_portal_only(cast: Cast, at: datetime) -> None:
    """ada asks the private team, as anybody may; at the desk her ticket there is not hers to read (H01)."""
    configure(by=cast.otto, at=at, reopen_days=1)
    old = in_category(make.ticket(cast.ada, at=at), Category.CLOSED, by=cast.lena, at=at)
    make.ticket(cast.ada, at=at + 2 * DAY, follows=old, team=cast.private)
    sides = {
        as_staff: [row.number for row in follow_ups(old, user=cast.ada, as_staff=as_staff)]
        for as_staff in (True, False)
    }
    assert sides == {True: [], False: [1002]}
    assert [row.number for row in follow_ups(old, user=cast.bea, as_staff=True)] == [1002]
    assert follow_ups(old, user=cast.bea, as_staff=False) == []


@pytest.mark.parametrize(
    ("who", "category", "days", "may"),
    [
        ("carl", Category.CLOSED, 0, False), ("carl", Category.CLOSED, 2, True), ("carl", Category.RESOLVED, 2, False),
        ("mona", Category.CLOSED, 2, True), ("cora", Category.CLOSED, 2, False), ("eve", Category.CLOSED, 2, False),
        ("ada", Category.CLOSED, 0, True), ("ada", Category.RESOLVED, 2, False), (None, Category.CLOSED, 0, True),
        (None, Category.OPEN, 0, False),
    ],
)  # fmt: skip
def test_s3_17_who_may_follow_up(
    cast: Cast,
    at: datetime,
    who: str | None,
    category: Category,
    days: int,
    may: bool,  # noqa: FBT001 - what is expected
) -> None:
    configure(by=cast.otto, at=at, reopen_days=1)
    ticket = in_category(make.ticket(cast.carl, at=at), category, by=cast.otto, at=at)
    user = getattr(cast, who) if who else None
    assert policy.can_follow_up(user, ticket, current_desk(), at=at + days * DAY) is may


def test_s3_17_nobody_follows_up_what_they_cannot_see(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, reopen_days=1)
    old = in_category(make.ticket(cast.carl, at=at), Category.CLOSED, by=cast.ada, at=at)
    with pytest.raises(NotAllowedError):
        make.ticket(cast.eve, at=at + 2 * DAY, follows=old)
    assert Ticket.objects.count() == 1
    with pytest.raises(NotAllowedError), change_ticket(old, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.ends_in(make.ticket(cast.eve, at=at))


@pytest.mark.parametrize(("setting", "verb"), [("managers_may_reply", "reply"), ("managers_may_close", "close")])
def test_s4_18_what_managers_may_do_is_a_setting(cast: Cast, at: datetime, setting: str, verb: str) -> None:
    ticket = make.ticket(cast.carl, at=at)
    configure(by=cast.otto, at=at, **{setting: False})
    with pytest.raises(NotAllowedError):
        portal(ticket, cast.mona, verb, at=at)
    portal(ticket, cast.mona, {"reply": "close", "close": "reply"}[verb], at=at)
    portal(ticket, cast.carl, verb, at=at)
    configure(by=cast.otto, at=at, **{setting: True})
    portal(ticket, cast.mona, verb, at=at)
    told = Event.objects.filter(ticket=ticket, by=cast.mona, kind__in=(Kind.REPLIED, Kind.CLOSED)).count()
    assert told == 2 if verb == "reply" else told == 1  # carl had closed it before


def test_customers_close_only_where_the_desk_lets_them(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    configure(by=cast.otto, at=at, customers_may_close=False)
    for who in (cast.carl, cast.mona):
        with pytest.raises(NotAllowedError):
            portal(ticket, who, "close", at=at)
    with pytest.raises(NotAllowedError):
        portal(ticket, cast.cora, "close", at=at)


def test_s4_17_s4_19_the_managers_view_follows_the_organization_and_not_the_person(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    User.objects.filter(pk=cast.carl.pk).update(organization=cast.elsewhere)
    carl = User.objects.get(pk=cast.carl.pk)
    assert (ticket.organization, policy.manages(cast.mona, ticket)) == (cast.acme, True)
    assert policy.takes_part(carl, ticket)
    new = make.ticket(carl, at=at)
    assert (new.organization, policy.manages(cast.mona, new)) == (cast.elsewhere, False)


def test_s4_18_who_manages_and_who_does_not(cast: Cast, at: datetime) -> None:
    ticket, nobodys = make.ticket(cast.carl, at=at), make.ticket(cast.ada, at=at)
    left = User.objects.get(pk=cast.mona.pk)
    left.is_active = False
    lonely = User.objects.get(pk=cast.mona.pk)
    lonely.organization = None
    assert [policy.manages(who, ticket) for who in (cast.mona, cast.cora, cast.eve, left, lonely)] == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert not policy.manages(lonely, nobodys)
    assert [policy.owns(who, ticket) for who in (cast.carl, cast.mona, cast.cora, left)] == [True, True, False, False]
    assert not policy.takes_part(left, ticket)


def test_s3_8_where_a_ticket_stands_in_a_customers_words(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    said = {
        category: standing(in_category(ticket, category, by=cast.ada, at=at), user=cast.carl) for category in Category
    }
    assert said == {
        Category.OPEN: "We have your message and answer as soon as possible.",
        Category.IN_PROGRESS: "We are working on it.",
        Category.WAITING: "We answered and wait for you.",
        Category.RESOLVED: "We think this is solved. If it is not, send a message and the ticket opens again.",
        Category.CLOSED: "This ticket is closed.",
    }


def test_staff_close_and_reopen_whatever_customers_may_do(cast: Cast, at: datetime) -> None:
    configure(by=cast.otto, at=at, customers_may_close=False, customers_may_reopen=False)
    ticket = make.ticket(cast.carl, at=at)
    for by, via in ((cast.ada, Via.STAFF), (None, Via.SYSTEM)):
        for verb, category in (("close", Category.CLOSED), ("reopen", Category.OPEN)):
            with change_ticket(ticket, by=by, via=via, at=at) as change:
                getattr(change, verb)()
            assert change.ticket.category == category


@pytest.mark.parametrize(
    ("who", "whose", "gone", "may"),
    [
        ("carl", "carl", "", True), ("ada", "carl", "", True), (None, "carl", "", True), ("carl", "eve", "", False),
        ("mona", "carl", "", False), ("carl", "carl", "carl", False), ("ada", "carl", "carl", False),
        ("ada", "carl", "ada", False), (None, "carl", "carl", False),
    ],
)  # fmt: skip
def test_who_may_open_a_ticket_for_whom(cast: Cast, who: str | None, whose: str, gone: str, may: bool) -> None:  # noqa: FBT001 - what is expected
    if gone:
        getattr(cast, gone).is_active = False
    assert policy.can_open(getattr(cast, who) if who else None, getattr(cast, whose)) is may
