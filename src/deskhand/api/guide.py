"""The addresses for people: what the schema says, as a page."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from deskhand.api.v1 import schema


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a request."""

    name: str
    kind: str
    is_needed: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What one address does with one method."""

    method: str
    path: str
    meaning: list[str]  # paragraphs
    needs_token: bool
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations about one thing."""

    name: str
    operations: list[Operation]


@cache
def groups() -> list[Group]:
    """All operations, in the order of the routers."""
    found = schema()
    told: dict[str, list[Operation]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            for tag in operation["tags"]:
                told.setdefault(tag, []).append(_operation(method, path, operation, found["components"]["schemas"]))
    return [Group(name, operations) for name, operations in told.items()]


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    asked = [
        Part(each["name"], _kind(each["schema"], schemas), each["required"], _plain(each))
        for each in operation["parameters"]
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        method=method.upper(), path=path, meaning=_plain(operation).split("\n\n"),
        needs_token="security" in operation, parts=asked + _parts(body, schemas),
    )  # fmt: skip


def _parts(body: dict[str, Any], schemas: dict[str, Any]) -> list[Part]:
    """The fields of an object; one that may be left out says so by a choice between it and null."""
    chosen = next((each for each in body.get("anyOf", [body]) if "$ref" in each), body)
    found = _named(chosen, schemas)
    needed = set(found.get("required", ()))
    return [
        Part(name, _kind(each, schemas), name in needed, _plain(each))
        for name, each in found.get("properties", {}).items()
    ]


def _kind(found: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A type in a few letters."""
    if "anyOf" in found:
        return " | ".join(_kind(each, schemas) for each in found["anyOf"] if each.get("type") != "null")
    if "allOf" in found:
        return _kind(found["allOf"][0], schemas)
    if "$ref" in found:
        return _kind(_named(found, schemas), schemas)
    if "enum" in found:
        return " | ".join(map(str, found["enum"]))
    return str(found.get("format") or found.get("type", ""))


def _plain(found: dict[str, Any]) -> str:
    return str(found.get("description", "")).replace("`", "")


def _named(found: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    name = found.get("$ref", "").rpartition("/")[2]
    return dict(schemas[name]) if name else found
