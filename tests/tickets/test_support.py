"""Who opens a ticket with what they bought: S1.1, S1.c3 to S1.c6, S2.7, S2.9, S2.15."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deskhand.accounts.models import User
from deskhand.core.html import compose
from deskhand.core.models import Counter, Job
from deskhand.desk.changes import configure, touch
from deskhand.entitlements.changes import end_purchase
from deskhand.entitlements.models import Purchase
from deskhand.tickets import invariants, support
from deskhand.tickets.changes import NotAllowedError, open_ticket
from deskhand.tickets.errors import (
    ForeignPurchaseError,
    InstallationNeededError,
    NoSupportError,
    PurchaseNeededError,
    Reason,
)
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Need, Topic
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast
from tests.tickets.shop import LAST_DAY, bought, product, runs_on

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def gated(cast: Cast) -> Topic:
    """A topic that needs active support."""
    return make.topic("Theme support", purchase=Need.REQUIRED)


def opened(
    requester: User, topic: Topic, *, at: datetime, by: User | None = None, via: Via = Via.PORTAL,
    **given: Any,  # noqa: ANN401 - a purchase and an installation
) -> Ticket:  # fmt: skip
    with open_ticket(
        requester=requester, subject="It is broken", body=compose("Since today."), topic=topic, priority=None,
        by=by or requester, via=via, at=at, **given,
    ) as change:  # fmt: skip
        pass
    return Ticket.objects.get(pk=change.ticket.pk)


def reason(requester: User, topic: Topic, *, at: datetime, **given: Any) -> tuple[Reason, Purchase | None]:  # noqa: ANN401 - as above
    with pytest.raises(NoSupportError) as refused:
        opened(requester, topic, at=at, **given)
    return refused.value.reason, refused.value.purchase


def everything() -> list[int]:
    return [model.objects.count() for model in (Ticket, Message, Event, Job)] + list(
        Counter.objects.filter(name="ticket").values_list("value", flat=True)
    )


def test_s1_1_a_ticket_belongs_to_the_purchase_it_was_opened_with(cast: Cast, at: datetime, gated: Topic) -> None:
    theme = product()
    first, second = bought(cast.carl, theme, at=at), bought(cast.carl, theme, at=at)
    assert [opened(cast.carl, gated, at=at, purchase=each).purchase for each in (second, first)] == [second, first]
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("via", [Via.PORTAL, Via.API])
def test_s1_c4_without_support_nothing_is_written(cast: Cast, at: datetime, gated: Topic, via: Via) -> None:
    make.ticket(cast.carl, at=at)
    before = everything()
    over = bought(cast.carl, at=at, until=LAST_DAY - DAY)
    assert reason(cast.carl, gated, at=at, purchase=over, via=via) == (Reason.OVER, over)
    assert reason(cast.carl, gated, at=at, via=via) == (Reason.OVER, over)
    assert reason(cast.eve, gated, at=at, via=via) == (Reason.NONE, None)
    assert everything() == before


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 3, 2)),
        ("Pacific/Auckland", date(2026, 3, 2)),
        ("Pacific/Auckland", date(2026, 4, 5)),  # 25 hours long
        ("America/Los_Angeles", date(2026, 3, 8)),  # 23 hours long
        ("America/Los_Angeles", date(2026, 12, 31)),
    ],
)
@pytest.mark.parametrize("grace", [0, 3])
def test_s1_c3_support_ends_with_the_last_second_of_its_last_day_where_the_desk_is(
    cast: Cast, at: datetime, gated: Topic, zone: str, day: date, grace: int
) -> None:
    configure(by=cast.otto, at=at, time_zone=zone)
    theme = bought(cast.carl, product(grace_days=grace), at=at, until=day - grace * DAY)
    midnight = datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    assert opened(cast.carl, gated, at=midnight - SECOND, purchase=theme).purchase == theme
    assert reason(cast.carl, gated, at=midnight, purchase=theme) == (Reason.OVER, theme)
    shut = support.is_shut(cast.carl, at=midnight)
    assert shut is None  # another topic asks for nothing
    assert support.choosable(cast.carl, gated, at=midnight - SECOND) == [theme]
    assert support.choosable(cast.carl, gated, at=midnight) == []


@pytest.mark.parametrize("state", [Purchase.State.REFUNDED, Purchase.State.FRAUD])
@pytest.mark.parametrize("need", [Need.ASKED, Need.REQUIRED])
def test_s1_c6_a_refund_while_the_form_is_open_is_refused(cast: Cast, at: datetime, state: str, need: Need) -> None:
    topic = make.topic("Theme", purchase=need)
    in_the_form = bought(cast.carl, at=at)
    end_purchase(Purchase.objects.get(pk=in_the_form.pk), state=state, by=None, at=at)
    assert in_the_form.is_active
    assert reason(cast.carl, topic, at=at, purchase=in_the_form) == (Reason.REFUNDED, in_the_form)
    assert Ticket.objects.count() == 0


def test_s2_9_a_purchase_must_be_chosen_where_there_is_one(cast: Cast, at: datetime, gated: Topic) -> None:
    bought(cast.carl, at=at, until=None)
    with pytest.raises(PurchaseNeededError):
        opened(cast.carl, gated, at=at)
    assert Ticket.objects.count() == 0


def test_a_purchase_of_somebody_else_opens_nothing(cast: Cast, at: datetime, gated: Topic) -> None:
    carls = bought(cast.carl, at=at)
    for stranger in (cast.eve, cast.cora, cast.mona):
        bought(stranger, at=at)
        with pytest.raises(ForeignPurchaseError):
            opened(stranger, gated, at=at, purchase=carls)
    assert opened(cast.carl, gated, at=at, purchase=carls).purchase == carls
    assert Ticket.objects.count() == 1


def test_what_a_topic_does_not_ask_is_not_kept_and_what_it_may_ask_may_be_left_out(cast: Cast, at: datetime) -> None:
    theme = bought(cast.carl, at=at)
    nothing, asked = make.topic("Billing"), make.topic("Theme", purchase=Need.ASKED)
    place, _other = runs_on(theme, "a.example", "b.example", at=at)
    silent = opened(cast.carl, nothing, at=at, purchase=theme, installation=place)
    assert (silent.purchase, silent.installation) == (None, None)
    assert opened(cast.carl, asked, at=at).purchase is None
    both = opened(cast.carl, asked, at=at, purchase=theme, installation=place)
    assert (both.purchase, both.installation) == (theme, place)


@pytest.mark.parametrize("need", [Need.ASKED, Need.REQUIRED])
def test_a_bug_report_needs_no_support_where_the_product_welcomes_them(cast: Cast, at: datetime, need: Need) -> None:
    bugs, questions = make.topic("Bugs", purchase=need, is_bug_report=True), make.topic("Questions", purchase=need)
    over = LAST_DAY - DAY
    open_one = bought(cast.carl, product(takes_bug_reports=True), at=at, until=over)
    silent_one = bought(cast.carl, at=at - SECOND, until=over)
    refunded = bought(cast.carl, open_one.product, at=at, until=over, state=Purchase.State.REFUNDED, ended_at=at)
    assert opened(cast.carl, bugs, at=at, purchase=open_one).purchase == open_one
    assert reason(cast.carl, questions, at=at, purchase=open_one) == (Reason.OVER, open_one)
    assert reason(cast.carl, bugs, at=at, purchase=silent_one) == (Reason.OVER, silent_one)
    assert reason(cast.carl, bugs, at=at, purchase=refunded) == (Reason.REFUNDED, refunded)
    assert (support.choosable(cast.carl, bugs, at=at), support.choosable(cast.carl, questions, at=at)) == (
        [open_one],
        [],
    )


def test_a_product_without_support_has_none(cast: Cast, at: datetime, gated: Topic) -> None:
    alone = bought(cast.carl, product(support_days=0), at=at, until=None)
    assert reason(cast.carl, gated, at=at, purchase=alone) == (Reason.NO_SUPPORT, alone)


def test_s2_15_the_installation_is_asked_for_where_there_are_several(cast: Cast, at: datetime, gated: Topic) -> None:
    none, one, two = (bought(cast.carl, at=at) for _ in range(3))
    (only,) = runs_on(one, "one.example", at=at)
    first, second = runs_on(two, "first.example", "second.example", at=at)
    assert opened(cast.carl, gated, at=at, purchase=none).installation is None
    assert opened(cast.carl, gated, at=at, purchase=one).installation == only
    with pytest.raises(InstallationNeededError):
        opened(cast.carl, gated, at=at, purchase=two)
    assert opened(cast.carl, gated, at=at, purchase=two, installation=second).installation == second
    for foreign in (only, runs_on(bought(cast.eve, at=at), "eve.example", at=at)[0]):
        with pytest.raises(ForeignPurchaseError):
            opened(cast.carl, gated, at=at, purchase=two, installation=foreign)
    assert support.places_of(two) == [first, second]


def test_s2_15_an_installation_that_was_moved_while_the_form_was_open_is_asked_again(
    cast: Cast, at: datetime, gated: Topic
) -> None:
    theme = bought(cast.carl, at=at)
    first, second = runs_on(theme, "first.example", "second.example", at=at)
    first.removed_at = at
    first.save()
    with pytest.raises(InstallationNeededError):
        opened(cast.carl, gated, at=at, purchase=theme, installation=first)
    assert opened(cast.carl, gated, at=at, purchase=theme).installation == second
    second.removed_at = at
    second.save()
    assert opened(cast.carl, gated, at=at, purchase=theme, installation=first).installation is None


def test_staff_who_open_for_a_customer_are_not_held(cast: Cast, at: datetime, gated: Topic) -> None:
    over = bought(cast.carl, at=at, until=LAST_DAY - DAY)
    runs_on(over, "a.example", "b.example", at=at)
    for_carl = {"by": cast.ada, "via": Via.STAFF, "at": at}
    assert opened(cast.carl, gated, **for_carl).purchase is None
    theirs = opened(cast.carl, gated, **for_carl, purchase=over)
    assert (theirs.purchase, theirs.installation) == (over, None)
    colleagues = bought(cast.cora, at=at)
    assert opened(cast.carl, gated, **for_carl, purchase=colleagues).purchase == colleagues
    with pytest.raises(ForeignPurchaseError):
        opened(cast.carl, gated, **for_carl, purchase=bought(cast.eve, at=at))
    assert list(invariants.broken()) == []


def test_an_agent_who_opens_a_ticket_in_the_portal_does_so_as_a_customer(
    cast: Cast, at: datetime, gated: Topic
) -> None:
    assert reason(cast.ada, gated, at=at) == (Reason.NONE, None)
    theme = bought(cast.ada, at=at)
    assert opened(cast.ada, gated, at=at, purchase=theme).purchase == theme


@pytest.mark.parametrize("name", ["carl", "ada"])
def test_s2_7_a_ticket_is_opened_once_the_account_is_set_up(cast: Cast, at: datetime, name: str) -> None:
    person: User = getattr(cast, name)
    topic = Topic.objects.get(is_default=True)
    person.activated_at = None
    person.save()
    with pytest.raises(NotAllowedError):
        opened(person, topic, at=at)
    assert Ticket.objects.count() == 0
    assert opened(person, topic, at=at, by=cast.lena, via=Via.STAFF).requester == person
    person.activated_at = at
    person.save()
    assert opened(person, topic, at=at).requester == person


def test_s1_c4_old_tickets_are_read_and_answered_without_support(cast: Cast, at: datetime, gated: Topic) -> None:
    ticket = opened(cast.carl, gated, at=at, purchase=bought(cast.carl, at=at))
    assert make.reply(ticket, cast.carl, at=at + 9 * DAY).last_replier == cast.carl


def test_a_page_learns_why_nothing_can_be_opened(cast: Cast, at: datetime) -> None:
    Topic.objects.update(purchase=Need.REQUIRED)
    touch()

    def told() -> tuple[Any, ...] | None:
        shut = support.is_shut(cast.carl, at=at)
        return shut and (shut.reason, shut.product, shut.ended_on, shut.renew_url)

    assert told() == (Reason.NONE, None, None, "")
    bare, theme = product(support_days=0), product(renew_url="https://shop.example/renew")
    bought(cast.carl, bare, at=at)
    assert told() == (Reason.NO_SUPPORT, bare, None, "")
    bought(cast.carl, theme, at=at, state=Purchase.State.FRAUD, ended_at=at)
    assert told() == (Reason.REFUNDED, theme, None, "")
    bought(cast.carl, theme, at=at, until=LAST_DAY - 3 * DAY)
    bought(cast.carl, bare, at=at)
    bought(cast.eve, theme, at=at)
    assert told() == (Reason.OVER, theme, LAST_DAY - 3 * DAY, "https://shop.example/renew")
    later = product(grace_days=1)
    bought(cast.carl, later, at=at, until=LAST_DAY - 2 * DAY)
    assert told() == (Reason.OVER, later, LAST_DAY - DAY, "")
    bought(cast.carl, theme, at=at)
    assert told() is None


def test_the_topics_that_are_open_are_those_a_ticket_can_be_opened_in(cast: Cast, at: datetime, gated: Topic) -> None:
    usual = Topic.objects.get(is_default=True)
    bugs = make.topic("Bugs", purchase=Need.REQUIRED, is_bug_report=True)
    make.topic("Old", is_archived=True)
    assert support.open_topics(cast.carl, at=at) == [usual]
    over = bought(cast.carl, product(takes_bug_reports=True), at=at, until=LAST_DAY - DAY)
    assert set(support.open_topics(cast.carl, at=at)) == {usual, bugs}
    Topic.objects.exclude(pk=bugs.pk).update(purchase=Need.REQUIRED)
    touch()
    assert (support.open_topics(cast.carl, at=at), support.is_shut(cast.carl, at=at)) == ([bugs], None)
    assert support.is_shut(cast.eve, at=at) == support.Shut(Reason.NONE)
    theme = bought(cast.carl, at=at)
    assert set(support.open_topics(cast.carl, at=at)) == {usual, bugs, gated}
    assert support.choosable(cast.carl, bugs, at=at) == [theme, over]


def test_who_has_left_chooses_nothing(cast: Cast, at: datetime, gated: Topic) -> None:
    bought(cast.carl, at=at)
    cast.carl.is_active = False
    assert (support.choosable(cast.carl, gated, at=at), gated in support.open_topics(cast.carl, at=at)) == ([], False)


def test_a_topic_that_asks_nothing_costs_nothing(cast: Cast, at: datetime, gated: Topic) -> None:
    theme = bought(cast.carl, at=at)
    asked, usual = make.topic("Theme", purchase=Need.ASKED), Topic.objects.get(is_default=True)
    opened(cast.carl, usual, at=at)

    def cost(topic: Topic, **given: Any) -> int:  # noqa: ANN401 - as above
        with (
            CaptureQueriesContext(connection) as captured,
            open_ticket(
                requester=cast.carl, subject="x", body=compose("x"), topic=topic, priority=None, by=cast.carl,
                via=Via.PORTAL, at=at, **given,
            ),
        ):  # fmt: skip
            pass
        return len(captured)

    assert (cost(usual), cost(asked), cost(gated, purchase=theme)) == (10, 10, 13)
    with CaptureQueriesContext(connection) as captured:
        assert support.choosable(cast.carl, usual, at=at) == []
        assert support.is_shut(cast.carl, at=at) is None
    assert len(captured) == 0
    for _ in range(3):
        bought(cast.carl, at=at)
    with CaptureQueriesContext(connection) as captured:
        assert len(support.choosable(cast.carl, gated, at=at)) == 4
    assert len(captured) == 1
