"""A real meter's spring, with nothing wrong and with a factor of two."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from streetlamp.meters.causes.electricity_dead_meter import ElectricityDeadMeter
from streetlamp.meters.causes.electricity_level_change import ElectricityLevelChange
from support.load_curves import found_by, hourly, made

DAYS = 90


@pytest.fixture(scope="module")
def curve(shared_data: Path) -> np.ndarray:
    file = shared_data / "meters/opendsm_meters/uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    if not file.exists():
        pytest.skip("the real meters are not here")
    with gzip.open(file, "rt") as lines:
        rows = list(islice(csv.DictReader(lines), 23 + DAYS * 24))
    return np.array([float(row["value"]) for row in rows[23:]])[:, None]  # from a midnight


def test_nothing_is_found_where_nothing_is_wrong(curve: np.ndarray) -> None:
    for cause in (ElectricityLevelChange, ElectricityDeadMeter):
        assert found_by(made(cause, 1), hourly(curve)) == []


def test_a_factor_of_two_is_found_and_is_no_step(curve: np.ndarray) -> None:
    faulty = curve.copy()
    faulty[60 * 24 :] *= 2
    (found,) = found_by(made(ElectricityLevelChange, 1), hourly(faulty))
    assert found.size == pytest.approx(2.0)
    assert 60 * 86400 <= found.detected <= 75 * 86400
