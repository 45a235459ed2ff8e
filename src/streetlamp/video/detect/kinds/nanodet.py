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
        spec, classes = self.manifest.output, self.classes
        scores = rows[:, : len(self.manifest.classes)]
        if len(classes) < scores.shape[1]:
            scores = scores[:, classes]
        at, column = np.nonzero(scores >= self.options.min_score)
        width = (rows.shape[1] - len(self.manifest.classes)) // 4
        picked = rows[at, len(self.manifest.classes) :].reshape(len(at), 4, width)
        picked = np.exp(picked - picked.max(axis=2, keepdims=True))
        bins = np.arange(width, dtype=np.float32)
        place = anchors(prepared.shape, spec.strides, spec.centre)[at]
        sides = picked @ bins / picked.sum(axis=2) * place[:, 2:]
        box = np.concatenate([place[:, :2] - sides[:, :2], place[:, :2] + sides[:, 2:]], axis=1)
        return box.astype(np.float32), classes[column], scores[at, column].astype(np.float32)
