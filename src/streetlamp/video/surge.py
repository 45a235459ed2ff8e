"""Packet sizes against the camera's own rhythm: is something new in pictures nobody decodes?

An encoder spends bits where a picture differs from what it predicted. A still camera settles into
a rhythm: a large keyframe, a few pictures after it, then a level that comes from noise alone,
perhaps with a pattern of its own (B-frames, hierarchies). `PacketRhythm` learns that rhythm by the
picture's position in its GOP and speaks up when packets grow beyond it. See ``design/gating.md``.
"""

from __future__ import annotations

from collections import deque
from math import log2
from typing import Final

import numpy as np

from streetlamp.values import Floats

MOST_POSITIONS: Final = 512  # later pictures of a longer GOP are judged like the last of these
MOST_WAITING: Final = 32  # GOPs not settled; the oldest beyond are forgotten
ENOUGH_GOPS: Final = 5  # quiet GOPs before the rhythm is known
MEMORY: Final = 15  # quiet GOPs it is learnt from, the latest
RELEARN_GOPS: Final = 4  # once all those are known, means and spreads follow every so many
LEVEL_MEMORY: Final = 0.25  # weight of a new quiet GOP in the level of all positions together
POOLED: Final = 8.0  # a position's own spread weighs as much as this many GOPs of all positions
LEAST_SPREAD: Final = 0.01  # of log2 size: no rhythm is believed to be steadier than 0.7 % …
LEAST_BYTES: Final = 4.0  # … or than one block that is coded, or not, in a picture of nothing
FIRST_ERROR: Final = 0.1  # of log2 size, for positions that have no past
# Two sums of how far packets lie above the rhythm, in spreads: one soon knows a burst, the other
# in the end a trickle. Each: what a packet may have for nothing, its most, the least surge.
BURST_SLACK, BURST_CLIP, BURST_SUM = 1.2, 12.0, 9.0
TRICKLE_SLACK, TRICKLE_CLIP, TRICKLE_SUM = 0.4, 3.0, 12.0
PAID_BACK: Final = 4.0  # from this sum on a dip counts too: rate control pays a burst back
ABOVE_PEAK: Final = 1.25  # a surge is this many times the largest sum of quiet GOPs
PEAK_MEMORY: Final = 0.997  # what is left of that largest sum after each quiet GOP
PEAK_GROWTH: Final = 1.5  # and how much one quiet GOP can raise it
STRANGE_AT: Final = 8.0  # spreads from the rhythm, median over a GOP, that are not this rhythm
STRANGE_GOPS: Final = 3  # such quiet GOPs in a row: the encoder was set otherwise


class PacketRhythm:
    """One stream's rhythm of packet sizes.

    Call `push` for each packet in the order of decoding. Then settle each GOP, in order and at
    any time after its last packet (the next GOP may have begun): `quiet` if nothing that moves or
    has to be hidden was in it, so that the rhythm is learnt from it; `forget` if somebody was, or
    nobody knows. A GOP that woke the camera is settled like any other, at its end, once it has
    been looked at: what surges for nothing again and again becomes part of the rhythm.
    Keyframes never surge: they are looked at anyway.
    """

    def __init__(self) -> None:
        self._waiting: deque[list[float]] = deque()  # log2 sizes of GOPs not settled
        self._peaks: deque[list[float]] = deque()  # largest sums in them
        self._highest = [0.0, 0.0]
        self.reset()

    def reset(self) -> None:
        """Knows nothing: a new stream."""
        self._waiting.clear()
        self._peaks.clear()
        self._relearn()

    def _relearn(self) -> None:
        self._gops: deque[Floats] = deque(maxlen=MEMORY)  # log2 sizes by position
        self._errors: deque[Floats] = deque(maxlen=MEMORY)  # how wrong they were foretold
        self._mean: Floats = np.zeros(0, np.float32)  # by position; the keyframe is position 0
        self._level = 0.0
        self._expected: list[float] = []  # mean and level, by position
        self._per_spread: list[float] = []  # 1 / spread, by position
        self._strange = self._settled = 0
        self._burst = self._trickle = 0.0
        self._burst_peak = self._trickle_peak = 0.0
        self._burst_at, self._trickle_at = BURST_SUM, TRICKLE_SUM

    @property
    def ready(self) -> bool:
        """Whether the rhythm is known well enough for its silence to mean something."""
        return len(self._gops) >= ENOUGH_GOPS

    @property
    def unsettled(self) -> int:
        """How many GOPs wait for `quiet` or `forget`, with the one that is coming in."""
        return len(self._waiting)

    def push(self, size: int, keyframe: bool, position: int, time: float) -> bool:
        """Whether this packet, with those before it, is a surge.

        size: bytes, without filler (see `payload`). position: packets since the GOP's keyframe,
        which has 0. time: POSIX seconds. Before the rhythm is `ready` nothing is a surge.
        """
        value = log2(size) if size > 0 else 0.0
        if keyframe:
            self._begin()
        if self._waiting:  # else the rest of a GOP that was forgotten half-way
            self._waiting[-1].append(value)
        if keyframe:
            return False
        known = len(self._per_spread)
        if not known:
            return False
        if position >= known:
            position = known - 1
        above = (value - self._expected[position]) * self._per_spread[position]
        away = -above if above < 0 and self._burst > PAID_BACK else above
        burst = self._burst + (away if away < BURST_CLIP else BURST_CLIP) - BURST_SLACK
        trickle = self._trickle + (above if above < TRICKLE_CLIP else TRICKLE_CLIP) - TRICKLE_SLACK
        self._burst = burst = burst if burst > 0 else 0.0
        self._trickle = trickle = trickle if trickle > 0 else 0.0
        highest = self._highest
        if burst > highest[0]:  # noqa: PLR1730 (max() costs three times as much)
            highest[0] = burst
        if trickle > highest[1]:  # noqa: PLR1730
            highest[1] = trickle
        if burst < self._burst_at and trickle < self._trickle_at:
            return False
        self._burst = self._trickle = 0.0
        return True

    def quiet(self) -> None:
        """The oldest GOP not settled yet was quiet: learn from it."""
        if not self._waiting:
            return
        values, (burst, trickle) = self._waiting.popleft(), self._peaks.popleft()
        row = np.array(values[:MOST_POSITIONS], np.float32)
        if self._is_strange(row):
            self._relearn()
        was_ready = self.ready
        self._learn(row)
        if was_ready:
            self._burst_peak = _raised(self._burst_peak, burst, BURST_SUM)
            self._trickle_peak = _raised(self._trickle_peak, trickle, TRICKLE_SUM)
            self._burst_at = max(BURST_SUM, ABOVE_PEAK * self._burst_peak)
            self._trickle_at = max(TRICKLE_SUM, ABOVE_PEAK * self._trickle_peak)

    def forget(self) -> None:
        """The oldest GOP not settled yet was not quiet, or nobody knows: learn nothing."""
        if self._waiting:
            self._waiting.popleft()
            self._peaks.popleft()
            self._burst = self._trickle = 0.0

    def _begin(self) -> None:
        self._highest = [0.0, 0.0]
        self._waiting.append([])
        self._peaks.append(self._highest)
        if len(self._waiting) > MOST_WAITING:
            self.forget()

    def _is_strange(self, row: Floats) -> bool:
        """Whether the encoder has been set otherwise for some quiet GOPs."""
        common = min(len(row), len(self._per_spread))
        if common < 2:
            return False
        away = np.abs(row[1:common] - self._expected[1:common]) * self._per_spread[1:common]
        self._strange = self._strange + 1 if _median(away) > STRANGE_AT else 0
        return self._strange >= STRANGE_GOPS

    def _learn(self, row: Floats) -> None:
        length = max(len(row), len(self._mean))
        if self._gops:
            error = np.full(length, FIRST_ERROR, np.float32)
            common = min(len(row), len(self._mean))
            away = row[:common] - self._mean[:common]
            error[:common] = np.abs(away - self._level)
            self._errors.append(error)
            if common > 1:
                self._level += LEVEL_MEMORY * (_median(away[1:]) - self._level)
        self._gops.append(row)
        self._settled += 1
        if len(self._gops) == MEMORY and self._settled % RELEARN_GOPS:
            self._expected = (self._mean + np.float32(self._level)).tolist()
            return
        gops = np.sort(np.stack([_padded(gop, length) for gop in self._gops]), axis=0)
        before = self._mean
        self._mean = _middle(gops)
        if len(before) > 1:  # the level is what the mean does not know
            known = slice(1, len(before))
            self._level -= _median(self._mean[known] - before[known])
        self._expected = (self._mean + np.float32(self._level)).tolist()
        if not self.ready:
            return
        errors = np.stack([_padded(error, length) for error in self._errors])
        own = np.median(errors, axis=0)
        pooled = np.median(errors[:, 1:]) if length > 1 else own[0]
        spread = (len(errors) * own + POOLED * pooled) / (len(errors) + POOLED)
        least = np.log2(1.0 + LEAST_BYTES * np.exp2(-self._mean)).clip(min=LEAST_SPREAD)
        self._per_spread = (1.0 / np.maximum(1.48 * spread, least)).tolist()


def _median(values: Floats) -> float:
    """As `np.median`, whose checks cost ten times the sorting of so few."""
    rising: list[float] = np.sort(values).tolist()
    return (rising[(len(rising) - 1) // 2] + rising[len(rising) // 2]) / 2.0


def _padded(row: Floats, length: int) -> Floats:
    return row if len(row) == length else np.pad(row, (0, length - len(row)), mode="edge")


def _middle(ordered: Floats) -> Floats:
    """The mean of the middle third of the rows, which are sorted by column."""
    n = len(ordered)
    middle: Floats = ordered[n // 3 : n - n // 3].mean(axis=0, dtype=np.float32)
    return middle


def _raised(peak: float, latest: float, least: float) -> float:
    """The largest sum of quiet GOPs, fading, that one GOP alone raises only so far."""
    return max(peak * PEAK_MEMORY, min(latest, PEAK_GROWTH * max(peak, least)))


def payload(data: bytes) -> int:
    """The size of a packet in bytes, without the filler that cameras of constant bit rate add.

    Filler data (H.264, 7.3.2.7) ends a picture: bytes 0xFF, and 0x80 to close.
    """
    if data[-2:] == b"\xff\x80":
        return len(data[:-1].rstrip(b"\xff"))
    return len(data)
