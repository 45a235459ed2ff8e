"""Objects as points (Zhou et al. 2019): a map of things' middles, and a box around each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streetlamp.values import Floats, Ints
from streetlamp.video.detect.base import DETECTORS, Array, Detector, Prepared
from streetlamp.video.detect.kinds.nanodet import anchors
from streetlamp.video.detect.runtimes import Shape


@DETECTORS.add("centernet")
class CenterNet(Detector):
    """One output (n, cells, classes + 4): scores after the sigmoid, then height, width, and how far
    down and right of its cell's corner the middle is, all in strides. One stride.
    """

    summary = "CenterNet with boxes, as tools/build_movenet.py writes it"

    def layout(self) -> dict[str, Shape]:
        return {"output": (None, None, len(self.manifest.classes) + 4)}

    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        (rows,) = outputs[0]
        scores = rows[:, self.classes]
        at, column = np.nonzero(scores >= self.options.min_score)
        stride = self.manifest.output.strides[0]
        corner = anchors(prepared.shape, (stride,), 0.0)[at, :2]
        found = rows[at, len(self.manifest.classes) :] * stride
        size, middle = found[:, 1::-1], corner + found[:, :1:-1]
        box = np.concatenate([middle - size / 2, middle + size / 2], axis=1)
        return box.astype(np.float32), self.classes[column], scores[at, column].astype(np.float32)
