"""Looks at a part of a sleeping camera's keyframe: where, and what of it wakes the camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.values import Kind
from streetlamp.video.calm import LARGEST_PLACE, is_calm, news, quarter_around
from streetlamp.video.raw import Detections
from streetlamp.video.still import StillScene, Verdict
from support.yard import FPS, Sees, copied, film, numbers, run_through, seen, walk, yard_camera

SIZE = (1280, 720)
PART = (640, 0, 1280, 360)


def found(*rows: tuple[Kind, tuple[float, float, float, float], float]) -> Detections:
    box = np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4)
    kinds = np.array([kind for kind, _, _ in rows], np.int64)
    return Detections(box, kinds, np.array([score for _, _, score in rows], np.float32))


PARKED = found((Kind.CAR, (460, 100, 800, 250), 0.9))


@pytest.mark.parametrize(
    ("seen", "part", "calm"),
    [
        (found((Kind.PERSON, (700, 100, 730, 180), 0.5)), PART, False),
        (found((Kind.CAR, (640, 100, 800, 250), 0.8)), PART, True),
        (found((Kind.CAR, (640, 100, 800, 250), 0.8)), None, False),
        (found((Kind.CAR, (460, 100, 800, 250), 0.8)), None, True),
        (found((Kind.CAR, (900, 100, 1200, 250), 0.8)), PART, False),
        (found((Kind.CAR, (1200, 100, 1280, 250), 0.8)), PART, False),
        (found((Kind.BICYCLE, (900, 100, 1000, 200), 0.3)), PART, False),
        (found(), PART, True),
    ],
    ids=[
        "a person", "what is seen of the parked car", "half a car that nobody knows",
        "the parked car", "another car", "a car that comes in", "a bicycle", "nothing",
    ],
)  # fmt: skip
def test_what_wakes(seen: Detections, part, calm: bool) -> None:
    furniture = np.zeros(len(seen), np.bool_)
    assert is_calm(seen, PARKED, furniture, SIZE, part) == calm


@pytest.mark.parametrize(
    ("kind", "same", "calm"),
    [
        (Kind.CAR, False, False), (Kind.CAR, True, True),
        (Kind.MOTORCYCLE, True, False), (Kind.PERSON, True, False),
    ],
    ids=["a car", "a car, but nothing changed there", "what may carry somebody", "somebody"],
)  # fmt: skip
def test_no_vehicle_comes_where_nothing_changed(kind: Kind, same: bool, calm: bool) -> None:
    seen = found((kind, (900, 100, 1200, 250), 0.8))
    nothing = np.zeros(1, np.bool_)
    assert is_calm(seen, PARKED, nothing, SIZE, PART, np.array([same])) == calm


def test_furniture_does_not_wake() -> None:
    sign = found((Kind.PERSON, (700, 100, 730, 180), 0.3))
    assert is_calm(sign, found(), np.array([True]), SIZE, PART)


@pytest.mark.parametrize(
    ("score", "same", "calm"),
    [(0.2, True, True), (0.2, False, False), (0.35, True, False)],
    ids=["noise", "something changed there", "somebody, though nothing changed"],
)
def test_what_is_faint_where_nothing_changed_does_not_wake(
    score: float, same: bool, calm: bool
) -> None:
    faint = news(found((Kind.PERSON, (700, 100, 730, 180), score)), np.array([same]))
    assert is_calm(faint, found(), np.zeros(len(faint), np.bool_), SIZE) == calm


@given(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5)),
    st.integers(40, 4000),
    st.integers(40, 4000),
)
def test_the_part_holds_the_place_and_is_a_quarter(place, width: int, height: int) -> None:
    x, y, w, h = place
    place = (x, y, min(1.0, x + w), min(1.0, y + h))
    part = quarter_around(place, (width, height))
    if part is None:
        assert max(place[2] - place[0], place[3] - place[1]) > LARGEST_PLACE
        return
    x1, y1, x2, y2 = part
    assert all(side % 2 == 0 for side in part)
    assert 0 <= x1 < x2 <= width
    assert 0 <= y1 < y2 <= height
    assert abs((x2 - x1) - width / 2) <= 2
    assert abs((y2 - y1) - height / 2) <= 2
    assert x1 - 2 <= place[0] * width
    assert place[2] * width <= x2 + 2
    assert y1 - 2 <= place[1] * height
    assert place[3] * height <= y2 + 2


@pytest.mark.parametrize("somebody", [False, True])
def test_a_restless_place_is_looked_at_alone_and_whoever_is_there_wakes(
    monkeypatch: pytest.MonkeyPatch, somebody: bool
) -> None:
    """The comparison of keyframes is made to see something faint where the figure walks."""
    monkeypatch.setattr(StillScene, "judge", lambda *_: Verdict.RESTLESS)
    monkeypatch.setattr(StillScene, "place", property(lambda _: (0.05, 0.4, 0.3, 0.65)))
    packets = film(300, walk((219, 240)) if somebody else walk())
    looker = Sees()
    camera = yard_camera(looker)
    outputs = run_through(camera, packets)
    assert looker.parts >= 5
    assert numbers(outputs) == list(range(1, 301))
    assert seen(outputs, packets) == []
    assert copied(outputs) >= 10
    assert (camera.figures.wakes >= 2) == somebody  # the end of the stream wakes it, too


@pytest.mark.parametrize(
    ("somebody", "broken", "learnt"),
    [(False, False, True), (True, False, False), (False, True, False)],
    ids=["nobody", "somebody", "the detector failed"],
)
def test_what_it_woke_for_is_learnt_only_if_every_look_found_nobody(
    monkeypatch: pytest.MonkeyPatch, somebody: bool, broken: bool, learnt: bool
) -> None:
    """The comparison is made to see a change in the keyframe at eight seconds."""
    woken, told = 8 * FPS, list[str]()
    monkeypatch.setattr(
        StillScene,
        "judge",
        lambda _, __, time: Verdict.CHANGED if round(time * FPS) == woken else Verdict.SAME,
    )
    monkeypatch.setattr(StillScene, "was_nothing", lambda _: told.append("nothing"))
    monkeypatch.setattr(StillScene, "looked", lambda *_: told.append("looked"))
    packets = film(22 * FPS, walk((woken, woken + 20)) if somebody else walk())
    looker = Sees()
    camera = yard_camera(looker)
    for number, packet in enumerate(packets):
        if number == woken:
            assert camera.figures.wakes == 0
            told.clear()
        looker.broken = broken and woken <= number < woken + FPS
        list(camera.push(packet))
    assert camera.figures.wakes == 1
    assert "looked" in told, "it is asleep again"
    assert ("nothing" in told) == learnt
