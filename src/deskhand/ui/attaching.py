"""The file box of a form: what is attached already, what was refused, how much room is left.

A form that takes files is a `FilesForm`; the surface stages what came with the request and gives it the box. Keys of staged files
travel as the hidden fields `file`, so they outlive an error, an ended session and a second try like everything that was typed.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Generic, Protocol, TypeVar

from django import forms
from django.utils.translation import gettext as _

from deskhand.accounts.models import User
from deskhand.core.kinds import KINDS
from deskhand.desk.queries import current_desk
from deskhand.ui import uploads
from deskhand.ui.filters import bytes_in_words
from deskhand.ui.http import SignedInRequest

KEY: Final = "file"  # the field of the keys; the files themselves come in `files`
MOST: Final = 200  # keys read of one form


class Staged(Protocol):
    """A file that waits for its message; its size is in bytes."""

    @property
    def key(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def size(self) -> int: ...


File = TypeVar("File", bound=Staged)
File_co = TypeVar("File_co", bound=Staged, covariant=True)


class Shelf(Protocol[File_co]):
    """Where files wait for their message: `tickets.attachments`, of which this room knows nothing else."""

    @property
    def TooManyFilesError(self) -> type[Exception]:  # noqa: N802 - a class
        """More than a person attaches in an hour."""

    def staged(self, *, owner: User, keys: Iterable[str]) -> Sequence[File_co]:
        """Those of these files that are this person's and wait."""

    def stage(self, *, owner: User, files: Iterable[uploads.Received], at: datetime) -> Sequence[File_co]:
        """Put these with them."""


@dataclass(frozen=True, slots=True)
class Box(Generic[File]):
    """What a form's file box shows. `lost` counts keys that no longer name a staged file of this person."""

    files: Sequence[File] = ()
    refused: Sequence[uploads.Refused] = ()
    lost: int = 0
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY  # of the answer, should the form be refused

    def whole(self, error: type[Exception]) -> Sequence[File]:
        """All files that the form named; raises `error` when one of them has gone meanwhile."""
        if self.lost:
            raise error
        return self.files

    @property
    def used(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def limit(self) -> int:
        """Bytes that all files together may have (S4.10)."""
        return uploads.limit()

    @property
    def kinds(self) -> str:
        """What may be sent, in words: "JPG, PNG, PDF and ZIP"."""
        return uploads.kinds_in_words()

    @property
    def accept(self) -> str:
        """What may be sent, for the browser: ".jpg,.jpeg,.png"."""
        slugs = current_desk().file_kind_slugs
        return ",".join(f".{end}" for slug in slugs if slug in KINDS for end in KINDS[slug].extensions)


def take(request: SignedInRequest, shelf: Shelf[File], *, at: datetime, field: str = KEY) -> Box[File]:
    """What this form brings: the files that were staged for it before, and those that came now, which are staged.

    `field` carries the keys of the former. A view that calls this is marked with `uploads.takes_files`.
    """
    keys = _keys(request.POST.getlist(field))
    before = shelf.staged(owner=request.user, keys=keys)
    came = uploads.received(request, already=sum(file.size for file in before))
    refused, status = list(came.refused), came.status
    now: Sequence[File] = ()
    try:
        now = shelf.stage(owner=request.user, files=came.files, at=at)
    except shelf.TooManyFilesError:
        refused += [uploads.Refused(file.name, _too_many(file.name)) for file in came.files]
        status = HTTPStatus.TOO_MANY_REQUESTS
    return Box([*before, *now], refused, lost=len(keys) - len(before), status=status)


def again(request: SignedInRequest, shelf: Shelf[File], values: dict[str, Any] | None) -> Box[File]:
    """What a form that was kept (`forms.kept`) had; what is gone meanwhile is left out."""
    held = (values or {}).get(KEY, [])
    keys = _keys([held] if isinstance(held, str) else held)
    return Box(shelf.staged(owner=request.user, keys=keys) if keys else ())


def gone() -> str:
    """What to say when a form names a file that is no longer there for it."""
    return _("A file is no longer there: it has been sent already, or waited for more than a day. Attach it again.")


def _too_many(name: str) -> str:
    return _(
        "“%(name)s” was not attached: that were many files in a short time. Send what you have, or try it again later."
    ) % {"name": name}


def _too_much(box: Box[Any]) -> str:
    """Each file had room when it was staged, in another tab or before the limit was lowered (I10)."""
    words = {"total": bytes_in_words(box.used), "limit": bytes_in_words(box.limit)}
    return _("Your files are too much together: %(total)s of %(limit)s. Take one away.") % words


def _keys(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))[:MOST]


class FilesForm(forms.Form):
    """A form with files beside its text; `needs_text` tells whether files alone will do."""

    needs_text = False

    def __init__(self, *args: Any, box: Box[Any] | None = None, **options: Any) -> None:  # noqa: ANN401 - what a form takes
        super().__init__(*args, **options)
        self.box: Box[Any] = box or Box()
        self.fields["files"] = forms.Field(label=_("Files"), required=False)
        self.fields["text"].required = self.needs_text

    def clean(self) -> dict[str, Any]:
        """Nothing is sent without a file that its writer believes to be in it."""
        box = self.box
        has_files = bool(box.files or box.lost)
        if box.used > box.limit:
            self.add_error("files", _too_much(box))
        if not (self.needs_text or has_files or "text" in self.errors or self.cleaned_data.get("text")):
            self.add_error("text", self.fields["text"].error_messages["required"])
        for refused in box.refused:
            self.add_error("files", refused.reason)
        return self.cleaned_data
