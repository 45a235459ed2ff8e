"""Quantiles of what is known agree with numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.meters.electricity.quantiles import median, quantile


@pytest.mark.parametrize("share", [0.0, 0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(5, 9), (4, 12, 3)])
def test_quantiles_are_numpys(share: float, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=shape)
    values[random.random(shape) < 0.3] = np.nan
    values[0, :3] = 1.0
    assert np.allclose(quantile(values, share), np.nanquantile(values, share, axis=1))


def test_nothing_known_has_no_median() -> None:
    assert np.isnan(median(np.full((2, 3), np.nan))).all()
