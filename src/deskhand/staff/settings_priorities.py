"""Priorities: four of them, what each means, and how soon a first answer is promised (S3.4, S3.14)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deskhand.staff.settings_catalog import tell_saved, why
from deskhand.tickets import catalog
from deskhand.tickets.models.choices import Priority
from deskhand.tickets.queries import priorities as all_priorities
from deskhand.ui import gates
from deskhand.ui.fields import LineField
from deskhand.ui.forms import kept, once
from deskhand.ui.http import SignedInRequest, go, show

MINUTES: Final = 60  # in an hour


class PriorityForm(forms.Form):
    """One of the four; its fields are called `high-name` and so on."""

    name = LineField(label=gettext_lazy("Name"), max_length=40)
    meaning = LineField(label=gettext_lazy("Meaning, in one line"))
    hours = forms.DecimalField(
        label=gettext_lazy("First answer in hours"),
        required=False,
        min_value=Decimal("0.02"),
        max_value=Decimal(8760),
        decimal_places=2,
    )

    def __init__(self, data: Any = None, *, priority: Priority, held: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 - a form's
        minutes = priority.first_response_minutes
        initial = {"name": priority.name, "meaning": priority.meaning, "hours": _hours(minutes) if minutes else None}
        if held:
            initial = {name: held.get(f"{priority.slug}-{name}") for name in initial}
        super().__init__(data, prefix=priority.slug, initial=initial)
        self.priority = priority

    @property
    def minutes(self) -> int | None:
        """The promise as it is kept; None for none."""
        hours = self.cleaned_data["hours"]
        return max(round(hours * MINUTES), 1) if hours else None


class UsualForm(forms.Form):
    """Which of them is preselected."""

    usual = forms.ChoiceField(label=gettext_lazy("Preselected"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's
        super().__init__(*args, **kwargs)
        self.fields["usual"].choices = [(each.slug, each.name) for each in all_priorities()]  # type: ignore[attr-defined]  # a ChoiceField


def _hours(minutes: int) -> Decimal:
    """As people write it: 1.5, not 1.50."""
    return Decimal(f"{(Decimal(minutes) / MINUTES).quantize(Decimal('0.01')).normalize():f}")


@gates.staff("desk.configure")
@require_http_methods(["GET", "HEAD", "POST"])
def priorities(request: SignedInRequest) -> HttpResponse:
    """All four, saved together or not at all."""
    here = reverse("staff:settings_priorities")
    rows = all_priorities()
    usual_now = next((each.slug for each in rows if each.is_default), "")
    if request.method != "POST":
        held = kept(request, here) or {}
        cards = [PriorityForm(priority=each, held=held) for each in rows]
        return _page(request, cards, UsualForm(initial={"usual": held.get("usual", usual_now)}))
    cards = [PriorityForm(request.POST, priority=each) for each in rows]
    usual = UsualForm(request.POST, initial={"usual": usual_now})
    if all([*(card.is_valid() for card in cards), usual.is_valid()]):
        card = cards[0]
        try:
            with once(request, leads_to=here):
                for card in cards:
                    catalog.save_priority(
                        priority=card.priority, name=card.cleaned_data["name"], meaning=card.cleaned_data["meaning"],
                        first_response_minutes=card.minutes, is_default=usual.cleaned_data["usual"] == card.priority.slug,
                        by=request.user, at=timezone.now(),
                    )  # fmt: skip
                tell_saved(request, *cards, usual)
            return go(request, here)
        except catalog.CatalogError as error:
            card.add_error("name", why(error))
    return _page(request, cards, usual, status=422)


def _page(request: SignedInRequest, cards: list[PriorityForm], usual: UsualForm, *, status: int = 200) -> HttpResponse:
    context = {"cards": cards, "usual": usual, "here": "settings_priorities"}
    return show(request, "staff/settings_priorities.html", context, status=status)
