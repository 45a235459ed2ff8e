"""Masked pictures become fragments of video, once, for recordings and screens alike."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import av
from av.video.frame import PictureType

from streetlamp.stream import fmp4
from streetlamp.stream.encoders import H264_ENCODERS, Settings, open_fragment_encoder
from streetlamp.stream.nals import length_prefixed
from streetlamp.stream.options import EncodeOptions
from streetlamp.stream.picture import even, to_picture
from streetlamp.values import Fragment, MaskedFrame, Tracks

TICKS: Final = 90_000  # a second, on a run's media timeline
_LONGEST_GAP: Final = 5.0  # seconds without a picture within one run …
_GAP_INTERVALS: Final = 3.0  # … unless the camera is that slow
_SINGLE_PICTURE: Final = TICKS // 25  # how long a picture stands when no other tells


@dataclass(frozen=True, slots=True)
class _Shown:
    """What goes with a picture around the encoder."""

    time: float
    tracks: Tracks


@dataclass(frozen=True, slots=True)
class _Coded:
    """A compressed picture waiting for its fragment to be complete."""

    ticks: int
    data: bytes
    keyframe: bool
    shown: _Shown


class Encoder:
    """One camera's encoder: frames in, fragments out.

    A *run* is a stretch with one init segment and one media timeline that starts at 0. A new run
    begins when the picture changes its size or range, when time goes backwards, and after a gap
    (longer than 5 s, and than three times the camera's usual interval).

    Fragments begin at every keyframe, are `fragment_seconds` long to the nearest picture (one that
    stands longer is a longer fragment), and come with the picture after their last one, because
    only then is it known how long that one stands. Pictures of odd size are padded to even by
    repeating the last row or column; `Fragment.size` is the true size.

    Not thread-safe: one camera's thread owns it.
    """

    def __init__(
        self,
        camera: str,
        options: EncodeOptions,
        *,
        threads: int = 1,
        encoders: tuple[str, ...] = H264_ENCODERS,
    ) -> None:
        self._camera = camera
        self._options = options
        self._threads = threads
        self._encoders = encoders
        self._run: _Run | None = None
        self._interval = 0.0  # seconds between the last two pictures, over runs

    def push(self, frame: MaskedFrame, tracks: Tracks | None) -> list[Fragment]:
        """Take the next picture; give back the fragments that are complete now (usually none).

        UserError when this machine has no working H.264 encoder.
        """
        done: list[Fragment] = []
        run = self._run
        if run is not None:
            step = frame.time - run.last_time
            if not run.accepts(frame) or not 0 <= step <= self._longest_step():
                done = self.flush()
                run = None
            if step > 0:
                self._interval = step
        if run is None:
            settings = Settings(
                size=even((frame.width, frame.height)),
                time_base=Fraction(1, TICKS),
                full_range=frame.full_range,
                crf=self._options.crf,
                preset=self._options.preset,
                max_kbps=self._options.max_kbps,
                threads=self._threads,
            )
            run = _Run(self._camera, self._options, settings, frame, self._encoders)
            self._run = run
        size = frame.width, frame.height
        if tracks is None:
            tracks = Tracks.make(self._camera, frame.time, frame.frame, size)
        done += run.push(frame, tracks)
        return done

    def flush(self, end: float | None = None) -> list[Fragment]:
        """End the run: its last fragment, if any picture is waiting. `push` may go on after it.

        `end`: POSIX seconds where something else begins, so that the last picture stands till then.
        """
        run, self._run = self._run, None
        if run is None:
            return []
        if end is not None and not 0 < end - run.last_time <= self._longest_step():
            end = None
        return run.finish(end)

    def _longest_step(self) -> float:
        return max(_LONGEST_GAP, _GAP_INTERVALS * self._interval)


class _Run:
    """One init segment, one media timeline, one opened encoder."""

    def __init__(
        self,
        camera: str,
        options: EncodeOptions,
        settings: Settings,
        first: MaskedFrame,
        encoders: tuple[str, ...],
    ) -> None:
        self._encoder = open_fragment_encoder(settings, encoders)
        self._settings = settings
        self._gop = round(options.gop_seconds * TICKS)
        self._longest = round(options.fragment_seconds * TICKS)
        self._start = first.time
        self._full_range = first.full_range
        self._size = first.width, first.height
        self._blank = Fragment(
            camera=camera,
            run=secrets.token_hex(8),
            init=self._encoder.init,
            data=b"",
            codec=fmp4.codec_string(self._encoder.init),
            size=self._size,
            start=first.time,
            end=first.time,
            media_start=0.0,
            keyframe=False,
        )
        self._sequence = 0
        self._ticks = -1  # of the last picture pushed
        self._interval = 0  # ticks between the last two pictures
        self._key_ticks = 0
        self._inside: dict[int, _Shown] = {}  # pictures the encoder holds, by ticks
        self._pending: list[_Coded] = []
        self.last_time = first.time

    def accepts(self, frame: MaskedFrame) -> bool:
        size = frame.width, frame.height
        return size == self._size and frame.full_range == self._full_range

    def push(self, frame: MaskedFrame, tracks: Tracks) -> list[Fragment]:
        first = self._ticks < 0
        # two pictures in one tick: the later one moves on by a tick rather than being lost
        ticks = max(round((frame.time - self._start) * TICKS), self._ticks + 1)
        picture = to_picture(frame, self._settings.size)
        picture.pts = ticks
        picture.time_base = Fraction(1, TICKS)
        if not first:
            self._interval = ticks - self._ticks
        if first or ticks - self._key_ticks + self._interval // 2 >= self._gop:
            picture.pict_type = PictureType.I
            self._key_ticks = ticks
        self._ticks = ticks
        self.last_time = frame.time
        self._inside[ticks] = _Shown(frame.time, tracks)
        return self._collect(picture)

    def finish(self, end: float | None) -> list[Fragment]:
        done = self._collect(None)
        if self._pending:
            last = self._pending[-1]
            stands = self._interval or _SINGLE_PICTURE
            if end is None:
                end = last.shown.time + stands / TICKS
            else:
                stands = max(1, round((end - self._start) * TICKS) - last.ticks)
            done.append(self._cut(last.ticks + stands, end))
        self._encoder.close()
        return done

    def _collect(self, picture: av.VideoFrame | None) -> list[Fragment]:
        done: list[Fragment] = []
        for packet in self._encoder.stream.encode(picture):
            if packet.pts is None:
                continue
            coded = _Coded(
                packet.pts,
                length_prefixed(bytes(packet)),
                packet.is_keyframe,
                self._inside.pop(packet.pts),
            )
            if self._pending and self._is_full(coded):
                done.append(self._cut(coded.ticks, coded.shown.time))
            self._pending.append(coded)
        return done

    def _is_full(self, coming: _Coded) -> bool:
        if coming.keyframe:
            return True
        interval = coming.ticks - self._pending[-1].ticks
        return coming.ticks + interval // 2 - self._pending[0].ticks > self._longest

    def _cut(self, end_ticks: int, end_time: float) -> Fragment:
        """The pending pictures as one fragment that ends where the next one starts."""
        ends = [coded.ticks for coded in self._pending[1:]] + [end_ticks]
        samples = [
            fmp4.Sample(coded.data, end - coded.ticks, coded.keyframe)
            for coded, end in zip(self._pending, ends, strict=True)
        ]
        head = self._pending[0]
        self._sequence += 1
        whole = replace(
            self._blank,
            data=fmp4.fragment(self._sequence, head.ticks, samples),
            start=head.shown.time,
            end=end_time,
            media_start=head.ticks / TICKS,
            keyframe=head.keyframe,
            tracks=tuple(coded.shown.tracks for coded in self._pending),
        )
        self._pending = []
        return whole
