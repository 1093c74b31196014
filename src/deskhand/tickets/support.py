"""Who may open a ticket with what they bought, and how much a customer may write. Questions for forms, and the door's own checks.

Which purchases stand in a form, what a page says when there is none, and what `open_ticket` refuses are one rule (S1.c3, S1.c4):
a purchase opens a ticket if it gives support now, in a topic of bug reports also if its product welcomes them without.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from deskhand.accounts.models import User
from deskhand.desk.models import Desk
from deskhand.desk.queries import current_desk
from deskhand.desk.shapes import LONGEST_SUBJECT
from deskhand.entitlements.catalog import LONGEST_CLAUSE
from deskhand.entitlements.models import Installation, Product, Purchase
from deskhand.entitlements.policy import covers, takes_bug_reports
from deskhand.entitlements.queries import bought_by
from deskhand.tickets.errors import (
    ForeignPurchaseError,
    InstallationNeededError,
    NoSupportError,
    PurchaseNeededError,
    Reason,
)
from deskhand.tickets.models.choices import Need, Topic
from deskhand.tickets.models.message import Message
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.words import words

# What a customer may write


def longest_message(topic: Topic, desk: Desk) -> int | None:
    """So many characters a customer's message may have: the topic's own number, else the desk's; None: no limit (S1.7)."""
    return topic.longest_message if topic.longest_message is not None else desk.longest_message


def longest_subject(desk: Desk) -> int:
    """So many characters a customer's subject may have (S1.c2)."""
    return min(desk.longest_subject or LONGEST_SUBJECT, LONGEST_SUBJECT)


# What opens a ticket


@dataclass(frozen=True, slots=True)
class Shut:
    """Why a customer can open no ticket at all (S1.c4), by the purchase that comes nearest to it."""

    reason: Reason
    purchase: Purchase | None = None
    ended_on: date | None = None  # the last day on which it opened one

    @property
    def product(self) -> Product | None:
        """What was bought; None for somebody who bought nothing."""
        return self.purchase.product if self.purchase else None

    @property
    def renew_url(self) -> str:
        """Where support can be bought again; empty where the money went back, or nobody says where."""
        return self.purchase.product.renew_url if self.purchase and self.reason is Reason.OVER else ""


def choosable(user: User, topic: Topic, *, at: datetime) -> list[Purchase]:
    """The purchases that may stand in this topic's form, the latest first, with their products: one query, or none."""
    if topic.purchase == Need.NONE:
        return []
    return [purchase for purchase in _bought_by(user) if _opens(purchase, topic, current_desk(), at=at)]


def places_of(purchase: Purchase) -> list[Installation]:
    """Where it runs: what a form asks for if there are several (S2.15)."""
    return list(Installation.objects.filter(license__purchase=purchase.pk, removed_at=None).order_by("pk"))


def open_topics(user: User, *, at: datetime) -> list[Topic]:
    """The topics in which this person can open a ticket now, in no order; `queries.topic_choices` has their tree."""
    topics = [topic for topic in words().topics.values() if not topic.is_archived]
    bought = _bought_by(user) if any(topic.purchase == Need.REQUIRED for topic in topics) else []
    return [topic for topic in topics if _is_open(topic, bought, at=at)]


def is_shut(user: User, *, at: datetime) -> Shut | None:
    """Why this person can open no ticket in any topic now; None if there is one they can. No query if a topic asks nothing."""
    topics = [topic for topic in words().topics.values() if not topic.is_archived]
    if any(topic.purchase != Need.REQUIRED for topic in topics):
        return None
    bought = _bought_by(user)
    return None if any(_is_open(topic, bought, at=at) for topic in topics) else _shut(bought)


def shut_in(user: User, topic: Topic, *, at: datetime) -> Shut | None:
    """Why this person can open no ticket in this topic now; None if they can."""
    bought = _bought_by(user) if topic.purchase == Need.REQUIRED else []
    return None if _is_open(topic, bought, at=at) else _shut(bought)


def clauses_for(ticket: Ticket) -> list[str]:
    """With which a ticket can be declined: those of its product, of all products if it has no purchase (S2.14)."""
    products = [ticket.purchase.product] if ticket.purchase else Product.objects.all()
    return list(dict.fromkeys(clause[:LONGEST_CLAUSE] for product in products for clause in product.clauses))


# The door's own checks


def asked_since(ticket: Ticket) -> datetime | None:
    """Since when a question waits for the customer, once one of them was redacted: all since `asked_at` are unanswered."""
    if ticket.asked_at is None:
        return None
    questions = Message.objects.filter(ticket=ticket, is_question=True, redacted_at=None, at__gte=ticket.asked_at)
    return questions.order_by("at").values_list("at", flat=True).first()


def locked_purchase(
    given: Purchase | None, topic: Topic, requester: User, desk: Desk, *, at: datetime
) -> Purchase | None:  # fmt: skip
    """What a customer's new ticket belongs to, read anew and locked: a refund comes before the ticket or after it.

    What the topic does not ask is not kept. Raises ForeignPurchaseError, NoSupportError and PurchaseNeededError.
    """
    if topic.purchase == Need.NONE:
        return None
    if given is None:
        if topic.purchase == Need.REQUIRED:
            raise _none_given(requester, topic, desk, at=at)
        return None
    # Alone: with a join PostgreSQL locks the product as well, and would keep other tickets waiting.
    purchase = Purchase.objects.select_for_update().get(pk=given.pk)
    if purchase.owner_id != requester.pk:
        raise ForeignPurchaseError
    if not _opens(purchase, topic, desk, at=at):
        raise NoSupportError(purchase, reason(purchase))
    return purchase


def belonging(given: Purchase | None, requester: User) -> Purchase | None:
    """What a ticket that staff open belongs to: the requester's, or a colleague's. Raises ForeignPurchaseError."""
    if given is None or given.owner_id == requester.pk:
        return given
    organization = requester.organization_id
    if organization is None or given.owner.organization_id != organization:
        raise ForeignPurchaseError
    return given


def place(given: Installation | None, purchase: Purchase | None, *, is_needed: bool) -> Installation | None:
    """Which installation it is about: the one given, else the only one; without a purchase none.

    Raises ForeignPurchaseError, and InstallationNeededError where several are left to choose from, or the given one was
    removed since (S2.15).
    """
    if purchase is None:
        return None
    if given is not None and given.license.purchase_id != purchase.pk:
        raise ForeignPurchaseError
    bound = places_of(purchase)
    if given in bound:
        return given
    if bound and (given is not None or (is_needed and len(bound) > 1)):
        raise InstallationNeededError
    return bound[0] if len(bound) == 1 else None


def _bought_by(user: User) -> list[Purchase]:
    """Who has left has bought nothing."""
    return list(bought_by(user)) if user.is_active else []


def _opens(purchase: Purchase, topic: Topic, desk: Desk, *, at: datetime) -> bool:
    return covers(purchase, desk, at=at) or (topic.is_bug_report and takes_bug_reports(purchase))


def _is_open(topic: Topic, bought: Iterable[Purchase], *, at: datetime) -> bool:
    desk = current_desk()
    return topic.purchase != Need.REQUIRED or any(_opens(purchase, topic, desk, at=at) for purchase in bought)


def _none_given(requester: User, topic: Topic, desk: Desk, *, at: datetime) -> PurchaseNeededError | NoSupportError:
    bought = _bought_by(requester)
    if any(_opens(purchase, topic, desk, at=at) for purchase in bought):
        return PurchaseNeededError()
    nearest = _shut(bought)
    return NoSupportError(nearest.purchase, nearest.reason)


def reason(purchase: Purchase) -> Reason:
    """Why it opens no ticket."""
    if not purchase.is_active:
        return Reason.REFUNDED
    return Reason.OVER if purchase.has_support else Reason.NO_SUPPORT


_NEAREST: Final = (Reason.OVER, Reason.REFUNDED, Reason.NO_SUPPORT)


def _shut(bought: Sequence[Purchase]) -> Shut:
    """By the purchase that was nearest to support: the one whose support ended last, else one whose money went back."""
    if not bought:
        return Shut(Reason.NONE)
    purchase = min(
        bought, key=lambda each: (_NEAREST.index(reason(each)), -(each.covered_until or date.min).toordinal())
    )
    why = reason(purchase)
    return Shut(why, purchase, purchase.covered_until if why is Reason.OVER else None)
