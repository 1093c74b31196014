"""The customers' tickets as a list."""

from dataclasses import dataclass
from typing import Final

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.desk.labels import LABELS, label
from deskhand.desk.layout import Column, Tab
from deskhand.desk.queries import current_desk
from deskhand.tickets import queries
from deskhand.tickets.legs import LATEST_PUBLIC, NEEDS_ME, Order
from deskhand.tickets.models.ticket import Ticket
from deskhand.ui import gates
from deskhand.ui.fields import SUBJECT
from deskhand.ui.http import SignedInRequest, go, show

MEMBERS: Final = 200  # more names are no menu; the search finds their tickets
SORTS: Final = {  # what `sort` can say, beside nothing: the last activity, the latest first
    "oldest": Order(LATEST_PUBLIC.by, is_rising=True), "needs": NEEDS_ME,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the list; where a row is a card, `hint` stands before what would not be understood alone."""

    slug: str
    name: str
    hint: str


@require_safe
@gates.portal
def tickets(request: SignedInRequest) -> HttpResponse:
    """The tickets of a tab, or those a search finds there; a number that is one's own ticket leads to it."""
    words = text.one_line(request.GET.get("q", ""))[:SUBJECT]
    if number := text.number(words):
        found = Ticket.objects.visible_to(request.user).concerning(request.user).filter(number=number)
        if found.exists():
            return go(request, reverse("ticket", args=[number]), whole_page=True)
    names = _tab_names()
    asked = request.GET.get("tab", Tab.ALL if words else "")
    tab = Tab(asked) if asked in set(Tab) else next(iter(names))
    names.setdefault(tab, str(tab.label))
    is_manager = request.user.is_manager and request.user.organization is not None
    members = dict(_members(request.user)) if is_manager else {}
    asked_of = request.GET.get("from", "")
    of = next((pk for pk in members if str(pk) == asked_of), None)
    asked_sort = request.GET.get("sort", "")
    sort = asked_sort if asked_sort in SORTS else ""
    page = queries.portal_page(
        tab, user=request.user, requester=of, words=words, after=request.GET.get("after", ""),
        before=request.GET.get("before", ""), order=SORTS.get(sort, LATEST_PUBLIC),
    )  # fmt: skip
    everybody, is_part = _address(tab, words, sort=sort), request.headers.get("HX-Request") == "true"
    counts = {} if words else queries.tab_counts(request.user, *names, requester=of)
    return show(
        request,
        "portal/tickets.html",
        {
            "tabs": [
                (name, _address(each, words, of, sort=sort), each is tab, counts.get(each))
                for each, name in names.items()
            ],
            "of": of,
            "people": [(name, f"{everybody}&from={pk}", pk == of) for pk, name in members.items()],
            "tab": tab,
            "words": words,
            "rows": page.rows,
            "previous": _address(tab, words, of, sort=sort, before=page.previous) if page.previous else None,
            "next": _address(tab, words, of, sort=sort, after=page.next) if page.next else None,
            "everywhere": _address(Tab.ALL, words, of, sort=sort),
            "everybody": everybody,
            "managed": request.user.organization if is_manager else None,
            "columns": columns(),
            "sorts": [
                (name, _address(tab, words, of, sort=each), each == sort)
                for each, name in (
                    ("", _("Newest first")),
                    ("oldest", _("Oldest first")),
                    ("needs", _("Needs me first")),
                )
            ],
            "kept": {"tab": tab, **({"from": of} if of else {}), **({"sort": sort} if sort else {})},
            "is_part": is_part,
            "messages": [],  # they stand in the page: a number and a promise must not leave by themselves
            "notices": [] if is_part else list(get_messages(request)),
        },
        parts=("tickets",),
    )


def columns() -> list[Shown]:
    """What a row shows on this desk, by the desk's own names (S3.7, S4.13)."""
    hints = {
        Column.LAST_REPLIER: _("Last:"), Column.REQUESTER: _("From:"), Column.CREATED: _("Opened:"),
    }  # fmt: skip
    chosen = [Column(slug) for slug in current_desk().list_columns]
    return [
        Shown(column, label(column) if column in LABELS else str(column.label), hints.get(column, ""))
        for column in chosen
    ]


def _tab_names() -> dict[Tab, str]:
    """The desk's tabs in their order, each with the desk's name for it, else the usual one (S4.12)."""
    return {Tab(shown["tab"]): shown["name"] or str(Tab(shown["tab"]).label) for shown in current_desk().list_tabs}


def _members(manager: User) -> list[tuple[int, str]]:
    """Whose tickets a manager can choose: the own ones first, then the colleagues' by name."""
    colleagues = User.objects.visible_to(manager).active().exclude(pk=manager.pk).order_by("name", "pk")
    return [(manager.pk, _("Only mine")), *colleagues.values_list("pk", "name")[:MEMBERS]]


def _address(tab: Tab, words: str, of: int | None = None, **more: str) -> str:
    asked = {"tab": str(tab), **({"q": words} if words else {}), **({"from": str(of)} if of else {})}
    asked |= {name: value for name, value in more.items() if value}
    return f"{reverse('tickets')}?{urlencode(asked)}"
