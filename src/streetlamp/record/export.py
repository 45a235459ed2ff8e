"""Some stretch of a camera's recordings as one ordinary MP4 file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from streetlamp.errors import UserError
from streetlamp.h264 import full_range
from streetlamp.stream.boxes import config_of, size_of
from streetlamp.stream.encoders import Settings
from streetlamp.stream.fmp4 import DamagedError, Piece, scan
from streetlamp.stream.recode import plain
from streetlamp.stream.track import TrackWriter
from streetlamp.values import Segment
from streetlamp.vault.files import open_read, open_write

_TICKS: Final = 90_000
_CLOCK: Final = Fraction(1, _TICKS)
_GAP: Final = 0.25  # seconds without a picture that count as a gap
_STANDS: Final = 1.0  # seconds the last picture before a gap is shown
_CRF: Final = 20.0


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds. Times are POSIX seconds."""

    path: Path
    start: float  # of its first picture: the keyframe at or before the wanted start
    end: float
    pictures: int
    gaps: tuple[tuple[float, float], ...]  # inside it: nothing was recorded; shortened to 1 s
    encoded: bool  # True: pictures of another size than the first were encoded anew to fit


@dataclass(frozen=True, slots=True)
class Stretch:
    """What an export needs of one segment's file: its init segment and one run of bytes."""

    path: Path
    init: bytes
    offset: int
    size: int
    start: float  # POSIX seconds of its first picture
    end: float
    media_start: float  # seconds on its run's media timeline

    def load(self) -> io.BytesIO:
        """These bytes as a small file. One at a time: an export may span days."""
        with open_read(self.path) as file:
            file.seek(self.offset)
            return io.BytesIO(self.init + file.read(self.size))


def take(data: Path, segments: Sequence[Segment], start: float, end: float) -> list[Stretch]:
    """What of `segments` (in order of time) plays in [start, end), from the keyframe before start.

    Whole fragments only, so a segment that is being written is welcome too. A file that is gone or
    damaged counts as not recorded.
    """
    taken = []
    for segment in segments:
        path = data / segment.path
        try:
            with open_read(path) as file:
                layout = scan(file)
        except (OSError, DamagedError):
            continue
        ahead = segment.start - layout.start
        pieces = _overlapping(layout.pieces, start - ahead, end - ahead)
        if pieces:
            first, last = pieces[0], pieces[-1]
            taken.append(
                Stretch(
                    path,
                    layout.init,
                    first.offset,
                    last.offset + last.size - first.offset,
                    first.start + ahead,
                    last.end + ahead,
                    first.start,
                )
            )
    return taken


def _overlapping(pieces: Sequence[Piece], start: float, end: float) -> list[Piece]:
    """The pieces that share time with [start, end), back to the keyframe the first one needs."""
    wanted = [i for i, piece in enumerate(pieces) if piece.start < end and piece.end > start]
    if not wanted:
        return []
    first = wanted[0]
    while first > 0 and not pieces[first].keyframe:
        first -= 1
    return list(pieces[first : wanted[-1] + 1])


def write(stretches: Sequence[Stretch], end: float, path: Path) -> Exported:
    """Join the stretches into one progressive MP4 at `path`, replacing an older one.

    Copied picture by picture, whoever made them (see `Mp4Writer`); only pictures of another size
    than the first are encoded anew. UserError when the disk refuses.
    """
    timeline = _Timeline()
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        encoded = _join(stretches, end, part, timeline)
        os.replace(part, path)
    except (OSError, av.FFmpegError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UserError(
            f"cannot write {path}: {error.strerror or error}. Check that the disk has room."
        ) from error
    start, finish, gaps = timeline.start, min(end, stretches[-1].end), tuple(timeline.gaps)
    return Exported(path, start, finish, timeline.pictures, gaps, encoded)


class _Timeline:
    """Puts pictures of several runs on one clock, and notes where nothing was recorded."""

    def __init__(self) -> None:
        self.start = 0.0
        self.pictures = 0
        self.gaps: list[tuple[float, float]] = []
        self._shift = 0.0
        self._ticks = -1

    def begin(self, stretch: Stretch, before: Stretch | None) -> None:
        if before is None:
            self.start = self._shift = stretch.start
            return
        gap = stretch.start - before.end
        if gap > _GAP:
            self.gaps.append((before.end, stretch.start))
        self._shift += max(0.0, gap - _STANDS)

    def ticks(self, time: float) -> int:
        """Where a picture of this moment stands, always after the one before."""
        self._ticks = max(self.place(time), self._ticks + 1)
        self.pictures += 1
        return self._ticks

    def place(self, time: float) -> int:
        return round((time - self._shift) * _TICKS)


def _join(stretches: Sequence[Stretch], end: float, part: Path, timeline: _Timeline) -> bool:
    """Whether anything had to be encoded."""
    settings = _settings(stretches[0])
    encoded = False
    with ExitStack() as stack:
        track = TrackWriter(stack.enter_context(open_write(part)), settings)
        stack.callback(track.abandon)
        before = None
        for stretch in stretches:
            timeline.begin(stretch, before)
            before = stretch
            if size_of(stretch.init) == settings.size:
                _copy(stretch, end, track, timeline)
            else:
                encoded = True
                for time, picture in _pictures(stretch, end):
                    track.write(
                        plain(picture, settings.size, full_range=settings.full_range),
                        timeline.ticks(time),
                    )
        track.close()
    return encoded


def _settings(first: Stretch) -> Settings:
    """How pictures are encoded that cannot be copied: like the first ones."""
    full = full_range(config_of(first.init))
    return Settings(size_of(first.init), _CLOCK, full, _CRF, "ultrafast", gop=250)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A compressed picture and the moment it is shown, POSIX seconds."""

    data: bytes
    time: float


def _copy(stretch: Stretch, end: float, track: TrackWriter, timeline: _Timeline) -> None:
    config = config_of(stretch.init)
    until = min(end, stretch.end)
    for gop in _gops(stretch):
        # Pictures that come after `end` stay where one before it may need them.
        wanted = [i for i, coded in enumerate(gop) if coded.time < end]
        if not wanted:
            return
        kept = gop[: wanted[-1] + 1]
        order = sorted(range(len(kept)), key=lambda i: kept[i].time)
        ticks = dict(zip(order, [timeline.ticks(kept[i].time) for i in order], strict=True))
        samples = [(coded.data, ticks[i]) for i, coded in enumerate(kept)]
        track.copy(samples, config, max(timeline.place(until), ticks[order[-1]] + 1))


def _gops(stretch: Stretch) -> Iterator[list[_Coded]]:
    """A stretch's compressed pictures, GOP by GOP, in the order of decoding."""
    gop: list[_Coded] = []
    with av.open(stretch.load(), "r") as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is None or packet.size == 0:
                continue
            if packet.is_keyframe and gop:
                yield gop
                gop = []
            seconds = float(packet.pts * packet.time_base) - stretch.media_start
            gop.append(_Coded(bytes(packet), stretch.start + seconds))
    if gop:
        yield gop


def _pictures(stretch: Stretch, end: float) -> Iterator[tuple[float, av.VideoFrame]]:
    """Moment and decoded picture, up to `end`."""
    with av.open(stretch.load(), "r") as container:
        for picture in container.decode(container.streams.video[0]):
            if picture.pts is None or picture.time_base is None:
                continue
            seconds = float(picture.pts * picture.time_base) - stretch.media_start
            if stretch.start + seconds < end:
                yield stretch.start + seconds, picture
