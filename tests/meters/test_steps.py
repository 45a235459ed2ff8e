"""Readings that come when they come, on steps: gaps, wobbling clocks, counters that roll over."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streetlamp.meters.kinds import KINDS
from streetlamp.meters.panel import panels
from streetlamp.meters.readings import Series
from streetlamp.meters.steps import native_length, step_length, stepped
from streetlamp.meters.zone import Zone
from support.meters import MONDAY

HOUR = 3600


def series(
    time: list[float], value: list[float], *, register: bool = True, kind: str = "water"
) -> Series:
    n = len(time)
    roll = np.unique([2.0**32, *(10.0**digits for digits in range(4, 11))])
    return Series("A", KINDS[kind], np.array(time) + MONDAY, np.array(value), register,
                  np.zeros(n, np.uint8), roll)  # fmt: skip


def test_a_register_read_at_37_past() -> None:
    """10:37 stands for 9:37 to 10:37, most of which lies in the hour from 10 o'clock."""
    one = stepped(series([9.62 * HOUR, 10.62 * HOUR, 11.62 * HOUR], [5, 7, 7]), HOUR)
    assert ((one.step * HOUR - MONDAY) / HOUR).tolist() == [9, 10, 11]
    assert one.used.tolist()[1:] == [2, 0]
    assert np.isnan(one.used[0])


def test_a_clock_that_wobbles_around_half_past_skips_and_doubles_nothing() -> None:
    rng = np.random.default_rng(2)
    time = np.arange(500) * 3600.0 + 1800 + rng.uniform(-400, 400, 500)
    one = stepped(series(time.tolist(), list(range(500))), HOUR)
    assert np.diff(one.step).tolist() == [1] * 499
    assert one.used[1:].tolist() == [1] * 499


def test_a_clock_that_drifts_is_followed() -> None:
    time = np.arange(2000) * 3603.0
    one = stepped(series(time.tolist(), [0] * 2000), HOUR)
    apart = (time + MONDAY - 1800) / HOUR - one.step - 0.5
    assert np.abs(apart).max() <= 0.76
    assert (np.diff(one.step) >= 1).all()


def test_after_a_gap_only_nothing_is_known() -> None:
    one = stepped(series([h * HOUR for h in (1, 2, 6, 7, 9, 10)], [1, 2, 2, 5, 9, 9]), HOUR)
    #                     hour 6: nothing since 2; hour 9: 4 since 7, nobody knows when
    assert one.used[1:].tolist()[:3] == [1, 0, 3]
    assert np.isnan(one.used[4])
    assert one.register[4] == 9


@pytest.mark.parametrize(
    ("before", "after", "used"),
    [(99_998, 3, 5), (2**32 - 2, 4, 6), (9_999_990, 10, 20)],
)
def test_a_counter_that_rolls_over_goes_on(before: float, after: float, used: float) -> None:
    one = stepped(series([HOUR, 2 * HOUR, 3 * HOUR], [before, after, after + 1]), HOUR)
    assert one.used[1:].tolist() == [used, 1]


def test_a_counter_set_back_is_not_known() -> None:
    one = stepped(series([HOUR, 2 * HOUR, 3 * HOUR], [52_000, 40_000, 40_002]), HOUR)
    assert np.isnan(one.used[1])
    assert one.used[2] == 2
    assert one.register[1] < one.register[0]


def test_quarters_are_added_up_and_must_be_whole() -> None:
    time = [900.0 * i for i in range(1, 13)]
    del time[6]
    one = stepped(series(time, [1.0] * 11, register=False), HOUR)
    assert one.used[0] == 4
    assert np.isnan(one.used[1])
    assert one.used[2] == 4


def test_a_pressure_is_no_quantity() -> None:
    one = stepped(series([60, 120, 180], [50, 51, 49], register=False, kind="pressure"), 60)
    assert one.used.tolist() == [50, 51, 49]


def test_lengths_of_steps() -> None:
    assert step_length(native_length(np.arange(10) * 3598.0), 60) == HOUR
    assert step_length(900, 60) == 900
    assert step_length(900, HOUR) == HOUR
    assert step_length(88_000, 60) == 86_400


def test_one_reading_decades_off_costs_nothing() -> None:
    time = [-20 * 365 * 86400.0, *(h * 3600.0 for h in range(48))]
    (panel,) = panels([series(time, list(range(49)))])
    zone = Zone(ZoneInfo("UTC"))
    assert panel.count < 1100
    seen = list(panel.replay(zone))
    assert len(seen) == panel.count
    assert [s.hour for s in seen[-48:]] == [(h - 1) % 24 for h in range(48)]


def test_cutting_the_future_off_changes_no_step() -> None:
    rng = np.random.default_rng(4)
    time = np.cumsum(rng.choice([3500, 3600, 3700, 7200, 30_000], 600)).astype(float)
    value = np.cumsum(rng.integers(0, 9, 600)).astype(float)
    whole = stepped(series(time.tolist(), value.tolist()), HOUR)
    part = stepped(series(time[:400].tolist(), value[:400].tolist()), HOUR)
    n = len(part.step) - 1  # the last may still be completed
    assert np.array_equal(part.step[:n], whole.step[:n])
    assert np.array_equal(part.used[:n], whole.used[:n], equal_nan=True)
