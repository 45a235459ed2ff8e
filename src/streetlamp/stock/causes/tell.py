"""Words and figures of a finding: for the person who has to go and look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import Balances
from streetlamp.stock.causes.base import CAUSES, StockCause
from streetlamp.values import Evidence, Finding, Floats
from streetlamp.values.findings import SURE

_DECIDED: Final = 0.5  # what passed a test is at least as likely as not


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge decided at a balance."""

    balance: int
    begins: int  # the balance in which it began
    size: float  # in the pattern's own unit
    size_sigma: float
    share: float  # how likely this cause is among all
    log_odds: float  # of any cause against none
    log_bound: float
    deviations: float  # by which the test for abrupt loss decided; NaN where it did not
    others: tuple[tuple[str, float], ...]  # the other causes' shares, the likeliest first


def tell(
    balances: Balances, cause: StockCause, verdict: Verdict, sitmuf: Reals, sigma: Reals
) -> Finding:
    """The finding. ``sigma`` (n,) is what was unsure of each MUF, `sitmuf` (n,) unscaled."""
    first = balances.first_day(verdict.begins)
    day = balances.day(verdict.balance)
    size, doubt = cause.size(verdict.size), abs(cause.size(verdict.size_sigma))
    odds = math.exp(-max(-verdict.log_odds, -700.0))
    n = verdict.balance + 1
    muf = balances.muf[:n]
    expected = muf - sitmuf[:n] * sigma[:n]
    other = next((one for one in verdict.others[:1] if one[1] >= 0.005), None)
    usual = 3.29 * float(np.sqrt(balances.covariance[n - 1, n - 1]))
    words = cause.words(size, balances)
    unit = cause.unit(balances)
    much, shown = (100, f"% {unit}") if unit.startswith("of ") else (1, unit)
    sentence = (
        f"Since day {first} {words} (± {_said(2 * doubt * much)} {shown}); known on day {day}, by "
        f"{_some(verdict.balance - verdict.begins + 1)}. {_why(odds, verdict.deviations)}; "
        f"{_likely(min(verdict.share, SURE), other)}. The last balance "
        f"{_short(float(muf[-1]), balances.unit)}; ± {_said(usual)} is usual."
    )
    return Finding(
        id=f"{balances.store}:{first}:{cause.name}",
        subject=balances.store,
        cause=cause.name,
        start=float(balances.time[verdict.begins]),
        detected=float(balances.time[verdict.balance + 1]),
        size=size,
        unit=unit,
        confidence=min(SURE, verdict.share * max(odds / (1 + odds), _DECIDED)),
        evidence=sentence,
        numbers={
            "start_day": first,
            "detected_day": day,
            "size_sigma": doubt,
            "log_odds": verdict.log_odds,
            "log_bound": verdict.log_bound,
            "share": verdict.share,
            **({} if math.isnan(verdict.deviations) else {"deviations": verdict.deviations}),
        },
        picture=_picture(balances, muf, expected, sigma[:n], sitmuf[:n], verdict),
    )


def _picture(
    balances: Balances, muf: Reals, expected: Reals, sigma: Reals, sitmuf: Reals, verdict: Verdict
) -> Evidence:
    def narrow(values: Reals) -> Floats:
        return np.asarray(values, np.float32)

    return Evidence(
        time=narrow(balances.time[1 : len(muf) + 1]),
        measured=narrow(muf),
        expected=narrow(expected),
        low=narrow(expected - 3.29 * sigma),
        high=narrow(expected + 3.29 * sigma),
        statistic=narrow(sitmuf),
        threshold=3.29,
        unit=balances.unit,
    )


def _short(muf: float, unit: str) -> str:
    return f"lacks {_said(muf)} {unit}" if muf >= 0 else f"has {_said(-muf)} {unit} too much"


def _said(number: float) -> str:
    """Three digits, never as a power of ten."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _likely(share: float, other: tuple[str, float] | None) -> str:
    if other is None:
        return f"of all causes this one is {100 * share:.0f} % likely"
    cause, less = CAUSES[other[0]].label, other[1]
    return f"of all causes this one is {100 * share:.0f} % likely and {cause} {100 * less:.0f} %"


def _some(n: int) -> str:
    return "one balance" if n == 1 else f"{n} balances"


def _why(odds: float, deviations: float) -> str:
    if not math.isnan(deviations):
        return f"It is {deviations:.1f} standard deviations off"
    if odds > 1e6:
        return "It is more than a million to one that something happened"
    two_digits = round(odds, 1 - math.floor(math.log10(max(odds, 1.0))))
    return f"It is {two_digits:,.0f} to 1 that something happened"
