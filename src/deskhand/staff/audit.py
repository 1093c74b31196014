"""The audit trail: who changed what about the desk and its people, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core import audit, text
from deskhand.core.models import AuditEntry
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

PAGE: Final = 50
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
    numbers = {int(row.subject.removeprefix("user:")) for row in rows if row.subject.startswith("user:")}
    people = dict(User.objects.visible_to(reader).filter(pk__in=numbers).values_list("pk", "name"))
    names = {f"user:{pk}": name for pk, name in people.items()}
    return [
        Line(
            at=row.at,
            by=row.by.name if row.by else _("System"),
            action=row.action,
            person=names.get(row.subject, ""),
            subject=row.subject,
            differences=[
                Difference(name, _words(row.before.get(name)), _words(row.after.get(name)))
                for name in dict.fromkeys([*row.before, *row.after])
            ],
        )
        for row in rows
    ]


def _words(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    match value:
        case None | "" | []:
            return "–"
        case True:
            return _("yes")
        case False:
            return _("no")
        case list():
            words = ", ".join(map(str, value))
        case _:
            words = str(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
