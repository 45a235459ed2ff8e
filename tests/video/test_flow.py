"""Cars that are new on a road are looked for where the road takes them."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Kind
from streetlamp.video.raw import Detections
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker

APART, STEP = 40.0, 26.0  # pixels from car to car, and from look to look: the next car is nearer
LOOK = 1 / 3  # seconds


def _road(kind: Kind, looks: int, lanes: int = 3) -> list[Detections]:
    """Lanes of evenly spaced things, 28 × 20 px, that come in at the right and go to the left.

    The first ones are alone, far apart, so that there is something to go by.
    """
    made = []
    for n in range(looks):
        boxes = []
        for lane in range(lanes):
            for car in range(60):
                x = 620 + 17 * lane + car * APART + 120 * min(car, 3) - n * STEP
                if 0 < x < 640:
                    boxes.append([x - 14, 100 + 30 * lane, x + 14, 120 + 30 * lane])
        box = np.array(boxes, np.float32).reshape(-1, 4)
        made.append(Detections(box, np.full(len(box), int(kind)), np.full(len(box), 0.9)))
    return made


def _backwards(looks: list[Detections]) -> int:
    """Tracks that ended to the right of where they began."""
    tracker = Tracker("road", TrackOptions(), seed=1)
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for n, found in enumerate(looks):
        tracks = tracker.update(found, 1000 + n * LOOK, n + 1, (640, 480)).tracks
        for id_, box in zip(tracks.id.tolist(), tracks.box.tolist(), strict=True):
            first.setdefault(id_, box[0])
            last[id_] = box[0]
    return sum(last[id_] > first[id_] + 5 for id_ in first)


def test_the_next_car_is_not_taken_for_the_one_before() -> None:
    assert _backwards(_road(Kind.CAR, 60)) == 0


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.BICYCLE])
def test_people_are_not_told_where_to_go(kind: Kind) -> None:
    assert _backwards(_road(kind, 60)) > 0
