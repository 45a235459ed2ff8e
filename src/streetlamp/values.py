"""The nouns that travel between rooms.

Everything here may leave ``video/``: no value in this module shows a person. The values that do
(`Packet`, `RawFrame`, `Detections`) stand in ``streetlamp.video.raw``, which nothing outside
``video/`` may import (held by import-linter).

Units, everywhere: times are POSIX seconds (float, UTC) of the camera's clock mapped to ours, see
``design/time.md``; boxes are pixels ``x1 y1 x2 y2`` with the origin at the top left, ``x2``/``y2``
exclusive; points in zones and lines are fractions of the picture (0–1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.health import Reason

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Pairs = NDArray[np.uint16]
Bools = NDArray[np.bool_]


class Kind(IntEnum):
    """What a thing is. A person is `PERSON` and nothing more (CHARTER 2)."""

    PERSON = 0
    BICYCLE = 1
    CAR = 2
    MOTORCYCLE = 3
    BUS = 4
    TRUCK = 5

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Kind:
        """The kind with this label, e.g. ``Kind.parse("car")``; ValueError names the choices."""
        try:
            return cls[label.strip().upper()]
        except KeyError:
            choices = ", ".join(kind.label for kind in cls)
            raise ValueError(f"unknown class {label!r}; choose from {choices}") from None


VEHICLES: Final = frozenset({Kind.BICYCLE, Kind.CAR, Kind.MOTORCYCLE, Kind.BUS, Kind.TRUCK})


class Posture(IntEnum):
    UNKNOWN = 0
    UPRIGHT = 1
    LYING = 2


class Colour(IntEnum):
    """The eleven basic colour terms (Berlin & Kay 1969); 0 means "cannot tell"."""

    UNKNOWN = 0
    BLACK = 1
    WHITE = 2
    GREY = 3
    RED = 4
    ORANGE = 5
    YELLOW = 6
    GREEN = 7
    BLUE = 8
    PURPLE = 9
    PINK = 10
    BROWN = 11

    @property
    def label(self) -> str:
        return self.name.lower()


def _column(values: Any, dtype: Any, n: int, name: str, width: int | None = None) -> NDArray[Any]:
    array = np.ascontiguousarray(values, dtype=dtype)
    shape = (n,) if width is None else (n, width)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """What is in one camera's picture at one moment: parallel arrays, one row a track.

    Held in memory only, never stored (CHARTER 5). Ids are random, belong to one camera, and are
    gone when the thing leaves the picture. The colour columns are for the live picture alone.
    """

    camera: str
    time: float  # POSIX seconds of the picture
    frame: int  # counts from 1
    size: tuple[int, int]  # width, height of the picture, pixels
    id: Ints  # (n,)
    box: Floats  # (n, 4) pixels x1 y1 x2 y2
    kind: Ints  # (n,) of Kind
    score: Floats  # (n,) 0–1, the detector's
    seen: Bools  # (n,) observed in this very picture; False: carried or interpolated
    age: Floats  # (n,) seconds since the track was first seen
    velocity: Floats  # (n, 2) pixels a second, right and down positive
    posture: Ints  # (n,) of Posture; UNKNOWN for vehicles
    colour: Ints  # (n,) of Colour: a vehicle's; UNKNOWN for people
    upper: Ints  # (n,) of Colour: a person's upper clothing, live only
    lower: Ints  # (n,) of Colour: a person's lower clothing, live only

    def __post_init__(self) -> None:
        n = len(self.id)
        put = object.__setattr__
        for name, dtype, width in _TRACK_COLUMNS:
            put(self, name, _column(getattr(self, name), dtype, n, name, width))

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def make(
        cls, camera: str, time: float, frame: int, size: tuple[int, int], **columns: Any
    ) -> Tracks:
        """Tracks from the columns given; the others get neutral values (unknown, 0, seen).

        Without any column nothing is there, and that is cheap: all such share their columns.
        """
        if not columns:
            return cls._nothing(camera, time, frame, size)
        n = len(columns.get("id", ()))
        full: dict[str, Any] = {}
        for name, dtype, width in _TRACK_COLUMNS:
            blank = np.ones if name in ("seen", "score") else np.zeros
            full[name] = columns.pop(name, blank(n if width is None else (n, width), dtype))
        if columns:
            raise TypeError(f"Tracks has no column {', '.join(columns)}")
        return cls(camera, time, frame, size, **full)

    def at(self, time: float, frame: int) -> Tracks:
        """The same things in another picture; the columns are shared."""
        columns = ((name, getattr(self, name)) for name, _, _ in _TRACK_COLUMNS)
        return self._of(self.camera, time, frame, self.size, columns)

    @classmethod
    def _nothing(cls, camera: str, time: float, frame: int, size: tuple[int, int]) -> Tracks:
        return cls._of(camera, time, frame, size, _NO_COLUMNS)

    @classmethod
    def _of(
        cls, camera: str, time: float, frame: int, size: tuple[int, int],
        columns: Iterable[tuple[str, Any]],
    ) -> Tracks:  # fmt: skip
        """From columns that were checked when other tracks were made."""
        made = object.__new__(cls)
        put = object.__setattr__
        put(made, "camera", camera)
        put(made, "time", time)
        put(made, "frame", frame)
        put(made, "size", size)
        for name, column in columns:
            put(made, name, column)
        return made

    @property
    def foot(self) -> Floats:
        """(n, 2) the middle of each box's lower edge, pixels: where the thing stands."""
        return np.stack([(self.box[:, 0] + self.box[:, 2]) / 2, self.box[:, 3]], axis=1)


_TRACK_COLUMNS: Final[tuple[tuple[str, Any, int | None], ...]] = (
    ("id", np.int64, None),
    ("box", np.float32, 4),
    ("kind", np.int64, None),
    ("score", np.float32, None),
    ("seen", np.bool_, None),
    ("age", np.float32, None),
    ("velocity", np.float32, 2),
    ("posture", np.int64, None),
    ("colour", np.int64, None),
    ("upper", np.int64, None),
    ("lower", np.int64, None),
)

_NO_COLUMNS: Final = tuple(
    (name, _column(np.zeros(0 if width is None else (0, width)), dtype, 0, name, width))
    for name, dtype, width in _TRACK_COLUMNS
)


@dataclass(frozen=True, slots=True, eq=False)
class MaskedFrame:
    """A picture in which people are hidden: the only picture type that leaves ``video/``.

    Made by ``video/mask.py`` alone (a test reads every file's syntax tree for another maker).
    Planes are planar YUV 4:2:0, 8 bit: Y (height, width), U and V (ceil(h/2), ceil(w/2)).
    """

    camera: str
    time: float  # POSIX seconds
    frame: int  # counts from 1 since the source was opened
    pts: int  # the input's presentation time stamp, in units of `time_base` seconds
    time_base: tuple[int, int]  # numerator, denominator
    y: Bytes
    u: Bytes
    v: Bytes
    full_range: bool  # 0–255 luma (JPEG range) instead of 16–235
    hidden: Ints  # (k, 4) rectangles hidden, pixels
    whole: bool  # the whole picture is hidden
    reason: str  # why the whole picture is hidden, "" if it is not

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class CopiedSample:
    """One compressed picture of a `CopiedGop`."""

    data: bytes  # the packet, byte for byte as the camera sent it
    frame: int  # of its picture, counts from 1 since the source was opened
    time: float  # of its picture, POSIX seconds
    pts: int  # of its picture, in units of the GOP's `time_base` seconds


@dataclass(frozen=True, slots=True, eq=False)
class CopiedGop:
    """A closed GOP in which nothing had to be hidden: the camera's own compressed pictures.

    Made by ``video/copying.py`` alone (a test reads every file's syntax tree for another maker),
    and only when the GOP and its neighbours are known to be clear: see ``design/smart-copy.md``.
    H.264 only; the first sample is an IDR picture.
    """

    camera: str
    size: tuple[int, int]  # width, height, pixels
    config: bytes  # AVCDecoderConfigurationRecord (ISO/IEC 14496-15): the body of an avcC box
    length_size: int  # bytes of each NAL unit's length in the samples; 0: start codes (Annex B)
    time_base: tuple[int, int]  # numerator, denominator
    samples: tuple[CopiedSample, ...]  # in the order of decoding
    end: float  # POSIX seconds where the next GOP starts (or its last picture's end)
    tracks: tuple[Tracks, ...]  # one a picture, in the order of presentation: vehicles only
    picture: MaskedFrame  # its keyframe, for the wall and for stills

    @property
    def start(self) -> float:
        """POSIX seconds of its first picture."""
        return self.picture.time


@dataclass(frozen=True, slots=True)
class Fragment:
    """A few encoded masked pictures (one moof+mdat of fragmented MP4), for a file or a screen."""

    camera: str
    run: str  # random id of the init segment this fragment belongs to
    init: bytes  # ftyp+moov of the run
    data: bytes  # moof+mdat
    codec: str  # RFC 6381, e.g. avc1.42C01F
    size: tuple[int, int]  # width, height
    start: float  # POSIX seconds of the first picture
    end: float  # POSIX seconds where the next fragment starts
    media_start: float  # seconds on the run's media timeline of the first picture
    keyframe: bool  # starts with a keyframe: a player or a file may begin here
    tracks: tuple[Tracks, ...] = ()  # one a picture, for the screen only; recorders drop it


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Phase(StrEnum):
    START = "start"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """A rule's condition held, at a place, from a time to a time, with the numbers behind it."""

    id: str  # the same through start, update and end
    phase: Phase
    camera: str  # "" when it is about several
    rule: str  # the rule's name in the site file, unique in its camera
    kind: str  # the rule's kind: intrusion, line_crossing, …
    place: str  # the zone's or line's name
    start: float
    end: float | None  # None while it lasts
    frame: int  # the frame that decided, counts from 1
    message: str  # one sentence for a person
    severity: Severity
    box: tuple[float, float, float, float] | None  # where, pixels, at `frame`
    numbers: Mapping[str, float] = field(default_factory=dict)  # measured values and thresholds
    alarm: bool = True  # an event that needs a person
    time: float = 0.0  # POSIX seconds of the picture that decided; 0: same as `end` or `start`

    @property
    def at(self) -> float:
        """When this was decided, POSIX seconds."""
        if self.time:
            return self.time
        return self.start if self.end is None else self.end


@dataclass(frozen=True, slots=True)
class Count:
    """How many passed a place in one minute, by class and direction (or were there, at most)."""

    camera: str
    place: str
    kind: str  # class label
    direction: str  # "in", "out", or "" for an occupancy
    minute: int  # POSIX seconds, a multiple of 60
    n: int


class AlarmState(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class AlarmStep:
    """One line of an alarm's life: who did what, when."""

    time: float
    actor: str  # a user's name, or "streetlamp"
    state: AlarmState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident that needs a person. One incident is one alarm, however many events it has."""

    id: str
    camera: str  # "" when it is about several
    rule: str
    kind: str
    place: str
    severity: Severity
    message: str
    raised: float  # time of the first event's start
    updated: float
    ended: float | None  # None while the condition holds
    state: AlarmState
    events: int  # how many events it gathered
    frame: int
    box: tuple[float, float, float, float] | None
    numbers: Mapping[str, float]
    steps: tuple[AlarmStep, ...] = ()
    clip: str = ""  # file of the masked clip, relative to the data folder; "" until cut


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of recorded masked video: one fragmented-MP4 file with its own init segment."""

    id: str
    camera: str
    run: str
    path: str  # relative to the data folder
    start: float
    end: float | None  # None while it is being written
    media_start: float  # seconds on the run's media timeline
    size: int  # bytes
    codec: str


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
    restarts: int = 0
    asleep: bool = False  # nothing happens: only keyframes are decoded
    trouble: Reason | None = None  # why it is not live; None while it is, or at its first try
    clock_offset: float | None = None  # seconds its own clock is ahead; None: it does not say
    clock_drift: float | None = None  # parts in a million it runs fast; None: not known yet
    second_trouble: str = ""  # why its second stream is not used, "" if it is or there is none
