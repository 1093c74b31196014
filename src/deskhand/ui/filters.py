"""How times, counts and people read on a page. A page reads the clock here; nothing below the surfaces does."""

from datetime import datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

COUNTED = 1000  # queries stop counting at one more than this
HUES = 12


def ago(moment_at: datetime) -> str:
    """How long ago, as a person says it: "22 min ago", "yesterday", "14 Nov", "14 Nov 2025"."""
    now, then = timezone.localtime(), timezone.localtime(moment_at)
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d min ago", "%(count)d min ago", minutes) % {"count": minutes}
    if now.date() == then.date():
        return ngettext("%(count)d h ago", "%(count)d h ago", minutes // 60) % {"count": minutes // 60}
    if now.date() - then.date() == timedelta(days=1):
        return _("yesterday")
    return _day(then, now)


def moment(moment_at: datetime) -> str:
    """Date and time in the reader's time zone: "14 Nov 2026, 09:12"."""
    return dateformat.format(timezone.localtime(moment_at), pgettext("date and time", "j M Y, H:i"))


def clock(moment_at: datetime) -> str:
    """The time if it was today, else day and time: "09:12", "14 Nov, 09:12"."""
    now, then = timezone.localtime(), timezone.localtime(moment_at)
    at = dateformat.format(then, pgettext("time", "H:i"))
    if now.date() == then.date():
        return at
    return _("%(day)s, %(time)s") % {"day": _day(then, now), "time": at}


def count(number: int) -> str:
    """A number as it is shown; past 1,000 nobody counted further: "1,000+"."""
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


def hue(person_pk: int | None) -> int:
    """One of twelve colors for a person's avatar, always the same one for the same person."""
    return (person_pk or 0) * 5 % HUES


def _day(then: datetime, now: datetime) -> str:
    if then.year == now.year:
        return dateformat.format(then, pgettext("day", "j M"))
    return dateformat.format(then, pgettext("day of another year", "j M Y"))
