"""A slow leak is told from the season by how far the day swings."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.meters.districts.season import Season


def fed(days: int, leak: np.ndarray | None = None, *, tied: bool = True) -> Season:
    """A season of ±15 % in level and swing; ``tied``: the level goes with the swing."""
    rng = np.random.default_rng(1)
    season = Season()
    wave = 0.15 * np.sin(2 * np.pi * np.arange(days) / 200)
    other = wave if tied else np.cumsum(rng.standard_normal(days)) * 0.02
    for day in range(days):
        more = 0.0 if leak is None else float(leak[day])
        noise = 0.005 * rng.standard_normal()
        season.add(float(other[day]) + more + noise, 1 + float(wave[day]))
    return season


def test_a_season_is_explained_by_the_swing() -> None:
    for days in range(60, 300, 20):
        assert fed(days).excess()[0] == 0


def test_a_leak_is_not() -> None:
    leak = np.clip((np.arange(160) - 110) / 50, 0, 1) * 0.1
    size, days, score, limit = fed(160, leak).excess()
    assert size == pytest.approx(0.09, abs=0.02)
    assert 30 <= days <= 55
    assert score > limit


def test_what_is_known_is_not_told_again() -> None:
    leak = np.clip((np.arange(160) - 110) / 50, 0, 1) * 0.1
    season = fed(160, leak)
    size, days, _, _ = season.excess()
    season.known(size, days)
    assert season.excess()[0] == 0


def test_a_level_that_wanders_apart_from_the_swing_tells_nothing() -> None:
    assert fed(160, tied=False).excess()[0] == 0


def test_two_months_are_needed() -> None:
    assert fed(59, np.full(59, 0.5)).excess()[0] == 0
