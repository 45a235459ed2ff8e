"""Upright or lying, from the shape of a person's box over time.

One picture says little: somebody who bends, squats or stretches out their arms has a wide box for a
moment. So the box's width over height is smoothed, and a change of posture needs time. Measured in
``design/tags.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.values import Posture

_LYING_SHAPE: Final = math.log(
    1.15
)  # of width over height, above which a box has the shape of somebody lying
_UPRIGHT_SHAPE: Final = math.log(0.8)  # below which it has the shape of somebody upright
_EDGE: Final = 2.0  # pixels from the picture's border within which a box counts as cut off
_SMOOTH: Final = 0.3  # s over which the shape is smoothed


@dataclass(slots=True)
class PostureVote:
    """The posture of one person over time."""

    lying_seconds: float
    upright_seconds: float
    posture: Posture = Posture.UNKNOWN
    _shape: float = math.nan  # log of width over height, smoothed
    _time: float = math.nan  # POSIX seconds of the last box
    _since: float = math.nan  # POSIX seconds since when the shape speaks for another posture
    _other: Posture = Posture.UNKNOWN  # that posture

    def add(self, box: Sequence[float], size: tuple[int, int], time: float) -> None:
        """Takes in a box x1 y1 x2 y2, pixels, found at ``time`` (POSIX seconds).

        ``size``: width and height of the picture, pixels.

        A box cut off at the top or bottom says nothing: half a person is as wide as high.
        """
        x1, y1, x2, y2 = box
        if y1 < _EDGE or y2 > size[1] - _EDGE:
            return
        shape = math.log(max(x2 - x1, 1.0) / max(y2 - y1, 1.0))
        if math.isnan(self._shape):
            self._shape = shape
        else:
            share = 1 - math.exp(-max(time - self._time, 0.0) / _SMOOTH)
            self._shape += share * (shape - self._shape)
        self._time = time
        self._decide(time)

    def _decide(self, time: float) -> None:
        says = Posture.UNKNOWN
        if self._shape > _LYING_SHAPE:
            says = Posture.LYING
        elif self._shape < _UPRIGHT_SHAPE:
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
