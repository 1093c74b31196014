"""Files to attach, small or of an exact size, and staged ones."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase, StreamingHttpResponse
from PIL import Image

from deskhand.accounts.models import User
from deskhand.core import blobs
from deskhand.tickets import attachments
from deskhand.tickets.models.message import Attachment

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the upload handler hands on."""

    name: str
    kind: str
    writer: blobs.Writer


def stage(owner: User, *contents: bytes, at: datetime, kind: str = "pdf") -> list[Attachment]:
    """Files of these bytes, staged for this person as file-0.pdf, file-1.pdf, …"""
    return attachments.stage(
        owner=owner,
        files=[Incoming(f"file-{index}.{kind}", kind, written(content)) for index, content in enumerate(contents)],
        at=at,
    )


def written(content: bytes) -> blobs.Writer:
    """A writer that has got these bytes."""
    writer = blobs.writer()
    writer.write(content)
    return writer


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    """A file for the test client; the browser's word on its type is a lie that nobody should read."""
    return SimpleUploadedFile(name, content, content_type="image/png")


def pdf(size: int = 0, *, text: str = "") -> bytes:
    """What begins like a PDF and has `size` bytes."""
    return f"%PDF-1.7\n%{text}\n".encode().ljust(size, b"%")


def picture(width: int = 40, height: int = 30, *, form: str = "PNG", **more: object) -> bytes:
    """A real picture, red above and blue below."""
    drawn = Image.new("RGB", (width, height), "blue")
    drawn.paste("red", (0, 0, width, height // 2))
    encoded = io.BytesIO()
    drawn.save(encoded, form, **more)
    return encoded.getvalue()


def archive(**entries: bytes) -> bytes:
    """A ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return packed.getvalue()


def kept_below(data: Path) -> list[Path]:
    """Every file that lies in the store of this data folder, unfinished ones included."""
    return sorted(path for path in (data / "files").rglob("*") if path.is_file())


def received(answer: HttpResponseBase) -> list[bytes]:
    """The blocks of a download, all of them: who leaves one half-read leaves the file open. Nothing of any other answer."""
    return list(answer) if isinstance(answer, StreamingHttpResponse) else []


def sizes(files: Iterable[Attachment]) -> list[int]:
    """How many bytes each has."""
    return [file.size for file in files]
