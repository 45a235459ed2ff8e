"""Whether a camera's own clock can be believed about how far apart its pictures are.

A clock that stands still, or crawls, makes two looks seem close that are seconds apart, and gives
pictures of different moments one and the same time. How many pictures lie between tells.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

SAME_MOMENT: Final = 0.002  # s: no camera takes two pictures this close together
LONGEST_STEP: Final = 10.0  # s: after a longer one the camera was away
REMEMBERED: Final = 31  # steps between pictures
ENOUGH: Final = 5  # steps, before the usual one is known


class Pace:
    """One camera's usual step from picture to picture."""

    def __init__(self) -> None:
        self._steps: deque[float] = deque(maxlen=REMEMBERED)

    def step(self, seconds: float) -> None:
        """The next picture came so long after the one before, by its own time."""
        if SAME_MOMENT < seconds < LONGEST_STEP:
            self._steps.append(seconds)

    def lasts(self, pictures: int) -> float:
        """Seconds that so many steps usually take; 0 while that is not known."""
        return pictures * median(self._steps) if len(self._steps) >= ENOUGH else 0.0
