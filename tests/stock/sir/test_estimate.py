"""The rate: unbiased, with an interval that holds, and with sense for what is not a leak."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from streetlamp.stock.sir import estimate as module
from streetlamp.stock.sir.estimate import Estimate, estimate
from streetlamp.stock.sir.model import model, series
from streetlamp.stock.sir.options import DIESEL, PER_DAY, PETROL, SirOptions
from streetlamp.stock.sir.records import Tank
from support.tanks import CHARTS, Site, month, site

OPTIONS = SirOptions()
QUIET = Site(CHARTS[2], PETROL, 700.0, "atg")


def found(tank: Tank, options: SirOptions = OPTIONS) -> Estimate:
    answer = estimate(tank, options)
    assert isinstance(answer, Estimate), answer
    return answer


def leaking(leak: float, seed: int = 0, here: Site = QUIET, **more: int) -> Tank:
    return month(np.random.default_rng(seed), here, leak, **more)


@pytest.mark.parametrize("leak", [-0.2, 0.0, 0.05, 0.2])
def test_the_rate_is_what_is_lost(leak: float) -> None:
    answer = found(leaking(leak))
    assert answer.rate == pytest.approx(leak, abs=3 * answer.sigma)
    assert answer.sigma < 0.01
    assert abs(answer.before) < 3.5 * answer.before_sigma


@pytest.mark.parametrize("gauge", ["atg", "stick"])
def test_sigma_is_honest(gauge: str) -> None:
    random = np.random.default_rng(12)
    z = []
    for _ in range(30):
        answer = found(month(random, site(random, gauge), 0.1))
        z.append((answer.rate - 0.1) / answer.sigma)
        assert answer.stick == (gauge == "stick")
        assert answer.strange == ()
    assert abs(np.mean(z)) < 3 / math.sqrt(30)
    assert 0.7 < np.std(z) < 1.3


def test_a_loss_since_before_the_history_is_told_apart() -> None:
    answer = found(leaking(0.3, leak_from=0))
    assert answer.before == pytest.approx(0.3, abs=3 * answer.before_sigma)
    assert answer.before > 5 * answer.before_sigma
    assert abs(answer.rate) < 0.1


def test_days_left_out_and_readings_that_fail_cost_little() -> None:
    whole = leaking(0.1, seed=3)
    keep = ~np.isin(whole.day, [12, 13, 40, 47])
    names = [name for name in Tank.__slots__ if name not in ("name", "chart", "product")]
    holed = replace(whole, **{name: getattr(whole, name)[keep] for name in names})
    for blank in (20, 35, 36):
        holed.close_volume[blank] = holed.open_volume[blank + 1] = math.nan
    answer = found(holed)
    assert answer.rate == pytest.approx(0.1, abs=3 * answer.sigma)
    assert found(whole).sigma < answer.sigma < 3 * found(whole).sigma


def test_a_slip_of_the_pen_is_named_and_left_out() -> None:
    tank = leaking(0.0, seed=5)
    tank.close_volume[44] += 400
    tank.open_volume[45] += 400
    answer = found(tank)
    assert [(one.kind, one.day) for one in answer.strange] == [("reading", 45)]
    assert answer.strange[0].litres == pytest.approx(400, abs=40)
    assert abs(answer.rate) < 3 * answer.sigma


def test_a_loss_at_once_is_no_leak() -> None:
    tank = leaking(0.0, seed=6)
    for volumes, first in ((tank.close_volume, 50), (tank.open_volume, 51)):
        volumes[first:] -= 600
    assert tank.delivered[50] == 0
    answer = found(tank)
    assert [(one.kind, one.day) for one in answer.strange] == [("step", 51)]
    assert answer.strange[0].litres == pytest.approx(-600, abs=60)
    assert abs(answer.rate) < 3 * answer.sigma


def test_a_product_that_is_not_told_is_averaged_over() -> None:
    for seed in range(4):
        tank = leaking(0.1, seed, Site(CHARTS[3], DIESEL, 400.0, "atg"))
        unsure = found(tank)
        told = [found(replace(tank, product=name)) for name in ("petrol", "diesel")]
        assert told[1].product == "diesel"
        assert min(one.rate for one in told) <= unsure.rate <= max(one.rate for one in told)
        assert unsure.sigma >= min(one.sigma for one in told)


def test_too_few_readings_is_said() -> None:
    tank = leaking(0.0, days=35, leak_from=5)
    assert estimate(tank, OPTIONS) == "has 6 readings of history, 8 are needed"
    assert isinstance(estimate(tank, SirOptions(test_days=20)), Estimate)


def test_what_limits_the_rate_adds_up_and_finer_readings_help() -> None:
    fine = found(leaking(0.0, 2))
    coarse = found(leaking(0.0, 2, Site(CHARTS[2], PETROL, 700.0, "stick")))
    assert math.hypot(*fine.limits.values()) == pytest.approx(fine.sigma, rel=0.35)
    assert coarse.limits["readings"] > 4 * fine.limits["readings"]
    assert coarse.sigma > fine.sigma


def test_only_the_history_before_the_test_is_used() -> None:
    long = leaking(0.1, 4, days=200, leak_from=170)
    short = SirOptions(history_days=30)
    line = series(long, short)
    assert line.time[0] == 140
    assert len(line.time) == 61
    assert found(long).sigma < found(long, short).sigma


def test_a_readings_error_is_no_temperature() -> None:
    """Where no probe is, what is unknown of the temperature must not know the readings' errors."""
    line = series(leaking(0.0, 2, Site(CHARTS[2], PETROL, 700.0, "stick")), OPTIONS)
    noise = np.random.default_rng(0).normal(0, 60, len(line.volume))
    one, other = (
        model(each, PETROL, OPTIONS).parts["temperature"]
        for each in (line, line._with(volume=line.volume + noise))
    )
    daily = np.diff(np.eye(len(one)), axis=0)  # from a reading to the next
    change = daily @ (other - one) @ daily.T
    assert np.abs(change).max() < 0.001 * (daily @ one @ daily.T).max()


# --- theory --------------------------------------------------------------------------------------


def test_readings_telescope_and_sales_do_not() -> None:
    """Cramér-Rao of reading noise alone is a straight line's: 12 s² / n³ for n days."""
    quiet = SirOptions(
        chart_scale=0, chart_wave=0, meter_bias=0, meter_scatter=0, document=0, load_warmer_error=0,
        load_scatter=0,
    )  # fmt: skip
    tank = leaking(0.0, days=62, leak_from=0)
    one = model(series(tank, replace_days(quiet, 61)), DIESEL, replace_days(quiet, 61))
    m = len(one.x)
    white = np.eye(m)[None] * 25.0
    walk = np.minimum(*np.indices((m, m)))[None] * 25.0 + np.eye(m) * 1e-6
    _, variance, _ = module._gls(one, np.concatenate([white, walk]))
    line = math.sqrt(12 * 25 / 61**3) / PER_DAY
    assert math.sqrt(variance[0]) == pytest.approx(line, rel=0.06)
    assert math.sqrt(variance[1]) == pytest.approx(math.sqrt(25 / 60) / PER_DAY, rel=0.05)


def replace_days(options: SirOptions, days: int) -> SirOptions:
    return options.model_copy(update={"test_days": days})


def test_a_loss_of_3_29_sigma_is_found_95_times_in_100() -> None:
    """At 5 % false alarms: thresholds at 1.645 sigma (Currie 1968)."""
    random = np.random.default_rng(1)
    tank = leaking(0.0)
    fit = module._fit(model(series(tank, OPTIONS), PETROL, OPTIONS), PETROL, OPTIONS)
    one = fit.model
    _, variance, _ = module._gls(one, fit.covariance[None])
    sigma = math.sqrt(variance[0])
    inverse = np.linalg.inv(fit.covariance)
    towards = one.design.T @ inverse
    weight = np.linalg.solve(towards @ one.design, towards)[1]
    errors = np.linalg.cholesky(fit.covariance) @ random.standard_normal((len(one.x), 40_000))
    tight = weight @ errors
    lossy = weight @ (errors + 3.29 * sigma * one.design[:, 1:])
    assert np.mean(tight > 1.645 * sigma) == pytest.approx(0.05, abs=0.005)
    assert np.mean(lossy > 1.645 * sigma) == pytest.approx(0.95, abs=0.01)
