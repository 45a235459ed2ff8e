"""What is normal for one camera: quantiles of a measure by hour of day, by day and in infrared.

Small histograms that fade: a few numbers an hour, robust against what happened once, and cheap to
keep in a file. Until enough is known of an hour, all hours together count; until then, nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from streetlamp.values import Floats

BINS: Final = 48
ENOUGH: Final = 30.0  # values of an hour (and its neighbours, at half) before it is known
ENOUGH_ALL: Final = 20.0  # values of all hours
MOST: Final = 600.0  # values of an hour that count: half of them fade then. About ten days
HOURS: Final = 24
ALL: Final = HOURS  # the row of all hours together


class Normal:
    """One measure's usual values, of one camera, in one kind of light.

    low, high: the range of the measure; values are told apart on a logarithmic scale between them,
    both above 0.
    """

    def __init__(self, low: float, high: float) -> None:
        if not 0.0 < low < high:
            raise ValueError("a normal needs a range above 0")
        self._low, self._span = math.log(low), math.log(high / low)
        self._counts: Floats = np.zeros((HOURS + 1, BINS), np.float32)
        self._asked: dict[tuple[float, int], float | None] = {}  # what was answered since

    def learn(self, value: float, time: float) -> None:
        """A value of a minute in which all was well. time: POSIX seconds."""
        self._asked.clear()
        place = self._place(value)
        for row, most in ((hour_of(time), MOST), (ALL, MOST * 6)):
            self._counts[row, place] += 1.0
            if self._counts[row].sum() > most:
                self._counts[row] *= 0.5

    def quantile(self, share: float, time: float) -> float | None:
        """The value that this share (0–1) of the usual ones at this hour are below; None: unknown.

        time: POSIX seconds.
        """
        hour = hour_of(time)
        if (share, hour) not in self._asked:
            self._asked[share, hour] = self._quantile(share, hour)
        return self._asked[share, hour]

    def _quantile(self, share: float, hour: int) -> float | None:
        counts = self._counts[hour] + 0.5 * (
            self._counts[hour - 1] + self._counts[(hour + 1) % HOURS]
        )
        if counts.sum() < ENOUGH:
            counts = self._counts[ALL]
            if counts.sum() < ENOUGH_ALL:
                return None
        sums = np.cumsum(counts)
        wanted = share * float(sums[-1])
        place = int(np.searchsorted(sums, wanted))
        before = float(sums[place - 1]) if place else 0.0
        within = (wanted - before) / max(float(counts[place]), 1e-9)
        return math.exp(self._low + (place + within) / BINS * self._span)

    def _place(self, value: float) -> int:
        share = (math.log(max(value, 1e-9)) - self._low) / self._span
        return min(BINS - 1, max(0, int(share * BINS)))

    def state(self) -> dict[str, dict[str, float]]:
        """For a file: the bins that are not empty, by hour."""
        return {
            str(row): {str(i): round(float(line[i]), 1) for i in np.flatnonzero(line)}
            for row, line in enumerate(self._counts)
            if line.any()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave. ValueError for anything else."""
        counts = np.zeros_like(self._counts)
        try:
            for row, line in state.items():
                if not 0 <= int(row) <= ALL:
                    raise ValueError(f"a normal with an hour {row}")
                for place, count in line.items():
                    counts[int(row), int(place)] = min(max(float(count), 0.0), MOST * 6)
        except (AttributeError, TypeError, IndexError) as error:
            raise ValueError(f"a normal that is damaged: {error}") from error
        self._counts = counts
        self._asked.clear()


def hour_of(time: float) -> int:
    """The hour of day (UTC: what is asked is only whether it is the same one) of POSIX seconds."""
    return int(time // 3600) % HOURS
