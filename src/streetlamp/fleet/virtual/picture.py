"""A picture as its three planes, and what is drawn into it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from av import VideoFrame

Plane = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

BLACK: Final = 16  # luma, studio range
WHITE: Final = 235
NO_COLOUR: Final = 128
_STUDIO_RANGE, _FULL_RANGE = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
_TILE_MARGIN: Final = 64  # pixels by which a tile of noise is larger than the picture


class Picture(NamedTuple):
    """Planar YUV 4:2:0, 8 bits: `y` (rows, columns), `u` and `v` (half of each, rounded up).

    The planes are never written to: what alters a picture makes a new one.
    """

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.y.shape[1], self.y.shape[0]

    @classmethod
    def of(cls, frame: VideoFrame) -> Picture:
        """A copy of a decoded picture's planes, in studio range; other formats are converted."""
        if frame.format.name != "yuv420p" or frame.color_range == _FULL_RANGE:
            frame = frame.reformat(format="yuv420p", dst_color_range=_STUDIO_RANGE)
        return cls(*(_plane(part).copy() for part in frame.planes))

    def frame(self) -> VideoFrame:
        """The picture as an encoder takes it: yuv420p."""
        width, height = self.size
        frame = VideoFrame(width, height, "yuv420p")
        for part, plane in zip(frame.planes, self, strict=True):
            _plane(part)[:] = plane
        return frame

    def resized(self, size: tuple[int, int]) -> Picture:
        """The picture scaled to an even width and height."""
        if size == self.size:
            return self
        half = size[0] // 2, size[1] // 2
        sizes = (size, half, half)
        return Picture(
            *(
                _bytes(cv2.resize(plane, each, interpolation=cv2.INTER_AREA))
                for plane, each in zip(self, sizes, strict=True)
            )
        )

    def grey(self) -> Picture:
        """The picture without its colours."""
        return Picture(self.y, np.full_like(self.u, NO_COLOUR), np.full_like(self.v, NO_COLOUR))


def _plane(part: Any) -> Plane:
    """A writable view of one plane, shape (rows, columns)."""
    rows = np.frombuffer(part, np.uint8).reshape(part.height, part.line_size)
    return rows[:, : part.width]


def _bytes(values: Any) -> Plane:
    return np.ascontiguousarray(values, np.uint8)


def rounded(values: npt.NDArray[Any]) -> Plane:
    """Floats as a plane: rounded, and held within 0 to 255."""
    return _bytes(cv2.convertScaleAbs(np.maximum(values, 0)))


def blended(below: Picture, above: Picture, share: Floats) -> Picture:
    """`above` over `below`, by `share` (0 to 1, shape of the luma plane) of each pixel."""
    half = np.asarray(
        cv2.resize(share, below.u.shape[::-1], interpolation=cv2.INTER_AREA), np.float32
    )
    shares = (share, half, half)
    return Picture(
        *(
            _bytes(cv2.blendLinear(low, high, 1 - each, each))
            for low, high, each in zip(below, above, shares, strict=True)
        )
    )


def faded(picture: Picture, share: float, to: float) -> Picture:
    """The picture, all of it nearer to one grey by `share` (0 to 1); `to`: the luma of that."""
    wanted = (to, NO_COLOUR, NO_COLOUR)
    return Picture(
        *(
            _bytes(cv2.convertScaleAbs(plane, alpha=1 - share, beta=share * grey))
            for plane, grey in zip(picture, wanted, strict=True)
        )
    )


def flat(size: tuple[int, int], y: float, u: float = NO_COLOUR, v: float = NO_COLOUR) -> Picture:
    """One colour all over."""
    width, height = size
    half = ((height + 1) // 2, (width + 1) // 2)
    return Picture(
        np.full((height, width), round(y), np.uint8),
        np.full(half, round(u), np.uint8),
        np.full(half, round(v), np.uint8),
    )


def clouds(size: tuple[int, int], grain: int, seed: int) -> Floats:
    """Soft random blotches about `grain` pixels wide; mean 0, deviation about 1."""
    width, height = size
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (height // grain + 3, width // grain + 3)).astype(np.float32)
    found = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray((found - found.mean()) / max(1e-6, float(found.std())), np.float32)


@lru_cache(maxsize=8)
def _tile(width: int, height: int, seed: int) -> Floats:
    rng = np.random.default_rng([seed, width, height])
    shape = height + _TILE_MARGIN, width + _TILE_MARGIN
    return rng.standard_normal(shape, np.float32)


def noisy(picture: Picture, deviation: float, number: int, seed: int = 0) -> Picture:
    """The picture with a sensor's noise on its luma: `deviation` levels where it is mid-grey.

    As on a sensor the variance is a floor and a part that grows with the light. The same `number`
    and `seed` give the same noise.
    """
    if deviation <= 0:
        return picture
    width, height = picture.size
    rng = np.random.default_rng([seed, number])
    down, across = (int(each) for each in rng.integers(0, _TILE_MARGIN, 2))
    noise = _tile(width, height, seed)[down : down + height, across : across + width]
    scaled = cv2.multiply(noise, cv2.LUT(picture.y, _deviations(deviation)))
    return picture._replace(y=_bytes(cv2.add(picture.y, scaled, dtype=cv2.CV_8U)))


@lru_cache(maxsize=8)
def _deviations(deviation: float) -> Floats:
    """The noise's deviation at each level of luma."""
    level = np.arange(256)
    return np.asarray(np.sqrt(0.25 + 0.75 * level / 128) * deviation, np.float32)


def with_clock(picture: Picture, time: float) -> Picture:
    """The picture with date and time (UTC) burnt in at its upper left, as cameras do.

    `time` is POSIX seconds. The letters stand on black, so an older clock below is covered.
    """
    text = f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S}"
    scale = max(0.35, picture.size[1] / 900)
    box = (int(400 * scale), int(34 * scale))
    y, u, v = (plane.copy() for plane in picture)
    y[: box[1], : box[0]] = BLACK
    for plane in (u, v):
        plane[: (box[1] + 1) // 2, : (box[0] + 1) // 2] = NO_COLOUR
    place = (int(6 * scale), int(25 * scale))
    cv2.putText(y, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, max(1, round(2 * scale)))
    return Picture(y, u, v)
