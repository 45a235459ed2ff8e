"""RF-DETR (Roboflow 2025): a fixed set of queries, each a box and class logits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streetlamp.values import Floats, Ints
from streetlamp.video.detect.base import DETECTORS, Array, Detector, Prepared
from streetlamp.video.detect.runtimes import Shape


@DETECTORS.add("rf-detr")
class RfDetr(Detector):
    """Outputs ``dets`` (n, queries, 4): centre, size as fractions; ``labels``: raw class logits.

    The published weights number their classes by COCO category (``"classes": "coco-91"``).
    """

    summary = "RF-DETR as its own export writes it"

    def layout(self) -> dict[str, Shape]:
        return {"dets": (None, None, 4), "labels": (None, None, len(self.manifest.classes))}

    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        (dets,), (logits,) = outputs
        logits = np.clip(logits[:, self.classes], -30, 30)
        scores = 1 / (1 + np.exp(-logits))
        at, column = np.nonzero(scores >= self.options.min_score)
        rows, columns = prepared.shape
        size = np.array([columns, rows], np.float32)
        centre, extent = dets[at, :2] * size, dets[at, 2:] * size
        box = np.concatenate([centre - extent / 2, centre + extent / 2], axis=1)
        return box.astype(np.float32), self.classes[column], scores[at, column].astype(np.float32)
