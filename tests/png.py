"""Small pictures: Chromium's PNG with a palette of 256 colors, which is a third of its size and looks the same for a page."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
CHANNELS: Final = {2: 3, 6: 4}  # a color type's bytes per pixel (PNG specification, 11.2.1)
Color = tuple[int, ...]


def shrink(png: bytes) -> bytes:
    """The same picture with its 256 most frequent colors; a rarer one becomes the nearest of them."""
    parts = list(_chunks(png))
    width, height, _depth, kind = struct.unpack(">IIBB", parts[0][1][:10])
    channels = CHANNELS[kind]
    data = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    lines = [
        [tuple(line[at : at + 3]) for at in range(0, width * channels, channels)]
        for line in _unfiltered(data, width * channels, channels)
    ]
    frequent = Counter(color for line in lines for color in line).most_common()
    palette = [color for color, _count in frequent[:256]]
    index = {color: _nearest(color, palette) for color, _count in frequent}
    return SIGNATURE + b"".join([
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", bytes(value for color in palette for value in color)),
        _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(index[color] for color in line) for line in lines), 9)),
        _chunk(b"IEND", b""),
    ])  # fmt: skip


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _unfiltered(data: bytes, width: int, step: int) -> Iterator[bytearray]:
    """Lines of bytes as they are; each was written as a difference to its neighbors (PNG specification, 9.2)."""
    above = bytearray(width)
    for start in range(0, len(data), width + 1):
        line = bytearray(data[start + 1 : start + 1 + width])
        kind = data[start]
        for at in range(width if kind else 0):
            left, corner = (line[at - step], above[at - step]) if at >= step else (0, 0)
            guess = (left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind - 1]
            line[at] = (line[at] + guess) & 255
        yield line
        above = line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _nearest(color: Color, palette: list[Color]) -> int:
    return min(range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(color, palette[at], strict=True)))
