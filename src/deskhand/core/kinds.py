"""What kinds of files there are, told by their content; and their names, which are data.

A closed list: a kind is what its first bytes say, and its name must not claim otherwise. What the sender's browser says about
it is not even read. None of this makes a file safe, so none is ever shown inline: `ui.files`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

HEAD: Final = 512  # bytes, enough to tell every kind
LONGEST_NAME: Final = 200
_LONGEST_EXTENSION: Final = 16


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file; `label` is what people call it, `extensions` are without dot, in small letters."""

    slug: str
    label: "str | _StrPromise"
    mime: str
    extensions: tuple[str, ...]
    begins: re.Pattern[bytes]

    @property
    def is_picture(self) -> bool:
        """Of dots; people swap their extensions."""
        return self.mime.startswith("image/")

    @property
    def has_thumbnail(self) -> bool:
        """Whether a small picture of it is made: of two formats, because every decoder is a door."""
        return self.slug in {"jpg", "png"}


def _kind(slug: str, label: "str | _StrPromise", mime: str, begins: bytes, *more: str) -> Kind:
    return Kind(slug, label, mime, (slug, *more), re.compile(begins, re.DOTALL))


_ZIP: Final = rb"PK(\x03\x04|\x05\x06)"  # the latter: an archive with nothing in it
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
_TEXT: Final = rb"[^\x00]*\Z"
KINDS: Final = {
    kind.slug: kind
    for kind in (
        _kind("jpg", _("JPG"), "image/jpeg", rb"\xff\xd8\xff", "jpeg", "jpe"),
        _kind("png", _("PNG"), "image/png", rb"\x89PNG\r\n\x1a\n.{4}IHDR"),
        _kind("pdf", _("PDF"), "application/pdf", rb"%PDF-\d"),
        _kind("zip", _("ZIP"), "application/zip", _ZIP),
        _kind("gif", _("GIF"), "image/gif", rb"GIF8[79]a"),
        _kind("webp", _("WebP"), "image/webp", rb"RIFF.{4}WEBP"),
        _kind("docx", _("Word"), _OFFICE + "wordprocessingml.document", _ZIP),
        _kind("xlsx", _("Excel"), _OFFICE + "spreadsheetml.sheet", _ZIP),
        _kind("pptx", _("PowerPoint"), _OFFICE + "presentationml.presentation", _ZIP),
        _kind("odt", _("ODT"), _OPEN + "text", _ZIP),
        _kind("ods", _("ODS"), _OPEN + "spreadsheet", _ZIP),
        _kind("txt", _("Text"), "text/plain", _TEXT, "log"),
        _kind("csv", _("CSV"), "text/csv", _TEXT),
    )
}


def claimed(name: str, *, allowed: Iterable[str]) -> Kind | None:
    """What a file with this name says it is, if that is one of the `allowed` kinds."""
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    kinds = (KINDS[slug] for slug in allowed if slug in KINDS)
    return next((kind for kind in kinds if extension in kind.extensions), None)


def kind_of(head: bytes, name: str, *, allowed: Iterable[str]) -> Kind | None:
    """The kind of a file that begins with `head` (its first HEAD bytes, or all of it), if it is one of `allowed`.

    Content and extension must agree (D02). Between pictures they need not: a PNG that somebody saved as .jpg is a PNG.
    """
    allowed = list(allowed)
    named = claimed(name, allowed=allowed)
    if named is None or named.begins.match(head):
        return named
    pictures = (KINDS[slug] for slug in allowed if slug in KINDS and KINDS[slug].is_picture)
    return next((kind for kind in pictures if kind.begins.match(head)), None) if named.is_picture else None


def labels(slugs: Iterable[str]) -> list[str]:
    """What people call these kinds: "JPG", "PNG"."""
    return [str(KINDS[slug].label) for slug in slugs if slug in KINDS]


def clean_name(name: str) -> str:
    """What the sender called it, without folders, control and direction characters; at most 200, the extension kept (D06).

    Never empty, and never a path: nothing is stored under it.
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(character for character in last if character.isprintable())
    shown = " ".join(shown.split()).strip()
    if not shown.strip("."):
        return "file"
    if len(shown) <= LONGEST_NAME:
        return shown
    extension = PurePosixPath(shown).suffix[:_LONGEST_EXTENSION]
    return shown[: LONGEST_NAME - len(extension)].rstrip() + extension
