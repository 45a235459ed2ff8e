"""Water that flows all the time: a leak behind the meter, however busy the place is otherwise.

A cumulative sum of evidence (`streetlamp.meters.flow`) for each size of flow, which forgets within
days so that a season cannot drive it up. The threshold is each meter's own: what its evidence rises
to, and falls from again by itself, is learnt as it goes on, and the budget of false alarms tells
how far above that an alarm is. A place with a machine that often runs all night so needs more
evidence than one that is still each night. While a leak is open the same is looked for on top of
it: a leak that grows is told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step, Watched
from streetlamp.meters.flow import RATES, Flow, evidence
from streetlamp.meters.own import OwnTail, Prior
from streetlamp.meters.pulses import Passed, Pulses
from streetlamp.meters.usual import UsualUse
from streetlamp.values import Bools, Finding

_DRIPS: Final = int((RATES < 1).sum())  # the first sizes: less than a litre an hour
_ABOVE: Final = 12.0  # evidence from which a rise is an event of the meter's own law
_PRIORS: Final = (  # of drips, which a change of season looks like, and of the others
    Prior(_ABOVE, events=2, years=0.4, excess=4.5, longest=40.0),
    Prior(_ABOVE, events=2, years=0.4, excess=3.0, longest=40.0),
)
_SHARES: Final = (0.2, 0.8)  # of the budget
_GONE: Final = 8.0  # evidence that it no longer flows
_DAY: Final = 0.96  # an hour's forgetting: about a day
_IN_USE: Final = 0.3  # hours with use, of about a day, below which a place is empty
_FIRST: Final = 96.0  # h of readings before anything is said
_STALE: Final = 1.3  # memories after which what has not become a leak by then is a season
_SEEN: Final = 0.7  # of its threshold's evidence shows that an open leak is still there
_ALIKE: Final = 2.5  # times larger or smaller at most is the same leak again
_DRIFTS: Final = 1.5  # evidence that a flow's slow change to the next size costs


class LeakOptions(CauseOptions):
    """How a leak is told from a busy place."""

    alarms_per_meter_year: float = Field(
        default=0.1, gt=0, le=52, title="False alarms",
        description="How many false alarms a meter may raise in a year; its threshold follows.",
    )  # fmt: skip
    most_evidence: float = Field(
        default=60.0, gt=12, le=200, title="Most evidence",
        description="No meter is asked for more evidence of 1 L/h and more than this (nats), "
        "however often its water runs by itself: a leak there is late, not lost.",
    )  # fmt: skip
    memory_days: float = Field(
        default=6.0, gt=0.5, le=60, title="Memory",
        description="Days after which evidence counts for a third.",
    )  # fmt: skip
    drip_memory_days: float = Field(
        default=12.0, gt=0.5, le=60, title="Memory of drips",
        description="The same for less than a litre an hour, which takes longer to show.",
    )  # fmt: skip
    shortest_hours: float = Field(
        default=15.0, ge=0, le=168, title="Shortest",
        description="Hours a flow must have lasted; what stops before was somebody's tap.",
    )  # fmt: skip
    apart_hours: float = Field(
        default=120.0, ge=0, le=2000, title="Apart",
        description="Hours without it after which the next is another leak.",
    )  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A leak that was told."""

    finding: Finding
    rate: float  # L/h


@CAUSES.add("leak")
class Leak(Cause):
    """Steps of an hour are best; longer ones need more of them, and tell of larger leaks."""

    name = "leak"
    kinds = frozenset({"water"})
    summary = "Water that flows all the time."
    Options = LeakOptions
    options: LeakOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._pulses, self._usual, self._flow = Pulses(n), UsualUse(n), Flow(n)
        self._sum = np.zeros((n, len(RATES)))
        self._age = np.zeros((n, len(RATES)))  # h since each sum left zero
        self._grown = np.zeros((n, len(RATES)))  # the same, of what is beyond the open leak
        self._tails = [OwnTail(n, prior) for prior in _PRIORS]
        self._peak = np.zeros((2, n))
        self._against = np.zeros((2, n))
        self._hours = np.zeros(n)  # that were read
        self._lately = np.zeros(n)  # hours with use, of about the last day
        self._base = np.zeros(n)  # L/h that flow anyhow: the open leak, and a little more
        self._quiet = np.zeros(n)  # h since an open one was last seen
        self._is_open = np.zeros(n, np.bool_)
        self._channel = np.zeros(n, np.int64)  # which size the open one has
        self._open: dict[int, _Open] = {}

    def update(self, step: Step) -> Sequence[Finding]:
        hours = (step.end - step.begin) / 3600.0
        passed = self._pulses.update(step)
        span = np.where(passed.known, passed.steps * hours, 0.0)
        still = self._flow.still(self._usual, step.hour, passed)
        density = self._usual.density(step.hour)
        # density and chance of standing still are of one step; a longer stretch has larger sums
        flow = RATES[None, :] * span[:, None] / passed.size[:, None]
        ratio = evidence(still, density, passed.pulses, flow)
        ratio[~passed.known] = 0.0
        self._add(ratio, span, hours)
        drip = self._sum[:, :_DRIPS].argmax(axis=1)
        leak = self._sum[:, _DRIPS:].argmax(axis=1) + _DRIPS
        rows = np.arange(len(self.meters))
        found: list[Finding] = []
        heights = []
        for which, best in enumerate((drip, leak)):
            self._follow(which, best, ratio[rows, best], span)
            heights.append(self._sum[rows, best])
        budget = self.options.alarms_per_meter_year
        limits = [
            tail.passed(budget * share) for tail, share in zip(self._tails, _SHARES, strict=True)
        ]
        limits[1] = np.minimum(limits[1], self.options.most_evidence)
        which = (heights[1] >= heights[0] * limits[1] / limits[0]).astype(np.int64)
        best = np.where(which, leak, drip)
        height, limit = (
            np.where(which, heights[1], heights[0]),
            np.where(which, limits[1], limits[0]),
        )
        self.watched = Watched(height, limit)
        self._hours += span
        lasted = self._age[rows, best] >= self.options.shortest_hours
        lasted &= self._hours >= _FIRST
        for at in np.flatnonzero((height >= limit) & lasted).tolist():
            found += self._raise(at, step, int(best[at]), float(height[at]), float(limit[at]))
        last = len(RATES) - 1
        beside = [np.clip(self._channel + way, 0, last) for way in (-1, 0, 1)]
        own = np.max([self._sum[rows, channel] for channel in beside], axis=0)
        self._base[own < _ABOVE] = 0.0
        rest = self._beyond(passed, still, density, flow, span)
        found += self._growth(step, limit, rows)
        # an empty house must not become the usual, or whoever comes back is a leak
        one = passed.known & (passed.steps == 1)
        self._usual.learn(step.hour, rest, one & (self._lately >= _IN_USE))
        self._lately = np.where(one, self._lately * _DAY + (passed.pulses >= 1), self._lately)
        found += self._close(step, own >= _SEEN * limit, hours)
        return found

    def _add(self, ratio: Doubles, span: Doubles, hours: float) -> None:
        days = np.where(RATES < 1, self.options.drip_memory_days, self.options.memory_days)
        before, first = self._sum, int((RATES < 3).sum())
        self._sum = before * np.exp(-hours / 24.0 / days)
        beside = np.maximum(before[:, first - 1 : -2], before[:, first + 1 :]) - _DRIFTS
        middle, age = self._sum[:, first:-1], self._age[:, first:-1]
        taken = beside > middle
        age[taken] = np.maximum(self._age[:, first - 1 : -2], self._age[:, first + 1 :])[taken]
        np.maximum(middle, beside, out=middle)
        self._sum += ratio
        np.maximum(self._sum, 0.0, out=self._sum)
        stale = self._age > _STALE * days * 24.0
        self._sum[stale] = 0.0
        self._age = np.where(self._sum > 0, self._age + span[:, None], 0.0)

    def _follow(self, which: int, best: Indices, ratio: Doubles, span: Doubles) -> None:
        """Rises and falls of one sum: what rose and fell by itself is the meter's own law."""
        part = slice(0, _DRIPS) if which == 0 else slice(_DRIPS, None)
        height = self._sum[:, part].max(axis=1)
        peak, against, tail = self._peak[which], self._against[which], self._tails[which]
        np.maximum(peak, height, out=peak)
        against[:] = np.where(peak > 3, np.maximum(against - ratio, 0.0), 0.0)
        over = ((against >= _GONE) | (height < 1)) & (peak > 0)
        tail.learn(peak, over)
        tail.pass_time(span)
        peak[over] = 0.0
        against[over] = 0.0
        self._sum[over, part] = 0.0
        self._age[over, part] = 0.0

    def _raise(self, at: int, step: Step, best: int, height: float, limit: float) -> list[Finding]:
        rate = float(RATES[best])
        known = self._open.get(at)
        self._quiet[at] = 0.0
        if known is None:
            return self._told(at, step, best, rate, height, limit)
        if rate < 1 or known.rate / _ALIKE <= rate <= known.rate * _ALIKE + 0.5:
            base = np.ceil(max(rate, 1.0) * 1.2)
            self._base[at] = min(self._base[at], base) if self._base[at] else base
            self._channel[at] = best if rate >= 1 else self._channel[at]
            return []
        if self._base[at]:
            return []  # while one flows a smaller one cannot be told, a larger one is `_growth`'s
        return [self._ended(at, step.begin), *self._told(at, step, best, rate, height, limit)]

    def _told(
        self, at: int, step: Step, best: int, rate: float, height: float, limit: float
    ) -> list[Finding]:
        hours = float(self._age[at, best])
        start = step.end - hours * 3600.0
        finding = self._finding(at, start, step.end, rate, hours, height, limit)
        self._open[at] = _Open(finding, rate)
        self._is_open[at] = True
        self._channel[at] = best
        self._base[at] = np.ceil(rate * 1.2)
        self._grown[at] = 0.0
        return [finding]

    def _beyond(
        self, passed: Passed, still: Doubles, density: Doubles, flow: Doubles, span: Doubles
    ) -> Doubles:
        """What was passed beyond the open leaks; gathers evidence of more on top of them."""
        self._base[~self._is_open] = 0.0
        rest = np.maximum(passed.pulses - np.ceil(self._base * span / passed.size), 0.0)
        at = np.flatnonzero(self._base > 0)
        if len(at):
            more = evidence(still[at], density[at], rest[at], flow[at])
            more[~passed.known[at]] = 0.0
            keep = np.exp(-1 / 24.0 / self.options.memory_days)
            self._grown[at] = np.maximum(self._grown[at] * keep + more, 0.0)
        self._grown[self._base == 0] = 0.0
        return rest

    def _growth(self, step: Step, limit: Doubles, rows: Indices) -> list[Finding]:
        found: list[Finding] = []
        more = self._grown[:, _DRIPS:].argmax(axis=1) + _DRIPS
        for at in np.flatnonzero(self._grown[rows, more] >= limit).tolist():
            if RATES[more[at]] < max(1.0, 0.5 * self._open[at].rate):
                continue
            rate = float(self._base[at] / 1.2 + RATES[more[at]])
            height = float(self._grown[at, more[at]])
            best = int(np.abs(RATES - rate).argmin())
            found.append(self._ended(at, step.begin))
            self._sum[at] = 0.0
            self._sum[at, best] = height
            self._age[at] = self.options.shortest_hours
            found += self._told(at, step, best, rate, height, float(limit[at]))
        return found

    def _close(self, step: Step, seen: Bools, hours: float) -> list[Finding]:
        self._quiet = np.where(seen | ~self._is_open, 0.0, self._quiet + hours)
        return [
            self._ended(at, step.end - float(self._quiet[at]) * 3600.0)
            for at in np.flatnonzero(self._quiet >= self.options.apart_hours).tolist()
        ]

    def _ended(self, at: int, end: float) -> Finding:
        known = self._open.pop(at)
        self._is_open[at] = False
        self._base[at] = self._quiet[at] = 0.0
        first = known.finding
        return Finding(
            first.id, first.subject, first.cause, first.start, first.detected, first.size,
            first.unit, first.confidence, first.evidence, max(end, first.start), first.numbers,
        )  # fmt: skip

    def _finding(
        self, at: int, start: float, now: float, rate: float, hours: float, height: float,
        limit: float,
    ) -> Finding:  # fmt: skip
        meter = self.meters[at]
        excess = float(self._tails[1].mean[at])
        sure = float(1 - np.exp(-max(height - _ABOVE, 0.0) / max(excess, 1.0)))
        return Finding(
            id=f"{self.name}-{meter}-{start:.0f}",
            subject=meter,
            cause=self.name,
            start=start,
            detected=now,
            size=rate,
            unit="L/h",
            confidence=min(sure, 0.99),
            evidence=f"For {hours:.0f} hours about {rate:.3g} L/h flowed whatever else was used, "
            "also in hours in which this meter otherwise stands still.",
            numbers={"evidence": height, "threshold": limit, "hours": hours},
        )
