"""What the room listens to."""

import uuid

from deskhand.accounts.models import User
from deskhand.core.bus import News, Write, on, on_first
from deskhand.entitlements.models import Purchase
from deskhand.notifications.invitation import post_invitation
from deskhand.notifications.purchases import receipt
from deskhand.notifications.recipients import audience
from deskhand.notifications.telling import tell
from deskhand.tickets.events import Kind
from deskhand.tickets.models.event import Event


@on_first(*Kind)
def tell_whom_it_concerns(news: News) -> Write | None:
    """Find out who hears of a change, once for all its kinds, and what they read. Old news tells nobody."""
    if news.is_old:
        return None
    rows = Event.objects.filter(change=uuid.UUID(news.ids["change"])).order_by("pk")
    events = list(rows.select_related("by", "message", "ticket__requester", "ticket__assignee", "ticket__team"))
    if not events:
        return None
    return tell(events, audience(events[0].ticket, events), changed_at=news.at, at=news.heard_at)


@on("user.invited")
def mail_the_invitation(news: News) -> None:
    """Somebody has been invited, for the first time or again."""
    person = User.objects.get_queryset().filter(pk=news.ids["user"]).select_related("invited_by").first()
    if person and person.is_active and person.is_invited and person.invited_at and not news.is_old:
        post_invitation(person, at=news.at)


@on_first("purchase.recorded")
def mail_the_receipt(news: News) -> Write | None:
    """Somebody has bought something."""
    purchase = Purchase.objects.select_related("product", "owner").filter(pk=news.ids["purchase"]).first()
    return receipt(purchase, at=news.at) if purchase and not news.is_old else None
