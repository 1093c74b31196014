"""The desk's columns as a blueprint says them, and back."""

from typing import Any, Final

from deskhand.blueprint.document import KEYS
from deskhand.blueprint.schema import Key
from deskhand.blueprint.shapes import Value, parts
from deskhand.core.text import one_line
from deskhand.desk.models import Desk
from deskhand.notifications.matrix import differing

_LABEL: Final = "labels."


def settings_of(desk: Desk) -> dict[str, Value]:
    """Every setting by `section.key`, as it takes effect."""
    return {name: _said(desk, key.column) for name, key in KEYS.items() if key.column}


def columns(desk: Desk, wanted: dict[str, Value]) -> dict[str, Any]:
    """The desk's columns that must change so that it is as `wanted` says; names without a column are only words of the file."""
    there = settings_of(desk)
    different = {KEYS[name].column: value for name, value in wanted.items() if name in there and there[name] != value}
    words = {name.removeprefix(_LABEL): value for name, value in different.items() if name.startswith(_LABEL)}
    kept = {name: _kept(name, value) for name, value in different.items() if not name.startswith(_LABEL)}
    return kept | ({"labels": {name: word for name, word in (desk.labels | words).items() if word}} if words else {})


def setting_at(column: str) -> tuple[str, Key]:
    """Where a column of the desk stands in a file."""
    return next((name, key) for name, key in KEYS.items() if key.column.partition(".")[0] == column)


def _said(desk: Desk, column: str) -> Value:
    match column:
        case "home":
            return tuple(desk.home_blocks)
        case "columns":
            return tuple(desk.list_columns)
        case "tabs":
            return tuple((tab["tab"], tab["name"]) for tab in desk.list_tabs)
        case "file_kinds":
            return tuple(desk.file_kind_slugs)
        case "allowed_domains":
            return tuple(desk.allowed_domains)
        case "return_addresses":
            return tuple(desk.return_addresses)
        case "tips":
            return tuple(dict.fromkeys(filter(None, map(one_line, desk.tips.splitlines()))))  # as people see them, once
        case "mail_matrix":
            return tuple(sorted(name for name, is_on in desk.mail_matrix.items() if not is_on))
    if column.startswith(_LABEL):
        return str(desk.labels.get(column.removeprefix(_LABEL), ""))
    value: Value = getattr(desk, column)
    return value


def _kept(column: str, value: Value) -> Any:  # noqa: ANN401 - a column's
    match column:
        case "home" | "columns" | "allowed_domains" | "return_addresses":
            return list(parts(value))
        case "tabs":
            return [{"tab": tab, "name": name} for tab, name in map(parts, value if isinstance(value, tuple) else ())]
        case "file_kinds":
            return " ".join(parts(value))
        case "tips":
            return "\n".join(parts(value))
        case "mail_matrix":
            return differing(dict.fromkeys(parts(value), False))
    return value
