"""One video track in a progressive MP4, every picture at the tick it is given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from streetlamp.errors import UserError
from streetlamp.stream.boxes import config_of
from streetlamp.stream.encoders import (
    H264_ENCODERS,
    OpenEncoder,
    Settings,
    add_video,
    open_fragment_encoder,
)
from streetlamp.stream.mp4 import Mp4Writer
from streetlamp.stream.nals import length_prefixed

ODD_ENCODER: Final = "libvpx-vp9"
_SINGLE_PICTURE: Final = Fraction(1, 25)  # seconds a picture stands when no other tells


class TrackWriter:
    """H.264 of one size in a new MP4 whose timescale is the clock's.

    Pictures are encoded, GOPs are copied; both may follow each other. The encoder starts with the
    first picture, so a file that is only copied needs none. Not thread-safe.
    """

    def __init__(self, file: BinaryIO, settings: Settings) -> None:
        """`file`: empty, seekable; it is not closed here. OSError when it cannot be written."""
        self.size = settings.size
        self._settings = settings
        self._file = Mp4Writer(file, settings.size, settings.time_base.denominator)
        self._encoder: OpenEncoder | None = None
        self._config = b""
        self._begins = True  # the next picture begins a stretch
        self._waiting = 0  # pictures inside the encoder
        self._last = (0, 0)  # ticks of the last two pictures
        self._end: int | None = None  # of the last GOP, if a GOP was the last thing

    def write(self, picture: av.VideoFrame, ticks: int) -> None:
        """Append a yuv420p picture; `ticks` of the clock, rising from picture to picture.

        UserError when this machine has no working H.264 encoder.
        """
        if self._encoder is None:
            self._encoder = open_fragment_encoder(self._settings, H264_ENCODERS)
            self._config = config_of(self._encoder.init)
        picture.pts = ticks
        picture.time_base = self._settings.time_base
        picture.pict_type = PictureType.I if self._begins else PictureType.NONE
        self._begins = False
        self._shown(ticks)
        self._waiting += 1
        self._take(self._encoder, picture)

    def copy(
        self, samples: Sequence[tuple[bytes, int]], config: bytes, end: int | None = None
    ) -> None:
        """Append a closed GOP of H.264: each picture (4-byte lengths) with its tick.

        In the order of decoding, the first an IDR picture. `config` is its decoder configuration,
        `end` the tick until which its last picture stands, if that is known.
        """
        if self._waiting:
            self._drain()
        self._begins = True
        (data, ticks), *others = samples
        self._file.key(data, ticks, config)
        delta = self._file.delta
        for data, ticks in others:
            delta(data, ticks)
        for ticks in sorted(ticks for _, ticks in samples)[-2:]:
            self._shown(ticks)
        self._end = end

    def close(self) -> None:
        """Write what the encoder holds and the file's index."""
        self._drain()
        before, last = self._last
        usual = last - before if self._file.pictures > 1 else 0
        stands = usual or max(1, round(_SINGLE_PICTURE / self._settings.time_base))
        self._file.close(last + stands if self._end is None else self._end)

    def abandon(self) -> None:
        """Let go of the encoder; the file is of no use."""
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None

    def _shown(self, ticks: int) -> None:
        self._last = self._last[1], ticks
        self._end = None

    def _drain(self) -> None:
        """An encoder that gave its last picture takes no more: the next stretch gets a new one."""
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            self._take(encoder, None)
            encoder.close()
            self._waiting = 0

    def _take(self, encoder: OpenEncoder, picture: av.VideoFrame | None) -> None:
        for packet in encoder.stream.encode(picture):
            if packet.pts is None:
                continue
            self._waiting -= 1
            data = length_prefixed(bytes(packet))
            if packet.is_keyframe:
                self._file.key(data, packet.pts, self._config)
            else:
                self._file.delta(data, packet.pts)


class OddTrackWriter:
    """VP9, for the odd widths and heights that H.264 in 4:2:0 does not have.

    One picture is always held back until the next says how long it stands.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        """Opens the file (OSError); UserError when this machine has no VP9 encoder."""
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

    def abandon(self) -> None:
        """Let go of the encoder; the file is of no use."""
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
            packet.duration = self._stands or max(1, round(_SINGLE_PICTURE / self._clock))
            self._container.mux(packet)


def _open(path: Path, settings: Settings) -> tuple[OutputContainer, VideoStream]:
    # the edit list that keeps a late first picture counts in the movie's timescale
    ticks = str(settings.time_base.denominator)
    clocks = {"video_track_timescale": ticks, "movie_timescale": ticks}
    if ODD_ENCODER in av.codecs_available:
        container = av.open(str(path), "w", format="mp4", options=clocks)
        try:
            stream = add_video(container, ODD_ENCODER, _vp9_options(settings.crf), settings)
            container.start_encoding()
        except (av.FFmpegError, ValueError):
            container.close()
        else:
            return container, stream
    path.unlink(missing_ok=True)
    raise UserError(
        f"cannot write {path.name}: this installation of PyAV has no working VP9 encoder (the "
        "picture's size is odd). Install PyAV from its wheels (pip install --force-reinstall av)."
    )


def _vp9_options(crf: float) -> dict[str, str]:
    # libvpx's scale runs 0–63 where x264's runs 0–51; b=0 makes it a quality instead of a rate
    quality = min(63, round(crf * 63 / 51))
    return {"deadline": "realtime", "cpu-used": "8", "crf": str(quality), "b": "0"}
