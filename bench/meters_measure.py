"""What the benches of meters reckon with: intervals of rates, of counts and of delays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.959964, hits / n
    middle = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def rate(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{100 * hits / max(n, 1):.1f} % [{100 * low:.0f}–{100 * high:.0f}]"


def poisson(count: int) -> tuple[float, float]:
    """95 % interval of a count (Garwood 1936), by bisection of Poisson's distribution."""

    def below(mean: float, most: int) -> float:
        term = total = math.exp(-mean)
        for i in range(1, most + 1):
            term *= mean / i
            total += term
        return total

    def solve(wanted: float, most: int) -> float:
        low, high = 0.0, 10.0 * count + 20.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle, most) > wanted else (low, middle)
        return low

    return (solve(0.975, count - 1) if count else 0.0), solve(0.025, count)


def a_year(count: int, years: float) -> str:
    low, high = poisson(count)
    return f"{count / years:.2f} [{low / years:.2f}–{high / years:.2f}]"


def median(delays: Sequence[float]) -> float:
    """Of all, with what was never found as later than everything."""
    return float(np.median(np.asarray(delays))) if len(delays) else math.nan


def hours(value: float) -> str:
    return f"{value:.1f} h" if math.isfinite(value) else "never"
