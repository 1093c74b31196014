"""Which list stands beside a ticket. It is all in the address, so that a page and a swapped pane show the same."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deskhand.accounts.models import User
from deskhand.core import text
from deskhand.tickets.legs import View
from deskhand.tickets.paging import Page
from deskhand.tickets.queries import staff_page, staff_search

TITLES: Final[dict[View, Promise]] = {
    View.UNASSIGNED: gettext_lazy("Unassigned"),
    View.MINE: gettext_lazy("Mine"),
    View.OVERDUE: gettext_lazy("Overdue"),
    View.OPEN: gettext_lazy("All open"),
    View.SOLVED: gettext_lazy("Solved"),
}
_NOTHING: Final[dict[View, Promise]] = {
    View.UNASSIGNED: gettext_lazy("Nobody is waiting. Nice."),
    View.MINE: gettext_lazy("Nothing is assigned to you."),
    View.OVERDUE: gettext_lazy("Nobody waits longer than promised."),
    View.OPEN: gettext_lazy("No ticket is open."),
    View.SOLVED: gettext_lazy("Nothing has been solved yet."),
}
LONGEST_SEARCH: Final = 200  # characters, as the search field allows


class Show(StrEnum):
    """What of a conversation is shown."""

    EVERYTHING = "all"
    MESSAGES = "messages"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the agent is: a view or a search, a position in it, and what is shown of a conversation."""

    view: View = View.OPEN
    words: str = ""
    after: str = ""
    before: str = ""
    show: Show = Show.EVERYTHING

    @property
    def hidden(self) -> dict[str, str]:
        """The query that leads here again; also the hidden fields of every form."""
        position = {"q": self.words} if self.words else {"view": str(self.view)}
        rest = {"after": self.after, "before": self.before, "show": "" if self.show is Show.EVERYTHING else self.show}
        return position | {name: value for name, value in rest.items() if value}

    def query(self, **changed: str) -> str:
        """`?view=…`, with some values changed; an empty one is left out."""
        return "?" + urlencode({name: value for name, value in (self.hidden | changed).items() if value})

    @property
    def title(self) -> str:
        """The name of the list."""
        return _("Search: %(words)s") % {"words": self.words} if self.words else str(TITLES[self.view])

    @property
    def nothing(self) -> str:
        """The one sentence of an empty list."""
        return _("No tickets for “%(words)s”.") % {"words": self.words} if self.words else str(_NOTHING[self.view])

    @property
    def address(self) -> str:
        """The page of the list alone, at this position."""
        page = reverse("staff:search") if self.words else reverse("staff:tickets")
        return page + self.query(show="")

    def ticket(self, number: int) -> str:
        """The page of a ticket beside this list."""
        return reverse("staff:ticket", args=[number]) + self.query()

    def rows(self, user: User) -> Page:
        """The rows at this position."""
        if self.words:
            return staff_search(self.words, user=user, after=self.after, before=self.before)
        return staff_page(self.view, user=user, after=self.after, before=self.before)


def place(query: QueryDict) -> Place:
    """Read the place from an address or a form. What it does not know reads as if it were not there."""
    view, show = query.get("view", ""), query.get("show", "")
    return Place(
        view=View(view) if view in set(View) else View.OPEN,
        words=text.one_line(query.get("q", "")[:LONGEST_SEARCH]),
        after=query.get("after", "")[:200],
        before=query.get("before", "")[:200],
        show=Show(show) if show in set(Show) else Show.EVERYTHING,
    )
