"""The customers' front door."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from deskhand.tickets import queries
from deskhand.tickets.queries import Tab
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

RECENT = 5


@require_safe
@gates.portal
def home(request: SignedInRequest) -> HttpResponse:
    """Two things to do (S4.3), a search (S5.6), and the tickets that moved last (S5.8)."""
    counts = queries.tab_counts(request.user, Tab.OPEN, Tab.WAITING, Tab.ALL)
    rows = queries.portal_page(Tab.ALL, user=request.user, limit=RECENT).rows
    return show(
        request,
        "portal/home.html",
        {
            "open_count": counts[Tab.OPEN],
            "waiting_count": counts[Tab.WAITING],
            "is_more": counts[Tab.ALL] > len(rows),
            "rows": rows,
            "shows_from": any(row.requester_id != request.user.pk for row in rows),
        },
    )
