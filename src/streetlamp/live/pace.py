"""How often the wall is drawn: as often as wished for, as long as that is cheap."""

from __future__ import annotations

from typing import Final

SHARE: Final = 0.15  # of one core's time, for all sizes of tiles together
SLOWEST: Final = 0.9  # s from one drawing to the next: never less than a picture a second
_SOFT: Final = 0.3  # how much the last drawing's cost counts


class Pace:
    """What drawings of late cost, and how long to wait from one to the next.

    A wall of few cameras is drawn as often as the site wishes; one of hundreds as often as `SHARE`
    allows, on an overloaded machine once a second. It is never slower than `SLOWEST`: a wall that
    stands still shows nothing.
    """

    def __init__(self, most_per_second: float) -> None:
        self._least = 1 / most_per_second
        self._cost = 0.0

    def period(self, cost: float, sizes: int, pressed: bool) -> float:
        """Seconds from the beginning of this drawing to the next.

        cost: CPU seconds this one took. sizes: how many sizes are being drawn. pressed: the machine
        has too much to do.
        """
        self._cost += _SOFT * (cost - self._cost)
        if pressed:
            return SLOWEST
        return min(max(self._least, self._cost * sizes / SHARE), max(self._least, SLOWEST))
