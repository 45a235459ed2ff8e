"""Decoded pictures go in, masked pictures and tracks come out: one camera's delay line.

Pictures wait in a delay line until the looks on both sides of
them have reported; then they are masked with hindsight and leave. Tracks leave at once, for the
rules: alarms do not wait for the delay.

The same object serves live cameras and files. Live, a look that is late costs the picture its
clarity (it is hidden whole); offline (`wait=True`) it costs time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for_looks
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import av
import cv2
import numpy as np

from streetlamp.errors import StreetlampError
from streetlamp.values import Bools, Floats, Kind, Tracks
from streetlamp.video import mask
from streetlamp.video.coverage import Cover, Coverage, Look
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.gate import Gate
from streetlamp.video.inference import LookReplacedError
from streetlamp.video.load import CALM, Load
from streetlamp.video.loose import loose_of
from streetlamp.video.motion import WIDTH, Motion, MotionMeter
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.outputs import Figures, Looker, Now, Output, Shown, Undecoded
from streetlamp.video.pace import SAME_MOMENT, Pace
from streetlamp.video.planes import thumbnail
from streetlamp.video.raw import Detections, Packet, RawFrame
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.unexplained import MOTION_SPAN, with_unexplained

SETTLE_LOOKS = 2  # looks at a new scene before anything of it is shown
MOST_PENDING = 3  # live: looks under way at once …
MOST_CATCHING_UP = 48  # … and while a woken camera's GOP is looked at
AHEAD = 0.35  # offline: seconds decoded ahead of the looks waited for, so that both cores work
MOST_A_SECOND = 120  # live: more pictures than this wait for no clock, or memory fills
FLUSH_SECONDS = 2.0  # live: looks that take longer are given up when the line is emptied
CANNOT_ASK = (  # what comes of a picture that cannot be made small, or of a queue that is closed
    StreetlampError, av.FFmpegError, cv2.error, ArithmeticError, LookupError, MemoryError,
    OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
SLACK = 1e-6  # seconds, for comparing times that went through arithmetic


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A picture in the delay line: decoded, or of a GOP that was judged quiet."""

    place: RawFrame | Packet
    scene: int  # counts scene jumps
    motion: Motion | None  # None: not decoded
    crowded: bool = False  # of the very moment of the picture before
    reason: str = ""  # why it is to be hidden whole in any case

    @property
    def time(self) -> float:
        return self.place.time


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
        faces: FaceTurns | None = None,
        load: Callable[[], Load] = lambda: CALM,
    ) -> None:
        self.name = name
        self._load = load
        self.figures = Figures()
        self._inference = inference
        self._faces = faces or FaceTurns(None)
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
        self._last_frame = 0
        self._away = True  # what came before has nothing to do with what comes
        self._reported = float("-inf")
        self._calm_since = float("inf")
        self._most_pending = MOST_PENDING
        self._found = Detections.none()
        self._pace = Pace()

    @property
    def size(self) -> tuple[int, int]:
        """Width, height of the last decoded picture."""
        return self._size

    @property
    def found(self) -> Detections:
        """What the last look that has reported found."""
        return self._found

    def furniture(self, boxes: Floats) -> Bools:
        """(n,) which faint boxes (n, 4) are known to be furniture."""
        return self._coverage.furniture(boxes)

    @property
    def last_frame(self) -> int:
        """Number of the last picture that came in, decoded or not; 0 if none did."""
        return self._last_frame

    @property
    def calm_since(self) -> float:
        """Since when (POSIX seconds) nothing moves and no look found anything to hide; inf: not."""
        return self._calm_since

    @property
    def reported(self) -> float:
        """Time of the picture whose look was the last to report; -inf if none was."""
        return self._reported

    def push(self, raw: RawFrame, *, look: bool | None = None, reason: str = "") -> list[Output]:
        """The next decoded picture; what comes out because of it, in order.

        look: look at it in any case, or in no case; None: as the gate decides.
        reason: hide it whole in any case, because of this.
        """
        out: list[Output] = []
        if raw.size != self._size or raw.time < self._last_time - SLACK:
            out.extend(self._restart(raw))
        gap = raw.time - self._last_time > self._options.max_gap_seconds
        away, self._away = self._away or (gap and not self._line), False
        step = raw.time - self._last_time
        self._pace.step(step)
        self._last_time, self._last_frame = raw.time, raw.frame
        motion = self._meter.measure(thumbnail(raw.picture, WIDTH), raw.time)
        self._coverage.moved(motion, raw.size, raw.time)
        if motion.jump or away:
            if self._line:
                self._look_at_last()  # the old scene ends with a look
            self._scene += 1
        if motion.moving:
            self._calm_since = raw.time
        self._line.append(_Waiting(raw, self._scene, motion, step <= SAME_MOMENT, reason))
        self.figures.frames += 1
        due = self._gate.look(raw.time, motion, self._load())
        if look is None and raw.time <= self._reported + SLACK:
            due = False  # looked at while asleep
        if due if look is None else look:
            self._submit(raw, self._scene, last=bool(look))
        return out + self.advance(raw.time)

    def advance(self, time: float) -> list[Output]:
        """The camera's time is `time` now; what comes out because of it, in order."""
        out: list[Output] = []
        ahead = AHEAD if self._wait else 0.0
        if not self._wait:
            out.extend(self._collect(block=False))
        out.extend(self._leave(time - self._hide.delay_seconds - ahead))
        if not self._wait:
            out.extend(self._let_go())
        return out

    def rest(self, packets: Iterable[Packet]) -> None:
        """Pictures, in order of presentation, of a GOP judged quiet: they pass undecoded.

        The looks at the keyframes on both sides are told by `report`, this one's before the
        call and the next one's after it.
        """
        for packet in packets:
            self._line.append(_Waiting(packet, self._scene, None))
            self._last_time, self._last_frame = packet.time, packet.frame
            self.figures.frames += 1

    def catch_up(self, patience: float = 0.0) -> Iterator[Output]:
        """Waits for the looks that are out: offline for all, live for so many seconds at most."""
        if not self._wait and patience:
            wait_for_looks([pending.future for pending in self._pending], patience)
        yield from self._collect(block=self._wait)

    @contextmanager
    def catching_up(self) -> Iterator[None]:
        """While many pictures come at once, because a camera woke, more looks may be out."""
        self._most_pending = MOST_CATCHING_UP
        try:
            yield
        finally:
            self._most_pending = MOST_PENDING

    def answer(self, future: Future[Detections]) -> Detections | None:
        """What a look asked for by somebody else found; None, and counted, if it failed."""
        error = self._error_of(future)
        if error is not None:
            self._failed(error)
            return None
        return future.result()

    def report(self, raw: RawFrame, found: Detections, *, looked: bool) -> Output:
        """What a look at a keyframe between two rests told.

        looked: False where nobody looked, because the picture is the one looked at before.
        """
        self._meter.measure(thumbnail(raw.picture, WIDTH), raw.time)
        self._last_time = raw.time
        self.figures.looks += looked
        return Now(self._take_in(raw, self._scene, found))

    def flush(self) -> list[Output]:
        """Everything still in the delay line. The last picture is looked at, if it was not."""
        out: list[Output] = []
        if self._line:
            self._look_at_last()
            out.extend(self._collect(block=True))
            out.extend(self._leave(float("inf")))
        self._away = True
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
        self._last_time = float("-inf")

    def _look_at_last(self) -> None:
        last, scene = self._line[-1].place, self._line[-1].scene
        if isinstance(last, Packet) or self._coverage.around(last.time)[1] is not None:
            return
        if not any(pending.raw is last for pending in self._pending):
            self._submit(last, scene, last=True)

    def ask(self, raw: RawFrame, *, last: bool = False) -> Future[Detections]:
        """A look at this picture, for faces too when it is their turn, or the scene's last."""
        return self._faces.ask(self._inference.submit, raw.picture, raw.time, last=last)

    def _submit(self, raw: RawFrame, scene: int, *, last: bool = False) -> None:
        out = sum(not pending.future.done() for pending in self._pending)
        if not (self._wait or last) and out >= self._most_pending:
            self.figures.skipped_looks += 1  # the detector lags: the gap will hide the picture
            return
        try:
            self._pending.append(_Pending(raw, scene, self.ask(raw, last=last)))
        except CANNOT_ASK as error:  # no look, so the picture will be hidden whole
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
            if isinstance(error, LookReplacedError):
                self.figures.skipped_looks += 1  # the detector lags, but looks at a newer one
                continue
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
        loose = loose_of(detections, np.concatenate([tracks.box, update.unsure.box]))
        look = Look(
            raw.time,
            raw.frame,
            tracks,
            update.unsure,
            loose.box,
            loose.score,
            scene,
            loose.faces,
            detections.box,
        )
        self._coverage.add(look)
        self._gate.report(look, self._coverage.faint(look))
        self._reported = raw.time
        self._found = detections
        people = bool((tracks.kind == Kind.PERSON).any())
        if people or len(self._coverage.at(raw.time, raw.frame, raw.size).hide):
            self._calm_since = raw.time
        return tracks

    def _let_go(self) -> Iterator[Output]:
        """Live: pictures whose time stands still would wait for ever; the oldest leave, hidden."""
        most = int(MOST_A_SECOND * (self._hide.delay_seconds + 1.0))
        while len(self._line) > most:
            yield self._hidden_whole(self._line.popleft(), "the camera's time stands still")

    def _leave(self, until: float) -> Iterator[Output]:
        """Masks and yields the pictures taken at `until` or before."""
        while self._line and self._line[0].time <= until + SLACK:
            waiting = self._line[0]
            if self._wait:
                yield from self._await_looks(waiting.time)
            try:
                shown = self._masked(waiting)
            finally:  # one that cannot be hidden never leaves, and holds up nobody
                self._line.popleft()
            self._coverage.forget_before(waiting.time)
            yield shown

    def _masked(self, waiting: _Waiting) -> Shown | Undecoded:
        place = waiting.place
        reason = self._why_not(waiting)
        if reason:
            return self._hidden_whole(waiting, reason)
        cover = self._coverage.at(place.time, place.frame, self._size)
        if isinstance(place, Packet):
            return Undecoded(place, cover.hide, cover.tracks, "")
        frame = mask.hide(place, self._boxes(waiting, cover), self._hide.style)
        return Shown(frame, cover.tracks)

    def _hidden_whole(self, waiting: _Waiting, reason: str) -> Shown | Undecoded:
        self.figures.whole_hidden += 1
        place = waiting.place
        tracks = Tracks.make(self.name, place.time, place.frame, self._size)
        if isinstance(place, Packet):
            return Undecoded(place, np.zeros((0, 4), np.float32), tracks, reason)
        return Shown(mask.hide_whole(place, reason), tracks)

    def _await_looks(self, time: float) -> Iterator[Output]:
        """Offline: waits for the looks that could still change what is known of this moment."""
        yield from self._collect(block=True, until=time + self._hide.delay_seconds)

    def _why_not(self, waiting: _Waiting) -> str:
        """Why this picture cannot be shown, or "" if it can."""
        if waiting.reason:
            return waiting.reason
        before, after = self._coverage.around(waiting.time)
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
        if waiting.motion is None:  # both keyframes of its quiet GOP were looked at
            return ""
        gap = after.time - before.time
        if gap > self._options.max_gap_seconds and not self._neighbours(before, after):
            return "the detector did not look often enough"
        if self._at_odds(waiting, before, after):
            return "the camera's time stands still"
        if not self._settled(waiting):
            return "a new scene"
        return ""

    def _at_odds(self, waiting: _Waiting, before: Look, after: Look) -> bool:
        """Whether the looks around it are close by the camera's time alone."""
        if before.frame == waiting.place.frame == after.frame:
            return False
        near = waiting.crowded or any(one.crowded for one in islice(self._line, 1, 2))
        lasts = self._pace.lasts(after.frame - before.frame)
        far = lasts > 1.5 * self._options.max_gap_seconds and not self._neighbours(before, after)
        return near or far

    def _settled(self, waiting: _Waiting) -> bool:
        """Whether its scene was looked at twice, or as often as it has pictures."""
        pictures = sum(1 for other in self._line if other.scene == waiting.scene)
        needed = min(SETTLE_LOOKS, pictures)
        return self._coverage.looks_at(waiting.scene) >= needed

    def _neighbours(self, before: Look, after: Look) -> bool:
        """Whether no picture lies between two looks: a slow camera, each picture looked at."""
        return 0 <= after.frame - before.frame <= 1

    def _boxes(self, waiting: _Waiting, cover: Cover) -> Floats:
        until = waiting.time + MOTION_SPAN
        motions = [
            other.motion
            for other in self._line
            if other.motion is not None and other.scene == waiting.scene and other.time <= until
        ]
        return with_unexplained(cover, motions, self._size, self._hide)
