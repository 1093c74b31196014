"""What follows for tickets from what happens to a purchase."""

from deskhand.core.bus import News, on
from deskhand.entitlements.models import Purchase
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Kind, Via
from deskhand.tickets.models.event import Event
from deskhand.tickets.models.ticket import Ticket


@on("purchase.ended")
def say_so_in_its_tickets(news: News) -> None:
    """Each unsolved ticket of a purchase that was refunded or was fraud says so to the staff (S1.c6).

    Nothing, if it was reinstated meanwhile; once for each ending, however often this runs.
    """
    purchase = Purchase.objects.get(pk=news.ids["purchase"])
    if purchase.ended_at is None:
        return
    for ticket in Ticket.objects.unsolved().filter(purchase=purchase).order_by("pk"):
        with change_ticket(ticket, by=None, via=Via.SYSTEM, at=news.heard_at) as change:
            told = Event.objects.filter(ticket=ticket, kind=Kind.PURCHASE_ENDED, at__gte=purchase.ended_at)
            if change.ticket.is_unsolved and not told.exists():
                change.purchase_ended(purchase)
