"""Which mails a person wants."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from deskhand.notifications.matrix import About

EVERY: Final = "every"
REPLIES: Final = "replies"


class MailsForm(forms.Form):
    """A box for each kind of mail that can be turned off, and two shortcuts."""

    kinds = forms.MultipleChoiceField(
        label=_("Mail me when"), required=False, widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    level = forms.ChoiceField(choices=[(EVERY, EVERY), (REPLIES, REPLIES)], required=False)

    def __init__(self, data: Any = None, *, offered: Sequence[About], **options: Any) -> None:  # noqa: ANN401 - of Form
        super().__init__(data, **options)
        self.offered = offered
        self.fields["kinds"].choices = [(kind.value, kind.label) for kind in offered]  # type: ignore[attr-defined]

    def off(self, *, before: Iterable[str]) -> list[str]:
        """What is turned off from now on; what the desk does not offer at the moment stays as it was."""
        unseen = [kind for kind in before if kind not in self.offered]
        kept = [kind.value for kind in self.offered if kind.value in self.cleaned_data["kinds"]]
        wanted = {EVERY: list(self.offered), REPLIES: []}.get(self.cleaned_data["level"], kept)
        return [*unseen, *(kind.value for kind in self.offered if kind not in wanted)]
