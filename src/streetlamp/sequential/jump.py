"""A level that wanders by itself, and the test of whether it has jumped.

The level is followed by a Kalman filter; a jump leaves a signature in what the filter did not
foresee, which fades as the filter learns the new level. The generalised likelihood ratio over all
days on which the jump may have been (Willsky & Jones 1976, IEEE Trans. Autom. Control 21, 108) is
the test: a drift the filter has learnt to expect does not raise it, a jump of the same size does.

How much the level wanders is not known beforehand: some wanderings are followed side by side and
the likeliest so far is believed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

AGES: Final = 45  # days a jump may lie back
_CLIP: Final = 3.0  # standard deviations one day may count: two days are needed to be believed
_YOUNGEST: Final = 1  # a jump is seen on at least two days
_MEMORY: Final = 1 / 20  # of the size of the noise, a day
_BELIEF: Final = 1 / 180  # of which wandering is likeliest, a day
_FADE: Final = 0.7  # of noise that lasts for days, from one to the next
_BEND: Final = 0.98  # of a trend, from one day to the next


@dataclass(frozen=True, slots=True)
class Wandering:
    """How a level may wander: variances a day, as shares of the noise's."""

    level: float
    trend: float
    lasting: float  # the share of the noise that fades over days rather than within one


WANDERINGS: Final = (
    Wandering(0.1, 0.0, 0.9),
    Wandering(0.3, 0.0, 0.5),
    Wandering(0.03, 1e-4, 0.5),
    Wandering(0.01, 1e-3, 0.9),
)

_RUNS: Final = (
    (2.2, 28.0), (2.4, 56.0), (2.6, 111.0), (2.8, 245.0), (3.0, 480.0), (3.2, 1100.0),
    (3.4, 3000.0),
)  # fmt: skip
"""Threshold and mean days to a false alarm on white noise, by simulation (a test repeats it)."""


def threshold(run: float) -> float:
    """What the test has to reach so that noise alone reaches it once in ``run`` days."""
    h, ln = np.array([a for a, _ in _RUNS]), np.log([b for _, b in _RUNS])
    at = math.log(run)
    if at <= ln[0]:
        return float(h[0])
    if at >= ln[-1]:  # beyond the table along its last slope
        return float(h[-1] + (at - ln[-1]) * (h[-1] - h[-2]) / (ln[-1] - ln[-2]))
    return float(np.interp(at, ln, h))


@dataclass(frozen=True, slots=True)
class Jump:
    """The likeliest jump so far."""

    score: float  # standard deviations; negative for a jump down
    age: int  # days ago of its first day: 0 is today
    size: float  # how much higher the level has been since, in the unit of the observations


class WanderingLevel:
    """Follows one series, a value a day; tells the likeliest jumps up and down."""

    def __init__(self, first: float, deviation: float) -> None:
        """first: where the level begins; deviation: a first guess at the noise (same unit)."""
        count = len(WANDERINGS)
        self._q = np.zeros((count, 3, 3))
        self._f = np.zeros((count, 3, 3))
        for at, one in enumerate(WANDERINGS):
            self._q[at] = np.diag([one.level, one.trend, one.lasting * (1 - _FADE**2)])
            self._f[at] = np.diag([1.0, _BEND, _FADE])
            self._f[at, 0, 1] = 1.0 if one.trend else 0.0
        self._white = np.array([1 - one.lasting for one in WANDERINGS])
        self._x = np.zeros((count, 3))
        self._x[:, 0] = first
        self._p = np.zeros((count, 3, 3))
        self._p[:] = np.diag([4.0, 0.3, 0.5])
        self._noise = np.full(count, deviation**2)
        self._belief = np.zeros(count)
        self._days = 0
        self.scale = float(deviation)
        self.forget()
        self._predict()

    def forget(self) -> None:
        """All evidence so far counts no more; what was learnt stays."""
        count = len(self._white)
        self._b = np.zeros((count, AGES, 3))  # what a unit jump has taught the filter by now
        self._n = np.zeros((count, AGES))
        self._d = np.zeros((count, AGES))
        self._seen: list[tuple[float, float]] = []  # (observed, foreseen without any jump since)

    def _predict(self) -> None:
        f = self._f
        self._x = np.einsum("mij,mj->mi", f, self._x)
        self._p = f @ self._p @ f.transpose(0, 2, 1) + self._q

    @property
    def _best(self) -> int:
        return int(np.argmax(self._belief))

    @property
    def expected(self) -> float:
        """What today's value is foreseen to be."""
        one = self._x[self._best]
        return float(one[0] + one[2])

    @property
    def trend(self) -> float:
        """How much of tomorrow's change is foreseen: the trend believed in, 0 for none."""
        at = self._best
        return float(self._x[at, 1]) if WANDERINGS[at].trend else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of a day's value about what was foreseen."""
        at = self._best
        p = self._p[at]
        spread = p[0, 0] + 2 * p[0, 2] + p[2, 2] + self._white[at]
        return float(math.sqrt(spread * self._noise[at]))

    def update(self, value: float) -> None:
        """Takes in today's value, NaN for none."""
        self._b = np.einsum("mij,maj->mai", self._f, np.roll(self._b, 1, axis=1))
        self._n, self._d = np.roll(self._n, 1, axis=1), np.roll(self._d, 1, axis=1)
        self._b[:, 0], self._n[:, 0], self._d[:, 0] = 0.0, 0.0, 0.0
        self._seen = [(value, self.expected), *self._seen[: AGES - 1]]
        if not math.isnan(value):
            self._learn(value)
        self._predict()

    def _learn(self, value: float) -> None:
        ph = self._p[:, :, 0] + self._p[:, :, 2]
        spread = ph[:, 0] + ph[:, 2] + self._white
        missed = value - self._x[:, 0] - self._x[:, 2]
        root = np.sqrt(spread * self._noise)
        z = missed / root
        clipped = np.clip(z, -_CLIP, _CLIP)
        unseen = 1 - self._b[:, :, 0] - self._b[:, :, 2]  # of a unit jump, in today's surprise
        self._n += unseen * (clipped / np.sqrt(spread))[:, None]
        self._d += unseen**2 / spread[:, None]
        gain = ph / spread[:, None]
        self._x = self._x + gain * (clipped * root)[:, None]
        self._p = self._p - gain[:, :, None] * ph[:, None, :]
        self._b = self._b + unseen[:, :, None] * gain[:, None, :]
        self._days += 1
        if self._days > 5:  # Student's t with 4 degrees of freedom: real days have heavy tails
            likely = -np.log(root) - 2.5 * np.log1p(z * z / 4)
            self._belief = self._belief * (1 - _BELIEF) + likely
        learn = max(_MEMORY, 1 / (self._days + 10))
        self._noise = np.maximum(self._noise * (1 + learn * (clipped**2 - 1)), 1e-18)

    def jumps(self) -> tuple[Jump, Jump]:
        """The likeliest jump up and the likeliest jump down."""
        at = self._best
        n, d = self._n[at, _YOUNGEST:], self._d[at, _YOUNGEST:]
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(d > 0, n / np.sqrt(d), 0.0)
        up, down = int(np.argmax(score)), int(np.argmin(score))
        return self._jump(float(score[up]), up), self._jump(float(score[down]), down)

    def _jump(self, score: float, at: int) -> Jump:
        age = min(at + _YOUNGEST, max(len(self._seen) - 1, 0))
        level = self._since(age)
        if level is None:
            return Jump(score, age, 0.0)
        # It may have begun within the day before the first that shows it.
        before = (self.before(age), self.before(age + 1) + self.trend)
        return Jump(score, age, level - (min(before) if score > 0 else max(before)))

    def _since(self, age: int) -> float | None:
        """The mean since a jump ``age`` days ago; its first day, which may be half of it, apart."""
        seen = np.array([value for value, _ in self._seen[: max(age, 1)]])
        here = seen[~np.isnan(seen)]
        return float(here.mean()) if len(here) else None

    def before(self, age: int) -> float:
        """What was foreseen for the day ``age`` days ago, before a jump on it."""
        return self._seen[age][1] if age < len(self._seen) else self.expected

    def growing(self, age: int) -> bool:
        """Whether a ramp since ``age`` days ago fits better by far than a jump there and then."""
        seen = np.array([value for value, _ in reversed(self._seen[: age + 1])]) - self.before(age)
        seen = seen[~np.isnan(seen)]
        if len(seen) < 5:
            return False
        ramp = np.arange(1.0, len(seen) + 1)
        left = seen - ramp * float(ramp @ seen) / float(ramp @ ramp)
        return bool(left @ left < 0.7 * float(np.sum((seen - seen.mean()) ** 2)))

    def accept(self, by: float) -> None:
        """The level is ``by`` higher from now on than foreseen; all earlier evidence is used up."""
        self._x[:, 0] += by
        self._p[:, 0, 0] += 1.0
        self.forget()

    def settle(self, age: int) -> None:
        """Accepts that the level jumped ``age`` days ago to where it has been since."""
        level = self._since(age)
        if level is not None:
            self._x[:, 0] = level - self._x[:, 2]
        self._p[:, 0, 0] += 1.0 / max(age, 1)
        self.forget()

    def state(self) -> dict[str, Any]:
        """For pictures and tests."""
        return {"member": self._best, "noise": float(self._noise[self._best]) ** 0.5}
