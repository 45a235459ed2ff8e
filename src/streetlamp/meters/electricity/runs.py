"""A load curve of minutes as runs of one appliance: on at its working power, and off again.

The working power is the one below which half of the energy was used, from a histogram by power; a
run is a stretch above half of it. That asks for no list of appliances: it is the element's power
for a boiler, the compressor's for a fridge. A curve of many loads has no such power; it is told
from one appliance's by how much of its energy lies around one power, and by how long it is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools

_EDGES: Final = np.geomspace(2e-3, 200.0, 97)  # kW, 12 % apart
_AROUND: Final = 3  # bins either side of the working power, 35 %
CONCENTRATED: Final = 0.5
"""Share of the energy that one appliance uses around its working power, at least."""
IDLE: Final = 0.3
"""Share of the time that it is below a tenth of that, at least."""
_WATCHED: Final = 43200.0  # s before anything is a run
_MOST_GAP: Final = 14400.0  # s; a longer pause is a pause


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one meter's appliance, over."""

    meter: int
    begin: float  # POSIX seconds
    end: float
    minutes: float  # energy of the run / working power: finer than the steps
    power: float  # kW, mean while on
    pause: float  # minutes off before it, at most four hours; NaN: not known
    place: int  # 1, 2, 3 = later: which run since the last long pause; 0: not known


class Runs:
    """Cuts the curves of ``n`` meters into runs, step by step."""

    def __init__(self, n: int) -> None:
        self._energy = np.zeros((n, len(_EDGES) + 1))
        self._seconds = np.zeros(n)
        self._idle = np.zeros(n)
        self._level = np.full(n, np.nan)
        self._on = np.zeros(n, bool)
        self._begin = np.full(n, np.nan)
        self._used = np.zeros(n)
        self._above = np.zeros(n)  # kWs above half, and for how long
        self._time = np.zeros(n)
        self._edge = np.zeros(n)  # kWs of the step before
        self._last = np.full(n, np.nan)  # end of the last run
        self._place = np.zeros(n, np.int64)

    @property
    def level(self) -> Doubles:
        """(n,) kW, the working power; NaN while there is none, or the curve is many loads'."""
        return self._level

    def update(self, begin: float, end: float, power: Doubles) -> list[Run]:
        """Takes in a step of (n,) kW, NaN unknown; gives the runs it ended."""
        seconds = end - begin
        here = ~np.isnan(power)
        now = np.where(here, np.maximum(power, 0.0), 0.0)
        self._learn(now, here, seconds)
        ready = ~np.isnan(self._level)
        on = here & ready & (now > np.where(ready, self._level, np.inf) / 2)
        begins, ends = on & ~self._on, self._on & ~on
        energy = now * seconds
        found = [
            self._run(int(i), begin, energy[i])
            for i in np.flatnonzero(ends & here & ready).tolist()
        ]
        lost = ~here
        self._last = np.where(ends & here, begin, np.where(lost, np.nan, self._last))
        self._place = np.where(lost, 0, self._place)
        self._begin = np.where(begins, begin, self._begin)
        self._used = np.where(begins, self._edge, self._used) + np.where(on, energy, 0.0)
        self._above = np.where(begins, 0.0, self._above) + np.where(on, energy, 0.0)
        self._time = np.where(begins, 0.0, self._time) + np.where(on, seconds, 0.0)
        self._edge = energy
        self._on = on
        return [run for run in found if run is not None]

    def _run(self, i: int, end: float, edge: float) -> Run | None:
        begin, last = float(self._begin[i]), float(self._last[i])
        if np.isnan(begin) or self._time[i] <= 0:
            return None
        pause = min(begin - last, _MOST_GAP)
        if np.isnan(pause) or pause >= _MOST_GAP:
            self._place[i] = 1
        else:
            self._place[i] = min(self._place[i] + 1, 3)
        return Run(
            meter=i,
            begin=begin,
            end=end,
            minutes=float((self._used[i] + edge) / self._level[i] / 60),
            power=float(self._above[i] / self._time[i]),
            pause=pause / 60,
            place=0 if np.isnan(pause) else int(self._place[i]),
        )

    def _learn(self, now: Doubles, here: Bools, seconds: float) -> None:
        rows = np.flatnonzero(here & (now > 0))
        np.add.at(self._energy, (rows, np.searchsorted(_EDGES, now[rows])), now[rows] * seconds)
        self._seconds += np.where(here, seconds, 0.0)
        self._idle += np.where(here & ~(now > 0.1 * np.nan_to_num(self._level)), seconds, 0.0)
        turn = int(self._seconds.max() // seconds) % 60 == 0
        if not turn:
            return
        total = self._energy.cumsum(1)
        whole = total[:, -1]
        half = (total >= whole[:, None] / 2).argmax(1)
        level = np.sqrt(_EDGES[np.maximum(half - 1, 0)] * _EDGES[np.minimum(half, len(_EDGES) - 1)])
        rows = np.arange(len(level))
        low, high = np.maximum(half - _AROUND - 1, 0), np.minimum(half + _AROUND, len(_EDGES))
        around = total[rows, high] - np.where(half > _AROUND, total[rows, low], 0.0)
        alone = (
            (around >= CONCENTRATED * whole)
            & (self._idle >= IDLE * self._seconds)
            & (self._seconds >= _WATCHED)
            & (whole > level * 900)
        )
        # Only a clearly other power is taken: runs are compared by it.
        kept = np.abs(np.log(level / np.nan_to_num(self._level, nan=1e9))) < 0.35
        self._level = np.where(alone, np.where(kept, self._level, level), np.nan)
