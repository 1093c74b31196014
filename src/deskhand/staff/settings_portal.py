"""Settings of what customers see: the desk's own words, the portal's home, and what it tells them."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deskhand.desk.address import LONGEST as LONGEST_ADDRESS
from deskhand.desk.address import public_address
from deskhand.desk.labels import LABELS, LONGEST
from deskhand.desk.layout import AfterOpening, Block, Navigation, usual_home
from deskhand.desk.queries import current_desk
from deskhand.desk.shapes import LONGEST_ANNOUNCEMENT, LONGEST_GUIDE, LONGEST_TIP, MOST_RETURNS, MOST_TIPS
from deskhand.staff.ordered import OrderedField, Row, rows
from deskhand.staff.settings import SettingsForm, page
from deskhand.ui import gates
from deskhand.ui.fields import LineField, MessageField
from deskhand.ui.http import SignedInRequest

_WHERE: Final[dict[str, Promise]] = {
    "topic": gettext_lazy("What a ticket is about: “Category”, “Help topic”, “Product”."),
    "area": gettext_lazy("The first of two steps: topics at the top."),
    "issue_type": gettext_lazy("The second: the topics below the area."),
    "purchase": gettext_lazy("What a ticket belongs to: “Product”, “Project”."),
    "purchases": gettext_lazy("The list of what a customer bought, and the way there."),
    "licenses": gettext_lazy("The list of a customer’s licenses, and the way there."),
    "subject": gettext_lazy("A field of the form, and a column of the list."),
    "message": gettext_lazy("A field of the form."),
    "priority": gettext_lazy("A field of the form, and a column of the list."),
    "files": gettext_lazy("A field of the form."),
    "open_ticket": gettext_lazy("The way to the form, and its heading."),
    "send_ticket": gettext_lazy("The button below the form."),
    "my_tickets": gettext_lazy("The list, and the way there."),
    "send_reply": gettext_lazy("The button below a reply."),
}


class PortalForm(SettingsForm):
    """The words one by one (`label_topic`), the blocks of the home page, and three texts."""

    ORDERED = ("home",)
    ALSO_CALLED = {
        "home": gettext_lazy("start page front blocks tiles search recent order layout"),
        "announcement": gettext_lazy("banner news notice outage maintenance"),
        "guide": gettext_lazy("help instructions when to open"),
        "tips": gettext_lazy("help hints advice what to include"),
        "after_opening": gettext_lazy("confirmation redirect submit sent"),
        "navigation": gettext_lazy("menu sidebar left panel layout rail"),
        "opens_in_steps": gettext_lazy("two wizard area issue type category pages"),
        "return_addresses": gettext_lazy("support link deep back shop site allowed hosts URL"),
        **{f"label_{key}": gettext_lazy("words wording rename label translation term") for key in LABELS},
    }
    home = OrderedField(
        label=gettext_lazy("What the home page shows"),
        choices=Block.choices,
        error_messages={"required": gettext_lazy("Choose at least one block.")},
        help_text=gettext_lazy("From top to bottom. A block with nothing to show is left out."),
    )
    announcement = MessageField(
        label=gettext_lazy("Announcement"),
        required=False,
        help_text=gettext_lazy("At the top of the home page, such as an outage you know of. Empty: none."),
    )
    guide = MessageField(
        label=gettext_lazy("When to open a ticket"),
        required=False,
        help_text=gettext_lazy("What belongs into a ticket, and what does not."),
    )
    tips = MessageField(
        label=gettext_lazy("What to include"),
        required=False,
        help_text=gettext_lazy("One tip a line, beside the form. Empty: the usual tips."),
    )
    after_opening = forms.ChoiceField(
        label=gettext_lazy("After sending a ticket the customer is"),
        choices=AfterOpening.choices,
        widget=forms.RadioSelect,
    )
    navigation = forms.ChoiceField(
        label=gettext_lazy("Where the navigation stands"),
        choices=Navigation.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("On a phone it is at the top in any case."),
    )
    opens_in_steps = forms.BooleanField(
        label=gettext_lazy("First the area and the issue type, then the details"),
        required=False,
        help_text=gettext_lazy(
            "Topics at the top are the areas, those below them the types. Without it all is one page."
        ),
    )
    return_addresses = forms.CharField(
        label=gettext_lazy("Sites to which a support link may lead back"),
        required=False,
        max_length=MOST_RETURNS * (LONGEST_ADDRESS + 2),
        help_text=gettext_lazy(
            "One a line, such as https://shop.example.com. A link to your desk that ends in ?return= and an address there "
            "shows the way back; any other address is ignored."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(data)
        desk = current_desk()
        self.initial["home"] = desk.home_blocks
        self.initial["return_addresses"] = "\n".join(desk.return_addresses)
        for key, usual in LABELS.items():
            self.fields[f"label_{key}"] = LineField(
                label=usual,
                max_length=LONGEST,
                required=False,
                initial=desk.labels.get(key, ""),
                help_text=_WHERE[key],
                widget=forms.TextInput(attrs={"placeholder": usual}),
            )
        for name, limit in {"announcement": LONGEST_ANNOUNCEMENT, "guide": LONGEST_GUIDE}.items():
            self.fields[name].widget.attrs.update(maxlength=limit, rows=3)
        self.fields["tips"].widget.attrs.update(maxlength=MOST_TIPS * (LONGEST_TIP + 1), rows=5)

    def clean_tips(self) -> str:
        """A tip a line, without empty ones."""
        lines = (line.strip() for line in self.cleaned_data["tips"].splitlines())
        return "\n".join(filter(None, lines))

    def clean_return_addresses(self) -> list[str]:
        """An address a line, each in its one form and once."""
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["return_addresses"].splitlines())):
            try:
                found.append(public_address(line))
            except ValidationError as error:
                raise ValidationError(
                    _("“%(line)s”: write it as https://shop.example.com, without what follows the host.")
                    % {"line": line}
                ) from error
        return list(dict.fromkeys(found))

    def values(self) -> dict[str, Any]:
        """The columns to change; the words are one of them. What is as usual is not written down."""
        given = super().values()
        words = {key: given.pop(f"label_{key}") for key in LABELS}
        given["home"] = given["home"] if given["home"] != usual_home() else []
        return {**given, "labels": {key: word for key, word in words.items() if word}}

    def words(self) -> Iterator[forms.BoundField]:
        """The fields of the words."""
        return (self[f"label_{key}"] for key in LABELS)

    def blocks(self) -> list[Row]:
        """The home page's blocks as the form has them now."""
        return rows(self, "home")

    def word(self, key: str) -> str:
        """What the preview calls it: the word that is typed, else the usual one."""
        return str(self[f"label_{key}"].value() or "").strip()[:LONGEST] or str(LABELS[key])


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def portal(request: SignedInRequest) -> HttpResponse:
    """What customers read and where."""
    return page(request, PortalForm, "staff/settings_portal.html", here="settings_portal")
