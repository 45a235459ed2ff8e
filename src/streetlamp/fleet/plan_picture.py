"""Looks at a plan's picture before anybody is shown it: what it is, how large, and whether whole.

What it is stands in its first bytes, never in its name. An SVG is a program's food: one that could
run anything, or load anything from elsewhere, is refused rather than mended.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from streetlamp.fleet.plan_svg import look_at_svg

MOST_BYTES: Final = 20_000_000
MOST_PIXELS: Final = 64_000_000  # 8,000 × 8,000: a browser holds four bytes of each

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
# Frame headers that carry the size (ITU-T T.81, table B.1): all SOF but DHT, JPG and DAC.
_SIZED: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """A picture that may be shown."""

    media_type: str
    width: float  # pixels, or an SVG's own units
    height: float


def look_at_picture(path: Path) -> PlanPicture:
    """What the file is; ValueError in plain words when it cannot be shown."""
    data = read_small(path, MOST_BYTES)
    if data.startswith(_PNG):
        return _drawn("image/png", _png_size(data), data)
    if data.startswith(_JPEG):
        return _drawn("image/jpeg", _jpeg_size(data), data)
    if b"<svg" in data[:65536]:
        width, height = look_at_svg(data)
        return PlanPicture("image/svg+xml", width, height)
    raise ValueError(f"{path.name} is not a PNG, JPEG or SVG picture")


def read_small(path: Path, most: int) -> bytes:
    """A file's bytes; ValueError in plain words when there is none, or more than `most`."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise ValueError(f"{path.name} is larger than {most // 1_000_000} MB; make it smaller")
    return data


def _drawn(media_type: str, size: tuple[int, int] | None, data: bytes) -> PlanPicture:
    """Decodes it once, an eighth as large: a picture that breaks off is told now, not shown."""
    name = media_type.removeprefix("image/").upper()
    if size is None or 0 in size:
        raise ValueError(f"this {name} is damaged: it does not say how large it is")
    width, height = size
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"{width} × {height} pixels are too many for a page; "
            f"make it {MOST_PIXELS // 1_000_000} million or fewer"
        )
    small = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    if small is None:
        raise ValueError(f"this {name} is damaged: it cannot be decoded")
    return PlanPicture(media_type, width, height)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as shown: a picture that says it lies on its side is turned by browsers."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:  # fill bytes
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _SIZED:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    return None
