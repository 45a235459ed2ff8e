"""Which boxes of a look may be vehicles, however faint, and which of those may be somebody."""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats, Kind
from streetlamp.video.raw import Detections
from streetlamp.video.shape import TWO_WHEELERS, among
from streetlamp.video.track.associate import area, iou, overlap

DRIVES: Final = among({Kind.CAR, Kind.BUS, Kind.TRUCK})  # by kind
SOMEBODY: Final = among({Kind.PERSON, *TWO_WHEELERS})
LEAST: Final = 0.1  # score below which a box is no sign of anything
SAME: Final = 0.5  # overlap (IoU) of two boxes from which they are one vehicle …
WITHIN: Final = 0.5  # … and the share of the smaller one in the other from which it is a part
MEETS: Final = 0.3  # overlap (IoU) with a person's box from which a vehicle may be that person


def sift(found: Detections, sure: float) -> Detections:
    """The boxes of cars, buses and trucks, strongest first.

    Of a box and its parts one is left, but for those with a score of ``sure``: one vehicle may
    stand before another.
    """
    rows = (DRIVES.take(found.kind) & (found.score >= LEAST)).nonzero()[0]
    rows = rows[np.argsort(-found.score[rows], kind="stable")]
    rows = rows[_first_of_each(found.box[rows]) | (found.score[rows] >= sure)]
    return Detections(found.box[rows], found.kind[rows], found.score[rows])


def somebody(box: Floats, found: Detections) -> Floats:
    """(n,) the best score of a person, or a two-wheeler, found where boxes (n, 4) are; else 0."""
    rows = SOMEBODY.take(found.kind).nonzero()[0]
    meets = iou(box, found.box[rows]) >= MEETS
    return np.asarray((meets * found.score[rows]).max(axis=1, initial=0.0), np.float32)


def _first_of_each(box: Floats) -> Bools:
    """(n,) which boxes (n, 4) are not those of a thing that has one already."""
    shared, areas = overlap(box, box), np.maximum(area(box), 1e-9)
    least = np.minimum(areas[:, None], areas)
    one = (shared >= WITHIN * least) | (shared >= SAME / (1 + SAME) * (areas[:, None] + areas))
    keep = np.ones(len(box), np.bool_)
    for row in range(1, len(box)):
        keep[row] = not (one[row, :row] & keep[:row]).any()
    return keep
