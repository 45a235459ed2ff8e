"""Overload, and three phases of one point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streetlamp.meters.causes.electricity_overload import ElectricityOverload, OverloadOptions
from streetlamp.meters.causes.electricity_phase_loss import ElectricityPhaseLoss
from streetlamp.meters.causes.electricity_unbalance import ElectricityUnbalance
from streetlamp.meters.electricity.phases import points
from streetlamp.meters.electricity.thermal import Thermal
from support.load_curves import begun, found_by, homes, hourly

PHASES = ["pump/L1", "pump/L2", "pump/L3"]


def test_heat_follows_the_square_of_the_load_with_its_time_constant() -> None:
    thermal = Thermal(1, hours=3.0)
    thermal.update(np.array([0.0]), 3600.0)
    for _ in range(3):
        thermal.update(np.array([10.0]), 3600.0)
    assert thermal.load[0] == pytest.approx(10 * math.sqrt(1 - math.exp(-1)))
    thermal.update(np.array([np.nan]), 3600.0)
    assert thermal.load[0] == pytest.approx(10 * math.sqrt(1 - math.exp(-1)))


def test_the_limit_is_what_a_day_exceeds_once_in_so_many() -> None:
    random = np.random.default_rng(1)
    thermal = Thermal(200, hours=0.01)
    for _ in range(300):
        thermal.update(np.exp(random.gumbel(1.0, 0.1, 200)), 86400.0)
        thermal.end_day()
    place = np.log(thermal.limit(1000.0))
    assert np.median(place) == pytest.approx(1.0 + 0.1 * math.log(1000), abs=0.05)


def test_a_rating_is_held_and_the_finding_ends() -> None:
    curve = np.full((24 * 10, 2), 4.0)
    curve[100:108] = 12.0
    options = OverloadOptions(ratings_kw={"a": 8.0, "b": 20.0})
    found = found_by(ElectricityOverload(["a", "b"], options), hourly(curve))
    assert begun(found) == [("a", "overload")]
    assert 100 * 3600 < found[0].detected <= 103 * 3600, "after it has warmed up, not before"
    assert found[1].end is not None


def test_without_a_rating_its_own_greatest_loads_are_the_limit() -> None:
    curve = homes(3, 120, seed=6)
    top = curve[: 100 * 24, 1].max()
    curve[100 * 24 : 100 * 24 + 8, 1] += 2 * top
    found = found_by(ElectricityOverload(["a", "b", "c"]), hourly(curve))
    assert begun(found) == [("b", "overload")]
    assert "ever" in found[0].evidence


def test_phases_are_told_from_names() -> None:
    names = ["pump/L1", "x", "pump/L3", "pump/L2", "fan-L1", "fan-L2", "Hall phase 1", "L1"]
    named, rows = points([*names, "Hall phase 2", "Hall phase 3"])
    assert named == ["pump", "Hall"]
    assert rows.tolist() == [[0, 3, 2], [6, 8, 9]]


def test_a_lost_phase_is_found_at_its_own_meter() -> None:
    curve = homes(1, 40)[:, [0, 0, 0]] * [1.0, 0.8, 1.1]
    curve[800:850, 1] = 0.0
    found = found_by(ElectricityPhaseLoss(PHASES), hourly(curve))
    assert begun(found) == [("pump/L2", "phase_loss")]
    assert found[0].start == 800 * 3600
    assert found[0].detected <= 808 * 3600
    assert found[1].end == 850 * 3600


def test_a_phase_that_was_never_used_or_a_dark_building_is_no_loss() -> None:
    curve = homes(1, 40)[:, [0, 0, 0]] * [1.0, 0.0, 1.1]
    curve[500:600] = 0.0
    assert found_by(ElectricityPhaseLoss(PHASES), hourly(curve)) == []


def test_a_phase_that_takes_another_share_is_unbalance() -> None:
    random = np.random.default_rng(2)
    curve = homes(1, 90)[:, [0, 0, 0]] * random.lognormal(0, 0.2, (24 * 90, 3))
    curve[60 * 24 :, 2] *= 1.8
    found = found_by(ElectricityUnbalance(PHASES), hourly(curve))
    assert begun(found) == [("pump/L3", "unbalance")]
    assert 60 * 86400 <= found[0].detected <= 65 * 86400
    assert found[0].size == pytest.approx(3 * (1.8 / 3.8 - 1 / 3), abs=0.1)


def test_meters_that_are_no_phases_say_nothing() -> None:
    curve = homes(3, 60)
    for cause in (ElectricityPhaseLoss, ElectricityUnbalance):
        assert found_by(cause(["a", "b", "c"]), hourly(curve)) == []
