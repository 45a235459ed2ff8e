"""Stored footage as the auditor reads it: cells of some seconds, one picture at any moment."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import av
import numpy as np

from streetlamp.errors import UserError
from streetlamp.record.recordings import Recordings
from streetlamp.stream.fmp4 import DamagedError, scan
from streetlamp.values import Segment

CELL_SECONDS: Final = 10.0
_LAST_PICTURE: Final = 0.1  # seconds the last picture of a clip stands, when nothing tells


@dataclass(frozen=True, slots=True)
class Cell:
    """A short stretch of footage. Times are seconds on the footage's clock."""

    start: float
    end: float
    size: int  # bytes

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def rate(self) -> float:
        """Bytes a second: pictures in which something moves are larger."""
        return self.size / self.seconds


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One decoded, masked picture and its moment."""

    time: float
    picture: av.VideoFrame


class Footage(Protocol):
    """Masked video that is complete: nothing of it changes while it is read."""

    @property
    def cells(self) -> Sequence[Cell]:
        """What there is, in order of time."""
        ...

    def keyframe(self, cell: Cell) -> Still | None:
        """A picture of the cell that is cheap to decode; None when it is gone or damaged."""
        ...

    def at(self, time: float) -> Still | None:
        """The picture shown at `time`; None when it is gone or damaged."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """One fragment of a segment."""

    segment: str
    init: bytes
    offset: int
    size: int
    start: float  # POSIX seconds
    end: float
    media_start: float  # seconds on the run's media timeline
    keyframe: bool


class RecordedFootage:
    """What is recorded of a camera in [start, end): complete segments only.

    Fragments that began before `start` belong to the round before.
    """

    def __init__(self, recordings: Recordings, camera: str, start: float, end: float) -> None:
        self._recordings = recordings
        self._pieces: list[_Piece] = []
        for segment in recordings.list(camera, start, end):
            if segment.end is not None:
                self._pieces += _pieces(recordings, segment)
        self._pieces = [p for p in self._pieces if start <= p.start < end]
        self._starts = [piece.start for piece in self._pieces]
        self.cells: Sequence[Cell] = _gather(
            (p.start, p.end, p.size, p.keyframe) for p in self._pieces
        )

    def keyframe(self, cell: Cell) -> Still | None:
        found = next(
            (p for p in self._pieces if p.keyframe and cell.start <= p.start < cell.end), None
        )
        return None if found is None else self._read([found], found.start)

    def at(self, time: float) -> Still | None:
        last = bisect_right(self._starts, time) - 1
        if last < 0 or time >= self._pieces[last].end:
            return None
        first = last
        while first > 0 and not self._pieces[first].keyframe:
            first -= 1
        wanted = self._pieces[first : last + 1]
        if len({piece.segment for piece in wanted}) > 1:
            return None
        return self._read(wanted, time)

    def _read(self, pieces: Sequence[_Piece], time: float) -> Still | None:
        first, last = pieces[0], pieces[-1]
        try:
            with self._recordings.open(first.segment) as footage:
                footage.file.seek(first.offset)
                data = first.init + footage.file.read(last.offset + last.size - first.offset)
        except (KeyError, OSError):  # retention was quicker
            return None
        ahead = last.start - last.media_start
        with _decoding(io.BytesIO(data)) as container:
            found = _shown_at(container, time - ahead)
        return None if found is None else Still(found[0] + ahead, found[1])


def scattered(
    recordings: Recordings,
    camera: str,
    start: float,
    end: float,
    count: int,
    random: np.random.Generator,
) -> list[Still]:
    """Keyframes of at most `count` segments of [start, end), spread at random over it."""
    segments = [s for s in recordings.list(camera, start, end) if s.end is not None]
    stills = []
    for part in np.array_split(np.arange(len(segments)), min(count, len(segments)) or 1):
        if not len(part):
            continue
        segment = segments[int(random.choice(part))]
        footage = RecordedFootage(recordings, camera, segment.start, segment.end or segment.start)
        still = footage.keyframe(footage.cells[0]) if footage.cells else None
        if still is not None:
            stills.append(still)
    return stills


def _pieces(recordings: Recordings, segment: Segment) -> list[_Piece]:
    try:
        with recordings.open(segment.id) as footage:
            layout = scan(footage.file)
    except (KeyError, OSError, DamagedError):
        return []
    ahead = segment.start - layout.start
    return [
        _Piece(
            segment.id, layout.init, p.offset, p.size,
            p.start + ahead, p.end + ahead, p.start, p.keyframe,
        )
        for p in layout.pieces
    ]  # fmt: skip


class ClipFootage:
    """A masked clip, as `streetlamp process` writes it; its clock starts at 0.

    UserError when it is no video.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with av.open(str(path)) as container:
                video = container.streams.video[0]
                packets = [
                    (float(packet.pts * packet.time_base), packet.size, packet.is_keyframe)
                    for packet in container.demux(video)
                    if packet.pts is not None and packet.size
                ]
        except (OSError, av.FFmpegError, IndexError) as error:
            raise UserError(f"{path} cannot be read as a video: {error}") from None
        packets.sort()
        times = [time for time, _, _ in packets]
        gaps = sorted(b - a for a, b in pairwise(times))
        times.append(times[-1] + (gaps[len(gaps) // 2] if gaps else _LAST_PICTURE) if times else 0)
        spans = zip(packets, pairwise(times), strict=False)
        self.cells: Sequence[Cell] = _gather((a, b, size, key) for (_, size, key), (a, b) in spans)

    def keyframe(self, cell: Cell) -> Still | None:
        return self.at(cell.start)

    def at(self, time: float) -> Still | None:
        with _decoding(str(self._path)) as container:
            stream = container.streams.video[0]
            container.seek(int(time / (stream.time_base or 1)), stream=stream)
            found = _shown_at(container, time)
        return None if found is None else Still(*found)


def _gather(parts: Iterable[tuple[float, float, int, bool]]) -> list[Cell]:
    """Cells of about `CELL_SECONDS` from start, end, bytes, keyframe; each begins with one."""
    cells: list[Cell] = []
    start = end = 0.0
    size = 0
    for begins, ends, bytes_, keyframe in parts:
        whole = keyframe and end - start >= CELL_SECONDS - 0.01
        if size and (whole or begins - end > 1.0):
            cells.append(Cell(start, end, size))
            size = 0
        if not size:
            start = begins
        end, size = ends, size + bytes_
    return [*cells, Cell(start, end, size)] if size else cells


class _decoding:  # noqa: N801  # used like a function
    """An opened container; what cannot be decoded ends the block and gives nothing."""

    def __init__(self, source: str | BinaryIO) -> None:
        self._source = source
        self._container: Any = None

    def __enter__(self) -> Any:
        self._container = av.open(self._source, "r")
        return self._container

    def __exit__(self, *_: object) -> None:
        self._container.close()


def _shown_at(container: Any, seconds: float) -> tuple[float, av.VideoFrame] | None:
    """The last picture that begins at or before `seconds` on the media timeline."""
    shown: tuple[float, av.VideoFrame] | None = None
    for begins, picture in _timed(container):
        if shown is not None and begins > seconds + 1e-4:
            break
        shown = (begins, picture)
    return shown


def _timed(container: Any) -> Iterator[tuple[float, av.VideoFrame]]:
    try:
        for picture in container.decode(video=0):
            if picture.pts is not None and picture.time_base is not None:
                yield float(picture.pts * picture.time_base), picture
    except av.FFmpegError:
        return
