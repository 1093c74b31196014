"""What a desk asks beside subject and message: which fields, of whom, and what may be answered (S4.6 to S4.8).

A value is kept in `Ticket.fields` under the field's slug, only if it says something. How it looks there, by kind:

| kind | kept as | a form sends |
|---|---|---|
| line, text, choice | text | text |
| number | decimal text, "12.5" | text; "12,5" is the same |
| date | ISO text, "2026-03-31" | the same |
| several | list of texts in the order of the options | list of texts |
| checkbox | true | true or false |

A condition on a checkbox says "yes" or "no"; one without a value holds as soon as the other field has any. Reads only what
`words()` keeps: no query.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from deskhand.core import text
from deskhand.tickets.errors import ChangeError
from deskhand.tickets.models.choices import Topic
from deskhand.tickets.models.field import Access, Field
from deskhand.tickets.models.ticket import Ticket
from deskhand.tickets.words import Words, words, words_with

Value = str | list[str] | bool

LONGEST_LINE: Final = 200
LONGEST_TEXT: Final = 10_000
YES: Final = "yes"
NO: Final = "no"
_MAY_WRITE: Final = frozenset({Access.WRITE, Access.REQUIRED})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,6})?")
_THOUSANDS: Final = re.compile(r",[0-9]{3}$")  # 1,500 is 1.5 to one reader and 1500 to another
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TICKED: Final = frozenset({"on", "true", "1", YES})
_UNTICKED: Final = frozenset({"", "off", "false", "0", NO})


class FieldsError(ChangeError):
    """Some answers cannot be kept. `errors` says what is wrong with each, by slug, in the reader's words."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer ready to be read."""

    slug: str
    label: str
    words: str


def fields_of(topic: Topic, *, as_staff: bool) -> list[Field]:
    """What this topic asks, in order: global fields, its own and those of the topics above. Customers: not the hidden ones."""
    return [field for field in _asked(topic) if access(field, as_staff=as_staff) != Access.HIDDEN]


def access(field: Field, *, as_staff: bool) -> Access:
    """What this audience may do with it."""
    return Access(field.staff if as_staff else field.customers)


def is_shown(field: Field, values: Mapping[str, object]) -> bool:
    """Does its condition hold? Without one it always does."""
    other = words().fields.get(field.shown_if_id) if field.shown_if_id else None
    if other is None:
        return field.shown_if_id is None
    value = values.get(other.slug)
    if other.kind == Field.Kind.CHECKBOX:
        is_ticked = value is True or (isinstance(value, str) and value.lower() in _TICKED)
        return is_ticked is (field.shown_value.lower() != NO)
    if not field.shown_value:
        return bool(value)
    return field.shown_value in value if isinstance(value, list) else value == field.shown_value


def checked(
    topic: Topic, given: Mapping[str, object], *, as_staff: bool, before: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """The values to keep, from what a form sent and what was there before.

    Only what this topic asks counts (S4.7). What `given` does not name, or this audience may not write, stays as it was; the
    value of a field of another topic goes, and so does one whose condition does not hold, which is not required either.
    Raises FieldsError.
    """
    was = before or {}
    asked = _asked(topic)
    values, errors = _kept_aside(was), {}
    for field in asked:
        old = was.get(field.slug)
        value = old
        if access(field, as_staff=as_staff) in _MAY_WRITE and field.slug in given:
            try:
                value = _read(field, given[field.slug], old)
            except ValueError as error:
                errors[field.slug] = str(error)
        if value:
            values[field.slug] = value
    shown = _shown(asked, values)
    for field in asked:
        if field not in shown:
            values.pop(field.slug, None)
            errors.pop(field.slug, None)
        elif field.slug not in values and access(field, as_staff=as_staff) == Access.REQUIRED:
            errors.setdefault(field.slug, _("Please fill this in."))
    if errors:
        raise FieldsError(errors)
    return values


def shown_values(ticket: Ticket, *, as_staff: bool) -> list[Shown]:
    """The ticket's answers, in order. Staff also read those of fields that are no longer asked."""
    fields = list(words().fields.values()) if as_staff else fields_of(ticket.topic, as_staff=False)
    found = [(field, ticket.fields.get(field.slug)) for field in fields]
    return [Shown(field.slug, field.label, in_words(field, value)) for field, value in found if value]


def in_words(field: Field, value: Value | None) -> str:
    """A value as a reader wants it; an empty text for none."""
    match value:
        case None | False:
            return ""
        case True:
            return _("Yes")
        case list():
            return ", ".join(value)
        case _:
            is_date = field.kind == Field.Kind.DATE and _DATE.fullmatch(value)
            return date_format(date.fromisoformat(value), "j M Y") if is_date else value


def by_slug(slug: str) -> Field | None:
    """The field with this slug, an archived one too."""
    return next((field for field in words().fields.values() if field.slug == slug), None)


def _asked(topic: Topic) -> list[Field]:
    """Every field of the topic that is in use, whoever may see it."""
    known = words_with(topic)
    return [field for field in known.fields.values() if not field.is_archived and _belongs(field, topic, known)]


def _belongs(field: Field, topic: Topic, known: Words) -> bool:
    if field.is_global:
        return True
    given_to = known.asked_in.get(field.pk, frozenset())
    return any(above.pk in given_to for above in known.lineage(topic.pk))


def _kept_aside(before: Mapping[str, Value]) -> dict[str, Value]:
    """What nobody is asked for any more, or not yet in this process."""
    in_use = {field.slug for field in words().fields.values() if not field.is_archived}
    return {slug: value for slug, value in before.items() if slug not in in_use}


def _shown(asked: Sequence[Field], values: Mapping[str, Value]) -> list[Field]:
    """Those whose conditions hold, and the conditions of what they hang on; fields that hang on each other end it, too."""
    shown, left = list(asked), dict(values)
    while True:
        hidden = [field for field in shown if not is_shown(field, left)]
        if not hidden:
            return shown
        for field in hidden:
            shown.remove(field)
            left.pop(field.slug, None)


def _read(field: Field, given: object, old: Value | None) -> Value:
    """What a form sent, as it is kept. Raises ValueError in the reader's words."""
    match field.kind:
        case Field.Kind.CHECKBOX:
            return _tick(given)
        case Field.Kind.SEVERAL:
            return _several(field, given, old)
    if not isinstance(given, str):
        raise ValueError(_("Please write a text here."))
    match field.kind:
        case Field.Kind.TEXT:
            return _at_most(LONGEST_TEXT, text.paragraphs(given).strip())
        case Field.Kind.NUMBER:
            return _number(text.one_line(given))
        case Field.Kind.DATE:
            return _day(text.one_line(given))
        case Field.Kind.CHOICE:
            return _choice(field, text.one_line(given), old)
        case _:
            return _at_most(LONGEST_LINE, text.one_line(given))


def _at_most(length: int, value: str) -> str:
    if len(value) > length:
        raise ValueError(
            _("Please shorten this to %(most)d characters; it has %(has)d.") % {"most": length, "has": len(value)}
        )
    return value


def _number(line: str) -> str:
    written = unicodedata.normalize("NFKC", line)
    if not written:
        return ""
    if not _NUMBER.fullmatch(written) or _THOUSANDS.search(written):
        raise ValueError(_("Please write a number, such as 12 or 12.5."))
    number = Decimal(written.replace(",", "."))
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain if number else "0"


def _day(line: str) -> str:
    if not line:
        return ""
    wrong = _("Please write a date as year-month-day, such as 2026-03-31.")
    if not _DATE.fullmatch(line):
        raise ValueError(wrong)
    try:
        return date.fromisoformat(line).isoformat()
    except ValueError:
        raise ValueError(wrong) from None


def _choice(field: Field, line: str, old: Value | None) -> str:
    """One of the options; one that is no longer offered may stay."""
    if line and line not in field.options and line != old:
        raise ValueError(_("Please choose one of the list."))
    return line


def _several(field: Field, given: object, old: Value | None) -> list[str]:
    chosen = [given] if isinstance(given, str) else given
    if not isinstance(chosen, list | tuple) or not all(isinstance(item, str) for item in chosen):
        raise ValueError(_("Please choose from the list."))
    lines = {line for item in chosen if (line := text.one_line(item))}
    stays = [item for item in old if item not in field.options] if isinstance(old, list) else []
    offered = [*field.options, *stays]
    if not lines <= set(offered):
        raise ValueError(_("Please choose from the list."))
    return [option for option in offered if option in lines]


def _tick(given: object) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in _TICKED | _UNTICKED:
        return given.lower() in _TICKED
    raise ValueError(_("Please tick it or leave it."))
