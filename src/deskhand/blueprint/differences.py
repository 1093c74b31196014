"""Two desks, before and after, in words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from deskhand.blueprint.document import KEYS, Document, Entry
from deskhand.blueprint.schema import LISTS, ListSection


def differences(before: Document, after: Document) -> list[str]:
    """One sentence for each thing that is different, in the file's order. Both are a desk's (`queries.desk_as_document`)."""
    return [*_settings(before, after), *(words for section in LISTS for words in _list(section, before, after))]


def _settings(before: Document, after: Document) -> Iterator[str]:
    for name, key in KEYS.items():
        was, will_be = before.settings.get(name), after.settings.get(name)
        if was != will_be:
            words = _("%(setting)s: %(before)s → %(after)s")
            yield words % {"setting": key.words, "before": key.shape.said(was), "after": key.shape.said(will_be)}


def _list(section: ListSection, before: Document, after: Document) -> Iterator[str]:
    was = {entry.pk: entry for entry in before.lists[section.name]}
    will_be = {entry.pk: entry for entry in after.lists[section.name]}
    for pk, entry in will_be.items():
        if pk not in was:
            yield _said(section, entry, _("is added")) + _details(section, entry)
        elif was[pk] != entry:
            yield from _changed(section, was[pk], entry)
    yield from (_said(section, entry, _("is removed")) for pk, entry in was.items() if pk not in will_be)
    stays_before = [entry.pk for entry in before.lists[section.name] if entry.pk in will_be]
    stays_after = [entry.pk for entry in after.lists[section.name] if entry.pk in was]
    if stays_before != stays_after:
        yield _("%(thing)s: the order is another one") % {"thing": section.thing}


def _changed(section: ListSection, was: Entry, will_be: Entry) -> Iterator[str]:
    if "archived" in will_be.values and was.values["archived"] != will_be.values["archived"]:
        gone = _("is archived; what has it keeps it") if will_be.flag("archived") else _("is restored")
        yield _said(section, was, gone)
    parts = [
        f"{key.words} {key.shape.said(was.values[key.name])} → {key.shape.said(will_be.values[key.name])}"
        for key in section.keys
        if key.name != "archived" and was.values[key.name] != will_be.values[key.name]
    ]
    if was.name != will_be.name and not parts:
        parts = [f"“{was.name}” → “{will_be.name}”"]  # the topic above was renamed
    if parts:
        yield f"{_said(section, was, '')}: {'; '.join(parts)}"


def _said(section: ListSection, entry: Entry, happens: str) -> str:
    name = (
        entry.name
        if section.name == "topics"
        else str(entry.values.get("name") or entry.values.get("label") or entry.name)
    )
    return f"{section.thing} “{name}” {happens}".strip()


def _details(section: ListSection, entry: Entry) -> str:
    """What is special about a new one."""
    parts = [
        f"{key.words} {key.shape.said(entry.values[key.name])}"
        for key in section.keys
        if key.name not in {"name", "label", "customers_read"} and entry.values[key.name] != key.usual
    ]
    return f": {', '.join(parts)}" if parts else ""
