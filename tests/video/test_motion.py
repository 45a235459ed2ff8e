"""What moves, and whether it is still the same scene."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.video.gate import SCENE_LOOKS, Gate
from streetlamp.video.motion import (
    CELL,
    WIDTH,
    MotionMeter,
    _block_difference,
    any_at,
    corners,
    marked,
    similarity,
    spans,
)
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


@pytest.mark.parametrize("seed", range(4))
def test_similarity_is_the_correlation_of_the_two(seed: int) -> None:
    a, b = noisy(scene(seed), 0, 30.0), noisy(scene(seed), 1, 30.0)
    alike = similarity(a.astype(np.float32), b.astype(np.float32))
    assert alike == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-4)
    darker = a.astype(np.float32) * 0.5 + 3.0
    assert similarity(a.astype(np.float32), darker) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("more", [0, 1])
def test_blocks_of_many_boxes_are_those_of_each(more: int) -> None:
    rng = np.random.default_rng(more)
    corner = rng.uniform(-80, 700, (60, 2))
    boxes = np.hstack([corner, corner + rng.uniform(1, 200, (60, 2))]).astype(np.float32)
    blocks = rng.random((22, 40)) < 0.03
    where = spans(boxes, (640, 352), blocks.shape, more)
    covered = np.zeros_like(blocks)
    for box, any_here in zip(boxes, any_at(corners(where, blocks.shape), blocks), strict=True):
        x1, y1, x2, y2 = box
        rows = slice(max(0, int(y1 // 16) - more), max(0, int(-(-y2 // 16)) + more))
        columns = slice(max(0, int(x1 // 16) - more), max(0, int(-(-x2 // 16)) + more))
        covered[rows, columns] = True
        assert blocks[rows, columns].any() == any_here
    assert np.array_equal(marked(where, blocks.shape), covered)


def test_patches_are_told_apart() -> None:
    """One that is known, one too small and one that nobody knows: the last alone is news."""
    cells = patch(slice(2, 6), slice(2, 6)) | patch(slice(12, 13), slice(20, 22))
    cells |= patch(slice(15, 20), slice(30, 33))
    known = np.array([[20.0, 20.0, 110.0, 110.0]], np.float32)
    boxes = unexplained([cells] * 3, known, (640, 352))
    assert boxes.tolist() == [[29 * 16, 14 * 16, 34 * 16, 21 * 16]]


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


@pytest.mark.parametrize("shape", [(90, 160), (120, 160), (91, 160), (88, 157)])
def test_a_blocks_difference_is_the_mean_of_its_pixels(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    before, now = (rng.integers(0, 256, shape).astype(np.float32) for _ in range(2))
    rows, columns = shape[0] // CELL, shape[1] // CELL
    light = np.median((now - before)[::4, ::4])
    apart = np.abs(now - before - light)[: rows * CELL, : columns * CELL]
    wanted = apart.reshape(rows, CELL, columns, CELL).mean(axis=(1, 3), dtype=np.float64)
    assert np.array_equal(_block_difference(before, now), wanted)  # to the last bit
