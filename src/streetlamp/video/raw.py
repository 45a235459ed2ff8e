"""The values in which people can be seen. Nothing outside ``video/`` may import this module."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np

from streetlamp.values import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class StreamInfo:
    """What a decoder must know of a stream. One object for each opening of a source."""

    codec: str  # FFmpeg's name: h264, hevc, …
    extradata: bytes  # parameter sets as the container gives them: avcC, hvcC, Annex B, or nothing
    size: tuple[int, int]  # width, height as announced; (0, 0) where nothing is
    rate: Fraction  # pictures a second, as announced or guessed
    threads: int


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """One compressed picture, not decoded yet, with the place of its picture in time.

    Packets come in the order of decoding; `frame`, `time` and `pts` are those of the picture, so
    with B-frames they go to and fro. What belongs to no picture is not a packet.
    """

    camera: str
    stream: StreamInfo
    data: bytes  # as it came, byte for byte
    keyframe: bool  # as the container says: not necessarily a closed GOP's beginning
    time: float  # POSIX seconds
    frame: int  # in the order of presentation, counts from 1 since the source was opened
    pts: int  # in units of time_base
    time_base: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """A decoded picture with people visible: made by a source, ends in ``mask.py``.

    ``picture`` is the decoder's own buffer (any pixel format) and must not be written to: later
    pictures are predicted from it.
    """

    camera: str
    time: float  # POSIX seconds
    frame: int  # counts from 1 since the source was opened
    picture: av.VideoFrame
    pts: int  # in units of time_base; always present, made up by the source when missing
    time_base: Fraction

    @property
    def size(self) -> tuple[int, int]:
        """Width, height in pixels."""
        return self.picture.width, self.picture.height


Unit = Packet | RawFrame
"""What a source gives: compressed where that is enough, a picture otherwise."""


Part = tuple[int, int, int, int]
"""Some of a picture: x1, y1, x2, y2 in its pixels, even numbers."""


@dataclass(frozen=True, slots=True)
class View:
    """How a look sees a picture. A model whose input has one size sees all of it in any case.

    part: only this much of it; None: all. fine: at this share of the usual input size (0–1].
    """

    part: Part | None = None
    fine: float = 1.0


WHOLE: Final = View()


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector saw in one picture: parallel arrays, one row a box, checked when made.

    Faces, found only to be hidden (CHARTER 1), stand apart: they are nobody's track.
    """

    box: Floats  # (n, 4) pixels of the full picture
    kind: Ints  # (n,) of values.Kind
    score: Floats  # (n,) 0–1
    faces: Floats = field(default_factory=lambda: np.zeros((0, 4), np.float32))  # (k, 4) pixels

    def __post_init__(self) -> None:
        n = len(self.score)
        columns: tuple[tuple[str, Any, tuple[int, ...]], ...] = (
            ("box", np.float32, (n, 4)),
            ("kind", np.int64, (n,)),
            ("score", np.float32, (n,)),
            ("faces", np.float32, (len(self.faces), 4)),
        )
        for name, dtype, shape in columns:
            array = np.ascontiguousarray(getattr(self, name), dtype).reshape(shape)
            # whole numbers are finite
            if array.size and dtype is not np.int64 and not np.isfinite(array).all():
                raise ValueError(f"Detections.{name} has values that are not finite")
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def none(cls) -> Detections:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))

    def where(self, mask: Any) -> Detections:
        """The rows a boolean mask or an index array picks; the faces all stay."""
        return Detections(self.box[mask], self.kind[mask], self.score[mask], self.faces)
