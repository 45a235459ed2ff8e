"""Hiding: nothing recoverable inside, nothing touched outside."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from streetlamp.video import mask
from streetlamp.video.options import Style
from streetlamp.video.raw import RawFrame


def raw(width: int, height: int, fmt: str = "yuv420p", seed: int = 0) -> RawFrame:
    """A picture of pure noise: the hardest to average away, the easiest to recognise."""
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
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
