"""Page's test against the exact table, and against what is simulated."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.sequential.cusum import Cusum, run_length, threshold

DELAYS = {
    100: (30.2, 14.8, 6.1, 2.3, 1.3),
    365: (57.1, 23.6, 8.5, 2.9, 1.6),
    1000: (83.5, 31.1, 10.5, 3.4, 1.8),
    3650: (121.6, 41.2, 13.1, 4.1, 2.1),
}
SHIFTS = (0.25, 0.5, 1.0, 2.0, 3.0)


@pytest.mark.parametrize("run", DELAYS)
def test_delays_of_the_best_test_there_is(run: int) -> None:
    """Zero-state delays for a shift of d sigma, each with k = d/2, at one false alarm in `run`."""
    for shift, delay in zip(SHIFTS, DELAYS[run], strict=True):
        h = threshold(run, shift / 2)
        assert run_length(h, shift / 2) == pytest.approx(run, rel=1e-6)
        assert run_length(h, shift / 2, shift) == pytest.approx(delay, rel=0.004, abs=0.051)


def test_white_noise_runs_as_long_as_reckoned() -> None:
    rng = np.random.default_rng(5)
    n, k = 4000, 0.5
    test = Cusum(n, k, threshold(100, k))
    first = np.zeros(n)
    for at in range(1, 2000):
        first[(first == 0) & test.update(rng.standard_normal(n))] = at
    assert (first > 0).all()
    assert first.mean() == pytest.approx(100, rel=0.05)


def test_a_gap_neither_adds_nor_takes() -> None:
    test = Cusum(1, 0.5, 4.0)
    test.update(np.array([3.0]))
    held = test.sum.copy(), test.since.copy()
    test.update(np.array([np.nan]))
    assert (test.sum == held[0]).all()
    assert (test.since == held[1]).all()
    assert test.update(np.array([3.0]))[0]
    assert test.since[0] == 2
    test.reset(np.array([True]))
    assert not test.sum.any()


def test_a_threshold_there_is_not() -> None:
    with pytest.raises(ValueError, match="above zero"):
        run_length(0, 0.5)
    with pytest.raises(ValueError, match="lowest threshold"):
        threshold(1.0, 0.5)
