"""A week at a place that is busy all day: for `bench/backtest.py busy`.

Invented: five looks a second; from 8 to 18 h four things at a time, on average, in or about the
zone that every rule watches, a quarter of them cars; at other hours hardly anybody. They walk or
drive through it, or come, stand a while and go; now and then one is not found, its score is poor,
or its posture is taken for lying. Nobody is ever alone for long, so there is no gap to skip.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from streetlamp.backtest.looks import SCALE, SCORES, Looks
from streetlamp.geometry import Line, Place, Zone
from streetlamp.values import Kind, Posture

SIZE: Final = (1280, 720)
RATE: Final = 5.0  # looks a second
OPEN: Final = range(8, 18)  # hours
THERE: Final = 4.0  # things at a time while it is open …
ELSE: Final = 0.02  # … and at other hours
LOST: Final = 0.03  # share of looks that do not find a thing
LYING: Final = 0.03  # share of looks that take a posture for lying

SQUARE: Final = Zone("square", ((0.25, 0.3), (0.75, 0.3), (0.85, 0.9), (0.5, 0.95), (0.15, 0.9)))
DOOR: Final = Line("door", (0.5, 0.2), (0.5, 1.0))
PLACES: Final[tuple[Place, ...]] = (SQUARE, DOOR)

ASKED: Final[tuple[tuple[dict[str, Any], dict[str, Any]], ...]] = (
    ({"kind": "intrusion", "min_seconds": 2}, {"min_seconds": 4}),
    ({"kind": "danger_zone"}, {"min_seconds": 1}),
    ({"kind": "dwell", "min_seconds": 60}, {"min_seconds": 45}),
    ({"kind": "occupancy", "limit": 4}, {"limit": 3}),
    ({"kind": "occupancy", "limit": 0, "least": 2}, {"least": 1}),
    ({"kind": "crowding", "limit_per_m2": 0.03}, {"limit_per_m2": 0.04}),
    ({"kind": "queue", "limit": 3}, {"limit": 2}),
    ({"kind": "line_crossing", "alarm_on": "both"}, {"band": 0.2}),
    ({"kind": "person_lying"}, {"min_seconds": 5}),
    ({"kind": "stopped_vehicle"}, {"min_seconds": 20}),
    ({"kind": "wrong_way", "arrow": [[0.2, 0.5], [0.8, 0.5]]}, {"min_metres": 8}),
    ({"kind": "speed", "limit_kmh": 30}, {"limit_kmh": 40}),
    ({"kind": "near_miss"}, {"pet_seconds": 0.8}),
    ({"kind": "unusual_count"}, {"sigmas": 4}),
)
"""Every kind of rule that an index can answer, and what is changed when it is asked again."""


def hour(rng: np.random.Generator, start: float, things: float) -> Looks:
    """An hour of looks with so many things at a time, on average. ``start``: POSIX seconds."""
    k = int(3600 * RATE)
    boxes, kinds, scores, postures, at = [], [], [], [], []
    for _ in range(rng.poisson(things * 3600 / 20.0)):
        come, last = rng.uniform(0, 3600), 20.0 * rng.lognormal(-0.12, 0.5)
        look = np.arange(int(come * RATE), min(k, int((come + last) * RATE)))
        look = look[rng.random(len(look)) >= LOST]
        if not len(look):
            continue
        share = (look / RATE - come) / last
        if rng.random() < 0.4:  # comes, stands, and goes on
            share = np.interp(share, (0.0, 0.2, 0.8, 1.0), (0.0, 0.5, 0.5, 1.0))
        a, middle, b = rng.uniform((-0.05, 0.25), (1.05, 1.0), (3, 2)) * SIZE
        middle = middle * 0.4 + np.array((0.5, 0.6)) * SIZE * 0.6
        way = np.where(share[:, None] < 0.5, a + (middle - a) * 2 * share[:, None],
                       middle + (b - middle) * (2 * share[:, None] - 1))  # fmt: skip
        foot = way + rng.normal(0, 1.5, way.shape)
        car = rng.random() < 0.25
        high = rng.uniform(60, 140) * rng.normal(1, 0.02, len(look))
        wide = high * (1.6 if car else 0.4)
        low = np.stack([foot[:, 0] - wide / 2, foot[:, 1] - high], axis=1)
        boxes.append(np.concatenate([low, low + np.stack([wide, high], axis=1)], axis=1))
        kinds.append(np.full(len(look), Kind.CAR if car else Kind.PERSON))
        scores.append(np.clip(rng.normal(rng.uniform(0.4, 0.8), 0.12, len(look)), 0.05, 1.0))
        lying = (rng.random(len(look)) < LYING) & (not car)
        postures.append(np.where(lying, Posture.LYING, Posture.UPRIGHT))
        at.append(look)
    every = np.concatenate(at) if at else np.zeros(0, np.int64)
    box = np.concatenate(boxes) if at else np.zeros((0, 4))
    box = np.rint(box / np.tile(SIZE, 2) * SCALE).astype(np.int16)
    order = np.lexsort((*box.T[::-1], every))

    def column(parts: list[Any]) -> Any:
        return (np.concatenate(parts) if parts else np.zeros(0))[order]

    return Looks(
        SIZE,
        np.rint((start + np.arange(k) / RATE + rng.uniform(0, 0.01, k)) * 1e6).astype(np.int64),
        np.zeros(k, np.bool_),
        np.bincount(every, minlength=k).astype(np.int64),
        box[order],
        column(kinds).astype(np.uint8),
        column(postures).astype(np.uint8),
        np.rint(column(scores) * SCORES).astype(np.uint8),
    )
