"""Small synthetic clips, made with PyAV when a test needs one.

Every picture carries its own number (from 0) in a strip at the top, written and read by
``streetlamp.video.source.scene``: a test can say exactly which pictures came through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from streetlamp.video.source.scene import number_in, write_number

ENCODERS = {"h264": "libx264", "h265": "libx265", "mpeg4": "mpeg4", "mjpeg": "mjpeg"}
QUIET = {
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
    "mpeg4": {"qscale": "3"},
    "mjpeg": {"qscale": "3", "huffman": "default"},  # RTP carries no other tables
}


@dataclass(frozen=True)
class Clip:
    """What `make_clip` made: the file and what should come out of it."""

    path: Path
    size: tuple[int, int]
    fps: float
    frames: int
    pts: tuple[int, ...]  # as handed to the muxer, in units of `time_base`
    time_base: Fraction


def picture(number: int, size: tuple[int, int]) -> av.VideoFrame:
    """A grey scene with a bright square walking to the right, and its number in the strip."""
    width, height = size
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (90, 128, 128), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        rows[:] = value  # type: ignore[index]
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(height, frame.planes[0].line_size)
    rows[:, :width] += (np.arange(width) * 40 // width).astype(np.uint8)
    side = max(4, height // 6)
    left = (number * 3) % max(1, width - side)
    rows[height // 2 : height // 2 + side, left : left + side] = 220
    write_number(frame, number)
    return frame


def make_clip(
    path: Path | str,
    *,
    codec: str = "h264",
    size: tuple[int, int] = (160, 120),
    fps: float = 25,
    frames: int = 25,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    gop: int = 10,
    first: int = 0,
    b_frames: int = 0,
    audio: bool = False,
    draw: Callable[[int, tuple[int, int]], av.VideoFrame] = picture,
    container_format: str | None = None,
) -> Clip:
    """Write a clip; the container follows the file's ending (or ``container_format``).

    ``codec`` is h264, h265, mpeg4 or mjpeg. ``pts`` gives each picture's time stamp in units of
    ``time_base`` (default: 1/fps, counting from 0). ``first`` is the number of the first picture.
    ``draw(number, size)`` makes a picture. ``audio`` adds a silent track.
    """
    path = Path(path)
    rate = Fraction(fps).limit_denominator(1001)
    base = time_base or 1 / rate
    stamps = tuple(pts) if pts is not None else tuple(range(frames))
    name = ENCODERS[codec]
    with av.open(str(path), "w", format=container_format) as container:
        stream: Any = container.add_stream(name, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = pixels = _pixels(codec, size)
        stream.codec_context.time_base = base
        stream.codec_context.thread_count = 1
        options = dict(QUIET[name])
        if codec != "mjpeg":
            stream.gop_size = gop
            options["bf"] = str(b_frames)
        if codec == "h264" and b_frames:
            options["tune"] = "film"
        stream.options = options
        sound: Any = container.add_stream("aac", rate=8000) if audio else None
        for index, stamp in enumerate(stamps):
            frame = draw(first + index, size)
            if pixels != frame.format.name:
                frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = stamp, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _silence(container, sound, max(1, round(len(stamps) / fps)))
    return Clip(path, size, fps, len(stamps), stamps, base)


def _pixels(codec: str, size: tuple[int, int]) -> str:
    if codec == "mjpeg":
        return "yuvj420p"
    # H.264 and H.265 crop 4:2:0 pictures in steps of two: odd sizes need full chroma.
    odd = size[0] % 2 or size[1] % 2
    return "yuv444p" if odd and codec in ("h264", "h265") else "yuv420p"


def make_sound(path: Path | str, seconds: int = 1) -> Path:
    """A file with sound and no picture."""
    path = Path(path)
    with av.open(str(path), "w") as container:
        _silence(container, container.add_stream("aac", rate=8000), seconds)
    return path


def _silence(container: Any, stream: Any, seconds: int) -> None:
    for block in range(seconds * 8):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, block * 1000, Fraction(1, 8000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def make_resize(path: Path | str, sizes: Sequence[tuple[int, int]], frames: int = 10) -> Clip:
    """An H.264 stream whose picture size changes midway, as a reconfigured camera sends it.

    The ending says how it is wrapped: ``.h264`` has no time stamps, ``.ts`` has.
    """
    path = Path(path)
    base = Fraction(1, 25)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height = sizes[0]
        stream.pix_fmt, stream.options = "yuv420p", QUIET["libx264"]
        number = 0
        for size in sizes:
            encoder: Any = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height = size
            encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", base, Fraction(25)
            encoder.thread_count, encoder.gop_size = 1, 10
            encoder.options = QUIET["libx264"]
            for _ in range(frames):
                frame = picture(number, size)
                frame.pts, frame.time_base = number, base
                for packet in encoder.encode(frame):
                    packet.stream = stream
                    container.mux(packet)
                number += 1
    return Clip(path, sizes[0], 25, number, tuple(range(number)), base)


def numbers(pictures: Sequence[av.VideoFrame]) -> list[int]:
    """The numbers written into pictures by `picture` (or by the ``test:`` source)."""
    return [number_in(one) for one in pictures]


def wrecked(path: Path, out: Path, *, start: float = 0.4, length: int = 600) -> Path:
    """A copy with ``length`` bytes overwritten at ``start`` (a share of the file): bad packets."""
    data = bytearray(path.read_bytes())
    at = int(len(data) * start)
    noise = np.random.default_rng(7).integers(0, 256, length, dtype=np.uint8).tobytes()
    data[at : at + length] = noise
    out.write_bytes(bytes(data))
    return out


def cut(path: Path, out: Path, share: float) -> Path:
    """A copy that ends early, at ``share`` of its bytes."""
    data = path.read_bytes()
    out.write_bytes(data[: int(len(data) * share)])
    return out
