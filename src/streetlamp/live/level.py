"""A constant delay for screens: copied GOPs come all at once, encoded pictures one by one.

A GOP can be copied only when it is over, an encoded picture leaves about a second behind the
camera. Played as they come, the picture would stand still each time a camera falls asleep. So
fragments wait until each is as far behind the camera as the slowest of late was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from streetlamp.values import Fragment

FADES: Final = 0.01  # s of delay given back for each second that did not need it
MOST: Final = 15.0  # s: something else is wrong; nobody waits longer


class Level:
    """One camera's fragments on their way to screens: `put` them in, `due` gives them back."""

    def __init__(self) -> None:
        self._waiting: deque[Fragment] = deque()
        self._delay = 0.0
        self._now = float("-inf")

    def put(self, fragment: Fragment, now: float) -> None:
        """A fragment is ready when the camera's time is `now` (POSIX seconds)."""
        self._delay = min(MOST, max(self._delay, now - fragment.start))
        self._waiting.append(fragment)

    def due(self, now: float) -> Iterator[Fragment]:
        """The fragments whose moment has come."""
        passed = now - self._now
        if not 0.0 <= passed < MOST:  # the first, or the clock was set
            passed = 0.0
        self._delay = max(0.0, self._delay - FADES * passed)
        self._now = now
        while self._waiting and not 0.0 < self._waiting[0].start + self._delay - now <= MOST:
            yield self._waiting.popleft()

    def flush(self) -> Iterator[Fragment]:
        """All of them: the camera is away."""
        while self._waiting:
            yield self._waiting.popleft()
