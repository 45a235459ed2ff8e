"""Fragments and a recordings folder for the tests of this room."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from streetlamp.record.options import RecordOptions
from streetlamp.record.recordings import Recordings
from streetlamp.record.writer import SegmentWriter
from streetlamp.store.database import Database
from streetlamp.store.segments import Segments
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import Fragment
from support.masked import film, number_in

T0 = 1_700_000_000.0


@functools.cache
def fragments(
    pictures: int = 250,
    size: tuple[int, int] = (192, 128),
    start: float = T0,
    camera: str = "gate",
    fps: float = 25.0,
) -> tuple[Fragment, ...]:
    """One run of video: a second a GOP, half a second a fragment."""
    encoder = Encoder(camera, EncodeOptions())
    done: list[Fragment] = []
    for frame in film(pictures, size, start=start, camera=camera, fps=fps):
        done += encoder.push(frame, None)
    return tuple(done + encoder.flush())


@dataclass
class House:
    """A data folder with its table."""

    data: Path
    segments: Segments
    options: RecordOptions
    recordings: Recordings

    def writer(self, camera: str = "gate", **rest: object) -> SegmentWriter:
        return SegmentWriter(camera, self.data, self.segments, self.options, **rest)  # type: ignore[arg-type]

    def record(self, *runs: tuple[Fragment, ...], camera: str = "gate") -> None:
        writer = self.writer(camera)
        for run in runs:
            for fragment in run:
                writer.write(fragment)
        writer.finish()


def house(data: Path, **options: object) -> House:
    """A house in `data`; the options default to ten-second files and no rule about free space."""
    chosen = RecordOptions(**{"segment_seconds": 10, "min_free_gb": 0, **options})  # type: ignore[arg-type]
    segments = Segments(Database(data / "streetlamp.db"))
    return House(data, segments, chosen, Recordings(data, segments, chosen))


def numbers(path: Path) -> list[int]:
    """The numbers burnt into a file's pictures, in order."""
    with av.open(str(path)) as container:
        found = []
        for picture in container.decode(video=0):
            plane = picture.planes[0]
            luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            found.append(number_in(luma))
        return found
