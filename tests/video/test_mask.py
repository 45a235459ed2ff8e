"""Hiding: nothing recoverable inside, nothing touched outside."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.video import mask
from streetlamp.video.options import Style
from streetlamp.video.planes import view_planes
from streetlamp.video.raw import RawFrame


def raw(width: int, height: int, fmt: str = "yuv420p", seed: int = 0, grain: int = 1) -> RawFrame:
    """A picture of pure noise: the hardest to average away, the easiest to recognise."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (-(-height // grain), -(-width // grain), 3), np.uint8)
    rgb = np.ascontiguousarray(rgb.repeat(grain, 0).repeat(grain, 1)[:height, :width])
    picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=fmt)
    return RawFrame("gate", 5.0, 3, picture, 300, Fraction(1, 100))


SIZES = [(640, 360), (641, 361), (33, 17), (854, 640)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", list(Style))
def test_inside_is_hidden_and_outside_is_untouched(size: tuple[int, int], style: Style) -> None:
    frame = raw(*size)
    before = frame.picture.reformat(format="rgb24").to_ndarray()
    w, h = size
    box = np.array([[w * 0.3, h * 0.3, w * 0.5, h * 0.7]], np.float32)
    masked = mask.hide(frame, box, style)
    assert (masked.width, masked.height) == size
    assert (masked.frame, masked.pts, masked.time_base) == (3, 300, (1, 100))
    ((x1, y1, x2, y2),) = masked.hidden
    assert x1 <= box[0, 0]
    assert y1 <= box[0, 1]
    assert x2 >= box[0, 2]
    assert y2 >= box[0, 3]
    original = np.frombuffer(frame.picture.planes[0], np.uint8)
    original = original.reshape(-1, frame.picture.planes[0].line_size)[:h, :w]
    outside = np.ones((h, w), np.bool_)
    outside[y1:y2, x1:x2] = False
    assert np.array_equal(masked.y[outside], original[outside])
    inside = masked.y[y1:y2, x1:x2]
    assert len(np.unique(inside)) <= 17
    assert np.array_equal(before, frame.picture.reformat(format="rgb24").to_ndarray()), (
        "the decoder's own picture must not be written to"
    )


def test_a_mosaic_block_is_one_colour_and_on_a_fixed_grid() -> None:
    frame = raw(640, 360)
    first = mask.hide(frame, np.array([[100.0, 100.0, 160.0, 220.0]], np.float32))
    second = mask.hide(frame, np.array([[103.0, 101.0, 163.0, 221.0]], np.float32))
    block = mask.block_for(120)
    for masked in (first, second):
        ((x1, y1, x2, y2),) = masked.hidden
        for y in range(y1 // block * block, y2, block):
            for x in range(x1 // block * block, x2, block):
                part = (
                    slice(max(y, y1), min(y + block, y2)),
                    slice(max(x, x1), min(x + block, x2)),
                )
                assert len(np.unique(masked.y[part])) == 1
    common = (slice(102, 220), slice(104, 160))
    assert np.array_equal(first.y[common], second.y[common]), "the grid slid with the person"


@pytest.mark.parametrize("height", [20, 60, 120, 300, 700])
def test_a_block_is_at_least_a_head(height: int) -> None:
    assert mask.block_for(height) >= height / 8


def test_luma_is_rounded_to_few_levels() -> None:
    masked = mask.hide_whole(raw(320, 240), "test")
    assert {int(value) % mask.LUMA_STEP for value in np.unique(masked.y)} == {mask.LUMA_STEP // 2}


@pytest.mark.parametrize("size", [*SIZES, (8, 8), (1, 1), (1279, 719)])
def test_a_wholly_hidden_picture_shows_few_levels_and_not_one_pixel_else(
    size: tuple[int, int],
) -> None:
    masked = mask.hide_whole(raw(*size), "test")
    for plane, step in ((masked.y, 16), (masked.u, 8), (masked.v, 8)):
        assert (plane % step == step // 2).all()


def test_what_cannot_be_painted_in_its_place_is_an_error() -> None:
    """OpenCV would paint a copy, and the picture would stay as it is."""
    plane = np.zeros((8, 8), np.uint8)
    image, where = np.full((8, 8), 5, np.uint8), np.ones((8, 8), np.uint8)
    mask._put(image, where, plane[:, :])
    assert (plane == 5).all()
    with pytest.raises(RuntimeError, match="other memory"):
        mask._put(image, where, plane[:7])


@pytest.mark.parametrize("size", SIZES)
def test_a_wholly_hidden_picture_is_one_rectangle(size: tuple[int, int]) -> None:
    masked = mask.hide_whole(raw(*size), "the detector is late")
    assert masked.whole
    assert masked.reason == "the detector is late"
    assert masked.hidden.tolist() == [[0, 0, *size]]


def test_a_picture_full_of_people_is_hidden_whole() -> None:
    masked = mask.hide(raw(640, 360), np.array([[0.0, 0.0, 600.0, 340.0]], np.float32))
    assert masked.whole
    assert masked.hidden.tolist() == [[0, 0, 640, 360]]


def test_overlapping_people_read_from_the_original_and_the_coarser_block_wins() -> None:
    frame = raw(640, 360)
    small, large = [100.0, 100.0, 130.0, 150.0], [110.0, 60.0, 200.0, 300.0]
    together = mask.hide(frame, np.array([small, large], np.float32))
    alone = mask.hide(frame, np.array([large], np.float32))
    x1, y1, x2, y2 = alone.hidden[0]
    assert np.array_equal(together.y[y1:y2, x1:x2], alone.y[y1:y2, x1:x2])


@pytest.mark.parametrize(
    "box",
    [[-50.0, -50.0, 20.0, 20.0], [600.0, 300.0, 900.0, 900.0]],
    ids=["top left corner", "bottom right corner"],
)
def test_a_person_half_outside_is_hidden_to_the_edge(box: list[float]) -> None:
    masked = mask.hide(raw(641, 361), np.array([box], np.float32))
    ((x1, y1, x2, y2),) = masked.hidden
    assert (x1, y1) == (0, 0) or (x2, y2) == (641, 361)


def test_nothing_outside_the_picture_is_listed() -> None:
    masked = mask.hide(raw(640, 360), np.array([[700.0, 10.0, 800.0, 90.0]], np.float32))
    assert masked.hidden.shape == (0, 4)


@pytest.mark.parametrize(
    "fmt", ["yuv420p", "yuvj420p", "yuv422p", "nv12", "yuv444p", "rgb24", "gray"]
)
def test_every_pixel_format_is_accepted(fmt: str) -> None:
    masked = mask.hide(raw(320, 240, fmt), np.array([[10.0, 10.0, 90.0, 200.0]], np.float32))
    assert masked.y.shape == (240, 320)
    assert masked.u.shape == (120, 160)
    assert masked.full_range == (fmt == "yuvj420p")


def test_masked_planes_cannot_be_written_to() -> None:
    masked = mask.hide(raw(320, 240), np.zeros((0, 4), np.float32))
    with pytest.raises(ValueError, match="read-only"):
        masked.y[0, 0] = 1


def test_head_and_body_of_one_person_have_one_block() -> None:
    """Their two rectangles are hidden as coarsely as the whole person would be."""
    head, body = [100.0, 40.0, 180.0, 190.0], [115.0, 40.0, 165.0, 340.0]
    shown = mask.hide(raw(640, 360), np.array([head, body], np.float32))
    block = mask.block_for(300.0)
    assert block > mask.block_for(150.0)
    beside = shown.y[block : 2 * block, 100:112]  # only the head's rectangle is here
    assert len(np.unique(beside)) == 1


def test_somebody_wholly_behind_somebody_larger_changes_nothing() -> None:
    frame = raw(640, 360)
    behind, large = [120.0, 100.0, 150.0, 150.0], [110.0, 60.0, 200.0, 300.0]
    together = mask.hide(frame, np.array([behind, large], np.float32))
    alone = mask.hide(frame, np.array([large], np.float32))
    assert np.array_equal(together.y, alone.y)
    assert np.array_equal(together.u, alone.u)


@pytest.mark.parametrize("edge", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("corner", range(4))
def test_a_box_that_is_nowhere_is_not_left_out(edge: float, corner: int) -> None:
    box = np.array([[10.0, 10.0, 60.0, 90.0]], np.float32)
    box[0, corner] = edge
    with pytest.raises(ValueError, match="not finite"):
        mask.hide(raw(320, 240), box)


def averages(plane: np.ndarray, cell: int, side: int) -> np.ndarray:
    """What a block of `side` cells shows at each cell, before it is rounded."""
    means = padded(plane.astype(np.float64), cell)
    rows, columns = means.shape[0] // cell, means.shape[1] // cell
    means = means.reshape(rows, cell, columns, cell).mean(axis=(1, 3))
    large = padded(means, side)
    blocks = large.reshape(large.shape[0] // side, side, large.shape[1] // side, side)
    large = blocks.mean(axis=(1, 3)).repeat(side, axis=0).repeat(side, axis=1)
    return large[:rows, :columns]


def padded(image: np.ndarray, multiple: int) -> np.ndarray:
    more = [(0, -length % multiple) for length in image.shape]
    return np.pad(image, more, mode="edge")


edges = st.floats(-60.0, 260.0, width=32)
lengths = st.floats(1.0, 160.0, width=32)


@given(
    size=st.tuples(st.integers(9, 200), st.integers(9, 200)),
    corners=st.lists(st.tuples(edges, edges, lengths, lengths), min_size=1, max_size=7),
)
@settings(max_examples=150, deadline=None)
def test_every_pixel_is_the_original_or_an_average_of_its_coarsest_block(
    size: tuple[int, int], corners: list[tuple[float, float, float, float]]
) -> None:
    frame = raw(*size, grain=11)
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in corners], np.float32)
    masked = mask.hide(frame, boxes)
    width, height = size
    inside = []  # x1, y1, x2, y2, block
    for box in boxes.tolist():
        x1, y1 = (max(0, int(np.floor(v / 2)) * 2) for v in box[:2])
        x2, y2 = min(width, int(np.ceil(box[2] / 2)) * 2), min(height, int(np.ceil(box[3] / 2)) * 2)
        if x2 > x1 and y2 > y1:
            block = mask.block_for(max(box[2] - box[0], box[3] - box[1]))
            inside.append((x1, y1, x2, y2, block))
    if masked.whole:
        return
    assert sorted(masked.hidden.tolist()) == sorted(list(one[:4]) for one in inside)
    hidden = np.zeros((height, width), np.bool_)
    sides = np.zeros((-(-height // 8), -(-width // 8)), np.int64)
    for x1, y1, x2, y2, block in inside:
        hidden[y1:y2, x1:x2] = True
        x, y = (x1 + x2) // 2, (y1 + y2) // 2
        over = [b for a, c, d, e, b in inside if a <= x < d and c <= y < e]
        part = sides[y1 // 8 : -(-y2 // 8), x1 // 8 : -(-x2 // 8)]
        np.maximum(part, max(block, *over) // 8, out=part)
    original = view_planes(frame.picture)
    for name, cell, step in (("y", 8, mask.LUMA_STEP), ("u", 4, 8), ("v", 4, 8)):
        before, after = getattr(original, name), getattr(masked, name)
        mine = hidden if name == "y" else hidden[::2, ::2]
        assert np.array_equal(before[~mine], after[~mine])
        for side in np.unique(sides[sides > 0]).tolist():
            there = (sides == side).repeat(cell, axis=0).repeat(cell, axis=1)
            there = there[: mine.shape[0], : mine.shape[1]] & mine
            wanted = averages(before, cell, side).repeat(cell, axis=0).repeat(cell, axis=1)
            off = np.abs(after - wanted[: mine.shape[0], : mine.shape[1]])[there]
            assert off.max(initial=0.0) <= step / 2 + 2.5  # the halves are rounded, too
            assert (after[there] % step == step // 2).all()
