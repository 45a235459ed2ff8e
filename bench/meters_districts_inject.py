"""Leaks put into real district inflow: found after how long, beside minimum night flow."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from meters_districts_data import HOUR, Districts, Leak

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.districts.district import Change, District
from streetlamp.meters.districts.episodes import Episodes
from streetlamp.meters.districts.follow import Follow
from streetlamp.meters.districts.options import DistrictOptions
from streetlamp.meters.districts.recent import Recent
from streetlamp.values import Finding

HORIZON: Final = 31  # days an injected leak is waited for
SPACING: Final = 50  # days between the leaks' beginnings
WARM: Final = 120  # days before the first


@dataclass
class Day:
    """What one district was told of one day, and its memory before it."""

    kind: int
    begin: float  # of its first hour
    rate: Doubles  # (24,) m3/h
    beside: Doubles
    level: float  # m3/h above the usual hours; NaN while learning
    before: tuple[District, Episodes] | None


@dataclass
class Record:
    """A district's whole record with nothing put in."""

    days: list[Day] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    years: float = 0.0


class _Listener(District):
    """A district that writes down what it is told; snapshots every ``SPACING`` days."""

    record: Record
    episodes: Episodes
    now: float

    def begin(self, kind: int) -> None:
        super().begin(kind)
        keep = len(self.record.days) >= WARM and (len(self.record.days) - WARM) % SPACING == 0
        before = copy.deepcopy((_bare(self), self.episodes)) if keep else None
        self._rate = np.full(24, np.nan)
        self._held = (kind, before)

    def hour(self, slot: int, rate: float) -> Change | None:
        self._rate[slot] = rate
        return super().hour(slot, rate)

    def close(self, beside: Doubles) -> Change | None:
        kind, before = self._held
        day = Day(kind, self.now, self._rate, beside, math.nan, before)
        if self.ready:
            residual = np.concatenate([self.today - self._usual, beside])
            day.level = self._weights.estimate(residual)[0] * self.scale
        self.record.days.append(day)
        return super().close(beside)


def _bare(one: _Listener) -> District:
    plain = District.__new__(District)
    for name, value in vars(one).items():
        if name not in ("record", "episodes", "_rate", "_held", "now"):
            setattr(plain, name, value)
    return plain


def listen(data: Districts, options: DistrictOptions) -> list[Record]:
    """Replays all districts together, nothing put in."""
    follow = Follow(data.names, options)
    records = [Record() for _ in data.names]
    for at, one in enumerate(follow.districts):
        one.__class__ = _Listener
        one.record, one.episodes, one.now = records[at], follow._episodes[at], 0.0
    for step in data.steps():
        for one in follow.districts:
            one.now = step.begin
        for finding in follow.update(step):
            record = records[data.names.index(finding.subject)]
            known = [i for i, f in enumerate(record.findings) if f.id == finding.id]
            if known:
                record.findings[known[0]] = finding
            else:
                record.findings.append(finding)
    for at, record in enumerate(records):
        record.years = float((~np.isnan(data.inflow[:, at])).sum()) / 8766
    return records


@dataclass(frozen=True)
class Trial:
    """One leak at one time in one district."""

    district: str
    leak: Leak
    share: float
    start: int  # day
    delay: float  # days to the finding; inf: not within `HORIZON`


def trials(
    name: str, record: Record, mean: float, leaks: list[Leak], shares: tuple[float, ...]
) -> Iterator[Trial]:
    """Every leak with every size at every snapshot."""
    usual = {round(one.detected) for one in record.findings}
    for start, day in enumerate(record.days):
        if day.before is None or start + 30 > len(record.days):
            continue
        for leak in leaks:
            for share in shares:
                delay = _wait(record, start, leak.flow * share * mean, usual)
                yield Trial(name, leak, share, start, delay)


def _wait(record: Record, start: int, flow: Doubles, usual: set[int]) -> float:
    district, episodes = copy.deepcopy(record.days[start].before)
    first = record.days[start].begin - 23 * HOUR
    at = 0
    for day in record.days[start : start + HORIZON]:
        extra = flow[at : at + 24]
        at += 24
        district.begin(day.kind)
        rate = day.rate.copy()
        rate[: len(extra)] += extra
        now = day.begin - 23 * HOUR
        changes = [(district.hour(s, rate[s]), now + (s + 1) * HOUR) for s in range(24)]
        changes.append((district.close(day.beside), now + 24 * HOUR))
        for change, when in changes:
            if change is None:
                continue
            for one in episodes.change(change, when, district.scale, Recent().evidence(0)):
                old = min((abs(one.detected - u) for u in usual), default=1e9) < 86400
                if one.end is None and one.start >= first - 3 * 86400 and not old:
                    return (one.detected - first) / 86400
        if district.ready:
            episodes.day(district.level, district.trend, now + 24 * HOUR)
        district.open = episodes.sizes
    return np.inf


def night_flow_trials(
    name: str, rates: Doubles, mean: float, leaks: list[Leak], shares: tuple[float, ...],
    starts: list[int], gamma: float,
) -> Iterator[Trial]:  # fmt: skip
    """The published rule on the same leaks: the day's least flow against that of ten days."""
    usual = night_flow(rates, gamma)
    for start in starts:
        for leak in leaks:
            for share in shares:
                added = rates.copy()
                extra = (leak.flow * share * mean)[: 24 * (len(rates) - start)]
                more = np.zeros(24 * (len(rates) - start))
                more[: len(extra)] = extra
                added[start:] += more.reshape(-1, 24)
                new = night_flow(added, gamma) & ~usual
                hit = np.flatnonzero(new[start : start + HORIZON])
                yield Trial(name, leak, share, start, float(hit[0] + 1) if len(hit) else np.inf)


def night_flow(rates: Doubles, gamma: float) -> Doubles:
    """(days,) LeakDB's minimum night flow: days that alarm are not taken into the ten."""
    least = np.full(len(rates), np.nan)
    here = (~np.isnan(rates)).any(axis=1)
    least[here] = np.nanmin(rates[here], axis=1)
    window: list[float] = []
    alarm = np.zeros(len(rates), bool)
    for day, value in enumerate(least.tolist()):
        if np.isnan(value):
            continue
        if len(window) == 10 and value - min(window) > gamma * min(window):
            alarm[day] = True
        else:
            window = [*window, value][-10:]
    return alarm
