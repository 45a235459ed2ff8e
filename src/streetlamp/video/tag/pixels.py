"""A few pixels of a decoded picture as sRGB, without converting the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from streetlamp.values import Bytes
from streetlamp.video.tag.colour import to_linear, to_oklab

Doubles = NDArray[np.float64]

# Planar 8-bit YUV that is read as it is; anything else is converted first.
_PLANAR: Final = frozenset(
    f"yuv{range_}{layout}p" for range_ in ("", "j") for layout in ("420", "422", "444")
)
_HD: Final = 720  # lines from which video without a tag is BT.709
_BT709: Final = 1  # AVColorSpace (ITU-T H.273 table 4)
_UNSPECIFIED: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A picture that can be asked for the colours of points. Reads the decoder's own buffers."""

    size: tuple[int, int]  # width, height, pixels
    y: Bytes  # (height, width)
    u: Bytes  # (ceil(height / 2^shift_y), ceil(width / 2^shift_x))
    v: Bytes
    shift: tuple[int, int]  # of the chroma planes, right and down
    matrix: Doubles  # (3, 3): rgb = matrix @ (yuv - offset), 0–1
    offset: Doubles  # (3,)

    @classmethod
    def of(cls, picture: av.VideoFrame) -> Pixels:
        name = picture.format.name
        full = name.startswith("yuvj") or picture.color_range == ColorRange.JPEG
        bt709 = picture.colorspace == _BT709 or (
            picture.colorspace == _UNSPECIFIED and picture.height >= _HD
        )
        if name not in _PLANAR:
            picture = picture.reformat(
                format="yuv420p", dst_colorspace="ITU601", dst_color_range="MPEG"
            )
            name, full, bt709 = "yuv420p", False, False
        w, h = picture.width, picture.height
        shift = (0 if "444" in name else 1, 1 if "420" in name else 0)
        cw, ch = -(-w // (1 << shift[0])), -(-h // (1 << shift[1]))
        matrix, offset = _matrix(full, bt709)
        return cls(
            (w, h),
            _plane(picture, 0, w, h),
            _plane(picture, 1, cw, ch),
            _plane(picture, 2, cw, ch),
            shift,
            matrix,
            offset,
        )

    def at(self, x: NDArray[Any], y: NDArray[Any]) -> Doubles:
        """(n, 3) sRGB 0–1 at points ``x`` (n,), ``y`` (n,), pixels, moved into the picture."""
        columns = x.astype(np.int64).clip(0, self.size[0] - 1)
        rows = y.astype(np.int64).clip(0, self.size[1] - 1)
        yuv = np.empty((len(columns), 3))
        yuv[:, 0] = self.y[rows, columns]
        rows >>= self.shift[1]
        columns >>= self.shift[0]
        yuv[:, 1] = self.u[rows, columns]
        yuv[:, 2] = self.v[rows, columns]
        yuv -= self.offset
        return np.asarray((yuv @ self.matrix.T).clip(0, 1))

    def colourless(self) -> bool:
        """Whether the chroma planes are empty but for rounding, at about 1,000 points."""
        step = max(1, int(np.sqrt(self.u.size / 1000)))
        planes = (self.u[::step, ::step], self.v[::step, ::step])
        off = np.concatenate([np.abs(plane.astype(np.int16) - 128).ravel() for plane in planes])
        return quantile(off, 0.995) <= 1


def quantile(values: NDArray[Any], share: float) -> float:
    """The value (n,) that this share 0–1 of them do not exceed, as `np.quantile` has it.

    NumPy's own takes several times as long for the thousand values of a picture's sample.
    """
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    parted = np.partition(values, (low, high))
    return float(parted[low]) + (place - low) * (float(parted[high]) - float(parted[low]))


def _plane(picture: av.VideoFrame, index: int, width: int, height: int) -> Bytes:
    plane = picture.planes[index]
    rows: Bytes = np.frombuffer(memoryview(plane), np.uint8)
    rows.flags.writeable = False
    return rows.reshape(-1, plane.line_size)[:height, :width]


def _matrix(full: bool, bt709: bool) -> tuple[Doubles, Doubles]:
    """YUV → RGB of ITU-R BT.601 and BT.709 from their luma weights."""
    red, blue = (0.2126, 0.0722) if bt709 else (0.299, 0.114)
    green = 1 - red - blue
    luma, chroma, black = (255.0, 255.0, 0.0) if full else (219.0, 224.0, 16.0)
    matrix = np.array(
        [
            [1 / luma, 0, 2 * (1 - red) / chroma],
            [
                1 / luma,
                -2 * blue * (1 - blue) / green / chroma,
                -2 * red * (1 - red) / green / chroma,
            ],
            [1 / luma, 2 * (1 - blue) / chroma, 0],
        ]
    )
    return matrix, np.array([black, 128.0, 128.0])


@dataclass(frozen=True, slots=True)
class Light:
    """What the scene's light does to colours, and how to take some of it back.

    Only what is nearly grey speaks for the light's tint, and only within limits: a lawn or a red
    wall that fills the picture is a colour, not a light.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of red, green, blue, 0.7–1.6
    colourless: bool = False  # infrared or a black-and-white camera: no colour can be told

    @classmethod
    def of(cls, pixels: Pixels) -> Light:
        """From about 1,500 points spread over the picture."""
        w, h = pixels.size
        columns, rows = np.meshgrid((np.arange(48) + 0.5) * w / 48, (np.arange(32) + 0.5) * h / 32)
        rgb = pixels.at(columns.ravel(), rows.ravel())
        lab = to_oklab(rgb)
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        grey = (chroma < 0.06) & (lab[:, 0] > 0.25) & (lab[:, 0] < 0.97)
        tint = np.ones(3)
        if grey.mean() > 0.15:
            middle = np.array([quantile(part, 0.5) for part in to_linear(rgb[grey]).T])
            tint = np.clip((middle.mean() / np.maximum(middle, 1e-3)) ** (1 / 2.2), 0.88, 1.14)
        bright = quantile(lab[:, 0], 0.97)
        exposure = min(max(0.9 / max(bright, 0.1), 1.0), 1.4)
        gain = tint * exposure
        return cls((float(gain[0]), float(gain[1]), float(gain[2])), pixels.colourless())

    def blend(self, newer: Light, share: float) -> Light:
        """This light moved towards a newer one: gains change slowly, `colourless` at once."""
        a, b = np.array(self.gain), np.array(newer.gain)
        gain = a + share * (b - a)
        return Light((float(gain[0]), float(gain[1]), float(gain[2])), newer.colourless)

    def correct(self, rgb: Doubles) -> Doubles:
        """sRGB (n, 3) 0–1 as under plain light."""
        return np.asarray(np.minimum(rgb * np.array(self.gain), 1.0))
