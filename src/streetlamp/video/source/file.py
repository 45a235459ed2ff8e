"""Files: a clip, a folder of clips, a picture, a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from streetlamp.health import Reason
from streetlamp.video.raw import RawFrame, Unit
from streetlamp.video.source.base import (
    SOURCES,
    Capabilities,
    Probe,
    Source,
    SourceError,
    local_path,
)
from streetlamp.video.source.faults import FFMPEG_ERRORS
from streetlamp.video.source.options import SourceOptions
from streetlamp.video.source.pace import Pace
from streetlamp.video.source.play import (
    Placed,
    PlacedCoded,
    clip,
    coded_clip,
    packets,
    raw_frames,
)
from streetlamp.video.source.sniff import why_unplayable
from streetlamp.video.source.stream import DEFAULT_FPS, NoPictureError, VideoStream
from streetlamp.video.source.timeline import Joiner

CLIPS: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg"}
    | {".flv", ".wmv", ".asf", ".3gp", ".dav", ".ogv", ".nut", ".mjpg", ".mjpeg"}
    | {".264", ".h264", ".265", ".h265", ".hevc"}
)
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
# These carry no times: their rate may be given.
RAW: Final = frozenset({".264", ".h264", ".265", ".h265", ".hevc", ".mjpg", ".mjpeg"})
_Item = TypeVar("_Item")


@SOURCES.add("file")
class FileSource(Source):
    """A file or folder on this machine, in real time (live) or as fast as it goes (process)."""

    schemes: ClassVar[tuple[str, ...]] = ("file",)
    summary: ClassVar[str] = "A clip, a picture, or a folder of either, in the order of the names"
    begins_anew = True
    capabilities: ClassVar[Capabilities] = Capabilities(
        live=True,
        process=True,
        ends=True,
        login=False,
        times="the file's; pictures and raw streams: fps",
        codecs="H.264, H.265, MPEG-4, MJPEG and what else FFmpeg decodes; JPEG, PNG",
        example="clips/yard.mp4",
    )

    def __init__(self, camera: str, url: str, options: SourceOptions, *, live: bool) -> None:
        super().__init__(camera, url, options, live=live)
        self.path = local_path(self.url)
        self.loop = live if self.options.loop is None else self.options.loop

    def frames(self) -> Generator[RawFrame, None, None]:
        pace = Pace(self) if self.live else None
        yield from raw_frames(self, self._play(pace), pace)

    def units(self) -> Generator[Unit, None, None]:
        parts = self._parts()
        if _is_still(parts[0]) or not all(map(self._is_tidy, parts)):
            yield from self.frames()
            return
        pace = Pace(self) if self.live else None
        yield from packets(self, self._rounds(parts, self._coded), pace)

    def _is_tidy(self, part: Path) -> bool:
        try:
            with self._open(part) as stream:
                return stream.tidy
        except SourceError:
            return True  # it will be left out, or be said, when its turn comes

    def probe(self) -> Probe:
        parts = self._parts()
        one = self._probe(parts[0])
        if _is_still(parts[0]):
            fps = self.options.fps or float(DEFAULT_FPS)
            n = len(parts)
            return replace(one, fps=fps, frames=n, duration=n / fps, bit_rate=None)
        probes = [one, *map(self._probe, parts[1:])]
        frames = [probe.frames for probe in probes]
        seconds = [probe.duration for probe in probes]
        return replace(
            one,
            frames=None if None in frames else sum(filter(None, frames)),
            duration=None if None in seconds else sum(filter(None, seconds)),
        )

    def _probe(self, part: Path) -> Probe:
        with self._open(part) as stream:
            try:
                return stream.probe()
            except NoPictureError as error:
                problem = f"{part.name}: {error}"
        raise SourceError(problem, retry=False, trouble=Reason.DAMAGED)

    def _parts(self) -> list[Path]:
        """The files to play, one after another."""
        path = self.path
        if not path.is_dir():
            return [path]
        inside = sorted(one for one in path.iterdir() if not one.name.startswith("."))
        clips = [one for one in inside if one.is_file() and one.suffix.lower() in CLIPS]
        found = clips or [one for one in inside if one.is_file() and _is_still(one)]
        if found:
            return found
        folders = [one.name for one in inside if one.is_dir()]
        hint = f"; name one of its folders: {', '.join(folders[:5])}" if folders else ""
        text = f"there are no clips or pictures in {path}{hint}"
        raise SourceError(text, retry=False, trouble=Reason.NO_VIDEO)

    def _open(self, part: Path) -> VideoStream:
        options = {"protocol_whitelist": "file"}
        kind = None
        if _is_still(part):
            options["pattern_type"] = "none"  # a % in a name is a %
            kind = "image2"
        elif self.options.fps is not None and part.suffix.lower() in RAW:
            options["framerate"] = str(self.options.fps)
        try:
            return VideoStream.open(
                str(part.absolute()),
                container_format=kind,
                options=options,
                threads=self.options.threads,
                fps=self.options.fps,
            )
        except NoPictureError as error:
            problem = f"{part.name} is not a video file: {error}"
        except FFMPEG_ERRORS:
            problem = why_unplayable(part)
        reason = Reason.DAMAGED if part.exists() else Reason.UNREACHABLE
        raise SourceError(problem, retry=False, trouble=reason)

    def _play(self, pace: Pace | None) -> Iterator[Placed]:
        """Every picture with its stamp and unit, round after round."""
        parts = self._parts()
        if _is_still(parts[0]):
            return self._stills(parts)

        def pictures(part: Path, stream: VideoStream, joiner: Joiner | None) -> Iterator[Placed]:
            return clip(self, part.name, stream, joiner, pace)

        return self._rounds(parts, pictures)

    def _coded(
        self, part: Path, stream: VideoStream, joiner: Joiner | None
    ) -> Iterator[PlacedCoded]:
        return coded_clip(self, part.name, stream, joiner)

    def _rounds(
        self,
        parts: list[Path],
        contents: Callable[[Path, VideoStream, Joiner | None], Iterator[_Item]],
    ) -> Iterator[_Item]:
        """What is in every part, one after another, round after round."""
        joiner = Joiner() if self.loop or len(parts) > 1 else None
        while True:
            alive = False
            for part in parts:
                try:
                    stream = self._open(part)
                except SourceError as error:
                    if len(parts) == 1:
                        raise
                    self.warn(f"left out: {error.reason}")
                    continue
                with stream:
                    yield from contents(part, stream, joiner)
                    alive = alive or stream.tally.alive
            if not alive:
                name = parts[0].name if len(parts) == 1 else f"{self.path} (any clip)"
                text = f"no picture in {name} can be decoded"
                raise SourceError(text, retry=False, trouble=Reason.DAMAGED)
            if not self.loop:
                return

    def _stills(self, parts: list[Path]) -> Iterator[Placed]:
        base = 1 / Fraction(self.options.fps or DEFAULT_FPS).limit_denominator(1001)
        pts = 0
        while True:
            before = pts
            for part in parts:
                try:
                    with self._open(part) as stream:
                        picture = next(stream.pictures(), None)
                except SourceError as error:
                    self.warn(f"left out: {error.reason}")
                    continue
                if picture is None:
                    self.warn(f"left out: {part.name} cannot be decoded")
                    continue
                yield pts, base, picture
                pts += 1
            if pts == before:
                text = "; ".join(self.warnings[:3])
                raise SourceError(text, retry=False, trouble=Reason.DAMAGED)
            if not self.loop:
                return


def _is_still(path: Path) -> bool:
    return path.suffix.lower() in PICTURES
