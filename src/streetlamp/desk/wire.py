"""How values look on the wire: the JSON models of the HTTP API and the messages of live sockets.

The models are what ``docs/api.md`` and the OpenAPI are made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, computed_field

from streetlamp.desk.rights import Right
from streetlamp.heading import Heading, heading, speed
from streetlamp.health import WORDS, Reason
from streetlamp.live.tiles import Sheet
from streetlamp.values import (
    Alarm,
    AlarmState,
    CameraState,
    CameraStatus,
    Colour,
    Fragment,
    Ints,
    Kind,
    Posture,
    Severity,
    Tracks,
)
from streetlamp.vault.roles import Role

Point = tuple[float, float]


class Wire(BaseModel):
    """A JSON object the desk sends; made from a value by its attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class UserOut(Wire):
    name: str


class SessionOut(Wire):
    user: UserOut | None = Field(description="Who is logged in; null if nobody is.")
    setup_needed: bool = Field(description="True until the first user was made.")
    version: str
    roles: tuple[Role, ...] = ()
    rights: tuple[Right, ...] = Field(default=(), description="What they may do.")
    all_cameras: bool = Field(default=False, description="Whether they may see every camera.")


class PlaceOut(Wire):
    name: str
    points: tuple[Point, ...] = Field(description="Corners as fractions of the picture, 0–1.")


class RuleOut(Wire):
    name: str
    kind: str
    place: str = Field(description="Name of the zone or line; empty: the whole picture.")
    severity: Severity


class AtOut(Wire):
    plan: str = Field(description="Id of a plan of the site.")
    x: float | None = Field(description="Fraction of the plan's picture; null on a map.")
    y: float | None
    lat: float | None = Field(description="Degrees (WGS 84); null on a picture.")
    lon: float | None
    direction: float | None = Field(description="Degrees clockwise from up or north, or null.")
    angle: float = Field(description="How wide it sees, degrees.")


class PlanOut(Wire):
    id: str
    name: str
    picture: bool = Field(description="True: /api/plans/{id}/picture; false: a map.")
    drawing: bool = Field(description="The picture is an SVG.")
    width: float = Field(description="Of the picture; 0 for a map.")
    height: float
    width_m: float | None = Field(description="Metres the picture is wide, where that is known.")
    style: bool = Field(description="True: a map with /api/plans/{id}/style.json.")


class CameraOut(Wire):
    id: str
    name: str
    area: str
    width: int = Field(description="Pixels; 0 until the first picture came.")
    height: int
    zones: tuple[PlaceOut, ...]
    lines: tuple[PlaceOut, ...]
    rules: tuple[RuleOut, ...]
    at: AtOut | None = Field(description="Where it stands, null if nobody said.")


class SiteOut(Wire):
    name: str
    timezone: str = Field(description="IANA name, e.g. Europe/Berlin.")
    delay_s: float = Field(description="How far pictures run behind the camera, seconds.")
    max_export_minutes: float = Field(description="The longest export, minutes.")
    cameras: tuple[CameraOut, ...]
    plans: tuple[PlanOut, ...]
    stores: bool = Field(description="Whether it keeps tanks or stores, and one may see them.")
    meters: bool = Field(description="Whether it has meters, and one may see them.")


class StatusOut(Wire):
    camera: str
    state: CameraState
    since: float = Field(description="POSIX seconds since when it is in this state.")
    message: str
    width: int
    height: int
    fps: float
    looks_per_second: float
    hidden_share: float = Field(description="Part of the picture that is hidden, 0–1.")
    whole_hidden: str = Field(description="Why the whole picture is hidden; empty if it is not.")
    recording: bool
    last_frame: float
    restarts: int
    asleep: bool = Field(description="Nothing happens there: only keyframes are decoded.")
    second_trouble: str = Field(
        description="Why its second stream is not used; empty if it is, or if there is none."
    )
    trouble: Reason | None = Field(description="Why it is lost; null while it is not.")
    clock_offset: float | None = Field(
        description="Seconds its own clock is ahead; null: it does not say."
    )
    clock_drift: float | None = Field(
        description="Parts in a million its clock runs fast; null: not known yet."
    )

    @computed_field(description="The same in words; empty while it is not.")  # type: ignore[prop-decorator]
    @property
    def trouble_words(self) -> str:
        return WORDS[self.trouble] if self.trouble else ""


class DiskOut(Wire):
    free_bytes: int
    used_bytes: int = Field(description="What recordings and clips take.")
    recording: bool
    message: str


class LoadOut(Wire):
    message: str = Field(description="What somebody should know; empty while all is well.")
    looking: bool = Field(description="False: the detector is away, everything is hidden whole.")
    level: int = Field(description="Of overload; 0: nothing gives way.")
    looks_factor: float = Field(description="Share of the looks a second that are left, 0–1.")
    clear_share: float = Field(description="Share of the cameras shown in full detail, 0–1.")


class StatusesOut(Wire):
    time: float
    cameras: tuple[StatusOut, ...]
    disk: DiskOut
    load: LoadOut
    alarms_open: int


class StepOut(Wire):
    time: float
    actor: str = Field(description="A user's name, or `streetlamp`.")
    state: AlarmState
    note: str


class AlarmOut(Wire):
    id: str
    camera: str
    rule: str
    kind: str
    place: str
    severity: Severity
    message: str
    raised: float
    updated: float
    ended: float | None = Field(description="null while what it speaks of still lasts.")
    state: AlarmState
    events: int
    frame: int
    box: tuple[float, float, float, float] | None = Field(description="Pixels x1 y1 x2 y2.")
    numbers: dict[str, float] = Field(description="What was measured, and the thresholds.")
    steps: tuple[StepOut, ...]
    has_clip: bool = Field(description="Whether clip.mp4 is there to be fetched.")
    group: str = Field(description="Id of the group it is in; empty: it stands alone.")
    shelved: float | None = Field(description="Until when it is silent; null: it is not.")
    escalated: int = Field(description="How many steps of the escalation were taken.")

    @classmethod
    def of(cls, alarm: Alarm) -> AlarmOut:
        plain = {name: getattr(alarm, name) for name in cls.model_fields if name != "has_clip"}
        return cls.model_validate({**plain, "has_clip": bool(alarm.clip)})


class AlarmsOut(Wire):
    alarms: tuple[AlarmOut, ...]


class SegmentOut(Wire):
    id: str
    start: float
    end: float | None = Field(description="null while it is being written.")
    media_start: float = Field(description="Seconds on the run's media timeline.")
    size: int
    codec: str
    run: str


class SegmentsOut(Wire):
    segments: tuple[SegmentOut, ...]


class CountRow(Wire):
    camera: str
    minute: int = Field(description="POSIX seconds where the step begins.")
    place: str
    kind: str
    direction: str = Field(description="`in`, `out`, or empty for an occupancy.")
    n: int


class CountsOut(Wire):
    rows: tuple[CountRow, ...]


class AuditRow(Wire):
    seq: int
    time: float
    actor: str
    action: str
    object: str
    detail: str


class AuditOut(Wire):
    entries: tuple[AuditRow, ...]


class PublicCamera(Wire):
    name: str
    area: str
    counts: tuple[str, ...] = Field(description="What is counted, in words.")
    watches_for: tuple[str, ...] = Field(description="What raises an alarm, in words.")


class PublicOut(Wire):
    """What anybody may know about this site, without a login (CHARTER 7)."""

    name: str
    operator: str
    contact: str
    cameras: tuple[PublicCamera, ...]
    recording: bool
    kept_days: float = Field(description="How long masked recordings are kept; 0: not at all.")
    also_kept: tuple[str, ...] = Field(description="What else is kept, and how long.")
    never: tuple[str, ...] = Field(description="What this software never does.")


def _words(labels: Sequence[str], values: Ints) -> list[str]:
    """The labels of values; "" for 0, which means unknown everywhere."""
    return [labels[value] if value else "" for value in values.tolist()]


_KINDS: Final = [kind.label for kind in Kind]
_POSTURES: Final = [posture.name.lower() for posture in Posture]
_COLOURS: Final = [colour.label for colour in Colour]
_HEADINGS: Final = [one.label for one in Heading]


def _rows(tracks: Tracks) -> list[dict[str, Any]]:
    """One mapping a track; what is unknown is left out."""
    right, down = tracks.velocity[:, 0], tracks.velocity[:, 1]
    plain = {
        "id": tracks.id.tolist(),
        "kind": [_KINDS[kind] for kind in tracks.kind.tolist()],
        "box": tracks.box.astype(np.float64).round(1).tolist(),
        "score": tracks.score.astype(np.float64).round(3).tolist(),
        "seen": tracks.seen.tolist(),
        "age": tracks.age.astype(np.float64).round(1).tolist(),
        "speed": np.hypot(right, down).astype(np.float64).round(1).tolist(),
        "direction": np.degrees(np.arctan2(down, right)).astype(np.float64).round(1).tolist(),
        "pace": speed(tracks).astype(np.float64).round(2).tolist(),
    }
    words = {
        "heading": _words(_HEADINGS, heading(tracks)),
        "posture": _words(_POSTURES, tracks.posture),
        "colour": _words(_COLOURS, tracks.colour),
        "upper": _words(_COLOURS, tracks.upper),
        "lower": _words(_COLOURS, tracks.lower),
    }
    return [
        {name: column[i] for name, column in plain.items()}
        | {name: column[i] for name, column in words.items() if column[i]}
        for i in range(len(tracks))
    ]


def init_message(fragment: Fragment) -> dict[str, Any]:
    """What precedes the binary init segment of a run."""
    width, height = fragment.size
    return {
        "type": "init",
        "run": fragment.run,
        "codec": fragment.codec,
        "width": width,
        "height": height,
    }


def fragment_message(fragment: Fragment) -> dict[str, Any]:
    """What precedes a binary fragment: its times and the tracks of each of its pictures.

    ``speed`` is pixels a second, ``direction`` degrees (0 right, 90 down), ``pace`` lengths of the
    thing itself a second. Ids fit a double.
    """
    return {
        "type": "fragment",
        "run": fragment.run,
        "start": fragment.start,
        "end": fragment.end,
        "media_start": fragment.media_start,
        "keyframe": fragment.keyframe,
        "frames": [
            {
                "t": tracks.time,
                "media_t": fragment.media_start + tracks.time - fragment.start,
                "tracks": _rows(tracks),
            }
            for tracks in fragment.tracks
        ],
    }


def status_message(status: CameraStatus) -> dict[str, Any]:
    return {"type": "status", "status": StatusOut.model_validate(status).model_dump(mode="json")}


def load_message(load: LoadOut) -> dict[str, Any]:
    return {"type": "load", "load": load.model_dump(mode="json")}


def alarm_message(alarm: Alarm) -> dict[str, Any]:
    return {"type": "alarm", "alarm": AlarmOut.of(alarm).model_dump(mode="json")}


class WallWish(BaseModel):
    """What a page says over the wall's socket."""

    model_config = ConfigDict(extra="forbid", strict=True)

    show: list[tuple[int, int]] | None = Field(
        default=None,
        description="Cameras in sight, as first and last place in the list; most important first.",
    )
    drawn: int | None = Field(
        default=None, description="How many sheets have been drawn since the socket was opened."
    )


def wall_message(cameras: Sequence[str], tile: tuple[int, int]) -> dict[str, Any]:
    """What a wall begins with: the cameras that sheets speak of by their place here."""
    return {"type": "wall", "cameras": list(cameras), "tile": list(tile)}


def sheet_message(sheet: Sheet, own: Mapping[int, int]) -> dict[str, Any]:
    """What precedes a binary sheet; a cell is camera, time, x, y, w, h. own: the viewer's place
    of each camera."""
    cells = [[own[c.camera], round(c.time, 3), c.x, c.y, c.w, c.h] for c in sheet.cells]
    return {"type": "sheet", "cells": cells}


AlarmFilter = Literal["open", "shelved", "all", "raised", "acknowledged", "resolved", "false"]
