"""How far a camera's own clock is from ours, and how fast the two come apart.

Fed with the wall-clock times in RTCP sender reports (see ``design/time.md``). Nothing is placed
in time by it: it is measured so that a person learns of a wrong clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

SPAN: Final = 60.0  # seconds that make one point of the drift's line
LEAST_POINTS: Final = 5
MOST_POINTS: Final = 120  # two hours
STEP: Final = 0.25  # seconds between two points: the clock was set, the line starts anew
RECENT: Final = 15.0  # seconds over which the least delay is looked for


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A camera's clock against ours. Positive: the camera's is ahead, or runs fast."""

    offset: float  # seconds; what passes between the lens and us (0.03–0.3 s) makes it too low
    drift: float | None  # parts in a million of our clock's speed; None for the first minutes


class CameraClock:
    """Takes what the camera's clock said when; read from another thread.

    Of several reports the one that came quickest counts, since a network only ever makes a
    report late. One object serves all openings of a camera: drift takes minutes to show.
    """

    def __init__(self) -> None:
        self.reading: ClockReading | None = None  # None: the camera has said nothing lately
        self._recent: deque[tuple[float, float]] = deque()  # steady time, camera minus ours
        self._points: deque[tuple[float, float]] = deque(maxlen=MOST_POINTS)
        self._began = 0.0  # of the point being made
        self._best: tuple[float, float] | None = None

    def hear(self, theirs: float, ours: float, steady: float) -> None:
        """A picture came at ``ours`` (POSIX seconds) that the camera took at ``theirs``."""
        apart = theirs - ours
        if not math.isfinite(apart):
            return
        if self._recent and abs(apart - self._recent[-1][1]) > STEP:
            self._recent.clear()  # the clock was set (or the line held reports up)
        self._recent.append((steady, apart))
        while steady - self._recent[0][0] > RECENT:
            self._recent.popleft()
        self._collect(steady, apart)
        offset = max(one for _, one in self._recent)
        self.reading = ClockReading(offset, self._drift())

    def lost(self) -> None:
        """The camera is away: what it said last says nothing of now."""
        self.reading = None
        self._recent.clear()
        self._best = None

    def _collect(self, steady: float, apart: float) -> None:
        if self._best is None or steady - self._began >= SPAN:
            if self._best is not None:
                if self._points and abs(self._best[1] - self._points[-1][1]) > STEP:
                    self._points.clear()
                self._points.append(self._best)
            self._began, self._best = steady, (steady, apart)
        elif apart > self._best[1]:
            self._best = steady, apart

    def _drift(self) -> float | None:
        if len(self._points) < LEAST_POINTS:
            return None
        at, apart = np.array(self._points, np.float64).T
        at = at - at.mean()
        return float(at @ (apart - apart.mean()) / (at @ at) * 1e6)
