"""The demo's conversations as they are written in `stories/*.toml`, and how one becomes many.

A message is `[who, text]` or, with files, `[who, text, "name.png", …]`. In a text `{me}`, `{agent}`, `{order}` … are filled in,
`[Hello|Hi]` is one of the choices. So a story that is told five times never reads the same twice. A brace that belongs to the
text is doubled.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Final

FRESH: Final = "fresh.toml"
_CHOICE: Final = re.compile(r"\[([^\[\]|]+(?:\|[^\[\]|]+)+)\]")


@dataclass(frozen=True, slots=True)
class Said:
    """One message: by the `customer`, by an `agent`, or an internal `note`; `files` are drawn by `blueprint.drawings`."""

    who: str
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation worth reading. `ends` is the category its ticket is left in."""

    subjects: tuple[str, ...]
    messages: tuple[Said, ...]
    ends: str
    team: str
    priority: str
    tags: tuple[str, ...]


@cache
def stories() -> tuple[Story, ...]:
    """Conversations from the first word to the last."""
    folder = resources.files("deskhand.blueprint") / "stories"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml") and file.name != FRESH)
    return tuple(story for name in names for story in _read(name))


@cache
def fresh_stories() -> tuple[Story, ...]:
    """Questions nobody has answered yet; the first is the one that a visitor can answer at once."""
    return _read(FRESH)


def fill(text: str, facts: Mapping[str, str], chance: Random) -> str:
    """The text as this person would write it today. Raises KeyError for a word that no fact fills."""
    chosen = _CHOICE.sub(lambda found: chance.choice(found[1].split("|")), text)
    return chosen.format_map(facts)


def _read(name: str) -> tuple[Story, ...]:
    source = (resources.files("deskhand.blueprint") / "stories" / name).read_text("utf-8")
    return tuple(
        Story(
            subjects=tuple(row["subjects"]),
            messages=tuple(Said(who, text.strip(), tuple(files)) for who, text, *files in row["messages"]),
            ends=row["ends"],
            team=row.get("team", "support"),
            priority=row.get("priority", "medium"),
            tags=tuple(row["tags"]),
        )
        for row in tomllib.loads(source)["story"]
    )
