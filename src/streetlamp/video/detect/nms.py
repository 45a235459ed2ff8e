"""Non-maximum suppression: of several boxes of one thing, keep the strongest."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from streetlamp.values import Floats, Ints, Kind

_GROUP = np.zeros(len(Kind), np.int64)
# A thing is a person, or on two wheels, or on four: a lorry that is also called a car is one thing.
_GROUP[[Kind.BICYCLE, Kind.MOTORCYCLE]] = 1
_GROUP[[Kind.CAR, Kind.BUS, Kind.TRUCK]] = 2


def suppress(box: Floats, kind: Ints, score: Floats, overlap: float, limit: int = 5000) -> Ints:
    """Indices of the boxes that stay, strongest first.

    ``box`` (n, 4), ``kind`` (n,), ``score`` (n,). A box goes when a stronger one of its group
    (people; two-wheelers; cars, buses and lorries) overlaps it by more than ``overlap``
    (intersection over union). Only the strongest ``limit`` candidates are considered: a dense
    street gives 1,500, and too low a limit loses the weak boxes of small people first.
    """
    if len(score) == 0:
        return np.zeros(0, np.int64)
    corner = np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], axis=1)
    # OpenCV's loop takes 1.5 ms for 1,500 boxes; the same in NumPy took 40.
    boxes: Any = corner.astype(np.float64)  # the stubs say lists, arrays are taken as they are
    scores: Any = score
    group: Any = _GROUP[kind].astype(np.int32)
    kept = cv2.dnn.NMSBoxesBatched(boxes, scores, group, 0.0, overlap, top_k=limit)
    return np.asarray(kept, np.int64).reshape(-1)
