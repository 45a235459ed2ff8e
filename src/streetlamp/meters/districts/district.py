"""One district: its hours and days come in, and what rose and what fell goes out.

Two tests share the budget of false alarms. Once a day the weighted residual of all 24 hours goes
to a level that wanders by itself, and the likelihood ratio of a jump in it (`sequential.jump`):
this finds what is small. Every hour the last 2 to 24 hours of the day, weighted likewise, are held
against the level foreseen for today: this finds what is large before the day is over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.districts.clock import HOURS
from streetlamp.meters.districts.match import ended_by
from streetlamp.meters.districts.profile import HourProfile
from streetlamp.meters.districts.season import Season
from streetlamp.meters.districts.weights import WINDOWS, HourWeights
from streetlamp.sequential.extremes import DailyExtremes
from streetlamp.sequential.jump import AGES, WanderingLevel

Test = Literal["day", "hours", "season"]

_SETTLES: Final = 21  # days within which a fall may turn out to have been taken for too large
_MENDED: Final = 0.25  # of the fall, at most
_LATELY: Final = 40  # days, in the middle of which the level was usual before it rose
_BEYOND: Final = 0.4  # of its size, by which a rise has to go beyond that
_LASTING: Final = 6  # days after which a fall that nothing explains is the new level
_IDLE: Final = 0.5  # standard deviations
_LASTS: Final = 12  # hours
_SMALL: Final = 1 / 1.3  # of its score counts where little rose: it can wait for the day's end
_YOUNG: Final = 28  # days after the first
_UNSURE: Final = 0.5  # standard deviations
_CLOSES: Final = 0.4  # of what is open that has to fall, to end it or a part of it
_MORE: Final = 2.5  # of what is open: if more fell, it is something else
_FLOOR: Final = 6.0  # standard deviations of hours, however quiet they have been


@dataclass(frozen=True, slots=True)
class Limits:
    """Scores that have to be reached."""

    day: float
    run: float  # days in which the hours' test may be wrong once
    burst: float  # share of the mean inflow that is told within hours
    fall: float  # by the daily test, to end what is open


@dataclass(frozen=True, slots=True)
class Change:
    """The level has risen (size above 0) or fallen, and is taken to be there to stay."""

    size: float  # share of the mean inflow
    before: float  # the level before it, share of the mean inflow above the usual
    since: float  # hours before now of its likely beginning
    score: float  # standard deviations
    limit: float
    test: Test
    growing: bool


class District:
    """The memory of one district; all in shares of ``scale``, its first mean inflow (m3/h)."""

    def __init__(self, limits: Limits, learn_days: int, beside: int) -> None:
        self._limits = limits
        self._learn_days = learn_days
        self._beside = beside
        self._first: list[Doubles] = []
        self._kinds: list[int] = []
        self._kind = 0
        self.scale = math.nan
        self.days = 0  # with readings
        self.today = np.full(HOURS, np.nan)
        self._usual = np.full(HOURS, np.nan)
        self._profile: HourProfile | None = None
        self._weights: HourWeights
        self._level: WanderingLevel
        self._extremes = DailyExtremes(limits.run)
        self._highest = 0.0  # score of today's hours
        self._risen: list[tuple[int, float]] = []  # today: (slot, share)
        self._pending: Change | None = None  # a rise that the next hour has to confirm
        self._residuals: list[Doubles] = []  # of the last days, the latest first
        self._season = Season()
        self._usually = (0.0, 1.0)  # mean and swing of the usual day at the beginning
        self._fell = (10_000, 0.0)  # (days since, by how much) the level was last taken to fall
        self._levels: list[float] = []  # of the last days, without what was open; the latest last
        self.score = math.nan  # of the daily test
        self.near = (math.nan, 0.0)  # of the day's and of the last hour's test, share of its limit
        self.open: tuple[float, ...] = ()  # sizes of what is open already, shares

    # --- hours --------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether anything is foreseen."""
        return self._profile is not None

    @property
    def level(self) -> float:
        """How far above its usual hours the district is foreseen to be, share of the scale."""
        return self._level.expected if self.ready else math.nan

    @property
    def trend(self) -> float:
        """How much the level is foreseen to change a day, share of the scale."""
        return self._level.trend if self.ready else 0.0

    @property
    def noise(self) -> float:
        """Standard deviation of a day's level about what was foreseen, share of the scale."""
        return self._level.deviation if self.ready else math.nan

    def foreseen(self, slot: int) -> tuple[float, float]:
        """(m3/h, its standard deviation) of an hour of today; NaN while learning."""
        if not self.ready:
            return math.nan, math.nan
        return (
            float(self._usual[slot] + self._level.expected) * self.scale,
            float(self._weights.deviations[slot]) * self.scale,
        )

    def begin(self, kind: int) -> None:
        """A new day of a kind (0 Monday … 6 Sunday)."""
        self._kind = kind
        if self._highest:
            self._extremes.update(self._highest)
        self._highest = 0.0
        self._risen = []
        self.today = np.full(HOURS, np.nan)
        if self._profile is not None:
            self._usual = self._profile.usual(kind)

    def hour(self, slot: int, rate: float) -> Change | None:
        """An hour (m3/h, NaN for none) is over: has anything risen or fallen within today?"""
        self.near = (self.near[0], 0.0)
        if self._profile is None:
            self.today[slot] = rate
            return None
        self.today[slot] = rate / self.scale
        if math.isnan(rate):
            return None
        residual = self.today - self._usual - self._level.expected
        if self._pending is not None:
            return self._confirm(slot, float(residual[slot]))
        if abs(residual[slot]) < _IDLE * self._weights.deviations[slot]:
            return None  # a run of hours is not looked at before it stands out at its end
        score, size = self._weights.scores(slot, residual)
        if not len(score):
            return None
        # What is small has to last: short runs of hours are for what cannot wait.
        lasting = np.where(np.array(WINDOWS[: len(size)]) >= _LASTS, _SMALL, 0.0)
        score = score * np.where(np.abs(size) >= self._limits.burst, 1.0, lasting)
        best = int(np.argmax(np.abs(score)))
        self._highest = max(self._highest, abs(float(score[best])))
        limit = max(self._extremes.limit, _FLOOR)
        self.near = (self.near[0], max(float(score[best]), 0.0) / limit)
        if abs(score[best]) < limit:
            return None
        by, length = float(size[best]), WINDOWS[best]
        change = Change(by, self._level.expected, length, float(score[best]), limit, "hours", False)
        if by < 0:
            most = 0.6 <= -by / max(sum(self.open), 1e-9) <= _MORE
            ends = most or ended_by(-by, self.open)
            return self._hours_fell(change, slot) if ends else None
        begin = slot + 1 - length
        self._level.accept(by)
        self.today[:begin] += by  # as if it had been so all day: the day stays whole
        self._risen = [*self._risen, (begin, by)]
        self._pending = change
        return None

    def _confirm(self, slot: int, residual: float) -> Change | None:
        """A rise is told an hour later, if it is still there: what is over needs nobody."""
        change, self._pending = self._pending, None
        if change is None:
            return None
        if residual > -change.size / 2:
            return replace(change, since=change.since + 1)
        if self._risen:
            self._undo(slot)
        else:  # it was yesterday's
            self._level.accept(-change.size)
        return None

    def _hours_fell(self, change: Change, slot: int) -> Change:
        begin = slot + 1 - int(change.since)
        if self._risen:
            self._undo(begin)
        else:
            self._level.accept(change.size)
            self.today[:begin] += change.size
            self._fell = (0, -change.size)
        return change

    def _undo(self, until: int) -> None:
        """What came and went within this day: as if it had not been, its hours unknown."""
        first, total = self._risen[0][0], sum(size for _, size in self._risen)
        self._level.accept(-total)
        self.today[first:until] = np.nan
        self.today[:first] -= total
        self._risen = []

    # --- days ---------------------------------------------------------------------------------

    def surprise(self) -> float:
        """Today's level less what was foreseen, in standard deviations, cut at 3; NaN: unknown.

        What districts that stand side by side tell each other.
        """
        if self._profile is None:
            return math.nan
        found, _ = self._weights.estimate(self._alone(self.today - self._usual))
        gap = (found - self._level.expected) / self._level.deviation
        return float(np.clip(gap, -3, 3))

    def close(self, beside: Doubles) -> Change | None:
        """The day is over. beside: (b,) what else is known of it, about its own mean; NaN: not."""
        if self._profile is None:
            self._gather()
            return None
        residual = self.today - self._usual
        found, _ = self._weights.estimate(np.concatenate([residual, beside]))
        if math.isnan(found):
            self._level.update(math.nan)
            self._residuals = [np.full(HOURS, np.nan), *self._residuals[: AGES - 1]]
            self._keep(math.nan)
            return self._judge()
        foreseen = self._level.expected
        reach = 6 * self._level.deviation
        held = float(np.clip(found - foreseen, -reach, reach))
        about = residual - foreseen - (found - foreseen - held)
        self._weights.learn(np.concatenate([about, beside]))
        far = 4 * self._weights.deviations[:HOURS]
        shape = np.clip(residual - found, -far, far)
        self._profile.learn(self._kind, shape, np.clip(residual - foreseen, -far, far))
        self._level.update(found)
        self._residuals = [residual, *self._residuals[: AGES - 1]]
        self._keep(found)
        self.days += 1
        return self._judge() or self._slow()

    def _slow(self) -> Change | None:
        """Is the level where the season, as the day's swing shows it, does not take it?"""
        assert self._profile is not None
        level = self._level.expected
        mean = float(self._profile.mean.mean()) - self._usually[0]
        self._season.add(level + mean - sum(self.open), self._profile.swing / self._usually[1])
        size, days, score, limit = self._season.excess()
        if size <= 0:
            return None
        self._season.known(size, days)
        return Change(size, level - size, HOURS * days, score, limit, "season", True)

    def _gather(self) -> None:
        """The first days are looked at together: hours, weekdays, and the trend in them."""
        if np.isnan(self.today).sum() > HOURS // 2:
            return
        self._first.append(self.today)
        self._kinds.append(self._kind)
        self.days += 1
        days = np.array(self._first)
        if self.days < self._learn_days or (~np.isnan(days)).sum(axis=0).min() < 3:
            return
        self.scale = float(np.nanmean(days)) or 1.0
        days = days / self.scale
        number = np.arange(len(days)) - len(days) + 1.0
        daily = np.nanmean(days - HourProfile(days, self._kinds).usual_all(self._kinds), axis=1)
        slope = np.polyfit(number, daily, 1)[0]
        days = days - slope * number[:, None]
        self._profile = HourProfile(days, self._kinds)
        left = days - self._profile.usual_all(self._kinds)
        share = 1 - min(len(set(self._kinds)) / len(days), 0.75)
        self._weights = HourWeights(left, share, self._beside)
        wide = share**0.5  # the fit has taken some of the noise away
        level = [self._weights.estimate(self._alone(one))[0] / wide for one in left]
        self._level = WanderingLevel(slope * number[0], max(float(np.nanstd(level)), 1e-3))
        for value, day in zip(level, number.tolist(), strict=True):
            self._level.update(value + slope * day)
        self._level.forget()
        self._first = []
        self._usually = (float(self._profile.mean.mean()), max(self._profile.swing, 1e-6))

    def _alone(self, residual: Doubles) -> Doubles:
        return np.concatenate([residual, np.full(self._beside, np.nan)])

    def _keep(self, level: float) -> None:
        self._levels = [*self._levels[-_LATELY - AGES :], level - sum(self.open)]

    def _judge(self) -> Change | None:
        self._fell = (self._fell[0] + 1, self._fell[1])
        up, down = self._level.jumps()
        self.score = up.score
        # Two weeks know little: the limit comes down to its own over the next four.
        young = max(0.0, 1 - (self.days - self._learn_days) / _YOUNG)
        limit = self._limits.day + young * _UNSURE
        self.near = (up.score / limit, 0.0)
        if up.score >= limit and up.size > 0:
            # Where the hours do not agree on the leak, its standard error is larger (Birge 1932).
            misfit = self._weights.misfit(np.array(self._residuals[: max(up.age, 1)]))
            score = up.score / max(misfit, 1.0) ** 0.5
            self.near = (score / limit, 0.0)
            if score >= limit:
                return self._rise(score, up.age, up.size)
        part = -down.size / max(sum(self.open), 1e-9)
        closes = _CLOSES <= part <= _MORE and down.score <= -self._limits.fall
        if down.size < 0 and (closes or (down.age >= _LASTING and down.score <= -self._limits.day)):
            change = self._change(down.score, down.age, down.size, self._limits.fall)
            self._level.settle(down.age)
            self._fell = (0, -change.size)
            return change
        return None

    def _rise(self, score: float, age: int, size: float) -> Change | None:
        change = self._change(score, age, size, self._limits.day)
        growing = self._level.growing(age)
        back = self._returns(age, size)
        self._level.settle(age)
        if back:
            return None
        return Change(change.size, change.before, change.since, score, change.limit, "day", growing)

    def _returns(self, age: int, size: float) -> bool:
        """Whether the level was low, or taken for too low, and is now as it has been lately."""
        days, fell = self._fell
        if days <= _SETTLES and age >= days - 1 and size < _MENDED * fell:
            return True  # the fall was taken for too large
        since, past = self._levels[-age - 1 :], self._levels[: -age - 1][-_LATELY:]
        if np.isnan(since).all() or np.isnan(past).all():
            return False
        return bool(np.nanmean(since) - np.nanmedian(past) < _BEYOND * size)

    def _change(self, score: float, age: int, size: float, limit: float) -> Change:
        since = HOURS * (age + 1.0)
        return Change(size, self._level.before(age), since, score, limit, "day", False)
