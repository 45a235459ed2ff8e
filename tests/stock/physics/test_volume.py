"""Volume at 15 °C, against printed factors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from streetlamp.stock.physics.volume import (
    CRUDE,
    LUBRICANTS,
    PRODUCTS,
    correction,
    density_at_15,
    expansion,
    hydrometer,
)

# Measurement Canada, "Volume correction factors", January 2016, from Table 54B: jet fuel at
# 800 kg/m³, aviation gasoline at 710 kg/m³ (ic.gc.ca, lm04777).
JET = [(-40, 1.0502), (-39, 1.0493), (-38.1, 1.0485), (-30, 1.0412), (-25, 1.0367), (-20, 1.0322)]
AVGAS = [(-40, 1.0700), (-35, 1.0638), (-30, 1.0576), (-25, 1.0513), (-20, 1.0450), (-19, 1.0437)]
# Cargo reports that say "according to Table 54B": geocaching.com GC1RNPT, and "Cargo Calculations
# Explanation", case 1.
CARGO = [(721.4, 22.0, 0.9911), (842.8, 22.5, 0.9937), (745.5, 30.5, 0.9811)]
PRINTED = [(800, *each) for each in JET] + [(710, *each) for each in AVGAS] + CARGO


@pytest.mark.parametrize(("density", "celsius", "printed"), PRINTED)
def test_printed_factors(density: float, celsius: float, printed: float) -> None:
    factor = float(correction(expansion(density), np.array(celsius)))
    assert round(factor, 4) == printed


def test_at_15_degrees_nothing_is_corrected() -> None:
    assert float(correction(expansion(840), np.array(15.0))) == 1.0


def test_groups_meet_and_their_ends_are_refused() -> None:
    for groups in (PRODUCTS, CRUDE, LUBRICANTS):
        for lower, upper in itertools.pairwise(groups):
            assert lower.high == upper.low
            below, above = expansion(lower.high - 1e-6, groups), expansion(lower.high, groups)
            assert below == pytest.approx(above, rel=0.02)
        for outside in (groups[0].low - 1, groups[-1].high):
            with pytest.raises(ValueError, match="is not between"):
                expansion(outside, groups)


@pytest.mark.parametrize("density", [700.0, 769.0, 780.0, 800.0, 845.0, 990.0])
@pytest.mark.parametrize("celsius", [-20.0, 5.0, 15.0, 40.0])
def test_density_at_15_is_the_inverse(density: float, celsius: float) -> None:
    observed = density * float(correction(expansion(density), np.array(celsius)))
    assert density_at_15(observed, celsius) == pytest.approx(density, rel=1e-6)


def test_a_hydrometers_glass_grows_too() -> None:
    assert hydrometer(800, 15) == 800
    assert hydrometer(800, 35) == pytest.approx(800 * (1 - 0.00046 - 0.000008))
