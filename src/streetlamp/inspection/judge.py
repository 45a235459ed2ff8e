"""Whether somebody can be seen in a masked picture: the auditor's eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import av
import numpy as np

from streetlamp.inspection.blocks import detail, visible
from streetlamp.values import Floats, Kind
from streetlamp.video.detect import DetectOptions, Detector, load_detector

MODEL: Final = "movenet-people"
SCORE: Final = 0.4  # people fainter than this are not believed
HEAD: Final = 0.5  # share of a head that must show something, or it is hidden
SMALLEST: Final = 24.0  # pixels: nobody lower than this can be recognised

POWER: Final = 0.95
"""Chance that a look at a picture whose masks are off and in which somebody is finds it: a low
figure of those measured (``bench/audit.py``)."""
FALSE: Final = 0.004
"""Chance that a look at a well-hidden picture finds somebody all the same: a high figure of those
measured (``bench/audit.py``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Who can be seen in one picture: parallel arrays, strongest first."""

    box: Floats  # (n, 4) pixels
    score: Floats  # (n,) 0–1

    def __len__(self) -> int:
        return len(self.score)


class Judge:
    """Looks at masked pictures for people. `detector` must not be the one that hid them."""

    def __init__(self, detector: Detector) -> None:
        self.model = detector.manifest.name
        self._detector = detector

    @classmethod
    def load(cls) -> Judge:
        """The built-in auditor: one thread, because it works beside cameras."""
        options = DetectOptions(model=MODEL, threads=1, min_score=SCORE)
        return cls(load_detector(options, finds="leaks"))

    def look(self, picture: av.VideoFrame) -> Seen:
        """Everybody whose head shows. A mosaic that looks like somebody shows no head."""
        found = self._detector.look(picture)
        people = found.where((found.kind == Kind.PERSON) & (found.score >= SCORE))
        tall = people.box[:, 3] - people.box[:, 1] >= SMALLEST
        cells = detail(picture)
        shown = np.array([visible(cells, box) >= HEAD for box in people.box], np.bool_) & tall
        return Seen(people.box[shown], people.score[shown])
