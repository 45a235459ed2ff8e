"""The test of a jump in a wandering level: how often it is wrong, and what it takes for a jump."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from streetlamp.sequential.jump import WANDERINGS, WanderingLevel, threshold


def first_rise(values: np.ndarray, limit: float) -> int | None:
    level = WanderingLevel(0.0, 1.0)
    for day, value in enumerate(values.tolist()):
        level.update(value)
        if day > 30 and level.jumps()[0].score >= limit:
            return day
    return None


def wandering(days: int, rng: np.random.Generator) -> np.ndarray:
    """A series that does what the first of `WANDERINGS` says, with noise of variance 1."""
    one = WANDERINGS[0]
    lasting = np.zeros(days)
    steps = rng.standard_normal(days) * (one.lasting * (1 - 0.7**2)) ** 0.5
    for day in range(1, days):
        lasting[day] = 0.7 * lasting[day - 1] + steps[day]
    level = np.cumsum(rng.standard_normal(days)) * one.level**0.5
    return level + lasting + rng.standard_normal(days) * (1 - one.lasting) ** 0.5


def test_wandering_alone_raises_as_often_as_the_table_says() -> None:
    rng = np.random.default_rng(3)
    raised = days = 0
    limit = threshold(111)
    assert limit == pytest.approx(2.6)
    for _ in range(8):
        level = WanderingLevel(0.0, 1.0)
        for day, value in enumerate(wandering(400, rng).tolist()):
            level.update(value)
            if day >= 30:
                days += 1
                if level.jumps()[0].score >= limit:
                    raised += 1
                    level.forget()
    assert 0.5 < raised / (days / 111) < 1.6


def test_thresholds_grow_with_the_run() -> None:
    limits = [threshold(run) for run in (10, 50, 365, 1000, 5000, 50000)]
    assert limits == sorted(limits)
    assert limits[-1] > limits[-2]


def test_a_jump_is_found_and_dated() -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal(120)
    values[80:] += 5
    level = WanderingLevel(0.0, 1.0)
    for day, value in enumerate(values.tolist()):
        level.update(value)
        up, down = level.jumps()
        if day >= 31 and up.score >= threshold(730):
            break
    assert 80 < day <= 83
    assert day - up.age in (79, 80, 81)
    assert up.size == pytest.approx(5, abs=2)
    assert down.score > -3


def test_a_trend_that_has_been_seen_is_no_jump() -> None:
    """A season that comes and goes at up to one standard deviation a day."""
    rng = np.random.default_rng(5)
    day = np.arange(365)
    season = 40 * np.sin(2 * np.pi * day / 250)
    assert first_rise(season + rng.standard_normal(365), threshold(3000)) is None


def test_after_it_is_accepted_a_jump_is_the_level() -> None:
    rng = np.random.default_rng(6)
    level = WanderingLevel(0.0, 1.0)
    for value in rng.standard_normal(60).tolist():
        level.update(value)
    for value in (10 + rng.standard_normal(3)).tolist():
        level.update(value)
    level.settle(level.jumps()[0].age)
    assert level.expected == pytest.approx(10, abs=2)
    assert abs(level.jumps()[0].score) < 1


def test_a_gap_tells_nothing() -> None:
    level = WanderingLevel(0.0, 1.0)
    for value in (0.5, -0.3, 0.2, 0.1):
        level.update(value)
    before = level.expected
    for _ in range(30):
        level.update(math.nan)
    assert level.jumps()[0].score < 1.5
    assert level.expected == pytest.approx(before, abs=0.5)


def test_its_memory_is_kept_by_pickle() -> None:
    rng = np.random.default_rng(7)
    level = WanderingLevel(0.0, 1.0)
    for value in rng.standard_normal(50).tolist():
        level.update(value)
    again = pickle.loads(pickle.dumps(level))
    level.update(2.0)
    again.update(2.0)
    assert again.jumps() == level.jumps()
