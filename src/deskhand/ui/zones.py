"""Choosing a time zone."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from deskhand.core.zones import time_zones

_NOT_PLACES: Final = ("Etc/", "SystemV/", "US/", "posix/", "right/")


class ZoneField(forms.ChoiceField):
    """The zones that people know by a city, UTC, and the one that is in use now."""

    def __init__(self, *, current: str) -> None:
        cities = {name for name in time_zones() if "/" in name and not name.startswith(_NOT_PLACES)}
        names = ["UTC", *sorted((cities | {current}) - {"UTC", ""})]
        super().__init__(
            label=_("Time zone"), choices=[(name, name.replace("_", " ")) for name in names], initial=current
        )
