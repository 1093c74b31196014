"""What a mail says, and how it looks: text and HTML from one layout.

A letter is rendered before a transaction opens, in the reader's language and time zone (`for_reader`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import jinja2
from django.conf import settings
from django.template import engines
from django.utils import timezone, translation

from deskhand.accounts.models import User
from deskhand.desk.queries import current_desk

LONGEST_SUBJECT: Final = 230


@dataclass(frozen=True, slots=True)
class Said:
    """A message, in full. `html` is sanitized; `files` are the names of what came with it and is in the ticket only."""

    name: str
    at: datetime
    text: str
    html: str
    is_note: bool = False
    is_redacted: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a mail. `headline` is what changed, in one line; `sentences` what else did, `words` what that means.

    `facts` are names and values; `why` says why the reader got it, `choose` is the page where they choose which mails they get.
    `secret` is the link or code that only the recipient may read; then `link` or `code` holds `models.MASK`.
    """

    subject: str
    headline: str
    sentences: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    said: tuple[Said, ...] = ()
    code: str = ""
    link: str = ""
    link_words: str = ""
    after: tuple[str, ...] = ()
    why: str = ""
    choose: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it is stored and sent."""

    subject: str
    text: str
    html: str
    secret: str


def render(letter: Letter) -> Rendered:
    """Both bodies of a letter. User text is data: it is escaped in HTML and never run as a template (C14)."""
    html = engines["jinja2"].env.get_template("mail/letter.html")  # type: ignore[attr-defined]  # Django's Jinja2
    text = _plain().get_template("mail/letter.txt")
    return Rendered(
        subject=letter.subject[:LONGEST_SUBJECT],
        text=text.render(letter=letter).strip() + "\n",
        html=html.render(letter=letter),
        secret=letter.secret,
    )


@contextmanager
def for_reader(user: User | None) -> Iterator[None]:
    """Words and times as this person reads them; the desk's where they chose none."""
    zone = (user.time_zone if user else "") or current_desk().time_zone
    language = (user.language if user else "") or settings.LANGUAGE_CODE
    with timezone.override(ZoneInfo(zone)), translation.override(language):
        yield


@cache
def _plain() -> jinja2.Environment:
    environment: jinja2.Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # as above
    return environment.overlay(autoescape=False)
