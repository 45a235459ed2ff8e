"""Playing what has an end (a file, here or on a server): its own times, paced when live."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import av

from streetlamp.video.raw import RawFrame
from streetlamp.video.source.base import Source, SourceError
from streetlamp.video.source.clock import ClockSetError
from streetlamp.video.source.pace import Pace
from streetlamp.video.source.stream import FFMPEG_ERRORS, VideoStream, explain
from streetlamp.video.source.timeline import Chooser, Joiner, Timeline

Placed: TypeAlias = tuple[int, Fraction, av.VideoFrame]  # stamp, its unit in seconds, picture


def raw_frames(source: Source, placed: Iterator[Placed], pace: Pace | None) -> Iterator[RawFrame]:
    """Pictures with their POSIX times; each waits for its moment where there is a ``pace``."""
    first: Fraction | None = None
    for number, (pts, base, picture) in enumerate(placed, 1):
        first = pts * base if first is None else first
        seconds = float(pts * base - first)
        time = source.options.start_time + seconds
        if pace is not None:
            try:
                time = pace.wait(seconds)
            except ClockSetError as error:
                problem = str(error)
                break
        if source.stopped.is_set():
            return
        yield RawFrame(source.camera, time, number, picture, pts, base)
    else:
        return
    raise SourceError(problem, retry=True)


def clip(
    source: Source, name: str, stream: VideoStream, joiner: Joiner | None, pace: Pace | None
) -> Iterator[Placed]:
    """One clip's pictures with mended stamps, in its own unit or carried on by ``joiner``."""
    timeline = Timeline(stream.time_base, stream.step)
    chooser = Chooser(prefer_dts=stream.container.format.name == "avi")
    tally, step = stream.tally, float(1 / stream.rate)
    known = 0  # of the skipped packets
    if joiner is not None:
        joiner.next_clip(1 / stream.rate)

    def skip(packet: Any) -> bool:
        return pace is not None and pace.skip(packet.is_keyframe, step)

    problem = ""
    try:
        for picture in stream.pictures(skip if pace is not None else None):
            stamp = chooser.choose(picture.pts, picture.dts) if stream.timed else None
            pts = timeline.place(stamp, step=stream.step * (1 + tally.skipped - known))
            known = tally.skipped
            if joiner is None:
                yield pts, stream.time_base, picture
            else:
                yield joiner.place(pts * stream.time_base), joiner.time_base, picture
    except FFMPEG_ERRORS as error:
        problem, _ = explain(error)
    _report(source, name, stream, timeline)
    if problem:
        raise SourceError(source.clean(f"{name} cannot be read on: {problem}"), retry=True)


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
