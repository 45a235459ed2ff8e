"""Hours weighted by what they tell of a leak."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streetlamp.meters.districts.weights import HourWeights


def taught(days: int = 400, beside: int = 0, seed: int = 0) -> tuple[HourWeights, np.ndarray]:
    """Demand moves the day's hours together (and what stands beside); the nights are quiet."""
    rng = np.random.default_rng(seed)
    swing = np.concatenate([np.full(16, 0.1), np.full(8, 0.01)])
    demand = rng.standard_normal((days, 1))
    hours = demand * swing + 0.01 * rng.standard_normal((days, 24))
    both = np.concatenate([hours, np.repeat(demand, beside, axis=1)], axis=1)
    weights = HourWeights(hours[:20], 1.0, beside)
    for day in both[20:]:
        weights.learn(day)
    return weights, both


def test_the_estimate_is_unbiased_and_better_than_night_or_day() -> None:
    weights, days = taught()
    found = np.array([weights.estimate(day)[0] for day in days[100:]])
    leak = np.array([weights.estimate(day + 0.05)[0] for day in days[100:]])
    assert np.median(leak - found) == pytest.approx(0.05, abs=1e-3)
    assert found.std() < days[100:, 16:].mean(axis=1).std()
    assert found.std() < days[100:].mean(axis=1).std() / 5


def test_it_says_how_sure_it_is() -> None:
    weights, days = taught()
    found = [weights.estimate(day) for day in days[100:]]
    assert np.std([f for f, _ in found]) == pytest.approx(found[0][1], rel=0.35)


def test_missing_hours_cost_precision_and_too_many_give_none() -> None:
    weights, days = taught()
    day = days[300].copy()
    whole = weights.estimate(day)[1]
    day[20:] = np.nan
    assert weights.estimate(day)[1] > whole
    day[7:] = np.nan
    assert math.isnan(weights.estimate(day)[0])


def test_one_wild_hour_moves_it_little() -> None:
    weights, days = taught()
    day = days[300].copy()
    before = weights.estimate(day)[0]
    day[18] += 5.0
    assert abs(weights.estimate(day)[0] - before) < 0.02


def test_what_stands_beside_takes_its_part_of_the_noise_away() -> None:
    alone, hours = taught(seed=1)
    helped, both = taught(beside=1, seed=1)
    a = np.std([alone.estimate(day)[0] for day in hours[100:]])
    b = np.std([helped.estimate(day)[0] for day in both[100:]])
    assert b < a * 1.02


def test_a_lasting_rise_scores_and_one_hour_does_not() -> None:
    weights, _ = taught()
    quiet = np.zeros(24)
    lasting, once = quiet.copy(), quiet.copy()
    lasting[15:22] = 0.08
    once[21] = 2.0
    assert weights.scores(21, lasting)[0].max() > 4
    assert np.abs(weights.scores(21, once)[0]).max() < 4
    assert weights.scores(21, lasting)[1].max() == pytest.approx(0.08, abs=0.03)
    assert -weights.scores(21, -lasting)[0].min() > 4
