"""Ways between two looks that nobody saw, where two people may have been taken for one another.

Looks half a second apart tell poorly who went where: two who walk close together are one box in
one look and two in the next, and two who meet and turn look like two who passed each other. So
between such looks all ways are hidden that may have been gone, not only the likeliest.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats, Ints
from streetlamp.video.steady import hull
from streetlamp.video.track.associate import Doubles, inside

SELDOM: Final = 0.35  # s between two looks from which it is not clear who went where
PACE: Final = 0.8  # own heights a second that somebody may have walked: 1.4 m/s …
BESIDE: Final = 0.1  # … from so many heights beside the box: it was drawn around another one


def ways(
    before: Floats, its: Ints, after: Floats, theirs: Ints, gap: float, share: Doubles
) -> tuple[Floats, Ints]:
    """Boxes (k, 4) to hide at some moments between two looks, and (k,) of which moment each is.

    before (n, 4), its (n,): boxes and ids in the look before; after (m, 4), theirs (m,): in the
    look after, `gap` seconds later. share (t,): how far each moment lies between them, 0 to 1.

    A way leads from one box to another of another id, if it can be walked, and if one of both was
    not found in the other look, or if the two were close in either: they may have been mixed up.
    """
    start, end = _mixed(before, its, after, theirs, gap)
    here = (share > 0.0) & (share < 1.0)
    moment = here.nonzero()[0]
    if not (len(start) and len(moment)):
        return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    a, b = before[start], after[end]
    along = share[moment].astype(np.float32)[:, None, None]
    way = a + (b - a) * along  # (moments, ways, 4)
    # Each keeps its own size and height on the way: half of somebody may have been hidden.
    middle = (way[..., 0] + way[..., 2]) / 2
    for box in (a, b):
        at = np.broadcast_to(box, way.shape).copy()
        to = middle - (box[:, 0] + box[:, 2]) / 2
        at[..., 0] += to
        at[..., 2] += to
        way = hull(way.reshape(-1, 4), at.reshape(-1, 4)).reshape(way.shape)
    return way.reshape(-1, 4).astype(np.float32), np.repeat(moment, len(start))


def _mixed(before: Floats, its: Ints, after: Floats, theirs: Ints, gap: float) -> tuple[Ints, Ints]:
    """Rows (k,) of `before` and rows (k,) of `after` between which such a way leads."""
    if not (len(its) and len(theirs)):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    same = its[:, None] == theirs
    lost, found = ~same.any(axis=1), ~same.any(axis=0)
    doubt: Bools = lost[:, None] | found
    if same.any():
        # (n, n) and (m, m) who were close; carried to the pairs of the other look by their ids
        doubt = doubt | (_close(before) @ same) | (same @ _close(after))
    height = np.maximum((before[:, 3] - before[:, 1])[:, None], after[:, 3] - after[:, 1])
    centre = (before[:, :2] + before[:, 2:]) / 2, (after[:, :2] + after[:, 2:]) / 2
    apart = np.abs(centre[0][:, None] - centre[1])
    walked = apart[..., 0] <= (PACE * gap + BESIDE) * height
    walked &= np.abs(before[:, 3][:, None] - after[:, 3]) <= (PACE * gap + BESIDE) * height
    rows, columns = (doubt & walked & ~same).nonzero()
    return rows, columns


def _close(box: Floats) -> Bools:
    """(n, n) who stands so close to whom that a look may take them for one another."""
    wide = box.copy()
    by = (box[:, 2] - box[:, 0]) / 4
    wide[:, 0] -= by
    wide[:, 2] += by
    near = inside(wide, wide) > 0.0
    np.fill_diagonal(near, False)
    return np.asarray(near, np.bool_)
