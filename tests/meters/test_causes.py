"""What each cause finds at a water meter, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.meters.base import CAUSES
from support.meters import MONDAY, home, hours_after, steps, told

DAYS = 36
HOURS = DAYS * 24
AT = 30 * 24 + 7


def with_leak(rate: float, at: int = AT, n: int = 8) -> np.ndarray:
    used = home(HOURS, n=n)
    grown = np.clip(np.arange(HOURS) - at + 1, 0, None) * rate
    return used + np.diff(np.floor(grown), prepend=0.0)[:, None]


@pytest.mark.parametrize(("rate", "within"), [(1.0, 60), (2.0, 48), (5.0, 36), (30.0, 24)])
def test_a_leak_is_found_within_hours(rate: float, within: float) -> None:
    found = told(CAUSES["leak"]([str(i) for i in range(8)]), steps(with_leak(rate)))
    late = {one.subject: hours_after(one, AT) for one in found}
    assert len(late) == 8
    assert np.median(list(late.values())) <= within
    assert min(late.values()) > 0
    for one in found:
        assert one.size == pytest.approx(rate, rel=0.55)
        assert abs((one.start - MONDAY) / 3600 - AT) <= 12
        assert one.unit == "L/h"


def test_a_busy_home_without_a_leak_is_left_alone() -> None:
    used = home(40 * 24, n=40, busy=0.35, seed=3)
    assert len(told(CAUSES["leak"]([str(i) for i in range(40)]), steps(used))) <= 1


def test_gaps_neither_hide_nor_make_a_leak() -> None:
    used = with_leak(2.0)
    rng = np.random.default_rng(3)
    used[rng.uniform(size=used.shape) < 0.2] = np.nan
    lost = np.nan_to_num(used)
    for column in range(8):  # what flowed in a gap is in the register after it
        for hour in np.flatnonzero(np.isnan(used[:, column])):
            lost[hour, column] = np.nan
    found = told(CAUSES["leak"]([str(i) for i in range(8)]), steps(used))
    assert {one.subject for one in found} == {str(i) for i in range(8)}
    assert all(hours_after(one, AT) > 0 for one in found)


def test_a_leak_ends_and_is_one_episode() -> None:
    used = with_leak(4.0, at=20 * 24)
    used[24 * 24 :] = home(HOURS)[24 * 24 :]
    cause = CAUSES["leak"]([str(i) for i in range(8)])
    found = told(cause, steps(used))
    first = [one for one in found if one.end is None]
    ended = [one for one in found if one.end is not None]
    assert len(first) == len(ended) == 8
    assert {one.id for one in first} == {one.id for one in ended}
    for one in ended:
        assert abs((one.end - MONDAY) / 3600 - 24 * 24) <= 12


def test_a_leak_that_grows_is_told_again() -> None:
    used = with_leak(2.0, at=15 * 24)[: 24 * 24]
    used[20 * 24 :] += 12.0
    found = told(CAUSES["leak"]([str(i) for i in range(8)]), steps(used))
    sizes = [one.size for one in found if one.end is None and one.subject == "0"]
    assert len(sizes) == 2
    assert sizes[0] == pytest.approx(2, rel=0.4)
    assert sizes[1] == pytest.approx(14, rel=0.4)


def test_a_second_home_is_no_leak() -> None:
    """Empty for weeks, then lived in."""
    used = home(28 * 24, n=10, busy=0.3)
    used[: 20 * 24] = 0.0
    meters = [str(i) for i in range(10)]
    for name in ("leak", "intermittent_leak", "dead_meter"):
        assert not told(CAUSES[name](meters), steps(used)), name


def test_a_plant_on_shift_is_no_leak() -> None:
    """A machine takes 20 L an hour from six to ten at night, on five days of seven."""
    hour = np.arange(HOURS)
    shift = (hour % 24 >= 6) & (hour % 24 < 22) & (hour // 24 % 7 < 5)
    rng = np.random.default_rng(1)
    used = np.where(shift[:, None], 20.0 + rng.integers(-2, 3, (HOURS, 5)), 0.0)
    assert not told(CAUSES["leak"]([str(i) for i in range(5)]), steps(used))


def test_a_tighter_budget_never_alarms_sooner() -> None:
    leak = CAUSES["leak"]
    times, leaking = [], with_leak(1.0, at=12 * 24, n=1)
    for budget in (2.0, 0.2, 0.02):
        cause = leak(["A"], leak.Options(alarms_per_meter_year=budget))
        times.append(next(f.detected for s in steps(leaking) for f in cause.update(s)))
    assert times == sorted(times)


def test_a_burst_within_two_hours() -> None:
    used = home(HOURS, n=8)
    used[AT : AT + 24] += 600.0
    found = told(CAUSES["burst"]([str(i) for i in range(8)]), steps(used))
    assert len({one.subject for one in found}) == 8
    assert max(hours_after(one, AT) for one in found) <= 2
    assert all(one.size >= 500 for one in found)


def test_a_dead_meter_of_a_home_that_is_lived_in() -> None:
    used = home(HOURS, n=8)
    used[AT:] = 0.0
    for register in (True, False):
        found = told(CAUSES["dead_meter"]([str(i) for i in range(8)]),
                     steps(used, register=register))  # fmt: skip
        assert len(found) == 8
        assert 24 < np.median([hours_after(one, AT) for one in found]) < 9 * 24


def test_a_stuck_meter_repeats_itself() -> None:
    used = home(HOURS, n=4)
    used[AT:] = 17.0
    found = told(CAUSES["stuck_meter"]([str(i) for i in range(4)]), steps(used))
    assert len(found) == 4
    assert max(hours_after(one, AT) for one in found) <= 30


def test_a_register_that_falls() -> None:
    cause = CAUSES["backwards_register"](["A"])
    found = []
    for at, step in enumerate(steps(home(HOURS))):
        fallen = 500.0 if at >= AT else 0.0
        found += cause.update(type(step)(step.begin, step.end, step.hour, step.weekday, False,
                                         step.used, step.register + 1000 - fallen))  # fmt: skip
    assert len([one for one in found if one.end is None]) == 1
    assert 0 < hours_after(found[0], AT) <= 1
    assert found[0].size == pytest.approx(500, abs=100)


def test_a_long_gap_is_told_while_it_lasts() -> None:
    used = home(HOURS, n=3)
    used[AT : AT + 5 * 24] = np.nan
    found = told(CAUSES["gap"](["a", "b", "c"]), steps(used))
    first = [one for one in found if one.end is None]
    assert len(first) == 3
    assert all(24 <= hours_after(one, AT) <= 7 * 24 + 1 for one in first)
    assert len([one for one in found if one.end is not None]) == 3


@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0])
def test_a_change_of_scale(factor: float) -> None:
    used = home(60 * 24, n=6)
    used[AT:] *= factor
    found = told(CAUSES["scale_change"]([str(i) for i in range(6)]), steps(used))
    assert len({one.subject for one in found}) == 6
    assert all(0.3 < one.size / factor < 3 for one in found if one.end is None)


def test_a_clock_that_jumped() -> None:
    used = home(75 * 24, n=8)
    used[50 * 24 :] = np.roll(used, 6, axis=0)[50 * 24 :]
    found = told(CAUSES["clock_shift"]([str(i) for i in range(8)]), steps(used))
    assert len({one.subject for one in found}) >= 6
    assert all(one.size in (4, 6, 9) for one in found if one.end is None)


def test_a_cistern_that_runs_now_and_then() -> None:
    used = home(HOURS, n=8)
    rng = np.random.default_rng(5)
    runs = rng.uniform(size=(HOURS - AT, 8)) < 0.75
    used[AT:] += np.where(runs, rng.integers(6, 30, runs.shape), 0)
    found = told(CAUSES["intermittent_leak"]([str(i) for i in range(8)]), steps(used))
    named = {one.subject: one.cause for one in found}
    assert len(named) >= 6
    assert set(named.values()) == {"running_toilet"}
