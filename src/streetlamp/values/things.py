"""What is in a picture: the nouns `Thing` and `Tracks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from operator import attrgetter
from typing import Any, Final

import numpy as np

from streetlamp.values.arrays import Bools, Floats, Ints, column


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


class Change(StrEnum):
    """What became of a place where nobody is."""

    LEFT = "left"  # something is there that was not
    REMOVED = "removed"  # something is gone that was there


@dataclass(frozen=True, slots=True)
class Thing:
    """A lasting change of the scene that is no person and no vehicle: a place, a time, a word.

    Found by the background, not by what it is; it has no number and no looks.
    """

    box: tuple[float, float, float, float]  # pixels x1 y1 x2 y2
    since: float  # POSIX seconds since when the place looks so
    change: Change


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
    things: tuple[Thing, ...] = ()  # left and removed, where a rule of the camera asks for them

    def __post_init__(self) -> None:
        n = len(self.id)
        put = object.__setattr__
        for name, dtype, width in _TRACK_COLUMNS:
            put(self, name, column(getattr(self, name), dtype, n, name, width))

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
        return self._of(self.camera, time, frame, self.size, _columns_of(self), self.things)

    def with_things(self, things: tuple[Thing, ...]) -> Tracks:
        """The same moment with what was left or removed; the columns are shared."""
        columns = _columns_of(self)
        return self._of(self.camera, self.time, self.frame, self.size, columns, things)

    @classmethod
    def _nothing(cls, camera: str, time: float, frame: int, size: tuple[int, int]) -> Tracks:
        return cls._of(camera, time, frame, size, _NO_COLUMNS)

    @classmethod
    def _of(
        cls, camera: str, time: float, frame: int, size: tuple[int, int],
        columns: tuple[Any, ...], things: tuple[Thing, ...] = (),
    ) -> Tracks:  # fmt: skip
        """From columns, in their order, that were checked when other tracks were made."""
        made = object.__new__(cls)
        put = object.__setattr__
        put(made, "camera", camera)
        put(made, "time", time)
        put(made, "frame", frame)
        put(made, "size", size)
        put(made, "things", things)
        for name, values in zip(_TRACK_NAMES, columns, strict=True):
            put(made, name, values)
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

_TRACK_NAMES: Final = tuple(name for name, _, _ in _TRACK_COLUMNS)
_columns_of: Final[Callable[[Tracks], tuple[Any, ...]]] = attrgetter(*_TRACK_NAMES)
_NO_COLUMNS: Final = tuple(
    column(np.zeros(0 if width is None else (0, width)), dtype, 0, name, width)
    for name, dtype, width in _TRACK_COLUMNS
)
