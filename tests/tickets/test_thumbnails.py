"""Small pictures: ours, upright, without what the camera wrote into them; and no picture that harms the worker."""

import io
import struct
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from deskhand.core import blobs, jobs
from deskhand.core.html import compose
from deskhand.core.models import Job
from deskhand.core.pictures import thumbnail
from deskhand.tickets.changes import change_ticket
from deskhand.tickets.events import Via
from deskhand.tickets.models.message import Attachment
from tests import files, make
from tests.cast import Cast


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def attached(cast: Cast, content: bytes, *, at: datetime, kind: str = "png") -> Attachment:
    """A file in a message, after the worker has been there."""
    ticket = make.ticket(cast.carl, at=at)
    (row,) = files.stage(cast.carl, content, at=at, kind=kind)
    with change_ticket(ticket, by=cast.carl, via=Via.PORTAL, at=at) as change:
        change.reply(compose("See."), [row])
    jobs.run_due(at=at)
    assert not Job.objects.filter(name="tickets.thumbnail").exists()
    row.refresh_from_db()
    return row


def drawn(row: Attachment) -> Image.Image:
    with blobs.read(row.thumbnail) as source:
        return Image.open(io.BytesIO(source.read()))


@pytest.mark.parametrize(
    ("size", "small"),
    [((1000, 500), (480, 240)), ((500, 1000), (160, 320)), ((40, 30), (40, 30)), ((5000, 1), (480, 1))],
)
def test_a_thumbnail_fits_and_is_ours(cast: Cast, at: datetime, size: tuple[int, int], small: tuple[int, int]) -> None:
    row = attached(cast, files.picture(*size), at=at)

    found = drawn(row)
    assert (row.thumbnail_width, row.thumbnail_height) == found.size == small
    assert found.format == "WEBP"


def test_a_photo_lying_on_its_side_stands_up_and_forgets_where_it_was_taken(cast: Cast, at: datetime) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° to show it
    exif[0x010F] = "CameraMaker"
    row = attached(cast, files.picture(800, 400, form="JPEG", exif=exif), at=at, kind="jpg")

    found = drawn(row)

    assert found.size == (160, 320)
    red, _, blue = found.convert("RGB").getpixel((150, 160))  # type: ignore[misc]  # what was above is at the right
    assert (red > 200, blue < 60) == (True, True)
    assert dict(found.getexif()) == {}
    with blobs.read(row.thumbnail) as source:
        assert b"CameraMaker" not in source.read()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of so many pixels, all black, of which little is there."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        bomb(30_000, 30_000),
        bomb(2_000_000_000, 2_000_000_000),
        files.picture()[:60],
        files.picture()[:33] + b"\xff" * 500,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 600,
        files.picture(form="GIF"),
    ],
    ids=["bomb", "absurd", "cut off", "broken", "header only", "zeros", "another format"],
)
def test_d09_what_cannot_be_drawn_has_no_thumbnail_and_the_worker_lives(
    cast: Cast, at: datetime, content: bytes
) -> None:
    assert attached(cast, content, at=at).thumbnail == ""
    assert attached(cast, files.picture(), at=at).thumbnail != ""


def test_d09_a_sound_picture_that_is_too_large_is_not_even_decoded() -> None:
    """Black and white, 7 kB on the disk and 50 million pixels; Pillow itself would stop at 179 million."""
    assert thumbnail(io.BytesIO(black(10_001, 5_000))) is None
    assert thumbnail(io.BytesIO(black(2_000, 1_000))) is not None


def black(width: int, height: int) -> bytes:
    encoded = io.BytesIO()
    Image.new("1", (width, height)).save(encoded, "PNG")
    return encoded.getvalue()


def test_only_pictures_get_a_job(cast: Cast, at: datetime) -> None:
    assert attached(cast, files.pdf(), at=at, kind="pdf").thumbnail == ""


def test_a_picture_that_was_removed_meanwhile_is_not_drawn(cast: Cast, at: datetime) -> None:
    ticket = make.ticket(cast.carl, at=at)
    (row,) = files.stage(cast.ada, files.picture(), at=at, kind="png")
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.reply(compose("Oops."), [row])
    with change_ticket(ticket, by=cast.ada, via=Via.STAFF, at=at) as change:
        change.redact(row.message or ticket.messages.latest("id"))

    jobs.run_due(at=at)

    row.refresh_from_db()
    assert row.thumbnail == ""
