"""All districts of a panel, stepped together: each tells the others how unusual its day was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import Step, Watched
from streetlamp.meters.districts.clock import DayClock, HourSum, Place
from streetlamp.meters.districts.district import Change, District, Limits
from streetlamp.meters.districts.episodes import Episodes
from streetlamp.meters.districts.options import DistrictOptions, KnownEvent
from streetlamp.meters.districts.recent import BAND, Recent
from streetlamp.sequential.jump import threshold
from streetlamp.values import Finding

BESIDE: Final = ("districts", "temperature", "rain")
"""What stands beside the hours of a day: the other districts' surprise, °C, mm."""

_DAILY: Final = 0.9  # the daily test's share of the budget
_HOUR: Final = 3600.0
_MEAN: Final = 1 / 30  # of temperature, a day


def limits(options: DistrictOptions) -> Limits:
    """Scores that noise reaches as often as the budget says."""
    alarms_a_year = options.alarms_per_meter_year
    day = threshold(365.25 / (_DAILY * alarms_a_year))
    run = 365.25 / ((1 - _DAILY) * alarms_a_year)
    return Limits(day=day, run=run, burst=options.burst_share, fall=min(day, 2.4))


class Follow:
    """Follows ``meters``; `update` gives findings as they begin and end."""

    def __init__(self, meters: Sequence[str], options: DistrictOptions) -> None:
        self._meters = tuple(meters)
        self._options = options
        bounds = limits(options)
        self.districts = [District(bounds, options.learn_days, len(BESIDE)) for _ in self._meters]
        self._episodes = [
            Episodes(name, options.burst_share, options.least_share) for name in self._meters
        ]
        self._recent = [Recent() for _ in self._meters]
        self._sums = [HourSum() for _ in self._meters]
        self._clock = DayClock()
        self._place: Place | None = None
        self._filled = 0.0
        self._closed = False
        self._weather = _Weather()
        self.watched: Watched | None = None  # of the last whole hour

    def update(self, step: Step) -> list[Finding]:
        found: list[Finding] = []
        place = self._clock.place(step)
        last = self._place
        if last is not None and place != last:
            if self._filled > 0:
                found += self._hour(last, step.begin)
            if place.day != last.day and not self._closed:
                found += self._day(step.begin)
        if last is None or place.day != last.day:
            self._closed = False
            for one in self.districts:
                one.begin(place.kind)
        self._place = place
        used = self._without_events(step)
        seconds = step.end - step.begin
        for at, total in enumerate(self._sums):
            total.add(math.nan if place.changing else float(used[at]), seconds)
        self._weather.add(step.beside)
        self._filled += seconds
        if self._filled >= _HOUR - 1:
            found += self._hour(place, step.end)
            if place.slot == 23:
                found += self._day(step.end)
        return found

    def _hour(self, place: Place, now: float) -> list[Finding]:
        found = []
        self._filled = 0.0
        expected, spread, enough = np.full((3, len(self.districts)), np.nan)
        for at, one in enumerate(self.districts):
            rate = self._sums[at].take()
            foreseen, off = one.foreseen(place.slot)
            # for people: without what was found, and the nearer of both tests to its limit
            expected[at], spread[at] = foreseen - sum(one.open) * one.scale, BAND * off
            self._recent[at].add(now - _HOUR, rate, foreseen, off, one.score)
            change = one.hour(place.slot, rate)
            enough[at] = max(one.near) if one.ready else math.nan
            if change is not None:
                found += self._change(at, change, now)
        self.watched = Watched(enough, np.ones(len(enough)), expected, spread)
        return found

    def _day(self, now: float) -> list[Finding]:
        self._closed = True
        found = []
        weather = self._weather.take()
        told = np.array([one.surprise() for one in self.districts])
        for at, one in enumerate(self.districts):
            others = np.delete(told, at)
            others = others[~np.isnan(others)]
            beside = [float(others.mean()) if len(others) else math.nan, *weather]
            change = one.close(np.array(beside))
            if change is not None:
                found += self._change(at, change, now)
            if one.ready:
                found += self._episodes[at].day(one.level, one.trend, now)
                one.open = self._episodes[at].sizes
        return found

    def _change(self, at: int, change: Change, now: float) -> list[Finding]:
        one = self.districts[at]
        picture = self._recent[at].evidence(change.limit)
        found = self._episodes[at].change(change, now, one.scale, picture)
        one.open = self._episodes[at].sizes
        return found

    def _without_events(self, step: Step) -> Doubles:
        if not self._options.events:
            return step.used
        used = step.used.copy()
        for event in self._options.events:
            shared = _shared(event, step)
            if shared > 0:
                for at, name in enumerate(self._meters):
                    if event.meter in ("", name):
                        used[at] = (
                            math.nan if event.flow is None else used[at] - event.flow * shared
                        )
        return used


def _shared(event: KnownEvent, step: Step) -> float:
    """Hours that an event and a step have in common."""
    begin, end = event.begin.timestamp(), event.end.timestamp()
    return max(min(end, step.end) - max(begin, step.begin), 0.0) / _HOUR


class _Weather:
    """A day's temperature, about its mean of late, and rain; NaN where nobody tells."""

    def __init__(self) -> None:
        self._warm: list[float] = []
        self._rain: list[float] = []
        self._usual = math.nan

    def add(self, told: Mapping[str, float]) -> None:
        if "temperature" in told and not math.isnan(told["temperature"]):
            self._warm.append(told["temperature"])
        if "rain" in told and not math.isnan(told["rain"]):
            self._rain.append(told["rain"])

    def take(self) -> tuple[float, float]:
        """(tenths of a degree above usual / 100, log of rain); begins the next day."""
        warm = rain = math.nan
        if self._warm:
            today = sum(self._warm) / len(self._warm)
            self._usual = today if math.isnan(self._usual) else self._usual
            warm = (today - self._usual) / 10
            self._usual += _MEAN * (today - self._usual)
        if self._rain:
            rain = math.log1p(sum(self._rain))
        self._warm, self._rain = [], []
        return warm, rain
