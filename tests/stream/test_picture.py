"""What an encoder is given of a masked picture."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.stream.picture import to_picture
from streetlamp.values import Bytes, MaskedFrame
from streetlamp.video import mask
from streetlamp.video.raw import RawFrame
from support.masked import masked


def hidden(width: int, height: int) -> MaskedFrame:
    """A picture as `video/` hands it out, with somebody hidden."""
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
    frame = RawFrame("gate", 5.0, 1, picture, 0, Fraction(1, 100))
    return mask.hide(frame, np.array([[20.0, 20.0, 60.0, 90.0]], np.float32))


def planes(picture: av.VideoFrame) -> list[Bytes]:
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in picture.planes
    ]


@pytest.mark.parametrize("frame", [hidden(320, 240), masked(5)], ids=["hidden", "other memory"])
def test_it_has_the_planes_of_the_frame(frame: MaskedFrame) -> None:
    given = planes(to_picture(frame, (320, 240)))
    assert all(map(np.array_equal, given, (frame.y, frame.u, frame.v)))


def test_what_was_hidden_is_not_copied_again() -> None:
    frame = hidden(320, 240)
    picture = to_picture(frame, (320, 240))
    assert all(map(np.shares_memory, planes(picture), (frame.y, frame.u, frame.v)))
    with pytest.raises(ValueError, match="read-only"):
        frame.y[0, 0] = 1


def test_it_outlives_the_frame() -> None:
    frame = hidden(320, 240)
    wanted = frame.y.copy()
    picture = to_picture(frame, (320, 240))
    del frame
    others = [hidden(320, 240) for _ in range(4)]  # would get the memory that was let go
    assert np.array_equal(planes(picture)[0], wanted)
    assert others


@pytest.mark.parametrize("size", [(640, 360), (854, 480), (322, 242), (322, 244), (18, 10)])
def test_an_encoder_makes_the_same_of_it_as_of_a_copy(size: tuple[int, int]) -> None:
    frames = [replace(hidden(*size), time=5.0 + i / 10) for i in range(3)]
    copies = [replace(f, y=f.y.copy(), u=f.u.copy(), v=f.v.copy()) for f in frames]
    coded = []
    for film in (frames, copies):
        encoder = Encoder("gate", EncodeOptions())
        done = [part for frame in film for part in encoder.push(frame, None)]
        coded.append([part.data for part in done + encoder.flush()])
    assert coded[0] == coded[1]


@pytest.mark.parametrize("size", [(319, 240), (320, 239), (319, 239)])
def test_an_odd_picture_is_made_even_by_its_last_row_and_column(size: tuple[int, int]) -> None:
    frame = hidden(*size)
    luma, *_ = planes(to_picture(frame, (320, 240)))
    assert np.array_equal(luma[: size[1], : size[0]], frame.y)
    assert np.array_equal(luma[239, : size[0]], frame.y[-1])
    assert np.array_equal(luma[: size[1], 319], frame.y[:, -1])


def test_a_picture_of_another_size_is_scaled() -> None:
    picture = to_picture(hidden(320, 240), (160, 120))
    assert (picture.width, picture.height) == (160, 120)
