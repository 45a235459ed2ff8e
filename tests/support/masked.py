"""Masked pictures made for tests: a moving pattern with the picture's number burnt in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from streetlamp.values import Bytes, MaskedFrame

BITS = 8
CELL = 16  # pixels; the number stands in a row of cells at the top left, lowest bit first


def masked(
    number: int,
    size: tuple[int, int] = (320, 240),
    *,
    time: float = 0.0,
    pts: int = 0,
    time_base: tuple[int, int] = (1, 25),
    camera: str = "gate",
    full_range: bool = False,
) -> MaskedFrame:
    """A picture whose top strip says `number` (0–255); everything else moves with it."""
    width, height = size
    row = np.arange(width, dtype=np.int64)[None, :] * 2 + number * 5
    column = (np.arange(height, dtype=np.int64)[:, None] // 8) % 8
    y = ((row % 180) + 30 + column).astype(np.uint8)
    y[:CELL, : CELL * BITS] = 16
    for bit in range(BITS):
        if number >> bit & 1:
            y[:CELL, bit * CELL : (bit + 1) * CELL] = 235
    half = ((height + 1) // 2, (width + 1) // 2)
    return MaskedFrame(
        camera,
        time,
        number + 1,
        pts,
        time_base,
        y,
        np.full(half, 110, np.uint8),
        np.full(half, 140, np.uint8),
        full_range,
        np.zeros((0, 4), np.int64),
        whole=False,
        reason="",
    )


def number_in(luma: Bytes) -> int:
    """The number burnt into a decoded picture's luma plane."""
    middles = [int(luma[CELL // 2, bit * CELL + CELL // 2]) > 125 for bit in range(BITS)]
    return sum(1 << bit for bit, on in enumerate(middles) if on)


def film(
    count: int,
    size: tuple[int, int] = (320, 240),
    *,
    fps: float = 25.0,
    start: float = 1_700_000_000.0,
    first: int = 0,
    camera: str = "gate",
    times: Sequence[float] | None = None,
) -> Iterator[MaskedFrame]:
    """`count` pictures at an even rate from `start`, or at the given `times`."""
    for i in range(count):
        time = start + i / fps if times is None else times[i]
        yield masked(first + i, size, time=time, pts=i, camera=camera)
