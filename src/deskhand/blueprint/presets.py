"""The desks to begin with: one file each in `presets/`. A file added there is a preset, with its card on the set-up page."""

from datetime import datetime
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from deskhand.accounts.models import User
from deskhand.blueprint.apply import apply
from deskhand.blueprint.document import Document
from deskhand.blueprint.reader import read

_FIRST: Final = ("classic", "company", "shop", "agency")  # cards in this order, then by name; nothing at all comes last
_LAST: Final = "blank"


def names() -> list[str]:
    """All presets, in the order in which they are offered."""
    found = {path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml")}
    return [*(name for name in _FIRST if name in found), *sorted(found - {*_FIRST, _LAST}), _LAST]


def text(name: str) -> str:
    """The file, which reads like documentation. Raises KeyError for a name that is no preset."""
    if name not in names():
        raise KeyError(name)
    return _folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")


@cache
def preset(name: str) -> Document:
    """What the file says. Raises KeyError."""
    return read(text(name))


def use(name: str, *, by: User | None, at: datetime) -> None:
    """Make this desk one of that kind. Raises KeyError, and BlueprintError as `apply` does."""
    apply(preset(name), by=by, at=at)


def _folder() -> Traversable:
    return resources.files("deskhand.blueprint") / "presets"
