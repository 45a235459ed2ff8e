"""One masked clip, frame for frame and tick for tick like its input."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streetlamp.errors import UserError
from streetlamp.stream.encoders import H264_ENCODERS, Settings, add_video, options_for
from streetlamp.stream.picture import to_picture
from streetlamp.values import MaskedFrame

_LARGEST_TIMESCALE: Final = 2**31 - 1
_LONGEST_OFFSET: Final = 10  # seconds of empty time kept before the first picture
_ODD_ENCODER: Final = "libvpx-vp9"


class ClipWriter:
    """Writes ``masked.mp4``: a progressive MP4 with exactly the pictures it is given.

    Every picture comes out with its own pts in its own time base (variable frame rates too): the
    track's timescale is the time base's denominator. Two exceptions, counted in `repaired`: a pts
    that does not rise is moved on by one tick, and so is one whose time base changed on the way and
    does not fit. Where the first pts is before 0 or later than 10 s the clip is moved to start
    at 0; `shift` says by how many ticks.

    H.264 in 4:2:0 has even sizes only. A clip of odd width or height is written as VP9, which keeps
    the size, in the same MP4. Pictures that change their size midway are scaled to the first one's.

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
        self._track: _Track | None = None
        self._finished = False

    def write(self, frame: MaskedFrame) -> None:
        """Append a picture. UserError when the disk is full or refuses, or nothing can encode."""
        if self._finished:
            raise ValueError(f"{self.path.name} is already closed")
        try:
            if self._track is None:
                self._track = self._open(frame)
            self._track.write(frame, self)
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
            self._track.finish()
            os.replace(self._part, name)
        except (OSError, av.FFmpegError) as error:
            self._part.unlink(missing_ok=True)
            raise _explained(name, error) from error

    def _open(self, first: MaskedFrame) -> _Track:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scale, denominator = first.time_base
        if not 0 < denominator <= _LARGEST_TIMESCALE or scale <= 0:
            raise ValueError(f"an MP4 cannot count in units of {scale}/{denominator} s")
        start = first.pts * scale
        if not 0 <= start <= _LONGEST_OFFSET * denominator:
            self.shift = start
        return _Track.open(self._part, first, self._crf, self._preset, self._threads)

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


class _Track:
    """The open MP4: one picture is always held back until the next says how long it stands."""

    def __init__(self, container: OutputContainer, stream: VideoStream, first: MaskedFrame) -> None:
        self._container = container
        self._stream = stream
        self._size = first.width, first.height
        self._clock = Fraction(1, first.time_base[1])
        self._held: Packet[VideoStream] | None = None
        self._stands = 0
        self._ticks: int | None = None

    @classmethod
    def open(cls, path: Path, first: MaskedFrame, crf: float, preset: str, threads: int) -> _Track:
        """Choose the encoder by the picture's size and open the file."""
        clock = Fraction(1, first.time_base[1])
        size = first.width, first.height
        settings = Settings(size, clock, first.full_range, crf, preset, threads=threads, gop=250)
        odd = size[0] % 2 or size[1] % 2
        names = (_ODD_ENCODER,) if odd else H264_ENCODERS
        for name in names:
            if name not in av.codecs_available:
                continue
            # the edit list that keeps a late first picture counts in the movie's timescale
            ticks = str(clock.denominator)
            clocks = {"video_track_timescale": ticks, "movie_timescale": ticks}
            container = av.open(str(path), "w", format="mp4", options=clocks)
            own = _vp9_options(crf) if odd else options_for(name, settings)
            try:
                stream = add_video(container, name, own, settings)
                container.start_encoding()
            except (av.FFmpegError, ValueError):
                container.close()
                continue
            return cls(container, stream, first)
        path.unlink(missing_ok=True)
        what = "a VP9 encoder (the picture's size is odd)" if odd else "an H.264 encoder"
        raise UserError(
            f"cannot write {path.name}: this installation of PyAV has no working {what}. "
            "Install PyAV from its wheels (pip install --force-reinstall av)."
        )

    def write(self, frame: MaskedFrame, clip: ClipWriter) -> None:
        exact = Fraction(frame.pts * frame.time_base[0], frame.time_base[1]) / self._clock
        ticks = round(exact) - clip.shift
        if self._ticks is not None and ticks <= self._ticks:
            ticks = self._ticks + 1
            clip.repaired += 1
        elif exact.denominator != 1:
            clip.repaired += 1
        self._ticks = ticks
        picture = to_picture(frame, self._size)
        picture.pts = ticks
        picture.time_base = self._clock
        for packet in self._stream.encode(picture):
            self._take(packet)

    def finish(self) -> None:
        """Write what the encoder holds and the file's index."""
        try:
            for packet in self._stream.encode(None):
                self._take(packet)
            self._write_held()
        finally:
            self._container.close()

    def _take(self, packet: Packet[VideoStream]) -> None:
        if packet.pts is None:
            return
        if self._held is not None and self._held.pts is not None:
            self._stands = packet.pts - self._held.pts
            self._write_held()
        self._held = packet

    def _write_held(self) -> None:
        packet, self._held = self._held, None
        if packet is not None:
            packet.duration = self._stands or max(1, round(Fraction(1, 25) / self._clock))
            self._container.mux(packet)


def _vp9_options(crf: float) -> dict[str, str]:
    # libvpx's scale runs 0–63 where x264's runs 0–51; b=0 makes it a quality instead of a rate
    quality = min(63, round(crf * 63 / 51))
    return {"deadline": "realtime", "cpu-used": "8", "crf": str(quality), "b": "0"}


def _explained(path: Path, error: OSError | av.FFmpegError) -> UserError:
    return UserError(
        f"cannot write {path}: {error.strerror or error}. "
        "Check that the folder may be written to and that the disk has room."
    )
