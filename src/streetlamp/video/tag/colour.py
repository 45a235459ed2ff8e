"""What a colour is called: the eleven basic colour terms, from pixels.

Colours are compared in OKLab (Ottosson 2020), whose hue does not drift with lightness as CIELAB's
blue does. Each term stands on colours chosen by eye (`_ANCHORS`, sRGB), bright, dull and dark,
because things in the street are dull and dark; a pixel belongs to the terms of the anchors near it.
How well that works on real pictures is measured in ``design/tags.md``.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Colour

Doubles = NDArray[np.float64]

TERMS: Final = len(Colour) - 1  # columns of memberships are Colour 1 … 11
PLAIN: Final = slice(Colour.BLACK - 1, Colour.GREY)  # the columns of black, white, grey
BINS: Final = 8  # a side of the coarse histogram of colours

# What the name is given to, from the brightest to the darkest, hexadecimal sRGB.
_ANCHORS: Final[dict[Colour, str]] = {
    Colour.BLACK: "000000 0a0a0c 14161a 1e1c1a 1a1e24 26282a 121a2a 241a18 101c14 2c2c2e",
    Colour.WHITE: "ffffff f6f6f4 ecece8 e6eaee f4eee0 e2e0da dfe5ea f0e8ea d9dadb",
    Colour.GREY: "c2c4c4 b0b0ae a4a8ac 949494 8a8680 7c8084 6c6c6c 5c5a58 505458 444444 38393a",
    Colour.RED: "ff0000 e8202a d01818 c83038 b02020 a01828 8c1414 741820 c04a48 b84038 5c0c10",
    Colour.ORANGE: "ff8c00 ffa500 f47a20 e86a10 ff7838 e08a30 d06818 e89a50 f08c48",
    Colour.YELLOW: "ffff00 ffe600 ffd800 f0d020 e8c840 fff080 d8b820 e6dc60 c8b030 f0e090",
    Colour.GREEN: "00ff00 30d030 008000 206a30 508040 2a5a34 6aa84f 90c060 14402a 9ab080 "
    "708060 405838 1e3a20 b0e070 008060 58a880 60806c",
    Colour.BLUE: "0000ff 2040e0 1848b0 000080 24407c 3a5a98 5080c0 80b0e0 00a0e0 00bfff a0c8e8 "
    "1c2c58 566e94 3c4c68 7c90ac 00e0ff 2a7a90 5aa0b0 48607c 182850",
    Colour.PURPLE: "800080 a020f0 7030a0 9060c0 602880 b080d0 4a2060 8a5a9a 68487c 381848 c8a8e0 "
    "5038b0",
    Colour.PINK: "ffc0cb ff69b4 ff80c0 f0a0b8 e86090 ff1493 d878a0 e8b0c0 ff00ff c85088 e0a0a0 "
    "f4a090",
    Colour.BROWN: "8b4513 6b3a1a 5a3820 a06038 7a5230 4a2c18 9a7850 3c2618 b08058 6a5440 80604a "
    "c8a878",
}

_LIGHTNESS_WEIGHT: Final = 0.6  # light changes, hue stays: lightness counts less
_NEAR: Final = 0.035  # OKLab distance at which an anchor's hold on a colour has faded
_STEPS: Final = 32  # of each of red, green and blue in the lookup table


def to_linear(rgb: NDArray[Any]) -> Doubles:
    """sRGB 0–1 (IEC 61966-2-1) → linear light 0–1; any shape."""
    rgb = np.clip(np.asarray(rgb, np.float64), 0, 1)
    return np.asarray(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4))


def to_oklab(rgb: NDArray[Any]) -> Doubles:
    """sRGB (…, 3) 0–1 → OKLab (…, 3): lightness 0–1, green–red, blue–yellow."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.asarray(np.cbrt(to_linear(rgb) @ to_cones.T) @ to_lab.T)


def memberships(rgb: NDArray[Any]) -> Doubles:
    """How much each of sRGB colours (n, 3) 0–1 is called each term: (n, 11), rows sum to 1."""
    points, terms = _anchors()
    colours = _weighted(to_oklab(rgb))
    square = ((colours[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    nearest = square.min(axis=1, keepdims=True)
    hold = np.exp(-(square - nearest) / (2 * _NEAR**2))
    result: Doubles = np.stack(
        [np.where(terms == term, hold, 0).max(axis=1) for term in range(1, TERMS + 1)], axis=1
    )
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def term(rgb: tuple[int, int, int]) -> Colour:
    """The name of one sRGB colour 0–255.

    >>> term((200, 30, 40)).label, term((60, 60, 62)).label
    ('red', 'grey')
    """
    return Colour(1 + int(memberships(np.array([rgb]) / 255.0)[0].argmax()))


@cache
def _anchors() -> tuple[Doubles, NDArray[np.int64]]:
    colours, terms = [], []
    for colour, text in _ANCHORS.items():
        for code in text.split():
            colours.append([int(code[k : k + 2], 16) / 255 for k in (0, 2, 4)])
            terms.append(int(colour))
    return _weighted(to_oklab(np.array(colours))), np.array(terms, np.int64)


def _weighted(lab: Doubles) -> Doubles:
    return np.asarray(lab * np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0]))


@cache
def table() -> NDArray[np.float32]:
    """`memberships` of 32 × 32 × 32 colours, (32768, 11): row = (red·32 + green)·32 + blue."""
    middle = (np.arange(_STEPS) + 0.5) / _STEPS
    red, green, blue = np.meshgrid(middle, middle, middle, indexing="ij")
    colours = np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1)
    parts = [memberships(part) for part in np.array_split(colours, 16)]
    result = np.concatenate(parts).astype(np.float32)
    result.flags.writeable = False
    return result


@cache
def lightness() -> NDArray[np.float32]:
    """OKLab lightness (32768,) of the colours of `table`."""
    middle = (np.arange(_STEPS) + 0.5) / _STEPS
    red, green, blue = np.meshgrid(middle, middle, middle, indexing="ij")
    colours = np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1)
    result = to_oklab(colours)[:, 0].astype(np.float32)
    result.flags.writeable = False
    return result


@cache
def plainness() -> NDArray[np.float32]:
    """How much the colours of `table` are called black, white or grey: (32768,) 0–1."""
    result = table()[:, PLAIN].sum(axis=1)
    result.flags.writeable = False
    return np.asarray(result)


@cache
def coarse() -> NDArray[np.int64]:
    """In which of 8 × 8 × 8 bins the colours of `table` lie: (32768,) of 0–511."""
    red, green, blue = np.indices((_STEPS,) * 3).reshape(3, -1) * BINS // _STEPS
    result = (red * BINS + green) * BINS + blue
    result.flags.writeable = False
    return np.asarray(result)


def table_row(rgb: NDArray[Any]) -> NDArray[np.int64]:
    """(n,) rows of `table` for sRGB colours (n, 3) 0–1."""
    steps = np.minimum((rgb * _STEPS).astype(np.int64), _STEPS - 1)
    return np.asarray((steps[:, 0] * _STEPS + steps[:, 1]) * _STEPS + steps[:, 2])
