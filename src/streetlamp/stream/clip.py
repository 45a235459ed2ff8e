"""One masked clip, frame for frame and tick for tick like its input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import av

from streetlamp.errors import UserError
from streetlamp.stream.encoders import Settings
from streetlamp.stream.nals import as_mp4
from streetlamp.stream.picture import to_picture
from streetlamp.stream.recode import pictures
from streetlamp.stream.track import OddTrackWriter, TrackWriter
from streetlamp.values import CopiedGop, MaskedFrame

_LARGEST_TIMESCALE: Final = 2**31 - 1
_LONGEST_OFFSET: Final = 10  # seconds of empty time kept before the first picture
_BUFFER: Final = 1 << 20  # bytes written at once
_GOP: Final = 250  # pictures; x264's own default


class ClipWriter:
    """Writes ``masked.mp4``: a progressive MP4 with exactly the pictures it is given.

    Every picture comes out with its own pts in its own time base (variable frame rates too): the
    track's timescale is the time base's denominator. Two exceptions, counted in `repaired`: a pts
    that does not rise is moved on by one tick, and so is one whose time base changed on the way and
    does not fit. Where the first pts is before 0 or later than 10 s the clip is moved to start
    at 0; `shift` says by how many ticks.

    The size is kept, odd ones too (see `OddTrackWriter`). Pictures that change their size midway
    are scaled to the first one's.

    GOPs that came to be copied keep their bytes (`copied` counts their pictures), between encoded
    ones too: see `Mp4Writer` for how both stand in one track. A GOP of another size than the clip's
    is decoded and encoded like everything else.

    While writing, the file is called ``NAME.part``. `close` gives it its name, replacing an older
    one. `abort` (also: leaving the ``with`` block by an exception) finishes what there is as
    ``NAME.incomplete.mp4``, a playable clip whose name says that it is not all; nothing is left
    when there was no picture.
    """

    def __init__(
        self, path: Path, *, crf: float = 23.0, preset: str = "ultrafast", threads: int = 1
    ) -> None:
        self.path = path
        self.incomplete = path.with_name(f"{path.stem}.incomplete{path.suffix}")
        self.frames = 0
        self.copied = 0  # of `frames`: pictures that were not encoded anew
        self.repaired = 0
        self.shift = 0  # ticks taken off every pts
        self._part = path.with_name(path.name + ".part")
        self._crf = crf
        self._preset = preset
        self._threads = threads
        self._file: BinaryIO | None = None  # what the track is written to, where it is ours
        self._track: TrackWriter | OddTrackWriter | None = None
        self._full_range = False
        self._clock = Fraction(1)
        self._ticks: int | None = None
        self._finished = False

    def write(self, frame: MaskedFrame) -> None:
        """Append a picture. UserError when the disk is full or refuses, or nothing can encode."""
        self.write_all([frame])

    def write_all(self, frames: Sequence[MaskedFrame]) -> None:
        """Append pictures, as `write` does one by one, but cheaper."""
        try:
            ready = []
            for frame in frames:
                track = self._track_for(frame, frame.pts, frame.time_base)
                ticks = self._next_ticks(frame.pts, frame.time_base)
                ready.append((track, to_picture(frame, track.size), ticks))
            for track, picture, ticks in ready:
                track.write(picture, ticks)
                self.frames += 1
        except (OSError, av.FFmpegError) as error:
            raise _explained(self.path, error) from error

    def copy(self, gop: CopiedGop) -> None:
        """Append a GOP as it came. UserError like `write`."""
        order = sorted(gop.samples, key=lambda sample: sample.pts)
        try:
            track = self._track_for(gop.picture, order[0].pts, gop.time_base)
            ticks = {sample.pts: self._next_ticks(sample.pts, gop.time_base) for sample in order}
            if not isinstance(track, TrackWriter) or track.size != gop.size:
                for pts, picture in pictures(gop, track.size, full_range=self._full_range):
                    track.write(picture, ticks[pts])
                    self.frames += 1
                return
            samples = [(as_mp4(s.data, gop.length_size), ticks[s.pts]) for s in gop.samples]
            track.copy(samples, gop.config)
        except (OSError, av.FFmpegError) as error:
            raise _explained(self.path, error) from error
        self.frames += len(samples)
        self.copied += len(samples)

    def close(self) -> None:
        """Finish the clip under its name. A clip without a picture leaves no file."""
        self._end(self.path)

    def abort(self) -> None:
        """Finish what there is as a playable clip under a name that says it is not all."""
        self._end(self.incomplete)

    def _end(self, name: Path) -> None:
        if self._finished:
            return
        self._finished = True
        if self._track is None or self.frames == 0:
            self._let_go()
            return
        try:
            self._track.close()
            if self._file is not None:
                self._file.close()
            os.replace(self._part, name)
        except (OSError, av.FFmpegError) as error:
            self._let_go()
            raise _explained(name, error) from error

    def _let_go(self) -> None:
        """Leave nothing open and nothing half written."""
        if self._track is not None:
            self._track.abandon()
        with suppress(OSError):  # what is buffered may not fit on the disk
            if self._file is not None:
                self._file.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _track_for(
        self, picture: MaskedFrame, pts: int, time_base: tuple[int, int]
    ) -> TrackWriter | OddTrackWriter:
        """The clip's track; opened for the first picture, which shows at `pts`."""
        if self._finished:
            raise ValueError(f"{self.path.name} is already closed")
        if self._track is not None:
            return self._track
        scale, denominator = time_base
        if not 0 < denominator <= _LARGEST_TIMESCALE or scale <= 0:
            raise ValueError(f"an MP4 cannot count in units of {scale}/{denominator} s")
        self._clock = Fraction(1, denominator)
        start = pts * scale
        if not 0 <= start <= _LONGEST_OFFSET * denominator:
            self.shift = start
        self._full_range = picture.full_range
        settings = Settings(
            (picture.width, picture.height),
            self._clock,
            picture.full_range,
            self._crf,
            self._preset,
            threads=self._threads,
            gop=_GOP,
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if picture.width % 2 or picture.height % 2:
            self._track = OddTrackWriter(self._part, settings)
        else:
            self._file = self._part.open("wb", buffering=_BUFFER)
            self._track = TrackWriter(self._file, settings)
        return self._track

    def _exact(self, pts: int, time_base: tuple[int, int]) -> Fraction:
        """In ticks of the clip."""
        if time_base == (1, self._clock.denominator):
            return Fraction(pts)
        return Fraction(pts * time_base[0], time_base[1]) / self._clock

    def _next_ticks(self, pts: int, time_base: tuple[int, int]) -> int:
        exact = self._exact(pts, time_base)
        ticks = round(exact) - self.shift
        if self._ticks is not None and ticks <= self._ticks:
            ticks = self._ticks + 1
            self.repaired += 1
        elif exact.denominator != 1:
            self.repaired += 1
        self._ticks = ticks
        return ticks

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()


def _explained(path: Path, error: OSError | av.FFmpegError) -> UserError:
    return UserError(
        f"cannot write {path}: {error.strerror or error}. "
        "Check that the folder may be written to and that the disk has room."
    )
