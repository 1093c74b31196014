"""Purchases from a CSV file: first in words what would become of each line, then, pressed, what is right of it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from deskhand.core import text
from deskhand.entitlements.orders import COLUMNS, MOST_ROWS, NEEDED, Row, Word, bring_in, read, unknown_columns
from deskhand.staff.forms_shop import MOST_TEXT, OrdersForm
from deskhand.ui import gates
from deskhand.ui.forms import kept
from deskhand.ui.http import SignedInRequest, go, show

SECONDS: Final = 2.0  # of writing in one request; then the page says how far it is, and goes on
AT_ONCE: Final = 20  # rows between two looks at the watch
SHOWN: Final = 50  # rows of each sort: who brings in 2,000 wants to read those that are wrong
MOST_SHOWN: Final = 500
WORDS: Final[dict[Word, tuple[Promise, str]]] = {
    Word.NEW: (gettext_lazy("new"), "resolved"),
    Word.KNOWN: (gettext_lazy("known"), "closed"),
    Word.DIFFERS: (gettext_lazy("differs"), "waiting"),
    Word.WRONG: (gettext_lazy("wrong"), "failed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file, ready to show."""

    row: Row
    word: str
    badge: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far bringing in is: `brought` purchases and `people` are written, `left` are still to be."""

    brought: int
    people: int
    left: int


@gates.staff("purchase.change")
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in_orders(request: SignedInRequest) -> HttpResponse:
    """The page; `do=import` brings in what is new.

    It carries no guard against a second press: the same order twice is one purchase, so what was pressed twice, broken off or
    half done is only pressed again.
    """
    here = reverse("staff:purchases_csv")
    if request.method != "POST":
        form = OrdersForm(initial=kept(request, here))
        return _page(request, form)
    form = OrdersForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    rows = read(form.cleaned_data["text"], at=timezone.now())
    if request.POST.get("do") != "import":
        is_wrong = not rows or all(row.word == Word.WRONG for row in rows)
        return _page(request, form, rows=rows, status=422 if is_wrong else 200)
    return _bring_in(request, form, rows)


def _bring_in(request: SignedInRequest, form: OrdersForm, rows: Sequence[Row]) -> HttpResponse:
    """As many as fit into SECONDS. The numbers of the steps before come with the form: they are only told."""
    brought, people = (text.number(request.POST.get(name, "")) or 0 for name in ("brought", "people"))
    new = [row for row in rows if row.word == Word.NEW]
    until, done, failed = time.monotonic() + SECONDS, 0, []
    while done < len(new) and (not done or time.monotonic() < until):
        batch = new[done : done + AT_ONCE]
        counts = bring_in(batch, by=request.user, at=timezone.now(), tells=form.cleaned_data["tells"])
        brought, people, done = brought + counts.new, people + counts.new_people, done + len(batch)
        failed += counts.left
    progress = Progress(brought, people, left=len(new) - done)
    left = [*(row for row in rows if row.word in {Word.WRONG, Word.DIFFERS}), *failed, *new[done:]]
    if not left:
        messages.success(request, _told(progress))
        return go(request, reverse("staff:purchases"))
    left.sort(key=lambda row: row.line)
    rest = _lines_of(form.cleaned_data["text"], rows, left)  # what is in need not be looked at with every step
    again = OrdersForm(initial={"text": rest, "tells": form.cleaned_data["tells"]})
    if progress.left and done > len(failed):
        return _page(request, again, rows=left, progress=progress)
    return _page(request, again, rows=left, told=_told(progress))


def _told(progress: Progress) -> str:
    words = ngettext("%(count)s purchase was brought in.", "%(count)s purchases were brought in.", progress.brought)
    said = words % {"count": progress.brought}
    if not progress.people:
        return said
    more = ngettext("%(count)s person is new here.", "%(count)s people are new here.", progress.people)
    return f"{said} {more % {'count': progress.people}}"


def _lines_of(written: str, rows: Sequence[Row], wanted: Sequence[Row]) -> str:
    """The header and these rows as they were written, so that only what is wrong is corrected and sent again."""
    lines = written.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    begins = [*(row.line for row in rows), len(lines) + 1]
    ends = dict(pairwise(begins))
    header = lines[: max(0, begins[0] - 1)]
    kept_lines = [line for row in wanted for line in lines[row.line - 1 : ends[row.line] - 1]]
    return "\n".join([*header, *kept_lines])


def _page(
    request: SignedInRequest, form: OrdersForm, *, rows: Sequence[Row] | None = None, progress: Progress | None = None,
    told: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    words = Counter(row.word for row in rows or ())
    shown = _shown(rows or ())
    context: dict[str, Any] = {
        "form": form,
        "rows": None if rows is None else shown,
        "hidden": len(rows or ()) - len(shown),
        "sums": [(words[word], str(label), badge) for word, (label, badge) in WORDS.items() if words[word]],
        "new": words[Word.NEW],
        "progress": progress,
        "told": told,
        "unknown": unknown_columns(str(form["text"].value() or "")) if rows else [],
        "needed": ", ".join(NEEDED),
        "besides": ", ".join(name for name in COLUMNS if name not in NEEDED),
        "most_rows": MOST_ROWS,
        "most_text": MOST_TEXT,
        "path": reverse("staff:purchases_csv"),
    }
    return show(request, "staff/purchases_csv.html", context, status=status)


def _shown(rows: Sequence[Row]) -> list[Line]:
    """What is wrong before what is not; of each word only so many."""
    room = Counter({Word.WRONG: MOST_SHOWN, Word.DIFFERS: MOST_SHOWN, Word.NEW: SHOWN, Word.KNOWN: SHOWN})
    lines = []
    for row in rows:
        if room[row.word] > 0:
            room[row.word] -= 1
            label, badge = WORDS[row.word]
            lines.append(Line(row, str(label), badge))
    return sorted(lines, key=lambda line: (line.row.word not in {Word.WRONG, Word.DIFFERS}, line.row.line))
