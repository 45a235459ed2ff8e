"""Possible people in a look that no track accounts for: hidden around the look that saw them."""

from __future__ import annotations

from typing import Final

from streetlamp.values import Floats, Kind
from streetlamp.video.raw import Detections
from streetlamp.video.shape import TWO_WHEELERS, WHEELS, among
from streetlamp.video.track.associate import iou

LOOSE_SCORE: Final = 0.18  # a fainter person than this that belongs to no track is not hidden
_POSSIBLE: Final = among({Kind.PERSON, *TWO_WHEELERS})  # by kind


def loose_of(detections: Detections, known: Floats) -> Detections:
    """Possible people, and two-wheelers with their riders, that no known box (n, 4) is.

    Faces are passed on as they are.
    """
    kind = detections.kind
    possible = _POSSIBLE.take(kind)
    possible &= detections.score >= LOOSE_SCORE
    faint = possible.nonzero()[0]
    alone = iou(detections.box.take(faint, axis=0), known).max(axis=1, initial=0.0) < 0.5
    keep = faint[alone]
    box, kind = detections.box.take(keep, axis=0), kind.take(keep)
    wheels = WHEELS.take(kind).nonzero()[0]
    if len(wheels):
        box[wheels, 1] -= 0.5 * (box[wheels, 3] - box[wheels, 1])  # the rider sits above it
    return Detections(box, kind, detections.score.take(keep), detections.faces)
