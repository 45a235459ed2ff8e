"""A drawn street: what the ``test:`` source shows, and the number strip that tells its frames.

The strip is 24 cells across the top rows, black or white, most significant bit first. It survives
scaling by small factors and any sane compression, so a test can read which picture it holds
without trusting time stamps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import av
import cv2
import numpy as np

from streetlamp.values import Bytes, Kind

BITS: Final = 24
_DARK, _BRIGHT = 20, 230


def plane(frame: av.VideoFrame, index: int) -> Bytes:
    """A writable view of one 8-bit plane, shape (rows, columns)."""
    part: Any = frame.planes[index]
    rows = np.frombuffer(part, np.uint8).reshape(part.height, part.line_size)
    return rows[:, : part.width]


def strip_height(height: int) -> int:
    """Rows the number strip takes in a picture of this height, pixels."""
    return max(8, height // 40)


def write_number(frame: av.VideoFrame, number: int) -> None:
    """Write a number (0 – 2²⁴-1) into the top rows of a planar YUV picture, in place."""
    luma = plane(frame, 0)
    bits = (number >> np.arange(BITS - 1, -1, -1)) & 1
    cells = np.arange(frame.width) * BITS // frame.width
    rows = strip_height(frame.height)
    luma[:rows] = np.where(bits[cells] == 1, _BRIGHT, _DARK).astype(np.uint8)
    for chroma in (1, 2):
        plane(frame, chroma)[: (rows + 1) // 2] = 128


def number_in(picture: av.VideoFrame) -> int:
    """The number that `write_number` wrote, read back from any pixel format with luma first."""
    if not picture.format.name.startswith(("yuv", "nv", "gray")):
        picture = picture.reformat(format="gray")
    luma = plane(picture, 0)
    rows = strip_height(picture.height)
    edges = np.arange(BITS + 1) * picture.width / BITS
    middle = ((edges[:-1] + edges[1:]) / 2).astype(int)
    band = luma[rows // 4 : max(rows // 4 + 1, rows * 3 // 4)]
    bits = band[:, middle].mean(axis=0) > 125
    return int(sum(1 << (BITS - 1 - index) for index, bit in enumerate(bits) if bit))


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing on the street, as drawn in one picture."""

    kind: Kind
    box: tuple[float, float, float, float]  # pixels x1 y1 x2 y2
    colour: tuple[int, int, int]  # Y, U, V


@dataclass(frozen=True, slots=True)
class _Walker:
    kind: Kind
    lane: float  # where it stands, share of the picture's height
    start: float  # share of the width at time 0
    speed: float  # widths a second, negative to the left
    scale: float  # its height as a share of the picture's
    colour: tuple[int, int, int]


_NOISE_TILES: Final = 8


class Scene:
    """A street with people-like and car-like figures and a restless background.

    Deterministic: the same size, rate, seed and frame number give the same picture, bit by bit.
    """

    def __init__(
        self, size: tuple[int, int], fps: float, seed: int, people: int, cars: int
    ) -> None:
        self.size = size
        self.fps = fps
        rng = np.random.default_rng(seed)
        self._walkers = tuple(
            [_person(rng) for _ in range(people)] + [_car(rng) for _ in range(cars)]
        )
        width, height = size
        slope = np.linspace(150, 105, height)[:, None]
        ground = np.where(np.arange(height)[:, None] < height * 0.35, slope + 35, slope)
        texture = cv2.resize(
            rng.normal(0, 9, (height // 8 + 2, width // 8 + 2)).astype(np.float32), (width, height)
        )
        still = (ground + texture).clip(30, 220)
        noise = rng.normal(0, 2.0, (_NOISE_TILES, height, width)).astype(np.float32)
        self._backgrounds: list[Bytes] = [(still + tile).astype(np.uint8) for tile in noise]

    def figures(self, number: int) -> tuple[Figure, ...]:
        """What is drawn in picture ``number`` (from 0), the nearest last."""
        width, height = self.size
        time = number / self.fps
        found = []
        for walker in sorted(self._walkers, key=lambda one: one.lane):
            tall = walker.scale * height
            wide = tall * (0.38 if walker.kind is Kind.PERSON else 2.1)
            road = width + wide  # it leaves on one side and comes back on the other
            x = (walker.start * road + walker.speed * width * time) % road - wide / 2
            foot = walker.lane * height
            box = (x - wide / 2, foot - tall, x + wide / 2, foot)
            found.append(Figure(walker.kind, box, walker.colour))
        return tuple(found)

    def draw(self, number: int) -> av.VideoFrame:
        """Picture ``number`` (from 0), yuv420p, with its number in the strip and in digits."""
        width, height = self.size
        frame = av.VideoFrame(width, height, "yuv420p")
        luma = plane(frame, 0)
        luma[:] = self._backgrounds[(number * 5) % _NOISE_TILES]
        for chroma in (1, 2):
            plane(frame, chroma)[:] = 128
        planes = [np.ascontiguousarray(plane(frame, index)) for index in range(3)]
        for figure in self.figures(number):
            (_draw_person if figure.kind is Kind.PERSON else _draw_car)(planes, figure, number)
        scale = max(0.4, height / 480)
        place = (int(10 * scale), int(height - 12 * scale))
        for colour, thick in ((16, 3), (235, 1)):
            cv2.putText(
                planes[0], f"{number:06d}", place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour,
                max(1, round(thick * scale)), cv2.LINE_AA,
            )  # fmt: skip
        for index, drawn in enumerate(planes):
            plane(frame, index)[:] = drawn
        write_number(frame, number)
        return frame


def _person(rng: np.random.Generator) -> _Walker:
    lane = rng.uniform(0.55, 0.97)
    speed = rng.uniform(0.04, 0.09) * rng.choice([-1, 1])
    return _Walker(Kind.PERSON, lane, rng.uniform(), speed, 0.10 + 0.30 * (lane - 0.45), _tint(rng))


def _car(rng: np.random.Generator) -> _Walker:
    lane = rng.uniform(0.5, 0.62)
    speed = rng.uniform(0.12, 0.25) * rng.choice([-1, 1])
    return _Walker(Kind.CAR, lane, rng.uniform(), speed, 0.10 + 0.2 * (lane - 0.45), _tint(rng))


def _tint(rng: np.random.Generator) -> tuple[int, int, int]:
    luma, u, v = int(rng.integers(40, 90)), *rng.integers(70, 186, 2)
    return luma, int(u), int(v)


def _parts(planes: list[Bytes], colour: tuple[int, int, int]) -> list[tuple[Bytes, float, int]]:
    return [(planes[0], 1.0, colour[0]), (planes[1], 0.5, colour[1]), (planes[2], 0.5, colour[2])]


def _draw_person(planes: list[Bytes], figure: Figure, number: int) -> None:
    x1, y1, x2, y2 = figure.box
    wide, tall, middle = x2 - x1, y2 - y1, (x1 + x2) / 2
    swing = wide * 0.35 * float(np.sin(number * 0.5))
    skin = (150, 115, 145)
    for image, by, value in _parts(planes, figure.colour):
        hip = y1 + tall * 0.55
        for side in (-1, 1):  # legs
            start, end = (middle * by, hip * by), ((middle + side * swing) * by, y2 * by)
            thick = max(1, round(wide * 0.22 * by))
            cv2.line(image, _at(start), _at(end), value * 2 // 3 if by == 1 else value, thick)
        centre, axes = (middle * by, (y1 + tall * 0.37) * by), (wide * 0.32 * by, tall * 0.23 * by)
        cv2.ellipse(image, _at(centre), _at(axes, 1), 0, 0, 360, value, -1, cv2.LINE_AA)
    for image, by, value in _parts(planes, skin):
        centre, axes = (middle * by, (y1 + tall * 0.08) * by), (tall * 0.065 * by, tall * 0.08 * by)
        cv2.ellipse(image, _at(centre), _at(axes, 1), 0, 0, 360, value, -1, cv2.LINE_AA)


def _draw_car(planes: list[Bytes], figure: Figure, number: int) -> None:
    x1, y1, x2, y2 = figure.box
    wide, tall = x2 - x1, y2 - y1
    for image, by, value in _parts(planes, figure.colour):
        body = (x1 * by, (y1 + tall * 0.4) * by), (x2 * by, (y2 - tall * 0.15) * by)
        roof = ((x1 + wide * 0.2) * by, y1 * by), ((x2 - wide * 0.2) * by, (y1 + tall * 0.5) * by)
        for low, high in (body, roof):
            cv2.rectangle(image, _at(low), _at(high), value, -1)
    for image, by, value in _parts(planes, (25, 128, 128)):
        for share in (0.2, 0.8):
            centre = ((x1 + wide * share) * by, (y2 - tall * 0.17) * by)
            cv2.circle(image, _at(centre), max(1, round(tall * 0.17 * by)), value, -1)
    glass = ((x1 + wide * 0.26), y1 + tall * 0.08), ((x2 - wide * 0.26), y1 + tall * 0.36)
    cv2.rectangle(planes[0], _at(glass[0]), _at(glass[1]), 190, -1)


def _at(point: tuple[float, float], least: int = -(10**6)) -> tuple[int, int]:
    return max(least, round(point[0])), max(least, round(point[1]))
