"""What a meter's page is made of: the usual band, the windows, what waiting costs, whose it is."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streetlamp.app.meter_pages import PageWriter, read_page, write_page
from streetlamp.meters.band import DAYS, usual_band
from streetlamp.meters.base import Watched
from streetlamp.meters.homes import is_household
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.options import MeterOptions
from streetlamp.meters.panel import panels
from streetlamp.meters.readings import Series
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.shown import AFTER, BEFORE, LONGEST, Chart, Curve, ShownFinding, meter_id
from streetlamp.meters.traces import KEPT_DAYS, Trace
from streetlamp.meters.waiting import rank, waiting
from streetlamp.meters.zone import Zone
from support.meters import MONDAY, home

DAY, HOUR = 86_400.0, 3600.0
ZONE = Zone(ZoneInfo("UTC"))


def finding(start: float, detected: float, end: float | None = None) -> ShownFinding:
    return ShownFinding("f", "leak", start, detected, end, 5.0, "L/h", 0.9, "Why.")


@pytest.mark.parametrize(
    ("name", "kind", "household"),
    [
        ("H1", "water", True),
        ("H1", "electricity", True),
        ("pump-3", "water", False),
        ("Pump-3", "water", True),  # as it is written, and no other
        ("hall 3", "gas", False),
        ("hall 33", "gas", True),
        ("north", "district_inflow", False),
        ("p7", "pressure", False),
    ],
)
def test_what_is_not_said_to_be_the_sites_is_a_households(
    name: str, kind: str, household: bool
) -> None:
    assert is_household(name, kind, ("pump-*", "hall 3")) is household
    assert is_household(name, "water", ()) is True


def test_the_site_file_says_nothing_and_all_are_households() -> None:
    assert MeterOptions().site_meters == ()
    with pytest.raises(ValueError, match="no price"):
        MeterOptions(tariffs={"pressure": 1.0})


@pytest.mark.parametrize(
    ("cause", "size", "unit", "week", "at_most"),
    [
        ("leak", 10.0, "L/h", 1.68, False),
        ("leak", 2.0, "m3/h", 336.0, False),
        ("burst", 500.0, "L/h", 84.0, False),
        ("running_toilet", 8.0, "L/h", 1.344, True),
        ("load_step", 0.5, "kW", 84.0, False),
    ],
)
def test_waiting_costs(cause: str, size: float, unit: str, week: float, at_most: bool) -> None:
    one = waiting(cause, size, unit, 0.0, 2 * DAY, 3.0)
    assert one is not None
    assert (one.week, one.at_most) == (pytest.approx(week), at_most)
    assert one.money == pytest.approx(3 * week)
    assert one.so_far == pytest.approx(week * 2 / 7)


@pytest.mark.parametrize(
    ("cause", "size", "unit"),
    [
        ("gap", 30.0, "h"), ("load_step", -2.0, "kW"), ("overload", 4.0, "kW"),
        ("leak", None, "L/h"), ("scale_change", 10.0, ""), ("leak", float("nan"), "L/h"),
    ],
)  # fmt: skip
def test_what_loses_nothing_that_could_be_told(cause: str, size: float | None, unit: str) -> None:
    assert waiting(cause, size, unit, 0.0, DAY, 1.0) is None


def test_what_has_no_price_is_never_ranked_too_low() -> None:
    def of(size: float, price: float | None) -> float:
        return rank(waiting("leak", size, "m3/h", 0.0, DAY, price), {"water": 4.0, "heat": 99.0})

    assert of(1.0, None) == of(1.0, 4.0) < of(2.0, 1.0) < rank(None, {}) == 0.0
    assert rank(waiting("leak", 1.0, "m3/h", 0.0, DAY, None), {}) < 0


def test_the_band_knows_nothing_of_later_and_nothing_of_what_was_wrong() -> None:
    rng = np.random.default_rng(1)
    step = np.arange(120 * 24)
    used = 10.0 + step % 24 + rng.uniform(-1, 1, len(step))
    wrong = step >= 90 * 24
    used[wrong] += 50
    low, middle, high = usual_band(step, used, 3600, wrong)
    known = step >= 7 * 24
    assert np.isnan(middle[~known]).all()
    assert np.abs(middle - (10 + step % 24))[known].max() < 1.1, "the leak is not usual"
    assert ((low <= middle) & (middle <= high))[known].all()
    cut = 60 * 24
    early = usual_band(step[:cut], used[:cut], 3600, wrong[:cut])
    assert np.array_equal(early, np.stack([low, middle, high])[:, :cut], equal_nan=True)
    unknown = usual_band(step, used, 3600, np.zeros(len(step), np.bool_))[1]
    assert unknown[-1] - middle[-1] > 10, "had nobody found it, it would be usual in time"
    assert DAYS > 30


def test_a_window_is_a_week_before_to_a_week_after() -> None:
    at = MONDAY
    assert finding(at, at + DAY).window == (at - BEFORE, at + DAY + AFTER)
    first, last = finding(at, at + 300 * DAY).window
    assert (last - first, last) == (LONGEST, at + 300 * DAY + AFTER)


def test_a_chart_is_cut_to_windows_with_all_that_is_in_it() -> None:
    time = np.arange(100) * HOUR
    values = np.arange(100, dtype=np.float32)
    curve = Curve("leak", time, values, values)
    whole = Chart(time, values, values, values, values, (curve,))
    part = whole.between([(10 * HOUR, 12 * HOUR), (50 * HOUR, 51 * HOUR)])
    for kept in (part.time, part.curves[0].time):
        assert (kept / HOUR).tolist() == [10, 11, 50]
    assert part.measured.tolist() == part.low.tolist() == [10, 11, 50]
    assert whole.between([]).curves == ()


def test_ids_stand_in_addresses_and_are_of_one_meter() -> None:
    names = ["H1", "H-1", "h 1", "../x", "é", "H" * 60, "H.1", "-", ""]
    ids = {meter_id(name, kind) for name in names for kind in ("water", "gas")}
    assert len(ids) == 2 * len(names)
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyzH_-0123456789") for one in ids)


def test_a_trace_keeps_news_and_forgets_the_old() -> None:
    trace = Trace()
    for day in range(KEPT_DAYS + 50):
        now = Watched(np.array([float(day), 0.0]), np.ones(2))
        trace.add(day * DAY, now)
        trace.add(day * DAY + HOUR, now)  # the same again
    time, values = trace.of(0)
    assert len(time) == KEPT_DAYS + 1
    assert time[-1] == (KEPT_DAYS + 49) * DAY
    assert values[0, -1] == KEPT_DAYS + 49
    assert values.shape[0] == 2


def looked(folder: Path, site: tuple[str, ...], days: int = 40) -> PageWriter:
    """Two homes of which the first leaks in the last week, looked through."""
    used = home(days * 24, seed=2, n=2)
    used[-7 * 24 :, 0] += 15.0
    time = MONDAY + (np.arange(days * 24) + 1) * HOUR
    none = np.zeros(len(time), np.uint8)
    made = panels(
        Series(f"M{at}", KINDS["water"], time, used[:, at], False, none, np.zeros(0))
        for at in range(2)
    )
    scan = Scan(ZONE, panels=made)
    pages = PageWriter(folder, ZONE, scan.book, site)
    scan.replay(None, Progress(), over=pages.over)
    pages.close()
    return pages


def test_of_households_only_what_lies_around_a_finding_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    ours = looked(folder, ("*",))
    assert [one.household for one in ours.meters] == [False, False]
    assert sorted(one.name for one in folder.iterdir()) == ["water-M0.npz", "water-M1.npz"]
    whole = read_page(folder, "water-M1")
    assert whole is not None
    assert len(whole.time) == 40 * 24
    theirs = looked(folder, ())
    assert [path.name for path in folder.iterdir()] == ["water-M0.npz"], "the other's is gone"
    assert (folder / "water-M0.npz").stat().st_mode & 0o077 == 0
    (leak,) = theirs.meters[0].findings
    chart = read_page(folder, "water-M0")
    assert chart is not None
    first, last = leak.window
    for time in (chart.time, *(one.time for one in chart.curves)):
        assert first <= time.min() <= time.max() < last
    assert [one.cause for one in chart.curves] == ["leak"]
    assert [one.unit for one in theirs.meters] == ["L/h", "L/h"]


def test_a_disk_that_takes_no_page_does_not_lose_a_finding(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("in the way")
    pages = looked(tmp_path / "pages", ("*",))
    assert "cannot be written" in pages.trouble
    assert len(pages.meters[0].findings) == 1


def test_a_damaged_page_is_none(tmp_path: Path) -> None:
    values = np.arange(50, dtype=np.float32)
    write_page(tmp_path, "water-1", Chart(np.arange(50.0), values, values, values, values))
    path = tmp_path / "water-1.npz"
    whole = path.read_bytes()
    back = read_page(tmp_path, "water-1")
    assert back is not None
    assert back.measured.tolist() == values.tolist()
    for broken in (whole[:200], b"", b"PK\x03\x04" + b"\0" * 50, whole[:-30], b"[1, 2]"):
        path.write_bytes(broken)
        assert read_page(tmp_path, "water-1") is None
    assert read_page(tmp_path, "water-2") is None
