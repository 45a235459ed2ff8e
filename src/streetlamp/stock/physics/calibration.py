"""A tank's chart corrected from its own records: readings on both sides of what was drawn off.

What the chart's volumes change by, less what the dispensers sold, is the chart's error at one level
less that at another. The error is taken for a scale and six waves along the volume that get smaller
as they get shorter (a dent, a tilt and a wrong diameter all look like that), each with a prior
variance; the posterior mean is the correction (Bayesian linear regression; Rasmussen & Williams
2006, ch. 2.1). Where the tank was never read the correction falls back to none, and says so.

A scale is told only against the dispensers: their own bias goes into it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.physics.charts import Chart

WAVES: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Drawings:
    """(n,) each: a reading, what was metered out, the next reading. No delivery in between."""

    before: Reals  # mm
    after: Reals  # mm
    metered: Reals  # L


@dataclass(frozen=True, slots=True)
class Errors:
    """Standard deviations that the calibration weighs by."""

    reading: float = 0.3  # mm
    meter: float = 0.002  # of what was metered, another each time
    scale: float = 0.003  # of the chart, as a fraction
    wave: float = 0.002  # of the slowest wave's amplitude, as a fraction of the capacity


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The corrected chart, and sigma of its volumes (n,) L, counted from the empty tank."""

    chart: Chart
    sigma: Reals
    scatter: float  # mean square of what is left, of what was expected: about 1


def calibrate(chart: Chart, drawings: Drawings, errors: Errors | None = None) -> Calibration:
    """A better chart of the tank. ValueError below ten drawings, or where one is off the chart."""
    errors = errors or Errors()
    n = len(drawings.metered)
    if n < 10:
        raise ValueError(f"a chart is not calibrated by {n} drawings; ten are the least")
    before, after = chart.volume(drawings.before), chart.volume(drawings.after)
    if np.isnan(before).any() or np.isnan(after).any():
        raise ValueError("a reading lies outside the chart")
    seen = _shapes(before, chart, errors) - _shapes(after, chart, errors)  # (n, p)
    missing = drawings.metered - (before - after)
    noise = _noise(chart, drawings, errors)
    towards = np.linalg.solve(noise, seen)
    precision = seen.T @ towards + np.eye(seen.shape[1])
    weight = np.linalg.solve(precision, towards.T @ missing)
    every = _shapes(chart.volumes, chart, errors)
    every = every - every[0]
    volumes = chart.volumes + every @ weight
    spread = np.einsum("np,np->n", every @ np.linalg.inv(precision), every)
    left = missing - seen @ weight
    free = max(n - seen.shape[1], 1)
    return Calibration(
        chart=Chart(chart.heights, _rising(volumes)),
        sigma=np.sqrt(spread),
        scatter=float(left @ np.linalg.solve(noise, left)) / free,
    )


def _shapes(volume: Reals, chart: Chart, errors: Errors) -> Reals:
    """(n, 13) L: what one sigma of the scale and of each wave adds at a volume."""
    share = volume / chart.capacity
    k = np.arange(1, WAVES + 1)
    turns = 2 * math.pi * share[:, None] * k
    size = errors.wave * chart.capacity / math.sqrt(2) / k
    return np.column_stack([errors.scale * volume, size * np.sin(turns), size * np.cos(turns)])


def _noise(chart: Chart, drawings: Drawings, errors: Errors) -> Reals:
    """(n, n) L²: a reading between two drawings is wrong for both, with opposite sign."""
    of = [(errors.reading * chart.area(each)) ** 2 for each in (drawings.before, drawings.after)]
    noise = np.diag(of[0] + of[1] + (errors.meter * drawings.metered) ** 2 + 0.1)
    shared = np.flatnonzero(drawings.after[:-1] == drawings.before[1:])
    noise[shared, shared + 1] = noise[shared + 1, shared] = -of[1][shared]
    return noise


def _rising(volumes: Reals) -> Reals:
    """The same, never falling: a correction may not turn a chart round at its flat ends."""
    least = np.arange(len(volumes)) * 1e-6
    return np.asarray(np.maximum.accumulate(volumes - least) + least)
