"""An appliance's runs: how they are cut, scored, and what a fault of it is."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.meters.causes.electricity_appliance_fault import ElectricityApplianceFault
from streetlamp.meters.electricity.runs import Run, Runs
from streetlamp.meters.electricity.scores import Scores
from streetlamp.meters.electricity.watch import limit
from streetlamp.sequential.cusum import threshold
from support.load_curves import begun, found_by, fridge, homes, hourly, made, short_steps


def _cut(power: np.ndarray) -> list[Run]:
    runs = Runs(1)
    return [
        run
        for at, now in enumerate(power)
        for run in runs.update(at * 60.0, at * 60.0 + 60, np.array([now]))
    ]


def _boiler(days: int) -> np.ndarray:
    day = np.zeros(1440)
    for begin in range(100, 1300, 180):
        day[begin : begin + 6] = 2.0
    return np.tile(day, days)


def test_runs_have_their_length_power_pause_and_place() -> None:
    runs = _cut(_boiler(3))
    last = runs[-1]
    assert last.minutes == pytest.approx(6, rel=0.1)
    assert last.power == pytest.approx(2.0)
    assert last.pause == pytest.approx(174)
    assert last.place == 3
    morning = [run for run in runs if run.begin % 86400 == 100 * 60][-1]
    assert (morning.pause, morning.place) == (240, 1), "four hours are as long as a pause gets"


def test_a_long_pause_begins_anew_and_a_gap_is_no_pause() -> None:
    power = _boiler(4)
    power[3 * 1440 : 3 * 1440 + 500] = 0.0
    power[3 * 1440 + 700 : 3 * 1440 + 710] = np.nan
    third = [run for run in _cut(power) if run.begin >= 3 * 86400]
    assert [run.place for run in third[:3]] == [1, 0, 2]
    assert np.isnan(third[1].pause)


def test_a_house_of_many_loads_has_no_runs() -> None:
    curve = np.repeat(homes(1, 5), 60, axis=0)[:, 0]
    assert _cut(curve) == []


def test_scores_of_runs_as_before_are_standard_normal_whatever_the_runs_are() -> None:
    random = np.random.default_rng(7)
    y = np.log(random.choice([5.0, 6.0, 7.0, 30.0], 600, p=[0.3, 0.4, 0.2, 0.1]))
    y += random.normal(0, 0.05, 600)
    nothing = np.full(600, np.nan)
    scores = Scores(y[:300], nothing[:300], np.zeros(300, int))
    z = np.array([scores.of(one, np.nan, 0) for one in y[300:]])
    assert abs(z.mean()) < 0.15
    assert 0.8 < z.std() < 1.1
    longer = np.array([scores.of(one + np.log(1.3), np.nan, 0) for one in y[300:]])
    assert longer.mean() > 0.8


def test_scores_take_out_how_runs_follow_the_pause() -> None:
    random = np.random.default_rng(8)
    warm = random.normal(0, 0.2, 400)
    y, x = 2.5 + warm + random.normal(0, 0.03, 400), 2.6 - warm
    scores = Scores(y, x, np.full(400, 3))
    assert abs(scores.of(2.5 + 0.3, 2.6 - 0.3, 3)) < 1.5, "a warm day"
    assert scores.of(2.5 + 0.3, 2.6, 3) > 2.5, "longer without a reason"


def test_a_fridge_that_runs_longer_is_found_and_ordinary_ones_are_not() -> None:
    power = np.stack([fridge(16, seed=1), fridge(16, longer_from=13, seed=2)], axis=1)
    found = found_by(made(ElectricityApplianceFault, 2), short_steps(power, 240.0))
    assert begun(found) == [("1", "appliance_fault")]
    assert 13 * 86400 <= found[0].detected <= 14 * 86400
    assert found[0].size == pytest.approx(21, abs=8)
    assert "compressor" in found[0].evidence


def test_an_element_that_draws_less_stays_found_until_it_is_mended() -> None:
    power = fridge(16, seed=4)
    power[9 * 360 : 13 * 360] *= 0.8
    found = found_by(made(ElectricityApplianceFault, 1), short_steps(power[:, None], 240.0))
    assert begun(found) == [("0", "appliance_fault")]
    first, last = found
    assert 9 * 86400 <= first.detected <= 11 * 86400
    assert "less power" in first.evidence
    assert last.end is not None
    assert 13 * 86400 <= last.end <= 15 * 86400


@pytest.mark.parametrize("k", [0.25, 0.75])
def test_limits_between_whole_numbers_are_nearly_exact(k: float) -> None:
    for log_run in (5.5, 8.4):
        assert limit(log_run, k) == pytest.approx(threshold(np.exp(log_run), k), rel=0.005)


def test_hours_are_too_coarse_for_runs() -> None:
    curve = homes(2, 20)
    assert found_by(made(ElectricityApplianceFault, 2), hourly(curve)) == []
