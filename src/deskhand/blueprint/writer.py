"""What a blueprint says → a file that reads like documentation. The same desk gives the same file, byte by byte."""

from collections.abc import Iterator, Mapping
from typing import Final

from deskhand.blueprint.document import Document, Entry
from deskhand.blueprint.schema import FORMAT, LISTS, SECTIONS, SEPARATOR, Key, ListSection
from deskhand.blueprint.shapes import quoted

HEAD: Final = """\
# This desk as a file. Change it, look at what would happen, and bring it back:
#
#   deskhand blueprint diff FILE
#   deskhand blueprint import FILE
#
# What the file does not mention stays as it is. A list that stands here is the whole list: what you take out of it is
# removed, or archived if tickets hold it. Teams and products are never removed. Things are known by their names:
# priorities, products and fields by the word before the colon, topics by their path ("IT support › E-mail"), the others
# by their name; a status that is alone in its category may be renamed. People, tickets, purchases and passwords are
# never in this file.
"""


def write(document: Document) -> str:
    """The whole file."""
    return HEAD + "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield f"format: {FORMAT}"
    for section in SECTIONS:
        there = [key for key in section.keys if f"{section.name}.{key.name}" in document.settings]
        if there:
            yield from ("", f"# {section.comment}", f"{section.name}:")
            for key in there:
                yield from _key(key, document.settings, f"{section.name}.{key.name}", "  ")
    for listed in LISTS:
        if listed.name in document.lists:
            yield from ("", f"# {listed.comment}")
            yield from _list(listed, document.lists[listed.name])


def _list(section: ListSection, entries: tuple[Entry, ...]) -> Iterator[str]:
    if not entries:
        yield f"{section.name}: {'{}' if section.is_mapping else '[]'}"
        return
    yield f"{section.name}:"
    if section.name == "topics":
        yield from _topics(section, entries, "", "  ")
        return
    for entry in entries:
        if section.is_mapping:
            yield f"  {quoted(entry.name)}:"
            yield from _entry(section, entry, "    ", "    ")
        else:
            yield from _entry(section, entry, "  - ", "    ")


def _topics(section: ListSection, entries: tuple[Entry, ...], above: str, indent: str) -> Iterator[str]:
    for entry in entries:
        if entry.name != above + entry.text("name"):
            continue
        yield from _entry(section, entry, f"{indent}- ", f"{indent}  ")
        path = entry.name + SEPARATOR
        if below := tuple(each for each in entries if each.name.startswith(path)):
            yield f"{indent}  topics:"
            yield from _topics(section, below, path, f"{indent}    ")


def _entry(section: ListSection, entry: Entry, first: str, rest: str) -> Iterator[str]:
    """What differs from the usual; a thing's name and meaning always."""
    indent = first
    for key in section.keys:
        usual = entry.values.get("name") if key.name == "customers_read" else key.usual
        if key in section.needed or entry.values[key.name] != usual:
            yield from _key(key, entry.values, key.name, indent)
            indent = rest


def _key(key: Key, values: Mapping[str, object], name: str, indent: str) -> Iterator[str]:
    first, *more = key.shape.written(values[name]).split("\n")  # type: ignore[arg-type]  # each shape takes what it has read
    yield f"{indent}{key.name}: {first}"
    deeper = " " * len(indent) + "  "
    yield from (f"{deeper}{line}" if line else "" for line in more)
