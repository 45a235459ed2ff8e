"""Pictures into NAL units, at once: no look-ahead, no B-frames, keyframes when asked for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
from av.video.frame import PictureType

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.picture import Picture

KEYFRAME_SECONDS: Final = 2.0  # between two keyframes of what is encoded here
_TICKS: Final = 90_000
_START: Final = b"\x00\x00\x01"
_MPEG_RANGE: Final = 1  # AVCOL_RANGE_MPEG
_ENCODERS: Final = {"h264": "libx264", "h265": "libx265"}
_OPTIONS: Final = {
    "h264": {
        "preset": "superfast", "tune": "zerolatency", "crf": "23", "forced-idr": "1",
        "sc_threshold": "0",
    },
    "h265": {
        "preset": "ultrafast", "tune": "zerolatency", "crf": "26", "forced-idr": "1",
        "x265-params": "log-level=none:pools=1:frame-threads=1:repeat-headers=1:scenecut=0"
        ":open-gop=0",
    },
}  # fmt: skip


def split_units(annex_b: bytes) -> tuple[bytes, ...]:
    """The NAL units between start codes (ITU-T H.264 annex B)."""
    parts = (part.rstrip(b"\x00") for part in annex_b.split(_START)[1:])
    return tuple(part for part in parts if part)


class Coder:
    """One encoder. Its parameter sets stand before every keyframe, and are always the same ones.

    `rate`: pictures a second, as the parameter sets tell them; what counts is each one's time.
    UserError when the machine's PyAV has no encoder for the codec ("h264" or "h265").
    """

    def __init__(self, size: tuple[int, int], rate: Fraction, codec: str = "h264") -> None:
        name = _ENCODERS[codec]
        if name not in av.codecs_available:
            raise UserError(f"virtual cameras need PyAV's wheels: this build has no {name}")
        context: Any = av.CodecContext.create(name, "w")
        context.width, context.height = size
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, _TICKS)
        context.framerate = rate
        context.thread_count = 1
        context.gop_size = 1 << 20  # keyframes come when they are asked for
        context.max_b_frames = 0
        context.color_range = _MPEG_RANGE
        context.options = dict(_OPTIONS[codec])
        self._context = context
        self._last = -1
        self.size = size
        self.codec = codec

    def encode(self, picture: Picture, time: float, *, keyframe: bool) -> tuple[bytes, ...]:
        """The picture's NAL units. `time`: seconds, ascending (only the rate control sees it)."""
        frame = picture.frame()
        self._last = frame.pts = max(self._last + 1, round(time * _TICKS))
        frame.time_base = self._context.time_base
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        data = b"".join(bytes(packet) for packet in self._context.encode(frame))
        return split_units(data)


def decoder_for(codec: str = "h264") -> Any:
    """A decoder that gives each picture back at once, where the stream allows."""
    context: Any = av.CodecContext.create(codec, "r")
    context.thread_count = 1
    context.flags |= _low_delay()
    return context


def _low_delay() -> int:
    flags: Any = av.codec.context.Flags
    return int(flags.low_delay)


def joined(units: tuple[bytes, ...]) -> bytes:
    """NAL units behind start codes, as a decoder takes them."""
    return b"".join(b"\x00" + _START + unit for unit in units)
