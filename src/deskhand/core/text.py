"""Clean text at the border: what comes in from a form, a header or a mail, before anybody stores it."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[0-9]{1,18}")  # fits into a 64-bit key
_SPACE = re.compile(r"\s+")


def _encodable(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")


def one_line(value: str) -> str:
    """A name or a subject: one line, no control or direction marks, single spaces, at most what a header can carry."""
    return _SPACE.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFC", _encodable(value)))).strip()


def paragraphs(value: str) -> str:
    """A message: newlines are LF, control characters are gone, nothing else is touched."""
    return _CONTROL.sub("", _encodable(value).replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


def number(written: str) -> int | None:
    """A number of a row or a ticket as it stands in an address or a search, `42` or `#42`; None for anything else."""
    digits = written.removeprefix("#")
    return int(digits) if _NUMBER.fullmatch(digits) else None


def excerpt(value: str, length: int = 140) -> str:
    """The first words of a text on one line, cut at a word with an ellipsis."""
    line = one_line(value[: length * 4])
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(".,;:") + "…"


def initials(name: str) -> str:
    """Two letters for an avatar: the first of the first and of the last word."""
    words = [word for word in name.split() if word[0].isalnum()] or [name.strip() or "?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
