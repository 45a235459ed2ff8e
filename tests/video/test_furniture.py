"""Faint boxes where nothing ever moves are furniture; where anything does, they are hidden."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Tracks
from streetlamp.video.coverage import Coverage, Look
from streetlamp.video.furniture import CALM_SECONDS, FAINT, Furniture
from streetlamp.video.motion import CELL, WIDTH, Motion, MotionMeter
from streetlamp.video.options import HideOptions

SIZE = (640, 360)
CONE = np.array([[320.0, 160.0, 340.0, 200.0]], np.float32)
NOBODY = np.zeros((0, 4), np.float32)
ROWS, COLUMNS = 90 // CELL, WIDTH // CELL


def motion(*stirs: tuple[float, float], jump: bool = False) -> Motion:
    """A picture's motion with a stir at each of these points (pixels of the picture)."""
    cells = np.zeros((ROWS, COLUMNS), np.bool_)
    for x, y in stirs:
        cells[int(y / SIZE[1] * ROWS), int(x / SIZE[0] * COLUMNS)] = True
    return Motion(jump, bool(stirs), np.zeros_like(cells), cells)


def watch(
    furniture: Furniture,
    start: float,
    end: float,
    *stirs: tuple[float, float],
    box: np.ndarray = CONE,
    score: float = 0.25,
    people: np.ndarray = NOBODY,
) -> None:
    """Ten pictures a second, each looked at, from `start` to `end` seconds."""
    for step in range(round(start * 10), round(end * 10)):
        time = step / 10.0
        furniture.add(box, np.full(len(box), score, np.float32), people, people, time)
        furniture.moved(motion(*stirs), SIZE, time)


INSIDE = (330.0, 180.0)


@pytest.mark.parametrize(
    ("seconds", "stirs", "score", "furnished"),
    [
        (CALM_SECONDS + 1.0, (), 0.25, True),
        (CALM_SECONDS - 1.0, (), 0.25, False),
        (CALM_SECONDS + 1.0, (INSIDE,), 0.25, False),
        (CALM_SECONDS + 1.0, ((100.0, 100.0),), 0.25, True),
        (60.0, (), FAINT + 0.05, False),
    ],
    ids=["never moves", "not known for long", "moves", "moves elsewhere", "not so faint"],
)
def test_what_is_furniture(seconds: float, stirs, score: float, furnished: bool) -> None:
    furniture = Furniture()
    watch(furniture, 0.0, seconds, *stirs, score=score)
    assert furniture.judge(CONE).tolist() == [furnished]
    assert furniture.judge(CONE + 60.0).tolist() == [False]  # another place


def test_any_movement_that_no_track_explains_has_it_hidden_again_at_once() -> None:
    furniture = Furniture()
    watch(furniture, 0.0, 20.0)
    assert furniture.judge(CONE).all()
    furniture.moved(motion(INSIDE), SIZE, 20.0)
    assert not furniture.judge(CONE).any()
    watch(furniture, 20.1, 21.0)
    assert not furniture.judge(CONE).any()
    watch(furniture, 21.0, 26.0)
    assert furniture.judge(CONE).all()


def test_somebody_who_walks_by_explains_the_movement() -> None:
    furniture = Furniture()
    watch(furniture, 0.0, 20.0)
    passing = np.array([[325.0, 100.0, 375.0, 220.0]], np.float32)
    furniture.add(CONE, np.array([0.25], np.float32), passing, passing, 20.0)
    furniture.moved(motion(INSIDE), SIZE, 20.0)
    assert furniture.judge(CONE).all()


def test_somebody_who_stands_where_it_was_is_believed() -> None:
    furniture = Furniture()
    watch(furniture, 0.0, 20.0)
    furniture.add(NOBODY, np.zeros(0, np.float32), CONE, CONE, 20.0)
    assert not furniture.judge(CONE).any()


def test_time_without_pictures_is_not_calm() -> None:
    furniture = Furniture()
    for step in range(12):
        furniture.add(CONE, np.array([0.25], np.float32), NOBODY, NOBODY, step * 4.0)
        furniture.moved(motion(), SIZE, step * 4.0)
    assert not furniture.judge(CONE).any()


def test_another_scene_knows_no_furniture() -> None:
    furniture = Furniture()
    watch(furniture, 0.0, 20.0)
    furniture.clear()
    assert not furniture.judge(CONE).any()


def test_only_faint_boxes_are_ever_judged() -> None:
    """A track stays hidden however still it stands, and so does a face."""
    coverage = Coverage("gate", HideOptions())
    none = Tracks.make("gate", 0.0, 1, SIZE)
    for step in range(200):
        time = step / 10.0
        cone = Tracks.make("gate", time, step, SIZE, id=[7], box=CONE, seen=[True], score=[0.25])
        coverage.add(Look(time, step, none, cone, NOBODY, np.zeros(0, np.float32)))
        coverage.moved(motion(), SIZE, time)
    assert len(coverage.at(19.9, 199, SIZE).hide) == 0
    sure = Tracks.make("gate", 20.0, 200, SIZE, id=[7], box=CONE, seen=[True], score=[0.6])
    coverage.add(Look(20.0, 200, sure, none, NOBODY, np.zeros(0, np.float32), faces=CONE))
    cover = coverage.at(20.0, 200, SIZE)
    assert len(cover.hide) > 0
    assert len(cover.tracks) == 1
    coverage.clear()
    face = Look(21.0, 210, none, none, NOBODY, np.zeros(0, np.float32), faces=CONE)
    coverage.add(face)
    assert len(coverage.at(21.0, 210, SIZE).hide) > 0


def picture(step: int, sway: float) -> np.ndarray:
    """A noisy thumbnail with a dark figure that sways by so many pixels."""
    random = np.random.default_rng(step)
    image = np.full((90, WIDTH), 120.0)
    left = 60 + round(sway * np.sin(step / 4.0))
    image[30:50, left : left + 8] = 60.0
    return np.clip(image + random.normal(0.0, 2.0, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("sway", "stirs"), [(0.0, False), (1.0, True)], ids=["cone", "somebody"])
def test_a_pixel_of_sway_stirs_and_noise_does_not(sway: float, stirs: bool) -> None:
    meter = MotionMeter()
    seen = [meter.measure(picture(step, sway), step / 10.0).stirs for step in range(60)]
    assert np.stack(seen)[:, 6:14, 14:18].any() == stirs
    assert not np.stack(seen)[:, :, 30:].any()
