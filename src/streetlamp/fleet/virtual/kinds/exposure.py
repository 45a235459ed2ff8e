"""Too dark, too bright, or grey all over."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Final

import cv2
import numpy as np

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Stage, Strength, Unit
from streetlamp.fleet.virtual.picture import BLACK, Floats, Picture, faded, noisy, rounded
from streetlamp.health import Reason

_GREY: Final = 150  # the luma of fog


@FAULTS.add("black")
class Black(PictureFault):
    """No light: the noise of a sensor in the dark is all there is."""

    name: ClassVar[str] = "black"
    summary: ClassVar[str] = "No light falls in: black with a little noise."
    stage: ClassVar[Stage] = Stage.SENSOR
    takes: ClassVar[Strength | None] = Strength(
        1.0, 0.1, 1.0, Unit.SHARE, "share of the light that is gone"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.BLACK,)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        return noisy(faded(picture, self.strength, BLACK + 1), 1.5, moment.number, self.seed)


@FAULTS.add("white")
class White(PictureFault):
    """Overexposed: every level is multiplied, and what does not fit is white."""

    name: ClassVar[str] = "white"
    summary: ClassVar[str] = "Hopelessly overexposed: almost all of it white."
    stage: ClassVar[Stage] = Stage.SENSOR
    takes: ClassVar[Strength | None] = Strength(
        16.0, 1.5, 100.0, Unit.NUMBER, "how many times too much light"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.OVEREXPOSED,)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        y = picture.y.astype(np.float32) * self.strength
        pale = np.clip((255 - y) / 255, 0, 1)[::2, ::2]  # where it is white there is no colour
        half = (slice(picture.u.shape[0]), slice(picture.u.shape[1]))
        colours = (128 + (plane.astype(np.float32) - 128) * pale[half] for plane in picture[1:])
        return Picture(rounded(y), *(rounded(each) for each in colours))


@FAULTS.add("fog")
class Fog(PictureFault):
    """Everything nearer to one grey."""

    name: ClassVar[str] = "fog"
    summary: ClassVar[str] = "Fog, or a wet or dazzled lens: hardly any contrast left."
    takes: ClassVar[Strength | None] = Strength(
        0.9, 0.1, 1.0, Unit.SHARE, "share of the contrast that is gone"
    )
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.LOW_CONTRAST,)

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        return noisy(faded(picture, self.strength, _GREY), 1.0, moment.number, self.seed)


@FAULTS.add("infrared")
class Infrared(PictureFault):
    """As at night: grey, lit from the camera, flatter and noisier. An ordinary thing."""

    name: ClassVar[str] = "infrared"
    summary: ClassVar[str] = "Switches to infrared: grey, lit in the middle, noisier (no fault)."
    stage: ClassVar[Stage] = Stage.SENSOR

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        y = cv2.multiply(cv2.LUT(picture.y, _CURVE), _light(*picture.size), dtype=cv2.CV_8U)
        grey = picture.grey()._replace(y=np.ascontiguousarray(y, np.uint8))
        return noisy(grey, 3.0, moment.number, self.seed)


_CURVE: Final = np.asarray(30 + 190 * np.power(np.arange(256) / 255, 0.7), np.float32)


@lru_cache(maxsize=4)
def _light(width: int, height: int) -> Floats:
    """How much of the lamp's light falls on each pixel: most in the middle."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.asarray(1.05 - 0.45 * (across**2 + down**2), np.float32)
