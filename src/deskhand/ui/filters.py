"""How times, counts and people read on a page. A page reads the clock here; nothing below the surfaces does."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django.utils import dateformat, timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

COUNTED = 1000  # queries stop counting at one more than this
HUES = 12
MB = 1_048_576  # bytes, as an operating system counts


def ago(moment_at: datetime) -> str:
    """How long ago, as a person says it: "22 min ago", "yesterday", "14 Nov", "14 Nov 2025"."""
    now = timezone.now()
    minutes = int((now - moment_at).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d min ago", "%(count)d min ago", minutes) % {"count": minutes}
    return _long_ago(moment_at, min(minutes // 60, 25), *_reader(now))


def moment(moment_at: datetime) -> str:
    """Date and time in the reader's time zone: "14 Nov 2026, 09:12"."""
    return _moment(moment_at, timezone.get_current_timezone(), translation.get_language())


def clock(moment_at: datetime) -> str:
    """The time if it was today, else day and time: "09:12", "14 Nov, 09:12"."""
    return _clock(moment_at, *_reader(timezone.now()))


def by_when(moment_at: datetime) -> str:
    """A moment to come, as a person says it: "11:15" today, "Tue 11:15" within a week, later "14 Nov, 11:15"."""
    now, then = timezone.localtime(), timezone.localtime(moment_at)
    if now.date() < then.date() < now.date() + timedelta(days=7):
        return dateformat.format(then, pgettext("weekday and time", "D H:i"))
    return clock(moment_at)


def day(value: date) -> str:
    """A calendar day, the same in every time zone: "14 Nov 2026"."""
    return dateformat.format(value, pgettext("day of another year", "j M Y"))


def money(amount: Decimal, currency: str) -> str:
    """What was paid, with the currency as it was told, in ISO's letters: "1,049.00 EUR"."""
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)} {currency}".strip()


def count(number: int) -> str:
    """A number as it is shown; past 1,000 nobody counted further: "1,000+"."""
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


def number(value: int) -> str:
    """A number as people write it: "1,000"."""
    return number_format(value, force_grouping=True)


def megabytes(size: int) -> str:
    """Bytes as MB of 1,048,576 with one decimal, rounded up, so that one byte too much shows: "12.4", "30", "30.1"."""
    tenths = -(-size * 10 // MB)
    return number_format(tenths // 10 if tenths % 10 == 0 else tenths / 10)


def bytes_in_words(number: int) -> str:
    """How large a file is: "1 kB", "240 kB", "2.1 MB"."""
    if number < MB:
        return _("%(number)s kB") % {"number": number_format(max(1, -(-number // 1024)))}
    return _("%(number)s MB") % {"number": megabytes(number)}


def hue(person_pk: int | None) -> int:
    """One of twelve colors for a person's avatar, always the same one for the same person."""
    return (person_pk or 0) * 5 % HUES


# A page says 13 to 50 moments, most of them said before: to look one up takes 1 µs, to work it out 10 to 30.


def _reader(now: datetime) -> tuple[date, tzinfo, str | None]:
    """What the words for a moment hang on: the reader's day, time zone and language (which must be the active ones)."""
    return timezone.localdate(now), timezone.get_current_timezone(), translation.get_language()


@lru_cache(maxsize=5_000)
def _long_ago(moment_at: datetime, hours: int, today: date, zone: tzinfo, language: str | None) -> str:
    then = moment_at.astimezone(zone)
    if then.date() == today:
        return ngettext("%(count)d h ago", "%(count)d h ago", hours) % {"count": hours}
    if today - then.date() == timedelta(days=1):
        return _("yesterday")
    return _day(then, today)


@lru_cache(maxsize=5_000)
def _moment(moment_at: datetime, zone: tzinfo, language: str | None) -> str:
    return dateformat.format(moment_at.astimezone(zone), pgettext("date and time", "j M Y, H:i"))


@lru_cache(maxsize=5_000)
def _clock(moment_at: datetime, today: date, zone: tzinfo, language: str | None) -> str:
    then = moment_at.astimezone(zone)
    at = dateformat.format(then, pgettext("time", "H:i"))
    return at if then.date() == today else _("%(day)s, %(time)s") % {"day": _day(then, today), "time": at}


def _day(then: datetime, today: date) -> str:
    words = pgettext("day", "j M") if then.year == today.year else pgettext("day of another year", "j M Y")
    return dateformat.format(then, words)


KEPT: Final = (_long_ago, _moment, _clock)
