"""The audit trail: who changed what about the desk and its people, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import TextChoices
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.accounts.models import User
from deskhand.accounts.queries import organizations_for
from deskhand.accounts.roles import Role
from deskhand.core import audit, text
from deskhand.core.models import AuditEntry
from deskhand.desk.models import Registration
from deskhand.mail.models import State
from deskhand.tickets.models import Category
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

PAGE: Final = 50
_FIELDS: Final[dict[str, Promise]] = {
    "name": gettext_lazy("Name"), "email": gettext_lazy("E-mail"), "username": gettext_lazy("Username"),
    "role": gettext_lazy("Role"), "language": gettext_lazy("Language"), "time_zone": gettext_lazy("Time zone"),
    "organization_id": gettext_lazy("Organization"), "is_manager": gettext_lazy("Manager"),
    "is_active": gettext_lazy("Active"), "is_private": gettext_lazy("Private"), "members": gettext_lazy("Members"),
    "hue": gettext_lazy("Color"), "public_url": gettext_lazy("Public address"),
    "registration": gettext_lazy("Registration"), "allowed_domains": gettext_lazy("Domains"),
    "status_on_agent_reply": gettext_lazy("After an agent’s reply the ticket is"),
    "customers_may_close": gettext_lazy("Customers may close their tickets"),
    "customers_may_reopen": gettext_lazy("A customer’s message reopens a closed ticket"),
    "managers_may_reply": gettext_lazy("Managers may reply to and close the tickets of their organization"),
    "is_demo": gettext_lazy("Demo"), "state": gettext_lazy("State"), "to": gettext_lazy("To"),
    "reason": gettext_lazy("Reason"), "count": gettext_lazy("Count"),
}  # fmt: skip
_CHOICES: Final[dict[str, type[TextChoices]]] = {
    "role": Role, "registration": Registration, "status_on_agent_reply": Category, "state": State,
}  # fmt: skip
LONGEST: Final = 120  # characters of one value; the whole is in the database


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to show. `action` is its lasting name, as `user.invited`; `subject` is one too, `person` a name."""

    at: datetime
    by: str
    action: str
    person: str
    subject: str
    differences: list[Difference]


@gates.staff("audit.read")
def trail(request: SignedInRequest) -> HttpResponse:
    """Fifty entries; `?before=` goes on from an entry's number."""
    before = text.number(request.GET.get("before", ""))
    rows = audit.entries(before=before, limit=PAGE + 1)
    context = {
        "lines": _lines(request.user, rows[:PAGE]),
        "older": f"{request.path}?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else None,
        "newest": request.path if before else None,
        "here": "settings_audit",
    }
    return show(request, "staff/settings_audit.html", context)


def _lines(reader: User, rows: list[AuditEntry]) -> list[Line]:
    names = _names(reader, rows)
    return [
        Line(
            at=row.at,
            by=row.by.name if row.by else _("System"),
            action=row.action,
            person=names.get(row.subject, ""),
            subject=row.subject,
            differences=[
                Difference(
                    name=str(_FIELDS.get(field, field)),
                    before=_words(field, row.before.get(field), names),
                    after=_words(field, row.after.get(field), names),
                )
                for field in sorted({*row.before, *row.after})
            ],
        )
        for row in rows
    ]


def _names(reader: User, rows: list[AuditEntry]) -> dict[str, str]:
    """How the people and organizations are called by now that the entries name by number: `user:7`, `organization:3`."""
    values = [value for row in rows for side in (row.before, row.after) for value in _references(side)]
    wanted = {*(row.subject for row in rows), *values}

    def numbers(kind: str) -> set[int]:
        return {int(name.removeprefix(kind)) for name in wanted if name.startswith(kind)}

    people = User.objects.visible_to(reader).filter(pk__in=numbers("user:"))
    places = organizations_for(reader).filter(pk__in=numbers("organization:"))
    return {
        **{f"user:{pk}": name for pk, name in people.values_list("pk", "name")},
        **{f"organization:{pk}": name for pk, name in places.values_list("pk", "name")},
    }


def _references(side: dict[str, Any]) -> list[str]:
    place = side.get("organization_id")
    return [*(f"user:{pk}" for pk in side.get("members", [])), *([f"organization:{place}"] if place else [])]


def _words(field: str, value: Any, names: dict[str, str]) -> str:  # noqa: ANN401 - whatever JSON holds
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case list() | int() if field in {"members", "organization_id"}:
            words = ", ".join(names.get(name, name) for name in _references({field: value}))
        case list():
            words = ", ".join(map(str, value))
        case str() if field in _CHOICES and value in _CHOICES[field].values:
            words = str(_CHOICES[field](value).label)
        case _:
            words = str(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
