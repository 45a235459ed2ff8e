"""Verdicts: where tanks pass, fail and cannot be judged."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.stock.sir.estimate import Estimate
from streetlamp.stock.sir.verdict import GAUGE, STICK, judge, threshold


def rated(rate: float, sigma: float, *, stick: bool = False, before: float = 0.0) -> Estimate:
    none = np.zeros(0)
    return Estimate(
        rate=rate, sigma=sigma, before=before, before_sigma=0.02, reading=0.3, stick=stick,
        cut=0.004, product="diesel", limits={}, misfit=1.0, strange=(), end=60.0, time=none,
        left=none, band=none,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "sigma", "stick", "verdict"),
    [
        (0.0, 0.005, False, "pass"),
        (0.03, 0.005, False, "fail"),  # good records show half of 0.1 gal/h
        (0.03, 0.02, False, "pass"),
        (0.1, 0.03, False, "fail"),
        (0.05, 0.03, False, "inconclusive"),
        (0.04, 0.06, False, "inconclusive"),
        (-0.1, 0.06, False, "pass"),
        (0.08, 0.04, True, "pass"),  # a stick is asked for 0.2 gal/h
        (0.08, 0.04, False, "fail"),
        (0.2, 0.05, True, "fail"),
    ],
)
def test_verdicts(rate: float, sigma: float, stick: bool, verdict: str) -> None:
    judged = judge(rated(rate, sigma, stick=stick))
    assert judged.verdict == verdict
    assert judged.low < rate < judged.high
    assert judged.high - judged.low == pytest.approx(2 * 1.96 * sigma, rel=1e-3)
    assert judged.detectable == pytest.approx(3.29 * sigma)
    assert judged.found >= judged.threshold + 1.64 * sigma


@pytest.mark.parametrize("standard", [GAUGE.loss, STICK.loss])
def test_the_threshold_rises_with_sigma_and_never_above_half_the_loss(standard: float) -> None:
    sigmas = np.linspace(0.001, 0.3, 200)
    limits = [threshold(float(sigma), standard) for sigma in sigmas]
    assert (np.diff(limits) >= 0).all()
    assert limits[0] == pytest.approx(standard / 4, abs=0.001)
    assert limits[-1] == standard / 2


def test_a_loss_that_was_always_there_fails() -> None:
    judged = judge(rated(0.0, 0.005, before=0.2))
    assert (judged.verdict, judged.lasting) == ("fail", True)
    assert judge(rated(0.0, 0.005, before=0.04)).verdict == "pass"  # a meter's bias may do that
