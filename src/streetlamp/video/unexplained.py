"""Motion that no known thing explains is hidden too (DESIGN, fail closed)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Floats
from streetlamp.video.coverage import Cover
from streetlamp.video.motion import Motion
from streetlamp.video.options import HideOptions

MOTION_SPAN: Final = 0.25  # seconds on either side in which unexplained motion must last
SMALLEST: Final = 3  # cells: a smaller patch is noise, an insect, a leaf
LARGEST_SHARE: Final = 0.4  # more of the picture than this is light or the camera, not a person


def unexplained(cells: Sequence[Bools], known: Floats, size: tuple[int, int]) -> Floats:
    """Boxes (k, 4) in pixels around patches that move for a while and that nothing known covers.

    cells: the moving blocks of the picture in the middle and of its neighbours in time, all the
    same shape; a block counts when it moves in at least half of them. known: (n, 4) boxes of
    what is hidden or is a vehicle.
    """
    if not cells or not cells[0].size:
        return np.zeros((0, 4), np.float32)
    lasting: Bools = np.asarray(2 * np.sum(cells, axis=0, dtype=np.int16) >= len(cells))
    many = int(np.count_nonzero(lasting))
    if many < SMALLEST or many > LARGEST_SHARE * lasting.size:
        return np.zeros((0, 4), np.float32)
    rows, columns = lasting.shape
    sx, sy = size[0] / columns, size[1] / rows
    explained = np.zeros_like(lasting)
    for x1, y1, x2, y2 in known:
        explained[
            max(0, int(y1 / sy - 1)) : max(0, int(np.ceil(y2 / sy)) + 1),
            max(0, int(x1 / sx - 1)) : max(0, int(np.ceil(x2 / sx)) + 1),
        ] = True
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        lasting.astype(np.uint8), connectivity=8
    )
    boxes: list[list[float]] = []
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        if area < SMALLEST:
            continue
        part = slice(y, y + h), slice(x, x + w)
        if np.count_nonzero((labels[part] == label) & explained[part]) > 0.3 * area:
            continue
        boxes.append([(x - 1) * sx, (y - 1) * sy, (x + w + 1) * sx, (y + h + 1) * sy])
    return np.array(boxes, np.float32).reshape(-1, 4)


def with_unexplained(
    cover: Cover, motions: Sequence[Motion], size: tuple[int, int], options: HideOptions
) -> Floats:
    """All boxes (k, 4) to hide in a picture: the cover's, and those of unexplained motion.

    motions: of the picture and its neighbours within `MOTION_SPAN`, all of its scene.
    """
    if not options.unexplained_motion:
        return cover.hide
    known = np.concatenate([cover.hide, cover.vehicles])
    cells = [motion.cells for motion in motions]
    return np.concatenate([cover.hide, unexplained(cells, known, size)])
