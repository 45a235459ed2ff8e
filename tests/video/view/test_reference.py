"""The reference view: learnt slowly, not fooled by what stands in it, remembered."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from streetlamp.values import Floats
from streetlamp.video.view.grid import COLUMNS, ROWS, edge_grid, shades
from streetlamp.video.view.reference import KIND, Likeness, References, fits_better

from .test_measures import H, W, place, seen, small

STEADY = np.ones((ROWS, COLUMNS), np.float32)


def look(
    references: References, y: Floats, time: float, *, infrared: bool = False, noise: float = 1.5
) -> Likeness:
    luma = small(seen(y, noise, int(time)))
    return references.compare(
        edge_grid(luma), STEADY, shades(luma), float(y.mean()), infrared, time
    )


def learnt(y: Floats, seconds: int = 60) -> References:
    references = References()
    for time in range(0, seconds, 2):
        look(references, y, time)
    assert references.known
    return references


def test_a_view_that_does_not_hold_still_is_no_reference() -> None:
    references = References()
    for time in range(0, 120, 2):
        look(references, place(time % 5), time)
    assert not references.known


def test_another_view_is_never_learnt() -> None:
    references = learnt(place(1))
    for time in range(60, 3600, 20):
        found = look(references, place(2), time)
    assert found.fit < 0.3
    assert look(references, place(1), 3700).fit > 0.9


def test_slow_light_is_followed_through_the_day() -> None:
    references = learnt(place(1))
    for time in range(60, 3600, 20):
        y = place(1) * (1.0 - 0.8 * time / 3600)
        assert look(references, y, time).fit > 0.6, time


def test_something_new_that_stays_becomes_part_of_it_over_hours() -> None:
    y = place(1)
    parked = y.copy()
    parked[180:330, 60:240] = 60
    cv2.circle(parked, (150, 250), 40, 190, 8)
    references = learnt(y)
    first = look(references, parked, 70).fit
    for time in range(80, 120):
        look(references, parked, time)
    assert look(references, parked, 130).fit == pytest.approx(first, abs=0.05)
    for time in range(140, 24 * 3600, 300):
        found = look(references, parked, time)
    assert found.fit > first + 0.05


def test_the_first_night_in_infrared_gets_a_reference_of_its_own() -> None:
    y = place(1)
    references = learnt(y)
    night = y.copy()
    night[:, : W // 2] = cv2.GaussianBlur(255 - y, (0, 0), 2)[:, : W // 2] * 0.3
    first = look(references, night, 100, infrared=True)
    for time in range(102, 300, 2):
        found = look(references, night, time, infrared=True)
    assert found.fit >= first.fit
    assert found.fit > 0.9
    assert look(references, y, 310).fit > 0.9  # and the day is not forgotten


def test_it_is_remembered_and_small() -> None:
    references = learnt(place(1))
    text = json.dumps(references.state())
    assert len(text) < 8000
    again = References()
    again.restore(json.loads(text))
    assert look(again, place(1), 5.0).fit > 0.9
    assert look(again, place(2), 7.0).fit < 0.3


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"kind": KIND, "views": 3},
        {"kind": KIND, "views": {"day": {}}},
        {"kind": KIND, "views": {"day": {"grid": "AAAA", "shades": "AAAA", "seconds": 1}}},
        {"kind": KIND, "views": {"day": {"grid": "!", "shades": "", "seconds": 1}}},
    ],
)
def test_a_damaged_file_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        References().restore(state)


def test_somebody_close_to_the_camera_cannot_be_made_out() -> None:
    """What is kept of a picture holds so few numbers that a face of a third of it has under 250."""
    state = learnt(place(1)).state()["views"]
    for one in state.values():
        kept = len(one["grid"]) * 3 // 4 + len(one["shades"]) * 3 // 4
        assert kept <= COLUMNS * ROWS * 3 + 16 * 9 + 4
    cells = (COLUMNS / 3 / 2) * (ROWS / 1.5)  # edges, no brightness: four pixels across an eye
    assert cells < 250
    assert H * W / (COLUMNS * ROWS) > 250  # pixels of 640×360 in one cell


@pytest.mark.parametrize(
    ("here", "there", "shifted"),
    [
        (1.0, 1.0, False),
        (0.98, 0.98, False),
        (0.5, 0.64, False),
        (0.5, 0.66, True),
        (0.88, 0.93, False),
        (0.88, 0.95, True),  # a motorway: its lanes fit themselves wherever they lie
    ],
)
def test_a_view_is_elsewhere_if_it_fits_clearly_better_there(
    here: float, there: float, shifted: bool
) -> None:
    assert fits_better(here, there) is shifted
