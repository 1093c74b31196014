"""What a blueprint says, as values: the same for a file and for the desk as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deskhand.blueprint.schema import SECTIONS, Key
from deskhand.blueprint.shapes import Value, parts

KEYS: Final[dict[str, Key]] = {f"{section.name}.{key.name}": key for section in SECTIONS for key in section.keys}
MOST_PROBLEMS: Final = 50  # that are told; a file with more is not this kind of file


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a list. `name` is its path, slug or name; `line` is where it stands in a file, `pk` what it is on the desk."""

    name: str
    values: Mapping[str, Value]
    line: int = 0
    pk: int = 0

    def text(self, key: str) -> str:
        """A value that is a text."""
        return str(self.values[key])

    def flag(self, key: str) -> bool:
        """A value that is yes or no."""
        return bool(self.values[key])

    def texts(self, key: str) -> tuple[str, ...]:
        """A value that is a list."""
        return parts(self.values[key])


@dataclass(frozen=True, slots=True)
class Document:
    """Settings by `section.key`, and the lists. What is missing in either is not talked about."""

    settings: Mapping[str, Value]
    lists: Mapping[str, tuple[Entry, ...]]
    lines: Mapping[str, int] = field(default_factory=dict)  # of the settings and of the lists

    def title(self) -> str:
        """What the file calls itself."""
        return str(self.settings.get("about.title", ""))

    def texts(self, key: str) -> tuple[str, ...]:
        """A setting that is a list; empty when nothing is said."""
        return parts(self.settings.get(key))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, on which line of the file (from 1; 0 is the file as a whole), and what to do."""

    line: int
    words: str


class BlueprintError(Exception):
    """The file cannot be used and nothing was changed. `problems` say why, in the file's order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.line}: {problem.words}" for problem in problems))
        self.problems = sorted(problems, key=lambda problem: problem.line)
