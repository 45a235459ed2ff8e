"""What happens to, or before, the lens."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Final

import cv2
import numpy as np

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Strength, Unit
from streetlamp.fleet.virtual.picture import (
    Floats,
    Picture,
    Plane,
    blended,
    clouds,
    flat,
    noisy,
    rounded,
)
from streetlamp.health import Reason

_GROW: Final = 10.0  # seconds until a lens is as far out of focus as it gets
_REACH: Final = 0.6  # seconds that a hand takes to the lens
_SOFT: Final = 0.1  # width of its blurred edge, as a share of the picture's


@FAULTS.add("defocus")
class Defocus(PictureFault):
    """Blur that grows for ten seconds and stays."""

    name: ClassVar[str] = "defocus"
    summary: ClassVar[str] = "The lens slips out of focus, within ten seconds."
    takes: ClassVar[Strength | None] = Strength(
        0.012, 0.001, 0.2, Unit.SHARE, "deviation of the blur as a share of the width"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.DEFOCUSED,)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        grown = min(1.0, max(0.05, moment.since / _GROW))
        sigma = self.strength * picture.size[0] * grown
        blurred = (_blur(plane, sigma / by) for plane, by in zip(picture, (1, 2, 2), strict=True))
        return noisy(Picture(*blurred), 1.0, moment.number, self.seed)  # the sensor is as before


def _blur(plane: Plane, sigma: float) -> Plane:
    """Gaussian; a wide one is done on a smaller picture, where it is cheap."""
    by = max(1, int(sigma / 3))
    rows, columns = plane.shape
    small = cv2.resize(
        plane, (max(1, columns // by), max(1, rows // by)), interpolation=cv2.INTER_AREA
    )
    soft = cv2.GaussianBlur(small, (0, 0), sigma / by)
    return np.ascontiguousarray(cv2.resize(soft, (columns, rows)), np.uint8)


@FAULTS.add("cover")
class Cover(PictureFault):
    """A hand or a bag comes in from the left: dark, blotchy, out of focus, never quite still."""

    name: ClassVar[str] = "cover"
    summary: ClassVar[str] = "A hand or a bag over the lens: dark, blotchy and blurred."
    takes: ClassVar[Strength | None] = Strength(
        1.0, 0.1, 1.0, Unit.SHARE, "share of the picture that is covered"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.COVERED, Reason.BLACK)
    _cloth: Picture | None = None
    _edge: Floats  # of what covers, a row of the picture each: by how much it is ahead

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        width, height = picture.size
        if self._cloth is None or self._cloth.size != (width, height):
            self._cloth = self._made((width, height))
            self._edge = 0.06 * clouds((1, height), max(8, height // 4), self.seed + 1)
        sway = 0.004 * float(np.sin(moment.since * 2.1))
        cloth = Picture(*(np.roll(plane, round(plane.shape[1] * sway), 1) for plane in self._cloth))
        reach = self.strength * min(1.0, max(0.1, moment.since / _REACH)) * 1.2
        edge = reach + sway + self._edge
        if edge.min() < 1 + _SOFT:
            across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
            share = np.clip((edge - across) / _SOFT, 0, 1).astype(np.float32)
            cloth = blended(picture, cloth, share)
        return noisy(cloth, 1.5, moment.number, self.seed)

    def _made(self, size: tuple[int, int]) -> Picture:
        blotches = clouds(size, max(8, size[0] // 6), self.seed)
        folds = clouds(size, max(4, size[0] // 20), self.seed + 2)
        y = rounded(np.maximum(34 + 9 * blotches + 3 * folds, 17))
        return flat(size, 0, 120, 138)._replace(y=y)


@FAULTS.add("spray")
class Spray(PictureFault):
    """Paint: opaque blots that run together, with soft edges."""

    name: ClassVar[str] = "spray"
    summary: ClassVar[str] = "Paint sprayed on the dome: opaque blots with soft edges."
    takes: ClassVar[Strength | None] = Strength(
        0.85, 0.05, 1.0, Unit.SHARE, "share of the picture that is painted over"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.COVERED, Reason.LOW_CONTRAST)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        colour = np.random.default_rng(self.seed).integers(90, 166, 2)
        paint = flat(picture.size, 70, float(colour[0]), float(colour[1]))
        share = _blots(picture.size, self.strength, self.seed, 0.15)
        return noisy(blended(picture, paint, share), 1.0, moment.number, self.seed)


@FAULTS.add("dirt")
class Dirt(PictureFault):
    """A grey film with spots: the scene shows through."""

    name: ClassVar[str] = "dirt"
    summary: ClassVar[str] = "Dust, salt or cobweb on the dome: a grey film with spots."
    takes: ClassVar[Strength | None] = Strength(
        0.85, 0.1, 1.0, Unit.SHARE, "how opaque the film is"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.LOW_CONTRAST, Reason.COVERED)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        blurred = Picture(*(_blur(plane, 2.0) for plane in picture))
        spots = _blots(picture.size, 0.3, self.seed, 0.5)
        share = np.clip(self.strength * (0.85 + 0.25 * spots), 0, 1).astype(np.float32)
        film = flat(picture.size, 118, 124, 132)
        return noisy(blended(blurred, film, share), 1.0, moment.number, self.seed)


@lru_cache(maxsize=4)
def _blots(size: tuple[int, int], share: float, seed: int, softness: float) -> Floats:
    """Opacity (0 to 1) of random blots that cover `share` of the picture."""
    field = clouds(size, max(6, size[0] // 12), seed) + 0.4 * clouds(size, 6, seed + 1)
    level = float(np.quantile(field, 1 - share)) if share < 1 else float(field.min()) - softness
    return np.asarray(np.clip((field - level) / softness + 0.5, 0, 1), np.float32)
