"""A drawn face: enough of one for the built-in face finder, and nobody's."""

from __future__ import annotations

import av
import cv2
import numpy as np

from streetlamp.values import Bytes, Floats

HAIR, SKIN, SHADOW, BROW = (25, 30, 40), (130, 165, 215), (105, 140, 190), (30, 40, 55)
# Ovals from back to front: middle right and down, half width and half height (heights of a face).
OVALS: tuple[tuple[float, float, float, float, tuple[int, int, int]], ...] = (
    (0, 1.15, 0.95, 0.6, (60, 50, 45)),  # shoulders
    (0, 0.55, 0.2, 0.3, SHADOW),
    (0, -0.1, 0.45, 0.55, HAIR),
    (0, 0, 0.36, 0.48, SKIN),
    (-0.37, 0, 0.05, 0.1, SHADOW),
    (0.37, 0, 0.05, 0.1, SHADOW),
    (0, -0.42, 0.38, 0.16, HAIR),
    *(
        oval
        for side in (-0.16, 0.16)
        for oval in (
            (side, -0.08, 0.1, 0.06, SHADOW),
            (side, -0.17, 0.1, 0.025, BROW),
            (side, -0.07, 0.07, 0.035, (225, 232, 235)),
            (side, -0.07, 0.035, 0.035, BROW),
        )
    ),
    (0.02, 0.05, 0.04, 0.13, SHADOW),  # nose
    (-0.04, 0.14, 0.025, 0.015, (60, 85, 120)),
    (0.04, 0.14, 0.025, 0.015, (60, 85, 120)),
    (0, 0.27, 0.14, 0.035, (85, 85, 165)),  # mouth
    (0, 0.265, 0.13, 0.008, (40, 40, 80)),
    (0, 0.38, 0.1, 0.02, SHADOW),
)


def drawn_face(width: int = 640, height: int = 360, size: int = 200) -> Bytes:
    """A face in the middle of a grey room, lit from the left: (height, width, 3) BGR.

    size: pixels from the hair's middle to the chin, about.
    """
    picture = np.full((height, width, 3), (120, 125, 130), np.uint8)
    x, y = width // 2, height // 2
    for right, down, half_width, half_height, colour in OVALS:
        middle = (round(x + right * size), round(y + down * size))
        axes = (max(1, round(half_width * size)), max(1, round(half_height * size)))
        cv2.ellipse(picture, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    light = np.clip(1 - 0.35 * (np.arange(width) - x) / size, 0.6, 1.2)[None, :, None]
    picture = np.clip(picture * light, 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.6, size / 80)), np.uint8)


def drawn_box(width: int = 640, height: int = 360, size: int = 200) -> Floats:
    """The face in `drawn_face`, brow to chin, (4,) pixels."""
    x, y = width / 2, height / 2
    corners = [x - 0.36 * size, y - 0.35 * size, x + 0.36 * size, y + 0.48 * size]
    return np.array(corners, np.float32)


def frame(picture: Bytes, pixels: str = "yuv420p") -> av.VideoFrame:
    """As a decoder would give it."""
    whole = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "bgr24")
    return whole.reformat(format=pixels)
