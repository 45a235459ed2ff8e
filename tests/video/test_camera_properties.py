"""The delay line under random detectors, clocks and scenes: what must hold, holds always."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import av
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streetlamp.values import MaskedFrame
from streetlamp.video.camera import Output
from streetlamp.video.raw import WHOLE, Detections, RawFrame, View
from support.pipeline import camera, hides, people, raw, shown

MAX_GAP = 0.6  # the default of LookOptions
LEFT, STEP = 60.0, 3.0  # where the person starts, and how far they walk a picture


@dataclass(frozen=True)
class Step:
    """One picture of a story, and what becomes of the look at it if there is one."""

    gap: float  # seconds after the one before
    cut: bool  # another scene from here on
    away: bool  # the camera was away before it: flushed, frames count from 1 again
    late: int | None  # pictures until the look reports; None: it fails
    refused: bool  # it cannot even be asked for


gaps = st.sampled_from([0.0, 0.04, 0.04, 0.1, 0.1, 0.1, 0.2, 0.5, 0.7, 3.0])
lates = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 4, 12, None, None])
rare = st.integers(0, 24).map(lambda n: n == 0)
cuts = st.integers(0, 11).map(lambda n: n == 0)
steps = st.builds(Step, gaps, cuts, rare, lates, rare)
stories = st.lists(steps, min_size=2, max_size=60)


class Detector:
    """Finds the walker wherever it looks, and answers when the story says."""

    def __init__(self, story: list[Step], *, prompt: bool) -> None:
        self._story = story
        self.prompt = prompt  # answers at once: whoever asks waits
        self._due: list[tuple[int, int, Future[Detections]]] = []
        self._now = 0
        self.reported: set[int] = set()

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        number = int(picture.pts or 0)
        step = self._story[number]
        if step.refused:
            raise RuntimeError("the queue is closed")
        future: Future[Detections] = Future()
        if step.late is None:
            future.set_exception(KeyError("boxes"))
        else:
            self._due.append((self._now + (0 if self.prompt else step.late), number, future))
        self.turn(self._now)
        return future

    def turn(self, now: int) -> None:
        """Answers what is due."""
        self._now = now
        for due, number, future in list(self._due):
            if due <= now:
                self._due.remove((due, number, future))
                if future.set_running_or_notify_cancel():
                    future.set_result(people(left(number)))
                    self.reported.add(number)


def left(number: int) -> float:
    return LEFT + STEP * number


@dataclass(frozen=True)
class Told:
    """One picture as the story has it."""

    raw: RawFrame
    run: int  # scenes and absences, counted
    number: int


def tell(story: list[Step]) -> list[Told]:
    told, time, scene, run, frame = [], 1000.0, 1, 0, 0
    for number, step in enumerate(story):
        time += step.gap
        scene = 3 - scene if step.cut else scene
        run += step.cut or step.away
        frame = 1 if step.away else frame + 1
        told.append(Told(raw(number, time, scene=scene, frame=frame), run, number))
    return told


Left = tuple[MaskedFrame, frozenset[int]]  # a picture, and the looks reported when it left


def play(story: list[Step], *, wait: bool) -> tuple[list[Told], list[Left]]:
    detector = Detector(story, prompt=wait)
    cam = camera(detector, wait=wait)
    told: list[Told] = tell(story)
    out: list[Left] = []

    def take(outputs: list[Output]) -> None:
        out.extend((o.frame, frozenset(detector.reported)) for o in shown(outputs))

    def flush() -> None:
        detector.prompt = True  # or an unanswered look would be waited for in real time
        detector.turn(1 << 30)
        take(cam.flush())
        detector.prompt = wait

    for one in told:
        if story[one.number].away:
            flush()
        detector.turn(one.number)
        take(cam.push(one.raw))
    flush()
    return told, out


def check(story: list[Step], *, wait: bool) -> None:
    told, out = play(story, wait=wait)
    assert [frame.pts for frame, _ in out] == list(range(len(story))), "once each and in order"
    for one, (frame, reported) in zip(told, out, strict=True):
        if frame.whole:
            assert frame.hidden.tolist() == [[0, 0, frame.width, frame.height]]
            continue
        own = [other for other in told if other.run == one.run and other.number in reported]
        before = [other for other in own if other.raw.time <= one.raw.time]
        after = [other for other in own if other.raw.time >= one.raw.time]
        assert before, "shown without a look of its scene before it"
        assert after, "shown without a look of its scene after it"
        span = after[0].raw.time - before[-1].raw.time
        apart = after[0].number - before[-1].number
        assert span <= MAX_GAP + 1e-6 or apart <= 1, "shown between looks too far apart"
        x = left(one.number)
        if span <= 0:  # looked at itself, or another picture of this very moment was
            x = left(before[-1].number)
        share = 0.0 if span <= 0 else (one.raw.time - before[-1].raw.time) / span
        if span > 0:  # who walks evenly between two looks is where the looks say
            x = left(before[-1].number) + share * (left(after[0].number) - left(before[-1].number))
        assert hides(frame, (x, 80.0, x + 30.0, 170.0)), "a person seen on both sides is shown"


slow = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=250, deadline=None, suppress_health_check=slow)
@given(stories)
def test_live_whatever_happens_nobody_is_shown(story: list[Step]) -> None:
    check(story, wait=False)


@settings(max_examples=150, deadline=None, suppress_health_check=slow)
@given(stories)
def test_offline_whatever_happens_nobody_is_shown(story: list[Step]) -> None:
    check(story, wait=True)


@settings(max_examples=15, deadline=None, suppress_health_check=slow)
@given(st.integers(10, 40), st.sampled_from([0.04, 0.1, 0.2]), st.booleans())
def test_with_a_detector_that_answers_nothing_is_hidden_whole(
    count: int, gap: float, wait: bool
) -> None:
    """The tests above would pass if everything were hidden; an honest detector clears it."""
    story = [Step(gap, cut=False, away=False, late=0, refused=False)] * count
    _, out = play(story, wait=wait)
    assert not any(frame.whole for frame, _ in out)
