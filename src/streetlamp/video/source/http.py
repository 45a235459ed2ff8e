"""Pictures over HTTP: MJPEG cameras, streams, and files on a server."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import ClassVar, TypeVar

from streetlamp import __version__
from streetlamp.health import Reason
from streetlamp.video.raw import RawFrame, Unit
from streetlamp.video.source.base import SOURCES, Capabilities
from streetlamp.video.source.line import LineSource, microseconds
from streetlamp.video.source.pace import Pace
from streetlamp.video.source.play import (
    Placed,
    PlacedCoded,
    clip,
    coded_clip,
    packets,
    raw_frames,
)
from streetlamp.video.source.stream import VideoStream
from streetlamp.video.source.timeline import Joiner
from streetlamp.video.source.trouble import Trouble

_Item = TypeVar("_Item")


@SOURCES.add("http", "https")
class HttpSource(LineSource):
    """What a web server sends: an endless stream is live, a file is played in real time."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    summary: ClassVar[str] = "An MJPEG camera, a stream (HLS, MPEG-TS), or a file on a web server"
    begins_anew = True
    capabilities: ClassVar[Capabilities] = Capabilities(
        live=True,
        process=True,
        ends=True,
        login=True,
        times="a file's own; a stream's count; MJPEG: when pictures come",
        codecs="MJPEG, H.264, H.265, MPEG-4",
        example="http://192.168.1.21/video.mjpg",
    )

    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        patience = max(self.open_timeout, self.options.read_timeout)
        options = {
            "timeout": microseconds(patience + 1),
            "user_agent": f"streetlamp/{__version__}",
            # A page must not be able to make us open files of this machine.
            "protocol_whitelist": "http,https,httpproxy,tcp,tls,crypto",
        }
        return self.login_address(), None, options

    def frames(self) -> Generator[RawFrame, None, None]:
        stream = self._open()
        if self.live and not stream.ends:
            with stream:
                yield from self._live(stream, self._arriving(stream))
        else:
            pace = Pace(self) if self.live else None

            def pictures(stream: VideoStream, joiner: Joiner | None) -> Iterator[Placed]:
                return clip(self, self.describe(), stream, joiner, pace)

            yield from raw_frames(self, self._rounds(stream, pictures), pace)

    def units(self) -> Generator[Unit, None, None]:
        stream = self._open()
        if self.live and not stream.ends:
            with stream:
                yield from self._live(stream, self._units_of(stream))
        elif stream.tidy:
            pace = Pace(self) if self.live else None
            yield from packets(self, self._rounds(stream, self._coded_clip), pace)
        else:
            stream.close()
            yield from self.frames()

    def _coded_clip(self, stream: VideoStream, joiner: Joiner | None) -> Iterator[PlacedCoded]:
        return coded_clip(self, self.describe(), stream, joiner)

    def _rounds(
        self,
        stream: VideoStream,
        contents: Callable[[VideoStream, Joiner | None], Iterator[_Item]],
    ) -> Iterator[_Item]:
        loop = self.live if self.options.loop is None else self.options.loop
        joiner = Joiner() if loop else None
        while True:
            with stream:
                yield from contents(stream, joiner)
            if not stream.tally.alive:
                raise self._failure(
                    Trouble(Reason.DAMAGED, "nothing in it can be decoded", retry=False)
                )
            if not loop:
                return
            stream = self._open()
