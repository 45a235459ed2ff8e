"""The nouns that travel between rooms.

Everything here may leave ``video/``: no value in this module shows a person. The values that do
(`Packet`, `RawFrame`, `Detections`) stand in ``streetlamp.video.raw``, which nothing outside
``video/`` may import (held by import-linter).

Units, everywhere: times are POSIX seconds (float, UTC) of the camera's clock mapped to ours, see
``design/time.md``; boxes are pixels ``x1 y1 x2 y2`` with the origin at the top left, ``x2``/``y2``
exclusive; points in zones and lines are fractions of the picture (0–1).
"""

from __future__ import annotations

from streetlamp.values.arrays import Bools, Bytes, Floats, Ints, Pairs
from streetlamp.values.cameras import CameraState, CameraStatus
from streetlamp.values.findings import Evidence, Finding
from streetlamp.values.happenings import (
    HEAT_GRID,
    Alarm,
    AlarmState,
    AlarmStep,
    Count,
    Event,
    Heat,
    Phase,
    Severity,
)
from streetlamp.values.pictures import CopiedGop, CopiedSample, Fragment, MaskedFrame, Segment
from streetlamp.values.things import VEHICLES, Change, Colour, Kind, Posture, Thing, Tracks

__all__ = [
    "Alarm",
    "AlarmState",
    "AlarmStep",
    "Bools",
    "Bytes",
    "CameraState",
    "CameraStatus",
    "Change",
    "Colour",
    "CopiedGop",
    "CopiedSample",
    "Count",
    "Event",
    "Evidence",
    "Finding",
    "Floats",
    "Fragment",
    "HEAT_GRID",
    "Heat",
    "Ints",
    "Kind",
    "MaskedFrame",
    "Pairs",
    "Phase",
    "Posture",
    "Segment",
    "Severity",
    "Thing",
    "Tracks",
    "VEHICLES",
]
