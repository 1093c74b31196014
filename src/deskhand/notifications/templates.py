"""The desk's own words in mails: text with placeholders of a closed list.

It is never a program (C14): one pass replaces `{number}` and its like by what they stand for, and what comes in that way is not
looked at again. Anything else in braces or behind a percent sign is literal text.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deskhand.core import audit, text
from deskhand.desk import changes as desk_changes
from deskhand.desk.queries import Kept
from deskhand.notifications.matrix import CELLS, CUSTOMERS, STAFF, About
from deskhand.notifications.models import Template

LONGEST_HEADLINE: Final = 200
LONGEST_TEXT: Final = 5_000
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


class Group(models.TextChoices):
    """Who reads it."""

    CUSTOMER = "customer", _("To customers")
    STAFF = "staff", _("To staff")


Wording = Callable[[About, Group], tuple[str, str]]  # headline and text for a mail; empty where it reads as usual


class TemplateError(Exception):
    """These words cannot be used."""


class UnknownTemplateError(TemplateError):
    """No mail has this name."""


class UnknownPlaceholderError(TemplateError):
    """It says `{this}`, and nothing stands for that; the argument is the name."""


class TooLongError(TemplateError):
    """More than a mail should say."""


_ALWAYS: Final[dict[str, Promise]] = {
    "number": _("The ticket’s number"),
    "subject": _("The ticket’s subject"),
    "requester": _("Who opened the ticket"),
    "by": _("Who did what the mail is about"),
    "assignee": _("Who looks after the ticket"),
    "status": _("Its status, as the reader calls it"),
    "priority": _("Its priority"),
    "topic": _("Its topic"),
    "desk": _("The name of the desk"),
    "link": _("The address of the ticket"),
}
_NAME: Final[dict[str, Promise]] = {"name": _("The reader’s name")}
_PROMISE: Final[dict[str, Promise]] = {"promise": _("A sentence: when the customer hears from the desk")}
_OWN: Final[dict[About, dict[str, Promise]]] = {
    About.OPENED: _PROMISE,
    About.DETAILS: _PROMISE,
    About.CLOSING: {"date": _("The day on which it will be closed")},
    About.REFUSED: {"attempts": _("How many solutions were not accepted")},
}
KEYS: Final[dict[str, tuple[About, Group]]] = {
    f"{kind.value}-{group.value}": (kind, group)
    for kind, hearers in CELLS.items()
    for group, of_group in ((Group.CUSTOMER, CUSTOMERS), (Group.STAFF, STAFF))
    if any(each in of_group for each in hearers)
}


def key(kind: About, group: Group) -> str:
    """How the words for this mail are called."""
    return f"{kind.value}-{group.value}"


def placeholders(kind: About, group: Group) -> dict[str, Promise]:
    """What may stand in these words, and what it means. Staff share one mail, so it cannot call its reader by name."""
    return {**(_NAME if group is Group.CUSTOMER else {}), **_ALWAYS, **_OWN.get(kind, {})}


def check(kind: About, group: Group, words: str) -> None:
    """Raises UnknownPlaceholderError for the first one that stands for nothing."""
    known = placeholders(kind, group)
    for found in _PLACEHOLDER.finditer(words):
        if found[1] not in known:
            raise UnknownPlaceholderError(found[1])


def filled(words: str, values: Mapping[str, str]) -> str:
    """The words with each placeholder replaced, once; data that looks like a placeholder stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), words)


def save_template(*, by: AbstractBaseUser | None, at: datetime, key: str, headline: str, text: str) -> None:
    """The desk's words for one mail; empty ones read as usual. One audit entry; unchanged words write nothing.

    Raises UnknownTemplateError, UnknownPlaceholderError, TooLongError.
    """
    after = checked(key, headline=headline, text=text)
    with transaction.atomic():
        row = Template.objects.filter(key=key).first() or Template(key=key)
        before = {"headline": row.headline, "text": row.text}
        if before == after:
            return
        row.headline, row.text = after["headline"], after["text"]
        row.save()
        audit.record("mail.worded", by=by, at=at, subject=f"mail:{key}", before=before, after=after)
        desk_changes.touch()


def checked(key: str, *, headline: str, text: str) -> dict[str, str]:
    """The words as they would be kept. Raises what `save_template` raises."""
    if key not in KEYS:
        raise UnknownTemplateError(key)
    clean = _clean(headline, text)
    if len(clean["headline"]) > LONGEST_HEADLINE or len(clean["text"]) > LONGEST_TEXT:
        raise TooLongError
    for words in clean.values():
        check(*KEYS[key], words)
    return clean


def _clean(headline: str, body: str) -> dict[str, str]:
    return {"headline": text.one_line(headline), "text": text.paragraphs(body).strip()}


def _read() -> dict[str, Template]:
    return {row.key: row for row in Template.objects.all()}


kept = Kept(_read)  # by key; mails ask it without a query


def own_words(kind: About, group: Group) -> tuple[str, str]:
    """The desk's headline and text for this mail; empty where it reads as usual."""
    row = kept().get(key(kind, group))
    return (row.headline, row.text) if row else ("", "")
