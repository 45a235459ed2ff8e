"""Notices that a camera sends packets of which no picture can be made."""

from __future__ import annotations

from typing import Final, Protocol

from streetlamp.video.camera import Figures

MOST_IN_VAIN: Final = 50  # packets refused by the decoder with no picture between them
_EVERY: Final = 25  # units between two looks at the figures


class Counted(Protocol):
    @property
    def figures(self) -> Figures: ...


class Futility:
    """Counts decoding in vain; one camera's, over all its openings."""

    def __init__(self) -> None:
        self._units = 0
        self._decoded = 0
        self._damaged = 0  # when a picture was decoded last

    def looked_in_vain(self, camera: Counted) -> bool:
        """To be asked after every unit. True once for each stretch in which nothing was decoded."""
        self._units += 1
        if self._units % _EVERY:
            return False
        figures = camera.figures
        if figures.decoded == self._decoded and figures.damaged - self._damaged < MOST_IN_VAIN:
            return False
        in_vain = figures.decoded == self._decoded
        self._decoded, self._damaged = figures.decoded, figures.damaged
        return in_vain
