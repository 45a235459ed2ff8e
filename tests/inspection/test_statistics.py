"""Leak rates and their intervals, against values known from elsewhere."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from streetlamp.inspection.statistics import Sample, chance, corrected, interval, needed, rate


def cumulative(hits: int, looks: int, share: float) -> float:
    """The chance of at most `hits` of `looks`."""
    return sum(comb(looks, i) * share**i * (1 - share) ** (looks - i) for i in range(hits + 1))


@pytest.mark.parametrize(
    ("hits", "looks", "low", "high"),
    [
        (5, 10, 0.1871, 0.8129),  # the textbook's
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (1, 100, 0.0003, 0.0545),
        (0, 1000, 0.0, 0.0037),
    ],
)
def test_the_exact_interval(hits: int, looks: int, low: float, high: float) -> None:
    assert interval(hits, looks) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("hits", "looks"), [(3, 1200), (17, 40), (999, 1000), (1, 2)])
def test_each_end_leaves_a_fortieth_outside(hits: int, looks: int) -> None:
    """What the interval is defined by (Clopper and Pearson 1934)."""
    low, high = interval(hits, looks)
    assert cumulative(hits, looks, high) == pytest.approx(0.025, abs=1e-6)
    assert 1 - cumulative(hits - 1, looks, low) == pytest.approx(0.025, abs=1e-6)


def test_effective_numbers_need_not_be_whole() -> None:
    below, between, above = interval(2, 300), interval(2.5, 300.5), interval(3, 301)
    assert below[0] < between[0] < above[0]
    assert below[1] < between[1] < above[1]


@pytest.mark.parametrize(("hits", "looks"), [(-1, 10), (11, 10), (0, 0)])
def test_nonsense_is_refused(hits: float, looks: float) -> None:
    with pytest.raises(ValueError, match="looks"):
        interval(hits, looks)


def test_the_correction() -> None:
    """Observed = leaks × power + the rest × false alarms, solved for the leaks."""
    for leaks in (0.0, 0.01, 0.3, 1.0):
        observed = leaks * 0.9 + (1 - leaks) * 0.02
        assert corrected(observed, 0.9, 0.02) == pytest.approx(leaks)
    assert corrected(0.001, 0.9, 0.02) == 0.0
    assert corrected(0.95, 0.9, 0.02) == 1.0
    with pytest.raises(ValueError, match="above the false rate"):
        corrected(0.1, 0.1, 0.2)


def test_looks_weigh_what_they_stand_for() -> None:
    """An hour with 1,000 looks, 50 of them leaking, and 23 hours with 100 clean ones."""
    found = rate([Sample(3600, 1000, 50), Sample(23 * 3600, 100, 0)], power=1.0, false=0.0)
    assert found.share == pytest.approx(0.05 / 24)
    assert (found.looks, found.leaking, found.seconds) == (1100, 50, 24 * 3600)
    # the long stretch was looked at a hundred times: nobody can be surer than that allows
    assert found.high > 0.03
    assert found.low < found.best < found.high


def test_alike_samples_are_one_sample() -> None:
    apart = rate([Sample(60, 20, 1)] * 10, 0.95, 0.001)
    together = rate([Sample(600, 200, 10)], 0.95, 0.001)
    assert (apart.low, apart.best, apart.high) == pytest.approx(
        (together.low, together.best, together.high)
    )


def test_nothing_looked_at_says_nothing() -> None:
    found = rate([Sample(600, 0, 0)], 0.95, 0.001)
    assert (found.low, found.high, found.looks) == (0.0, 1.0, 0)


def test_a_false_rate_never_lowers_the_high_end() -> None:
    careful, careless = (rate([Sample(60, 500, 2)], 0.95, false) for false in (0.0, 0.01))
    assert careless.high == careful.high
    assert careless.low <= careful.low


def test_the_interval_covers_the_truth() -> None:
    """Drawn 400 times from two strata, of which the small one leaks: at least 95 % hold it."""
    random = np.random.default_rng(5)
    truth = (600 * 0.04 + 6000 * 0.002) / 6600
    held = 0
    for _ in range(400):
        samples = [
            Sample(600, 300, int(random.binomial(300, 0.04))),
            Sample(6000, 200, int(random.binomial(200, 0.002))),
        ]
        found = rate(samples, power=1.0, false=0.0)
        held += found.low <= truth <= found.high
    assert held >= 0.95 * 400


def test_how_many_looks_it_takes() -> None:
    looks = needed(0.01, power=0.95)
    assert looks == 314
    assert chance(0.01, looks, 0.95) >= 0.95 > chance(0.01, looks - 1, 0.95)
