"""D-FINE (Peng et al. 2024): a fixed set of boxes, already decoded in the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streetlamp.values import Floats, Ints
from streetlamp.video.detect.base import DETECTORS, Array, Detector, Prepared
from streetlamp.video.detect.runtimes import Shape


@DETECTORS.add("d-fine")
class DFine(Detector):
    """Outputs ``labels`` (n, queries), ``boxes`` (n, queries, 4) and ``scores`` (n, queries).

    Inputs: the picture, and the size (width, height) the boxes are to be given in; the latter is
    the model's input, so that boxes come back as for every other layout.
    """

    summary = "D-FINE (and other models of the RT-DETR family) as their own export writes them"

    def layout(self) -> dict[str, Shape]:
        return {"labels": (None, None), "boxes": (None, None, 4), "scores": (None, None)}

    def input_shapes(self) -> tuple[Shape, ...]:
        return (*super().input_shapes(), (None, 2))

    def arrays(self, prepared: Prepared) -> list[Array]:
        rows, columns = prepared.shape
        return [*super().arrays(prepared), np.array([[columns, rows]], np.int64)]

    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        (labels,), (boxes,), (scores,) = outputs
        keep = (scores >= self.options.min_score) & np.isin(labels, self.classes)
        return (
            boxes[keep].astype(np.float32),
            labels[keep].astype(np.int64),
            scores[keep].astype(np.float32),
        )
