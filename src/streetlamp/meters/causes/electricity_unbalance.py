"""Three phases that share the load otherwise than they did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import CAUSES, CauseOptions, Step
from streetlamp.meters.electricity.budget import DAY_YEAR, confidence
from streetlamp.meters.electricity.days import DAY, Day, Days
from streetlamp.meters.electricity.phases import PhaseCause
from streetlamp.meters.electricity.quantiles import median
from streetlamp.meters.episode import Episodes
from streetlamp.sequential.cusum import Cusum, threshold
from streetlamp.values import Finding

KEPT: Final = 70
LAG: Final = 14
LEARNT: Final = 21
NARROWEST: Final = 0.01
MOST: Final = 4.0
K: Final = 1.0


class UnbalanceOptions(CauseOptions):
    """What the search for unbalance can be told."""

    least: float = Field(
        default=0.1,
        ge=0,
        le=2,
        title="Least",
        description="A day's unbalance below this is no finding: the greatest phase's distance "
        "from the mean of the three, as a share of the mean (NEMA MG 1)",
    )


@CAUSES.add("electricity_unbalance")
class ElectricityUnbalance(PhaseCause):
    """Each phase's share of a day's energy, against its own share 15 to 70 days back.

    Three meters whose names end in L1, L2, L3 are the phases of one point. The finding's subject is
    the phase that changed.
    """

    name = "unbalance"
    summary = "One phase carries another share of the three than it did."
    Options = UnbalanceOptions
    options: Any

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        many = self._rows.size
        self._days = Days(len(self.meters))
        self._past = np.full((KEPT, many), np.nan)
        self.threshold = threshold(DAY_YEAR / self.options.alarms_per_meter_year * 2, K)
        self._up = Cusum(many, K, self.threshold)
        self._down = Cusum(many, K, self.threshold)
        self._told = Episodes(self.name, self.meters, "")

    def update(self, step: Step) -> Sequence[Finding]:
        day = self._days.update(step) if len(self._points) else None
        return () if day is None else self._look(day, step.end)

    def _look(self, day: Day, now: float) -> list[Finding]:
        whole = np.asarray(
            ~np.isnan(day.power[self._rows]).any(1), bool
        )  # (points, 24): hours known in all three
        power = np.where(whole[:, None, :], day.power[self._rows], 0.0).sum(2)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = power / power.sum(1, keepdims=True)
        shares[whole.sum(1) < 18] = np.nan
        share = shares.ravel()
        usual, width = self._usual()
        z = np.clip((share - usual) / width, -MOST, MOST)
        over = self._up.update(z) | self._down.update(-z)
        far = np.repeat(3 * np.abs(shares - 1 / 3).max(1), 3) >= self.options.least
        self._past = np.roll(self._past, 1, axis=0)
        self._past[0] = share
        found = [
            self._told.close(i, day.begin)
            for flat in np.flatnonzero(np.abs(z) < 1).tolist()
            if (i := int(self._rows.ravel()[flat])) in self._told
        ]
        for point in np.flatnonzero((over & far).reshape(-1, 3).any(1)).tolist():
            moved = np.nan_to_num(np.abs(share - usual)).reshape(-1, 3)
            phase = int(moved[point].argmax())
            flat = 3 * point + phase
            if any(int(i) in self._told for i in self._rows[point]) or np.isnan(z[flat]):
                continue
            found.append(self._begin(flat, day, now, share, usual))
        self._up.reset(over)
        self._down.reset(over)
        return found

    def _usual(self) -> tuple[Doubles, Doubles]:
        past = self._past[LAG:]
        ready = np.asarray((~np.isnan(past)).sum(0) >= LEARNT, bool)
        usual, width = np.full(past.shape[1], np.nan), np.ones(past.shape[1])
        if ready.any():
            usual[ready] = median(past[:, ready].T)
            off = median(np.abs(past[:, ready] - usual[ready]).T)
            width[ready] = np.maximum(1.4826 * off, NARROWEST)
        return usual, width

    def _begin(self, flat: int, day: Day, now: float, share: Doubles, usual: Doubles) -> Finding:
        point, phase = divmod(flat, 3)
        days = max(int(max(self._up.since[flat], self._down.since[flat])), 1)
        sums = max(float(self._up.sum[flat]), float(self._down.sum[flat]))
        three = share[3 * point : 3 * point + 3]
        return self._told.begin(
            int(self._rows[point, phase]),
            start=day.begin - (days - 1) * DAY,
            detected=now,
            size=float(3 * np.abs(three - 1 / 3).max()),
            confidence=confidence(sums, self.threshold),
            evidence=(
                f"Phase {phase + 1} of {self._points[point]} carries {100 * share[flat]:.0f} % of "
                f"the three instead of {100 * usual[flat]:.0f} %, for {days} days."
            ),
            numbers={"share": float(share[flat]), "usual": float(usual[flat]), "statistic": sums},
        )
