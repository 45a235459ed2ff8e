"""What the desk needs from the rest of the house, as the few verbs it uses.

The app fills `Services` with the real things; tests may use small ones. Methods are called from
several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from streetlamp.values import Alarm, AlarmState, CameraStatus, Count, Fragment, Segment


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A zone (three points or more) or a line (two), as fractions of the picture."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    name: str
    kind: str
    place: str
    severity: str
    alarms: bool = True  # False: it only counts


@dataclass(frozen=True, slots=True)
class CameraView:
    id: str
    name: str
    area: str = ""
    zones: tuple[PlaceView, ...] = ()
    lines: tuple[PlaceView, ...] = ()
    rules: tuple[RuleView, ...] = ()
    record: bool = True


@dataclass(frozen=True, slots=True)
class SiteView:
    """What the desk says about the site; nothing secret stands in it."""

    name: str
    timezone: str
    cameras: tuple[CameraView, ...]
    delay_s: float = 1.0
    operator: str = ""
    contact: str = ""
    kept_days: float = 0.0

    def camera(self, id: str) -> CameraView | None:  # noqa: A002
        return next((camera for camera in self.cameras if camera.id == id), None)


@dataclass(frozen=True, slots=True)
class DiskView:
    free_bytes: int
    used_bytes: int
    recording: bool
    message: str = ""


class Statuses(Protocol):
    def cameras(self) -> Sequence[CameraStatus]: ...
    def disk(self) -> DiskView: ...


class Subscription(Protocol):
    """One viewer's fragments. Bounded: a slow viewer loses fragments up to the next keyframe."""

    async def get(self) -> Fragment | None: ...
    def close(self) -> None: ...


class Hub(Protocol):
    def subscribe(self, camera: str) -> Subscription: ...
    def still(self, camera: str) -> bytes | None: ...
