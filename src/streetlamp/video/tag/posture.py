"""Upright or lying, from the shape of a person's box over time.

One picture says little: somebody who bends, squats or stretches out their arms has a wide box for a
moment. So the box's width over height is smoothed, and a change of posture needs time. Measured in
``design/tags.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Posture

_LYING: Final = 1.15  # width over height above which a box has the shape of somebody lying
_UPRIGHT: Final = 0.8  # below which it has the shape of somebody upright
_EDGE: Final = 2.0  # pixels from the picture's border within which a box counts as cut off
_SMOOTH: Final = 0.3  # s over which the shape is smoothed


@dataclass(slots=True)
class PostureVote:
    """The posture of one person over time."""

    lying_seconds: float
    upright_seconds: float
    posture: Posture = Posture.UNKNOWN
    _shape: float = np.nan  # log of width over height, smoothed
    _time: float = np.nan  # POSIX seconds of the last box
    _since: float = np.nan  # POSIX seconds since when the shape speaks for another posture
    _other: Posture = Posture.UNKNOWN  # that posture

    def add(self, box: NDArray[np.float32], size: tuple[int, int], time: float) -> None:
        """Takes in a box (4,) found at ``time`` (POSIX seconds) in a picture of ``size`` pixels.

        A box cut off at the top or bottom says nothing: half a person is as wide as high.
        """
        if box[1] < _EDGE or box[3] > size[1] - _EDGE:
            return
        shape = float(np.log(max(box[2] - box[0], 1.0) / max(box[3] - box[1], 1.0)))
        if np.isnan(self._shape):
            self._shape = shape
        else:
            share = 1 - np.exp(-max(time - self._time, 0.0) / _SMOOTH)
            self._shape += float(share) * (shape - self._shape)
        self._time = time
        self._decide(time)

    def _decide(self, time: float) -> None:
        says = Posture.UNKNOWN
        if self._shape > np.log(_LYING):
            says = Posture.LYING
        elif self._shape < np.log(_UPRIGHT):
            says = Posture.UPRIGHT
        if says in (Posture.UNKNOWN, self.posture):
            self._other = Posture.UNKNOWN
            return
        if says is not self._other:
            self._other, self._since = says, time
        needed = self.lying_seconds if says is Posture.LYING else self.upright_seconds
        if self.posture is Posture.UNKNOWN and says is Posture.UPRIGHT:
            needed = 0.0  # nothing is known yet, and upright is what people mostly are
        if time - self._since >= needed:
            self.posture, self._other = says, Posture.UNKNOWN
