"""The wall: all cameras in one picture, drawn once for all who watch and only while they do."""

from __future__ import annotations

import threading
import time
from typing import Final

from streetlamp.live.atlas import Atlas, Layout
from streetlamp.live.hub import LiveHub
from streetlamp.live.inbox import Inbox
from streetlamp.live.options import LiveOptions
from streetlamp.live.scale import jpeg

WIDTHS: Final = (640, 960, 1280, 1920, 2560)
"""Pixels: the widths a wall is drawn at, so that viewers share drawings."""


class WallView(Inbox[tuple[Layout, bytes]]):
    """One viewer of the wall: always the newest drawing, older ones that were not taken are gone.

    `get` gives the layout with every JPEG; it is the same object until it changes.
    """

    def offer(self, drawing: tuple[Layout, bytes]) -> None:
        """Replace what is waiting. Any thread."""
        with self.change() as waiting:
            waiting.clear()
            waiting.append(drawing)


class Wall:
    """Draws the hub's latest pictures. Thread-safe."""

    def __init__(self, hub: LiveHub, options: LiveOptions | None = None) -> None:
        self._hub = hub
        self._options = options or LiveOptions()
        self._lock = threading.Lock()
        self._studios: dict[int, _Studio] = {}

    def watch(self, width: int) -> WallView:
        """Watch the wall at about `width` pixels. Call inside the event loop that will read."""
        chosen = next((w for w in WIDTHS if w >= width), WIDTHS[-1])
        with self._lock:
            studio = self._studios.get(chosen)
            if studio is None:
                studio = self._studios[chosen] = _Studio(self._hub, self._options, chosen)
        return studio.join()

    def close(self) -> None:
        """Tell every viewer that there will be no more; waits until nothing is drawn any more."""
        with self._lock:
            studios = list(self._studios.values())
        for studio in studios:
            studio.close()


class _Studio:
    """Draws at one width, in a thread that lives while somebody watches."""

    def __init__(self, hub: LiveHub, options: LiveOptions, width: int) -> None:
        self._hub = hub
        self._options = options
        self._width = width
        self._changed = threading.Condition()
        self._viewers: list[WallView] = []
        self._last: tuple[Layout, bytes] | None = None
        self._thread: threading.Thread | None = None

    def join(self) -> WallView:
        view = WallView(self._leave)
        with self._changed:
            self._viewers.append(view)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._draw, name=f"wall {self._width}", daemon=True
                )
                self._thread.start()
            elif self._last is not None:
                view.offer(self._last)
        return view

    def close(self) -> None:
        with self._changed:
            viewers, thread = list(self._viewers), self._thread
        for view in viewers:
            view.close()
        if thread is not None:
            thread.join()

    def _leave(self, view: Inbox[tuple[Layout, bytes]]) -> None:
        with self._changed:
            self._viewers = [one for one in self._viewers if one is not view]
            self._changed.notify_all()

    def _draw(self) -> None:
        try:
            self._draw_while_watched()
        finally:
            with self._changed:  # whatever ended it: the next viewer starts a new one
                if self._thread is threading.current_thread():
                    self._thread = self._last = None

    def _draw_while_watched(self) -> None:
        atlas = Atlas(self._hub.cameras, self._width)
        step = 1 / self._options.wall_per_second
        drawing: tuple[Layout, bytes] | None = None
        while True:
            begun = time.monotonic()
            latest = {camera: self._hub.latest(camera) for camera in self._hub.cameras}
            if atlas.update(latest) or drawing is None:
                drawing = atlas.layout, jpeg(atlas.canvas, self._options.jpeg_quality)
                with self._changed:
                    self._last = drawing
                    viewers = list(self._viewers)
                for view in viewers:
                    view.offer(drawing)
            with self._changed:
                left = max(0.0, begun + step - time.monotonic())
                self._changed.wait_for(lambda: not self._viewers, left)
                if not self._viewers:
                    self._thread = self._last = None  # under the lock that saw nobody
                    return
