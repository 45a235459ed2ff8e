"""A bad sensor, bad weather."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Stage, Strength, Unit
from streetlamp.fleet.virtual.picture import Picture, noisy


@FAULTS.add("noise")
class Noise(PictureFault):
    """A dying sensor: strong noise and hot pixels."""

    name: ClassVar[str] = "noise"
    summary: ClassVar[str] = "A bad sensor: strong noise and white dots."
    stage: ClassVar[Stage] = Stage.SENSOR
    takes: ClassVar[Strength | None] = Strength(
        25.0, 1.0, 100.0, Unit.NUMBER, "deviation of the noise, in levels of 255"
    )

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        noised = noisy(picture, self.strength, moment.number, self.seed)
        rng = np.random.default_rng(self.seed)
        hot = rng.integers(0, picture.y.size, picture.y.size // 2000)
        y = noised.y.copy()
        y.reshape(-1)[hot] = 250
        return noised._replace(y=y)


@FAULTS.add("rain")
class Rain(PictureFault):
    """Bright streaks, other ones in every picture. Weather, and no fault."""

    name: ClassVar[str] = "rain"
    summary: ClassVar[str] = "Heavy rain: bright streaks, less contrast (weather, no fault)."
    takes: ClassVar[Strength | None] = Strength(0.5, 0.05, 1.0, Unit.SHARE, "how heavy it is")

    def apply(self, picture: Picture, moment: Moment) -> Picture:
        width, height = picture.size
        rng = np.random.default_rng([self.seed, moment.number])
        y = cv2.convertScaleAbs(picture.y, alpha=1 - 0.25 * self.strength, beta=30 * self.strength)
        streaks = np.zeros_like(picture.y)
        long = max(4, height // 14)
        for x, top, light in zip(
            rng.integers(0, width, drops := int(500 * self.strength)),
            rng.integers(-long, height, drops),
            rng.integers(25, 80, drops),
            strict=True,
        ):
            end = (int(x) - long // 6, int(top) + long)
            cv2.line(streaks, (int(x), int(top)), end, int(light), 1)
        return picture._replace(y=np.ascontiguousarray(cv2.add(y, streaks), np.uint8))
