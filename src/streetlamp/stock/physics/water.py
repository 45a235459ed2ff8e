"""Water below the fuel: how much fuel there is above it, and how fast it comes in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.physics.charts import Chart


def fuel_above(chart: Chart, height: Reals, water: Reals) -> Reals:
    """L of fuel between the water's height and the fuel's, both mm from the bottom.

    No reading of water (NaN) counts as none. NaN where the water stands above the fuel: one of the
    two readings is wrong.
    """
    bottom = chart.volume(np.nan_to_num(np.asarray(water, float)))
    fuel = chart.volume(height) - bottom
    return np.where(fuel >= 0, fuel, np.nan)


@dataclass(frozen=True, slots=True)
class Ingress:
    """Water coming in, L/day, with its sigma."""

    rate: float
    sigma: float


def ingress(chart: Chart, day: Reals, water: Reals, reading: float = 1.0) -> Ingress:
    """The rate from heights of water (n,) mm by weighted least squares; ``reading`` mm is sigma.

    Near the bottom a millimetre is worth little, so it is the volumes that are fitted, each weighed
    by what its own reading's error is worth there. ValueError below three readings.
    """
    here = ~np.isnan(water)
    if here.sum() < 3:
        raise ValueError("three readings of water are the least")
    volume = chart.volume(water[here])
    sigma = np.maximum(chart.area(water[here]) * reading, 0.1)
    design = np.column_stack([np.ones(here.sum()), day[here]])
    weighed = design / sigma[:, None]
    inner = weighed.T @ weighed
    answer = np.linalg.solve(inner, weighed.T @ (volume / sigma))
    return Ingress(float(answer[1]), float(np.sqrt(np.linalg.inv(inner)[1, 1])))
