"""Steps become local days, whatever their length, and with summer time and gaps in them."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.meters.base import Step
from streetlamp.meters.electricity.days import Day, Days


def _steps(hours: list[int], length: float = 3600.0, used: float = 1.0) -> list[Step]:
    return [
        Step(i * length, (i + 1) * length, hour, 0, False, np.array([used]), np.array([np.nan]))
        for i, hour in enumerate(hours)
    ]


def _closed(steps: list[Step]) -> list[Day]:
    days = Days(1)
    return [day for step in steps if (day := days.update(step)) is not None]


@pytest.mark.parametrize("minutes", [1, 15, 30, 60])
def test_a_day_is_its_hours_mean_power_whatever_the_step(minutes: int) -> None:
    per = 60 // minutes
    hours = [hour for hour in range(24) for _ in range(per)] + [0]
    (day,) = _closed(_steps(hours, minutes * 60.0, 0.5 / per))
    assert np.allclose(day.power, 0.5)
    assert day.begin == 0
    assert day.end == 86400


def test_the_clock_set_back_is_no_new_day() -> None:
    (day,) = _closed(_steps([0, 1, 2, 2, *range(3, 24), 0]))
    assert np.allclose(day.power, 1.0), "the hour told twice is its mean"
    assert day.end == 25 * 3600


def test_the_clock_set_forward_leaves_an_hour_unknown() -> None:
    (day,) = _closed(_steps([0, 1, *range(3, 24), 0]))
    assert np.isnan(day.power[0, 2])
    assert np.isfinite(np.delete(day.power[0], 2)).all()


def test_a_silence_of_a_day_closes_the_day() -> None:
    steps = _steps([5, 6])
    late = Step(9e5, 9e5 + 3600, 6, 3, False, np.array([2.0]), np.array([np.nan]))
    (day,) = _closed([*steps, late])
    assert np.isfinite(day.power).sum() == 2


def test_an_hour_mostly_unread_is_unknown() -> None:
    steps = _steps([h for h in range(24) for _ in range(4)] + [0], 900.0)
    for step in steps[5:8]:
        step.used[0] = np.nan
    (day,) = _closed(steps)
    assert np.isnan(day.power[0, 1])
    assert np.isfinite(day.power[0, 2])
