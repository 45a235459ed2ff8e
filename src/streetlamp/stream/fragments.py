"""Masked pictures and copied GOPs become one stream of fragments, for recordings and screens."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from streetlamp.stream import fmp4
from streetlamp.stream.boxes import init_segment
from streetlamp.stream.encode import TICKS, Encoder
from streetlamp.stream.encoders import H264_ENCODERS
from streetlamp.stream.nals import as_mp4
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, Fragment, MaskedFrame, Tracks

_CONTINUES: Final = 0.002  # seconds: GOPs this close together are one stretch


class FragmentMaker:
    """One camera's pictures in, fragments out: masked frames encoded, clear GOPs as they came.

    A *run* has one init segment and one media timeline. Neighbouring copied GOPs with the same
    parameter sets are one run; masked frames between them are another (see `Encoder`), so that no
    decoder ever meets two makers' pictures under one description. Where the kind changes, a run
    ends exactly where the next begins. Every fragment of a copied run begins with a keyframe.

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
        self._options = options
        self._encoder = Encoder(camera, options, threads=threads, encoders=encoders)
        self._run: _CopiedRun | None = None
        self._delay = 0  # ticks: the most this camera's pictures were reordered by so far

    def push(self, frame: MaskedFrame, tracks: Tracks | None) -> list[Fragment]:
        """Take the next masked frame; give back what is complete now (usually nothing).

        UserError when this machine has no working H.264 encoder.
        """
        return self._end_copying() + self._encoder.push(frame, tracks)

    def copy(self, gop: CopiedGop) -> list[Fragment]:
        """Take a GOP to be copied; give back what is complete now, usually all of it at once.

        All of a GOP comes together, so a fragment is a whole one; GOPs shorter than
        `fragment_seconds` wait until they make a fragment of that length.
        """
        done = self._encoder.flush(gop.start)
        plan = _Plan(gop)
        self._delay = max(self._delay, plan.delay)
        if self._run is None or not self._run.continues(gop, plan):
            done += self._end_copying()
            self._run = _CopiedRun(gop, self._delay, self._options.fragment_seconds)
        return done + self._run.copy(gop, plan)

    def flush(self) -> list[Fragment]:
        """End the run: its last fragment, if any picture is waiting. `push` may go on after it."""
        return self._end_copying() + self._encoder.flush()

    def _end_copying(self) -> list[Fragment]:
        run, self._run = self._run, None
        return [] if run is None else run.flush()


class _Plan:
    """When a GOP's pictures are decoded and shown, in ticks after its first picture's moment."""

    def __init__(self, gop: CopiedGop) -> None:
        samples = gop.samples
        order = sorted(range(len(samples)), key=lambda i: samples[i].pts)
        start = samples[order[0]].time
        self.decode: list[int] = []  # of the n-th sample: the n-th moment there is
        self.shown = [0] * len(samples)  # of the n-th sample
        last = -1
        for i in order:
            last = max(round((samples[i].time - start) * TICKS), last + 1)
            self.decode.append(last)
            self.shown[i] = last
        self.end = max(round((gop.end - start) * TICKS), last + 1)
        pairs = zip(self.decode, self.shown, strict=True)
        self.delay = max(decoded - shown for decoded, shown in pairs)


class _CopiedRun:
    """Copied GOPs with one init segment, one after the other."""

    def __init__(self, first: CopiedGop, delay: int, fragment_seconds: float) -> None:
        self._config = first.config
        self._size = first.size
        self._start = first.start
        self._end = first.start
        self._ticks = 0  # where the next GOP is decoded at the earliest
        self._delay = delay
        self._longest = round(fragment_seconds * TICKS)
        self._sequence = 0
        init = init_segment(first.config, first.size, TICKS)
        self._blank = Fragment(
            camera=first.camera,
            run=secrets.token_hex(8),
            init=init,
            data=b"",
            codec=fmp4.codec_string(init),
            size=first.size,
            start=first.start,
            end=first.start,
            media_start=0.0,
            keyframe=True,
        )
        self._samples: list[fmp4.Sample] = []  # of the next fragment …
        self._tracks: list[Tracks] = []
        self._base = 0  # … which is decoded from this tick on
        self._from = first.start  # … and shown from this moment on

    def continues(self, gop: CopiedGop, plan: _Plan) -> bool:
        """Whether a GOP belongs to this run: made alike, and where the last one ended."""
        return (
            gop.config == self._config
            and gop.size == self._size
            and plan.delay <= self._delay
            and abs(gop.start - self._end) <= _CONTINUES
        )

    def copy(self, gop: CopiedGop, plan: _Plan) -> list[Fragment]:
        base = max(round((gop.start - self._start) * TICKS), self._ticks)
        if self._samples:
            # what stands last in the waiting samples stands until this one
            self._samples[-1] = replace(
                self._samples[-1], duration=self._samples[-1].duration + base - self._ticks
            )
        else:
            self._base, self._from = base, gop.start
        nexts = [*plan.decode[1:], plan.end]
        for i, (sample, decoded, shown, following) in enumerate(
            zip(gop.samples, plan.decode, plan.shown, nexts, strict=True)
        ):
            data = as_mp4(sample.data, gop.length_size)
            offset = shown + self._delay - decoded
            self._samples.append(fmp4.Sample(data, following - decoded, i == 0, offset))
        self._tracks += gop.tracks
        self._ticks = base + plan.end
        self._end = gop.end
        usual = plan.end // len(nexts)
        return self.flush() if self._ticks - self._base + usual // 2 >= self._longest else []

    def flush(self) -> list[Fragment]:
        """What waits, as a fragment."""
        if not self._samples:
            return []
        self._sequence += 1
        whole = replace(
            self._blank,
            data=fmp4.fragment(self._sequence, self._base, self._samples),
            start=self._from,
            end=self._end,
            media_start=(self._base + self._delay) / TICKS,
            tracks=tuple(self._tracks),
        )
        self._samples, self._tracks = [], []
        return [whole]
