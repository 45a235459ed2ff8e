"""SITMUF is white; its tests alarm as often as asked; the least loss is what is found."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.sequential.cusum import run_length
from streetlamp.stock.balance.detectable import SIGMAS, detectable
from streetlamp.stock.balance.page import REFERENCE, loss_tests, upper_point
from streetlamp.stock.balance.sitmuf import decorrelate, learnt_scale
from support.stock import bags_story, closed, tank_story


@pytest.mark.parametrize("story", [tank_story(50), bags_story(40)], ids=["tank", "bags"])
def test_sitmuf_of_simulated_balances_is_white_with_unit_variance(story: tuple) -> None:  # type: ignore[type-arg]
    covariance = closed(story).covariance
    rng = np.random.default_rng(3)
    mufs = np.linalg.cholesky(covariance) @ rng.normal(size=(len(covariance), 4000))
    z = np.stack([decorrelate(one, covariance).value for one in mufs.T[:400]])
    assert z.mean() == pytest.approx(0.0, abs=0.03)
    assert z.var() == pytest.approx(1.0, abs=0.04)
    between = np.corrcoef(z.T)
    assert np.abs(between[np.triu_indices(len(between), 1)]).mean() < 0.06
    plain = np.corrcoef(mufs[:, :400])  # without decorrelation neighbours pull at each other
    assert np.abs(np.diag(plain, 1)).mean() > 0.1


def test_sitmuf_needs_no_later_balance() -> None:
    balances = closed(tank_story(40))
    whole = decorrelate(balances.muf, balances.covariance).value
    cut = decorrelate(balances.muf[:25], balances.covariance[:25, :25]).value
    np.testing.assert_allclose(whole[:25], cut, atol=1e-9)


def test_the_scale_learns_from_what_was_before_and_resists_an_event() -> None:
    rng = np.random.default_rng(1)
    noisy = learnt_scale(1.5 * rng.normal(size=400))
    assert noisy[0] == 1.0
    assert noisy[-1] == pytest.approx(1.85, abs=0.3)
    quiet = rng.normal(size=400)
    quiet[300] = 40.0
    assert learnt_scale(quiet)[-1] < 1.15


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_pages_run_length_is_within_5_percent_of_the_exact_one(shift: float) -> None:
    rng = np.random.default_rng(2)
    limit, runs = 3.0, 3000
    sums, total, alive = np.zeros(runs), np.zeros(runs), np.ones(runs, bool)
    while alive.any():
        sums = np.maximum(sums + rng.normal(shift, 1, runs) - REFERENCE, 0)
        total += alive
        alive &= sums < limit
    assert total.mean() == pytest.approx(run_length(limit, REFERENCE, shift), rel=0.05)


def test_both_tests_alarm_as_often_as_asked() -> None:
    tests = loss_tests(np.random.default_rng(4).normal(size=20_000), 100.0)
    assert 20_000 / tests.page_alarm.sum() == pytest.approx(100, rel=0.15)
    assert 20_000 / tests.abrupt_alarm.sum() == pytest.approx(100, rel=0.15)


def test_a_loss_of_3_29_sigma_is_found_with_95_percent_at_5_percent_false() -> None:
    limit = upper_point(0.05)
    assert limit == pytest.approx(1.6449, abs=1e-4)
    found = (np.random.default_rng(5).normal(SIGMAS, 1, 200_000) >= limit).mean()
    assert found == pytest.approx(0.95, abs=0.01)


def test_the_least_loss_is_found_by_its_best_estimate() -> None:
    """Put in at its own size it stands at 3.29 sigma, on average."""
    balances = closed(bags_story(30))
    least = detectable(balances)
    loss = np.zeros(len(balances))
    loss[-1] = least.abrupt
    shift = decorrelate(loss, balances.covariance).value
    assert np.sqrt((shift**2).sum()) == pytest.approx(SIGMAS)
    assert least.abrupt < least.muf  # the balances before help
    assert least.days == pytest.approx(28, abs=7)


def test_advice_names_what_helps_most_first() -> None:
    """Bags are counted too coarsely, and no weighbridge would mend that."""
    advice = detectable(closed(bags_story(30))).advice
    assert advice[0].part == "stock-takes"
    assert advice[0].abrupt < 0.75
    assert all(0 < one.abrupt <= 1.0 + 1e-9 for one in advice)
