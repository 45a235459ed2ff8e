"""What goes to and fro between the inference queue, its detector and those who ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import av

from streetlamp.errors import StreetlampError
from streetlamp.video.detect.base import Prepared
from streetlamp.video.raw import WHOLE, Detections, View


class InferenceStoppedError(StreetlampError):
    """The queue takes no pictures now: it was closed, or its detector is away for a while."""


class InferenceFullError(StreetlampError):
    """There was no room in the queue for as long as the caller would wait."""


class LookReplacedError(StreetlampError):
    """Nobody had looked at this picture yet when a newer one of its camera came."""


class Looks(Protocol):
    """What the queue needs of a detector."""

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared: ...

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]: ...


@dataclass(frozen=True, slots=True)
class InferenceStats:
    """How the queue does. Sums count from its start."""

    alive: bool  # False: closed, or away for a while: whoever asks gets InferenceStoppedError
    waiting: int  # requests nobody works on yet
    working: int  # requests in a batch that is being looked at
    longest: float  # seconds the oldest unanswered request has been here: a hung model shows here
    looked: int  # pictures answered
    failed: int  # pictures answered with an error
    batches: int
    busy: float  # seconds spent in the detector, all workers together
    error: str  # the last one, "" if there was none
    asked: int = 0  # looks asked for, those refused and those replaced among them
    replaced: int = 0  # given up because a newer picture of the camera came first
    waited: float = 0.0  # seconds that pictures waited for a worker, together
    threads: int = 1
    hung: int = 0  # workers left behind that still hang
    restarts: int = 0  # fresh detectors made after the first
    message: str = ""  # why nobody looks, and when it is tried again; "" while all is well


def infer(detector: Looks, batch: list[Prepared]) -> list[Detections] | BaseException:
    """What the detector says, or what it raised: carried to whoever asked, who raises it."""
    try:
        found = detector.infer(batch)
    except BaseException as error:  # noqa: BLE001 - carried, see above
        return error
    if not isinstance(found, list) or not all(isinstance(one, Detections) for one in found):
        return TypeError("the detector's answer is not a list of detections")
    if len(found) != len(batch):
        return ValueError(f"the detector gave {len(found)} answers for {len(batch)} pictures")
    return found
