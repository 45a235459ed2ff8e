"""Who waits for the detector, and whose turn it is: one line a camera, taken round and round."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from streetlamp.video.detect.base import Prepared
from streetlamp.video.raw import Detections


@dataclass(slots=True, eq=False)
class Request:
    """One picture to be looked at."""

    prepared: Prepared
    future: Future[Detections]
    since: float  # seconds, of the queue's clock
    camera: str = ""  # "": nobody's in particular, first come first served
    keep: bool = False  # a newer picture of its camera does not take its place

    def fail(self, error: BaseException) -> None:
        """Answer with an error, unless it was given up. Only while nobody works on it."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Turns:
    """Requests by camera. A camera that was served goes to the end of the row. Not thread-safe."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Request]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Request]:
        for line in self._lines.values():
            yield from line

    def add(self, request: Request) -> None:
        """At the end of its camera's line; a camera without one joins at the end of the row."""
        self._lines.setdefault(request.camera, deque()).append(request)

    def stale(self, camera: str, since: float) -> list[Request]:
        """Takes out what a newer picture of this camera makes useless: what waits since before."""
        line = self._lines.get(camera, deque())
        old = [one for one in line if camera and not one.keep and one.since < since]
        for one in old:
            line.remove(one)
        return old

    def drop_cancelled(self) -> None:
        """Let go of what nobody waits for any more."""
        for line in self._lines.values():
            for one in [one for one in line if one.future.cancelled()]:
                line.remove(one)

    def clear(self) -> list[Request]:
        """Everything that waits, taken out."""
        left = list(self)
        self._lines.clear()
        return left

    def take(self, most: int) -> list[Request]:
        """The next batch: pictures of one shape, the camera whose turn it is first.

        One of each camera in turn, then a second of each, and so on. Those given up are dropped.
        """
        batch: list[Request] = []
        again = True
        while again and len(batch) < most:
            again = False
            for camera in list(self._lines):
                one = self._next(camera, batch)
                if one is not None:
                    batch.append(one)
                    again = True
                if len(batch) == most:
                    break
        for camera in dict.fromkeys(one.camera for one in batch):
            if camera in self._lines:
                self._lines.move_to_end(camera)
        return batch

    def _next(self, camera: str, batch: list[Request]) -> Request | None:
        line = self._lines[camera]
        for one in list(line):
            if batch and one.prepared.shape != batch[0].prepared.shape:
                continue
            line.remove(one)
            if one.future.set_running_or_notify_cancel():
                return one
        if not line:
            del self._lines[camera]
        return None
