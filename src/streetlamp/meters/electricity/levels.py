"""Which lasting change a meter's days show: a scale, a step, or only another way of use.

Each day is four numbers: the logarithms of its lowest quarter's mean, of how much that quarter
swings (its upper half's mean less its lower half's), of its median, and of its highest quarter's
mean. A wrong factor moves all four by the same amount; a constant load that comes or goes moves the
lowest most, by amounts that its size in kW fixes, and the swing not at all; an empty building or a
cold week moves the upper two and leaves the lowest, or nearly.

Every such hypothesis has a cumulative sum of its log-likelihood ratio against "as before", under a
Student t with the meter's own location and covariance; the best one must be beyond the threshold,
and ahead of every other kind by `AHEAD` (detection and isolation after Nikiforov 1995, IEEE Trans.
Inf. Theory 41, 2).

The location is the median of days 15 to 70 back, so that a change is not learnt before it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.electricity.quantiles import median
from streetlamp.meters.electricity.sums import gathered
from streetlamp.values import Bools, Ints

LAG: Final = 14
KEPT: Final = 70
LEARNT: Final = 21
"""Days that must be known before anything is said."""
REFRESHED: Final = 7
"""Days after which the usual is reckoned anew."""
FREEDOM: Final = 4.0
AHEAD: Final = 5.0
FEWEST: Final = 3
"""Days that a change is seen on, at least: one that a fault cut in two decides nothing."""
LONGEST: Final = 28
"""Days after which evidence that did not suffice is dropped: what moves so slowly is a season."""
ABRUPT: Final = 0.75
"""Share of a change that must lie between the two weeks before it began and the days since."""
BEFORE: Final = 14
LEAST: Final = np.array([0.10, 0.30, 0.20, 0.30])
"""Standard deviations below which no meter is believed to be, of the four logarithms."""

SCALES: Final = np.log([0.001, 0.01, 0.1, 0.2, 1 / 3, 0.5, 2 / 3, 1.5, 2, 3, 5, 10, 100, 1000])
RISES: Final = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0])  # of the lowest quarter's mean
FALLS: Final = np.array([-0.35, -0.5, -0.65, -0.8, -0.95])
_UPPER: Final = (0.35, 0.7, 1.4, 2.8)
USES: Final = np.array(
    [
        (low * s, sw * s, m * s, t * s)
        for s in (-1, 1)
        for low in (0.0, 0.25)
        for sw in (0.0, 0.5)
        for m in (0.1, *_UPPER)
        for t in _UPPER
    ]
)
"""Moves that another use of the same place makes: the lowest quarter stays, or nearly."""
_MANY: Final = len(SCALES) + len(RISES) + len(FALLS) + len(USES)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What one day adds, per meter."""

    scale: Bools  # (n,) a wrong factor is beyond the threshold and ahead
    step: Bools  # (n,) a constant load that came or went
    factor: Doubles  # (n,) the best factor
    added: Doubles  # (n,) kW, the best constant load
    move: Doubles  # (n, 4) of the logarithms, that hypothesis'
    since: Ints  # (n,) days ago that it began
    evidence: Doubles  # (n,) the best kind's sum, nats
    low: Doubles  # (n,) kW, today's lowest quarter
    usual_low: Doubles  # (n,) kW
    mean: Doubles  # (n,) kW today
    usual_mean: Doubles  # (n,)


_OFFSET: Final = np.array([1.0, 0.0, 1.0, 1.0])
"""A constant load adds itself to all but the swing."""


def _floor(usual: Doubles) -> Doubles:
    """Below this a number counts as this: 1 % of the top, for the swing 3 % of the lowest."""
    top = 0.01 * np.maximum(usual[:, 3], 1e-9)
    swing = np.maximum(0.03 * usual[:, 0], 1e-9)
    return np.stack([top, swing, top, top], axis=1)


def quarters(power: Doubles) -> Doubles:
    """Lowest quarter's mean and swing, median, highest quarter's mean: (n, 24) to (n, 4), kW.

    NaN where fewer than 18 hours are known, and where all hours read the same or nothing: a dead or
    stuck meter has no level.
    """
    known = ~np.isnan(power)
    ordered = np.sort(power, axis=1)  # NaN last
    count = known.sum(1)
    out = np.full((len(power), 4), np.nan)
    whole = count == 24
    if whole.any():
        o = ordered[whole]
        swing = o[:, 3:6].mean(1) - o[:, :3].mean(1)
        out[whole] = np.stack(
            [o[:, :6].mean(1), swing, o[:, 11:13].mean(1), o[:, 18:].mean(1)], axis=1
        )
    for i in np.flatnonzero((count >= 18) & ~whole):
        o = ordered[i, : count[i]]
        q = count[i] // 4
        swing = o[q // 2 : q].mean() - o[: q // 2].mean()
        out[i] = o[:q].mean(), swing, np.median(o), o[-q:].mean()
    out[~(out[:, 3] > out[:, 0])] = np.nan
    return out


class Levels:
    """The four numbers of every meter's days, and every hypothesis' sum."""

    def __init__(self, n: int, threshold: float) -> None:
        self.threshold = threshold
        self._past = np.full((n, KEPT, 4), np.nan)
        self._sum = np.zeros((n, _MANY))
        self._age = np.zeros((n, _MANY), np.int64)
        self._usual = np.full((n, 4), np.nan)
        self._white = np.broadcast_to(
            np.eye(4), (n, 4, 4)
        ).copy()  # makes the logarithms' noise white
        self._weight = np.zeros(n)
        self._moves = np.zeros((n, _MANY, 4))  # of the hypotheses, whitened
        self._length = np.zeros((n, _MANY))  # their squares
        self._fresh = 0  # days until the usual is learnt anew

    def update(self, power: Doubles) -> Verdict:
        """Takes in one day's hours (n, 24), kW."""
        today = quarters(power)
        if self._fresh <= 0:
            self._learn()
            self._fresh = REFRESHED
        self._fresh -= 1
        usual = self._usual
        here = ~np.isnan(today).any(1) & (usual[:, 0] > 0)
        known = np.where(here[:, None], usual, 1.0)
        floor = _floor(known)
        x = np.log(np.maximum(today, floor)) - np.log(np.maximum(known, floor))
        x = np.where(here[:, None], x, 0.0)
        gain = self._weight[:, None] * self._ratios(x)
        gain -= np.maximum(gain.max(1, keepdims=True) - self.threshold / FEWEST, 0.0)
        self._sum, self._age = gathered(self._sum, self._age, gain, here, LONGEST)
        self._past = np.roll(self._past, 1, axis=1)
        self._past[:, 0] = today
        return self._judge(today)

    def adopt(self, where: Bools, verdict: Verdict) -> None:
        """Takes the change for the new usual at these meters: its end will be a change again."""
        for i in np.flatnonzero(where):
            back = int(verdict.since[i])
            with np.errstate(invalid="ignore"):
                self._past[i, back:] = self._past[i, back:] * np.exp(verdict.move[i])
        self._sum[where] = 0
        self._age[where] = 0
        if where.any():
            self._fresh = 0

    def _learn(self) -> None:
        """What is usual, how the logarithms scatter together, and how much one day tells."""
        past = self._past[:, LAG:]
        known = ~np.isnan(past[:, :, 0])
        ready = known.sum(1) >= LEARNT
        self._usual[~ready] = np.nan
        if not ready.any():
            return
        past, count = past[ready], known[ready].sum(1)
        usual = median(past)
        logs = np.log(np.maximum(past, _floor(usual)[:, None, :]))
        off = logs - median(logs)[:, None]
        spread = np.maximum(1.4826 * median(np.abs(off)), LEAST)
        z = np.nan_to_num(np.clip(off / spread[:, None, :], -2, 2))
        same = np.einsum("nti,ntj->nij", z, z) / count[:, None, None]
        size = np.sqrt(np.maximum(np.einsum("nii->ni", same), 1e-6))
        same = 0.8 * same / (size[:, :, None] * size[:, None, :])
        same[:, range(4), range(4)] = 1.0
        covariance = same * spread[:, :, None] * spread[:, None, :]
        white = np.linalg.cholesky(np.linalg.inv(covariance))
        self._usual[ready], self._white[ready] = usual, white
        self._moves[ready] = _moves(usual) @ white
        self._length[ready] = (self._moves[ready] ** 2).sum(2)
        # Days resemble the day before: a day tells less than one of its own.
        near = (z[:, 1:] * z[:, :-1]).sum((1, 2)) / np.maximum((z * z).sum((1, 2)), 1e-6)
        alike = np.clip((near * count + 0.4 * 20) / (count + 20), 0.2, 0.8)
        self._weight[ready] = (1 - alike) / (1 + alike)

    def _ratios(self, x: Doubles) -> Doubles:
        """Log-likelihood of each hypothesis against "as before": (n, hypotheses), nats."""
        white = np.einsum("ni,nij->nj", x, self._white)
        before = (white**2).sum(1)[:, None]
        along = np.matmul(self._moves, white[:, :, None])[:, :, 0]
        after = before - 2 * along + self._length
        gain: Doubles = (
            (FREEDOM + 4) / 2 * np.log((before + FREEDOM) / (np.maximum(after, 0) + FREEDOM))
        )
        return gain

    def _judge(self, today: Doubles) -> Verdict:
        a, b = len(SCALES), len(SCALES) + len(RISES) + len(FALLS)
        groups = (self._sum[:, :a], self._sum[:, a:b], self._sum[:, b:])
        scale, step, use = (g.max(1) for g in groups)
        best_scale, best_step = groups[0].argmax(1), groups[1].argmax(1)
        is_scale = (scale >= self.threshold) & (scale >= np.maximum(step, use) + AHEAD)
        is_step = (step >= self.threshold) & (step >= np.maximum(scale, use) + AHEAD)
        usual, rows = self._usual, np.arange(len(today))
        picked = np.where(is_step, a + best_step, best_scale)
        hit = is_scale | is_step
        move = np.zeros((len(today), 4))
        if hit.any():
            move[hit] = _moves(usual[hit])[np.arange(int(hit.sum())), picked[hit]]
        since = self._age[rows, picked]
        for i in np.flatnonzero(hit).tolist():
            if not self._abrupt(i, int(since[i]), move[i]):
                is_scale[i] = is_step[i] = False
        return Verdict(
            scale=is_scale,
            step=is_step,
            move=move,
            factor=np.exp(SCALES[best_scale]),
            added=np.concatenate((RISES, FALLS))[best_step] * usual[:, 0],
            since=since,
            evidence=np.maximum(scale, step),
            low=today[:, 0],
            usual_low=usual[:, 0],
            mean=today.mean(1),
            usual_mean=usual.mean(1),
        )

    def _abrupt(self, i: int, since: int, move: Doubles) -> bool:
        """Did most of the move come at once, and not day by day?"""
        whole = move @ self._white[i]
        days = np.log(np.maximum(self._past[i, : since + BEFORE], 1e-6))
        along = (days @ self._white[i]) @ whole / (whole @ whole)  # 1 is the whole move
        new, old = along[:since], along[since:]
        new, old = new[~np.isnan(new)], old[~np.isnan(old)]
        if not len(new) or len(old) < 3:
            return True
        if np.median(new) - np.median(old) < ABRUPT:
            return False
        at = np.flatnonzero(~np.isnan(along))
        slope = np.polynomial.polynomial.polyfit(at, along[at], 1)
        line = along[at] - np.polynomial.polynomial.polyval(at, slope)
        return bool(new.var() * len(new) + old.var() * len(old) <= (line**2).sum())


def _moves(usual: Doubles) -> Doubles:
    """Where each hypothesis puts the four logarithms: (n, hypotheses, 4)."""
    n = len(usual)
    known = np.maximum(usual, 1e-9)
    added = np.concatenate((RISES, FALLS))[None, :] * known[:, :1]  # (n, steps) kW
    floor = _floor(known)
    steps = np.maximum(known[:, None, :] + added[:, :, None] * _OFFSET, floor[:, None, :])
    steps = np.log(steps) - np.log(np.maximum(known, floor))[:, None, :]
    scales = np.broadcast_to(SCALES[None, :, None], (n, len(SCALES), 4))
    uses = np.broadcast_to(USES[None], (n, *USES.shape))
    return np.concatenate((scales, steps, uses), axis=1)
