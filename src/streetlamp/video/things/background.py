"""How a place looks where nobody is: as it was, as it is, and since when the two differ.

Two models of each pixel's luma (Porikli, Ivanov & Haga 2008): one that follows within seconds, and
one that keeps what was there before. Where they differ and the quick one stands still, something
has changed. Pixels under people and vehicles, and for a while after them, are left as they are.

Light is taken out first: what a coarse part of the picture has changed by as a whole. When a large
part of it changes at once (a lamp, infrared, a moved camera), all is learnt anew.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Bools, Bytes, Floats

LEVELS: Final = 16.0  # luma levels by which a pixel must differ, at least …
SIGMAS: Final = 6.0  # … and times the noise
STEADY: Final = 10.0  # levels within which a pixel stands still, at least
QUICK_SECONDS: Final = 3.0  # time constant of what is now
SLOW_SECONDS: Final = 40.0  # time constant of what was before, where nothing has changed
LEARN_SECONDS: Final = 12.0  # from a start until anything is said
SEED_SECONDS: Final = 4.0  # a place must have been free for so long before it is known
AWAY_SECONDS: Final = 3.0  # after so long as before, a change is over
ABSORB_SECONDS: Final = 7200.0  # what has changed for so long is how the place looks
LONGEST_STEP: Final = 3.0  # s between two pictures that count as watched
LINGER_SECONDS: Final = 2.0  # how long a place stays covered after a box
LONGEST_PAUSE: Final = 300.0  # s without a picture after which all is learnt anew
MUCH: Final = 0.3  # of what is known: if so much differs at once, the light or the view has changed
CLIPPED: Final = 24.0  # levels: what differs by more is no light, and counts as this much
COARSE: Final = (8, 5)  # columns, rows of the parts in which light is taken out

Doubles = NDArray[np.float64]


class Background:
    """One camera's two models. `see` each picture in turn, all of one size."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """shape: height, width of the luma planes."""
        self.shape = shape
        self._begun: float | None = None
        self._last = 0.0
        self._much = 0  # pictures in a row of which much differs
        self.noise = 1.0  # levels
        self.old: Floats = np.zeros(shape, np.float32)
        self.now: Floats = np.zeros(shape, np.float32)
        self.known: Bools = np.zeros(shape, np.bool_)
        self.since: Doubles = np.full(shape, np.inf)  # POSIX seconds; inf: nothing has changed
        self.seen: Floats = np.zeros(shape, np.float32)  # seconds for which the change was watched
        self._away: Floats = np.zeros(shape, np.float32)  # … in which it was as before
        self._free: Floats = np.zeros(shape, np.float32)  # seconds without a box
        self._covered: Doubles = np.full(shape, -np.inf)  # until when, POSIX seconds

    @property
    def learnt(self) -> bool:
        """Whether it was watched for long enough to say anything."""
        return self._begun is not None and self._last - self._begun >= LEARN_SECONDS

    @property
    def restless(self) -> float:
        """The share of the picture that differs from how it was, 0–1."""
        return float(np.isfinite(self.since).mean())

    def anew(self) -> None:
        """Forgets all, as if nothing had been seen."""
        self.__init__(self.shape)  # type: ignore[misc]

    def cover(self, boxes: Floats, time: float) -> None:
        """Nothing is learnt within these boxes (n, 4), pixels of the planes, now and soon after."""
        height, width = self.shape
        for x1, y1, x2, y2 in boxes.tolist():
            right, down = 0.15 * (x2 - x1) + 2.0, 0.1 * (y2 - y1) + 2.0
            top, bottom = max(0, int(y1 - down)), min(height, math.ceil(y2 + down))
            left, end = max(0, int(x1 - right)), min(width, math.ceil(x2 + right))
            self._covered[top:bottom, left:end] = time + LINGER_SECONDS

    def see(self, luma: Bytes, time: float) -> None:
        """A picture's luma (h, w) uint8, taken at ``time`` (POSIX seconds)."""
        step = time - self._last
        if self._begun is not None and not 0 <= step <= LONGEST_PAUSE:
            self.anew()
        if self._begun is None:
            self._begun, step = time, 0.0
        self._last = time
        step = min(step, LONGEST_STEP)
        new = cv2.GaussianBlur(luma, (3, 3), 0).astype(np.float32)
        free: Bools = self._covered <= time
        self._free = np.where(free, self._free + np.float32(step), np.float32(0))
        compared = free & self.known
        apart = new - self.old
        apart -= _light(apart, compared)
        least = max(LEVELS, SIGMAS * self.noise)
        differs: Bools = (np.abs(apart) > least) & compared
        if self._too_much(differs, compared):
            return
        still: Bools = np.abs(new - self.now) <= max(STEADY, 4.0 * self.noise)
        self._count(differs, still, free, step, time)
        self._follow(new, apart, free, differs, still, step)

    def absorb(self, where: Bools) -> None:
        """This is how the place looks from now on."""
        self.old[where] = self.now[where]
        self._over(where)

    def _too_much(self, differs: Bools, compared: Bools) -> bool:
        """Whether this picture says nothing, because much of it has changed at once."""
        size = int(np.count_nonzero(compared))
        if size and np.count_nonzero(differs) > MUCH * size:
            self._much += 1
            if self._much >= 3:
                self.anew()
            return True
        self._much = 0
        return False

    def _count(self, differs: Bools, still: Bools, free: Bools, step: float, time: float) -> None:
        """Since when, and for how long, each pixel differs."""
        fresh = differs & still & ~np.isfinite(self.since)
        self.since[fresh] = time
        changed = np.isfinite(self.since)
        self.seen[differs & still & changed] += step
        back = changed & free & ~differs
        self._away[back] += step
        self._away[differs] = 0.0
        restless = changed & differs & ~still & (self.seen < QUICK_SECONDS)
        self._over(restless | (back & (self._away >= AWAY_SECONDS)))
        old = changed & (time - self.since >= ABSORB_SECONDS)
        if old.any():
            self.absorb(old)

    def _over(self, where: Bools) -> None:
        self.since[where] = np.inf
        self.seen[where] = 0.0
        self._away[where] = 0.0

    def _follow(
        self, new: Floats, apart: Floats, free: Bools, differs: Bools, still: Bools, step: float
    ) -> None:
        """Both models with this picture, and the noise."""
        shown = free & (self._free <= step)  # a box has just left it
        share = np.float32(1.0 - math.exp(-step / QUICK_SECONDS)) if step else np.float32(1)
        following = np.where(free, self.now + share * (new - self.now), self.now)
        self.now = np.where(shown, new, following)
        seed = free & ~self.known & ((self._free >= SEED_SECONDS) & still)
        self.old[seed] = self.now[seed]
        self.known |= seed
        calm = free & self.known & ~differs & ~np.isfinite(self.since)
        slow = np.float32(1.0 - math.exp(-step / SLOW_SECONDS))
        self.old = np.where(calm, self.old + slow * (new - self.old), self.old)
        some = np.abs(apart[::4, ::4][calm[::4, ::4]])
        if some.size > 50:
            sigma = 1.4826 * float(np.median(some))
            self.noise += 0.1 * (min(max(sigma, 0.5), 8.0) - self.noise)


def _light(apart: Floats, compared: Bools) -> Floats:
    """(h, w) by how much each part of the picture as a whole is lighter than before, levels."""
    weight = compared.astype(np.float32)
    clipped = np.clip(apart, -CLIPPED, CLIPPED) * weight
    total = cv2.resize(clipped, COARSE, interpolation=cv2.INTER_AREA)
    count = cv2.resize(weight, COARSE, interpolation=cv2.INTER_AREA)
    total, count = cv2.blur(total, (3, 3)), cv2.blur(count, (3, 3))
    field = (total / np.maximum(count, np.float32(0.05))).astype(np.float32)
    height, width = apart.shape
    return cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR).astype(
        np.float32, copy=False
    )
