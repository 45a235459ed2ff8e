"""Things and people, told apart by other times of the day."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streetlamp.inspection.footage import Still
from streetlamp.inspection.witness import Witnesses
from streetlamp.video.mask import hide
from streetlamp.video.raw import RawFrame
from support.detectors import street

BOX = np.array([80.0, 78.0, 122.0, 234.0], np.float32)  # the left one of `street`
HOUR = 3600.0


def still(pixels: np.ndarray, time: float, *, light: float = 1.0, seed: int = 0) -> Still:
    noise = np.random.default_rng(seed).normal(0, 3, pixels.shape)
    bright = np.clip(pixels * light + noise, 0, 255).astype(np.uint8)
    return Still(time, av.VideoFrame.from_ndarray(bright, "bgr24").reformat(format="yuv420p"))


def empty() -> np.ndarray:
    """The street with a wall where the left one stands."""
    pixels = street()
    pixels[60:240, 60:150] = pixels[60:240, 180:270]
    return pixels


def masked() -> Still:
    picture = still(street(), HOUR).picture
    frame = RawFrame("gate", HOUR, 1, picture, 0, Fraction(1, 10))
    hidden = hide(frame, np.array([[60, 50, 140, 245]], np.float32))
    planes = [hidden.y, hidden.u, hidden.v]
    packed = np.concatenate([plane.ravel() for plane in planes]).reshape(320 * 3 // 2, 416)
    return Still(HOUR, av.VideoFrame.from_ndarray(packed, "yuv420p"))


NOW = still(street(), 24 * HOUR, seed=99)


@pytest.mark.parametrize(
    ("name", "others", "thing"),
    [
        ("stands there at other hours", [still(street(), h * HOUR, seed=h) for h in (1, 5)], True),
        ("in another light", [still(street(), HOUR * h, light=0.5, seed=h) for h in (1, 5)], True),
        ("among many when it does not",
         [still(empty(), h * HOUR) for h in range(1, 15)]
         + [still(street(), h * HOUR) for h in (15, 16)], True),
        ("once only", [still(street(), HOUR), still(empty(), 2 * HOUR)], False),
        ("never", [still(empty(), h * HOUR) for h in range(1, 17)], False),
        ("hidden at other hours", [masked(), masked(), masked()], False),
        ("a minute ago only", [still(street(), 24 * HOUR - 60 * m) for m in (1, 2, 3)], False),
        ("nothing to compare with", [], False),
        ("pictures of another size",
         [still(cv2.resize(street(), (208, 160)), h * HOUR) for h in (1, 2)], False),
    ],
)  # fmt: skip
def test_what_is_a_thing(name: str, others: list[Still], thing: bool) -> None:
    assert Witnesses(others).know(NOW, BOX) is thing, name


def test_a_flat_box_or_one_outside_is_no_thing() -> None:
    grey = np.full((320, 416, 3), 90, np.uint8)
    flat = [Still(h * HOUR, still(grey, 0).picture) for h in (1, 2)]
    assert not Witnesses(flat).know(Still(24 * HOUR, still(grey, 0, seed=5).picture), BOX)
    outside = np.array([500, 10, 520, 60], np.float32)
    assert not Witnesses([still(street(), h * HOUR) for h in (1, 2)]).know(NOW, outside)
