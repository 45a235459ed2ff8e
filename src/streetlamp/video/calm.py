"""A look at a keyframe of a sleeping camera: at how much of it, and does what it found wake it?"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Bools, Floats, Kind
from streetlamp.video.coverage import TWO_WHEELERS, needed_scores
from streetlamp.video.loose import LOOSE_SCORE
from streetlamp.video.raw import Detections, Part
from streetlamp.video.track.associate import inside, iou

VEHICLE_SCORE: Final = 0.35  # a vehicle this sure that was not there before wakes the camera
SAME_SCORE: Final = 0.3  # from which somebody is believed where the picture did not change
SAME_PLACE: Final = 0.5  # overlap of a parked vehicle's box with the one found now
LARGEST_PLACE: Final = 0.3  # share of a side: what is larger is not looked at by itself
EDGE: Final = 4.0  # pixels from the edge of the part looked at: what touches it may go on beyond


def is_calm(
    found: Detections,
    known: Detections,
    furniture: Bools,
    size: tuple[int, int],
    part: Part | None = None,
    same: Bools | None = None,
) -> bool:
    """Whether a look found nothing to hide, and no vehicle that was not there before.

    known: what the look before found. furniture: (n,) which rows of `found` are. size: the whole
    picture's, pixels. part: the only part of it that was looked at. same: (n,) which rows lie where
    the picture is, but for noise, the one that was looked at before: no vehicle came there.
    """
    if len(found.faces):
        return False
    needed = np.maximum(LOOSE_SCORE, needed_scores(found.box, size))
    believed = ~furniture & (found.score >= needed)
    came = np.ones(len(found), np.bool_) if same is None else ~same
    for row in believed.nonzero()[0].tolist():
        box, kind, score = found.box[row], found.kind[row], found.score[row]
        if kind == Kind.PERSON:
            return False
        wakes = kind in TWO_WHEELERS or (score >= VEHICLE_SCORE and came[row])
        if wakes and not _stood(box, known.box, part):
            return False
    return True


def news(found: Detections, same: Bools) -> Detections:
    """What a look found, without what is faint where nothing changed.

    same: (n,) which rows of `found` lie where the picture is, but for noise, the one that was
    looked at before. What that look did not find is not there now either, unless it is found well:
    only the noise is another one.
    """
    doubtful = same & (found.score < SAME_SCORE)
    return found.where(~doubtful) if doubtful.any() else found


def _stood(box: Floats, known: Floats, part: Part | None) -> bool:
    """Whether something was known to stand where the box (4,) is, or what is seen of it."""
    if bool(np.any(iou(box[None], known) >= SAME_PLACE)):
        return True
    if part is None or not _is_cut(box, part):
        return False
    return bool(np.any(inside(box[None], known) >= SAME_PLACE))


def _is_cut(box: Floats, part: Part) -> bool:
    """Whether the thing may go on beyond the part looked at."""
    limit = np.array(part, np.float32)
    return bool(np.any(box[:2] - limit[:2] < EDGE) or np.any(limit[2:] - box[2:] < EDGE))


def quarter_around(place: tuple[float, float, float, float], size: tuple[int, int]) -> Part | None:
    """A part half as wide and high as a picture of `size`, with a place in it (shares) inside.

    None: the place is too large for that.
    """
    if max(place[2] - place[0], place[3] - place[1]) > LARGEST_PLACE:
        return None
    corner: list[int] = []
    far: list[int] = []
    for low, high, side in zip(place[:2], place[2:], size, strict=True):
        half = side // 4 * 2
        middle = round((low + high) / 2 * side)
        corner.append(min(max(0, middle - half // 2), side - half) // 2 * 2)
        far.append(corner[-1] + half)
    return corner[0], corner[1], far[0], far[1]
