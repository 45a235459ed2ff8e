"""Cameras plugged into this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import ClassVar

from streetlamp.video.source.base import SOURCES, Capabilities, SourceError
from streetlamp.video.source.line import LineSource


@SOURCES.add("webcam")
class WebcamSource(LineSource):
    """A webcam by number (0 is the first) or by device, e.g. ``/dev/video2``."""

    schemes: ClassVar[tuple[str, ...]] = ("webcam",)
    summary: ClassVar[str] = "A camera plugged into this machine, by its number"
    capabilities: ClassVar[Capabilities] = Capabilities(
        live=True,
        process=False,
        ends=False,
        login=False,
        times="the driver's count, mapped to this machine's clock",
        codecs="MJPEG, raw, H.264",
        example="0",
    )
    # How FFmpeg calls cameras on each system: its format, and the device with number {0}.
    drivers: ClassVar[Mapping[str, tuple[str, str]]] = {
        "linux": ("video4linux2,v4l2", "/dev/video{0}"),
        "darwin": ("avfoundation", "{0}:none"),
    }

    def describe(self) -> str:
        return f"webcam {self._device()}"

    def _device(self) -> str:
        device = self.url.removeprefix("webcam:").removeprefix("//")
        return device.removeprefix("/dev/video")

    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        driver = self.drivers.get(sys.platform)
        if driver is None:
            raise SourceError(
                f"webcams are not supported on {sys.platform}: use an RTSP camera", retry=False
            )
        kind, pattern = driver
        number = self._device()
        if not number.isdigit():
            raise SourceError(
                f"{self.url}: a webcam is given by its number, such as 0", retry=False
            )
        options = {} if self.options.fps is None else {"framerate": f"{self.options.fps:g}"}
        return pattern.format(number), kind, options
