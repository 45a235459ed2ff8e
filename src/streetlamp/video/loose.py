"""Possible people in a look that no track accounts for: hidden around the look that saw them."""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Floats, Kind
from streetlamp.video.raw import Detections
from streetlamp.video.shape import WHEELS
from streetlamp.video.track.associate import iou

LOOSE_SCORE: Final = 0.18  # a fainter person than this that belongs to no track is not hidden


def loose_of(detections: Detections, known: Floats) -> Detections:
    """Possible people, and two-wheelers with their riders, that no known box (n, 4) is.

    Faces are passed on as they are.
    """
    wheels = WHEELS[detections.kind]
    possible = (detections.kind == Kind.PERSON) | wheels
    faint = np.flatnonzero(possible & (detections.score >= LOOSE_SCORE))
    alone = iou(detections.box[faint], known).max(axis=1, initial=0.0) < 0.5
    keep = faint[alone]
    box, on_wheels = detections.box[keep], wheels[keep]
    box[on_wheels, 1] -= 0.5 * (box[on_wheels, 3] - box[on_wheels, 1])  # the rider sits above it
    return Detections(box, detections.kind[keep], detections.score[keep], detections.faces)
