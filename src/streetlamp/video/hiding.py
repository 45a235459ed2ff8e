"""Decoded pictures go in, masked pictures and tracks come out: one camera's delay line.

Pictures wait in a delay line until the looks on both sides of
them have reported; then they are masked with hindsight and leave. Tracks leave at once, for the
rules: alarms do not wait for the delay.

The same object serves live cameras and files. Live, a look that is late costs the picture its
clarity (it is hidden whole); offline (`wait=True`) it costs time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from itertools import takewhile
from typing import Final

import numpy as np

from streetlamp.values import Bools, Bytes, Floats, Kind, Tracks
from streetlamp.video.ahead import Ahead
from streetlamp.video.asking import Asking
from streetlamp.video.coverage import NO_BOXES, Cover, Coverage, Look
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.gate import Gate
from streetlamp.video.leaving import Due, Leaving
from streetlamp.video.line import Doubt, Line, Resting, Waiting
from streetlamp.video.load import CALM, Load
from streetlamp.video.loose import loose_of
from streetlamp.video.motion import WIDTH, Motion, MotionMeter
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.outputs import Figures, Looker, Now, Output, Undecoded
from streetlamp.video.pace import SAME_MOMENT, Pace
from streetlamp.video.planes import thumbnail
from streetlamp.video.raw import WHOLE, Detections, Packet, Part, RawFrame
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.things import ThingWatch
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic import Traffic
from streetlamp.video.unexplained import MOTION_SPAN, with_unexplained
from streetlamp.video.view.meter import ViewMeter

AHEAD: Final = 0.35  # offline: seconds decoded ahead of the looks waited for: both cores work
MOST_A_SECOND: Final = 120  # live: more pictures than this wait for no clock, or memory fills
LIKELY: Final = 0.2  # score from which a detection may be somebody, where things are looked for
STILL: Final = 2.0  # pixels by which a parked thing's box may differ within a GOP
SLACK: Final = 1e-6  # seconds, for comparing times that went through arithmetic


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
        meter: ViewMeter | None = None,
        things: ThingWatch | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.name = name
        self._things = things
        self._traffic = traffic
        self._meter_of_view = meter
        self.figures = Figures()
        self._asking = Asking(inference, faces, self.figures, wait=wait)
        self._load = load
        self._hide = hide
        self._options = look
        self._tracker = tracker
        self._tagger = tagger
        self._wait = wait
        self._gate = Gate(look)
        self._meter = MotionMeter()
        self._coverage = Coverage(name, hide)
        self._line: Line = deque()
        self._leaving = Leaving(hide.style)
        self._ahead = Ahead(self._line, self._coverage)
        self._pace = Pace()
        self._doubt = Doubt(self._line, self._coverage, look, self._pace)
        self._scene = 0
        self._looked_scene = 0
        self._size = (0, 0)
        self._last_time = float("-inf")
        self._last_frame = 0
        self._away = True  # what came before has nothing to do with what comes
        self._rested: RawFrame | None = None  # the last keyframe, not measured yet
        self._reported = float("-inf")
        self._calm_since = float("inf")
        self._found = Detections.none()

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

    def has(self, raw: RawFrame) -> bool:
        """Whether this picture, or a later one of its run, has come in already."""
        again = raw.frame == 1 < self._last_frame  # another run: it counts from 1 again
        return raw.frame <= self._last_frame and not again

    @property
    def calm_since(self) -> float:
        """Since when (POSIX seconds) nothing moves and no look found anything to hide; inf: not."""
        return self._calm_since

    @property
    def reported(self) -> float:
        """Time of the picture whose look was the last to report; -inf if none was."""
        return self._reported

    @property
    def waits_since(self) -> float:
        """Time of the first picture in the delay line; inf if it is empty."""
        return self._line[0].time if self._line else float("inf")

    def looks_soon(self, time: float) -> bool:
        """Whether a picture taken at `time` would be looked at, or nobody can say undecoded."""
        return self._gate.is_due(time, self._load())

    def push(self, raw: RawFrame, *, look: bool | None = None, reason: str = "") -> list[Output]:
        """The next decoded picture; what comes out because of it, in order.

        look: look at it in any case, or in no case; None: as the gate decides.
        reason: hide it whole in any case, because of this.
        """
        small = thumbnail(raw.picture, WIDTH)
        return self._enter(raw, small, look=look, reason=reason) + self.advance(raw.time)

    def push_all(self, raws: Sequence[RawFrame]) -> list[Output]:
        """The next decoded pictures, as `push` takes them one by one, but cheaper."""
        for raw, small in [(raw, thumbnail(raw.picture, WIDTH)) for raw in raws]:
            self._leaving.put(self._enter(raw, small))
        for raw in raws:  # each leaves with as much hindsight as by itself
            self._step(raw.time)
        return self._leaving.out()

    def _enter(
        self, raw: RawFrame, small: Bytes, *, look: bool | None = None, reason: str = ""
    ) -> list[Output]:
        """Puts a picture into the line and asks for a look at it if it is time for one.

        small: its `thumbnail`.
        """
        out: list[Output] = []
        if raw.size != self._size or raw.time < self._last_time - SLACK:
            out.extend(self._restart(raw))
        gap = raw.time - self._last_time > self._options.max_gap_seconds
        away, self._away = self._away or (gap and not self._line), False
        step = raw.time - self._last_time
        self._pace.step(step)
        self._last_time, self._last_frame = raw.time, raw.frame
        self.measure(raw)
        motion = self._measure(raw, small)
        self._coverage.moved(motion, raw.size, raw.time)
        if motion.jump or away:
            if self._line:
                self._look_at_last()  # the old scene ends with a look
            self._scene += 1
        if motion.moving:
            self._calm_since = raw.time
        self._line.append(Waiting(raw, self._scene, motion, step <= SAME_MOMENT, reason))
        self.figures.frames += 1
        due = self._gate.look(raw.time, motion, self._load())
        if look is None and raw.time <= self._reported + SLACK:
            due = None  # looked at while asleep
        if look or (look is None and due is not None):
            self._asking.submit(raw, self._scene, last=bool(look), view=due or WHOLE)
        return out

    def measure(self, raw: RawFrame) -> None:
        """How good this decoded picture is, for the camera's health, if anybody asks."""
        if self._meter_of_view is not None:
            self._meter_of_view.see(raw)

    def advance(self, time: float) -> list[Output]:
        """The camera's time is `time` now; what comes out because of it, in order."""
        self._step(time)
        return self._leaving.out()

    def _step(self, time: float) -> None:
        """The same: what comes out is decided, and not masked yet."""
        ahead = AHEAD if self._wait else 0.0
        if len(self._asking):
            until = time - ahead if self._wait else float("inf")
            self._leaving.put(self._collect(block=self._wait, until=until))
        self._leaving.put(self._leave(time - self._hide.delay_seconds - ahead))
        if not self._wait:
            self._leaving.put(self._let_go())

    def rest(self, packets: Sequence[Packet]) -> None:
        """Pictures, in order of presentation, of a GOP judged quiet: they pass undecoded.

        The looks at the keyframes on both sides are told by `report`, this one's before the
        call and the next one's after it.
        """
        if packets:
            self._leaving.rest()
            self._line.append(Resting(packets, self._scene))
            self._last_time, self._last_frame = packets[-1].time, packets[-1].frame
            self.figures.frames += len(packets)

    def catch_up(self, patience: float = 0.0) -> Iterator[Output]:
        """Waits for the looks that are out: offline for all, live for so many seconds at most."""
        if not self._wait and patience:
            self._asking.wait_for(patience)
        yield from self._collect(block=self._wait)

    def catching_up(self) -> AbstractContextManager[None]:
        """While many pictures come at once, because a camera woke, more looks may be out."""
        return self._asking.catching_up()

    def ask(self, raw: RawFrame, part: Part | None = None) -> Future[Detections]:
        """A look at a keyframe of a sleeping camera, or a part of it; `answer` takes it in.

        A look at all of it is for faces too.
        """
        if part is not None:
            return self._asking.look_at_part(raw, part)
        return self._asking.ask(raw, last=True)

    def answer(self, future: Future[Detections]) -> Detections | None:
        """What such a look found; None, and counted, if it failed."""
        return self._asking.answer(future)

    def report(self, raw: RawFrame, found: Detections, *, looked: bool) -> Output:
        """What a look at a keyframe between two rests told.

        looked: False where nobody looked, because the picture is the one looked at before.
        """
        self._rested = raw
        self._last_time = raw.time
        self.figures.looks += looked
        return Now(self._take_in(raw, self._scene, found, again=not looked))

    def flush(self) -> list[Output]:
        """Everything still in the delay line. The last picture is looked at, if it was not."""
        if self._line:
            self._look_at_last()
            self._leaving.put(self._collect(block=True))
            self._leaving.put(self._leave(float("inf")))
        self._away = True
        self._last_frame = 0
        return self._leaving.out()

    def _restart(self, raw: RawFrame) -> Iterator[Output]:
        """Another picture size, or time ran backwards: nothing learnt so far holds."""
        yield from self.flush()
        self._forget_tracks()
        self._coverage.clear()
        self._gate.reset()
        self._meter = MotionMeter()
        self._rested = None
        self._size = raw.size
        self._last_time = float("-inf")

    def _measure(self, raw: RawFrame, small: Bytes) -> Motion:
        """What moved since the picture before: while asleep, since the last keyframe."""
        rested, self._rested = self._rested, None
        if rested is not None:
            if (rested.frame, rested.time) == (raw.frame, raw.time):
                rested = raw  # another picture may have stood in for it
            self._meter.measure(thumbnail(rested.picture, WIDTH), rested.time)
        return self._meter.measure(small, raw.time)

    def _look_at_last(self) -> None:
        last = self._line[-1]
        if isinstance(last, Resting) or self._coverage.around(last.time)[1] is not None:
            return
        if not self._asking.is_out(last.raw):
            self._asking.submit(last.raw, last.scene, last=True)

    def _collect(self, *, block: bool, until: float = float("inf")) -> Iterator[Output]:
        """Takes in the looks that have reported, in order of time."""
        for look, found in self._asking.collect(block=block, until=until):
            if look.scene != self._looked_scene:
                self._forget_tracks()
                self._looked_scene = look.scene
            yield Now(self._take_in(look.raw, look.scene, found))

    def _forget_tracks(self) -> None:
        self._tracker.reset()
        self._tagger.reset()
        if self._traffic is not None:
            self._traffic.reset()

    def _take_in(
        self, raw: RawFrame, scene: int, detections: Detections, *, again: bool = False
    ) -> Tracks:
        """What a look found. again: it is what the look before found, and there it was calm."""
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
        self._reported = raw.time
        told = tracks if self._traffic is None else self._traffic.update(detections, tracks)
        if self._things is not None:
            told = told.with_things(self._things.see(raw, _occupied(look, detections)))
        if again:
            return told
        self._gate.report(look, self._coverage.faint(look))
        self._found = detections
        people = bool((tracks.kind == Kind.PERSON).any())
        if people or len(self._coverage.at(raw.time, raw.frame, raw.size).hide):
            self._calm_since = raw.time
        return told

    def _let_go(self) -> Iterator[Due | Undecoded]:
        """Live: pictures whose time stands still would wait for ever; the oldest leave, hidden."""
        most = int(MOST_A_SECOND * (self._hide.delay_seconds + 1.0))
        while len(self._line) > most:
            yield from self._hidden_whole(self._line.popleft(), "the camera's time stands still")

    def _leave(self, until: float) -> Iterator[Due | Undecoded]:
        """Says what to hide in the pictures taken at `until` or before."""
        while self._line and self._line[0].time <= until + SLACK:
            waiting = self._line[0]
            try:
                out = self._rests(waiting) if isinstance(waiting, Resting) else self._due(waiting)
            finally:  # one that cannot be hidden never leaves, and holds up nobody
                self._line.popleft()
            self._coverage.forget_before(waiting.time)
            yield from out

    def _due(self, waiting: Waiting) -> Sequence[Due | Undecoded]:
        if reason := self._doubt.of(waiting, self.figures):
            return self._hidden_whole(waiting, reason)
        cover = self._ahead.first(self._size)
        return [Due(waiting.raw, self._boxes(waiting, cover), cover.tracks)]

    def _rests(self, resting: Resting) -> Sequence[Due | Undecoded]:
        """The pictures of a quiet GOP, and what is to be hidden in each should it be shown."""
        packets, out = resting.packets, list[Undecoded]()
        first, middle, last = packets[0], packets[len(packets) // 2], packets[-1]
        ends = (first, last)
        doubtful = any(self._doubt.of_resting(p, resting.scene, self.figures) for p in ends)
        if not doubtful:
            some = [(p.time, p.frame) for p in dict.fromkeys((first, middle, last))]
            shown = self._coverage.at_each(some, self._size)
            covers = {frame: cover for (_, frame), cover in zip(some, shown, strict=True)}
            if _is_still(list(covers.values())):
                tracks = covers[middle.frame].tracks
                return [
                    Undecoded(p, NO_BOXES, covers[p.frame].tracks, "")
                    if p.frame in covers
                    else Undecoded(p, NO_BOXES, tracks.at(p.time, p.frame), "")
                    for p in packets
                ]
        for packet in packets:
            reason = self._doubt.of_resting(packet, resting.scene, self.figures) if doubtful else ""
            if reason:
                out.append(self._unseen(packet, reason))
                continue
            cover = self._covered(packet)
            out.append(Undecoded(packet, cover.hide, cover.tracks, ""))
        return out

    def _covered(self, packet: Packet) -> Cover:
        return self._coverage.at(packet.time, packet.frame, self._size)

    def _hidden_whole(self, waiting: Waiting | Resting, reason: str) -> Sequence[Due | Undecoded]:
        if isinstance(waiting, Resting):
            return [self._unseen(packet, reason) for packet in waiting.packets]
        self.figures.whole_hidden += 1
        tracks = Tracks.make(self.name, waiting.time, waiting.raw.frame, self._size)
        return [Due(waiting.raw, None, tracks, reason)]

    def _unseen(self, packet: Packet, reason: str) -> Undecoded:
        self.figures.whole_hidden += 1
        tracks = Tracks.make(self.name, packet.time, packet.frame, self._size)
        return Undecoded(packet, NO_BOXES, tracks, reason)

    def _boxes(self, waiting: Waiting, cover: Cover) -> Floats:
        until = waiting.time + MOTION_SPAN
        near = takewhile(lambda other: other.time <= until + SLACK, self._line)
        motions = [
            other.motion
            for other in near
            if isinstance(other, Waiting) and other.scene == waiting.scene and other.time <= until
        ]
        seldom = self._coverage.seldom(waiting.time)
        return with_unexplained(cover, motions, self._size, self._hide, seldom=seldom)


def _occupied(look: Look, found: Detections) -> Floats:
    """(n, 4) where somebody is, or may be: what was left or removed is looked for elsewhere."""
    likely = found.box[found.score >= LIKELY]
    return np.concatenate([look.tracks.box, look.unsure.box, likely, look.faces])


def _is_still(covers: Sequence[Cover]) -> bool:
    """Whether nothing is hidden at either end of a quiet GOP nor midway, and nothing moves.

    What is hidden for a while is hidden from a look on, and those are at both ends.
    """
    first = covers[0].tracks
    for cover in covers:
        tracks = cover.tracks
        if len(cover.hide) or not np.array_equal(tracks.id, first.id):
            return False
        if len(tracks) and np.abs(tracks.box - first.box).max() > STILL:
            return False
    return True
