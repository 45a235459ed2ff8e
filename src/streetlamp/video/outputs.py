"""What goes between the stages of one camera's pipeline, and who looks at pictures."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

import av

from streetlamp.values import Floats, MaskedFrame, Tracks
from streetlamp.video.raw import WHOLE, Detections, Packet, View


class Looker(Protocol):
    """Whoever looks at pictures: the inference queue, or a stand-in in a test."""

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]: ...


@dataclass(frozen=True, slots=True)
class Now:
    """What is there now, right after a look: for the rules, which do not wait."""

    tracks: Tracks


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that has left the delay line, and what is in it."""

    frame: MaskedFrame
    tracks: Tracks


@dataclass(frozen=True, slots=True, eq=False)
class Undecoded:
    """A picture of a quiet GOP that has left the delay line without having been decoded.

    Should it be shown for itself, it must be decoded first, and these boxes hidden in it.
    """

    packet: Packet
    hide: Floats  # (k, 4) pixels, margins included; usually none
    tracks: Tracks
    reason: str  # why it must be hidden whole, "" if it need not


Output = Now | Shown | Undecoded


@dataclass(slots=True)
class Figures:
    """What the pipeline has done so far."""

    frames: int = 0
    looks: int = 0
    failed_looks: int = 0
    skipped_looks: int = 0
    whole_hidden: int = 0
    detector_error: str = ""
    decoded: int = 0  # pictures decoded from packets
    damaged: int = 0  # packets that could not be decoded
    gops_copied: int = 0
    gops_encoded: int = 0
    wakes: int = 0
    asleep: bool = False
    second_decoded: int = 0  # keyframes of the second stream that were decoded
    second_trouble: str = ""  # why it is not used, "" if it is or there is none
