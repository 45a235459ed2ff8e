"""Leaks in made-up districts: found soon, sized, ended; and what is none raises nothing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from meters.districts.town import MEAN, ROME, at_day, day_of, follow, inflow, steps
from streetlamp.meters.base import CAUSES
from streetlamp.meters.districts.follow import Follow
from streetlamp.meters.districts.options import DistrictOptions, KnownEvent

LEAK_DAY = 60
SELDOM = DistrictOptions(alarms_per_meter_year=0.1)


def leaking(share: float, days: int = 75, until: int | None = None, seed: int = 1) -> np.ndarray:
    flows = inflow(days, seed=seed)
    flows[24 * LEAK_DAY : None if until is None else 24 * until] += share * MEAN
    return flows


def test_nothing_is_found_where_nothing_leaks() -> None:
    assert follow(inflow(150, seed=2), SELDOM) == []


def test_a_season_is_no_leak() -> None:
    assert follow(inflow(200, seed=3, season=0.2), SELDOM) == []


@pytest.mark.parametrize(("share", "days"), [(0.05, 4), (0.1, 2.5), (0.3, 0.5)])
def test_a_leak_is_found_soon_dated_and_sized(share: float, days: float) -> None:
    first = follow(leaking(share))[0]
    assert LEAK_DAY < day_of(first.detected) <= LEAK_DAY + days
    assert abs(day_of(first.start) - LEAK_DAY) <= 1.1
    assert first.unit == "m3/h"
    assert first.size == pytest.approx(share * MEAN, rel=0.5)
    assert first.cause == ("burst" if share == 0.3 else "leak")
    assert 0.5 <= first.confidence <= 0.99
    assert f"{first.size:.3g} m3/h" in first.evidence


def test_its_picture_shows_the_last_weeks() -> None:
    picture = follow(leaking(0.1))[0].picture
    assert picture is not None
    assert len(picture.time) == 28 * 24
    assert (np.diff(picture.time) > 0).all()
    last = picture.measured[-12:] - picture.expected[-12:]
    assert last.mean() > 0.05 * MEAN
    assert (picture.low < picture.high).all()


def test_repair_ends_the_episode_and_its_id_stays() -> None:
    told = follow(leaking(0.15, days=90, until=70))
    assert len({one.id for one in told}) == 1
    assert told[0].end is None
    end = told[-1].end
    assert end is not None
    assert abs(day_of(end) - 70) <= 2


def test_a_leak_that_grows_is_one_finding() -> None:
    flows = inflow(100, seed=4)
    ramp = np.clip((np.arange(len(flows)) / 24 - LEAK_DAY) / 20, 0, 1) * 0.3 * MEAN
    told = follow(flows + ramp)
    assert told
    assert all(one.cause == "leak" for one in told)
    assert day_of(told[0].detected) < LEAK_DAY + 10
    assert len({one.id for one in told}) == 1
    assert told[-1].size > 2 * told[0].size


def test_a_return_from_a_week_of_little_water_is_no_leak() -> None:
    flows = inflow(80, seed=9)
    flows[24 * LEAK_DAY : 24 * (LEAK_DAY + 9)] -= 0.08 * MEAN
    assert follow(flows) == []


def test_a_low_day_before_it_does_not_hide_a_leak() -> None:
    flows = leaking(0.06, seed=10)
    flows[24 * (LEAK_DAY - 5) : 24 * (LEAK_DAY - 4)] -= 0.12 * MEAN
    told = follow(flows)
    assert told
    assert LEAK_DAY < day_of(told[0].detected) <= LEAK_DAY + 4


def test_the_same_leak_again_after_a_long_one_was_mended_is_found() -> None:
    flows = leaking(0.1, days=112, until=95, seed=11)
    flows[24 * 103 :] += 0.1 * MEAN
    told = follow(flows)
    begins = {one.id: day_of(one.detected) for one in told}
    assert len(begins) == 2
    assert 103 < max(begins.values()) <= 106


def test_a_few_hours_of_much_water_end_by_themselves() -> None:
    flows = inflow(75, seed=5)
    flows[24 * LEAK_DAY + 10 : 24 * LEAK_DAY + 22] += 0.5 * MEAN
    told = follow(flows)
    assert len({one.id for one in told}) == 1
    assert told[0].cause == "burst"
    assert told[-1].end is not None
    assert day_of(told[-1].end) < LEAK_DAY + 1.2


def test_a_known_event_raises_nothing() -> None:
    flows = inflow(75, seed=5)
    flows[24 * LEAK_DAY + 10 : 24 * LEAK_DAY + 34] += 0.5 * MEAN
    begin, end = at_day(LEAK_DAY + 10 / 24), at_day(LEAK_DAY + 34 / 24)
    assert follow(flows)
    for flow in (0.5 * MEAN, None):
        event = KnownEvent(meter="D0", begin=begin, end=end, flow=flow)
        assert follow(flows, DistrictOptions(events=(event,))) == []
        elsewhere = event.model_copy(update={"meter": "D7"})
        assert follow(flows, DistrictOptions(events=(elsewhere,)))


def test_an_event_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        KnownEvent(begin="2024-05-01T06:00", end="2024-05-01T09:00")  # type: ignore[arg-type]


def test_gaps_raise_nothing_and_hide_little() -> None:
    rng = np.random.default_rng(6)
    flows = leaking(0.1, seed=6)
    flows[rng.random(len(flows)) < 0.1] = np.nan
    flows[24 * 40 : 24 * 45] = np.nan
    told = follow(flows)
    assert len({one.id for one in told}) == 1
    assert LEAK_DAY < day_of(told[0].detected) <= LEAK_DAY + 4


def test_the_change_of_clocks_raises_nothing() -> None:
    """Local demand goes on by the local clock; the balance of that night is wrong by much."""
    local = inflow(110, seed=7)[1:]  # the first midnight in Greenwich is one o'clock
    change = 24 * 76  # 26 March 2023, one o'clock
    flows = np.delete(local, change + 1)  # the hour that the clock skipped
    flows[change + 1 : change + 4] *= 2
    assert [one for one in follow(flows, zone=ROME) if day_of(one.detected) > 75] == []


def test_half_hours_find_what_hours_find() -> None:
    flows = np.repeat(leaking(0.1), 2)
    told = follow(flows, length=1800.0)
    assert LEAK_DAY < day_of(told[0].detected) <= LEAK_DAY + 2.5


def test_what_all_districts_do_is_no_leak_of_one() -> None:
    """Days on which demand is more or less everywhere disturb less where others tell of them."""
    panel = np.stack([inflow(70, seed=s) for s in (8, 9, 10)], axis=1)
    shared = np.repeat(np.random.default_rng(12).standard_normal(70), 24)[:, None] * 0.03 * MEAN
    apart = Follow(["a"], DistrictOptions())
    beside = Follow(list("abc"), DistrictOptions())
    for step in steps((panel + shared)[:, :1]):
        apart.update(step)
    for step in steps(panel + shared):
        beside.update(step)
    alone, together = apart.districts[0], beside.districts[0]
    assert together.noise < 0.9 * alone.noise


def test_no_past_finding_hangs_on_the_future() -> None:
    flows = leaking(0.08, days=85, until=78)
    whole = follow(flows)
    for cut in (61, 63, 70, 80):
        upto = [one for one in whole if _told(one) <= cut]
        again = follow(flows[: 24 * cut])
        assert [(one.id, one.start, one.detected, one.size) for one in again] == [
            (one.id, one.start, one.detected, one.size) for one in upto[: len(again)]
        ]
        assert len(again) >= len(upto) - 1


def _told(one: object) -> float:
    return day_of(one.end if one.end is not None else one.detected)  # type: ignore[attr-defined]


def test_its_memory_is_kept_by_pickle() -> None:
    flows = leaking(0.1)
    one = Follow(["D0"], DistrictOptions())
    told = []
    for at, step in enumerate(steps(flows)):
        if at == 24 * 61:
            one = pickle.loads(pickle.dumps(one))
        told += one.update(step)
    assert [t.id for t in told] == [t.id for t in follow(flows)]


def test_a_smaller_budget_has_higher_limits() -> None:
    tight, loose = DistrictOptions(alarms_per_meter_year=0.05), DistrictOptions()
    flows = leaking(0.05)
    assert day_of(follow(flows, tight)[0].detected) >= day_of(follow(flows, loose)[0].detected)


def test_the_cause_is_registered_for_district_inflow() -> None:
    cause = CAUSES["district_leak"]
    assert cause.kinds == {"district_inflow"}
    assert cause(["D0"]).update(next(steps(inflow(1)))) == []
