"""Daily highest scores: the limit is passed about once in as many days as asked."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.sequential.extremes import DailyExtremes


@pytest.mark.parametrize("tail", ["normal", "exponential"])
def test_the_limit_is_passed_as_seldom_as_asked(tail: str) -> None:
    rng = np.random.default_rng(1)
    days, run = 6000, 100.0
    scores = rng.standard_normal((days, 50)) if tail == "normal" else rng.exponential(1, (days, 50))
    extremes = DailyExtremes(run)
    passed = 0
    for day, value in enumerate(scores.max(axis=1).tolist()):
        passed += day > 500 and value > extremes.limit
        extremes.update(value)
    assert 0.4 < passed / ((days - 500) / run) < 1.7


def test_one_wild_day_moves_it_little() -> None:
    extremes = DailyExtremes(1000)
    for _ in range(100):
        extremes.update(3.0)
    before = extremes.limit
    extremes.update(500.0)
    assert extremes.limit < before + 2
