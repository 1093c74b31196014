"""Clean text at the border: what comes in from a form, a header or a mail, before anybody stores it."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[0-9]{1,18}")  # fits into a 64-bit key
_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"\A[^\S\n]*\n*")  # what is left of a break where a part begins; an indentation after it stays
_BREAKS = tuple(  # the coarsest first; a part ends at the empty group
    re.compile(words)
    for words in (
        r"()\n\s*\n",
        r"()\n",
        r"(?:[.!?…][\"'”’»)]*(?=\s)|[。！？])()",
        r"(?<=\S)()\s",
    )
)
_JOINER = "\u200d"
_JOINS = frozenset({_JOINER, "\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))})  # and skin tones


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


def pieces(value: str, most: int) -> list[str]:
    """A text in parts of at most `most` characters, in order and none empty, for who must say it in several messages (S1.8).

    It is cut between paragraphs, else lines, sentences, words: at the coarsest of these in a part's second half, else at the
    last one at all, else anywhere but inside of what is seen as one character. Only white space at the cuts is lost.
    """
    if most < 1:
        raise ValueError(most)
    parts, left = [], paragraphs(value).rstrip()
    while left:
        cut = _cut(left, most)
        part, left = left[:cut].rstrip(), _BREAK.sub("", left[cut:], count=1)
        if part:
            parts.append(part)
    return parts


def _cut(value: str, most: int) -> int:
    """Where the first part ends; right after a break, whose white space may stand outside of the part."""
    if len(value) <= most:
        return len(value)
    found = [_last(pattern, value, most) for pattern in _BREAKS]
    whole = next((cut for cut in found if cut * 2 > most), 0) or max(found)
    return whole or _hard(value, most)


def _last(pattern: re.Pattern[str], value: str, most: int) -> int:
    """The last place where a part of at most `most` characters can end before such a break; 0: there is none."""
    return max((match.start(1) for match in pattern.finditer(value, 0, most + 2) if match.start(1) <= most), default=0)


def _hard(value: str, most: int) -> int:
    """Not between a letter and its accents, nor inside of a joined emoji, if that is possible."""
    cut = most
    while cut > 1 and (unicodedata.category(value[cut])[0] == "M" or value[cut] in _JOINS or value[cut - 1] == _JOINER):
        cut -= 1
    return cut if cut > 1 else most


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
