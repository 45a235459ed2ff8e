"""Measures a camera's pictures, about once in a keyframe, and tells numbers alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np

from streetlamp.values import Bytes, Floats
from streetlamp.video.planes import halved_luma, view_planes
from streetlamp.video.raw import Packet, RawFrame
from streetlamp.video.surge import payload
from streetlamp.video.view import planes
from streetlamp.video.view.alive import NO_KEYFRAME_SECONDS, Aliveness, Life
from streetlamp.video.view.grid import COLUMNS, ROWS, Grid, edge_grid, shades, structure
from streetlamp.video.view.reference import References
from streetlamp.video.view.sample import ViewSample

EVERY: Final = 0.9  # seconds between two pictures that are measured, at least …
CALM: Final = 3.9  # … and where nothing is unusual
UNLIKE: Final = (8.0, 0.1, 0.1)  # levels of light, sharpness, fit, from one to the next
SPARSE: Final = 5.0  # seconds without a measured keyframe after which any picture is
AWAY: Final = 60.0  # seconds without a picture after which noise is compared anew: whoever serves a
# clip, as a virtual camera does, may begin it anew, and that is no frozen sensor
BACK: Final = 10.0  # seconds: a camera that wakes decodes so much again; further, its clock was set
RECENT: Final = 6  # pictures over which edges must stay where they are
FINE, SMALL = 640, 320  # widest planes that are measured, pixels
COLOUR: Final = (1.2, 2.4)  # levels: less is infrared, more is not; between, it stays
TOO_DARK: Final = 25.0  # brightness below which colour says nothing


class ViewMeter:
    """One camera's measures. Each decoded picture goes to `see`, each finished GOP to `gop`.

    tell: takes each `ViewSample`, in the camera's thread.
    repeats: a clip played over and over; its pictures come again to the bit, as frozen ones do.
    """

    def __init__(
        self, camera: str, tell: Callable[[ViewSample], None], *, repeats: bool = False
    ) -> None:
        self._camera = camera
        self._repeats = repeats
        self._tell = tell
        self._alive = Aliveness()
        self.references = References()
        self._grids: deque[tuple[Grid, Floats]] = deque(maxlen=RECENT)
        self._size = (0, 0)
        self._infrared = False
        self._measured = float("-inf")
        self._key = float("-inf")  # the last keyframe's
        self._coded: float | None = None
        self._last: ViewSample | None = None
        self._unusual = True
        self._forget = False

    def see(self, raw: RawFrame) -> None:
        """A decoded picture: it is measured if it is time for one."""
        key = bool(raw.picture.key_frame)
        since = raw.time - self._measured
        least = EVERY if self._unusual else CALM
        if -BACK <= since < (least if key else SPARSE):
            return
        if since > AWAY:
            self._alive.forget()
        self._measured = raw.time
        if self._forget:
            self._forget = False
            self.references.forget()
            self._grids.clear()
        if key:
            self._key = raw.time
        before, self._last = self._last, self._measure(raw, key)
        unlike = before is None or _unlike(before, self._last)
        self._unusual = unlike or self._alive.quieter
        self._tell(self._last)

    def interrupted(self) -> None:
        """The connection ended: the next pictures are compared with none from before, as `AWAY`."""
        self._alive.forget()

    def accept(self) -> None:
        """What the camera shows from the next picture on is what it is meant to. Any thread."""
        self._forget = True

    def gop(self, packets: Sequence[Packet]) -> None:
        """A GOP is over: these were its packets, the keyframe's first."""
        self.coded([payload(packet.data) for packet in packets[1:]], packets[0].stream.size)

    def coded(self, sizes: Sequence[int], size: tuple[int, int]) -> None:
        """Bytes that the pictures between two keyframes took, of a stream of this size (pixels)."""
        blocks = max(1.0, size[0] * size[1] / 256e3)
        self._coded = sorted(sizes)[len(sizes) // 2] / blocks if sizes else None

    def _measure(self, raw: RawFrame, key: bool) -> ViewSample:
        if raw.size != self._size:
            self._size = raw.size
            self._grids.clear()
            self._alive = Aliveness()
        whole = view_planes(raw.picture)
        fine = halved_luma(raw.picture, FINE)
        small = _halved(fine, SMALL)
        light = planes.exposure(small, full_range=whole.full_range)
        colour = planes.colour(whole.u, whole.v)
        if light.brightness >= TOO_DARK:
            self._infrared = colour < COLOUR[self._infrared]
        sharp, detail = planes.sharpness(fine)
        alive: Life | None = None
        if not self._repeats and (key or raw.time - self._key > NO_KEYFRAME_SECONDS):
            alive = self._alive.measure(fine)
        grid = edge_grid(small)
        self._grids.append((grid, _length(grid)))
        recent, cells, steady = _settled(self._grids)
        like = self.references.compare(
            recent, cells, shades(small), light.brightness, self._infrared, raw.time
        )
        return ViewSample(
            self._camera, raw.time, raw.size, self._infrared, colour,
            light.brightness, light.low, light.high, light.dark, light.bright,
            sharp, detail, structure(grid), steady,
            alive.share if alive else None, alive.noise if alive else None,
            alive.same if alive else None, self._coded,
            like.known, like.fit, like.bare, like.layout,
            (like.shift[0] * raw.size[0], like.shift[1] * raw.size[1]), like.shifted_fit,
            like.kappa,
        )  # fmt: skip

    def state(self) -> dict[str, Any]:
        """What a later run needs to know the view again."""
        return self.references.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave. ValueError if it is anything else."""
        self.references.restore(state)


def _halved(luma: Bytes, most: int) -> Bytes:
    while luma.shape[1] > most:
        half = (luma.shape[1] // 2, max(1, luma.shape[0] // 2))
        luma = cv2.resize(luma, half, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    return luma


def _unlike(before: ViewSample, now: ViewSample) -> bool:
    """Whether the next keyframe should be measured, too."""
    light, sharp, fit = UNLIKE
    return (
        not now.known
        or abs(now.brightness - before.brightness) > light
        or abs((now.sharpness or 0.0) - (before.sharpness or 0.0)) > sharp
        or now.fit < 1.0 - 2 * fit
        or abs(now.fit - before.fit) > fit
    )


def _length(grid: Grid) -> Floats:
    """(ROWS, COLUMNS) how far each cell's edges run one way."""
    return cv2.magnitude(grid[..., 1], grid[..., 2]).astype(np.float32, copy=False)


def _settled(grids: Sequence[tuple[Grid, Floats]]) -> tuple[Grid, Floats, float]:
    """The mean of the last grids, how steady each cell's edges are (0–1), and all of them."""
    if len(grids) == 1:
        return grids[0][0], np.zeros((ROWS, COLUMNS), np.float32), 0.0
    mean: Grid = np.mean([grid for grid, _ in grids], axis=0, dtype=np.float32)
    each: Floats = np.mean([length for _, length in grids], axis=0, dtype=np.float32)
    together = _length(mean)
    steady = (together + np.float32(0.02)) / (each + np.float32(0.02))
    return mean, steady, float((together.sum() + 0.1) / (each.sum() + 0.1))
