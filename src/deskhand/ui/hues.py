"""The brand's color as ten choices. One number turns every accent of the desk; css/components/hues.css shows each."""

from typing import Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HUES: Final[tuple[tuple[int, Promise], ...]] = (
    (262, _("Indigo")),
    (235, _("Blue")),
    (195, _("Teal")),
    (165, _("Emerald")),
    (140, _("Green")),
    (100, _("Olive")),
    (60, _("Amber")),
    (25, _("Red")),
    (350, _("Rose")),
    (305, _("Violet")),
)


class HueField(forms.TypedChoiceField):
    """One of the hues, and the one the desk has now if that is another. The page shows the choice before it is saved."""

    def __init__(self, *, current: int) -> None:
        known = [*HUES] if current in dict(HUES) else [(current, _("As it is")), *HUES]
        super().__init__(
            label=_("Color"),
            choices=known,
            coerce=int,
            initial=current,
            widget=forms.RadioSelect(attrs={"data-hues": ""}),
        )
