"""Settings of the list "My tickets": its columns, its tabs, and what a click on a subject does."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deskhand.desk.layout import Column, Tab, usual_columns, usual_tabs
from deskhand.desk.queries import current_desk
from deskhand.desk.shapes import LONGEST_NAME
from deskhand.staff.ordered import OrderedField, Row, rows
from deskhand.staff.settings import SettingsForm, page
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.http import SignedInRequest


class ListsForm(SettingsForm):
    """Columns and tabs in their order; a tab may have a name of its own (`tab_open`)."""

    ORDERED = ("columns", "tabs")
    ALSO_CALLED = {
        "columns": gettext_lazy("table list fields show hide order"),
        "tabs": gettext_lazy("filter views opened resolved list order"),
        "expands_in_place": gettext_lazy("unfold open inline row accordion"),
        **{f"tab_{tab}": gettext_lazy("rename tab filter wording") for tab in Tab.values},
    }
    columns = OrderedField(
        label=gettext_lazy("Columns"),
        choices=Column.choices,
        help_text=gettext_lazy("From left to right. The subject is always there: it opens the ticket."),
    )
    tabs = OrderedField(
        label=gettext_lazy("Tabs"),
        choices=Tab.choices,
        error_messages={"required": gettext_lazy("Choose at least one tab.")},
        help_text=gettext_lazy("From left to right. The first one is shown when nobody has chosen another."),
    )
    expands_in_place = forms.BooleanField(
        label=gettext_lazy("A ticket opens inside the list"),
        required=False,
        help_text=gettext_lazy("A click on the subject unfolds the whole ticket below its row, instead of a page."),
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        desk = current_desk()
        names = {tab["tab"]: tab["name"] for tab in desk.list_tabs}
        self.initial["columns"] = desk.list_columns
        self.initial["tabs"] = list(names)
        for tab in Tab:
            self.fields[f"tab_{tab}"] = LineField(
                label=_("Tab “%(tab)s”") % {"tab": tab.label},
                help_text=_("What it is called. Empty: its usual name."),
                max_length=LONGEST_NAME,
                required=False,
                initial=names.get(tab, ""),
                widget=forms.TextInput(attrs={"placeholder": tab.label}),
            )

    def values(self) -> dict[str, Any]:
        """The columns to change; a tab and its name are one thing. What is as usual is not written down."""
        given = self.cleaned_data
        columns, tabs = given["columns"], [{"tab": tab, "name": given[f"tab_{tab}"]} for tab in given["tabs"]]
        return {
            "columns": columns if columns != usual_columns() else [],
            "tabs": tabs if tabs != usual_tabs() else [],
            "expands_in_place": given["expands_in_place"],
        }

    def column_rows(self) -> list[Row]:
        """The columns as the form has them now; the subject's box cannot be emptied."""
        return rows(self, "columns")

    def tab_rows(self) -> Iterator[tuple[Row, forms.BoundField]]:
        """The tabs as the form has them now, each with the field of its name."""
        return ((row, self[f"tab_{row.value}"]) for row in rows(self, "tabs"))

    def tab_names(self) -> list[str]:
        """How the tabs are called that are on, for the preview."""
        return [
            str(name.value() or "").strip()[:LONGEST_NAME] or row.label for row, name in self.tab_rows() if row.is_on
        ]


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: SignedInRequest) -> HttpResponse:
    """Columns and tabs of "My tickets"."""
    return page(request, ListsForm, "staff/settings_lists.html", here="settings_lists", samples=_samples())


def _samples() -> list[dict[str, str]]:
    """Two rows that could stand in anybody's list."""
    return [
        {
            "subject": _("The printer prints only the first page"), "number": "#1042", "topic": _("Devices"),
            "priority": "high", "priority_name": _("High"), "category": "waiting", "status": _("Waiting for you"),
            "last_replier": _("Ada"), "last_activity": _("2 hours ago"), "requester": _("Carl"), "created": _("Monday"),
        },
        {
            "subject": _("A second account for our office"), "number": "#1037", "topic": _("Accounts"),
            "priority": "low", "priority_name": _("Low"), "category": "open", "status": _("Open"),
            "last_replier": _("Carl"), "last_activity": _("yesterday"), "requester": _("Carl"), "created": _("Friday"),
        },
    ]  # fmt: skip
