"""Files that arrive with a form: measured, hashed and looked at while they stream, never in memory.

A file that is too much, empty or of a wrong kind is read to its end without being stored, so the form's text and the good
files arrive all the same. Only views that say `takes_files` get files, and only from somebody who is signed in; what any
other form sends is read past. Nothing is in the store yet when the view runs: `tickets.attachments.stage` puts it there,
and what it does not take is gone with the request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from deskhand.core import blobs, kinds
from deskhand.core.text import number
from deskhand.desk.queries import current_desk
from deskhand.ui.filters import bytes_in_words
from deskhand.ui.full import is_full
from deskhand.ui.http import too_large

FIELD: Final = "files"
TIMES_THE_LIMIT: Final = 10  # a body longer than that is no mistake of a person; nobody reads it to its end

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Received:
    """A good file, still outside the store."""

    name: str
    kind: str
    writer: blobs.Writer


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken; `reason` is a sentence for the person who sent it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Uploads:
    """What a form brought.

    `total`: bytes of the good files and of those that were too much, with what was there already. `status`: of the answer
    that says why a file was refused; 422, or 507 when it was our disk.
    """

    files: list[Received]
    refused: list[Refused]
    total: int
    status: int


def takes_files(view: View) -> View:
    """This view reads `received(request)`; to others no file gets through."""
    view.takes_files = True  # type: ignore[attr-defined]  # functions carry attributes
    return view


def limit() -> int:
    """How many bytes all files of a message may have together (S4.10)."""
    return current_desk().file_limit


def kinds_in_words() -> str:
    """What may be attached: "JPG, PNG, PDF, ZIP"."""
    return ", ".join(kinds.labels(current_desk().file_kind_slugs))


def received(request: HttpRequest, field: str = FIELD, *, already: int = 0) -> Uploads:
    """The files of this form in their order, as far as they fit beside the `already` bytes of files sent before.

    For views with `takes_files` only.
    """
    _parsed = request.POST  # reading it parses the body, and that is what calls the receiver
    receiver: Receiver | None = vars(request).get("receiver")  # none: a form without room for files
    arrived = [item for item in receiver.arrived if item.field == field] if receiver else []
    for item in arrived:
        if not item.is_whole:  # the line broke, and Django goes on with a form that it takes for empty
            item.refuse(Problem.CUT_OFF)
    counted = [item for item in arrived if item.problem in {None, Problem.TOO_MUCH}]
    total = already + sum(item.size for item in counted)
    room = limit() - already
    for item in counted:
        if item.size <= room and not item.problem:
            room -= item.size
        else:
            item.refuse(Problem.TOO_MUCH)
    is_full = any(item.problem is Problem.NO_ROOM for item in arrived)
    return Uploads(
        [Received(item.name, item.kind, item.writer) for item in arrived if item.writer],
        [Refused(item.name, _reason(item, total)) for item in arrived if item.problem],
        total,
        HTTPStatus.INSUFFICIENT_STORAGE if is_full else HTTPStatus.UNPROCESSABLE_ENTITY,
    )


class Problem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    KIND = "kind"
    CONTENT = "content"
    TOO_MUCH = "too much"
    NO_ROOM = "no room"
    CUT_OFF = "cut off"


def _reason(item: "Arriving", total: int) -> str:
    words = {"name": item.name, "kinds": kinds_in_words()}
    match item.problem:
        case Problem.EMPTY:
            return _("“%(name)s” is empty, so it was left out.") % words
        case Problem.KIND:
            return _("We cannot take “%(name)s”: it must be one of %(kinds)s. Put it into a ZIP file.") % words
        case Problem.CONTENT:
            return (
                _("“%(name)s” is not what its name says. Open it, save it anew as one of %(kinds)s, and try again.")
                % words
            )
        case Problem.CUT_OFF:
            return _("“%(name)s” did not arrive as a whole. Try it again.") % words
        case Problem.NO_ROOM:
            return _("We have no room for “%(name)s” right now. Your text is safe; try the file again later.") % words
        case _:
            return _("“%(name)s” was left out: %(total)s of %(limit)s. Take a file away or send a smaller one.") % {
                **words, "total": bytes_in_words(total), "limit": bytes_in_words(limit()),
            }  # fmt: skip


class Arriving:
    """One file while it streams. Its first bytes wait until they tell its kind; then they are stored, or nothing is."""

    def __init__(self, field: str, name: str, allowed: list[str]) -> None:
        self.field, self.name, self.allowed = field, kinds.clean_name(name), allowed
        self.size = 0
        self.kind = ""
        self.is_whole = False
        self.problem: Problem | None = None if kinds.claimed(self.name, allowed=allowed) else Problem.KIND
        self.writer: blobs.Writer | None = None
        self._head = b""

    def take(self, chunk: bytes) -> None:
        """The next bytes; they are counted also when they are not wanted."""
        self.size += len(chunk)
        if self.problem:
            return
        if not self.kind:
            self._head += chunk
            if len(self._head) >= kinds.HEAD:
                self._begin()
        else:
            self._store(chunk)

    def end(self) -> None:
        """There are no more bytes."""
        self.is_whole = True
        if not self.size:
            self.refuse(Problem.EMPTY)
        elif not self.problem and not self.kind:
            self._begin()
        if self.writer:
            with self._room():
                self.writer.seal()  # a request may bring more files than a process may hold open

    def refuse(self, problem: Problem) -> None:
        """Keep nothing of it."""
        self.problem = problem
        self._head = b""
        if self.writer:
            self.writer.close()
            self.writer = None

    def _begin(self) -> None:
        found = kinds.kind_of(self._head[: kinds.HEAD], self.name, allowed=self.allowed)
        if not found:
            self.refuse(Problem.CONTENT)
            return
        self.kind = found.slug
        self._store(self._head)
        self._head = b""

    def _store(self, chunk: bytes) -> None:
        with self._room():
            if not self.writer:
                self.writer = blobs.writer()
            self.writer.write(chunk)

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A full disk costs the file and not the form; any other failure is ours."""
        try:
            yield
        except OSError as error:
            if not is_full(error):
                raise
            self.refuse(Problem.NO_ROOM)


class Receiver(FileUploadHandler):
    """The only upload handler: takes the place of Django's, which keep files in memory or in the system's folder."""

    chunk_size = blobs.BLOCK

    def __init__(self, request: HttpRequest, *, is_wanted: bool) -> None:
        super().__init__(request)
        self.is_wanted = is_wanted
        self.arrived: list[Arriving] = []

    def new_file(self, field_name: str, file_name: str, *_: Any, **__: Any) -> None:  # noqa: ANN401 - the browser's word
        """The next part of the form is a file; its type, as the browser has it, is not even read."""
        if self.is_wanted:
            self.arrived.append(Arriving(field_name, file_name, current_desk().file_kind_slugs))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """More of it. Once all files are over the limit, no more of this one is stored."""
        if not self.is_wanted:
            return
        item = self.arrived[-1]
        item.take(raw_data)
        if item.kind and not item.problem and sum(each.size for each in self.arrived if each.writer) > limit():
            item.refuse(Problem.TOO_MUCH)

    def file_complete(self, file_size: int) -> None:
        """It is whole. `request.FILES` stays empty."""
        if self.is_wanted:
            self.arrived[-1].end()

    def close(self) -> None:
        """What no view has taken is gone."""
        for item in self.arrived:
            if item.writer:
                item.writer.close()


class Uploading:
    """Gives every request its receiver before anybody reads its body, and clears up behind it (settings.MIDDLEWARE)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            if receiver := vars(request).get("receiver"):
                receiver.close()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Must run before the check against forgery, which reads the form."""
        if request.content_type != "multipart/form-data":
            return None
        if (number(request.META.get("CONTENT_LENGTH") or "") or 0) > TIMES_THE_LIMIT * limit():
            return too_large(request)
        is_wanted = getattr(view, "takes_files", False) and request.user.is_authenticated
        receiver = Receiver(request, is_wanted=is_wanted)
        request.upload_handlers = [receiver]
        vars(request)["receiver"] = receiver
        return None
