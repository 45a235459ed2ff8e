"""Decoded pictures go in, masked pictures and tracks come out: one camera's delay line.

Pictures wait in a delay line until the looks on both sides of
them have reported; then they are masked with hindsight and leave. Tracks leave at once, for the
rules: alarms do not wait for the delay.

The same object serves live cameras and files. Live, a look that is late costs the picture its
clarity (it is hidden whole); offline (`wait=True`) it costs time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for_looks
from dataclasses import dataclass
from typing import Protocol

import av
import cv2
import numpy as np

from streetlamp.errors import StreetlampError
from streetlamp.values import Bools, Floats, Kind, MaskedFrame, Tracks
from streetlamp.video import mask
from streetlamp.video.coverage import TWO_WHEELERS, Cover, Coverage, Look
from streetlamp.video.gate import Gate
from streetlamp.video.motion import WIDTH, MotionMeter
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.planes import thumbnail
from streetlamp.video.raw import Detections, RawFrame
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.associate import iou
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.unexplained import unexplained

LOOSE_SCORE = 0.15  # a fainter person than this that belongs to no track is not hidden
SETTLE_LOOKS = 2  # looks at a new scene before anything of it is shown
MOST_PENDING = 3  # live: looks under way at once
MOTION_SPAN = 0.25  # seconds on either side in which unexplained motion must last
AHEAD = 0.35  # offline: seconds decoded ahead of the looks waited for, so that both cores work
MOST_A_SECOND = 120  # live: more pictures than this wait for no clock, or memory fills
FLUSH_SECONDS = 2.0  # live: looks that take longer are given up when the line is emptied
_CANNOT_ASK = (  # what comes of a picture that cannot be made small, or of a queue that is closed
    StreetlampError, av.FFmpegError, cv2.error, ArithmeticError, LookupError, MemoryError,
    OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
SLACK = 1e-6  # seconds, for comparing times that went through arithmetic


class Looker(Protocol):
    """Whoever looks at pictures: the inference queue, or a stand-in in a test."""

    def submit(self, picture: av.VideoFrame) -> Future[Detections]: ...


@dataclass(frozen=True, slots=True)
class Now:
    """What is there now, right after a look: for the rules, which do not wait."""

    tracks: Tracks


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that has left the delay line, and what is in it."""

    frame: MaskedFrame
    tracks: Tracks


Output = Now | Shown


@dataclass(slots=True)
class Figures:
    """What the pipeline has done so far."""

    frames: int = 0
    looks: int = 0
    failed_looks: int = 0
    skipped_looks: int = 0
    whole_hidden: int = 0
    detector_error: str = ""


@dataclass(slots=True, eq=False)
class _Waiting:
    raw: RawFrame
    scene: int  # counts scene jumps
    cells: Bools


@dataclass(slots=True, eq=False)
class _Pending:
    raw: RawFrame
    scene: int
    future: Future[Detections]


class Hiding:
    """One camera's decoded pictures, masked. `push` each in turn; `flush` at the end."""

    def __init__(
        self,
        name: str,
        inference: Looker,
        hide: HideOptions,
        look: LookOptions,
        tracker: Tracker,
        tagger: Tagger,
        *,
        wait: bool,
    ) -> None:
        self.name = name
        self.figures = Figures()
        self._inference = inference
        self._hide = hide
        self._options = look
        self._tracker = tracker
        self._tagger = tagger
        self._wait = wait
        self._gate = Gate(look)
        self._meter = MotionMeter()
        self._coverage = Coverage(name, hide)
        self._line: deque[_Waiting] = deque()
        self._pending: deque[_Pending] = deque()
        self._scene = 0
        self._looked_scene = 0
        self._size = (0, 0)
        self._last_time = float("-inf")

    def push(self, raw: RawFrame) -> list[Output]:
        """The next decoded picture; what comes out because of it, in order."""
        out: list[Output] = []
        if raw.size != self._size or raw.time < self._last_time - SLACK:
            out.extend(self._restart(raw))
        self._last_time = raw.time
        motion = self._meter.measure(thumbnail(raw.picture, WIDTH), raw.time)
        if motion.jump or not self._line:  # an empty line: the camera was away
            if self._line:
                self._look_at_last()  # the old scene ends with a look
            self._scene += 1
        self._line.append(_Waiting(raw, self._scene, motion.cells))
        self.figures.frames += 1
        if self._gate.look(raw.time, motion):
            self._submit(raw, self._scene)
        ahead = AHEAD if self._wait else 0.0
        if not self._wait:
            out.extend(self._collect(block=False))
        out.extend(self._leave(raw.time - self._hide.delay_seconds - ahead))
        if not self._wait:
            out.extend(self._let_go())
        return out

    def flush(self) -> list[Output]:
        """Everything still in the delay line. The last picture is looked at, if it was not."""
        out: list[Output] = []
        if self._line:
            self._look_at_last()
            out.extend(self._collect(block=True))
            out.extend(self._leave(float("inf")))
        return out

    def _restart(self, raw: RawFrame) -> Iterator[Output]:
        """Another picture size, or time ran backwards: nothing learnt so far holds."""
        yield from self.flush()
        self._tracker.reset()
        self._tagger.reset()
        self._coverage.clear()
        self._gate.reset()
        self._meter = MotionMeter()
        self._size = raw.size

    def _look_at_last(self) -> None:
        last = self._line[-1]
        looked = self._coverage.around(last.raw.time)[1] is not None
        if not looked and not any(pending.raw is last.raw for pending in self._pending):
            self._submit(last.raw, last.scene)

    def _submit(self, raw: RawFrame, scene: int) -> None:
        if not self._wait and len(self._pending) >= MOST_PENDING:
            self.figures.skipped_looks += 1  # the detector lags: the gap will hide the picture
            return
        try:
            self._pending.append(_Pending(raw, scene, self._inference.submit(raw.picture)))
        except _CANNOT_ASK as error:  # no look, so the picture will be hidden whole
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self.figures.failed_looks += 1
        self.figures.detector_error = str(error) or type(error).__name__

    def _collect(self, *, block: bool, until: float = float("inf")) -> Iterator[Output]:
        """Takes in the looks that have reported, in order of time."""
        if block and not self._wait:
            wait_for_looks([pending.future for pending in self._pending], FLUSH_SECONDS)
        while self._pending and self._pending[0].raw.time <= until:
            first = self._pending[0]
            if not block and not first.future.done():
                return
            self._pending.popleft()
            error = self._error_of(first.future)
            if error is not None:
                self._failed(error)
                continue
            self.figures.looks += 1
            self.figures.detector_error = ""
            if first.scene != self._looked_scene:
                self._tracker.reset()
                self._tagger.reset()
                self._looked_scene = first.scene
            yield Now(self._take_in(first.raw, first.scene, first.future.result()))

    def _error_of(self, future: Future[Detections]) -> BaseException | None:
        """Why there is no report, whatever the detector raised; None if there is one."""
        try:
            return future.exception(None if self._wait else 0)
        except TimeoutError as late:
            future.cancel()  # a hung detector's queue must not fill with what nobody waits for
            return late
        except CancelledError as cancelled:
            return cancelled

    def _take_in(self, raw: RawFrame, scene: int, detections: Detections) -> Tracks:
        update = self._tracker.update(detections, raw.time, raw.frame, raw.size)
        tracks = self._tagger.update(raw.picture, update.tracks)
        loose = _loose(detections, np.concatenate([tracks.box, update.unsure.box]))
        look = Look(
            raw.time, raw.frame, tracks, update.unsure, loose.box, loose.score, scene, loose.faces
        )
        self._coverage.add(look)
        return tracks

    def _let_go(self) -> Iterator[Output]:
        """Live: pictures whose time stands still would wait for ever; the oldest leave, hidden."""
        most = int(MOST_A_SECOND * (self._hide.delay_seconds + 1.0))
        while len(self._line) > most:
            raw = self._line.popleft().raw
            yield self._hidden_whole(raw, "the camera's time stands still")

    def _leave(self, until: float) -> Iterator[Output]:
        """Masks and yields the pictures taken at `until` or before."""
        while self._line and self._line[0].raw.time <= until + SLACK:
            waiting = self._line[0]
            if self._wait:
                yield from self._await_looks(waiting.raw.time)
            try:
                shown = self._masked(waiting)
            finally:  # one that cannot be hidden never leaves, and holds up nobody
                self._line.popleft()
            self._coverage.forget_before(waiting.raw.time)
            yield shown

    def _masked(self, waiting: _Waiting) -> Shown:
        raw = waiting.raw
        reason = self._why_not(waiting)
        if reason:
            return self._hidden_whole(raw, reason)
        cover = self._coverage.at(raw.time, raw.frame, raw.size)
        frame = mask.hide(raw, self._boxes(waiting, cover), self._hide.style)
        return Shown(frame, cover.tracks)

    def _hidden_whole(self, raw: RawFrame, reason: str) -> Shown:
        self.figures.whole_hidden += 1
        tracks = Tracks.make(self.name, raw.time, raw.frame, raw.size)
        return Shown(mask.hide_whole(raw, reason), tracks)

    def _await_looks(self, time: float) -> Iterator[Output]:
        """Offline: waits for the looks that could still change what is known of this moment."""
        yield from self._collect(block=True, until=time + self._hide.delay_seconds)

    def _why_not(self, waiting: _Waiting) -> str:
        """Why this picture cannot be shown, or "" if it can."""
        time = waiting.raw.time
        before, after = self._coverage.around(time)
        if self.figures.looks == 0:
            return "the detector has not looked yet"
        if after is None:
            return (
                "the detector is late"
                if not self.figures.detector_error
                else ("the detector does not answer")
            )
        if before is None or before.scene != waiting.scene:
            return "a new scene that nobody has looked at yet"
        if after.scene != waiting.scene:
            return "the scene changed before anybody looked at its end"
        gap = after.time - before.time
        if gap > self._options.max_gap_seconds and not self._neighbours(before, after):
            return "the detector did not look often enough"
        if not self._settled(waiting):
            return "a new scene"
        return ""

    def _settled(self, waiting: _Waiting) -> bool:
        """Whether its scene was looked at twice, or as often as it has pictures."""
        pictures = sum(1 for other in self._line if other.scene == waiting.scene)
        needed = min(SETTLE_LOOKS, pictures)
        return self._coverage.looks_at(waiting.scene) >= needed

    def _neighbours(self, before: Look, after: Look) -> bool:
        """Whether no picture lies between two looks: a slow camera, each picture looked at."""
        return 0 <= after.frame - before.frame <= 1

    def _boxes(self, waiting: _Waiting, cover: Cover) -> Floats:
        if not self._hide.unexplained_motion:
            return cover.hide
        time = waiting.raw.time
        cells = [
            other.cells
            for other in self._line
            if other.scene == waiting.scene and other.raw.time <= time + MOTION_SPAN
        ]
        known = np.concatenate([cover.hide, cover.vehicles])
        return np.concatenate([cover.hide, unexplained(cells, known, waiting.raw.size)])


def _loose(detections: Detections, known: Floats) -> Detections:
    """Possible people, and two-wheelers with their riders, that no track accounts for."""
    wheels = np.isin(detections.kind, list(TWO_WHEELERS))
    possible = (detections.kind == Kind.PERSON) | wheels
    faint = possible & (detections.score >= LOOSE_SCORE)
    alone = iou(detections.box, known).max(axis=1, initial=0.0) < 0.5
    box = detections.box.copy()
    box[wheels, 1] -= 0.5 * (box[wheels, 3] - box[wheels, 1])  # the rider sits above it
    keep = faint & alone
    return Detections(box[keep], detections.kind[keep], detections.score[keep], detections.faces)
