"""What the pages of webhooks show. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deskhand.notifications.models import Delivery, Hook

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries of one hook, newest first; `before` is where the older ones begin, None at the end."""

    rows: list[Delivery]
    before: int | None


def hooks() -> list[Hook]:
    """All of them by name; an administrator makes a handful."""
    return list(Hook.objects.order_by("name", "pk"))


def hook(pk: int) -> Hook | None:
    """One, or None where there is none."""
    return Hook.objects.select_related("created_by").filter(pk=pk).first()


def deliveries(hook: Hook, *, before: int | None) -> DeliveryPage:
    """The newest, or those older than `before`; without their bodies."""
    rows = Delivery.objects.filter(hook=hook).order_by("-pk").defer("body")
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    return DeliveryPage(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def delivery(hook: Hook, pk: int) -> Delivery | None:
    """One delivery of this hook, or None."""
    return Delivery.objects.select_related("hook").filter(hook=hook, pk=pk).first()


def last_arrivals(hooks: list[Hook]) -> dict[int, datetime]:
    """When each of these last took a delivery, as far as deliveries are kept; one short query each, by the index."""
    found = {}
    for each in hooks:
        arrived = Delivery.objects.filter(hook=each, state=Delivery.State.ARRIVED).order_by("-pk")
        if at := arrived.values_list("tried_at", flat=True).first():
            found[each.pk] = at
    return found
