"""JSON as strictly as it can be read: what two programs could understand differently is refused (F11)."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from deskhand.api.problems import Problem, wrong

_DEEPEST: Final = 20  # no schema of ours goes deeper than three
_LONGEST_NUMBER: Final = 40  # digits, sign and point


def read(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What the body says; numbers with a point as Decimal. Raises Problem 422.

    Refused: a name twice in one object, NaN, half characters, NUL, numbers and nestings that no schema has.
    """
    try:
        found = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise wrong("body", _("This is not JSON as we read it: %(why)s") % {"why": _why(error)}) from None
    for path, said in _unfit(found, ()):
        raise wrong(".".join(path) or "body", said)
    return found


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error.args[0] if error.args else error)[:200]


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(_("a name stands twice in one object"))
        found[name] = value
    return found


def _decimal(written: str) -> Decimal:
    if len(written) > _LONGEST_NUMBER:
        raise ValueError(_("a number is too long"))
    return Decimal(written)


def _integer(written: str) -> int:
    if len(written) > _LONGEST_NUMBER:
        raise ValueError(_("a number is too long"))
    return int(written)


def _no_number(_written: str) -> None:
    raise ValueError(_("NaN and Infinity are no numbers"))


def _unfit(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401 - whatever JSON holds
    """Where a text cannot be kept, or something lies too deep."""
    if len(path) > _DEEPEST:
        yield path[:3], _("This is nested too deeply.")
        return
    match value:
        case str() if not is_text(value):
            yield path, _("This holds characters that are none.")
        case dict():
            for name, each in value.items():
                if not is_text(name):
                    yield path, _("This holds characters that are none.")
                else:
                    yield from _unfit(each, (*path, name[:80]))
        case list():
            for number, each in enumerate(value):
                yield from _unfit(each, (*path, str(number)))


def is_text(value: str) -> bool:
    """Can both databases keep it? NUL and half of a surrogate pair are no characters."""
    return "\x00" not in value and (value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value))


class Strict(Parser):
    """ninja's way to a body; what it refuses passes through as the cause of ninja's own refusal."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body of a request."""
        found = read(request.body)
        if not isinstance(found, dict):
            raise Problem(422, errors={"body": _("This must be an object.")})
        return found
