"""Numbers that rise by one, without gaps: taken in the transaction that uses them, given back if it fails."""

from typing import Any

from django.db.models import F, QuerySet

from deskhand.core.models import Counter


def next_number(name: str, *, taken: "QuerySet[Any, tuple[int]]", first: int) -> int:
    """The next number of this counter, whose row stays locked until the transaction ends.

    A counter that is new begins behind the highest of `taken`, a column of numbers, or with `first`.
    """
    if not Counter.objects.filter(name=name).update(value=F("value") + 1):
        highest = max((number for (number,) in taken), default=first - 1)
        Counter.objects.get_or_create(name=name, defaults={"value": highest})
        Counter.objects.filter(name=name).update(value=F("value") + 1)
    return Counter.objects.get(name=name).value
