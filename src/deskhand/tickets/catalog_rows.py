"""How a row of the catalog is written: what is different, in its place, told to everybody. For `tickets.catalog` alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import models

from deskhand.accounts.models import User
from deskhand.core import audit
from deskhand.desk.changes import touch
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.field import Field
from deskhand.tickets.models.ticket import Ticket

Thing = Topic | Field | Status | Priority
_ORDER: Final = list(Category)


def write(row: Thing, *, by: User | None, at: datetime, values: dict[str, Any]) -> None:
    """Save what is different, with its audit entry."""
    is_new = row.pk is None
    changed = {name: value for name, value in values.items() if is_new or _value(row, name) != value}
    if not changed:
        return
    before = {} if is_new else {name: _said(_value(row, name)) for name in changed}
    for name, value in changed.items():
        if name != "topics":
            setattr(row, name, value)
    row.clean_fields()
    if changed.get("is_default"):
        _defaults_beside(row).update(is_default=False)
    row.validate_constraints()
    row.save()
    if isinstance(row, Field) and "topics" in changed:
        row.topics.set(changed["topics"])
    after = {name: _said(value) for name, value in changed.items()}
    told(row, "created" if is_new else "changed", by=by, at=at, before=before, after=after)


def told(
    row: Thing, what: str, *, by: User | None, at: datetime, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """An entry in the audit trail, and news for every process."""
    kind = type(row).__name__.lower()
    touch()
    audit.record(f"{kind}.{what}", by=by, at=at, subject=f"{kind}:{row.pk}", before=before, after=after)


def _value(row: Thing, name: str) -> Any:  # noqa: ANN401 - a column's
    return list(row.topics.order_by("pk")) if isinstance(row, Field) and name == "topics" else getattr(row, name)


def _said(value: Any) -> Any:  # noqa: ANN401 - a column's
    """As the audit trail keeps it: a row by its name."""
    match value:
        case User():
            return value.name
        case models.Model():
            return str(value)
        case list():
            return [_said(each) for each in value]
    return value


def _defaults_beside(row: Thing) -> "models.QuerySet[Any]":
    if isinstance(row, Status):
        return Status.objects.filter(category=row.category, is_default=True).exclude(pk=row.pk)
    return (Topic if isinstance(row, Topic) else Priority).objects.filter(is_default=True).exclude(pk=row.pk)


def has_values(field: Field) -> bool:
    """Does a ticket hold an answer? Reads all of them when none does."""
    return Ticket.objects.filter(fields__has_key=field.slug).exists()


def is_used(row: Topic | Field | Status) -> bool:
    """Would something be left without it?"""
    match row:
        case Topic():
            below = Topic.objects.filter(parent=row).exists() or Field.objects.filter(topics=row).exists()
            return below or Ticket.objects.filter(topic=row).exists()
        case Field():
            return Field.objects.filter(shown_if=row).exists() or has_values(row)
        case Status():
            return Ticket.objects.filter(status=row).exists()


def peers(row: Topic | Field | Status) -> list[Any]:
    """All among which it has its place, in their order."""
    match row:
        case Topic():
            return list(Topic.objects.filter(parent=row.parent))
        case Field():
            return list(Field.objects.all())
        case Status():
            return [each for each in _statuses() if each.category == row.category]


def _statuses() -> list[Status]:
    return sorted(
        Status.objects.all(), key=lambda each: (_ORDER.index(Category(each.category)), each.position, each.pk)
    )


def number(order: Sequence[Topic | Field | Status]) -> None:
    """Count from the first one's place on: statuses of a category stand behind those of another."""
    first = min(each.position for each in order)
    for position, row in enumerate(order, first):
        if row.position != position:
            type(row).objects.filter(pk=row.pk).update(position=position)


def end(rows: "models.QuerySet[Any]") -> int:
    """The place behind the last of them."""
    last = rows.aggregate(last=models.Max("position"))["last"]
    return 0 if last is None else last + 1


def make_room(category: str) -> int:
    """The place behind the last status of this category; all that come after move one further."""
    place = 0
    for position, row in enumerate(_statuses()):
        is_before = _ORDER.index(Category(row.category)) <= _ORDER.index(Category(category))
        place = position + 1 if is_before else place
        Status.objects.filter(pk=row.pk).update(position=position + (not is_before))
    return place
