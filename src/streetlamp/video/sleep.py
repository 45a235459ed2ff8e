"""Asleep, a camera decodes keyframes only; what is suspicious wakes it, and nothing is lost.

The packets since the last keyframe that was judged are held. When the next keyframe is judged
quiet they pass undecoded; when anything wakes the camera they are decoded and looked at first.
See ``design/gating.md``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_looks
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from streetlamp.values import Bools, Bytes
from streetlamp.video.asking import CANNOT_ASK
from streetlamp.video.awake import Awake
from streetlamp.video.calm import is_calm, news, quarter_around
from streetlamp.video.comeback import Left
from streetlamp.video.decode import Decoder
from streetlamp.video.gop import Gop
from streetlamp.video.hiding import Hiding
from streetlamp.video.outputs import Output
from streetlamp.video.planes import halved_luma
from streetlamp.video.raw import Detections, Packet, Part, RawFrame
from streetlamp.video.second import SecondStream
from streetlamp.video.second_eye import Says, SecondEye
from streetlamp.video.sleep_options import SleepOptions
from streetlamp.video.still import StillScene, Verdict
from streetlamp.video.surge import PacketRhythm, payload

LATE_SECONDS = 3.0  # by our clock: how long a look is waited for when much is held for it
PATIENT_SECONDS = 20.0  # of video that is held for a look on a busy machine: waking costs it more
ROUGH_SURGE = 1.5  # while the rhythm is not known: times the largest packet of the GOP before


@dataclass(slots=True)
class SleepFigures:
    """What sleeping has come to so far."""

    keyframes: int = 0  # decoded for themselves
    looks: int = 0
    quiet_gops: int = 0
    wakes: int = 0
    last_wake: str = ""  # why


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A keyframe whose look is under way."""

    raw: RawFrame
    luma: Bytes
    gop: Gop  # that it begins
    part: Part | None  # of the picture, where only that is looked at
    future: Future[Detections]


class Sleeper:
    """Feeds one camera's `Hiding` with what must be decoded of its packets, and no more."""

    def __init__(
        self,
        hiding: Hiding,
        options: SleepOptions,
        *,
        wait: bool,
        coarse: Callable[[float], bool] = lambda time: False,
        loaded: Callable[[], bool] = lambda: False,
        second: SecondStream | None = None,
    ) -> None:
        """coarse: whether keyframes alone are shown now. loaded: whether the machine is busy.

        second: the camera's small stream, where it has one.
        """
        self._loaded = loaded
        self._awake = Awake(hiding, wait=wait, coarse=coarse)
        self._trusted = False  # it fell asleep at a keyframe before which all was quiet
        self.figures = SleepFigures()
        self._hiding = hiding
        self._options = options
        self._wait = wait
        self._rhythm = PacketRhythm()
        self._scene = StillScene()
        self.eye = SecondEye(hiding.name, second)
        self._resting: Gop | None = None  # the GOP that is held first
        self._seen: RawFrame | None = None  # the last keyframe decoded for itself …
        self._config = b""  # … and its parameter sets
        self._asleep = False
        self._entered = 0.0  # time of the keyframe it fell asleep at
        self._looked = 0.0  # time of the last keyframe that was looked at
        self._interval = options.look_seconds  # to the next such look at the latest
        self._held: list[Packet] = []
        self._unjudged: deque[tuple[Packet, Gop]] = deque()  # keyframes among them
        self._asked: _Asked | None = None
        self._larger = self._largest = 0  # packet but for keyframes in this GOP, in the one before
        self._gop: Gop | None = None
        self._left: Left | None = None  # the stream before this one, until this one has a keyframe
        self._prepared = False  # the detector has seen a part of a picture
        self._unseen = 0  # looks that had come to nothing when it woke

    @property
    def decoder(self) -> Decoder:
        return self._awake.decoder

    @property
    def asleep(self) -> bool:
        return self._asleep

    @property
    def waits_since(self) -> float:
        """Time of the first packet that waits to be judged; inf if none does."""
        return self._held[0].time if self._held else self._awake.waits_since

    def push(self, packet: Packet, gop: Gop) -> Iterator[Output]:
        """The next packet, which is the last of `gop` so far; what comes out because of it."""
        before, self._gop = self._gop, gop
        if before is not None and before.packets[0].stream.size != packet.stream.size:
            self._rhythm.reset()
        if gop is not before:
            yield from self._awake.catch_up()
            self._learn(before, packet.time)
        known = gop is not before and self._comes_back(packet, gop)
        surge = self._surges(packet, gop, begins=gop is not before)
        if not self._asleep:
            if known or (before is None and self._loaded() and self._can_sleep(gop, gop)):
                yield from self._fall_asleep(packet, gop, trusted=False, known=known)
                return
            if gop is not before and before is not None and self._can_sleep(before, gop):
                yield from self._hiding.catch_up()
                since = packet.time - self._options.after_seconds
                looked = self._hiding.reported >= since
                if self._hiding.calm_since <= since and (looked or self._loaded()):
                    yield from self._fall_asleep(packet, gop, trusted=looked)
                    return
            yield from self._awake.push(packet)
            return
        self._held.append(packet)
        if gop is not before:
            self._unjudged.append((packet, gop))
        if gop.refusal:
            yield from self._wake(gop.refusal)
        elif surge:
            yield from self._wake("larger packets than usual")
        else:
            yield from self._watch(packet.time)
        if self._trusted or not self._asleep:  # else the keyframe it fell asleep at waits, too
            yield from self._hiding.advance(packet.time)

    def _surges(self, packet: Packet, gop: Gop, *, begins: bool) -> bool:
        """Whether this packet, with those before it, is larger than usual. begins: its GOP."""
        size = payload(packet.data)
        surge = self._rhythm.push(size, packet.keyframe, len(gop.packets) - 1, packet.time)
        if begins:
            self._largest, self._larger = self._larger, 0
            return surge
        rough = not self._rhythm.ready and self._largest > 0
        self._larger = max(self._larger, size)
        return surge or (rough and size > ROUGH_SURGE * self._largest)

    def flush(self) -> Iterator[Output]:
        """The stream's end, or a break in it."""
        if self._asleep:
            yield from self._wake("the stream ends")
        yield from self._awake.catch_up()
        yield from self._awake.drain()
        self._rhythm.forget()
        self._left = Left.of(self._gop) or self._left
        self._gop = None
        yield from self._hiding.flush()

    def _learn(self, before: Gop | None, now: float) -> None:
        """The GOP before is over: whether the rhythm of its packets is that of quiet."""
        if before is None:
            self.eye.opened(now)
            return
        if self._asleep:
            return  # asleep, it is told when it is judged
        if self._hiding.calm_since <= before.start:
            self._rhythm.quiet()
        else:
            self._rhythm.forget()

    def _can_sleep(self, before: Gop, gop: Gop) -> bool:
        """Whether its stream is one to sleep by."""
        return self._options.enabled and not gop.refusal and not before.refusal

    def _comes_back(self, packet: Packet, gop: Gop) -> bool:
        """Whether a camera that was away sends what was known: its stream, its place, nobody new.

        This is the first GOP of a stream. Whoever came while it was away is not in the keyframe
        that was looked at last; whoever stayed is found by the look at this one, or was not then.
        """
        left = self._left
        if left is None or gop.refusal:
            return False
        self._left = None
        if not left.is_same(gop):
            self._rhythm.reset()
            return False
        if not (self._options.enabled and self._rhythm.ready and left.is_recent(gop)):
            return False
        key = self._look_at(packet, gop)
        if key is None or key.size != self._hiding.size:
            return False
        return self._scene.judge(halved_luma(key.picture), packet.time) is Verdict.SAME

    def _fall_asleep(
        self, packet: Packet, gop: Gop, *, trusted: bool, known: bool = False
    ) -> Iterator[Output]:
        """From this keyframe on only keyframes are decoded.

        Not trusted: nobody knows what was before, as a machine with much to do has no time to get
        to know a camera awake or looks late, or as the camera was away; the look at this keyframe
        wakes it if somebody is there. known: it is the picture that was looked at before.
        """
        yield from self._awake.drain()
        key = gop.picture if known else self._look_at(packet, gop)
        if key is None or (trusted and key.size != self._hiding.size):
            yield from self._awake.push(packet)
            return
        self._trusted = trusted
        if trusted and self._was_nothing():
            self._scene.was_nothing()
        yield from self._hiding.push(key, look=True)
        if not known:
            self._scene.looked(halved_luma(key.picture), packet.time)
        self._prepare(key)
        self._asleep = True
        self._resting = gop
        self.eye.asleep(packet.time)
        self._entered = self._looked = packet.time
        self._interval = self._options.look_seconds
        self._held = [packet]
        self._unjudged.clear()

    def _was_nothing(self) -> bool:
        """Whether it woke for nothing: every look since found nobody, and nothing moved."""
        return self._hiding.calm_since <= self._entered and self._unseen == self._not_looked

    @property
    def _not_looked(self) -> int:
        """How many looks came to nothing so far."""
        figures = self._hiding.figures
        return figures.failed_looks + figures.skipped_looks

    def _prepare(self, key: RawFrame) -> None:
        """A first look at a quarter of a picture, for nothing: the detector makes itself ready.

        That takes it as long as ten looks, and would else keep the first restless keyframe waiting.
        """
        part = None if self._prepared else quarter_around((0.5, 0.5, 0.5, 0.5), key.size)
        self._prepared = True
        if part is not None:
            with suppress(*CANNOT_ASK):
                self._hiding.ask(key, part)

    def _look_at(self, packet: Packet, gop: Gop) -> RawFrame | None:
        """A keyframe, decoded for itself."""
        self.figures.keyframes += 1
        gop.picture = self._seen = self._awake.decoder.keyframe(packet)
        if gop.picture is not None:
            self._hiding.measure(gop.picture)
        self._config = gop.key.config
        return gop.picture

    def _watch(self, now: float) -> Iterator[Output]:
        yield from self._poll()
        if self._asleep:
            self.eye.watch()
        yield from self._judge(now)

    def _judge(self, now: float) -> Iterator[Output]:
        """Keyframes that wait to be judged, one after another: may what is held before one pass?"""
        while self._unjudged:  # waking empties it
            yield from self._poll()
            if not self._unjudged:
                return
            longest = PATIENT_SECONDS if self._loaded() else self._options.max_gop_seconds
            longest += self.eye.lag
            late = now - self._held[0].time > longest
            patience = LATE_SECONDS if late else 0.0
            if self._hiding.reported < self._entered:
                yield from self._hiding.catch_up(patience)
            elif self._asked is not None and late:
                wait_for_looks([self._asked.future], patience)
                yield from self._poll()
            if self._asked is not None or self._hiding.reported < self._entered:
                if late and self._unjudged:
                    yield from self._wake("the detector is late")
                return
            if not self._unjudged:
                return
            found, size = self._hiding.found, self._hiding.size
            if not self._trusted and not is_calm(
                found, found, self._hiding.furniture(found.box), size
            ):
                yield from self._wake("somebody is there")
                return
            self._trusted = True
            if self._hiding.calm_since > self._entered:
                yield from self._wake("not as quiet as it seemed")
                return
            packet, gop = self._unjudged[0]
            says = self._second(packet, gop, now)
            if says is Says.WAIT:
                return
            self._unjudged.popleft()
            if says is Says.SAME and self._seen is not None:
                # the picture that was decoded last stands in for its own: it is the same
                raw = replace(self._seen, time=packet.time, frame=packet.frame, pts=packet.pts)
                yield from self._pass(raw, gop, self._hiding.found, looked=False)
            else:
                yield from self._keyframe(packet, gop)

    def _second(self, packet: Packet, gop: Gop, now: float) -> Says:
        """What the second stream tells of what is held before this keyframe."""
        due = packet.time - self._looked >= self._interval
        if due or gop.refusal or gop.key.config != self._config or not self._rhythm.ready:
            return Says.ASK
        return self.eye.says(packet.time, now)

    def _keyframe(self, packet: Packet, gop: Gop) -> Iterator[Output]:
        if gop.refusal:
            yield from self._wake(gop.refusal)
            return
        raw = self._look_at(packet, gop)
        if raw is None or raw.size != self._hiding.size:
            yield from self._wake("a keyframe cannot be compared")
            return
        luma = halved_luma(raw.picture)
        verdict = self._scene.judge(luma, packet.time)
        fresh = packet.time - self._looked < self._interval
        if verdict in (Verdict.CHANGED, Verdict.JUMP):
            yield from self._wake("the picture changed")
        elif verdict is Verdict.SAME and fresh and self._rhythm.ready:
            self.eye.calm(raw, raw.time - self._held[0].time, whole=False)
            yield from self._pass(raw, gop, self._hiding.found, looked=False)
        else:
            place = self._scene.place if fresh and self._rhythm.ready else None
            part = None if place is None else quarter_around(place, raw.size)
            yield from self._ask(raw, luma, gop, part)

    def _ask(self, raw: RawFrame, luma: Bytes, gop: Gop, part: Part | None) -> Iterator[Output]:
        self.figures.looks += 1
        try:
            future = self._hiding.ask(raw, part)
        except CANNOT_ASK:
            yield from self._wake("the detector does not answer")
            return
        self._asked = _Asked(raw, luma, gop, part, future)
        yield from self._poll()

    def _poll(self) -> Iterator[Output]:
        """Takes in the look under way, once it has reported."""
        asked = self._asked
        if asked is None or not (self._wait or asked.future.done()):
            return
        self._asked = None
        found = self._hiding.answer(asked.future)
        if found is None:
            yield from self._wake("the detector does not answer")
            return
        known, raw = self._hiding.found, asked.raw
        found = news(found, self._same(found, raw.size))
        furniture, same = self._hiding.furniture(found.box), self._same(found, raw.size)
        if not is_calm(found, known, furniture, raw.size, asked.part, same):
            self.eye.missed(raw.time)
            yield from self._wake("somebody is there")
            return
        if asked.part is not None:
            self._scene.looked_there()
            found = known  # elsewhere it is the picture that was looked at before
        else:
            self._scene.looked(asked.luma, raw.time)
            if raw.time - self._looked >= self._interval:
                most = max(self._options.look_seconds, self._options.look_seconds_most)
                self._interval = min(2.0 * self._interval, most)
            self._looked = raw.time
        self.eye.calm(raw, raw.time - self._held[0].time, whole=asked.part is None)
        yield from self._pass(raw, asked.gop, found, looked=True)

    def _same(self, found: Detections, size: tuple[int, int]) -> Bools:
        """(n,) which of them lie where the last keyframe judged is what was looked at before."""
        return self._scene.same((found.box / np.array(size * 2)).astype(np.float32))

    def _pass(
        self, raw: RawFrame, gop: Gop, found: Detections, *, looked: bool
    ) -> Iterator[Output]:
        """What is held before `gop`, whose keyframe is `raw`, was quiet: it passes undecoded."""
        before, self._resting = self._resting, gop
        if before is not None and before.picture is None:
            before.picture = self.eye.picture(before.packets[0], raw.time, raw.size)
        count = next(i for i, one in enumerate(self._held) if one is gop.packets[0])
        last = self._hiding.last_frame  # the picture it fell asleep at is in the line already
        packets = (packet for packet in self._held[:count] if packet.frame > last)
        self._hiding.rest(sorted(packets, key=lambda packet: packet.frame))
        yield self._hiding.report(raw, found, looked=looked)
        self._held = self._held[count:]
        self._rhythm.quiet()
        self.figures.quiet_gops += 1

    def _wake(self, why: str) -> Iterator[Output]:
        """Decode and look at everything held, and go on so."""
        self.figures.wakes += 1
        self.figures.last_wake = why
        self._unseen = self._not_looked
        held, self._held = self._held, []
        self._unjudged.clear()
        if self._asked is not None:
            self._asked.future.cancel()
        self._asked = None
        self._asleep = False
        while self._rhythm.unsettled > 1:  # the GOP that comes in is settled at its end
            self._rhythm.forget()
        with self._hiding.catching_up():
            for packet in held:
                yield from self._awake.push(packet)
            yield from self._awake.catch_up()
