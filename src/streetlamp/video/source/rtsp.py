"""Cameras that speak RTSP: nearly every network camera."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar, Final

from streetlamp.health import Reason
from streetlamp.video.source.base import SOURCES, Capabilities
from streetlamp.video.source.faults import SILENT
from streetlamp.video.source.line import LineSource, microseconds
from streetlamp.video.source.login import Login
from streetlamp.video.source.rtsp_guard import Guard
from streetlamp.video.source.rtsp_place import place_of
from streetlamp.video.source.trouble import Trouble, TroubleError

NO_PICTURE: Final = "something comes, but no picture can be made of it"
RECENT: Final = 1.0  # seconds since media came: it still comes
NOTHING_BY_UDP: Final = "no picture came: its UDP packets may not get through; try transport: tcp"


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
    _guard: Guard | None = None

    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        patience = max(self.open_timeout, self.options.read_timeout)
        secure = self.url.lower().startswith("rtsps:")
        options = {
            "rtsp_transport": "tcp" if secure else self.options.transport,
            "allowed_media_types": "video",
            "protocol_whitelist": "rtsp,tcp,udp,rtp",
            # The socket's own patience, a little longer than PyAV's: it also ends a close that
            # hangs on a camera which no longer answers.
            "timeout": microseconds(patience + 1),
        }
        if not thorough:
            options["fpsprobesize"] = "0"  # FFmpeg would watch for a second to guess the rate
        try:
            place = place_of(self.url)
        except ValueError as error:
            raise TroubleError(Trouble(Reason.UNREACHABLE, str(error), retry=False)) from None
        login = Login(self.options.username, self.options.password.get_secret_value())
        guard = self._guard = Guard(place, login, self.options.certificate)
        return guard.open(self.open_timeout), "rtsp", options

    def missing(self) -> Trouble | None:
        guard = self._guard
        return None if guard is None else guard.trouble or self._unanswered(guard)

    def stop(self) -> None:
        super().stop()
        self.hang_up()

    def hang_up(self) -> None:
        if self._guard is not None:
            self._guard.close()

    def better(self, trouble: Trouble) -> Trouble:
        guard = self._guard
        if guard is None:
            return trouble
        if guard.trouble is not None:
            return guard.trouble
        return self._unanswered(guard) if _cut_short(trouble) else trouble

    def _unanswered(self, guard: Guard) -> Trouble:
        """FFmpeg's patience ran out: what it was waiting for."""
        if not guard.spoke:
            return Trouble(Reason.UNREACHABLE, SILENT)
        recent = min(RECENT, self.options.read_timeout / 2)
        if guard.playing and time.monotonic() - guard.media_at < recent:
            return Trouble(Reason.DAMAGED, NO_PICTURE)
        if guard.playing and self.options.transport == "udp":
            return Trouble(Reason.NO_VIDEO, NOTHING_BY_UDP)
        return Trouble(Reason.NO_VIDEO, SILENT)


def _cut_short(trouble: Trouble) -> bool:
    """Whether it was we who ended it: the line to FFmpeg itself does not fail."""
    return trouble.text == SILENT or trouble.reason is Reason.UNREACHABLE
