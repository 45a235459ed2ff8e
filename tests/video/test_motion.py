"""What moves, and whether it is still the same scene."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.video.gate import SCENE_LOOKS, Gate
from streetlamp.video.motion import WIDTH, MotionMeter
from streetlamp.video.options import LookOptions
from streetlamp.video.unexplained import unexplained

H = 90


def scene(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(30, 220, (9, 16), np.uint8), np.ones((10, 10), np.uint8))


def noisy(picture: np.ndarray, step: int, sigma: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(step).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def measure_all(pictures, fps: float = 10.0):
    meter = MotionMeter()
    return [meter.measure(picture, step / fps) for step, picture in enumerate(pictures)]


def test_a_still_noisy_picture_does_not_move() -> None:
    found = measure_all(noisy(scene(), step) for step in range(60))
    assert found[0].jump
    assert not any(motion.jump or motion.moving for motion in found[1:])


def test_a_figure_walking_in_moves_where_it_walks() -> None:
    pictures = [noisy(scene(), step) for step in range(60)]
    for step in range(30, 60):
        pictures[step][30:60, 2 * (step - 30) : 2 * (step - 30) + 12] = 250
    found = measure_all(pictures)
    assert sum(motion.moving for motion in found[31:]) >= 25
    where = np.mean([motion.cells for motion in found[40:]], axis=0)
    assert where[8:14].sum() > 10 * where[16:].sum()


@pytest.mark.parametrize(
    "after",
    [scene(2), np.full((H, WIDTH), 16, np.uint8), np.roll(scene(), 40, axis=1), 255 - scene()],
    ids=["cut", "black", "turned away", "inverted"],
)
def test_another_scene_is_a_jump(after: np.ndarray) -> None:
    pictures = [noisy(scene() if step < 20 else after, step) for step in range(40)]
    jumps = [step for step, motion in enumerate(measure_all(pictures)) if motion.jump]
    assert jumps == [0, 20]


def test_a_lamp_switched_on_is_not_a_jump_and_moves_nothing_for_long() -> None:
    pictures = [
        noisy(np.clip(scene().astype(np.int16) + (25 if step >= 20 else 0), 0, 255), step)
        for step in range(40)
    ]
    found = measure_all(pictures)
    assert not any(motion.jump for motion in found[1:])
    assert sum(motion.moving for motion in found[25:]) == 0


def test_a_tree_that_always_sways_stops_being_news() -> None:
    pictures = []
    for step in range(400):
        picture = scene().copy()
        picture[20:40, 60:90] = 40 + 150 * (step % 2)
        pictures.append(noisy(picture, step))
    found = measure_all(pictures)
    assert sum(motion.moving for motion in found[1:30]) > 10
    assert sum(motion.moving for motion in found[200:]) == 0


def patch(rows: slice, columns: slice) -> np.ndarray:
    cells = np.zeros((22, 40), np.bool_)
    cells[rows, columns] = True
    return cells


@pytest.mark.parametrize(
    ("cells", "known", "found"),
    [
        ([patch(slice(5, 10), slice(10, 12))] * 4, [], 1),
        ([patch(slice(5, 10), slice(10, 12))] * 4, [[150.0, 70.0, 200.0, 170.0]], 0),
        ([patch(slice(5, 6), slice(10, 11))] * 4, [], 0),
        ([patch(slice(5, 10), slice(10, 12))] + [patch(slice(0), slice(0))] * 3, [], 0),
        ([patch(slice(0, 22), slice(0, 30))] * 4, [], 0),
        ([], [], 0),
    ],
    ids=["somebody", "a known car", "an insect", "a flash", "the light", "nothing measured"],
)
def test_unexplained_motion(cells, known, found: int) -> None:
    boxes = unexplained(cells, np.array(known, np.float32).reshape(-1, 4), (640, 352))
    assert len(boxes) == found
    if found:
        assert boxes[0].tolist() == [9 * 16, 4 * 16, 13 * 16, 11 * 16]


def test_the_gate_looks_often_while_it_moves_and_seldom_while_it_is_still() -> None:
    pictures = [noisy(scene(), step) for step in range(200)]
    for step in range(100, 200):
        pictures[step][30:60, (step - 100) : (step - 100) + 12] = 250
    meter, gate = MotionMeter(), Gate(LookOptions())
    looks = [
        gate.look(step / 10.0, meter.measure(p, step / 10.0)) is not None
        for step, p in enumerate(pictures)
    ]
    assert all(looks[:SCENE_LOOKS])
    assert looks[101] or looks[100]
    assert sum(looks[20:100]) < 0.45 * 80
    assert sum(looks[105:]) >= 0.49 * 95  # five a second, of ten pictures
    gaps = np.diff(np.flatnonzero(looks)) / 10.0
    assert gaps.max() <= LookOptions().max_gap_seconds
