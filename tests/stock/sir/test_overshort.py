"""Overshorts: the published tank, made-up ones, and the likelihood the long way round."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from streetlamp.stock.sir.overshort import reconcile


def made(
    random: np.random.Generator, n: int, loss: float, reading: float, sales: float
) -> np.ndarray:
    level = random.normal(0, reading, n + 1)
    return np.diff(level) + random.normal(0, sales, n) - loss


def test_the_tank_in_colorado(shared_data: Path) -> None:
    """Brockwell & Davis's gas tank: about 4.8 gal a day, twice the log-likelihood's gain 7.0."""
    path = shared_data / "stock" / "oshorts" / "oshorts.csv"
    found = reconcile(np.loadtxt(path, delimiter=",", skiprows=1)[:, 1])
    assert found.loss == pytest.approx(4.78, abs=0.05)
    assert found.gain == pytest.approx(7.0, abs=0.05)
    assert found.p == pytest.approx(0.008, abs=0.0005)
    assert found.reading == pytest.approx(41, abs=1)
    assert found.p_made == pytest.approx(0.035, abs=0.015)  # what it is worth in 57 days


def test_loss_and_noise_are_found() -> None:
    random = np.random.default_rng(0)
    answers = [reconcile(made(random, 200, 6.0, 20.0, 10.0), trials=1) for _ in range(100)]
    z = [(one.loss - 6.0) / one.sigma for one in answers]
    assert abs(np.mean(z)) < 0.35
    assert 0.8 < np.std(z) < 1.3
    assert np.median([one.reading for one in answers]) == pytest.approx(20, rel=0.05)
    assert np.median([one.sales for one in answers]) == pytest.approx(10, rel=0.15)


def test_no_loss_is_as_rarely_called_one_as_it_should_be() -> None:
    """By made-up records; by Wilks it is called one far too often, which is why they are made."""
    random = np.random.default_rng(1)
    found = [reconcile(made(random, 57, 0.0, 30.0, 7.0), trials=199) for _ in range(200)]
    assert 0.01 < np.mean([one.p_made < 0.05 for one in found]) < 0.09
    assert np.mean([one.p < 0.05 for one in found]) > 0.09


def test_the_likelihood_is_the_dense_one() -> None:
    short = made(np.random.default_rng(2), 40, 3.0, 20.0, 8.0)
    found = reconcile(short)

    def log_likelihood(loss: float, reading: float, sales: float) -> float:
        n = len(short)
        off = -np.eye(n, k=1) - np.eye(n, k=-1)
        covariance = reading**2 * (2 * np.eye(n) + off) + sales**2 * np.eye(n)
        rest = short + loss
        size = np.linalg.slogdet(2 * math.pi * covariance)[1]
        return float(-(size + rest @ np.linalg.solve(covariance, rest)) / 2)

    best = log_likelihood(found.loss, found.reading, found.sales)
    for loss, reading, sales in ((0.3, 0, 0), (-0.3, 0, 0), (0, 0.5, 0), (0, -0.5, 0), (0, 0, 0.5)):
        other = log_likelihood(found.loss + loss, found.reading + reading, found.sales + sales)
        assert other < best
    grid = [
        log_likelihood(0.0, r, s) for r in np.linspace(15, 30, 61) for s in (0.1, *range(1, 20))
    ]
    assert found.gain == pytest.approx(2 * (best - max(grid)), abs=0.05)


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="five numbers"):
        reconcile(np.array([1.0, 2.0, 3.0, 4.0]))
    with pytest.raises(ValueError, match="five numbers"):
        reconcile(np.array([1.0, 2.0, math.nan, 4.0, 5.0]))
