"""Playing what has an end (a file, here or on a server): its own times, paced when live."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar

import av

from streetlamp.health import Reason
from streetlamp.video.raw import Packet, RawFrame, StreamInfo
from streetlamp.video.source.base import Source, SourceError
from streetlamp.video.source.clock import ClockSetError
from streetlamp.video.source.faults import FFMPEG_ERRORS, fault
from streetlamp.video.source.pace import Pace
from streetlamp.video.source.reorder import Ranked, Reorder
from streetlamp.video.source.stream import VideoStream
from streetlamp.video.source.timeline import Chooser, Joiner, Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A packet whose picture is the ``rank``-th of its clip, from 1."""

    stream: StreamInfo
    data: bytes
    keyframe: bool
    rank: int


Placed: TypeAlias = tuple[int, Fraction, av.VideoFrame]  # stamp, its unit in seconds, picture
PlacedCoded: TypeAlias = tuple[int, Fraction, Coded]


_Item = TypeVar("_Item")


def raw_frames(source: Source, placed: Iterator[Placed], pace: Pace | None) -> Iterator[RawFrame]:
    """Pictures with their POSIX times; each waits for its moment where there is a ``pace``."""
    for number, (time, pts, base, picture) in enumerate(_timed(source, placed, pace), 1):
        yield RawFrame(source.camera, time, number, picture, pts, base)


def packets(source: Source, placed: Iterator[PlacedCoded], pace: Pace | None) -> Iterator[Packet]:
    """Packets with their pictures' POSIX times, in decoding order; paced like `raw_frames`."""
    before, last = 0, 0  # pictures of earlier clips, of all clips
    stream: StreamInfo | None = None
    for time, pts, base, one in _timed(source, placed, pace):
        if one.stream is not stream:
            before, stream = last, one.stream
        number = before + one.rank
        last = max(last, number)
        yield Packet(source.camera, one.stream, one.data, one.keyframe, time, number, pts, base)


def _timed(
    source: Source, placed: Iterator[tuple[int, Fraction, _Item]], pace: Pace | None
) -> Iterator[tuple[float, int, Fraction, _Item]]:
    """The same with POSIX times, each at its moment; SourceError when our clock was set."""
    start: float = source.options.start_time
    first: Fraction | None = None
    unit: Fraction | None = None  # of the stamps
    scale, shift, over, under = 1, 0, 0, 1  # (stamp * scale - shift) * over / under seconds
    for pts, base, item in placed:
        if base is not unit:
            unit = base
            first = pts * base if first is None else first
            begin = first / base
            scale, shift = begin.denominator, begin.numerator
            over, under = base.numerator, base.denominator * scale
        seconds = (pts * scale - shift) * over / under
        time = start + seconds
        if pace is not None:
            try:
                time = pace.wait(seconds)
            except ClockSetError as error:
                problem = str(error)
                break
        if source.stopped.is_set():
            return
        yield time, pts, base, item
    else:
        return
    raise SourceError(problem, retry=True, trouble=Reason.NO_VIDEO)


def clip(
    source: Source, name: str, stream: VideoStream, joiner: Joiner | None, pace: Pace | None
) -> Iterator[Placed]:
    """One clip's pictures with mended stamps, in its own unit or carried on by ``joiner``."""
    places = _Places(stream, joiner)
    chooser = Chooser(prefer_dts=stream.container.format.name == "avi")
    tally, step = stream.tally, float(1 / stream.rate)
    known = 0  # of the skipped packets

    def skip(packet: Any) -> bool:
        return pace is not None and pace.skip(packet.is_keyframe, step)

    with _reported(source, name, stream, places.timeline):
        for picture in stream.pictures(skip if pace is not None else None):
            stamp = chooser.choose(picture.pts, picture.dts) if stream.timed else None
            pts = places.place(stamp, step=stream.step * (1 + tally.skipped - known))
            known = tally.skipped
            yield pts, places.base, picture


def coded_clip(
    source: Source, name: str, stream: VideoStream, joiner: Joiner | None
) -> Iterator[PlacedCoded]:
    """One tidy clip's packets, in decoding order, with the mended stamps of their pictures."""
    places = _Places(stream, joiner)
    reorder = Reorder(lambda stamp: (places.place(stamp), 0.0))
    info = stream.info()
    with _reported(source, name, stream, places.timeline):
        for packet in stream.coded():
            for one in reorder.push(packet):
                yield one.stamp, places.base, coded(info, one)
        for one in reorder.flush():
            yield one.stamp, places.base, coded(info, one)


def coded(info: StreamInfo, one: Ranked) -> Coded:
    return Coded(info, bytes(one.packet), bool(one.packet.is_keyframe), one.rank)


class _Places:
    """A clip's own count of time, or the joined one of several clips."""

    def __init__(self, stream: VideoStream, joiner: Joiner | None) -> None:
        self.timeline = Timeline(stream.time_base, stream.step)
        self.base = stream.time_base if joiner is None else joiner.time_base
        self._joiner = joiner
        if joiner is not None:
            joiner.next_clip(1 / stream.rate)

    def place(self, stamp: int | None, *, step: int | None = None) -> int:
        pts = self.timeline.place(stamp, step=step)
        return pts if self._joiner is None else self._joiner.place(pts * self.timeline.time_base)


@contextmanager
def _reported(
    source: Source, name: str, stream: VideoStream, timeline: Timeline
) -> Generator[None, None, None]:
    """What was odd about a clip is told at its end; SourceError when it could not be read on."""
    problem = ""
    try:
        yield
    except FFMPEG_ERRORS as error:
        problem = fault(error).text
    _report(source, name, stream, timeline)
    if problem:
        raise SourceError(
            source.clean(f"{name} cannot be read on: {problem}"),
            retry=True,
            trouble=Reason.DAMAGED,
        )


def _report(source: Source, name: str, stream: VideoStream, timeline: Timeline) -> None:
    tally = stream.tally
    if tally.damaged or tally.unread:
        source.warn(f"{name}: {tally.damaged + tally.unread} damaged packets were left out")
    if missing := _missing(stream, timeline):
        source.warn(f"{name} is cut off or damaged: {missing}")
    if timeline.repaired and stream.timed:
        source.warn(f"{name}: {timeline.repaired} time stamps were missing or wrong: mended")
    if tally.skipped:
        source.warn(f"{name}: {tally.skipped} pictures were skipped to keep up")


def _missing(stream: VideoStream, timeline: Timeline) -> str:
    """What the container promised and did not hold, "" when all is there."""
    tally, promised = stream.tally, stream.stream.frames
    if promised:
        whole = tally.packets >= promised
        return "" if whole else f"{tally.packets} of {promised} pictures are there"
    only = len(stream.container.streams) == 1  # else the length may be that of the sound
    if stream.duration is None or timeline.first is None or timeline.last is None or not only:
        return ""
    ticks = timeline.last - timeline.first + timeline.step
    there, length = float(ticks * timeline.time_base), stream.duration
    short = there < length - max(0.5, 0.02 * length)
    return f"{there:.1f} of {length:.1f} seconds are there" if short else ""
