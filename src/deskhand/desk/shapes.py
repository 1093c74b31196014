"""What the desk's settings may hold beyond the type of their columns; `desk.changes.configure` refuses everything else."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from deskhand.core import text
from deskhand.core.kinds import KINDS
from deskhand.core.zones import time_zones
from deskhand.desk import labels
from deskhand.desk.address import is_local, public_address
from deskhand.desk.layout import Block, Column, Tab
from deskhand.desk.models import Desk

LONGEST_NAME: Final = 40  # characters of a tab's own name
LONGEST_ANNOUNCEMENT: Final = 2_000
LONGEST_GUIDE: Final = 5_000
MOST_TIPS: Final = 12
LONGEST_TIP: Final = 200
MOST_DAYS: Final = 365
MOST_DOMAINS: Final = 100
LONGEST_SUBJECT: Final = 200  # characters, with whatever setting: what a ticket's row keeps
SHORTEST_LIMIT: Final = 20  # nobody can say what is wrong in fewer
LONGEST_MESSAGE: Final = 100_000
MOST_RETURNS: Final = 20
LONGEST_ANSWER: Final = 2_000
REASSIGNED: Final = ("", "open", "in_progress", "waiting")  # what another assignee can make of a ticket (S1.c9)


def check(desk: Desk) -> None:
    """Raises ValidationError with what is wrong by column, in words for whoever set it."""
    wrong = {name: list(rule(getattr(desk, name), desk)) for name, rule in _RULES.items()}
    if found := {name: sentences for name, sentences in wrong.items() if sentences}:
        raise ValidationError(found)


def _is_line(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and value == text.one_line(value)


def _labels(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, dict):
        yield _("Words are a list of names and what they are called.")
        return
    for key, word in value.items():
        if key not in labels.LABELS:
            yield _("“%(key)s” is none of the words: %(known)s.") % {"key": key, "known": ", ".join(labels.LABELS)}
        elif not word or not _is_line(word, labels.LONGEST):
            yield _("“%(word)s” must be one line of 1 to %(most)d characters.") % {
                "word": labels.LABELS[key], "most": labels.LONGEST,
            }  # fmt: skip


def _members(of: type[TextChoices]) -> Callable[[Any, Desk], Iterator[str]]:
    def rule(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
        if not isinstance(value, list):
            yield _("This must be a list.")
            return
        yield from _each_once(value, of)

    return rule


def _each_once(value: list[Any], of: type[TextChoices]) -> Iterator[str]:
    for number, item in enumerate(value):
        if item not in of.values:
            yield _("“%(item)s” is none of: %(known)s.") % {"item": item, "known": ", ".join(of.values)}
        elif item in value[:number]:
            yield _("“%(item)s” is there twice.") % {"item": of(item).label}


def _columns(value: Any, desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    yield from _members(Column)(value, desk)
    if value and Column.SUBJECT not in value:
        yield _("The subject must be among the columns: it opens the ticket.")


def _tabs(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, list) or not all(isinstance(tab, dict) and set(tab) == {"tab", "name"} for tab in value):
        yield _("Tabs are a list, each with “tab” and “name”.")
        return
    yield from _each_once([tab["tab"] for tab in value], Tab)
    if not all(_is_line(tab["name"], LONGEST_NAME) for tab in value):
        yield _("The name of a tab must be one line of at most %(most)d characters.") % {"most": LONGEST_NAME}


def _text(longest: int) -> Callable[[str, Desk], Iterator[str]]:
    def rule(value: str, _desk: Desk) -> Iterator[str]:
        if len(value) > longest:
            yield _("At most %(most)d characters, please; these are %(count)d.") % {
                "most": longest,
                "count": len(value),
            }
        if value != text.paragraphs(value):
            yield _("This holds characters that no keyboard writes.")

    return rule


def _tips(value: str, desk: Desk) -> Iterator[str]:
    yield from _text(MOST_TIPS * (LONGEST_TIP + 1))(value, desk)
    lines = value.splitlines()
    if len(lines) > MOST_TIPS or any(len(line) > LONGEST_TIP for line in lines):
        yield _("At most %(lines)d lines of at most %(most)d characters, please.") % {
            "lines": MOST_TIPS, "most": LONGEST_TIP,
        }  # fmt: skip


def _zone(value: str, _desk: Desk) -> Iterator[str]:
    if value not in time_zones():
        yield _("“%(zone)s” is no time zone.") % {"zone": value}


def _address(value: str, _desk: Desk) -> Iterator[str]:
    try:
        if value and (public_address(value) != value or is_local(value)):
            yield _("Write it as https://help.example.com.")
    except ValidationError as error:
        yield from error.messages


def _domains(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, list) or not all(isinstance(domain, str) for domain in value):
        yield _("This must be a list.")
    elif len(value) > MOST_DOMAINS:
        yield _("That are more than %(most)s domains.") % {"most": MOST_DOMAINS}


def _kinds(value: str, _desk: Desk) -> Iterator[str]:
    if unknown := [slug for slug in value.split() if slug not in KINDS]:
        yield _("“%(item)s” is none of: %(known)s.") % {"item": unknown[0], "known": ", ".join(KINDS)}


def _reopen(value: int | None, _desk: Desk) -> Iterator[str]:
    if value is not None and value > MOST_DAYS:
        yield _("At most %(most)d days, or none at all.") % {"most": MOST_DAYS}


def _auto_close(value: int | None, _desk: Desk) -> Iterator[str]:
    if value is not None and not 1 <= value <= MOST_DAYS:
        yield _("Between 1 and %(most)d days, or none at all.") % {"most": MOST_DAYS}


def _warning(value: int, desk: Desk) -> Iterator[str]:
    shortest = min((days for days in (desk.auto_close_days, desk.close_waiting_days) if days is not None), default=None)
    if shortest is not None and value >= shortest:
        yield _("The warning must leave before the ticket closes: fewer days than %(days)d.") % {"days": shortest}


def _limit(most: int) -> Callable[[int | None, Desk], Iterator[str]]:
    def rule(value: int | None, _desk: Desk) -> Iterator[str]:
        if value is not None and not SHORTEST_LIMIT <= value <= most:
            yield _("Between %(least)d and %(most)d characters, or no limit at all.") % {
                "least": SHORTEST_LIMIT, "most": most,
            }  # fmt: skip

    return rule


def _short(value: int | None, desk: Desk) -> Iterator[str]:
    if value is not None and desk.longest_message is not None and value >= desk.longest_message:
        yield _("Ask for more below a number of characters that a message may have: fewer than %(most)d.") % {
            "most": desk.longest_message
        }


def _reassigned(value: str, _desk: Desk) -> Iterator[str]:
    if value not in REASSIGNED:
        yield _("“%(item)s” is none of: %(known)s.") % {"item": value, "known": ", ".join(filter(None, REASSIGNED))}


def _returns(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, list) or not all(isinstance(address, str) for address in value):
        yield _("This must be a list.")
        return
    if len(value) > MOST_RETURNS:
        yield _("At most %(most)d addresses, please.") % {"most": MOST_RETURNS}
    for address in value:
        try:
            is_kept = public_address(address) == address
        except ValidationError:
            is_kept = False
        if not is_kept:
            yield _("“%(address)s”: write it as https://shop.example.com, without what follows the host.") % {
                "address": address
            }


def _matrix(value: Any, _desk: Desk) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, dict) or not all(isinstance(is_on, bool) for is_on in value.values()):
        yield _("Each mail is either on or off.")


_RULES: Final[dict[str, Callable[[Any, Desk], Iterator[str]]]] = {
    "time_zone": _zone,
    "public_url": _address,
    "allowed_domains": _domains,
    "file_kinds": _kinds,
    "reopen_days": _reopen,
    "auto_close_days": _auto_close,
    "close_waiting_days": _auto_close,
    "auto_close_warning_days": _warning,
    "labels": _labels,
    "home": _members(Block),
    "columns": _columns,
    "tabs": _tabs,
    "announcement": _text(LONGEST_ANNOUNCEMENT),
    "guide": _text(LONGEST_GUIDE),
    "tips": _tips,
    "mail_matrix": _matrix,
    "longest_subject": _limit(LONGEST_SUBJECT),
    "longest_message": _limit(LONGEST_MESSAGE),
    "short_message": _short,
    "status_on_reassign": _reassigned,
    "mailbox_answer": _text(LONGEST_ANSWER),
    "return_addresses": _returns,
}
