"""NanoDet (RangiLyu 2020): anchor points with class scores and binned side distances.

The distances follow Generalized Focal Loss (Li et al. 2020): each side is a distribution over
whole strides, and its mean is the distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from streetlamp.values import Floats, Ints
from streetlamp.video.detect.base import DETECTORS, Array, Detector, Prepared
from streetlamp.video.detect.runtimes import Shape


@lru_cache(maxsize=16)
def anchors(shape: tuple[int, int], strides: tuple[int, ...], centre: float) -> Floats:
    """x, y and stride of every anchor point, (a, 3), row by row and level by level."""
    levels = []
    for stride in strides:
        rows, columns = (-(-n // stride) for n in shape)
        y, x = np.mgrid[:rows, :columns].reshape(2, -1)
        at = ((x + centre) * stride, (y + centre) * stride, np.full(x.shape, stride))
        levels.append(np.stack(at, axis=1))
    table = np.concatenate(levels).astype(np.float32)
    table.flags.writeable = False
    return table


@DETECTORS.add("nanodet")
class NanoDet(Detector):
    """One output (n, anchors, classes + 4 × bins): scores after the sigmoid, raw bins."""

    summary = "NanoDet and NanoDet-Plus as their own export writes them"

    def layout(self) -> dict[str, Shape]:
        found = next(iter(self.runtime.outputs.values()), ())
        classes = len(self.manifest.classes)
        rest = (found[-1] if found else None) or 0
        # Any number of bins will do: upstream trains 8 or 11, and the width tells which.
        fits = rest > classes and (rest - classes) % 4 == 0 and rest - classes <= 4 * 33
        return {"output": (None, None, rest if fits else classes + 44)}

    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        (rows,) = outputs[0]
        spec, classes, named = self.manifest.output, self.classes, len(self.manifest.classes)
        scores = rows[:, :named] if len(classes) == named else rows[:, classes]
        scores = np.ascontiguousarray(scores).reshape(-1)
        found = (scores >= self.options.min_score).nonzero()[0]
        at = found // len(classes)
        # A place that is found under two classes has one box.
        fresh = np.ones(len(at), bool)
        fresh[1:] = at[1:] != at[:-1]
        # Bins first, boxes last: NumPy's inner loop then runs over boxes.
        picked = np.ascontiguousarray(rows[at[fresh], named:].T)
        width = len(picked) // 4
        picked = picked.reshape(4, width, -1)
        picked -= picked.max(axis=1, keepdims=True)
        np.exp(picked, out=picked)
        sides = np.einsum("b,sbn->sn", np.arange(width, dtype=np.float32), picked)
        sides /= picked.sum(axis=1)
        place = anchors(prepared.shape, spec.strides, spec.centre)[at[fresh]]
        sides *= place[:, 2]
        box = np.concatenate([place[:, :2] - sides[:2].T, place[:, :2] + sides[2:].T], axis=1)
        box = box[fresh.cumsum() - 1].astype(np.float32, copy=False)
        return box, classes[found - at * len(classes)], scores[found].astype(np.float32)
