"""One appliance's runs, one after another: what is usual, and whether that still holds."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from streetlamp.meters.base import YEAR_SECONDS
from streetlamp.meters.electricity.runs import Run
from streetlamp.meters.electricity.scores import Scores, mean_pause
from streetlamp.sequential.cusum import threshold

ALLOWED: Final = (0.25, 0.75)
"""Half of the shifts, in standard deviations, that are found fastest."""
LEARNT: Final = 5 * 86400.0  # s
FEWEST: Final = 15  # runs
KEPT: Final = 400  # runs
HELD: Final = 86400.0  # s by which learning lags
REFITTED: Final = 12  # runs
PAUSES: Final = 3
LOOKED: Final = 12  # last runs that an open fault is judged by
SETTLED: Final = 0.4  # their mean score below which it is over
SHARES: Final = (0.85, 0.05, 0.05, 0.05)
"""Of the false alarms: runs that got longer, shorter, draw more, draw less. What wears out, furs up
or leaks makes a machine work longer; the others may wait for more evidence."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A shift beyond its threshold."""

    start: float  # POSIX seconds
    runs: int  # since then
    sum: float
    threshold: float
    minutes: float  # median since then
    usual_minutes: float
    power: float  # kW
    usual_power: float


class Watch:
    """Scores each run against those before, and sums the scores up."""

    def __init__(self, alarms_per_year: float, fewest_runs: float) -> None:
        self._alarms, self._fewest = alarms_per_year, fewest_runs
        self._seen: list[tuple[Run, float]] = []  # learnt from, with the pause
        self._held: deque[tuple[Run, float]] = deque()
        self._pauses: deque[float] = deque(maxlen=PAUSES)
        self._since: deque[Run] = deque(maxlen=KEPT)
        self._lengths: Scores | None = None
        self._powers: Scores | None = None
        self._fitted = 0
        self._faulty = False
        self._first = math.nan
        self._limit = np.full((len(ALLOWED), len(SHARES)), math.inf)
        self._usual = math.nan, math.nan
        self._sums = np.zeros((len(ALLOWED), len(SHARES)))
        self._ages = np.zeros((len(ALLOWED), len(SHARES)), np.int64)
        self._last: deque[tuple[float, float]] = deque(maxlen=LOOKED)
        self._count = 0

    @property
    def settled(self) -> bool:
        """The last runs are as they were: an open fault is over."""
        if len(self._last) < LOOKED:
            return False
        means = [abs(sum(scores)) / LOOKED for scores in zip(*self._last, strict=True)]
        return bool(max(means) < SETTLED)

    def update(self, run: Run) -> Alarm | None:
        """Takes in a run that has ended; gives an alarm where one is due."""
        self._pauses.append(run.pause)
        pause = mean_pause(self._pauses)
        if math.isnan(self._first):
            self._first = run.begin
        self._count += 1
        alarm = self._score(run, pause)
        self._learn(run, pause, alarm)
        self._fitted += 1
        if self._lengths is None or self._fitted >= REFITTED:
            self._fit(run.end)
        return alarm

    def _learn(self, run: Run, pause: float, alarm: Alarm | None) -> None:
        """Runs wait a day, and as long as they are in doubt; those of a fault are not learnt."""
        if alarm is not None:
            self._faulty = True
            self._held = deque(one for one in self._held if one[0].begin < alarm.start)
        elif self._faulty and self.settled:
            self._faulty = False
        if not self._faulty:
            self._held.append((run, pause))
        quiet = bool((self._sums < 0.5 * self._limit).all())
        while quiet and self._held and run.end - self._held[0][0].end > HELD:
            self._seen.append(self._held.popleft())
        del self._seen[:-KEPT]

    def _fit(self, now: float) -> None:
        learnt = self._seen
        if self._lengths is None:
            if now - self._first < LEARNT or len(learnt) + len(self._held) < FEWEST:
                return
            learnt = self._seen = [*self._seen, *self._held]
            self._held.clear()
        self._fitted = 0
        self._calibrate()
        pauses = np.array([pause for _, pause in learnt])
        places = np.array([run.place for run, _ in learnt], np.int64)
        minutes = np.log([run.minutes for run, _ in learnt])
        powers = np.log([run.power for run, _ in learnt])
        self._lengths = Scores(minutes, pauses, places)
        self._powers = Scores(powers, np.full(len(learnt), np.nan), places)
        self._usual = float(np.exp(np.median(minutes))), float(np.exp(np.median(powers)))

    def _calibrate(self) -> None:
        span = self._since[-1].end - self._first if self._since else LEARNT
        yearly = self._count / max(span, LEARNT) * YEAR_SECONDS
        run = math.log(max(yearly / self._alarms, self._fewest) * len(ALLOWED))
        self._limit = np.array(
            [[limit(run - math.log(share), k) for share in SHARES] for k in ALLOWED]
        )

    def _score(self, run: Run, pause: float) -> Alarm | None:
        self._since.append(run)
        if self._lengths is None or self._powers is None:
            return None
        length = self._lengths.of(math.log(run.minutes), pause, run.place)
        power = self._powers.of(math.log(run.power), math.nan, run.place)
        length *= _white(self._lengths.alike)
        power *= _white(self._powers.alike)
        self._last.append((length, power))
        both = np.array([length, -length, power, -power])
        self._sums = np.maximum(self._sums + both - np.array(ALLOWED)[:, None], 0.0)
        self._ages = np.where(self._sums > 0, self._ages + 1, 0)
        over = self._sums / self._limit
        k, kind = np.unravel_index(int(over.argmax()), over.shape)
        if over[k, kind] < 1:
            return None
        runs = min(int(self._ages[k, kind]), len(self._since))
        lately = list(self._since)[-runs:]
        alarm = Alarm(
            start=lately[0].begin,
            runs=runs,
            sum=float(self._sums[k, kind]),
            threshold=float(self._limit[k, kind]),
            minutes=float(np.median([one.minutes for one in lately])),
            usual_minutes=self._usual[0],
            power=float(np.median([one.power for one in lately])),
            usual_power=self._usual[1],
        )
        self._sums[:] = 0.0
        self._ages[:] = 0
        return alarm


def _white(alike: float) -> float:
    """What makes a sum of scores that resemble each other spread like a sum of others."""
    return math.sqrt((1 - alike) / (1 + alike))


def limit(log_run: float, k: float) -> float:
    """The CUSUM threshold with ``exp(log_run)`` runs to a false alarm.

    Between whole numbers it is nearly a line, and reckoned as one.
    """
    low = math.floor(log_run)
    first = _exact(low, k)
    return first + (log_run - low) * (_exact(low + 1, k) - first)


@lru_cache(maxsize=256)
def _exact(log_run: int, k: float) -> float:
    return threshold(math.exp(log_run), k)
