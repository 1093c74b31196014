"""The desk as it stands, said as a blueprint. Read from the database itself, because an import looks at it half-way."""

from collections.abc import Iterator
from typing import Final

from deskhand.accounts.models import Team
from deskhand.blueprint.document import Document, Entry
from deskhand.blueprint.models import Snapshot
from deskhand.blueprint.schema import SEPARATOR
from deskhand.blueprint.settings import settings_of
from deskhand.blueprint.shapes import Value
from deskhand.desk.models import Desk
from deskhand.entitlements.models import Product
from deskhand.notifications.models import Template
from deskhand.tickets.models.choices import Category, Priority, Status, Topic
from deskhand.tickets.models.field import Field

_CATEGORIES: Final = list(Category)
# How a file calls a product's columns; its two lists are texts of a line each.
PRODUCT_COLUMNS: Final = {
    "name": "name", "kind": "kind", "support_days": "support_days", "grace_days": "grace_days",
    "licenses": "license_count", "license_days": "license_days", "installations": "installations",
    "moves_a_year": "moves_a_year", "download": "download_url", "renew": "renew_url", "benefit": "benefit",
    "benefit_guide": "benefit_url", "bug_reports": "takes_bug_reports", "archived": "is_archived",
}  # fmt: skip


def desk_as_document() -> Document:
    """Everything a blueprint can say about this desk."""
    return Document(
        settings=settings_of(Desk.objects.filter(pk=1).first() or Desk(pk=1)),
        lists={
            "priorities": tuple(map(_priority, Priority.objects.order_by("rank"))),
            "statuses": tuple(map(_status, sorted(Status.objects.all(), key=_place))),
            "teams": tuple(map(_team, Team.objects.order_by("name", "pk"))),
            "products": tuple(map(_product, Product.objects.all())),
            "topics": tuple(_topics()),
            "fields": tuple(_fields()),
            "mail_words": tuple(map(_template, Template.objects.order_by("key"))),
        },
    )


def topics_by_path() -> dict[str, Topic]:
    """Every topic by its path, those above before those below."""
    below: dict[int | None, list[Topic]] = {}
    for topic in Topic.objects.select_related("team", "priority", "assignee"):
        below.setdefault(topic.parent_id, []).append(topic)
    return dict(_walk(below, None, ""))


def snapshots(*, limit: int) -> list[Snapshot]:
    """The newest first, with who made them; without their text."""
    return list(Snapshot.objects.select_related("by").defer("text").order_by("-pk")[:limit])


def snapshot(pk: int) -> Snapshot | None:
    """One of them, with its text."""
    return Snapshot.objects.filter(pk=pk).first()


def _walk(below: dict[int | None, list[Topic]], parent: int | None, above: str) -> Iterator[tuple[str, Topic]]:
    for topic in below.get(parent, ()):
        path = above + topic.name
        yield path, topic
        yield from _walk(below, topic.pk, path + SEPARATOR)


def _place(status: Status) -> tuple[int, int, int]:
    return _CATEGORIES.index(Category(status.category)), status.position, status.pk


def _priority(row: Priority) -> Entry:
    values: dict[str, Value] = {
        "name": row.name, "meaning": row.meaning, "first_response": row.first_response_minutes, "default": row.is_default,
    }  # fmt: skip
    return Entry(row.slug, values, pk=row.pk)


def _status(row: Status) -> Entry:
    values: dict[str, Value] = {
        "name": row.name, "category": row.category, "customers_read": row.customer_name, "explanation": row.explanation,
        "default": row.is_default, "archived": row.is_archived,
    }  # fmt: skip
    return Entry(row.name, values, pk=row.pk)


def _team(row: Team) -> Entry:
    return Entry(row.name, {"name": row.name, "private": row.is_private}, pk=row.pk)


def _product(row: Product) -> Entry:
    columns = {name: getattr(row, column) for name, column in PRODUCT_COLUMNS.items()}
    return Entry(row.slug, columns | {"covered": tuple(row.promises), "not_covered": tuple(row.clauses)}, pk=row.pk)


def _topics() -> Iterator[Entry]:
    for path, row in topics_by_path().items():
        values: dict[str, Value] = {
            "name": row.name, "team": row.team.name if row.team else "", "priority": row.priority.slug if row.priority else "",
            "assignee": row.assignee.email if row.assignee and row.assignee.is_staff else "", "asks_priority": row.asks_priority,
            "purchase": row.purchase, "bug_report": row.is_bug_report, "longest_message": row.longest_message,
            "default": row.is_default, "archived": row.is_archived,
        }  # fmt: skip
        yield Entry(path, values, pk=row.pk)


def _fields() -> Iterator[Entry]:
    paths = {topic.pk: path for path, topic in topics_by_path().items()}
    order = list(paths)
    for row in Field.objects.select_related("shown_if").prefetch_related("topics"):
        topics = sorted((topic.pk for topic in row.topics.all()), key=order.index)
        values: dict[str, Value] = {
            "label": row.label, "hint": row.hint, "kind": row.kind, "options": tuple(row.options), "customers": row.customers,
            "staff": row.staff, "asked_in": "everywhere" if row.is_global else tuple(paths[pk] for pk in topics),
            "only_if": (row.shown_if.slug, row.shown_value) if row.shown_if else None, "archived": row.is_archived,
        }  # fmt: skip
        yield Entry(row.slug, values, pk=row.pk)


def _template(row: Template) -> Entry:
    return Entry(row.key, {"headline": row.headline, "text": row.text}, pk=row.pk)
