"""What tickets tell about purchases and products. Nothing here writes."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from deskhand.accounts.models import User
from deskhand.entitlements.models import Product, Purchase
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.queries import Earlier

SHOWN: Final = 10  # tickets on a purchase's page
SHOWN_EACH: Final = 3  # and of each purchase where all of a customer's stand together


@dataclass(frozen=True, slots=True)
class Declined:
    """How many tickets were declined with one clause; `is_gone`: it stands among the product's clauses no more."""

    clause: str
    count: int
    is_gone: bool = False


def declined_by_clause(product: Product) -> list[Declined]:
    """What customers ask for and support does not cover (S2.14): the product's clauses in their order, then former ones.

    Counted are the tickets about purchases of this product, and those about none that were declined with one of its clauses.
    """
    clauses = product.clauses
    about_it = Q(purchase__product=product) | Q(purchase=None, out_of_scope__in=clauses)
    found = Ticket.objects.filter(about_it, out_of_scope__isnull=False)
    counts = dict(found.order_by("out_of_scope").values_list("out_of_scope").annotate(count=Count("pk")))
    standing = [Declined(clause, counts.pop(clause, 0)) for clause in dict.fromkeys(clauses)]
    return [*standing, *(Declined(str(clause), count, is_gone=True) for clause, count in counts.items())]


def tickets_about(purchase: Purchase, *, user: User) -> list[Earlier]:
    """The tickets about a purchase that this agent works on, the one that moved last first, at most SHOWN."""
    about_it = Ticket.objects.visible_to(user).worked_by(user).filter(purchase=purchase)
    newest = about_it.order_by("-updated_at", "-pk")
    return [Earlier(*row) for row in newest.values_list("number", "subject", "category", "status__name")[:SHOWN]]


def unsolved_about(purchase: Purchase) -> int:
    """How many unsolved tickets there are about a purchase, whoever may see them."""
    return Ticket.objects.unsolved().filter(purchase=purchase).count()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a customer asked about one purchase: the tickets that moved last, and how many there are."""

    tickets: list[Earlier]
    count: int


def asked_about_each(user: User) -> dict[int, Asked]:
    """The tickets about this customer's own purchases, by purchase; one query, however many purchases there are."""
    order = (F("public_updated_at").desc(), F("pk").desc())
    own = Ticket.objects.visible_to(user).concerning(user).filter(purchase__owner=user)
    ranked = own.annotate(
        place=Window(RowNumber(), partition_by="purchase", order_by=order),
        of_all=Window(Count("pk"), partition_by="purchase"),
    )
    newest = ranked.filter(place__lte=SHOWN_EACH).order_by("purchase", "place")
    rows = newest.values_list("purchase", "of_all", "number", "subject", "category", "status__customer_name")
    tickets: dict[int, list[Earlier]] = defaultdict(list)
    counts: dict[int, int] = {}
    for purchase, of_all, number, subject, category, status in rows:
        if purchase is not None:
            tickets[purchase].append(Earlier(number, subject, category, status))
            counts[purchase] = of_all
    return {purchase: Asked(found, counts[purchase]) for purchase, found in tickets.items()}
