"""The box of a sighting, steadied by those around it.

A walker's box breathes with their stride and the detector's mood, so the box of a sighting is
taken together with those half a second before and after it, their common movement taken out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats
from streetlamp.video.track.associate import Doubles

STEADY_SECONDS: Final = 0.5  # sightings this near steady a box
STEADY_REST: Final = 0.25  # share of them that may stick out of it at each side
STEADY_LEAST: Final = 0.75  # overlap with the box found, below which the thing itself changed


def around(times: Doubles, at: Doubles) -> Bools:
    """(m, n) which of the times (n,) are near enough to each of `at` (m,) to steady its box."""
    since = times > (at - STEADY_SECONDS - 1e-6)[:, None]
    return np.asarray(since & (times <= (at + STEADY_SECONDS)[:, None]))


def steadied(own: Floats, box: Floats, since: Doubles, near: Bools) -> Floats:
    """(m, 4) boxes as wide and high as the things were for most of the second around each.

    own (m, 4): the boxes to steady, pixels. box (m, n, 4): those of the same thing at other times,
    `since` (m, n) seconds after its own; near (m, n): which of them count, its own among them.
    """
    count = near.sum(axis=1)
    mean = np.where(near, since, 0.0).sum(axis=1) / count
    off = np.where(near, since - mean[:, None], 0.0)
    centre = (box[:, :, :2] + box[:, :, 2:]) / 2
    way = (off[:, :, None] * centre).sum(axis=1)
    velocity = way / np.maximum((off * off).sum(axis=1), 1e-9)[:, None]
    come = (since[:, :, None] * velocity[:, None]).astype(np.float32)
    # The far sides are negated: of all four sides the smallest is what sticks out the most.
    sides = np.concatenate([box[:, :, :2] - come, come - box[:, :, 2:]], axis=2)
    sides[~near] = np.inf
    sides.sort(axis=1)
    rest = np.rint(STEADY_REST * (count - 1)).astype(np.int64)
    out = sides[np.arange(len(own)), rest]
    np.negative(out[:, 2:], out=out[:, 2:])
    changed = _overlap(out, own) < STEADY_LEAST
    out[changed] = hull(out[changed], own[changed])
    return np.where((count < 3)[:, None], own, out)


def hull(a: Floats, b: Floats) -> Floats:
    """(n, 4) the boxes that cover both those of `a` (n, 4) and those of `b` (n, 4)."""
    low, high = np.minimum(a[:, :2], b[:, :2]), np.maximum(a[:, 2:], b[:, 2:])
    return np.concatenate([low, high], axis=1)


def _overlap(a: Floats, b: Floats) -> Floats:
    """(n,) intersection over union of each box of `a` (n, 4) and the same row's of `b` (n, 4)."""
    sides = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0)
    shared = sides[:, 0] * sides[:, 1]
    one, two = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    both = one[:, 0] * one[:, 1] + two[:, 0] * two[:, 1]
    return np.asarray(shared / np.maximum(both - shared, 1e-9))
