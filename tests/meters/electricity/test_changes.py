"""Scale, step, clock and creeping base: each is told by its own name, and another use by none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from streetlamp.meters.causes.electricity_base_load_rise import ElectricityBaseLoadRise
from streetlamp.meters.causes.electricity_clock_shift import ElectricityClockShift
from streetlamp.meters.causes.electricity_level_change import ElectricityLevelChange
from streetlamp.meters.electricity.levels import quarters
from support.load_curves import begun, found_by, homes, hourly, made

DAYS, AT = 66, 48 * 24 + 9
CAUSES = [ElectricityLevelChange, ElectricityClockShift]


def _all(curve: np.ndarray) -> list[Any]:
    n = curve.shape[1]
    return [one for cause in CAUSES for one in found_by(made(cause, n), hourly(curve))]


def _curve(days: int = DAYS) -> np.ndarray:
    return homes(3, days, seed=11)


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 10.0])
def test_a_factor_is_a_scale_change_and_nothing_else(factor: float) -> None:
    curve = _curve()
    curve[AT:, 1] *= factor
    found = _all(curve)
    assert begun(found) == [("1", "scale_change")]
    assert found[0].size == pytest.approx(factor, rel=0.5)
    assert AT * 3600 - 2 * 86400 <= found[0].start <= AT * 3600 + 2 * 86400
    assert found[0].detected - AT * 3600 < 15 * 86400


@pytest.mark.parametrize("share", [-0.6, 1.0, 3.0])
def test_a_constant_load_is_a_step_and_nothing_else(share: float) -> None:
    curve = _curve()
    base = np.quantile(curve[:AT, 2], 0.1)
    curve[AT:, 2] = np.maximum(curve[AT:, 2] + share * base, 0)
    found = _all(curve)
    assert begun(found) == [("2", "load_step")]
    assert np.sign(found[0].size) == np.sign(share)
    assert found[0].detected - AT * 3600 < 15 * 86400


@pytest.mark.parametrize("hours", [-6, -1, 1, 3])
def test_a_clock_that_goes_wrong_is_a_shift_and_nothing_else(hours: int) -> None:
    curve = _curve()
    curve[AT:, 0] = np.roll(curve[:, 0], hours)[AT:]
    found = _all(curve)
    assert begun(found)[0] == ("0", "clock_shift")
    assert {name for _, name in begun(found)} == {"clock_shift"}
    assert np.sign(found[0].size) == np.sign(hours)


def test_a_change_that_goes_back_ends_its_finding() -> None:
    curve = _curve(105)
    curve[AT : AT + 25 * 24, 1] *= 5.0
    found = found_by(made(ElectricityLevelChange, 3), hourly(curve))
    assert [one.end is None for one in found] == [True, False]
    assert found[0].id == found[1].id
    assert found[1].end == pytest.approx((AT + 25 * 24) * 3600, abs=3 * 86400)


def test_an_empty_building_is_no_fault() -> None:
    curve = _curve()
    use = curve - np.quantile(curve, 0.2, axis=0)
    curve[AT : AT + 18 * 24] -= 0.95 * np.maximum(use[AT : AT + 18 * 24], 0)
    assert begun(_all(curve)) == []


def test_a_year_of_ordinary_days_stays_within_the_budget() -> None:
    found = _all(homes(20, 110, seed=5))
    years = 20 * 75 / 365  # after 35 days of learning
    assert len(begun(found)) <= max(3 * 0.1 * years, 2)


def test_a_curve_without_a_rhythm_is_never_called_shifted() -> None:
    random = np.random.default_rng(3)
    curve = random.lognormal(-1, 0.5, (24 * 120, 4))
    assert found_by(made(ElectricityClockShift, 4), hourly(curve)) == []


def test_a_creeping_base_is_found_and_a_step_is_not_called_one() -> None:
    curve = homes(3, 250, seed=8)
    base = np.quantile(curve, 0.1, axis=0)
    ramp = np.clip((np.arange(len(curve)) - 120 * 24) / (70 * 24), 0, 1)
    curve[:, 0] += 2.0 * base[0] * ramp
    curve[120 * 24 :, 1] += 2.0 * base[1]
    found = found_by(made(ElectricityBaseLoadRise, 3), hourly(curve))
    assert begun(found) == [("0", "base_load_rise")]
    assert 0 < found[0].size < 2.5 * base[0]


def test_a_day_without_differences_has_no_level() -> None:
    power = np.vstack([np.zeros(24), np.full(24, 0.3), np.arange(24.0)])
    levels = quarters(power)
    assert np.isnan(levels[:2]).all()
    assert levels[2].tolist() == [2.5, 3.0, 11.5, 20.5]
    power[2, :7] = np.nan
    assert np.isnan(quarters(power)[2]).all(), "17 hours are too few"
