"""One masked clip, frame for frame and tick for tick like its input."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av

from streetlamp.errors import UserError
from streetlamp.stream.encoders import Settings
from streetlamp.stream.picture import to_picture
from streetlamp.stream.track import TrackWriter
from streetlamp.values import MaskedFrame

_LARGEST_TIMESCALE: Final = 2**31 - 1
_LONGEST_OFFSET: Final = 10  # seconds of empty time kept before the first picture
_GOP: Final = 250  # pictures; x264's own default


class ClipWriter:
    """Writes ``masked.mp4``: a progressive MP4 with exactly the pictures it is given.

    Every picture comes out with its own pts in its own time base (variable frame rates too): the
    track's timescale is the time base's denominator. Two exceptions, counted in `repaired`: a pts
    that does not rise is moved on by one tick, and so is one whose time base changed on the way and
    does not fit. Where the first pts is before 0 or later than 10 s the clip is moved to start
    at 0; `shift` says by how many ticks.

    The size is kept, odd ones too (see `TrackWriter`). Pictures that change their size midway are
    scaled to the first one's.

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
        self.repaired = 0
        self.shift = 0  # ticks taken off every pts
        self._part = path.with_name(path.name + ".part")
        self._crf = crf
        self._preset = preset
        self._threads = threads
        self._track: TrackWriter | None = None
        self._clock = Fraction(1)
        self._ticks: int | None = None
        self._finished = False

    def write(self, frame: MaskedFrame) -> None:
        """Append a picture. UserError when the disk is full or refuses, or nothing can encode."""
        if self._finished:
            raise ValueError(f"{self.path.name} is already closed")
        try:
            if self._track is None:
                self._track = self._open(frame)
            self._track.write(to_picture(frame, self._track.size), self._next_ticks(frame))
        except (OSError, av.FFmpegError) as error:
            raise _explained(self.path, error) from error
        self.frames += 1

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
        if self._track is None:
            return
        try:
            self._track.close()
            os.replace(self._part, name)
        except (OSError, av.FFmpegError) as error:
            self._part.unlink(missing_ok=True)
            raise _explained(name, error) from error

    def _open(self, first: MaskedFrame) -> TrackWriter:
        scale, denominator = first.time_base
        if not 0 < denominator <= _LARGEST_TIMESCALE or scale <= 0:
            raise ValueError(f"an MP4 cannot count in units of {scale}/{denominator} s")
        self._clock = Fraction(1, denominator)
        start = first.pts * scale
        if not 0 <= start <= _LONGEST_OFFSET * denominator:
            self.shift = start
        self.path.parent.mkdir(parents=True, exist_ok=True)
        settings = Settings(
            (first.width, first.height),
            self._clock,
            first.full_range,
            self._crf,
            self._preset,
            threads=self._threads,
            gop=_GOP,
        )
        return TrackWriter(self._part, settings)

    def _next_ticks(self, frame: MaskedFrame) -> int:
        exact = Fraction(frame.pts * frame.time_base[0], frame.time_base[1]) / self._clock
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
