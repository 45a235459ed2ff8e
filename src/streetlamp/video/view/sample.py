"""What is said of one decoded picture: numbers about the camera, none about who is in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewSample:
    """One picture's measures. Levels are luma of 0 (black) to 255 (white) whatever the range.

    `None` where a measure has nothing to stand on. See ``design/health.md``.
    """

    camera: str
    time: float  # POSIX seconds, the picture's
    size: tuple[int, int]  # width, height, pixels
    infrared: bool  # without colour: infrared light, or a camera without colour
    colour: float  # mean distance of chroma from grey, levels
    brightness: float  # mean luma, levels
    low: float  # luma that 5 % of the picture is below …
    high: float  # … and that 95 % is below
    dark: float  # share of the picture at the sensor's dark end, 0–1
    bright: float  # share at its white end, 0–1
    sharpness: float | None  # 0–1: how much of an edge's step lies within two pixels of 640
    detail: float  # mean step over eight pixels of 640, levels: contrast of what is near
    structure: float  # share of the picture that has edges of its own, 0–1
    steady: float  # 0–1: how far the edges of the last seconds lie where they lay
    alive: float | None  # share of pixels that differ at all from the keyframes before, 0–1
    noise: float | None  # by how much they differ, levels
    same: float | None  # share of blocks that came out as they were before, to the bit, 0–0.5
    coded: float | None  # bytes per thousand macroblocks of a picture between keyframes
    known: bool  # whether there is a reference view to compare with
    fit: float = 1.0  # share of the reference's edges that are where they were, 0–1
    bare: float = 0.0  # share of the reference's edges where there are none now, 0–1
    layout: float = 1.0  # correlation of light and shade at large with the reference, -1–1
    shift: tuple[float, float] = (0.0, 0.0)  # pixels right, down, by which it fits best …
    shifted_fit: float = 0.0  # … and how much of the reference fits there, 0–1
    kappa: float = 1.0  # the fit beyond what any other view would have by chance, at most 1
