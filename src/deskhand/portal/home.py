"""The customers' front door, put together from the blocks that the desk chose."""

from functools import lru_cache
from typing import Any, Final

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from deskhand.core.html import Prose, compose
from deskhand.desk.layout import Block, Tab
from deskhand.desk.queries import current_desk
from deskhand.portal.tickets import columns
from deskhand.tickets import queries
from deskhand.ui import gates
from deskhand.ui.http import SignedInRequest, show

RECENT: Final = 5


@require_safe
@gates.portal
def home(request: SignedInRequest) -> HttpResponse:
    """By default two things to do (S4.3), a search (S5.6), the tickets that moved last (S5.8), and what the desk has to say.

    Nothing is counted or read for a block that is not there.
    """
    desk, user = current_desk(), request.user
    blocks = [Block(block) for block in desk.home_blocks]
    tabs = {shown["tab"] for shown in desk.list_tabs}
    context: dict[str, Any] = {
        "blocks": blocks,
        "heading": next((place for place, block in enumerate(blocks) if block is not Block.ANNOUNCEMENT), 0),
        "announcement": _prose(desk.announcement),
        "guide": _prose(desk.guide),
        "current_tab": Tab.OPEN,
        "settled_tab": Tab.SOLVED if Tab.SOLVED in tabs and Tab.CLOSED not in tabs else Tab.CLOSED,
    }
    if Block.TILES in blocks or Block.RECENT in blocks:
        counts = queries.tab_counts(user, Tab.OPEN, Tab.WAITING, Tab.ALL)
        context |= {"open_count": counts[Tab.OPEN], "waiting_count": counts[Tab.WAITING]}
        context |= {"has_waiting_tab": Tab.WAITING in tabs}
        context |= {"all_count": counts[Tab.ALL]}
    if Block.RECENT in blocks:
        context |= {
            "rows": queries.portal_page(Tab.ALL, user=user, limit=RECENT).rows,
            "columns": columns(),
            "sorts": [],
        }
    return show(request, "portal/home.html", context)


@lru_cache(maxsize=16)
def _prose(written: str) -> Prose | None:
    """The desk's own words, sanitized like any message; kept, because they are on every home page."""
    return compose(written) if written.strip() else None
