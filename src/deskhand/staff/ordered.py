"""Some of a closed list, in an order of one's own: works by buttons alone, without any script."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

MOVE: Final = "move"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of the list, ready to show."""

    value: str
    label: str
    is_on: bool
    is_first: bool
    is_last: bool


class OrderedWidget(forms.CheckboxSelectMultiple):
    """A box for each; a hidden field beside each box says where the unchecked ones stand."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ANN401 - Django's signature
        chosen = _listed(data, name)
        order = [value for value in dict.fromkeys(_listed(data, f"{name}_order")) if value in chosen]
        return [*order, *(value for value in dict.fromkeys(chosen) if value not in order)]


class OrderedField(forms.MultipleChoiceField):
    """Its value are the chosen ones in the order in which they stand."""

    widget = OrderedWidget


def rows(form: forms.Form, name: str) -> list[Row]:
    """The whole list as the form has it now: in the order that was sent, else the chosen ones first."""
    field = form.fields[name]
    assert isinstance(field, OrderedField)  # noqa: S101 - tells the type checker
    labels = {str(value): str(label) for value, label in cast(Iterable[tuple[str, str]], field.choices)}
    on = [value for value in form[name].value() or [] if value in labels]
    sent = [value for value in _listed(form.data, f"{name}_order") if value in labels] if form.is_bound else []
    order = list(dict.fromkeys([*(sent or on), *labels]))
    return [
        Row(value, labels[value], value in on, number == 0, number == len(order) - 1)
        for number, value in enumerate(order)
    ]


def moved(data: QueryDict, names: Iterable[str]) -> QueryDict | None:
    """The form after the pressed button `move=home.tiles.up`; None when another button was pressed."""
    if MOVE not in data:
        return None
    after = data.copy()
    name, _dot, rest = str(data[MOVE]).partition(".")
    value, _dot, way = rest.rpartition(".")
    order = data.getlist(f"{name}_order")
    if name in set(names) and value in order and way in {"up", "down"}:
        here = order.index(value)
        there = min(max(here + (1 if way == "down" else -1), 0), len(order) - 1)
        order[here], order[there] = order[there], order[here]
        after.setlist(f"{name}_order", order)
    return after


def _listed(data: Any, name: str) -> list[str]:  # noqa: ANN401 - a form's data, or the mapping of a kept form
    if isinstance(data, MultiValueDict):
        return [str(value) for value in data.getlist(name)]
    value = data.get(name, [])
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
