"""Goes through a store's balances one by one and says what happened, as soon as it may be said.

At each balance every cause is weighed for every beginning (`weigh`). The odds of "something began"
against "nothing did" are a Shiryaev-Roberts statistic: while nothing happens its mean grows by the
causes' chances alone, so it passes a bound ``A`` at most (chances a year / A) times a year (Pollak
1985, Ann. Statist. 13, 206): the bound follows from the false alarms allowed. Beside it runs a test
for abrupt loss, with half of the false alarms: a single event's match with the balance it fell in
and the one after, in standard deviations.

A doubt about stock counted by hand asks for a recount first; what only one balance has seen is
named when the next one has. Once told, an episode is put into the model as an unknown of its own,
so that it is told once and the next one is still seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from pydantic import Field

from streetlamp.options import Options
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.page import upper_point
from streetlamp.stock.balance.series import DAY, Balances
from streetlamp.stock.balance.sitmuf import learnt_scale
from streetlamp.stock.causes.base import CAUSES, Pattern, StockCause
from streetlamp.stock.causes.tell import Verdict, tell
from streetlamp.stock.causes.weigh import log_factor, log_sum
from streetlamp.values import Finding

_CROSSES: Final = 0.5
"""Share of the bound's crossings that happen: the sum overshoots it (Pollak 1987, Ann. Statist. 15,
749). Measured on simulated quiet years: 0.5 for tanks, less for depots
(``bench/stock_reconcile.py``)."""
ASKS: Final = "count_error"  # the cause that asks for a recount
_FREE: Final = 3.0  # how many usual sizes an episode that was told may have
_UNEVEN: Final = 0.15  # how much its strength changes from balance to balance, as a share


class JudgeOptions(Options):
    """When something is told."""

    false_alarms_per_year: float = Field(
        default=0.15,
        gt=0,
        le=12,
        title="False alarms",
        description="How many false alarms a store may raise in a year, all causes together",
    )
    sure_of_cause: float = Field(
        default=0.8,
        gt=0.5,
        lt=1,
        title="Sure of the cause",
        description="A cause is named when it is this likely among all causes …",
    )
    patience_days: float = Field(
        default=30.0,
        ge=0,
        title="Patience",
        description="… or the likeliest when so many days have gone by since the alarm",
    )
    sure_by_hand: float = Field(
        default=0.9,
        gt=0.5,
        lt=1,
        title="Sure of the cause, by hand",
        description="The same where people count: a lasting cause needs more counts to be named",
    )
    patience_by_hand_days: float = Field(
        default=42.0,
        ge=0,
        title="Patience, by hand",
        description="The same where people count, days",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What was found in a store, and the evidence at each balance."""

    findings: tuple[Finding, ...]
    replaced: tuple[Finding, ...]  # requests to count again that ended in one of the findings
    sitmuf: Reals  # (n,) as it was known at each balance, scaled; without the episodes told
    sigma: Reals  # (n,) what was unsure of each MUF then, scaled
    log_odds: Reals  # (n,) natural logarithm of something : nothing
    bound: float  # the same, where an alarm begins
    scale: float  # the variance factor learnt by the end


def judge(balances: Balances, options: JudgeOptions | None = None) -> Judgement:
    """All findings of a store's balances, replayed in their order; no balance sees a later one."""
    return _Judge(balances, JudgeOptions() if options is None else options).run()


@dataclass(frozen=True, slots=True)
class _Best:
    """The likeliest cause at one balance."""

    cause: int
    share: float  # among all causes
    pattern: int
    begins: int


class _Judge:
    def __init__(self, balances: Balances, options: JudgeOptions) -> None:
        self._b, self._o = balances, options
        known = [cause() for cause in CAUSES.members().values()]
        self._causes: list[StockCause] = [one for one in known if balances.form in one.forms]
        found = [(k, p) for k, one in enumerate(self._causes) for p in one.patterns(balances)]
        self._of = np.array([k for k, _ in found])
        self._patterns: list[Pattern] = [p for _, p in found]
        self._effect = np.stack([p.effect for p in self._patterns])  # (K, n, n)
        chance = np.stack([p.chance for p in self._patterns])
        with np.errstate(divide="ignore"):
            self._log_chance = np.log(chance)
        self._typical = np.stack([p.typical for p in self._patterns])
        self._least = np.stack([p.least for p in self._patterns])
        self._either = np.array([[float(p.either_sign)] for p in self._patterns])
        a_year = sum(one.often(balances) for one in self._causes)
        allowed = options.false_alarms_per_year / 2
        self._bound = math.log(_CROSSES * a_year / allowed)
        self._single = np.array([not one.lasting for one in self._causes])[self._of]
        self._abrupt = np.array([one.abrupt for one in self._causes])[self._of]
        years = (balances.time[1:] - balances.time[0]) / (365.25 * DAY)
        a_year = (np.arange(len(balances)) + 1) / np.maximum(years, 1e-9)
        self._limit = np.array([upper_point(min(0.5, allowed / each)) for each in a_year])
        self._covariance = balances.covariance
        self._value, self._sigma = np.zeros(len(balances)), np.zeros(len(balances))
        self._whiten(0)

    def _whiten(self, first: int) -> None:
        """SITMUF and patterns from balance ``first`` on; what was before stays as it was known."""
        lower = np.linalg.cholesky(self._covariance)
        inverse = np.tril(np.linalg.inv(lower))
        value, sigma = inverse @ self._b.muf, np.diag(lower)
        if first:
            value[:first], sigma = (
                self._value[:first],
                np.append(self._sigma[:first], sigma[first:]),
            )
        self._value, self._sigma = value, sigma
        self._scale = learnt_scale(value)
        self._white = inverse[first:] @ self._effect
        self._first = first
        shape = self._effect.shape[::2]
        self._match, self._power = np.zeros(shape), np.zeros(shape)
        self._alarmed: int | None = None
        self._asked: int | None = None

    def run(self) -> Judgement:
        n = len(self._b)
        findings: list[Finding] = []
        replaced: list[Finding] = []
        odds = np.zeros(n)
        for i in range(n):
            weights = self._weigh(i)
            odds[i] = log_sum(weights)
            if odds[i] < self._bound:
                self._alarmed = None
                found = self._decide_abrupt(i, weights)
            else:
                self._alarmed = i if self._alarmed is None else self._alarmed
                found = self._decide(i, weights, float(odds[i]))
            if found is not None:
                findings = _joined(findings, found, replaced)
        scaled = self._value / np.sqrt(self._scale)
        return Judgement(
            tuple(findings), tuple(replaced), scaled, self._sigma * np.sqrt(self._scale), odds,
            self._bound, float(self._scale[-1]),
        )  # fmt: skip

    def _weigh(self, i: int) -> Reals:
        """(K, i + 1 - first) log odds of each pattern and beginning, by the balances up to i."""
        row = self._white[:, i - self._first, :]
        self._match += row * (self._value[i] / self._scale[i])
        self._power += row**2 / self._scale[i]
        now = slice(self._first, i + 1)
        factor = log_factor(
            self._match[:, now], self._power[:, now], self._typical[:, now], self._least[:, now],
            self._either,
        )  # fmt: skip
        return np.asarray(factor + self._log_chance[:, now])

    def _decide(self, i: int, weights: Reals, odds: float) -> Finding | None:
        best = self._best(weights)
        if best.begins == i:
            return self._recount(i, weights) if self._b.by_hand else None
        assert self._alarmed is not None
        waited = (self._b.time[i + 1] - self._b.time[self._alarmed + 1]) / DAY
        by_hand = self._b.by_hand
        patience = self._o.patience_by_hand_days if by_hand else self._o.patience_days
        if not self._is_sure(best) and waited < patience:
            return None
        return self._told(i, best, weights, odds, math.nan)

    def _is_sure(self, best: _Best) -> bool:
        """Whether a cause is likely enough among all to be named."""
        if not self._b.by_hand:
            return best.share >= self._o.sure_of_cause
        return best.share >= (0.5 if self._single[best.pattern] else self._o.sure_by_hand)

    def _decide_abrupt(self, i: int, weights: Reals) -> Finding | None:
        """By the test for abrupt loss: of what began in the balance before, or asking a recount."""
        for begins in (i - 1, i):
            if begins < self._first or not self._is_off(i, begins):
                continue
            if begins == i:
                return self._recount(i, weights) if self._b.by_hand else None
            then = np.full_like(weights, -np.inf)
            then[:, begins - self._first] = weights[:, begins - self._first]
            best = self._best(then)
            if self._causes[best.cause].abrupt and self._is_sure(best):
                return self._told(i, best, then, log_sum(then), self._off(begins))
        return None

    def _off(self, begins: int) -> float:
        """How well a loss in one balance fits, in standard deviations."""
        k = int(np.flatnonzero(self._abrupt)[0])
        power = float(self._power[k, begins])
        return float(self._match[k, begins]) / math.sqrt(power) if power > 0 else 0.0

    def _is_off(self, i: int, begins: int) -> bool:
        return self._off(begins) >= float(self._limit[i])

    def _told(
        self, i: int, best: _Best, weights: Reals, odds: float, deviations: float
    ) -> Finding | None:
        """The finding, unless it is a stock-take's error of which a recount was asked already."""
        asked = self._asked == best.begins and self._causes[best.cause].name == "count_error"
        found = None if asked else self._tell(i, best, weights, odds, deviations)
        self._put_in(best, weights, i)
        return found

    def _best(self, weights: Reals) -> _Best:
        odds = log_sum(weights)
        shares = [
            math.exp(log_sum(weights[self._of == k]) - odds) for k in range(len(self._causes))
        ]
        cause = int(np.argmax(shares))
        mine = np.flatnonzero(self._of == cause)
        pattern, begins = np.unravel_index(int(weights[mine].argmax()), weights[mine].shape)
        return _Best(cause, shares[cause], int(mine[pattern]), int(begins) + self._first)

    def _recount(self, i: int, weights: Reals) -> Finding | None:
        """Asks for a recount of the stock-take that closes balance ``i``, whatever it was."""
        if self._asked == i:
            return None
        self._asked = i
        cause = [one.name for one in self._causes].index("count_error")
        pattern = int(np.flatnonzero(self._of == cause)[0])
        odds = log_sum(weights)
        share = math.exp(log_sum(weights[self._of == cause]) - odds)
        return self._tell(i, _Best(cause, share, pattern, i), weights, odds, math.nan)

    def _tell(self, i: int, best: _Best, weights: Reals, odds: float, deviations: float) -> Finding:
        k, begins = best.pattern, best.begins
        precision = self._power[k, begins] + self._typical[k, begins] ** -2.0
        others = [
            (one.name, math.exp(log_sum(weights[self._of == c]) - odds))
            for c, one in enumerate(self._causes)
            if c != best.cause
        ]
        verdict = Verdict(
            balance=i,
            begins=begins,
            size=float(self._match[k, begins] / precision),
            size_sigma=float(precision**-0.5),
            share=best.share,
            log_odds=odds,
            log_bound=self._bound,
            deviations=deviations,
            others=tuple(sorted(others, key=lambda one: -one[1])),
        )
        sigma = self._sigma * np.sqrt(self._scale)
        return tell(self._b, self._causes[best.cause], verdict, self._value, sigma)

    def _put_in(self, best: _Best, weights: Reals, i: int) -> None:
        """Takes an episode that was told into the model: its size, its beginning and the balances
        in which it came up are unknown from here on."""
        n = len(self._b)
        columns: list[Reals] = []
        for k in np.flatnonzero(self._of == best.cause):
            columns += [
                _FREE * self._typical[k, begins] * self._effect[k, :, begins]
                for begins in self._beginnings(weights[k], best.begins)
            ]
        sigma = np.sqrt(np.diag(self._b.covariance))
        for j in range(max(best.begins - 1, 0), i + 1):
            column = np.zeros(n)
            column[j] = 10 * sigma[j]
            columns.append(column)
        for column in columns:
            self._covariance = self._covariance + np.outer(column, column)
        one, begins = best.pattern, best.begins
        size = self._match[one, begins] / (
            self._power[one, begins] + self._typical[one, begins] ** -2.0
        )
        uneven = np.diag((_UNEVEN * size * self._effect[one, :, begins]) ** 2)
        self._covariance = self._covariance + uneven
        if i + 1 < n:
            self._whiten(i + 1)

    def _beginnings(self, weights: Reals, likeliest: int) -> Sequence[int]:
        """The likeliest beginning, and the early and late ones that remain possible."""
        share = np.exp(weights - weights.max()) if np.isfinite(weights.max()) else np.ones(1)
        cumulated = np.cumsum(share) / share.sum()
        early, late = np.searchsorted(cumulated, (0.1, 0.9))
        return sorted({likeliest, int(early) + self._first, int(late) + self._first})


def _joined(before: Sequence[Finding], found: Finding, replaced: list[Finding]) -> list[Finding]:
    """The findings with one more. A cause takes the place of the requests to count again that its
    own episode had raised: from its beginning on, and not ended; these go to ``replaced``."""
    if found.cause == ASKS:
        return [*before, found]
    asked = [one for one in before if one.cause == ASKS and one.start >= found.start]
    if not asked:
        return [*before, found]
    replaced += [replace(one, end=found.detected) for one in asked]
    day = asked[0].numbers["detected_day"]
    rest = [one for one in before if one not in asked]
    joined = replace(
        found,
        evidence=f"{found.evidence} A recount was asked for on day {day:.0f}.",
        numbers={**found.numbers, "asked_day": day},
    )
    return [*rest, joined]
