"""Out of scope: S2.14."""

from datetime import datetime

import pytest

from deskhand.accounts.models import User
from deskhand.core import jobs
from deskhand.core.html import compose
from deskhand.mail.models import Mail
from deskhand.tickets import invariants, support
from deskhand.tickets.actions import perform, prepare
from deskhand.tickets.changes import Change, NotAllowedError, NothingWrittenError, change_ticket
from deskhand.tickets.errors import UnknownClauseError
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.choices import Category
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.purchases import Declined, declined_by_clause
from deskhand.tickets.queries import sentence
from deskhand.tickets.undo import undo
from tests import make
from tests.cast import Cast
from tests.tickets.shop import bought, product

CLAUSES = "Server configuration\n\n  Translation \n"
WORDS = "We cannot help with this."


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    """About a theme that covers two things not; of another product, which covers a third not, it is none."""
    product("Hosting", not_covered="Themes of others\nTranslation")
    theme = bought(cast.carl, product(not_covered=CLAUSES), at=at)
    made = make.ticket(cast.carl, at=at)
    Ticket.objects.filter(pk=made.pk).update(purchase=theme)
    return Ticket.objects.get(pk=made.pk)


def decline(
    ticket: Ticket, by: User | None, *, at: datetime, clause: str = "Translation", words: str = WORDS, via: Via = Via.STAFF
) -> Change:  # fmt: skip
    with change_ticket(ticket, by=by, via=via, at=at) as change:
        change.decline(clause, compose(words))
    ticket.refresh_from_db()
    return change


def test_s2_14_a_ticket_is_closed_as_out_of_scope_with_a_clause_of_its_product(
    cast: Cast, at: datetime, ticket: Ticket
) -> None:
    change = decline(ticket, cast.ada, at=at)
    assert (ticket.category, ticket.closed_at, ticket.out_of_scope) == (Category.CLOSED, at, "Translation")
    assert [event.kind for event in change.events] == [Kind.REPLIED, Kind.CLOSED, Kind.OUT_OF_SCOPE]
    told = Event.objects.get(kind=Kind.OUT_OF_SCOPE)
    assert (told.is_public, told.after) == (True, {"id": "Translation", "name": "Translation"})
    words = "Ada declined it, support does not cover this: Translation"
    assert (sentence(told, as_staff=True), sentence(told, as_staff=False)) == (words, words)
    message = Message.objects.latest("pk")
    assert (message.text, message.is_public, message.by_staff) == (WORDS, True, True)
    assert ticket.purchase
    assert declined_by_clause(ticket.purchase.product) == [
        Declined("Server configuration", 0),
        Declined("Translation", 1),
    ]
    assert list(invariants.broken()) == []


def test_only_a_clause_of_its_product_declines_it(cast: Cast, at: datetime, ticket: Ticket) -> None:
    assert support.clauses_for(ticket) == ["Server configuration", "Translation"]
    for clause in ("Themes of others", "", "translation"):
        with pytest.raises(UnknownClauseError):
            decline(ticket, cast.ada, at=at, clause=clause)
    assert (Message.objects.count(), Event.objects.filter(kind=Kind.OUT_OF_SCOPE).count()) == (1, 0)


def test_a_ticket_without_a_purchase_is_declined_with_any_products_clause(
    cast: Cast, at: datetime, ticket: Ticket
) -> None:
    other = make.ticket(cast.eve, at=at)
    assert support.clauses_for(other) == ["Themes of others", "Translation", "Server configuration"]
    decline(other, cast.ada, at=at, clause="Themes of others")
    assert other.out_of_scope == "Themes of others"


def test_a_long_clause_fits_into_its_column(cast: Cast, at: datetime) -> None:
    bare = make.ticket(cast.eve, at=at)
    product(not_covered="x" * 300)
    (clause,) = support.clauses_for(bare)
    decline(bare, cast.ada, at=at, clause=clause)
    assert bare.out_of_scope == clause == "x" * 200


def test_it_wants_words(cast: Cast, at: datetime, ticket: Ticket) -> None:
    with pytest.raises(NothingWrittenError):
        decline(ticket, cast.ada, at=at, words=" \n")
    ticket.refresh_from_db()
    assert (ticket.category, ticket.out_of_scope) == (Category.OPEN, None)


def test_customers_decline_nothing(cast: Cast, at: datetime, ticket: Ticket) -> None:
    private = make.ticket(cast.carl, at=at, team=cast.private)
    for where, person, via in (
        (ticket, cast.carl, Via.PORTAL), (ticket, cast.carl, Via.API), (ticket, cast.mona, Via.PORTAL),
        (ticket, cast.eve, Via.PORTAL), (private, cast.ada, Via.STAFF),
    ):  # fmt: skip
        with pytest.raises(NotAllowedError):
            decline(where, person, at=at, via=via)
    assert Message.objects.count() == 2


@pytest.mark.parametrize("how", ["customer", "agent", "undo"])
def test_a_ticket_that_is_opened_again_is_looked_at_anew(cast: Cast, at: datetime, ticket: Ticket, how: str) -> None:
    change = decline(ticket, cast.ada, at=at)
    match how:
        case "customer":
            make.reply(ticket, cast.carl, at=at)
        case "agent":
            make.in_category(ticket, Category.RESOLVED, by=cast.ada, at=at)
        case "undo":
            assert undo(change.id, by=cast.ada, at=at) == []
    ticket.refresh_from_db()
    assert (ticket.out_of_scope, ticket.category == Category.CLOSED) == (None, False)
    assert ticket.purchase
    assert {row.count for row in declined_by_clause(ticket.purchase.product)} == {0}
    assert list(invariants.broken()) == []


def test_declined_twice_with_the_same_clause_it_is_told_once(cast: Cast, at: datetime, ticket: Ticket) -> None:
    decline(ticket, cast.ada, at=at)
    assert [event.kind for event in decline(ticket, cast.ada, at=at).events] == [Kind.REPLIED]
    again = decline(ticket, cast.ada, at=at, clause="Server configuration")
    assert [event.kind for event in again.events] == [Kind.REPLIED, Kind.OUT_OF_SCOPE]


def test_it_is_kept_as_an_action(cast: Cast, at: datetime, ticket: Ticket) -> None:
    action = {"do": "decline", "clause": "Server configuration", "text": WORDS}
    perform(ticket, prepare([action]), by=cast.ada, via=Via.STAFF, at=at)
    ticket.refresh_from_db()
    assert ticket.out_of_scope == "Server configuration"


def test_its_customer_gets_one_mail_that_says_why(cast: Cast, at: datetime, ticket: Ticket) -> None:
    jobs.run_due(at=at)
    Mail.objects.all().delete()
    decline(ticket, cast.ada, at=at)
    jobs.run_due(at=at)
    mail = Mail.objects.get(recipient=cast.carl)
    assert "support does not cover this: Translation" in mail.text
    assert WORDS in mail.text
