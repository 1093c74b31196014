"""Who sees which tickets and messages."""

from datetime import datetime

import pytest

from deskhand.accounts.models import User
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from tests import make
from tests.cast import Cast


@pytest.fixture
def tickets(cast: Cast, at: datetime) -> dict[str, Ticket]:
    return {
        "carl": make.ticket(cast.carl, at=at, subject="carl"),
        "legal": make.ticket(cast.carl, at=at, subject="legal", team=cast.private),
        "eve": make.ticket(cast.eve, at=at, subject="eve"),
    }


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("ada", {"carl", "eve"}), ("bea", {"carl", "eve", "legal"}), ("lena", {"carl", "eve", "legal"}),
        ("otto", {"carl", "eve", "legal"}), ("carl", {"carl", "legal"}), ("cora", set()), ("mona", {"carl", "legal"}),
        ("eve", {"eve"}),
    ],
)  # fmt: skip
def test_a05_a06_a07_who_sees_which_ticket(cast: Cast, tickets: dict[str, Ticket], name: str, sees: set[str]) -> None:
    user: User = getattr(cast, name)
    assert set(Ticket.objects.visible_to(user).values_list("subject", flat=True)) == sees


def test_a16_who_is_deactivated_sees_nothing(cast: Cast, tickets: dict[str, Ticket]) -> None:
    for user in cast.everybody:
        user.is_active = False
        assert list(Ticket.objects.visible_to(user)) == []


def test_a_follower_sees_the_ticket_and_loses_sight_when_removed(
    cast: Cast, tickets: dict[str, Ticket], at: datetime
) -> None:
    with change_ticket(tickets["carl"], by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.follow(cast.cora)
    assert list(Ticket.objects.visible_to(cast.cora)) == [tickets["carl"]]
    with change_ticket(tickets["carl"], by=cast.cora, via=Via.PORTAL, at=at) as change:
        change.unfollow(cast.cora)
    assert list(Ticket.objects.visible_to(cast.cora)) == []


def test_s4_19_the_managers_view_follows_the_organization_not_the_person(
    cast: Cast, tickets: dict[str, Ticket], at: datetime
) -> None:
    cast.carl.organization = cast.elsewhere
    cast.carl.save(update_fields=["organization"])
    after = make.ticket(cast.carl, at=at, subject="after the move")
    assert tickets["carl"] in Ticket.objects.visible_to(cast.mona)
    assert after not in Ticket.objects.visible_to(cast.mona)
    assert set(Ticket.objects.visible_to(cast.carl)) == {tickets["carl"], tickets["legal"], after}


def test_an_agent_mentioned_on_a_private_teams_ticket_sees_it(
    cast: Cast, tickets: dict[str, Ticket], at: datetime
) -> None:
    assert tickets["legal"] not in Ticket.objects.visible_to(cast.ada)
    with change_ticket(tickets["legal"], by=cast.bea, via=Via.STAFF, at=at) as change:
        change.follow(cast.ada)
    assert tickets["legal"] in Ticket.objects.visible_to(cast.ada)


def test_h01_notes_are_messages_for_staff_only(cast: Cast, tickets: dict[str, Ticket], at: datetime) -> None:
    make.note(tickets["carl"], cast.ada, at=at, text="CANARY")
    assert Message.objects.visible_to(cast.ada).filter(text="CANARY").count() == 1
    for user in (cast.carl, cast.mona, cast.eve):
        assert Message.objects.visible_to(user).filter(text="CANARY").count() == 0


def test_staff_in_the_portal_see_their_own_tickets_only(cast: Cast, tickets: dict[str, Ticket], at: datetime) -> None:
    own = make.ticket(cast.ada, at=at, subject="mine")
    assert list(Ticket.objects.visible_to(cast.ada).concerning(cast.ada)) == [own]
