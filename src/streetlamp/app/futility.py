"""Notices that a camera sends packets of which no picture can be made."""

from __future__ import annotations

from typing import Final, Protocol

from streetlamp.video.camera import Figures

MOST_IN_VAIN: Final = 50  # packets refused by the decoder with no picture between them
LONGEST_SECONDS: Final = 30.0  # without a picture, refused or not: a sleeping camera has a keyframe
LEAST_UNITS: Final = 100  # that must have come in this time
_EVERY: Final = 25  # units between two looks at the figures


class Counted(Protocol):
    @property
    def figures(self) -> Figures: ...


class Futility:
    """Counts decoding in vain; one camera's, over all its openings."""

    def __init__(self) -> None:
        self._units = 0
        self._decoded = 0  # pictures, at the last look
        self._since = float("-inf")  # time of the last look that saw new ones
        self._then = 0  # units until then
        self._damaged = 0  # packets until then

    def looked_in_vain(self, camera: Counted, time: float) -> bool:
        """To be asked after every unit, with its time in seconds.

        True once for each stretch in which nothing was decoded.
        """
        self._units += 1
        if self._units % _EVERY:
            return False
        figures = camera.figures
        decoded = figures.decoded + figures.second_decoded
        passed = time - self._since
        in_vain = False
        if decoded == self._decoded and 0.0 <= passed < float("inf"):
            silent = passed >= LONGEST_SECONDS and self._units - self._then >= LEAST_UNITS
            in_vain = silent or figures.damaged - self._damaged >= MOST_IN_VAIN
            if not in_vain:
                return False
        self._decoded, self._damaged = decoded, figures.damaged
        self._since, self._then = time, self._units
        return in_vain
