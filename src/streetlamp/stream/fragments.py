"""Masked pictures and copied GOPs become one stream of fragments, for recordings and screens."""

from __future__ import annotations

import secrets
from typing import Final

from streetlamp.stream import fmp4
from streetlamp.stream.boxes import init_segment
from streetlamp.stream.encode import TICKS, Encoder
from streetlamp.stream.encoders import H264_ENCODERS
from streetlamp.stream.nals import as_mp4
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, Fragment, MaskedFrame, Tracks

_CONTINUES: Final = 0.002  # seconds: GOPs this close together are one stretch
_TICK: Final = 1 / TICKS


class FragmentMaker:
    """One camera's pictures in, fragments out: masked frames encoded, clear GOPs as they came.

    A *run* has one init segment and one media timeline. Neighbouring copied GOPs with the same
    parameter sets are one run; masked frames between them are another (see `Encoder`), so that no
    decoder ever meets two makers' pictures under one description. Where the kind changes, a run
    ends exactly where the next begins.

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
        self._run = None
        return self._encoder.push(frame, tracks)

    def copy(self, gop: CopiedGop) -> list[Fragment]:
        """Take a GOP to be copied; give back what waited before it, and all of it."""
        done = self._encoder.flush(gop.start)
        plan = _Plan(gop)
        self._delay = max(self._delay, plan.delay)
        run = self._run
        if run is None or not run.continues(gop, plan):
            run = self._run = _CopiedRun(gop, self._delay, self._options.fragment_seconds)
        return done + run.copy(gop, plan)

    def flush(self) -> list[Fragment]:
        """End the run: its last fragment, if any picture is waiting. `push` may go on after it."""
        self._run = None
        return self._encoder.flush()


class _Plan:
    """When a GOP's pictures are decoded and shown, in ticks after its first picture's moment."""

    def __init__(self, gop: CopiedGop) -> None:
        samples = gop.samples
        order = sorted(range(len(samples)), key=lambda i: samples[i].pts)
        start = samples[order[0]].time
        self.times = [samples[i].time for i in order]  # in the order of presentation
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

    def cuts(self, longest: int) -> list[int]:
        """Where fragments begin: no picture after a cut is shown before one that precedes it."""
        found = [0]
        newest = -1
        previous = 0
        for i, moment in enumerate(self.decode):
            if i and newest < moment:  # all the pictures before this moment have been decoded
                if moment + (moment - previous) // 2 - self.decode[found[-1]] > longest:
                    found.append(i)
                previous = moment
            newest = max(newest, self.shown[i])
        return found


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
        self._run = secrets.token_hex(8)
        self._init = init_segment(first.config, first.size, TICKS)
        self._codec = fmp4.codec_string(self._init)

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
        cuts = plan.cuts(self._longest)
        done = [
            self._fragment(gop, plan, base, begin, end)
            for begin, end in zip(cuts, [*cuts[1:], len(gop.samples)], strict=True)
        ]
        self._ticks = base + plan.end
        self._end = gop.end
        return done

    def _fragment(self, gop: CopiedGop, plan: _Plan, base: int, begin: int, end: int) -> Fragment:
        moments = [*plan.decode[begin:end]]
        last = end == len(plan.decode)
        moments.append(plan.end if last else plan.decode[end])
        samples = [
            fmp4.Sample(
                as_mp4(sample.data, gop.length_size),
                moments[i + 1] - moments[i],
                begin + i == 0,
                plan.shown[begin + i] + self._delay - moments[i],
            )
            for i, sample in enumerate(gop.samples[begin:end])
        ]
        self._sequence += 1
        return Fragment(
            camera=gop.camera,
            run=self._run,
            init=self._init,
            data=fmp4.fragment(self._sequence, base + moments[0], samples),
            codec=self._codec,
            size=self._size,
            start=plan.times[begin],
            end=gop.end if last else plan.times[end],
            media_start=(base + moments[0] + self._delay) * _TICK,
            keyframe=begin == 0,
            tracks=gop.tracks[begin:end],
        )
