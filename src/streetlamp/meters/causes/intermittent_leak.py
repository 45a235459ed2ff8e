"""Water that runs by itself again and again: a cistern's valve, a float, a leak that opens.

The meter still stands still in some hours, but in far fewer than at these hours of the day before.
Evidence for "only half as often" and "only a quarter as often" is summed up as for a leak, and
forgotten within days; the threshold is each meter's own (guests in the house look the same, and
come and go). What is usual is learnt only while the place is in use, so that a second home is not
compared with itself when empty; what never stands still at all is ``leak``'s. What comes in
portions of two litres and more is called a running toilet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.meters.own import OwnTail, Prior
from streetlamp.meters.pulses import Pulses
from streetlamp.meters.usual import UsualUse
from streetlamp.values import Finding

_LEFT: Final = np.array([0.5, 0.25])  # of the standstills
_ABOVE: Final = 8.0
_PRIOR: Final = Prior(_ABOVE, events=4, years=0.4, excess=3.0, longest=20.0)
_STILL: Final = 0.55  # an hour in which the meter mostly stands still
_PORTION: Final = 2.0  # L: what a cistern lets through at once, at least
_GONE: Final = 2.0  # evidence below which it is over
_DAY: Final = 0.96  # an hour's forgetting: about a day
_IN_USE: Final = 2.0  # hours with use in about a day from which a place is in use
_DRY: Final = (3.0, 16.0)  # standstills there must have been, and h since the last at most


class IntermittentLeakOptions(CauseOptions):
    """When standstills have become too rare."""

    alarms_per_meter_year: float = Field(
        default=0.02, gt=0, le=52, title="False alarms",
        description="How many false alarms a meter may raise in a year.",
    )  # fmt: skip
    memory_days: float = Field(
        default=4.0, gt=0.5, le=60, title="Memory",
        description="Days after which evidence counts for a third.",
    )  # fmt: skip
    longest_hours: float = Field(
        default=240.0, gt=24, le=8766, title="Longest",
        description="Evidence that took longer than this to gather is a season, and forgotten.",
    )  # fmt: skip


@CAUSES.add("intermittent_leak", "running_toilet")
class IntermittentLeak(Cause):
    """Tells two causes, by the size of what flows at once."""

    name = "intermittent_leak"
    kinds = frozenset({"water"})
    summary = "Water that runs by itself again and again."
    Options = IntermittentLeakOptions
    options: IntermittentLeakOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._pulses, self._usual = Pulses(n), UsualUse(n, sizes=False)
        self._sum = np.zeros((n, len(_LEFT)))
        self._lately = np.zeros(n)  # hours with use, of about the last day
        self._stills = np.zeros(n)  # standstills since the larger sum left zero
        self._moving = np.zeros(n)  # h since the last
        self._age = np.zeros(n)  # h since the larger sum left zero
        self._peak = np.zeros(n)
        self._portions = np.zeros((2, n))  # L and hours of flow where the meter mostly stands still
        self._tail = OwnTail(n, _PRIOR)
        self._toilets = Episodes("running_toilet", self.meters)
        self._drips = Episodes("intermittent_leak", self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        hours = (step.end - step.begin) / 3600.0
        passed = self._pulses.update(step)
        one = passed.known & (passed.steps == 1)
        in_use = self._lately >= _IN_USE
        self._lately = np.where(one, self._lately * _DAY + (passed.pulses >= 1), self._lately)
        p = np.minimum(self._usual.still(step.hour), 0.9)[:, None]
        stood = (passed.pulses < 1)[:, None]
        ratio = np.where(stood, np.log(_LEFT), np.log((1 - _LEFT * p) / (1 - p)))
        keep = np.exp(-hours / 24.0 / self.options.memory_days)
        self._sum = np.maximum(self._sum * keep + np.where(one[:, None], ratio, 0.0), 0.0)
        height = self._sum.max(axis=1)
        self._age = np.where(height > 0, self._age + hours, 0.0)
        still = one & stood[:, 0]
        self._stills = np.where(height > 0, self._stills + still, 0.0)
        self._moving = np.where(still, 0.0, self._moving + hours)
        alone = one & ~stood[:, 0] & (p[:, 0] > _STILL)
        self._portions[0] = self._portions[0] * 0.97**alone + alone * passed.pulses * passed.size
        self._portions[1] = self._portions[1] * 0.97**alone + alone
        is_open = self._toilets.is_open | self._drips.is_open
        np.maximum(self._peak, height, out=self._peak)
        over = (height < _GONE) & (self._peak > 0)
        self._tail.learn(self._peak, over)
        self._tail.pass_time(np.where(one, hours, 0.0))
        self._peak[over] = 0.0
        found = self._toilets.end(np.flatnonzero(over & self._toilets.is_open), step.begin)
        found += self._drips.end(np.flatnonzero(over & self._drips.is_open), step.begin)
        self._portions[:, over] = 0.0
        self._sum[(self._age > self.options.longest_hours) & ~is_open] = 0.0
        limit = self._tail.passed(self.options.alarms_per_meter_year)
        now_and_then = (self._stills >= _DRY[0]) & (self._moving <= _DRY[1])
        for at in np.flatnonzero((height >= limit) & now_and_then & ~is_open).tolist():
            found.append(self._found(at, step, float(height[at]), float(limit[at])))
        self._usual.learn(step.hour, passed.pulses, one & in_use & ~is_open)
        return found

    def _found(self, at: int, step: Step, height: float, limit: float) -> Finding:
        litres, count = self._portions[:, at].tolist()
        size = litres / count if count else float("nan")
        toilet = size >= _PORTION
        hours = float(self._age[at])
        return (self._toilets if toilet else self._drips).begin(
            at,
            start=step.end - hours * 3600.0,
            detected=step.end,
            size=size,
            unit="L/h",
            confidence=0.8,
            evidence=f"For {hours:.0f} hours it has stood still at most half as often as it does; "
            f"about {size:.3g} L flow in each hour that is else mostly still.",
            numbers={"evidence": height, "threshold": limit, "hours": hours},
        )
