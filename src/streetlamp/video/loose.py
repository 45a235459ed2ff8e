"""Possible people in a look that no track accounts for: hidden around the look that saw them."""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Floats, Kind
from streetlamp.video.coverage import TWO_WHEELERS
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import iou

LOOSE_SCORE: Final = 0.18  # a fainter person than this that belongs to no track is not hidden


def loose_of(detections: Detections, known: Floats) -> Detections:
    """Possible people, and two-wheelers with their riders, that no known box (n, 4) is.

    Faces are passed on as they are.
    """
    wheels = np.isin(detections.kind, list(TWO_WHEELERS))
    possible = (detections.kind == Kind.PERSON) | wheels
    faint = possible & (detections.score >= LOOSE_SCORE)
    alone = iou(detections.box, known).max(axis=1, initial=0.0) < 0.5
    box = detections.box.copy()
    box[wheels, 1] -= 0.5 * (box[wheels, 3] - box[wheels, 1])  # the rider sits above it
    keep = faint & alone
    return Detections(box[keep], detections.kind[keep], detections.score[keep], detections.faces)
