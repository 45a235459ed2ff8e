"""Hysteresis: what flickers does not count, what stays counts from its beginning."""

from __future__ import annotations

import pytest

from streetlamp.fleet.settle import Settled
from streetlamp.health import Check, Judgement, Reason


def said(settled: Settled, time: float, reason: Reason | None, patience: float = 30.0) -> None:
    settled.put(Judgement(Check.VIEW, time, reason), patience if reason else 0.0)


def test_what_stays_counts_from_the_moment_it_was_found() -> None:
    settled = Settled(leave=24.0)
    for time in range(0, 40, 4):
        said(settled, time, None)
    for time in range(40, 100, 4):
        said(settled, time, Reason.MOVED)
    assert settled.now is not None
    assert settled.now.reason is Reason.MOVED
    assert [(one.start, one.end) for one in settled.troubles] == [(40, None)]


def test_it_is_over_from_the_moment_it_was_gone() -> None:
    settled = Settled(leave=24.0)
    for time in range(0, 60, 4):
        said(settled, time, Reason.MOVED)
    for time in range(60, 100, 4):
        said(settled, time, None)
    assert settled.now is not None
    assert settled.now.well
    assert [(one.start, one.end) for one in settled.troubles] == [(0, 60)]


def test_what_comes_and_goes_never_counts() -> None:
    settled = Settled(leave=24.0)
    for number in range(200):
        said(settled, number * 4.0, Reason.COVERED if number % 3 == 0 else None)
        assert settled.now is None or settled.now.well
    assert not settled.troubles


def test_a_flicker_of_well_does_not_end_it() -> None:
    settled = Settled(leave=24.0)
    for number in range(60):
        said(settled, number * 4.0, None if number % 6 == 5 else Reason.BLACK)
    assert len(settled.troubles) == 1
    assert settled.troubles[0].end is None


def test_a_fact_counts_at_once_and_ends_at_once() -> None:
    settled = Settled(leave=0.0)
    said(settled, 10.0, None)
    said(settled, 20.0, Reason.UNREACHABLE, 0.0)
    said(settled, 47.0, None)
    assert [(one.start, one.end) for one in settled.troubles] == [(20, 47)]


def test_what_may_stay_longer_waits_longer() -> None:
    """A lorry: what needs twenty minutes is not believed because another needs half a one."""
    settled = Settled(leave=24.0)
    for number in range(200):
        sure = number % 4 == 0
        said(settled, number * 4.0, Reason.COVERED, 30.0 if sure else 1200.0)
    assert not settled.troubles
    for number in range(200, 330):
        said(settled, number * 4.0, Reason.COVERED, 1200.0)
    assert len(settled.troubles) == 1


@pytest.mark.parametrize("gap", [-50.0, 500.0])
def test_nothing_before_a_break_counts(gap: float) -> None:
    settled = Settled(leave=24.0)
    for time in (0.0, 4.0, 8.0, 12.0):
        said(settled, time, Reason.MOVED)
    for time in (0.0, 4.0, 8.0, 12.0):
        said(settled, 12.0 + gap + time, Reason.MOVED)
    assert not settled.troubles


def test_another_reason_takes_over() -> None:
    settled = Settled(leave=24.0)
    for time in range(0, 60, 4):
        said(settled, time, Reason.DEFOCUSED)
    for time in range(60, 120, 4):
        said(settled, time, Reason.MOVED)
    assert settled.now is not None
    assert settled.now.reason is Reason.MOVED
    assert [one.reason for one in settled.troubles] == [Reason.DEFOCUSED, Reason.MOVED]
    assert settled.troubles[0].end == settled.troubles[1].start
