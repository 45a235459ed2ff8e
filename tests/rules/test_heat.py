"""Heat maps: seconds where things are, and nothing that fewer than three of them made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from streetlamp.rules.heat import HeatMeter
from streetlamp.rules.heat_options import HeatOptions
from streetlamp.store.heat import together
from streetlamp.values import HEAT_GRID, Heat, Kind, Tracks

HOUR = 1_700_002_800.0  # 23:00 UTC, 2023-11-14
SIZE = (640, 360)
HEIGHT, WIDTH = 60.0, 24.0  # pixels of a person
COLUMNS, ROWS = HEAT_GRID
Places = dict[int, tuple[float, float]]


def look(time: float, feet: Places, kind: Kind = Kind.PERSON, seen: bool = True) -> Tracks:
    """People by number, standing there (fractions of the picture)."""
    boxes = [
        (x * SIZE[0] - WIDTH / 2, y * SIZE[1] - HEIGHT, x * SIZE[0] + WIDTH / 2, y * SIZE[1])
        for x, y in feet.values()
    ]
    n = len(feet)
    return Tracks.make(
        "gate", time, 1, SIZE, id=list(feet), box=np.array(boxes).reshape(n, 4),
        kind=[int(kind)] * n, score=[0.8] * n, seen=[seen] * n,
    )  # fmt: skip


def meter(least: int = 3, zone: object = UTC) -> HeatMeter:
    return HeatMeter("gate", HeatOptions(min_things=least), zone)  # type: ignore[arg-type]


def stand(
    heat: HeatMeter,
    number: int,
    at: tuple[float, float],
    start: float,
    seconds: float,
    fps: float = 5,
) -> None:
    """Somebody stands there for so long; then nobody is there."""
    for i in range(int(seconds * fps) + 1):
        heat.look(look(start + i / fps, {number: at}))
    heat.look(look(start + seconds + 20, {}))


def told(
    maps: Iterable[Heat], span: str = "hour", kind: str = "person"
) -> dict[int, tuple[int, ...]]:
    """Presence, waiting, passed by cell."""
    found = [one for one in together(maps) if one.span == span and one.kind == kind]
    return {
        int(cell): (int(p), int(w), int(n))
        for one in found
        for cell, p, w, n in zip(one.cell, one.presence, one.waiting, one.passed, strict=True)
    }


def cell(x: float, y: float) -> int:
    return int(y * ROWS) * COLUMNS + int(x * COLUMNS)


def test_two_people_are_too_few_and_a_third_tells_of_all() -> None:
    heat = meter()
    stand(heat, 11, (0.3, 0.52), HOUR, 30)
    stand(heat, 12, (0.3, 0.52), HOUR + 100, 30)
    assert heat.take() == []
    stand(heat, 13, (0.3, 0.52), HOUR + 200, 30)
    found = told(heat.take())
    assert set(found) == {cell(0.3, 0.52)}
    presence, waiting, passed = found[cell(0.3, 0.52)]
    assert passed == 3
    assert 88 <= presence <= 90
    assert 85 <= waiting <= presence
    assert heat.take() == [], "it was told already"


def test_one_person_whose_number_changes_is_one_person() -> None:
    heat = meter()
    for i in range(600):
        number = 100 + i // 40  # another number every eight seconds …
        gone = i % 40 >= 34  # … and nothing to be seen before it
        heat.look(look(HOUR + i / 5, {} if gone else {number: (0.5, 0.6)}))
    assert heat.take() == []


def test_a_ghost_is_nobody() -> None:
    heat = meter()
    for i in range(50):
        heat.look(look(HOUR + 15 * i, {i: (0.5, 0.6)}))
        heat.look(look(HOUR + 15 * i + 0.2, {i: (0.5, 0.6)}))
        heat.look(look(HOUR + 15 * i + 6, {}))
    assert heat.take() == []


def test_uneven_looks_weigh_what_they_should() -> None:
    heat, times = meter(), [0.0]
    for gap in [0.1] * 50 + [1.0] * 20 + [2.5] * 4:
        times.append(times[-1] + gap)
    for number in (1, 2, 3):
        for time in times:
            heat.look(look(HOUR + 100 * number + time, {number: (0.25, 0.75)}))
    presence, _, _ = told(heat.take())[cell(0.25, 0.75)]
    assert presence == pytest.approx(3 * times[-1], abs=3 * 0.2 + 1)


def test_what_lies_between_two_looks_far_apart_counts_for_nothing() -> None:
    heat = meter()
    for number in (1, 2, 3):
        start = HOUR + 300 * number
        for i in range(11):
            heat.look(look(start + i / 5, {number: (0.25, 0.75)}))
            heat.look(look(start + 100 + i / 5, {number: (0.25, 0.75)}))
    assert told(heat.take()).get(cell(0.25, 0.75), (0,))[0] <= 3 * 4


def test_only_what_is_seen_counts() -> None:
    heat = meter()
    for number in (1, 2, 3):
        for i in range(50):
            heat.look(look(HOUR + 60 * number + i / 5, {number: (0.4, 0.4)}, seen=False))
    assert heat.take() == []


def test_who_walks_passes_every_cell_and_waits_nowhere() -> None:
    heat = meter()
    for number in (1, 2, 3, 4):
        for i in range(51):  # across the picture in ten seconds
            x = 0.02 + 0.96 * i / 50
            heat.look(look(HOUR + 60 * number + i / 5, {number: (x, 0.55)}))
    found = told(heat.take())
    row = [found.get(cell((i + 0.5) / COLUMNS, 0.55)) for i in range(2, COLUMNS - 1)]
    assert all(one is not None and one[2] >= 3 for one in row)
    assert all(one is not None and one[1] == 0 for one in row)
    assert sum(one[0] for one in found.values()) == pytest.approx(4 * 9.6, abs=8)


def test_a_few_who_wait_among_many_who_pass_are_not_told() -> None:
    heat = meter()
    for number in range(1, 6):
        for i in range(51):
            heat.look(look(HOUR + 60 * number + i / 5, {number: (0.1 + 0.8 * i / 50, 0.55)}))
    stand(heat, 99, (0.5, 0.55), HOUR + 900, 60)
    presence, waiting, _ = told(heat.take())[cell(0.5, 0.55)]
    assert presence >= 60
    assert waiting == 0, "one person waited there, and one could see whose wait it was"


def test_what_is_too_little_for_its_hour_is_told_of_its_day() -> None:
    heat = meter(zone=ZoneInfo("Europe/Berlin"))
    day = HOUR + 3600  # 01:00 in Berlin: 22 hours of that day are left
    for hour in range(4):
        stand(heat, hour, (0.3, 0.52), day + 3600 * hour + 60, 30)
    heat.look(look(day + 5 * 3600, {}))
    maps = heat.take()
    assert told(maps) == {}
    assert told(maps, "day")[cell(0.3, 0.52)][2] == 4
    (one,) = [one for one in maps if one.span == "day"]
    assert one.start == HOUR, "a day begins at midnight at the site"


def test_an_hour_begins_where_the_sites_clock_says() -> None:
    heat = meter(zone=ZoneInfo("Asia/Kolkata"))  # half an hour beside the others
    for number in (1, 2, 3):
        stand(heat, number, (0.3, 0.52), HOUR + 100 * number, 10)
    (one,) = heat.take()
    assert one.start == HOUR - 1800


def test_whose_feet_are_cut_off_stands_nowhere_in_the_picture() -> None:
    heat = meter()
    for number in (1, 2, 3):
        stand(heat, number, (0.3, 1.0), HOUR + 100 * number, 20)
    assert heat.take() == []


def test_people_and_vehicles_have_maps_of_their_own() -> None:
    heat = meter()
    for number in (1, 2, 3):
        for i in range(50):
            time = HOUR + 60 * number + i / 5
            heat.look(look(time, {number: (0.4, 0.4)}, Kind.BICYCLE))
    maps = heat.take()
    assert told(maps) == {}
    assert told(maps, kind="vehicle")


def test_a_clock_that_jumps_back_begins_anew() -> None:
    heat = meter()
    stand(heat, 1, (0.3, 0.52), HOUR + 7200, 10)
    for number in (2, 3, 4):
        stand(heat, number, (0.3, 0.52), HOUR + 100 * number, 10)
    (one,) = [one for one in heat.take() if one.span == "hour"]
    assert one.start == HOUR


def test_the_floor_can_only_be_raised() -> None:
    with pytest.raises(ValidationError):
        HeatOptions(min_things=2)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.floats(0.05, 2.9),  # seconds since the look before
            st.dictionaries(
                st.integers(1, 4), st.tuples(st.floats(0, 1), st.floats(0.2, 1)), max_size=4
            ),
        ),
        max_size=60,
    )
)
def test_never_more_seconds_than_there_were_nor_cells_with_too_few(
    looks: list[tuple[float, Places]],
) -> None:
    heat, now, maps = meter(), HOUR, []
    for gap, feet in looks:
        now += gap
        heat.look(look(now, feet))
        maps += heat.take()
    people = {number for _, feet in looks for number in feet}
    for presence, waiting, passed in told(maps).values():
        assert 3 <= passed <= max(3, len(people) * len(looks))
        assert 0 <= waiting <= presence + 1
    total = sum(presence for presence, _, _ in told(maps).values())
    assert total <= 4 * (now - HOUR) + COLUMNS * ROWS
    assert len(people) >= 3 or not told(maps) or len(looks) > 9
