"""YOLOX (Ge et al. 2021): anchor-free cells with a box, an objectness and class scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streetlamp.values import Floats, Ints
from streetlamp.video.detect.base import DETECTORS, Array, Detector, Prepared
from streetlamp.video.detect.kinds.nanodet import anchors
from streetlamp.video.detect.runtimes import Shape


@DETECTORS.add("yolox")
class YoloX(Detector):
    """One output (n, cells, 5 + classes): x, y, w, h, objectness, scores (after the sigmoid).

    Without ``decoded`` in the manifest, x and y are offsets in their cell and w and h logarithms,
    both in strides, as upstream's export writes them.
    """

    summary = "YOLOX as its own export writes it"

    def layout(self) -> dict[str, Shape]:
        return {"output": (None, None, 5 + len(self.manifest.classes))}

    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        (rows,) = outputs[0]
        scores = rows[:, 4:5] * rows[:, 5:][:, self.classes]
        at, column = np.nonzero(scores >= self.options.min_score)
        centre, size = rows[at, :2], rows[at, 2:4]
        if not self.manifest.output.decoded:
            cells = anchors(prepared.shape, self.manifest.output.strides, 0.0)[at]
            centre = centre * cells[:, 2:] + cells[:, :2]
            # A box of e^12 strides is wider than any picture; more would overflow.
            size = np.exp(np.minimum(size, 12)) * cells[:, 2:]
        box = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
        return box.astype(np.float32), self.classes[column], scores[at, column].astype(np.float32)
