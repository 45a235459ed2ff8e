"""Memory for masked pictures: nobody's picture is written over while somebody holds it."""

from __future__ import annotations

import gc
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.stream.picture import to_picture
from streetlamp.values import Bytes, MaskedFrame
from streetlamp.video import mask
from streetlamp.video.memory import MOST_FREE, Memory
from streetlamp.video.options import Style
from streetlamp.video.raw import RawFrame

SIZE = 192 * 128 * 3 // 2


def address(array: Bytes) -> int:
    return int(array.__array_interface__["data"][0])


def raw(seed: int, size: tuple[int, int] = (192, 128)) -> RawFrame:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
    return RawFrame("gate", 5.0, seed, picture, 0, Fraction(1, 100))


def same(one: MaskedFrame, other: MaskedFrame) -> bool:
    planes = ((one.y, other.y), (one.u, other.u), (one.v, other.v), (one.hidden, other.hidden))
    return all(np.array_equal(mine, its) for mine, its in planes)


def test_what_was_let_go_is_used_again_and_what_is_held_is_not() -> None:
    memory = Memory()
    first = memory.take(SIZE)
    place = address(first)
    part = first[100:200].reshape(10, 10)  # a view of it alone keeps it
    del first
    gc.collect()
    second = memory.take(SIZE)
    assert not np.shares_memory(part, second)
    del part
    gc.collect()
    third = memory.take(SIZE)
    assert address(third) == place


def test_an_encoders_picture_keeps_its_memory() -> None:
    memory = Memory()
    frame = mask.hide(raw(1), np.array([[20.0, 20.0, 60.0, 90.0]], np.float32), memory=memory)
    wanted = frame.y.copy()
    picture = to_picture(frame, (192, 128))
    assert np.shares_memory(np.frombuffer(picture.planes[0], np.uint8), frame.y)
    del frame
    gc.collect()
    for seed in range(4):
        mask.hide(raw(seed), np.array([[0.0, 0.0, 50.0, 90.0]], np.float32), memory=memory)
    assert np.array_equal(np.frombuffer(picture.planes[0], np.uint8).reshape(128, 192), wanted)


def test_it_keeps_few_and_none_of_another_size() -> None:
    memory = Memory()
    held = [memory.take(SIZE) for _ in range(MOST_FREE + 5)]
    held.clear()
    gc.collect()
    assert len(memory._free) == MOST_FREE
    small = memory.take(SIZE // 2)
    assert len(small) == SIZE // 2
    assert not memory._free
    del small
    gc.collect()
    assert len(memory._free) == 1
    memory.forget()
    assert not memory._free


@pytest.mark.parametrize("style", list(Style))
def test_nothing_of_the_picture_before_shows(style: Style) -> None:
    memory = Memory()
    for seed, size in ((1, (192, 128)), (2, (192, 128)), (3, (97, 63)), (4, (97, 63))):
        frame, box = raw(seed, size), np.array([[10.0 + seed, 8.0, 70.0, 60.0]], np.float32)
        assert same(mask.hide(frame, box, style, memory), mask.hide(frame, box, style))
        nobody = np.zeros((0, 4), np.float32)
        assert same(mask.hide(frame, nobody, style, memory), mask.hide(frame, nobody, style))
        assert same(mask.hide_whole(frame, "late", memory), mask.hide_whole(frame, "late"))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=24))
def test_pictures_that_are_kept_stay_as_they_were(keeps: list[bool]) -> None:
    memory, kept = Memory(), []
    for seed, keep in enumerate(keeps):
        box = np.array([[float(seed), 8.0, seed + 60.0, 90.0]], np.float32)
        frame = raw(seed, (64, 48))
        if keep:
            kept.append((mask.hide(frame, box, memory=memory), mask.hide(frame, box)))
        else:
            mask.hide(frame, box, memory=memory)
    assert all(same(*pair) for pair in kept)
