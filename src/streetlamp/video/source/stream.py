"""One opened video stream: packets in, pictures out, damage counted. Shared by the schemes.

PyAV's log hook stays off (PyAV's default): it takes the interpreter's lock from decoder threads
and is known to deadlock and to crash on close. What went wrong is told by the error's type, the
counts kept here, and for files by `sniff`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Any, Final, Self

import av
import av.error
from av.packet import PacketSideData
from av.stream import Disposition

from streetlamp.health import Reason
from streetlamp.video.raw import StreamInfo
from streetlamp.video.source.base import Probe
from streetlamp.video.source.bounds import DECODER, MOST_PIXELS, TOO_LARGE, bound_allocations
from streetlamp.video.source.faults import UNREADABLE
from streetlamp.video.source.trouble import Trouble, TroubleError

DEFAULT_FPS: Final = Fraction(25)
_CLOCK_PACKETS: Final = 10  # of as many packets one is asked for the camera's own time
READ_RETRIES: Final = 16  # damaged stretches in a row that are read over
# Formats that draw pictures from text files: a text is not a video.
_TEXT_ART: Final = frozenset({"tty", "bin", "xbin", "adf", "idf"})
# Formats whose pictures carry no times: FFmpeg makes them up from a rate nobody measured.
_UNTIMED: Final = frozenset({"h264", "hevc", "m4v", "mjpeg", "mpjpeg", "image2", "image2pipe"})


class NoPictureError(Exception):
    """The file or stream opened, but there is no video in it. The text says what there is."""


@dataclass(slots=True)
class Tally:
    """What became of a stream's packets."""

    packets: int = 0  # video packets read
    pictures: int = 0
    damaged: int = 0  # packets the decoder refused, left out
    unread: int = 0  # times the container could not be read and was read over
    skipped: int = 0  # packets not decoded because there was no time
    coded: int = 0  # packets handed on without being decoded here

    @property
    def alive(self) -> bool:
        """Whether anything came of the stream."""
        return self.pictures + self.skipped + self.coded > 0


class VideoStream:
    """An opened container and its best video stream; a context manager."""

    def __init__(self, container: Any, threads: int, fps: float | None) -> None:
        self.container = container
        found = [
            one
            for one in container.streams.video
            if not one.disposition & Disposition.attached_pic and one.codec_context is not None
        ]
        if not found or container.format.name in _TEXT_ART:
            raise NoPictureError(_contents(container))
        self.stream = max(found, key=lambda one: (one.width or 0) * (one.height or 0))
        context = self.stream.codec_context
        if (self.stream.width or 0) * (self.stream.height or 0) > MOST_PIXELS:
            raise NoPictureError(TOO_LARGE)
        context.options = DECODER
        context.thread_count = threads
        context.thread_type = "NONE" if threads == 1 else "AUTO"
        names = set(container.format.name.split(","))
        self.timed = not names & _UNTIMED and not container.format.name.endswith("_pipe")
        self.time_base = Fraction(self.stream.time_base)
        self.rate = _rate(self.stream, fps, self.timed)
        self.tally = Tally()
        self.heard: Callable[[float], None] | None = None  # told the camera's own time
        self.most_damaged: int | None = None
        self._codec = context.name

    @classmethod
    def open(
        cls,
        url: str,
        *,
        container_format: str | None = None,
        options: Mapping[str, str] | None = None,
        timeout: tuple[float, float] | None = None,
        threads: int = 1,
        fps: float | None = None,
    ) -> Self:
        """Open; `FFMPEG_ERRORS` or NoPictureError when that fails. ``timeout``: open, read."""
        bound_allocations()
        container = av.open(
            url,
            "r",
            format=container_format,
            options=dict(options or {}),
            timeout=timeout,
            metadata_errors="replace",
        )
        with ExitStack() as failed:
            failed.callback(container.close)
            stream = cls(container, threads, fps)
            failed.pop_all()
        return stream

    @property
    def step(self) -> int:
        """The usual distance of two pictures in ticks of `time_base`, at least 1."""
        return max(1, round(1 / (self.rate * self.time_base)))

    @property
    def duration(self) -> float | None:
        """Seconds, where the container says so; None for what has no end."""
        ticks = self.container.duration
        return None if ticks is None or ticks <= 0 else ticks / 1_000_000

    @property
    def ends(self) -> bool:
        """Whether it is a file (with a length, or of known size) rather than a live stream."""
        return self.duration is not None or (not self.timed and self.container.size > 0)

    @property
    def tidy(self) -> bool:
        """Whether its packets can be placed in time without decoding them."""
        return self.timed and self._codec == "h264" and self.container.format.name != "avi"

    def info(self) -> StreamInfo:
        """What another decoder must know of it."""
        context = self.stream.codec_context
        size = (self.stream.width or 0, self.stream.height or 0)
        extradata = bytes(context.extradata or b"")
        return StreamInfo(self._codec, extradata, size, self.rate, context.thread_count)

    def coded(self) -> Iterator[Any]:
        """The packets that hold pictures, not decoded. Errors of the line are raised."""
        for packet in self._packets():
            if packet.size:
                self.tally.packets += 1
                self.tally.coded += 1
                yield packet

    def pictures(self, skip: Callable[[Any], bool] | None = None) -> Iterator[av.VideoFrame]:
        """Decode to the end. Packets for which ``skip(packet)`` holds are not decoded.

        Damaged packets are counted and left out. Errors of the line (`FFMPEG_ERRORS`) are raised,
        and TroubleError where `most_damaged` packets in a row could not be decoded.
        """
        in_a_row = 0
        for packet in self._packets():
            if packet.size:
                self.tally.packets += 1
                if skip is not None and skip(packet):
                    self.tally.skipped += 1
                    continue
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:
                self.tally.damaged += 1
                in_a_row += 1
                if self.most_damaged is not None and in_a_row >= self.most_damaged:
                    break
                continue
            in_a_row = 0
            for frame in decoded:
                self.tally.pictures += 1
                yield frame
        else:
            return
        raise TroubleError(Trouble(Reason.DAMAGED, UNREADABLE))

    def _packets(self) -> Iterator[Any]:
        failures = 0
        while True:
            try:
                for packet in self.container.demux(self.stream):
                    failures = 0
                    if self.heard is not None and self.tally.packets % _CLOCK_PACKETS == 0:
                        theirs = producer_time(packet)
                        if theirs is not None:
                            self.heard(theirs)
                    yield packet
            except av.error.InvalidDataError:
                self.tally.unread += 1
                failures += 1
                if failures <= READ_RETRIES:
                    continue
                yield from self._flush()
            return

    def _flush(self) -> Iterator[Any]:
        packet: Any = av.Packet()
        packet.stream = self.stream
        yield packet

    def probe(self) -> Probe:
        """Look at the first picture; NoPictureError when none can be decoded."""
        picture = next(self.pictures(), None)
        if picture is None:
            raise NoPictureError("no picture in it can be decoded")
        duration = self.duration
        frames = self.stream.frames or None
        if frames is None and duration is not None:
            frames = round(duration * self.rate)
        return Probe(
            codec=self.stream.codec_context.name,
            width=picture.width,
            height=picture.height,
            fps=float(self.rate),
            frames=frames,
            duration=duration,
            pix_fmt=picture.format.name,
            bit_rate=self.stream.bit_rate or self.container.bit_rate or None,
        )

    def close(self) -> None:
        self.container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _rate(stream: Any, fps: float | None, timed: bool) -> Fraction:
    if fps is not None and not timed:
        return Fraction(fps).limit_denominator(1001)
    for guess in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if guess and Fraction(1, 60) <= guess <= 1000:
            return Fraction(guess)
    return DEFAULT_FPS


def _contents(container: Any) -> str:
    if container.format.name in _TEXT_ART:
        return "it holds text"
    kinds = sorted({stream.type for stream in container.streams})
    return f"it holds only {' and '.join(kinds)}" if kinds else "there is nothing in it"


def producer_time(packet: Any) -> float | None:
    """When the camera says that it took the picture, POSIX seconds by its own clock.

    FFmpeg makes it of RTCP sender reports (RFC 3550 §6.4.1) and the packet's stamp; None before
    the first report, and for every source that sends none.
    """
    found = PacketSideData.from_packet(packet, "prft")
    if found.data_size < 8:
        return None
    return float(struct.unpack("=q", bytes(found)[:8])[0]) / 1_000_000
