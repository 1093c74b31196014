"""The files of the demo's conversations, drawn by name when they are attached: no picture of anybody's lies in the package."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from deskhand.core import blobs

if TYPE_CHECKING:  # loading Pillow takes memory that a desk without a demo need not give
    from PIL import ImageDraw

PAPER, INK, PALE, GRAY, WOOD, TEAL = "#fdfdfb", "#20242a", "#c9cbcd", "#8b9096", "#b98d5e", "#14808c"
Draw = Callable[["ImageDraw.ImageDraw"], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file as `tickets.attachments` takes it."""

    name: str
    kind: str
    writer: blobs.Writer


def drawn(name: str) -> Drawn:
    """One of the files that the stories name. Raises KeyError for another."""
    content = _content(name)
    writer = blobs.writer()
    writer.write(content)
    return Drawn(name, name.rpartition(".")[2], writer)


@cache
def _content(name: str) -> bytes:
    return _page(*PAGES[name]) if name in PAGES else _picture(PICTURES[name], "JPEG" if name.endswith("jpg") else "PNG")


def _picture(draw: Draw, form: str) -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (960, 640), "#dfe3e6")
    draw(ImageDraw.Draw(picture))
    encoded = io.BytesIO()
    picture.save(encoded, form)
    return encoded.getvalue()


def _words(draw: "ImageDraw.ImageDraw", at: tuple[int, int], words: str, size: int, fill: str = INK) -> None:
    from PIL import ImageFont

    draw.text(at, words, fill=fill, font=ImageFont.load_default(size))


def _label(draw: "ImageDraw.ImageDraw") -> None:
    draw.rounded_rectangle((130, 90, 830, 550), 18, PAPER)
    _words(draw, (170, 130), "Wholemeal rye with sunflow", 54)
    _words(draw, (170, 210), "Contains: rye, wheat, sesa", 36)
    _words(draw, (170, 480), "3.90", 44)
    for line in range(46):
        draw.rectangle((430 + line * 8, 330, 433 + line * 8 + line % 3, 500), INK)
    draw.rectangle((830, 0, 960, 640), "#dfe3e6")
    draw.line((830, 60, 830, 580), "#d33c3c", 6)


def _faint(draw: "ImageDraw.ImageDraw") -> None:
    draw.rounded_rectangle((130, 90, 830, 550), 18, PAPER)
    for row in range(5):
        draw.rectangle((180, 150 + row * 76, 400, 190 + row * 76), PALE)
        draw.rectangle((400, 150 + row * 76, 780, 190 + row * 76), INK)


def _till(draw: "ImageDraw.ImageDraw") -> None:
    draw.rounded_rectangle((90, 60, 870, 580), 26, "#1d2228")
    draw.rectangle((120, 90, 840, 160), "#8f2d2d")
    _words(draw, (145, 102), "Offline. Sales are kept here.", 36, "white")
    for row in range(4):
        draw.rounded_rectangle((120, 190 + row * 92, 840, 262 + row * 92), 10, "#2b323a")
        _words(draw, (150, 206 + row * 92), ("Rye bread", "Croissant", "Baguette", "Coffee")[row], 32, "#dfe3e6")


def _roll(draw: "ImageDraw.ImageDraw") -> None:
    draw.ellipse((170, 80, 650, 560), PAPER, GRAY, 5)
    draw.ellipse((340, 250, 480, 390), WOOD, GRAY, 5)
    for ring in range(6):
        draw.ellipse((190 + ring * 22, 100 + ring * 22, 630 - ring * 22, 540 - ring * 22), None, "#e3e5e6", 3)
    draw.line((700, 110, 700, 530), TEAL, 6)
    _words(draw, (730, 290), "57 mm", 48, TEAL)


def _box(draw: "ImageDraw.ImageDraw") -> None:
    draw.polygon([(150, 190), (810, 190), (810, 560), (150, 560)], WOOD)
    draw.polygon([(150, 190), (330, 190), (250, 330), (150, 300)], "#7d5b37")
    draw.line([(150, 300), (235, 280), (250, 330), (330, 190)], INK, 5)
    draw.rectangle((430, 190, 530, 560), "#d8b98c")


def _crack(draw: "ImageDraw.ImageDraw") -> None:
    draw.rounded_rectangle((150, 120, 810, 540), 60, "#3a4149")
    draw.line([(300, 120), (345, 230), (322, 300), (410, 390), (395, 470)], "#f2f4f5", 7)
    draw.ellipse((690, 440, 740, 490), "#5bbf6a")


PICTURES: Final[dict[str, Draw]] = {
    "label-cut-off.png": _label,
    "faint-label.png": _faint,
    "till-offline.png": _till,
    "our-57-mm-rolls.jpg": _roll,
    "corner-of-the-box.jpg": _box,
    "crack-in-the-lid.jpg": _crack,
}
PAGES: Final[dict[str, tuple[str, ...]]] = {
    "invoice-with-the-old-street.pdf": ("Invoice", "Marlow & Finch Bakeries", "Old Mill Lane 4", "Amount due: 418.00"),
    "corrected-invoice.pdf": (
        "Invoice (corrected)",
        "Marlow & Finch Bakeries",
        "Harbour Street 12",
        "Amount due: 418.00",
    ),
}


def _page(*lines: str) -> bytes:
    """A PDF of one page (ISO 32000-1, 7.5): objects, where each begins, and where that table begins."""
    text = " T* ".join("({}) Tj".format(line.replace("(", r"\(").replace(")", r"\)")) for line in lines)
    shown = f"BT /F1 18 Tf 28 TL 72 770 Td {text} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, begins = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        begins.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{begin:010} 00000 n \n" for begin in begins)
    count = len(objects) + 1
    return (
        f"{written}xref\n0 {count}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    ).encode("ascii")
