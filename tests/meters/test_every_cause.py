"""What holds for every cause there is, and for every one that is added."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.budget import make_causes
from streetlamp.meters.kinds import KINDS
from streetlamp.values import Finding
from support.meters import MONDAY, home, steps

NAMES = sorted(CAUSES)


def story(n: int = 3) -> list[Step]:
    """Six days with gaps, a standstill, a jump and nothing at all."""
    used = home(6 * 24, n=n, seed=7)
    used[40:44] = np.nan
    used[60:100] = 0.0
    used[110:114] = 900.0
    used[120:, 0] = np.nan
    used[130:136] = np.nan
    return list(steps(used))


def key(finding: Finding) -> tuple[str, str, float, float]:
    return finding.id, finding.subject, finding.start, finding.detected


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    cause = CAUSES[name]
    assert cause.kinds <= set(KINDS)
    assert cause.summary.endswith(".")
    assert issubclass(cause.Options, CauseOptions)
    assert cause.Options().alarms_per_meter_year > 0


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_on_the_same_after_a_pickle(name: str) -> None:
    seen = story()
    cause: Cause = CAUSES[name](("a", "b", "c"))
    for step in seen[:90]:
        cause.update(step)
    again = pickle.loads(pickle.dumps(cause))
    for step in seen[90:]:
        assert list(map(key, cause.update(step))) == list(map(key, again.update(step)))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_at_all_is_no_trouble(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cause: Cause = CAUSES[name](("a", "b"))
        nothing = np.full(2, np.nan)
        for hour in range(30):
            start = MONDAY + hour * 3600.0
            cause.update(Step(start, start + 3600.0, hour % 24, 0, False, nothing, nothing))
        for step in story(2):
            cause.update(step)


@pytest.mark.parametrize("name", NAMES)
def test_findings_keep_their_word(name: str) -> None:
    cause: Cause = CAUSES[name](("a", "b", "c"))
    open_now: set[str] = set()
    for step in story():
        for one in cause.update(step):
            assert one.subject in cause.meters
            assert one.start <= one.detected <= step.end
            assert 0 <= one.confidence <= 0.99
            assert one.evidence.endswith(".")
            if one.end is None:
                open_now.add(one.id)
            else:
                assert one.id in open_now
                assert one.end >= one.start


def test_a_budget_is_shared_by_those_that_can_be_shown() -> None:
    plain, phases = ("d", "e"), ("p-L1", "p-L2", "p-L3")
    some, every = (make_causes("electricity", names, 1.0) for names in (plain, phases))
    assert {one.name for one in every} - {one.name for one in some} == {"unbalance", "phase_loss"}
    for made in (some, every):
        whole = sum(one.options.alarms_per_meter_year for one in made)
        assert whole == pytest.approx(1.0)
