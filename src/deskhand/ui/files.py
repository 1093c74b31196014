"""How a file leaves: one place for all surfaces.

An attached file is never shown inline, whatever it is: a browser that runs what somebody sent us would run it as us. The only
pictures shown are those that we encoded ourselves (`serve_thumbnail`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from deskhand.core import blobs
from deskhand.ui.attaching import Staged

SANDBOX: Final = "sandbox; default-src 'none'"
PICTURE_S: Final = 3600


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message, ready to show. `url` gets the file; without a thumbnail `thumbnail_url` is empty."""

    name: str
    kind: str
    size: int
    url: str
    thumbnail_url: str = ""
    width: int = 0
    height: int = 0


class Attached(Staged, Protocol):
    """What this room knows of an attached file."""

    @property
    def thumbnail(self) -> str: ...
    @property
    def thumbnail_width(self) -> int: ...
    @property
    def thumbnail_height(self) -> int: ...


def shown(files: Iterable[Attached]) -> list[File]:
    """These files, ready to show."""
    return [
        File(
            name=file.name,
            kind=file.kind,
            size=file.size,
            url=reverse("file", args=[file.key, file.name]),
            thumbnail_url=reverse("thumbnail", args=[file.key]) if file.thumbnail else "",
            width=file.thumbnail_width,
            height=file.thumbnail_height,
        )
        for file in files
    ]


def serve(request: HttpRequest, *, name: str, size: int, sha256: str) -> HttpResponseBase:
    """The file itself, to be saved and not shown, in blocks; nobody on the way keeps a copy (security: D04, D05)."""
    response = _stream(request, sha256=sha256, size=size, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def serve_thumbnail(request: HttpRequest, *, sha256: str) -> HttpResponseBase:
    """A small picture that we encoded, to be shown; the reader's own browser may keep it."""
    response = _stream(request, sha256=sha256, size=None, content_type="image/webp")
    response["Cache-Control"] = f"private, max-age={PICTURE_S}"
    return response


def _stream(request: HttpRequest, *, sha256: str, size: int | None, content_type: str) -> HttpResponseBase:
    try:
        source = blobs.read(sha256)
    except blobs.BlobMissingError:
        raise Http404 from None
    response: HttpResponseBase
    if request.method == "HEAD":
        source.close()
        response = HttpResponse(content_type=content_type)
    else:
        response = StreamingHttpResponse(blobs.Blocks(source), content_type=content_type)
    if size is not None:
        response["Content-Length"] = str(size)
    response["Content-Security-Policy"] = SANDBOX
    return response
