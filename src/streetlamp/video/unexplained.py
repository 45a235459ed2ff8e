"""Motion that no known thing explains is hidden too (DESIGN, fail closed)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Floats
from streetlamp.video.coverage import Cover
from streetlamp.video.motion import Motion, marked, spans
from streetlamp.video.options import HideOptions

MOTION_SPAN: Final = 0.25  # seconds on either side in which unexplained motion must last
SMALLEST: Final = 3  # cells: a smaller patch is noise, an insect, a leaf
LARGEST_SHARE: Final = 0.4  # more of the picture than this is light or the camera, not a person


def unexplained(
    cells: Sequence[Bools], known: Floats, size: tuple[int, int], slack: int = 1
) -> Floats:
    """Boxes (k, 4) in pixels around patches that move for a while and that nothing known covers.

    cells: the moving blocks of the picture in the middle and of its neighbours in time, all the
    same shape; a block counts when it moves in at least half of them. known: (n, 4) boxes of
    what is hidden or is a vehicle; they explain what moves up to `slack` blocks beside them too.
    What reaches out from a known box further than that is a patch of its own: one box may stand
    for two people.
    """
    if not cells or not cells[0].size:
        return np.zeros((0, 4), np.float32)
    lasting: Bools = np.asarray(2 * np.sum(cells, axis=0, dtype=np.int16) >= len(cells))
    many = int(np.count_nonzero(lasting))
    if many < SMALLEST or many > LARGEST_SHARE * lasting.size:
        return np.zeros((0, 4), np.float32)
    rest = lasting & ~marked(spans(known, size, lasting.shape, slack), lasting.shape)
    if np.count_nonzero(rest) < SMALLEST:
        return np.zeros((0, 4), np.float32)
    _, _, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8), connectivity=8)
    news = stats[:, cv2.CC_STAT_AREA] >= SMALLEST
    news[0] = False  # all that does not move
    patches = stats[news, : cv2.CC_STAT_AREA]  # x y w h
    low, high = patches[:, :2] - 1, patches[:, :2] + patches[:, 2:] + 1
    side = size[0] / lasting.shape[1], size[1] / lasting.shape[0]  # pixels
    boxes: Floats = (np.concatenate([low, high], axis=1) * (side * 2)).astype(np.float32)
    return boxes


def with_unexplained(
    cover: Cover,
    motions: Sequence[Motion],
    size: tuple[int, int],
    options: HideOptions,
    *,
    seldom: bool = False,
) -> Floats:
    """All boxes (k, 4) to hide in a picture: the cover's, and those of unexplained motion.

    motions: of the picture and its neighbours within `MOTION_SPAN`, all of its scene. seldom: the
    looks around it are far apart, so that a known box explains only what moves in it.
    """
    if not options.unexplained_motion:
        return cover.hide
    known = np.concatenate([cover.hide, cover.vehicles])
    cells = [motion.cells for motion in motions]
    return np.concatenate([cover.hide, unexplained(cells, known, size, 0 if seldom else 1)])
