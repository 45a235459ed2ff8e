"""Non-maximum suppression: of several boxes of one thing, keep the strongest."""

from __future__ import annotations

import numpy as np

from streetlamp.values import Floats, Ints, Kind

_GROUP = np.zeros(len(Kind), np.int64)
# A thing is a person, or on two wheels, or on four: a lorry that is also called a car is one thing.
_GROUP[[Kind.BICYCLE, Kind.MOTORCYCLE]] = 1
_GROUP[[Kind.CAR, Kind.BUS, Kind.TRUCK]] = 2


def suppress(box: Floats, kind: Ints, score: Floats, overlap: float, limit: int = 400) -> Ints:
    """Indices of the boxes that stay, strongest first.

    ``box`` (n, 4), ``kind`` (n,), ``score`` (n,). A box goes when a stronger one of its group
    (people; two-wheelers; cars, buses and lorries) overlaps it by more than ``overlap``
    (intersection over union). Only the strongest ``limit`` candidates are considered.
    """
    order = np.argsort(-score, kind="stable")[:limit]
    if len(order) == 0:
        return order.astype(np.int64)
    b = box[order]
    group = _GROUP[kind[order]]
    area = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    low = np.maximum(b[:, None, :2], b[None, :, :2])
    high = np.minimum(b[:, None, 2:], b[None, :, 2:])
    side = np.maximum(high - low, 0)
    shared = side[..., 0] * side[..., 1]
    union = area[:, None] + area[None, :] - shared
    rival = (shared > overlap * np.maximum(union, 1e-9)) & (group[:, None] == group[None, :])
    stays = np.ones(len(order), bool)
    for i in range(len(order)):
        if stays[i]:
            stays[i + 1 :] &= ~rival[i, i + 1 :]
    return order[stays].astype(np.int64)
