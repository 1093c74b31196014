"""How one value looks in a blueprint: read from YAML with the reason when it is wrong, written again, said in a sentence.

Texts are taken as they stand: `No` and `12` are words where a word is asked for, whatever YAML makes of them elsewhere.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Protocol

import yaml
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from deskhand.core.zones import time_zones

Value = str | int | bool | None | tuple["Value", ...]
_YES: Final = frozenset({"true", "yes", "on"})
_NO: Final = frozenset({"false", "no", "off"})
_PLAIN: Final = re.compile(r"\w(?:[\w .’()/@+›–…-]*[\w.’)…])?")  # needs no quotes wherever it stands
_MINUTES: Final = {"min": 1, "h": 60, "days": 1440}
_LONGEST_NUMBER: Final = 6  # digits


class WrongValueError(Exception):
    """What stands in the file cannot be meant. `words` say why and what to write instead; `node` is where."""

    def __init__(self, words: str, node: yaml.Node) -> None:
        super().__init__(words)
        self.words, self.node = words, node


class Shape(Protocol):
    """What every kind of value can do."""

    def read(self, node: yaml.Node) -> Value:
        """The value that stands there. Raises WrongValueError."""

    def written(self, value: Value) -> str:
        """As YAML behind a key; a text of several lines begins with `|` and carries its line ends."""

    def said(self, value: Value) -> str:
        """In a sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `empty` is what no text means, where that is something."""

    longest: int
    empty: str | Promise = ""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError for several lines or too many characters."""
        text = word(node)
        if "\n" in text or "\t" in text:
            raise WrongValueError(_("This must be one line."), node)
        return _not_longer(text, self.longest, node)

    def written(self, value: Value) -> str:
        """Quoted where YAML needs it."""
        return quoted(str(value))

    def said(self, value: Value) -> str:
        """The text itself, in quotes."""
        return f"“{value}”" if value else str(self.empty or _("nothing"))


@dataclass(frozen=True, slots=True)
class Text:
    """A text of many lines."""

    longest: int

    def read(self, node: yaml.Node) -> Value:
        """Without the line ends around it: a block in YAML ends with one."""
        return _not_longer(word(node).strip("\n"), self.longest, node)

    def written(self, value: Value) -> str:
        """A block, which reads like the text itself."""
        text = str(value)
        is_block = (
            text.strip("\n") == text and text[:1] != " " and all(sign.isprintable() or sign == "\n" for sign in text)
        )
        return f"|\n{text}" if text and is_block else quoted(text)

    def said(self, value: Value) -> str:
        """Its first words."""
        text = " ".join(str(value).split())
        return f"“{text[:60]}{'…' if len(text) > 60 else ''}”" if text else _("nothing")


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError for anything but the usual words."""
        given = word(node).lower()
        if given in _YES | _NO:
            return given in _YES
        raise WrongValueError(_("Write true or false."), node)

    def written(self, value: Value) -> str:
        """`true` or `false`."""
        return "true" if value else "false"

    def said(self, value: Value) -> str:
        """Yes or no."""
        return _("yes") if value else _("no")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `least` to `most`; `none` is the word for no number at all, where there is one."""

    least: int
    most: int
    none: str = ""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError."""
        given = word(node)
        if self.none and given == self.none:
            return None
        if given.isascii() and given.isdecimal() and len(given) <= _LONGEST_NUMBER:
            number = int(given)
            if self.least <= number <= self.most:
                return number
        words = _("Write a number from %(least)s to %(most)s") % {"least": self.least, "most": self.most}
        raise WrongValueError(f"{words}{_(' or “%(word)s”') % {'word': self.none} if self.none else ''}.", node)

    def written(self, value: Value) -> str:
        """Digits, or the word."""
        return self.none if value is None else str(value)

    def said(self, value: Value) -> str:
        """The same."""
        return self.written(value)


@dataclass(frozen=True, slots=True)
class Duration:
    """Minutes, written as `30 min`, `4 h` or `2 days`; `none` is None."""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError."""
        given = word(node)
        if given == "none":
            return None
        number, _space, unit = given.partition(" ")
        if number.isascii() and number.isdecimal() and len(number) <= 4 and int(number) and unit in {"day", *_MINUTES}:
            return int(number) * _MINUTES.get(unit, 1440)
        raise WrongValueError(_("Write a time such as “30 min”, “4 h” or “2 days”, or “none”."), node)

    def written(self, value: Value) -> str:
        """In hours where that is even: support desks promise 24 and 48 hours."""
        if not isinstance(value, int):
            return "none"
        return f"{value} min" if value % 60 else f"{value // 60} h"

    def said(self, value: Value) -> str:
        """The same."""
        return self.written(value)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One word of a closed list, which is asked for when it is needed."""

    words: Callable[[], Mapping[str, str]]  # as written → as people call it

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError that names the nearest word, or all."""
        return known(word(node), self.words(), node)

    def written(self, value: Value) -> str:
        """The word; nothing chosen is an empty text."""
        return quoted(str(value or ""))

    def said(self, value: Value) -> str:
        """As people call it."""
        return f"“{self.words().get(str(value), value)}”" if value else _("nothing")


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Several words of a closed list in the file's order, each once."""

    words: Callable[[], Mapping[str, str]]

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError."""
        found: list[str] = []
        for item in items(node):
            name = known(word(item), self.words(), item)
            if name in found:
                raise WrongValueError(_("“%(word)s” stands here twice.") % {"word": name}, item)
            found.append(name)
        return tuple(found)

    def written(self, value: Value) -> str:
        """A list on one line."""
        return listed(parts(value))

    def said(self, value: Value) -> str:
        """As people call them."""
        return ", ".join(self.words().get(name, name) for name in parts(value)) or _("nothing")


@dataclass(frozen=True, slots=True)
class Lines:
    """A list of texts of one line each."""

    longest: int

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError; empty ones and repetitions are refused."""
        found: dict[str, None] = {}
        for item in items(node):
            text = str(Line(self.longest).read(item))
            if not text or text in found:
                raise WrongValueError(_("Each line of this list must say something else."), item)
            found[text] = None
        return tuple(found)

    def written(self, value: Value) -> str:
        """A list on one line."""
        return listed(parts(value))

    def said(self, value: Value) -> str:
        """One after the other."""
        return ", ".join(f"“{text}”" for text in parts(value)) or _("nothing")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a field is asked: `everywhere`, or a list of topics by their path."""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError."""
        if isinstance(node, yaml.ScalarNode) and node.value == "everywhere":
            return "everywhere"
        if not isinstance(node, yaml.SequenceNode):
            raise WrongValueError(_("Write “everywhere” or a list of topics in brackets."), node)
        return Lines(400).read(node)

    def written(self, value: Value) -> str:
        """The word or the list."""
        return value if isinstance(value, str) else listed(parts(value))

    def said(self, value: Value) -> str:
        """The word or the topics."""
        return _("everywhere") if isinstance(value, str) else Lines(400).said(value)


@dataclass(frozen=True, slots=True)
class Pair:
    """`{field: value}`: another field and what it must hold; None is written as `{}`."""

    def read(self, node: yaml.Node) -> Value:
        """Raises WrongValueError."""
        if not isinstance(node, yaml.MappingNode) or len(node.value) > 1:
            raise WrongValueError(_("Write one field and its value: {field: value}."), node)
        for name, value in node.value:
            return (word(name), word(value))
        return None

    def written(self, value: Value) -> str:
        """On one line."""
        pair = parts(value)
        return f"{{{quoted(pair[0])}: {quoted(pair[1])}}}" if pair else "{}"

    def said(self, value: Value) -> str:
        """As a condition."""
        pair = parts(value)
        return _("where %(field)s is “%(value)s”") % {"field": pair[0], "value": pair[1]} if pair else _("always")


@dataclass(frozen=True, slots=True)
class Named:
    """A list of words of a closed list, each with a name of its own or none: `open: Opened`."""

    words: Callable[[], Mapping[str, str]]
    longest: int

    def read(self, node: yaml.Node) -> Value:
        """Pairs in the file's order. Raises WrongValueError."""
        if not isinstance(node, yaml.MappingNode):
            raise WrongValueError(_("Write one line for each, such as “open: Opened”."), node)
        pairs: list[tuple[str, Value]] = []
        for name, value in node.value:
            key = known(word(name), self.words(), name)
            if key in dict(pairs):
                raise WrongValueError(_("“%(word)s” stands here twice.") % {"word": key}, name)
            pairs.append((key, Line(self.longest).read(value)))
        return tuple(pairs)

    def written(self, value: Value) -> str:
        """A mapping on one line."""
        return "{" + ", ".join(f"{name}: {quoted(str(own))}" for name, own in map(parts, _each(value))) + "}"

    def said(self, value: Value) -> str:
        """Their names."""
        return ", ".join(own or self.words().get(name, name) for name, own in map(parts, _each(value))) or _("nothing")


def zones() -> Mapping[str, str]:
    """All time zones this machine knows."""
    return {name: name for name in sorted(time_zones())}


def word(node: yaml.Node) -> str:
    """The text of a single value. Raises WrongValueError for a list or a mapping, or for signs that nobody can see."""
    if not isinstance(node, yaml.ScalarNode):
        raise WrongValueError(_("Here must stand one value, no list."), node)
    if node.style is None and node.value == "~":
        return ""
    text = str(node.value)
    if (
        any(ord(sign) < 32 and sign not in "\n\t" for sign in text)
        or "\x7f" in text
        or any("\ud800" <= s <= "\udfff" for s in text)
    ):
        raise WrongValueError(_("There are signs in it that cannot be shown. Type it anew."), node)
    return text


def items(node: yaml.Node) -> list[yaml.Node]:
    """The members of a list. Raises WrongValueError."""
    if not isinstance(node, yaml.SequenceNode):
        raise WrongValueError(_("Here must stand a list: in brackets, or each on a line that begins with “- ”."), node)
    return list(node.value)


def known(given: str, words: Mapping[str, str], node: yaml.Node) -> str:
    """`given`, which is one of `words`. Raises WrongValueError that says what it could be."""
    if given in words:
        return given
    raise WrongValueError(
        _("“%(given)s” is not known here.") % {"given": given[:80]} + " " + nearest(given, words), node
    )


def nearest(given: str, words: Mapping[str, str] | list[str]) -> str:
    """What was probably meant, in a sentence; else all there is."""
    names = list(words)
    if meant := get_close_matches(given, names, n=1, cutoff=0.6):
        return _("Did you mean “%(word)s”?") % {"word": meant[0]}
    if not names:
        return _("There is none.")
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return _("Choose one of: %(words)s.") % {"words": shown}


def quoted(text: str) -> str:
    """The text as YAML, in quotes unless it is plain words."""
    if _PLAIN.fullmatch(text):
        return text
    safe = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in safe)


def listed(texts: tuple[str, ...]) -> str:
    """A list on one line."""
    return f"[{', '.join(map(quoted, texts))}]"


def parts(value: Value) -> tuple[str, ...]:
    """The texts of a value that is a list; of None, none."""
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()


def _each(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _not_longer(text: str, longest: int, node: yaml.Node) -> str:
    if len(text) > longest:
        words = _("At most %(longest)s characters; these are %(count)s.") % {"longest": longest, "count": len(text)}
        raise WrongValueError(words, node)
    return text
