"""A file's text → what it says. All that can be wrong with it is told at once, each with its line and what to do.

Only YAML's plain parts are taken: no tags, no anchors, no depth that a blueprint never has. Nothing is ever constructed.
"""

from collections.abc import Iterator
from typing import Final

import yaml
from django.utils.translation import gettext as _

from deskhand.blueprint.document import MOST_PROBLEMS, BlueprintError, Document, Entry, Problem
from deskhand.blueprint.schema import FORMAT, LISTS, PRIORITIES, SECTIONS, SEPARATOR, ListSection, Section
from deskhand.blueprint.shapes import Value, WrongValueError, items, nearest, word
from deskhand.notifications import templates

LONGEST: Final = 256 * 1024  # characters
DEEPEST: Final = 24
MOST: Final = 500  # entries of one list
_NAMES: Final = {"priorities": list(PRIORITIES), "mail_words": list(templates.KEYS)}  # of lists whose entries are known


def read(text: str) -> Document:
    """Raises BlueprintError with every problem that the file alone shows."""
    if len(text) > LONGEST:
        raise BlueprintError([Problem(0, _("This is too large for a blueprint: at most 256 KB."))])
    return _Reader().document(_root(text))


def _root(text: str) -> yaml.Node:
    """The whole file as nodes with their lines. Raises BlueprintError."""
    try:
        _look_at_events(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = _("This is not YAML: %(reason)s. Look at the quotes and the indentation here and just above.")
        raise BlueprintError([Problem(mark.line + 1 if mark else 0, words % {"reason": error.problem})]) from error
    except yaml.YAMLError as error:
        raise BlueprintError([Problem(0, _("This is not YAML: there are signs in it that no text has."))]) from error
    if not isinstance(node, yaml.MappingNode):
        raise BlueprintError([Problem(1, _("A blueprint begins with “format: 1” and has sections below."))])
    return node


def _look_at_events(text: str) -> None:
    """Before anything is built of it: what hides size or meaning is refused (S-yaml bombs, tags)."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BlueprintError([Problem(line, _("Anchors and aliases (& and *) are not used here: write it out."))])
        if getattr(event, "tag", None):
            raise BlueprintError([Problem(line, _("Tags (!) are not used here: write the plain value."))])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise BlueprintError([Problem(line, _("This is nested too deep: at most ten topics under each other."))])


class _Reader:
    """Collects what the file says, and what is wrong with it, in one pass."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.settings: dict[str, Value] = {}
        self.lines: dict[str, int] = {}
        self.lists: dict[str, tuple[Entry, ...]] = {}

    def document(self, root: yaml.Node) -> Document:
        """Raises BlueprintError."""
        sections = {section.name: section for section in SECTIONS}
        lists = {section.name: section for section in LISTS}
        has_format = False
        for name, key, value in self._pairs(root, ["format", *sections, *lists]):
            if name == "format":
                has_format = True
                self._format(value)
            elif name in sections:
                self._section(sections[name], value)
            else:
                self.lines[name] = _line(key)
                self._list(lists[name], value)
        if not has_format:
            self._wrong(root, _("Begin the file with “format: 1”, so that later versions know how to read it."))
        if self.problems:
            raise BlueprintError(self.problems)
        return Document(self.settings, self.lists, self.lines)

    def _format(self, node: yaml.Node) -> None:
        given = self._value(node)
        if given is not None and given != str(FORMAT):
            self._wrong(node, _("This Deskhand reads format 1. Write “format: 1”, or update Deskhand first."))

    def _section(self, section: Section, node: yaml.Node) -> None:
        keys = {key.name: key for key in section.keys}
        for name, at, value in self._pairs(node, list(keys)):
            address = f"{section.name}.{name}"
            self.lines[address] = _line(at)
            try:
                self.settings[address] = keys[name].shape.read(value)
            except WrongValueError as error:
                self._wrong(error.node, f"{name}: {error.words}")

    def _list(self, section: ListSection, node: yaml.Node) -> None:
        found: list[Entry] = []
        if section.name == "topics":
            found.extend(self._topics(section, node, ""))
        elif section.is_mapping:
            names = _NAMES.get(section.name)
            for name, at, value in self._pairs(node, names):
                found.append(Entry(name, self._values(section, value), _line(at)))
        else:
            for item in self._items(node):
                values = self._values(section, item)
                found.append(Entry(str(values["name"]), values, _line(item)))
        self._no_doubles(section, found)
        self.lists[section.name] = tuple(found)

    def _topics(self, section: ListSection, node: yaml.Node, above: str) -> Iterator[Entry]:
        """Each topic, and right after it those below it, named by their path."""
        for item in self._items(node):
            below = _take(item, "topics")
            values = self._values(section, item)
            path = above + str(values["name"])
            if SEPARATOR.strip() in str(values["name"]):
                self._wrong(item, _("A topic’s name cannot hold “›”: it stands between a topic and those below it."))
            yield Entry(path, values, _line(item))
            if below is not None:
                yield from self._topics(section, below, path + SEPARATOR)

    def _values(self, section: ListSection, node: yaml.Node) -> dict[str, Value]:
        keys = {key.name: key for key in section.keys}
        values = {key.name: key.usual for key in section.keys}
        wrong = set()
        for name, _at, value in self._pairs(node, list(keys)):
            try:
                values[name] = keys[name].shape.read(value)
            except WrongValueError as error:
                wrong.add(name)
                self._wrong(error.node, f"{name}: {error.words}")
        for key in section.needed:
            if not values[key.name] and key.name not in wrong:
                self._wrong(node, _("Here “%(key)s” is missing.") % {"key": key.name})
        if section.name == "statuses":
            values["customers_read"] = values["customers_read"] or values["name"]
        return values

    def _no_doubles(self, section: ListSection, entries: list[Entry]) -> None:
        first: dict[str, int] = {}
        for entry in entries:
            name = entry.name.casefold()
            if entry.name and name in first:
                words = _("“%(name)s” stands in this list already, on line %(line)s. Name or remove one of them.")
                self._tell(Problem(entry.line, words % {"name": entry.name, "line": first[name]}))
            first.setdefault(name, entry.line)
        if len(entries) > MOST:
            words = _("At most %(most)s of them; these are %(count)s.") % {"most": MOST, "count": len(entries)}
            self._tell(Problem(entries[0].line, f"{section.name}: {words}"))

    def _pairs(self, node: yaml.Node, known: list[str] | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Name, its node and the value's; what is unknown or stands twice is a problem and left out."""
        if not isinstance(node, yaml.MappingNode):
            if not (isinstance(node, yaml.ScalarNode) and node.value == ""):
                self._wrong(node, _("Here must stand keys and values, such as “name: Open”."))
            return
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = self._value(key)
            if name is None:
                continue
            if name in seen:
                words = _("“%(key)s” stands here already, on line %(line)s. Keep one of them.")
                self._wrong(key, words % {"key": name, "line": seen[name]})
            elif known is not None and name not in known:
                self._wrong(key, _("There is no “%(key)s” here.") % {"key": name[:80]} + " " + nearest(name, known))
            else:
                yield name, key, value
            seen.setdefault(name, _line(key))

    def _items(self, node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node, yaml.ScalarNode) and node.value == "":
            return []
        try:
            return items(node)
        except WrongValueError as error:
            self._wrong(error.node, error.words)
            return []

    def _value(self, node: yaml.Node) -> str | None:
        try:
            return word(node)
        except WrongValueError as error:
            self._wrong(error.node, error.words)
            return None

    def _wrong(self, node: yaml.Node, words: str) -> None:
        self._tell(Problem(_line(node), words))

    def _tell(self, problem: Problem) -> None:
        """One more; with the last that is told the reading ends, because each takes a while to find words for."""
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            raise BlueprintError(self.problems)


def _take(node: yaml.Node, name: str) -> yaml.Node | None:
    """The value of this key, which the mapping has no more."""
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            if isinstance(pair[0], yaml.ScalarNode) and pair[0].value == name:
                node.value.remove(pair)
                return pair[1]  # type: ignore[no-any-return]  # PyYAML's stubs leave the pairs open
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
