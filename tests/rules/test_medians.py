"""Medians of few values, for very many at once."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.rules.medians import FEW, medians


@pytest.mark.parametrize("n", [*range(1, 17), 21, 28, FEW, FEW + 1, 45])
def test_a_median_is_the_one_of_numpy(n: int) -> None:
    drawn = np.random.default_rng(n)
    values = drawn.normal(size=(n, 500)).round(1)  # some of them equal
    assert np.array_equal(medians(values.copy()), np.median(values, axis=0))


@pytest.mark.parametrize("n", range(1, 13))
def test_the_network_puts_every_order_right(n: int) -> None:
    """What does so for all zeros and ones does for all values (Knuth's 0-1 principle)."""
    values = ((np.arange(2**n) >> np.arange(n)[:, None]) & 1).astype(np.float64)
    assert np.array_equal(medians(values.copy()), np.median(values, axis=0))
