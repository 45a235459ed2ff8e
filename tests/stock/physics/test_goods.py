"""Water, vapour, moisture, shrinkage, piles."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.stock.physics.bulk import Weighed, at_moisture, dried, pile, shrinkage
from streetlamp.stock.physics.charts import horizontal_cylinder
from streetlamp.stock.physics.evaporation import PSI, displaced, vapour_pressure
from streetlamp.stock.physics.water import fuel_above, ingress

CHART = horizontal_cylinder(2000, 6000)
# EPA AP-42, table 7.1-2 (5th ed.), motor gasoline: RVP in psi, pressures in psia at 40 … 100 °F.
GASOLINE = {
    7: (2.3, 2.9, 3.5, 4.3, 5.2, 6.2, 7.4),
    10: (3.4, 4.2, 5.2, 6.2, 7.4, 8.8, 10.5),
    13: (4.7, 5.7, 6.9, 8.3, 9.9, 11.7, 13.8),
}


def test_fuel_stands_above_its_water() -> None:
    height, water = np.array([1000.0, 1000.0, 50.0]), np.array([np.nan, 100.0, 60.0])
    fuel = fuel_above(CHART, height, water)
    assert fuel[0] == pytest.approx(CHART.capacity / 2)
    assert fuel[0] - fuel[1] == pytest.approx(float(CHART.volume(np.array(100.0))))
    assert np.isnan(fuel[2])  # more water than there is anything: a wrong reading


def test_water_that_comes_in_is_timed() -> None:
    random = np.random.default_rng(0)
    day = np.arange(30.0)
    height = CHART.height(100 + 5 * day) + random.normal(0, 1.0, 30)
    found = ingress(CHART, day, height)
    assert found.rate == pytest.approx(5, abs=3 * found.sigma)
    assert found.sigma < 0.2
    with pytest.raises(ValueError, match="three readings"):
        ingress(CHART, day[:3], np.array([10.0, np.nan, 11.0]))


@pytest.mark.parametrize("reid", GASOLINE)
def test_vapour_pressure_is_the_printed_one(reid: int) -> None:
    for fahrenheit, printed in zip(range(40, 101, 10), GASOLINE[reid], strict=True):
        found = vapour_pressure(reid * PSI, (fahrenheit - 32) / 1.8) / PSI
        assert found == pytest.approx(printed, rel=0.03)


def test_the_allowance_follows_season_and_return() -> None:
    summer, winter = displaced(60, 20), displaced(60, 5)
    assert 0.0005 < winter.share < summer.share < 0.003
    kept = displaced(60, 20, returned=0.9)
    assert kept.share == pytest.approx(summer.share / 10)
    litres, sigma = kept.of(20_000)
    assert 2 < litres < 6
    assert sigma == pytest.approx(litres / 4)


def test_drying_takes_water_and_no_dry_matter() -> None:
    dry = at_moisture(100, 0.2, 0.155)
    assert dry * (1 - 0.155) == pytest.approx(100 * (1 - 0.2))
    assert shrinkage(0.2, 0.15, handling=0.005) == pytest.approx(0.0588 + 0.005, abs=1e-4)
    with pytest.raises(ValueError, match="fraction"):
        at_moisture(1, 20, 15)


def test_what_stays_the_same_does_not_average_out() -> None:
    one = Weighed(25, random=0.02, systematic=0.0125)
    many = one
    for _ in range(99):
        many = many + one
    assert many.random == pytest.approx(0.2)
    assert many.systematic == pytest.approx(1.25)
    assert many.sigma == pytest.approx(np.hypot(0.2, 1.25))
    heap = pile(1000, 0.9, volume_sigma=15, density_sigma=0.02)
    assert (heap.tonnes, heap.random, heap.systematic) == pytest.approx((900, 13.5, 20))
    damp = dried(one, 0.01, 0.003, 0.001)
    assert damp.tonnes == pytest.approx(25 * 0.99 / 0.997)
    assert damp.systematic > one.systematic
