"""Plain makers that go through the real changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from deskhand.accounts.models import Team, User
from deskhand.core.html import compose
from deskhand.desk.changes import touch
from deskhand.entitlements import catalog
from deskhand.entitlements.changes import record_purchase
from deskhand.entitlements.models import Product, Purchase
from deskhand.entitlements.order import Order
from deskhand.tickets.changes import change_ticket, open_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.ticket import Ticket


def ticket(
    requester: User,
    *,
    at: datetime,
    subject: str = "The printer is on fire",
    text: str = "Since this morning.",
    team: Team | None = None,
    topic: Topic | None = None,
    priority: str = "",
    fields: Mapping[str, object] | None = None,
    follows: Ticket | None = None,
) -> Ticket:
    """A ticket opened in the portal, moved to `team` if one is given. An empty priority is what the topic or desk says."""
    with open_ticket(
        requester=requester, subject=subject, body=compose(text), topic=topic or Topic.objects.get(is_default=True),
        priority=Priority.objects.get(slug=priority) if priority else None, by=requester, via=Via.PORTAL, at=at,
        fields=fields, follows=follows,
    ) as change:  # fmt: skip
        pass
    if team:
        with change_ticket(change.ticket, by=None, via=Via.SYSTEM, at=at) as move:
            move.move_to_team(team)
    return Ticket.objects.get(pk=change.ticket.pk)


def reply(ticket: Ticket, by: User, *, at: datetime, text: str = "Have you tried water?") -> Ticket:
    """A public reply, by staff or customer as the person is."""
    with change_ticket(ticket, by=by, via=Via.STAFF if by.is_staff else Via.PORTAL, at=at) as change:
        change.reply(compose(text))
    return Ticket.objects.get(pk=ticket.pk)


def note(ticket: Ticket, by: User, *, at: datetime, text: str = "He always says that.") -> Ticket:
    """An internal note."""
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.note(compose(text))
    return Ticket.objects.get(pk=ticket.pk)


def in_category(ticket: Ticket, category: Category, *, by: User, at: datetime) -> Ticket:
    """The ticket in a category's default status."""
    with change_ticket(ticket, by=by, via=Via.STAFF, at=at) as change:
        change.set_status(Status.objects.get(category=category, is_default=True))
    return Ticket.objects.get(pk=ticket.pk)


def promises(**minutes: int | None) -> None:
    """First-response targets by the slug of a priority, written past the catalog."""
    for slug, target in minutes.items():
        Priority.objects.filter(slug=slug).update(first_response_minutes=target)
    touch()


def topic(name: str, **values: Any) -> Topic:  # noqa: ANN401 - column values
    """A topic, written past the catalog."""
    made = Topic.objects.create(name=name, **values)
    touch()
    return made


def field(slug: str, *topics: Topic, **values: Any) -> Field:  # noqa: ANN401 - column values
    """A field asked in these topics, or in all, written past the catalog."""
    made = Field.objects.create(slug=slug, label=slug.title(), is_global=not topics, **values)
    made.topics.set(topics)
    touch()
    return made


def product(slug: str = "theme", *, at: datetime, **values: Any) -> Product:  # noqa: ANN401 - column values
    """Something to sell, with a year of support unless `values` say otherwise."""
    values = {"name": slug.title(), "support_days": 365, **values}
    return catalog.create_product(by=None, at=at, slug=slug, **values)


def purchase(
    owner: User | str,
    product: Product,
    *,
    at: datetime,
    reference: str = "SHOP-1",
    **values: Any,  # noqa: ANN401 - of an order
) -> Purchase:
    """What this person (or whoever has this address) bought just now, as a shop tells it."""
    email, name = (owner, "") if isinstance(owner, str) else (owner.email, owner.name)
    order = Order(
        **{"reference": reference, "product": product.slug, "email": email, "name": name, "bought_at": at, **values}
    )
    return record_purchase(order=order, via=Purchase.Via.API, by=None, at=at).purchase


def later(at: datetime, minutes: int = 1) -> datetime:
    """Some minutes after."""
    return at + timedelta(minutes=minutes)
