"""The wall: all cameras as tiles, drawn once for all who watch, and only what somebody sees.

See ``design/wall.md``. A viewer says which cameras it shows; it gets sheets (`tiles.Sheet`) of
those that have a new picture, and the next ones when it has shown these: a slow viewer gets fewer
pictures, never older ones.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from streetlamp.live.hub import LiveHub
from streetlamp.live.inbox import Inbox
from streetlamp.live.options import LiveOptions
from streetlamp.live.pace import Pace
from streetlamp.live.tiles import Sheet, Tiles, tile_size

_SOON: Final = 0.03  # s from one drawing to the next when somebody waits for tiles just scrolled to


class WallView(Inbox[Sheet]):
    """One viewer. `get` gives sheets; nothing comes before `show` has said what is to be seen."""

    def __init__(self, studio: _Studio) -> None:
        super().__init__(studio.leave)
        self._studio = studio
        self.tile = studio.tiles.size  # pixels
        # What follows is changed under the studio's lock alone.
        self.shown: dict[int, None] = {}  # in the viewer's order
        self.owed: set[int] = set()  # cameras whose newest picture it has not got
        self.sent = 0
        self.drawn = 0

    def show(self, cameras: Iterable[int]) -> None:
        """The cameras (places in the hub's order) that are in sight, most important first.

        Those not shown before are sent at once. IndexError: there is no such camera.
        """
        self._studio.show(self, cameras)

    def has_drawn(self, sheets: int) -> None:
        """So many sheets (counted from the beginning) are on the screen: it is ready for more."""
        self._studio.has_drawn(self, sheets)

    def offer(self, sheets: Iterable[Sheet]) -> None:
        """What comes next. Any thread."""
        with self.change() as waiting:
            waiting.extend(sheets)


class Wall:
    """Draws the hub's latest pictures. Thread-safe."""

    def __init__(self, hub: LiveHub, options: LiveOptions | None = None) -> None:
        self._hub = hub
        self._options = options or LiveOptions()
        self._lock = threading.Lock()
        self._studios: dict[tuple[int, int], _Studio] = {}
        self._pressed: Callable[[], bool] = lambda: False

    def ease_when(self, pressed: Callable[[], bool]) -> None:
        """Draw seldom while `pressed` says that the machine has too much to do."""
        self._pressed = pressed

    def watch(self, width: int) -> WallView:
        """Watch tiles of about `width` pixels. Call inside the event loop that will read."""
        size = tile_size(width)
        with self._lock:
            studio = self._studios.get(size)
            if studio is None:
                studio = self._studios[size] = _Studio(self, self._hub, self._options, size)
        return studio.join()

    def close(self) -> None:
        """Tell every viewer that there will be no more; waits until nothing is drawn any more."""
        with self._lock:
            studios = list(self._studios.values())
        for studio in studios:
            studio.close()

    def burden(self) -> tuple[int, bool]:
        """How many sizes are being drawn, and whether the machine has too much to do."""
        with self._lock:
            sizes = sum(studio.busy for studio in self._studios.values())
        return max(1, sizes), self._pressed()


class _Studio:
    """Draws at one size, in a thread that lives while somebody watches."""

    def __init__(
        self, wall: Wall, hub: LiveHub, options: LiveOptions, size: tuple[int, int]
    ) -> None:
        self._wall = wall
        self._hub = hub
        self._options = options
        self.tiles = Tiles(size)
        self._changed = threading.Condition()
        self._views: list[WallView] = []
        self._hurry = False  # somebody waits for a tile that was not shown before
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def join(self) -> WallView:
        view = WallView(self)
        with self._changed:
            self._views.append(view)
            if self._thread is None:
                name = f"wall {self.tiles.size[0]}"
                self._thread = threading.Thread(target=self._draw, name=name, daemon=True)
                self._thread.start()
        return view

    def show(self, view: WallView, cameras: Iterable[int]) -> None:
        shown = dict.fromkeys(cameras)
        if any(not 0 <= camera < len(self._hub.cameras) for camera in shown):
            raise IndexError("there is no such camera")
        with self._changed:
            new = shown.keys() - view.shown.keys()
            view.owed = (view.owed & shown.keys()) | new
            view.shown = shown
            if new:
                self._hurry = True
                self._changed.notify_all()

    def has_drawn(self, view: WallView, sheets: int) -> None:
        with self._changed:
            view.drawn = max(view.drawn, min(sheets, view.sent))

    def leave(self, view: Inbox[Sheet]) -> None:
        with self._changed:
            self._views = [one for one in self._views if one is not view]
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            views, thread = list(self._views), self._thread
        for view in views:
            view.close()
        if thread is not None:
            thread.join()

    def _draw(self) -> None:
        try:
            self._draw_while_watched()
        finally:
            with self._changed:  # whatever ended it: the next viewer starts a new one
                if self._thread is threading.current_thread():
                    self._thread = None

    def _draw_while_watched(self) -> None:
        pace = Pace(self._options.wall_per_second)
        while True:
            begun, worked = time.monotonic(), time.thread_time()
            self._take()
            self._send()
            period = pace.period(time.thread_time() - worked, *self._wall.burden())
            with self._changed:
                self._changed.wait_for(self._called, max(0.0, begun + period - time.monotonic()))
                if self._views:
                    self._changed.wait_for(
                        lambda: not self._views, max(0.0, begun + _SOON - time.monotonic())
                    )
                if not self._views:
                    self._thread = None  # under the lock that saw nobody
                    self.tiles = Tiles(self.tiles.size)  # nobody looks: nothing is held
                    return

    def _called(self) -> bool:
        return self._hurry or not self._views

    def _take(self) -> None:
        """Make small what is new and somebody sees."""
        with self._changed:
            self._hurry = False
            wanted = {camera for view in self._views for camera in view.shown}
        latest = {camera: self._hub.latest(self._hub.cameras[camera]) for camera in wanted}
        fresh = {camera for camera, frame in latest.items() if self.tiles.update(camera, frame)}
        with self._changed:
            for view in self._views:
                view.owed |= fresh & view.shown.keys()

    def _send(self) -> None:
        """Sheets for everybody who is ready; those who lack the same get the very same ones."""
        with self._changed:
            ready: list[tuple[WallView, tuple[int, ...]]] = []
            for view in self._views:
                lacks = tuple(c for c in view.shown if c in view.owed and self.tiles.has(c))
                if lacks and view.drawn >= view.sent:
                    view.owed.difference_update(lacks)
                    ready.append((view, lacks))
        sheets: dict[tuple[int, ...], deque[Sheet]] = {}
        for view, lacks in ready:
            # The order is the first viewer's: what matters most to one matters to all.
            key = tuple(sorted(lacks))
            if key not in sheets:
                sheets[key] = deque(self._sheets(lacks))
            with self._changed:
                view.sent += len(sheets[key])
            view.offer(sheets[key])

    def _sheets(self, cameras: tuple[int, ...]) -> Iterable[Sheet]:
        per = self.tiles.per_sheet
        for first in range(0, len(cameras), per):
            yield self.tiles.sheet(cameras[first : first + per], self._options.jpeg_quality)
