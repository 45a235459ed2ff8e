"""What sources that come over a line share: opening with patience, live times, clear errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator, Mapping
from fractions import Fraction
from typing import TypeVar

from streetlamp.video.raw import Packet, RawFrame, Unit
from streetlamp.video.source.base import Probe, Source, SourceError
from streetlamp.video.source.clock import ClockSetError, LiveMapping
from streetlamp.video.source.reorder import Reorder
from streetlamp.video.source.stream import (
    FFMPEG_ERRORS,
    SILENT,
    NoPictureError,
    VideoStream,
    explain,
)
from streetlamp.video.source.timeline import Chooser, Joiner, Timeline

_Unit = TypeVar("_Unit", bound=Unit)


class LineSource(Source):
    """A camera whose pictures come when it sends them. Subclasses say how to open it."""

    @abstractmethod
    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        """What FFmpeg opens: address (login inside), format or None, options.

        ``thorough``: take a second to find out the true rate, rather than begin at once.
        """

    def frames(self) -> Generator[RawFrame, None, None]:
        with self._open() as stream:
            yield from self._live(stream, self._arriving(stream))

    def units(self) -> Generator[Unit, None, None]:
        with self._open() as stream:
            yield from self._live(stream, self._units_of(stream))

    def probe(self) -> Probe:
        with self._open(thorough=True) as stream:
            try:
                return stream.probe()
            except NoPictureError as error:
                problem, retry = str(error), True
            except FFMPEG_ERRORS as error:
                problem, retry = explain(error)
        raise self._failure(problem, retry=retry)

    def _open(self, *, thorough: bool = False) -> VideoStream:
        address, kind, options = self.target(thorough=thorough)
        began = self.clock.steady()
        try:
            return VideoStream.open(
                address,
                container_format=kind,
                options=options,
                timeout=(self.options.open_timeout, self.options.read_timeout),
                threads=self.options.threads,
                fps=self.options.fps,
            )
        except NoPictureError as error:
            problem, retry = str(error), True
        except FFMPEG_ERRORS as error:
            problem, retry = explain(error)
            if self.clock.steady() - began >= self.options.open_timeout * 0.9:
                problem, retry = SILENT, True  # cut short by us, whatever FFmpeg calls it
        # Raised out here: an exception chained to FFmpeg's would carry its text, and the login.
        raise self._failure(problem, retry=retry)

    def _units_of(self, stream: VideoStream) -> Iterator[Unit]:
        return self._coded(stream) if stream.tidy else self._arriving(stream)

    def _live(self, stream: VideoStream, units: Iterator[_Unit]) -> Iterator[_Unit]:
        problem = "the stream ended"
        try:
            yield from units
        except ClockSetError as error:
            problem = str(error)
        except FFMPEG_ERRORS as error:
            problem, _ = explain(error)
        self._report(stream)
        if not self.stopped.is_set():
            raise self._failure(problem, retry=True)

    def _mapping(self, stream: VideoStream) -> tuple[Fraction, LiveMapping]:
        base = stream.time_base if stream.timed else Joiner.time_base
        timeline = Timeline(base, max(1, round(1 / (stream.rate * base))))
        return base, LiveMapping(timeline, self.clock, timed=stream.timed)

    def _arriving(self, stream: VideoStream) -> Iterator[RawFrame]:
        base, mapping = self._mapping(stream)
        chooser = Chooser()
        for number, picture in enumerate(stream.pictures(), 1):
            pts, time = mapping.place(chooser.choose(picture.pts, picture.dts))
            if self.stopped.is_set():
                return
            yield RawFrame(self.camera, time, number, picture, pts, base)

    def _coded(self, stream: VideoStream) -> Iterator[Packet]:
        base, mapping = self._mapping(stream)
        reorder = Reorder(mapping.place)
        info = stream.info()
        for packet in stream.coded():
            for one in reorder.push(packet):
                if self.stopped.is_set():
                    return
                data, key = bytes(one.packet), bool(one.packet.is_keyframe)
                yield Packet(self.camera, info, data, key, one.time, one.rank, one.stamp, base)

    def _report(self, stream: VideoStream) -> None:
        damaged = stream.tally.damaged + stream.tally.unread
        if damaged:
            self.warn(f"{damaged} damaged packets were left out")

    def _failure(self, problem: str, *, retry: bool) -> SourceError:
        text = self.clean(f"no pictures from {self.describe()}: {problem}")
        return SourceError(text, retry=retry)


def microseconds(seconds: float) -> str:
    """Seconds as FFmpeg's options want them."""
    return str(max(1, round(seconds * 1_000_000)))
