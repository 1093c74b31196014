"""What follows for tickets when their purchase ends: S1.c6."""

from datetime import datetime, timedelta

import pytest

from deskhand.automation import reactions
from deskhand.core import jobs
from deskhand.core.bus import News
from deskhand.entitlements.changes import end_purchase, reinstate_purchase
from deskhand.entitlements.models import Purchase
from deskhand.mail.models import Mail
from deskhand.tickets import invariants
from deskhand.tickets.changes import NotAllowedError, change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import sentence, timeline
from tests import make
from tests.cast import Cast
from tests.tickets.shop import bought

HOUR = timedelta(hours=1)


@pytest.fixture
def theme(cast: Cast, at: datetime) -> Purchase:
    """carl has an open and a closed ticket about it, and one about something else he bought."""
    theme, other = bought(cast.carl, at=at), bought(cast.carl, at=at)
    for purchase, category in ((theme, Category.WAITING), (theme, Category.CLOSED), (other, Category.OPEN)):
        ticket = make.in_category(make.ticket(cast.carl, at=at), category, by=cast.ada, at=at)
        Ticket.objects.filter(pk=ticket.pk).update(purchase=purchase)
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    return theme


def told() -> list[tuple[int, datetime]]:
    events = Event.objects.filter(kind=Kind.PURCHASE_ENDED).order_by("pk")
    return list(events.values_list("ticket__number", "at"))


@pytest.mark.parametrize(("state", "words"), [(Purchase.State.REFUNDED, "Refunded"), (Purchase.State.FRAUD, "Fraud")])
def test_s1_c6_the_staff_read_it_on_unsolved_tickets(
    cast: Cast, at: datetime, theme: Purchase, state: Purchase.State, words: str
) -> None:
    end_purchase(theme, state=state, by=None, at=at)
    jobs.run_due(at=at + HOUR)
    assert told() == [(1001, at + HOUR)]
    event = Event.objects.get(kind=Kind.PURCHASE_ENDED)
    sentence_read = f"The purchase that this ticket belongs to gives support no more: {words}"
    assert (event.is_public, event.by, event.via, sentence(event, as_staff=True)) == (
        False, None, Via.SYSTEM, sentence_read,
    )  # fmt: skip
    ticket = Ticket.objects.get(number=1001)
    assert sentence_read in [line.told for line in timeline(ticket, user=cast.ada, as_staff=True)]
    assert sentence_read not in [line.told for line in timeline(ticket, user=cast.carl, as_staff=False)]
    assert (ticket.category, ticket.public_updated_at, Mail.objects.filter(ticket=ticket).count()) == (
        Category.WAITING, at, 0,
    )  # fmt: skip
    assert list(invariants.broken()) == []


def test_it_is_told_once_for_each_ending(cast: Cast, at: datetime, theme: Purchase) -> None:
    news = News("purchase.ended", {"purchase": theme.pk}, at=at, heard_at=at + HOUR)
    end_purchase(theme, state=Purchase.State.REFUNDED, by=None, at=at)
    for _ in range(2):
        reactions.say_so_in_its_tickets(news)
    assert told() == [(1001, at + HOUR)]
    reinstate_purchase(theme, by=None, at=at + 2 * HOUR)
    end_purchase(theme, state=Purchase.State.FRAUD, by=None, at=at + 3 * HOUR)
    reactions.say_so_in_its_tickets(News("purchase.ended", {"purchase": theme.pk}, at=at, heard_at=at + 4 * HOUR))
    assert told() == [(1001, at + HOUR), (1001, at + 4 * HOUR)]


def test_an_ending_that_was_taken_back_is_not_told(cast: Cast, at: datetime, theme: Purchase) -> None:
    end_purchase(theme, state=Purchase.State.REFUNDED, by=None, at=at)
    reinstate_purchase(theme, by=None, at=at)
    jobs.run_due(at=at)
    assert told() == []


def test_time_and_shops_alone_say_so(cast: Cast, at: datetime, theme: Purchase) -> None:
    for person, via in ((cast.ada, Via.STAFF), (cast.carl, Via.PORTAL)):
        ticket = Ticket.objects.get(number=1001)
        with pytest.raises(NotAllowedError), change_ticket(ticket, by=person, via=via, at=at) as change:
            change.purchase_ended(theme)
    assert told() == []
