"""Where a thing may be that was seen on one side of a moment only: lost, or not found yet.

Things are few, so plain numbers are quicker here than arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

GHOST_SECONDS: Final = 0.25  # how far a candidate is hidden forwards and backwards
VELOCITY_SECONDS: Final = 1.0  # sightings further from the last one do not tell how fast it goes
AT_EDGE: Final = 2.0  # pixels from the picture's edge at which a box touches it

Box = tuple[float, float, float, float]


def beyond(
    steady: Box,
    own: Box,
    core: Box,
    velocity: tuple[float, float],
    dt: float,
    lost: bool,
    size: tuple[int, int],
) -> tuple[Box, float] | None:
    """The region of a thing in a picture of `size`, and its spread; None: it is gone.

    Of its sighting the boxes steadied, of the tracker and of the detector, and the `velocity` there
    in pixels a second: `dt` seconds ago if it is lost, or else after so many, negative.
    """
    right, down = velocity
    x1, y1, x2, y2 = steady
    if lost and dt > GHOST_SECONDS and _leaving(own, velocity, size):
        return None
    # Whoever was walking is still somewhere on the way; less and less where they were.
    reach = y2 - y1
    dx, dy = (min(max(way * dt, -reach), reach) for way in (right, down))
    left = min(0.5, max(0.0, dt - 0.3))
    box = (
        x1 + min(left * dx, dx),
        y1 + min(left * dy, dy),
        x2 + max(left * dx, dx),
        y2 + max(left * dy, dy),
    )
    if lost and dt <= GHOST_SECONDS:  # later the region is large enough without
        box = covering(box, core)
    return box, min(0.35, (0.35 if lost else 0.7) * abs(dt))


def speed(
    sightings: NDArray[np.void], times: Sequence[float], column: int, *, before: bool
) -> tuple[float, float]:
    """Pixels a second, right and down, of a thing's centre, at its sighting in a column.

    Told by that one and up to three before it, or after it, none of them long from it: who was
    found again later went elsewhere meanwhile. sightings (looks,): its own; times: of the looks.
    """
    seen = sightings["seen"]
    if before:
        some = seen[: column + 1].nonzero()[0][-4:].tolist()
    else:
        some = [column + one for one in seen[column:].nonzero()[0][:4].tolist()]
    some = [one for one in some if abs(times[one] - times[column]) <= VELOCITY_SECONDS]
    first, last = some[0], some[-1]
    dt = times[last] - times[first]
    if dt <= 0.0:
        return 0.0, 0.0
    boxes = sightings["box"]
    x1, y1, x2, y2 = (boxes[last] - boxes[first]).tolist()
    return (x1 + x2) / (2.0 * dt), (y1 + y2) / (2.0 * dt)


def covering(a: Sequence[float], b: Sequence[float]) -> Box:
    """The box that covers both."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _leaving(box: Box, velocity: tuple[float, float], size: tuple[int, int]) -> bool:
    """Whether a box touches the picture's edge and moves out over it."""
    (right, down), (width, height) = velocity, size
    return (
        (box[0] <= AT_EDGE and right < 0.0)
        or (box[1] <= AT_EDGE and down < 0.0)
        or (box[2] >= width - AT_EDGE and right > 0.0)
        or (box[3] >= height - AT_EDGE and down > 0.0)
    )
