"""Stuck and dead meters, by each meter's own runs."""

from __future__ import annotations

import numpy as np

from streetlamp.meters.causes.electricity_dead_meter import ElectricityDeadMeter
from streetlamp.meters.causes.electricity_stuck_meter import ElectricityStuckMeter
from streetlamp.meters.electricity.repeats import Repeats, buckets
from support.load_curves import begun, found_by, homes, hourly, made


def test_runs_fall_into_dyadic_buckets() -> None:
    assert buckets(np.array([0, 1, 2, 3, 4, 7, 8, 2**20])).tolist() == [0, 1, 2, 2, 3, 3, 4, 17]


def test_a_run_that_lasts_teaches_nothing_until_it_ends() -> None:
    runs = Repeats(1, begin=0.1, go_on=0.5)
    here = np.array([True])
    grown = []
    for _ in range(40):
        runs.update(np.array([True]), here)
        grown.append(float(runs.evidence[0]))
    assert np.allclose(np.diff(grown[1:]), np.log(2)), "every step of a first run weighs the same"
    runs.update(np.array([False]), here)
    again = []
    for _ in range(20):
        runs.update(np.array([True]), here)
        again.append(float(runs.evidence[0]))
    assert again[-1] < grown[19] - 3, "after one long run the next surprises less"


def test_a_repeated_reading_is_a_stuck_meter_and_ends() -> None:
    curve = homes(3, 40)
    curve[700:760, 1] = curve[700, 1]
    found = found_by(made(ElectricityStuckMeter, 3), hourly(curve))
    assert begun(found) == [("1", "stuck_meter")]
    first, last = found
    assert first.start == 700 * 3600
    assert 12 * 3600 <= first.detected - first.start <= 24 * 3600
    assert (last.id, last.end) == (first.id, 760 * 3600)


def test_a_meter_of_coarse_resolution_is_not_stuck() -> None:
    curve = np.round(homes(4, 120, seed=4), 1)
    found = found_by(made(ElectricityStuckMeter, 4), hourly(curve))
    assert begun(found) == []


def test_zeros_every_night_are_no_dead_meter_but_a_week_is() -> None:
    curve = homes(2, 100, seed=2)
    curve[np.arange(len(curve)) % 24 < 7] = 0.0
    curve[80 * 24 :, 1] = 0.0
    found = found_by(made(ElectricityDeadMeter, 2), hourly(curve))
    assert begun(found) == [("1", "dead_meter")]
    assert found[0].size > 0.1, "what is not counted, in kW"


def test_a_power_cut_of_hours_is_no_dead_meter() -> None:
    curve = homes(1, 40)
    curve[500:512] = 0.0
    assert found_by(made(ElectricityDeadMeter, 1), hourly(curve)) == []


def test_a_gap_is_no_zero() -> None:
    curve = homes(1, 60)
    curve[700:1000] = np.nan
    assert found_by(made(ElectricityDeadMeter, 1), hourly(curve)) == []
    assert found_by(made(ElectricityStuckMeter, 1), hourly(curve)) == []
