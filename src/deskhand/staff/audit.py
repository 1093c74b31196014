"""The audit trail: who changed what about the desk and its people, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.accounts.queries import organizations_for
from deskhand.core import audit, text
from deskhand.core.models import AuditEntry
from deskhand.entitlements.models import Purchase
from deskhand.entitlements.queries import products
from deskhand.staff.audit_words import ABOUT, ACTIONS, FIELDS, references, value_in_words
from deskhand.tickets.words import words
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was changed; `before` is None for what is new."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to show: who did it, what was done, and what is different."""

    at: datetime
    by: str
    said: str
    differences: list[Difference]


@gates.staff("audit.read")
def trail(request: SignedInRequest) -> HttpResponse:
    """Fifty entries; `?about=` is one sort of them, `?before=` goes on from an entry's number."""
    before, about = text.number(request.GET.get("before", "")), request.GET.get("about", "")
    _title, kinds = ABOUT.get(about, ("", ()))
    rows = audit.entries(before=before, limit=PAGE + 1, kinds=kinds)

    def address(**further: object) -> str:
        query = {**({"about": about} if kinds else {}), **further}
        return f"{request.path}?{urlencode(query)}" if query else request.path

    context = {
        "lines": _lines(request.user, rows[:PAGE]),
        "tabs": [
            (_("Everything"), request.path, not kinds, None),
            *((title, f"{request.path}?about={name}", name == about, None) for name, (title, _kinds) in ABOUT.items()),
        ],
        "older": address(before=rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        "newest": address() if before else None,
        "here": "settings_audit",
    }
    return show(request, "staff/settings_audit.html", context)


def _lines(reader: User, rows: list[AuditEntry]) -> list[Line]:
    names = _names(reader, rows)
    return [
        Line(
            at=row.at,
            by=row.by.name if row.by else _("System"),
            said=_said(row, names),
            differences=_differences(row, names),
        )
        for row in rows
    ]


def _said(row: AuditEntry, names: dict[str, str]) -> str:
    """What was done, in words; an action that has none yet is shown under its lasting name."""
    if row.action not in ACTIONS:
        return f"{row.action} {row.subject}"
    kept = row.before.get("name") or row.after.get("name") or row.before.get("label") or row.after.get("label")
    return str(ACTIONS[row.action]) % {"what": names.get(row.subject) or kept or row.subject.partition(":")[2]}


def _differences(row: AuditEntry, names: dict[str, str]) -> list[Difference]:
    """In the order of the words' table; of what is new only what it has."""
    order = {name: place for place, name in enumerate(FIELDS)}
    found = sorted({*row.before, *row.after}, key=lambda name: order.get(name, len(order)))
    return [
        Difference(
            name=str(FIELDS.get(name, name)),
            before=value_in_words(name, row.before.get(name), names) if row.before else None,
            after=value_in_words(name, row.after.get(name), names),
        )
        for name in found
        if row.before or row.after[name] not in (None, "", [], False)
    ]


def _names(reader: User, rows: list[AuditEntry]) -> dict[str, str]:
    """How everything that the entries name by number is called by now: `user:7`, `organization:3`, `topic:2`."""
    values = [value for row in rows for side in (row.before, row.after) for value in references(side)]
    wanted = {*(row.subject for row in rows), *values}

    def numbers(kind: str) -> set[int]:
        return {int(name.removeprefix(kind)) for name in wanted if name.startswith(kind)}

    people = User.objects.visible_to(reader).filter(pk__in=numbers("user:"))
    places = organizations_for(reader).filter(pk__in=numbers("organization:"))
    purchases = Purchase.objects.visible_to(reader).filter(pk__in=numbers("purchase:"))
    known = words()
    lists: dict[str, Mapping[int, object]] = {
        "topic": known.topics, "field": known.fields, "status": known.statuses, "priority": known.priorities,
        "team": known.teams, "product": {product.pk: product for product in products()},
    }  # fmt: skip
    return {
        **{f"user:{pk}": name for pk, name in people.values_list("pk", "name")},
        **{f"organization:{pk}": name for pk, name in places.values_list("pk", "name")},
        **{f"purchase:{pk}": reference for pk, reference in purchases.values_list("pk", "reference")},
        **{f"{kind}:{pk}": str(thing) for kind, things in lists.items() for pk, thing in things.items()},
    }
