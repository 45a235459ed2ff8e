"""A leak so slow that the level follows it: told from the season by how far the day swings.

A season makes demand more or less: the level rises, and the day swings further with it. A leak
raises the level alone. How the level goes with the swing is learnt from the district's own past,
six weeks back and more; where it does not go with it, what is left scatters and the limit, which
is a multiple of that scatter, is not reached.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_LEAST: Final = 60  # days before anything is told
_LATE: Final = 40  # days: the latest are judged, not learnt from
_MEMORY: Final = 240  # days
_JUDGED: Final = 5  # days whose mean is judged
_FAR: Final = 6.0  # times the scatter
_FLOOR: Final = 0.04  # share of the mean inflow


class Season:
    """The daily levels of one district beside how far its days swing, both in shares."""

    def __init__(self) -> None:
        self._days: list[tuple[float, float]] = []

    def add(self, level: float, swing: float) -> None:
        """level: without what is known to leak; swing: of the usual day, 1 at the beginning."""
        self._days = [*self._days[-_MEMORY:], (level, swing)]

    def known(self, size: float, days: int) -> None:
        """So much of the levels of the last days is known now to have leaked."""
        late = len(self._days) - min(days, len(self._days))
        self._days[late:] = [(level - size, swing) for level, swing in self._days[late:]]

    def excess(self) -> tuple[float, int, float, float]:
        """(size, days since, score, limit) of what the swing does not explain; 0 for nothing."""
        if len(self._days) < _LEAST:
            return 0.0, 0, 0.0, _FAR
        level, swing = np.array(self._days).T
        past = np.column_stack([np.ones(len(level) - _LATE), swing[:-_LATE]])
        fit = np.linalg.lstsq(past, level[:-_LATE], rcond=None)[0]
        left = level - fit[0] - fit[1] * swing
        scatter = max(float(np.std(left[:-_LATE])), _FLOOR / _FAR)
        size = float(left[-_JUDGED:].mean())
        if size < _FAR * scatter:
            return 0.0, 0, size / scatter, _FAR
        low = np.flatnonzero(left < size / 4)
        return size, len(left) - 1 - int(low[-1]) if len(low) else len(left), size / scatter, _FAR
