"""Keyframes of a sleeping camera: is this still the picture that was looked at?

`StillScene` compares a keyframe with the last picture the detector looked at, block by block and
with changes of light taken out. Each block learns how much it usually differs: by noise, by what
the encoder makes of it, by leaves that move. See ``design/gating.md``.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import cv2
import numpy as np

from streetlamp.values import Bools, Bytes, Floats
from streetlamp.video.motion import similarity

ENOUGH: Final = 3  # quiet differences before a block's usual one is known
MEMORY: Final = 1 / 16  # weight of a new difference in the usual one
LIGHT_CELL: Final = 16  # pixels of the small picture in which light is one number
LIGHT_FLOOR: Final = 8.0  # levels added before brightnesses are divided: black has no ratio
LEAST_USUAL: Final = 0.8  # levels: no block is believed to be stiller
MOST_USUAL: Final = 3.0  # levels beyond which a block that is used to differing is still looked at
WINDOW: Final = (3, 5)  # blocks, wide and high: the smallest person
RESTLESS_EXTRA: Final = 0.6  # how much less a block's difference beyond that says: gusts
MOST: Final = 8.0  # times the usual that one block counts at most
UNIT: Final = MOST / 255
RESTLESS_AT: Final = 2.8  # times the usual, mean over the window …
MOST_RESTLESS: Final = 3.5  # … or as much more as this camera shows for nothing, up to this
ABOVE_PEAK: Final = 1.05  # of that
PEAK_MEMORY: Final = 0.995  # what is left of it after each keyframe that was the same
CHANGED_AT: Final = 4.0  # people from 24 pixels at low contrast reach 4.2 and more
LOOKED_WEIGHT: Final = 1 / 4  # weight of a difference that somebody looked at: it was nobody
AROUND: Final = 6  # blocks around a restless place that are looked at and learnt with it
SAME_SCENE: Final = 0.6  # correlation of two pictures of one scene at least
WHITE: Final = 0.97  # of the brightest block: there the sensor may be at its end
BRIGHT: Final = 225.0  # levels the brightest block must have for that
NEAR_WHITE: Final = 0.8  # of it: blocks that differ by the sensor's end now and then,
WHITE_USUAL: Final = 3.0  # and are not believed to be stiller than this, levels


_Place = tuple[slice, slice]  # rows and columns of blocks


class Verdict(Enum):
    """What a keyframe is against the last picture that was looked at."""

    SAME = "same"  # beyond noise and light nothing changed: what was seen then still holds
    RESTLESS = "restless"  # hardly anything, or what usually changes (trees, screens): look at it
    CHANGED = "changed"  # something is new: wake
    JUMP = "jump"  # another scene (infrared, a turned camera, black): wake, nothing holds


class StillScene:
    """One camera's scene between looks.

    `judge` each keyframe; after each look, `looked` with the picture that was looked at. Pictures
    are luma planes (h, w) uint8, about 640 wide (`planes.halved_luma`), decoded the same way
    (with or without the loop filter).
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Knows nothing: a new stream. The next picture judged is a JUMP."""
        self._reference: Floats | None = None
        self._usual: Floats | None = None  # difference of each block, levels
        self._least: Floats | None = None  # that is believed
        self._learnt = 0
        self._peak = 0.0  # times the usual: the most that was nothing, lately
        self._highest = 0.0  # of the last picture judged
        self._difference: Floats | None = None  # of the last picture judged …
        self._place: _Place | None = None  # … where it was restless, in blocks …
        self._excess: Bytes | None = None  # … and how much
        self._change: tuple[_Place, Floats] | None = None  # where it changed, and the differences

    @property
    def ready(self) -> bool:
        """Whether there is a reference and the usual differences are known."""
        return self._learnt >= ENOUGH

    @property
    def place(self) -> tuple[float, float, float, float] | None:
        """Where the last picture judged was RESTLESS: x1, y1, x2, y2 as shares of the picture."""
        if self._place is None or self._reference is None:
            return None
        rows, columns = self._place
        height, width = self._reference.shape
        return columns.start / width, rows.start / height, columns.stop / width, rows.stop / height

    def judge(self, luma: Bytes, time: float) -> Verdict:
        """What this keyframe is. luma: (h, w) uint8; time: POSIX seconds."""
        now = _shrink(luma)
        self._place = self._difference = self._excess = self._change = None
        self._highest = 0.0
        reference, usual = self._reference, self._usual
        if reference is None or usual is None or reference.shape != now.shape:
            return Verdict.JUMP
        if similarity(reference[::4, ::4], now[::4, ::4]) < SAME_SCENE:
            return Verdict.JUMP
        difference = _difference(reference, now)
        scale = self._scale(difference, usual)
        capped: Floats = np.minimum(usual, MOST_USUAL, dtype=np.float32)
        excess = self._excess = _excess(difference, capped * np.float32(scale))
        restless_at = self._restless_at() / UNIT
        highest = float(excess.max())
        if highest < restless_at:
            self._learn(difference)
            self._peak *= PEAK_MEMORY
            return Verdict.SAME
        gusts = np.maximum(usual - MOST_USUAL, 0, dtype=np.float32)
        expected: Floats = (usual + RESTLESS_EXTRA * gusts).astype(np.float32, copy=False)
        if _excess(difference, expected * np.float32(scale)).max() < CHANGED_AT / UNIT:
            self._difference, self._highest = difference, highest * UNIT
            self._place = _around(excess >= restless_at)
            return Verdict.RESTLESS
        self._change = _around(excess >= restless_at), difference
        return Verdict.CHANGED

    def same(self, boxes: Floats) -> Bools:
        """(n,) whether the last picture judged is the reference, but for noise, in each of boxes.

        boxes: (n, 4) x1 y1 x2 y2 as shares of the picture.
        """
        if self._excess is None:
            return np.zeros(len(boxes), np.bool_)
        height, width = self._excess.shape
        spans = (boxes * (width, height, width, height) + (-1.0, -1.0, 2.0, 2.0)).astype(np.int64)
        spans = spans.clip(0, (width, height, width, height))
        parts = (self._excess[y1:y2, x1:x2] for x1, y1, x2, y2 in spans.tolist())
        return np.array([part.max(initial=0) < RESTLESS_AT / UNIT for part in parts], np.bool_)

    def looked(self, luma: Bytes, time: float, *, quiet: bool = True) -> None:
        """From now on keyframes are compared with this picture, which the detector looked at.

        quiet: there was nothing to hide in it, so that what differs from the reference before it
        is what usually differs here. luma: (h, w) uint8; time: POSIX seconds.
        """
        now = _shrink(luma)
        reference = self._reference
        if reference is None or reference.shape != now.shape:
            self._usual = np.full(now.shape, 2.0, np.float32)
            self._learnt = 0
            self._peak = 0.0
        elif quiet:
            self._peak = max(self._peak, self._highest)
            self._learn(_difference(reference, now))
        self._reference = now
        bright = now >= NEAR_WHITE * _white(now)
        self._least = np.where(bright, np.float32(WHITE_USUAL), np.float32(LEAST_USUAL))

    def looked_there(self) -> None:
        """The detector looked at `place` of the last picture judged, and there was nobody.

        What differs there is usual from now on, soon; the reference stays.
        """
        if self._place is None or self._difference is None or self._usual is None:
            return
        self._peak = max(self._peak, self._highest)
        self._expect(self._place, self._difference)

    def was_nothing(self) -> None:
        """The last picture judged was CHANGED, and all that came of it was looked at: nobody.

        What changed there is usual from now on, soon: another time it is only RESTLESS.
        """
        if self._change is not None and self._usual is not None:
            self._expect(*self._change)
            self._change = None

    def _expect(self, place: _Place, difference: Floats) -> None:
        """In this place such a difference is nothing. difference: (h, w) levels."""
        assert self._usual is not None
        usual = self._usual[place]
        here = cv2.blur(difference[place], (3, 3)) - usual
        usual += np.float32(LOOKED_WEIGHT) * np.maximum(here, 0)

    def _learn(self, difference: Floats) -> None:
        assert self._usual is not None
        assert self._least is not None
        self._learnt += 1
        here: Floats = cv2.blur(difference, (3, 3)).astype(np.float32, copy=False)
        if self._learnt > ENOUGH:  # what changes once is not usual
            np.minimum(here, 4.0 * self._usual + 1.0, out=here)
        here -= self._usual
        here *= np.float32(max(1 / self._learnt, MEMORY))
        self._usual += here
        np.maximum(self._usual, self._least, out=self._usual)

    def _restless_at(self) -> float:
        """Times the usual from which a picture is restless here: more than noise ever shows.

        Where more than `MOST_RESTLESS` was nothing, it is no noise but a tree, and nothing is
        gained by waiting for more.
        """
        above = ABOVE_PEAK * self._peak
        return above if RESTLESS_AT < above <= MOST_RESTLESS else RESTLESS_AT

    def _scale(self, difference: Floats, usual: Floats) -> float:
        """How much noisier the whole keyframe is than usual: encoders vary their quantisers."""
        part = np.s_[::4, ::5]
        times = (difference[part] / usual[part]).ravel()
        middle = len(times) // 2
        return min(2.5, max(1.0, float(np.partition(times, middle)[middle]) / 0.8))


def _shrink(luma: Bytes) -> Floats:
    """Half the size, float32: a block is 4×4 pixels of a 720p picture."""
    half = (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2))
    return cv2.resize(luma, half, interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _white(picture: Floats) -> float:
    return max(BRIGHT, WHITE * float(picture.max()))


def _difference(reference: Floats, now: Floats) -> Floats:
    """|now - reference| with changes of light over large areas taken out, levels."""
    white = _white(reference)
    was_white, is_white = reference >= white, now >= white
    if not (was_white.any() or is_white.any()):
        difference: Floats = now - _relit(reference, _light(reference, now))
        return np.abs(difference, out=difference)
    dark = (~(was_white | is_white)).astype(np.float32)
    difference = now - _relit(reference, _light(reference * dark, now * dark))
    # What was white was at least that bright, what is white is at least that bright.
    difference[was_white & (difference > 0)] = 0
    difference[is_white & (difference < 0)] = 0
    return np.abs(difference)


def _light(reference: Floats, now: Floats) -> Floats:
    """How much brighter it became, as a factor, by cells of `LIGHT_CELL` blocks."""
    before, after = _cells(reference), _cells(now)
    # The median over 5×5 cells is light; a person is less than half of that.
    ratio = cv2.medianBlur((after + LIGHT_FLOOR) / (before + LIGHT_FLOOR), 5)
    return cv2.blur(ratio, (3, 3)).astype(np.float32, copy=False)


def _cells(picture: Floats) -> Floats:
    """Means over cells of about `LIGHT_CELL` blocks."""
    height, width = picture.shape
    cells = (max(1, width // LIGHT_CELL), max(1, height // LIGHT_CELL))
    quarter = (width // 4, height // 4)
    if min(quarter) >= max(cells):  # exact quarters first: three times as quick
        picture = cv2.resize(
            picture[: quarter[1] * 4, : quarter[0] * 4], quarter, interpolation=cv2.INTER_AREA
        ).astype(np.float32, copy=False)
    small = cv2.resize(picture, cells, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32, copy=False)


def _relit(reference: Floats, light: Floats) -> Floats:
    full = cv2.resize(light, reference.shape[::-1], interpolation=cv2.INTER_LINEAR)
    lit: Floats = reference + np.float32(LIGHT_FLOOR)
    lit *= full
    lit -= np.float32(LIGHT_FLOOR)
    return lit


def _excess(difference: Floats, usual: Floats) -> Bytes:
    """(h, w) means over a window around each block of how many times the usual blocks differ.

    In units of `UNIT`: means of bytes take a fifth of the time that those of floats take.
    """
    times = cv2.convertScaleAbs(difference / usual, alpha=1.0 / UNIT)  # MOST and more: 255
    return cv2.blur(times, WINDOW).astype(np.uint8, copy=False)


def _around(there: Bools) -> _Place:
    """Rows and columns of the blocks marked (h, w), and some around them."""
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - AROUND), min(there.shape[0], int(rows[-1]) + AROUND + 1)),
        slice(max(0, int(columns[0]) - AROUND), min(there.shape[1], int(columns[-1]) + AROUND + 1)),
    )
