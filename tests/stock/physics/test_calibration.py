"""A chart corrected from records: a known error is found, and sigma says how well."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streetlamp.stock.physics.calibration import Calibration, Drawings, Errors, calibrate
from streetlamp.stock.physics.charts import Chart, horizontal_cylinder

CHART = horizontal_cylinder(2000, 6000)


def true_tank(scale: float, wave: float) -> Chart:
    share = CHART.volumes / CHART.capacity
    wrong = scale * share + wave * np.sin(2 * math.pi * share)
    return Chart(CHART.heights, CHART.volumes + wrong * CHART.capacity)


def drawn(tank: Chart, random: np.random.Generator, n: int, low: float = 0.1) -> Drawings:
    """Day after day drawn off, filled up again when nearly empty."""
    levels, metered, after = [], [], []
    stock = 0.9 * tank.capacity
    for _ in range(n):
        out = random.uniform(400, 1500)
        if stock - out < low * tank.capacity:
            stock = random.uniform(0.8, 0.93) * tank.capacity
        levels.append(stock)
        stock -= out
        after.append(stock)
        metered.append(out * (1 + random.normal(0, 0.001)))
    heights = [tank.height(np.array(each)) for each in (levels, after)]
    noise = [height + random.normal(0, 0.3, n) for height in heights]
    return Drawings(noise[0], noise[1], np.array(metered))


def done(n: int, seed: int, scale: float = 0.002, wave: float = 0.002) -> tuple[Calibration, Chart]:
    tank = true_tank(scale, wave)
    random = np.random.default_rng(seed)
    return calibrate(CHART, drawn(tank, random, n), Errors(meter=0.001)), tank


def test_a_wrong_chart_is_put_right() -> None:
    found, tank = done(200, 1)
    use = (CHART.volumes > 0.12 * CHART.capacity) & (CHART.volumes < 0.9 * CHART.capacity)
    # only differences are seen: both are counted from one level
    was = (tank.volumes - CHART.volumes)[use]
    now = (tank.volumes - found.chart.volumes)[use]
    assert np.ptp(now) < 0.25 * np.ptp(was)
    assert 0.7 < found.scatter < 1.4


def test_sigma_is_honest() -> None:
    inside = []
    for seed in range(12):
        found, tank = done(60, seed)
        middle = len(CHART.volumes) // 2
        off = found.chart.volumes - tank.volumes
        inside.append(abs(off[middle]) < 2 * found.sigma[middle])
    assert sum(inside) >= 9
    assert (done(400, 0)[0].sigma[1:] <= done(20, 0)[0].sigma[1:]).all()


def test_a_right_chart_is_left_alone() -> None:
    found, _ = done(200, 3, 0.0, 0.0)
    assert np.abs(found.chart.volumes - CHART.volumes).max() < 3 * found.sigma.max()


def test_too_little_or_off_the_chart_is_refused() -> None:
    few = Drawings(np.full(9, 900.0), np.full(9, 850.0), np.full(9, 500.0))
    with pytest.raises(ValueError, match="ten are the least"):
        calibrate(CHART, few)
    off = Drawings(np.full(12, 2100.0), np.full(12, 850.0), np.full(12, 500.0))
    with pytest.raises(ValueError, match="outside the chart"):
        calibrate(CHART, off)
