"""One video track in a progressive MP4, every picture at the tick it is given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streetlamp.errors import UserError
from streetlamp.stream.encoders import H264_ENCODERS, Settings, add_video, options_for

ODD_ENCODER: Final = "libvpx-vp9"


class TrackWriter:
    """Encodes yuv420p pictures of one size into a new MP4 whose timescale is the clock's.

    H.264 in 4:2:0 has even sizes only; an odd width or height is written as VP9, which keeps it.
    One picture is always held back until the next says how long it stands.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        """Opens the file (OSError) with the first encoder that works here (else UserError)."""
        self.size = settings.size
        self._clock = settings.time_base
        self._container, self._stream = _open(path, settings)
        self._held: Packet[VideoStream] | None = None
        self._stands = 0

    def write(self, picture: av.VideoFrame, ticks: int) -> None:
        """Append a picture; `ticks` of the clock, rising from picture to picture."""
        picture.pts = ticks
        picture.time_base = self._clock
        for packet in self._stream.encode(picture):
            self._take(packet)

    def close(self) -> None:
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


def _open(path: Path, settings: Settings) -> tuple[OutputContainer, VideoStream]:
    odd = settings.size[0] % 2 or settings.size[1] % 2
    for name in (ODD_ENCODER,) if odd else H264_ENCODERS:
        if name not in av.codecs_available:
            continue
        # the edit list that keeps a late first picture counts in the movie's timescale
        ticks = str(settings.time_base.denominator)
        clocks = {"video_track_timescale": ticks, "movie_timescale": ticks}
        container = av.open(str(path), "w", format="mp4", options=clocks)
        own = _vp9_options(settings.crf) if odd else options_for(name, settings)
        try:
            stream = add_video(container, name, own, settings)
            container.start_encoding()
        except (av.FFmpegError, ValueError):
            container.close()
            continue
        return container, stream
    path.unlink(missing_ok=True)
    what = "VP9 encoder (the picture's size is odd)" if odd else "H.264 encoder"
    raise UserError(
        f"cannot write {path.name}: this installation of PyAV has no working {what}. "
        "Install PyAV from its wheels (pip install --force-reinstall av)."
    )


def _vp9_options(crf: float) -> dict[str, str]:
    # libvpx's scale runs 0–63 where x264's runs 0–51; b=0 makes it a quality instead of a rate
    quality = min(63, round(crf * 63 / 51))
    return {"deadline": "realtime", "cpu-used": "8", "crf": str(quality), "b": "0"}
