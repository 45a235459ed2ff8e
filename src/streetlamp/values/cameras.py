"""How a camera does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streetlamp.health import Reason


class CameraState(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"  # between two tries
    ENDED = "ended"  # a file played once to its end
    FAILED = "failed"  # will not be tried again: the settings are wrong


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How one camera does, for the desk and the terminal."""

    camera: str
    state: CameraState
    since: float
    message: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    looks_per_second: float = 0.0
    hidden_share: float = 0.0  # of the picture, last second's mean
    whole_hidden: str = ""  # reason, "" if the picture is not wholly hidden
    recording: bool = False
    last_frame: float = 0.0
    last_packet: float = 0.0  # when something of its stream came last, POSIX seconds by our clock …
    behind: float = 0.0  # … and how many seconds of it were not shown by then
    restarts: int = 0
    asleep: bool = False  # nothing happens: only keyframes are decoded
    trouble: Reason | None = None  # why it is not live; None while it is, or at its first try
    clock_offset: float | None = None  # seconds its own clock is ahead; None: it does not say
    clock_drift: float | None = None  # parts in a million it runs fast; None: not known yet
    second_trouble: str = ""  # why its second stream is not used, "" if it is or there is none
