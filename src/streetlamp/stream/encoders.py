"""Which encoder this machine has, and how it is asked for low-delay or archival H.264."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from streetlamp.errors import UserError

# libx264 first: it is the only one that runs everywhere and takes a quality instead of a rate.
H264_ENCODERS: Final = (
    "libx264",
    "libopenh264",
    "h264_videotoolbox",
    "h264_nvenc",
    "h264_qsv",
    "h264_amf",
    "h264_mf",
    "h264_v4l2m2m",
)
# The id of the parameter sets that libx264 makes here. Cameras count theirs from 0, so pictures of
# both kinds can stand in one file under one description, each with its own sets.
OWN_SETS: Final = 31
_JPEG_RANGE: Final = 2  # AVCOL_RANGE_JPEG
_MPEG_RANGE: Final = 1
_BITS_A_PIXEL: Final = 0.07  # for encoders that need a rate: about what crf 26 spends on a street


class _WriteOnly:
    """A file that only takes bytes in order: the muxer cannot seek back in it."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, data: bytes) -> int:
        self.taken += data
        return len(data)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of an encoder, in terms any of them understands."""

    size: tuple[int, int]  # width, height, even
    time_base: Fraction
    full_range: bool
    crf: float
    preset: str
    max_kbps: int | None = None
    threads: int = 1
    gop: int = 1 << 20  # pictures; by default keyframes are forced by time, never counted


def options_for(encoder: str, wanted: Settings) -> dict[str, str]:
    """The encoder's own options; no B-frames, keyframes only where they are asked for."""
    limit = {} if wanted.max_kbps is None else _rate_limit(wanted.max_kbps)
    if encoder == "libx264":
        return {
            "preset": wanted.preset,
            "tune": "zerolatency",
            "crf": f"{wanted.crf:g}",
            "forced-idr": "1",
            "sc_threshold": "0",
            # with a limit x264 must go by the pictures' times; without, fixed time saves a delay
            "x264-params": f"sps-id={OWN_SETS}" + (":force-cfr=0" if limit else ""),
            **limit,
        }
    own = {"h264_nvenc": {"forced-idr": "1", "zerolatency": "1"}, "h264_qsv": {"forced_idr": "1"}}
    return {**own.get(encoder, {}), **limit}


def _rate_limit(kbps: int) -> dict[str, str]:
    return {"maxrate": f"{kbps}k", "bufsize": f"{kbps}k"}


def add_video(
    container: OutputContainer, encoder: str, options: dict[str, str], wanted: Settings
) -> VideoStream:
    """A stream set up for `wanted`, not open yet. ValueError when it is no video encoder."""
    stream = container.add_stream(encoder, rate=25, options=options)
    if not isinstance(stream, VideoStream):
        raise ValueError(f"{encoder} makes no video")  # noqa: TRY004  a wrong name, not a type
    context = stream.codec_context
    stream.width, stream.height = wanted.size
    stream.pix_fmt = "yuv420p"
    context.time_base = wanted.time_base
    context.thread_count = wanted.threads
    context.gop_size = wanted.gop
    context.max_b_frames = 0
    context.color_range = _JPEG_RANGE if wanted.full_range else _MPEG_RANGE
    if encoder in H264_ENCODERS[1:]:
        pixels = wanted.size[0] * wanted.size[1]
        context.bit_rate = (
            wanted.max_kbps * 1000 if wanted.max_kbps else int(pixels * 25 * _BITS_A_PIXEL)
        )
    return stream


@dataclass(slots=True)
class OpenEncoder:
    """An encoder that has been opened, with the ftyp+moov that describes what it will make."""

    name: str
    container: OutputContainer
    stream: VideoStream
    init: bytes

    def close(self) -> None:
        self.container.close()


def open_fragment_encoder(
    wanted: Settings, encoders: tuple[str, ...] = H264_ENCODERS
) -> OpenEncoder:
    """The first of `encoders` that opens here, ready to make pieces of fragmented MP4.

    UserError when none does: a build of PyAV without H.264, usually.
    """
    refusals: list[str] = []
    for name in encoders:
        if name not in av.codecs_available:
            continue
        sink = _WriteOnly()
        container = av.open(
            sink,
            "w",
            format="mp4",
            options={
                "movflags": "empty_moov+default_base_moof+frag_custom",
                "video_track_timescale": str(wanted.time_base.denominator),
            },
        )
        try:
            stream = add_video(container, name, options_for(name, wanted), wanted)
            container.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            refusals.append(f"{name}: {error}")
            continue
        if stream.codec_context.extradata and b"avcC" in sink.taken:
            return OpenEncoder(name, container, stream, bytes(sink.taken))
        refusals.append(f"{name}: gives no stream header")
        container.close()
    tried = "; ".join(refusals) or "none of " + ", ".join(encoders) + " is built in"
    raise UserError(
        f"no H.264 encoder works on this machine ({tried}). "
        "Install PyAV from its wheels (pip install --force-reinstall av), which carry libx264."
    )
