"""Where live video and the latest pictures are fetched: all cameras, all viewers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from streetlamp.live.inbox import Inbox
from streetlamp.live.options import LiveOptions
from streetlamp.live.scale import fit, jpeg, shrink
from streetlamp.values import Fragment, MaskedFrame

_LONGEST_QUEUE: Final = 8  # fragments: four seconds at the default length
_LARGEST_QUEUE: Final = 8 << 20  # bytes


class Subscription(Inbox[Fragment]):
    """One viewer of one camera.

    Begins with the fragments from the latest keyframe on. A new `Fragment.run` means that its
    `init` must be sent first. A viewer that does not keep up loses what was waiting and goes on at
    the next keyframe: late for a moment, never minutes behind, and never growing.
    """

    def __init__(
        self, on_close: Callable[[Inbox[Fragment]], None], backlog: Sequence[Fragment]
    ) -> None:
        super().__init__(on_close)
        self.skipped = 0  # fragments lost because this viewer was slow
        self._skipping = False
        with self.change() as waiting:
            waiting.extend(backlog)

    def offer(self, fragment: Fragment) -> None:
        """Give the viewer the next fragment, or make it skip. Any thread."""
        with self.change() as waiting:
            if not waiting:
                full = False
            else:
                size = sum(len(one.data) for one in waiting)
                full = len(waiting) >= _LONGEST_QUEUE or size >= _LARGEST_QUEUE
            if full:
                self.skipped += len(waiting)
                waiting.clear()
                self._skipping = True
            if self._skipping and not fragment.keyframe:
                self.skipped += 1
                return
            self._skipping = False
            waiting.append(fragment)


class LiveHub:
    """Takes fragments and pictures from camera threads; serves viewers. Thread-safe.

    Nothing is scaled or compressed until somebody asks: `publish_frame` only remembers the latest
    picture.
    """

    def __init__(self, cameras: Sequence[str], options: LiveOptions | None = None) -> None:
        self.cameras = tuple(cameras)
        self._options = options or LiveOptions()
        self._lanes = {camera: _Lane() for camera in self.cameras}

    def publish(self, fragment: Fragment) -> None:
        """A camera's next fragment, for everybody who watches it. KeyError: no such camera."""
        lane = self._lanes[fragment.camera]
        with lane.lock:
            if fragment.keyframe or (lane.since_key and lane.since_key[0].run != fragment.run):
                lane.since_key.clear()
            if fragment.keyframe or lane.since_key:
                lane.since_key.append(fragment)
            viewers = list(lane.viewers)
        for viewer in viewers:
            viewer.offer(fragment)

    def publish_frame(self, frame: MaskedFrame) -> None:
        """A camera's latest picture. KeyError: no such camera."""
        self._lanes[frame.camera].latest = frame

    def subscribe(self, camera: str) -> Subscription:
        """Watch a camera's video. Call inside the event loop that will read. KeyError: no such."""
        lane = self._lanes[camera]
        with lane.lock:
            viewer = Subscription(lane.leave, lane.since_key)
            lane.viewers.append(viewer)
        return viewer

    def latest(self, camera: str) -> MaskedFrame | None:
        """The latest picture, None until the first came."""
        return self._lanes[camera].latest

    def still(self, camera: str) -> bytes | None:
        """The latest picture as JPEG, made once for all who ask; None until the first came."""
        lane = self._lanes[camera]
        with lane.drawing:
            frame = lane.latest
            if frame is None:
                return None
            if lane.still_of is not frame:
                limit = self._options.still_width
                size = fit((frame.width, frame.height), (limit, 1 << 20))
                lane.still = jpeg(shrink(frame, size), self._options.jpeg_quality)
                lane.still_of = frame
            return lane.still

    def viewers(self, camera: str) -> int:
        """How many watch this camera's video now."""
        return len(self._lanes[camera].viewers)

    def close(self) -> None:
        """Tell every viewer that there will be no more."""
        for lane in self._lanes.values():
            with lane.lock:
                viewers = list(lane.viewers)
            for viewer in viewers:
                viewer.close()


class _Lane:
    """What the hub holds of one camera."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.viewers: list[Subscription] = []
        self.since_key: deque[Fragment] = deque()
        self.latest: MaskedFrame | None = None
        self.drawing = threading.Lock()
        self.still: bytes | None = None
        self.still_of: MaskedFrame | None = None

    def leave(self, viewer: Inbox[Fragment]) -> None:
        with self.lock:
            self.viewers = [one for one in self.viewers if one is not viewer]
