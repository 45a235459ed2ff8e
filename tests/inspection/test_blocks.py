"""What is hidden, told from the stored picture alone."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streetlamp.inspection.blocks import detail, hidden_share, visible
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import MaskedFrame
from streetlamp.video.mask import hide, hide_whole
from streetlamp.video.options import Style
from streetlamp.video.raw import RawFrame
from support.detectors import street

PERSON = np.array([82.0, 80.0, 118.0, 232.0], np.float32)  # the left one in `street`


def raw(number: int = 0) -> RawFrame:
    """The street with some sensor noise, larger than the detectors' tests want it."""
    noise = np.random.default_rng(number).normal(0, 2, (320, 416, 3))
    pixels = np.clip(street() + noise, 0, 255).astype(np.uint8)
    picture = av.VideoFrame.from_ndarray(pixels, "bgr24").reformat(format="yuv420p")
    return RawFrame("gate", 1.7e9 + number / 10, number + 1, picture, number, Fraction(1, 10))


def stored(frames: list[MaskedFrame]) -> list[av.VideoFrame]:
    """As a recording gives them back."""
    encoder = Encoder("gate", EncodeOptions())
    fragments = [f for frame in frames for f in encoder.push(frame, None)] + encoder.flush()
    data = fragments[0].init + b"".join(fragment.data for fragment in fragments)
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("style", list(Style))
def test_each_way_of_hiding_is_recognised_after_coding(style: Style) -> None:
    box = np.array([[60, 40, 140, 240]], np.float32)
    plain = stored([hide(raw(i), np.zeros((0, 4), np.float32)) for i in range(6)])
    masked = stored([hide(raw(i), box, style) for i in range(6)])
    share = 80 * 200 / (416 * 320)
    for picture in masked:
        assert share / 2 < hidden_share(picture) < share * 1.3
    assert max(hidden_share(picture) for picture in plain) < 0.004


def test_a_picture_hidden_whole_is_hidden_nearly_whole() -> None:
    for picture in stored([hide_whole(raw(i), "no look") for i in range(3)]):
        assert hidden_share(picture) > 0.6
        assert not detail(picture).any()


def test_a_head_shows_or_does_not() -> None:
    (shown,) = stored([hide(raw(), np.zeros((0, 4), np.float32))])
    (masked,) = stored([hide(raw(), np.array([[70, 60, 130, 240]], np.float32))])
    (below,) = stored([hide(raw(), np.array([[70, 130, 130, 240]], np.float32))])
    assert visible(detail(shown), PERSON) > 0.5
    assert visible(detail(masked), PERSON) < 0.05
    assert visible(detail(below), PERSON) > 0.5  # the body is hidden, the head is not


def test_a_box_outside_the_picture_shows_nothing() -> None:
    cells = np.ones((4, 5), np.bool_)
    assert visible(cells, np.array([100, 100, 120, 140], np.float32)) == 0.0
    assert visible(cells, np.array([5, 5, 5, 5], np.float32)) == 0.0


def test_a_head_is_weighed_by_its_pixels() -> None:
    cells = np.zeros((2, 4), np.bool_)
    cells[0, 1] = True  # x 8–16, y 0–8
    box = np.array([4, 0, 24, 32], np.float32)  # head: x 8–20, y 0–8
    assert visible(cells, box) == pytest.approx(8 / 12)


def test_pictures_of_odd_size_and_other_formats() -> None:
    pixels = cv2.resize(street(), (101, 77))
    for name in ("yuv420p", "yuvj420p", "yuv422p", "bgr24"):
        picture = av.VideoFrame.from_ndarray(pixels, "bgr24").reformat(format=name)
        assert detail(picture).shape == (10, 13)
        assert hidden_share(picture) < 0.05
