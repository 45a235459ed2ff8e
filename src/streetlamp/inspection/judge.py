"""Whether somebody can be seen in a masked picture: the auditor's eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np

from streetlamp.inspection.blocks import detail, visible
from streetlamp.values import Bools, Floats, Kind
from streetlamp.video.detect import DetectOptions, Detector, load_detector
from streetlamp.video.track.associate import iou

MODEL: Final = "movenet-people"
SCORE: Final = 0.35  # people fainter than this are not believed
SECOND: Final = "nanodet-g"
SECOND_SIDE: Final = 768  # pixels: larger than it looks when it hides people
SECOND_SCORE: Final = 0.2
AGREE: Final = 0.3  # intersection over union of the two models' boxes
HEAD: Final = 0.2  # share of a head's place that shows something: a bare wall around it shows none
SMALLEST: Final = 24.0  # pixels: nobody lower than this can be recognised

POWER: Final = 0.95
"""Chance that a look at a picture whose masks are off and in which somebody is finds it: below all
that were measured (``bench/audit.py``)."""
FALSE: Final = 0.0005
"""Chance that a look at a well-hidden picture finds somebody all the same. None was measured in
1,904 looks (``bench/audit.py``); this is what Laplace's rule makes of that."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Who can be seen in one picture: parallel arrays, strongest first."""

    box: Floats  # (n, 4) pixels
    score: Floats  # (n,) 0–1
    sure: Bools  # (n,) both models see somebody there

    def __len__(self) -> int:
        return len(self.score)

    def where(self, mask: Any) -> Seen:
        """The rows a boolean mask picks."""
        return Seen(self.box[mask], self.score[mask], self.sure[mask])


class Judge:
    """Looks at masked pictures for people.

    eye: must not be the model that hid them, or both are blind for the same people. second: may be;
    it only says which sightings are beyond doubt.
    """

    def __init__(self, eye: Detector, second: Detector) -> None:
        self.model = eye.manifest.name
        self._eye = eye
        self._second = second

    @classmethod
    def load(cls) -> Judge:
        """The built-in auditor: one thread, because it works beside cameras."""
        eye = DetectOptions(model=MODEL, threads=1, min_score=SCORE)
        second = DetectOptions(model=SECOND, threads=1, min_score=SECOND_SCORE, input=SECOND_SIDE)
        return cls(load_detector(eye, finds="leaks"), load_detector(second))

    def look(self, picture: av.VideoFrame) -> Seen:
        """Everybody whose head shows. A mosaic that looks like somebody shows no head."""
        box, score = _people(self._eye, picture, SCORE)
        tall = box[:, 3] - box[:, 1] >= SMALLEST
        box, score = box[tall], score[tall]
        if not len(box):
            return Seen(box, score, np.zeros(0, np.bool_))
        cells = detail(picture)
        shown = np.array([visible(cells, one) >= HEAD for one in box], np.bool_)
        box, score = box[shown], score[shown]
        if not len(box):  # nearly always: the second model's work is saved
            return Seen(box, score, np.zeros(0, np.bool_))
        again, _ = _people(self._second, picture, SECOND_SCORE)
        agree = np.asarray((iou(box, again) >= AGREE).any(axis=1))
        return Seen(box, score, agree)


def _people(detector: Detector, picture: av.VideoFrame, least: float) -> tuple[Floats, Floats]:
    found = detector.look(picture)
    people = (found.kind == Kind.PERSON) & (found.score >= least)
    return found.box[people], found.score[people]
