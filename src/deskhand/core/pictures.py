"""A small picture of a large one, encoded by us, so that nothing of what a stranger sent reaches a page.

Pillow is imported when there is one to draw: it costs 10 MB that a web process never needs.
"""

import io
from dataclasses import dataclass
from typing import BinaryIO, Final

WIDEST: Final = 480  # pixels
TALLEST: Final = 320
MOST_PIXELS: Final = 50_000_000  # a telephone's picture has 12 to 48 million; 30,000 × 30,000 would need 2.7 GB (D09)
FORMATS: Final = ("JPEG", "PNG")  # the only decoders that see a stranger's bytes


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WebP and its size in pixels."""

    encoded: bytes
    width: int
    height: int


def thumbnail(source: BinaryIO) -> Thumbnail | None:
    """At most 480 × 320, upright, without metadata; None if it cannot be read, or is too large to be."""
    from PIL import Image, ImageOps

    try:
        with Image.open(source, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", (WIDEST * 2, TALLEST * 2))  # a large JPEG is read at a fraction of its size
            picture.thumbnail((WIDEST, WIDEST))  # first: to turn the large one would take its memory twice
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((WIDEST, TALLEST))
            small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError, IndexError):
        return None  # cut off, broken, or not what it seems: Pillow says that in all these ways
    small.info.clear()
    encoded = io.BytesIO()
    small.save(encoded, "WEBP", quality=80)
    return Thumbnail(encoded.getvalue(), small.width, small.height)
