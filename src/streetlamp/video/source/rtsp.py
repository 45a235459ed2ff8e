"""Cameras that speak RTSP: nearly every network camera."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from streetlamp.video.source.base import SOURCES, Capabilities
from streetlamp.video.source.line import LineSource, microseconds


@SOURCES.add("rtsp", "rtsps")
class RtspSource(LineSource):
    """An RTSP camera, over TCP unless asked otherwise; only its video is fetched."""

    schemes: ClassVar[tuple[str, ...]] = ("rtsp", "rtsps")
    summary: ClassVar[str] = "A network camera (IP camera, recorder, encoder)"
    capabilities: ClassVar[Capabilities] = Capabilities(
        live=True,
        process=False,
        ends=False,
        login=True,
        times="the camera's count, mapped to this machine's clock",
        codecs="H.264, H.265, MJPEG, MPEG-4",
        example="rtsp://192.168.1.20:554/stream1",
    )

    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        patience = max(self.options.open_timeout, self.options.read_timeout)
        options = {
            "rtsp_transport": self.options.transport,
            "allowed_media_types": "video",
            # The socket's own patience, a little longer than PyAV's: it also ends a close that
            # hangs on a camera which no longer answers.
            "timeout": microseconds(patience + 1),
        }
        if not thorough:
            options["fpsprobesize"] = "0"  # FFmpeg would watch for a second to guess the rate
        return self.login_address(), "rtsp", options
