"""One camera's things: what was left and what was removed, about once a second.

Made only for cameras with a rule that asks. Pictures go in, places and times come out: the pixels
stay here, in two small planes that hold what is there when nobody is.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Floats, Thing
from streetlamp.video.planes import halved_luma
from streetlamp.video.raw import RawFrame
from streetlamp.video.things.background import Background
from streetlamp.video.things.blobs import Blob, find_blobs

EVERY: Final = 0.9  # seconds between two pictures that are compared, at least
WIDEST: Final = 320  # pixels of the planes
SEEN_SECONDS: Final = 6.0  # for which a change must have been watched to be told
LIT_SECONDS: Final = 20.0  # after so long what is only light is how the place looks
RESTLESS: Final = 0.1  # of the picture that has changed: it is the light or the view, not a thing
TOGETHER: Final = 5  # parts that change at once: then it is the view or the light …
TOGETHER_SECONDS: Final = 10.0  # … within so many seconds


class ThingWatch:
    """`see` each picture that was looked at, with the boxes of all that may be somebody."""

    def __init__(self) -> None:
        self._background = Background((0, 0))
        self._size = (0, 0)
        self._compared = float("-inf")
        self._things: tuple[Thing, ...] = ()

    def see(self, raw: RawFrame, boxes: Floats) -> tuple[Thing, ...]:
        """What is left and what is gone by now. boxes: (n, 4) pixels of the picture."""
        since = raw.time - self._compared
        if raw.size == self._size:
            width = self._background.shape[1]
            self._background.cover(boxes * np.float32(width / raw.size[0]), raw.time)
            if 0 <= since < EVERY:
                return self._things
        luma = halved_luma(raw.picture, WIDEST)
        if raw.size != self._size:
            self._size = raw.size
            self._background = Background((luma.shape[0], luma.shape[1]))
            self._background.cover(boxes * np.float32(luma.shape[1] / raw.size[0]), raw.time)
        self._compared = raw.time
        self._background.see(luma, raw.time)
        self._things = self._find(raw.time)
        return self._things

    def _find(self, time: float) -> tuple[Thing, ...]:
        model = self._background
        if not model.learnt:
            return ()
        changed = model.seen >= SEEN_SECONDS
        if not changed.any() or model.restless > RESTLESS:
            return ()
        blobs = list(find_blobs(changed, model.old, model.now))
        if _at_once([self._since(blob) for blob in blobs]):
            model.anew()
            return ()
        for blob in blobs:
            if blob.lit and time - self._since(blob) >= LIT_SECONDS:
                model.absorb(blob.pixels)
        return tuple(self._thing(blob) for blob in blobs if not blob.lit)

    def _since(self, blob: Blob) -> float:
        """Since when most of it looks so."""
        times = self._background.since[blob.pixels]
        return float(np.median(times[np.isfinite(times)]))

    def _thing(self, blob: Blob) -> Thing:
        assert blob.change is not None
        height, width = self._background.shape
        fx, fy = self._size[0] / width, self._size[1] / height
        x1, y1, x2, y2 = blob.box
        return Thing((x1 * fx, y1 * fy, x2 * fx, y2 * fy), self._since(blob), blob.change)


def _at_once(times: list[float]) -> bool:
    """Whether so many came within some seconds that none of them is a thing."""
    ordered = sorted(times)
    late = ordered[TOGETHER - 1 :]
    return any(b - a <= TOGETHER_SECONDS for a, b in zip(ordered, late, strict=False))
