"""A detector that breaks, hangs or starves somebody: what the queue does about it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import pairwise

import av
import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.video import inference as queues
from streetlamp.video.detect import Prepared
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.inference import (
    FAILURES_TO_STOP,
    MOST_HUNG,
    Inference,
    InferenceStoppedError,
    LookReplacedError,
)
from streetlamp.video.raw import WHOLE, Detections, View

Job = Callable[[list[int]], object]


class Detector:
    """Does what the test says with the pictures' numbers; a gate may hold it up."""

    def __init__(self, job: Job = lambda numbers: None) -> None:
        self.job = job
        self.batches: list[list[int]] = []
        self.begun = threading.Semaphore(0)

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        box = Letterbox.fit(picture.width, picture.height, 64)
        return Prepared(np.full((*box.shape, 3), picture.pts, np.uint8), box)

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]:
        numbers = [int(one.pixels[0, 0, 0]) for one in batch]
        self.batches.append(numbers)
        self.begun.release()
        said = self.job(numbers)
        return [Detections.none() for _ in batch] if said is None else said  # type: ignore[return-value]


def picture(number: int = 1) -> av.VideoFrame:
    frame = av.VideoFrame(64, 64, "yuv420p")
    frame.pts = number
    return frame


def waits(until: Callable[[], object]) -> None:
    """Holds a look up."""
    until()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fails(error: BaseException) -> Job:
    def job(numbers: list[int]) -> None:
        raise error

    return job


def broken(queue: Inference) -> None:
    """Ask until the queue has had enough of its detector."""
    for _ in range(FAILURES_TO_STOP):
        with pytest.raises(RuntimeError):
            queue.submit(picture()).result(20)
    with pytest.raises(InferenceStoppedError):
        queue.submit(picture()).result(20)


def test_a_broken_detector_is_made_anew_after_a_pause() -> None:
    clock, fresh = Clock(), Detector()
    with Inference(Detector(fails(RuntimeError("no"))), remake=lambda: fresh, clock=clock) as queue:
        broken(queue)
        assert "tried again in 1 s" in queue.stats.message
        queue.tend()
        assert not queue.stats.alive, "not before its time"
        clock.now += 1.1
        queue.tend()
        assert queue.stats.alive
        assert queue.stats.message == ""
        assert len(queue.submit(picture()).result(20)) == 0
        assert queue.stats.restarts == 1


def test_pauses_grow_while_it_fails_and_start_over_when_it_works() -> None:
    clock, pauses = Clock(), []
    detector = Detector(fails(RuntimeError("no")))
    with Inference(detector, clock=clock) as queue:
        for _ in range(9):
            broken(queue)
            start = clock.now
            while not queue.stats.alive:
                clock.now += 0.5
                queue.tend()
            pauses.append(clock.now - start)
        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
        detector.job = lambda numbers: None
        clock.now += queues.STEADY_SECONDS + 1
        queue.submit(picture()).result(20)
        detector.job = fails(RuntimeError("no"))
        broken(queue)
        assert "again in 1 s" in queue.stats.message


@pytest.mark.parametrize(
    "error", [UserError("the model is gone"), OSError("no disk"), RuntimeError("ort")], ids=str
)
def test_a_detector_that_cannot_be_made_is_tried_again(error: Exception) -> None:
    clock, tries = Clock(), []

    def remake() -> Detector:
        tries.append(clock.now)
        if len(tries) < 3:
            raise error
        return Detector()

    with Inference(Detector(fails(RuntimeError("no"))), remake=remake, clock=clock) as queue:
        broken(queue)
        for _ in range(20):
            clock.now += 0.5
            queue.tend()
        assert [b - a for a, b in pairwise(tries)] == [2.0, 4.0]
        assert queue.stats.alive


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_killed_worker_is_replaced(error: BaseException) -> None:
    clock, fresh = Clock(), Detector()
    with Inference(Detector(fails(error)), remake=lambda: fresh, clock=clock) as queue:
        assert queue.submit(picture()).exception(20) is error
        clock.now += 1.1
        queue.tend()
        assert len(queue.submit(picture()).result(20)) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_dies_outside_the_detector_answers_nobody_falsely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever kills the thread: the picture in its hands gets an error, not silence."""
    clock = Clock()
    with Inference(Detector(), clock=clock) as queue:

        def dies(worker: object) -> object:
            raise SystemExit

        monkeypatch.setattr(queue, "_look", dies)
        (doomed,) = [one for one in threading.enumerate() if one.name == "inference"]
        assert isinstance(queue.submit(picture()).exception(20), InferenceStoppedError)
        doomed.join(20)
        monkeypatch.undo()
        clock.now += 1.1
        queue.tend()
        assert len(queue.submit(picture()).result(20)) == 0


def test_a_hung_look_is_given_up_and_its_late_answer_is_not_wanted() -> None:
    clock, go, fresh = Clock(), threading.Event(), Detector()
    hung = Detector(lambda numbers: waits(lambda: go.wait(20)))
    with Inference(hung, remake=lambda: fresh, hang_seconds=5.0, clock=clock) as queue:
        first = queue.submit(picture(1))
        assert hung.begun.acquire(timeout=20)
        second = queue.submit(picture(2))
        clock.now += 4.9
        queue.tend()
        assert not first.done()
        clock.now += 0.2
        queue.tend()
        for future in (first, second):
            assert isinstance(future.exception(20), InferenceStoppedError)
        assert queue.stats.hung == 1
        clock.now += 1.1
        queue.tend()
        assert len(queue.submit(picture(3)).result(20)) == 0
        assert fresh.batches == [[3]]
        looked = queue.stats.looked
        go.set()
        for _ in range(200):
            queue.tend()
            if not queue.stats.hung:
                break
            threading.Event().wait(0.01)
        assert queue.stats.hung == 0
        assert queue.stats.looked == looked


def test_only_so_many_workers_may_hang() -> None:
    clock, go, made = Clock(), threading.Event(), []

    def remake() -> Detector:
        made.append(Detector(lambda numbers: waits(lambda: go.wait(20))))
        return made[-1]

    with Inference(remake(), remake=remake, hang_seconds=5.0, clock=clock) as queue:
        for _ in range(400):
            if queue.stats.alive and not queue.stats.working:
                queue.submit(picture())
                assert made[-1].begun.acquire(timeout=20)
            clock.now += 2.0
            queue.tend()
        assert len(made) == MOST_HUNG
        assert queue.stats.hung == MOST_HUNG
        assert "hang" in queue.stats.message
        go.set()
        for _ in range(200):
            clock.now += 60.0
            queue.tend()
            if queue.stats.alive:
                break
            threading.Event().wait(0.01)
        assert queue.stats.alive, "when one comes back, it is tried again"


def test_keep_looks_after_it_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "TEND_SECONDS", 0.01)
    monkeypatch.setattr(queues, "FIRST_PAUSE", 0.02)
    stopping = threading.Event()
    with Inference(Detector(fails(RuntimeError("no"))), remake=Detector) as queue:
        keeper = threading.Thread(target=queue.keep, args=(stopping,))
        keeper.start()
        for _ in range(FAILURES_TO_STOP):
            with pytest.raises((RuntimeError, InferenceStoppedError)):
                queue.submit(picture()).result(20)
        for _ in range(500):
            if queue.stats.restarts:
                break
            threading.Event().wait(0.01)
        assert len(queue.submit(picture()).result(20)) == 0
        stopping.set()
        keeper.join(20)
        assert not keeper.is_alive()


def test_one_bad_picture_does_not_cost_the_others_their_look() -> None:
    def job(numbers: list[int]) -> None:
        if 13 in numbers:
            raise ValueError("bad picture")

    go = threading.Event()
    detector = Detector(lambda numbers: waits(go.wait) if numbers == [1] else job(numbers))
    with Inference(detector) as queue:
        first = queue.submit(picture(1))
        assert detector.begun.acquire(timeout=20)
        rest = [queue.submit(picture(number)) for number in (2, 13, 4)]
        go.set()
        assert first.exception(20) is None
        assert [type(one.exception(20)) for one in rest] == [type(None), ValueError, type(None)]
        stats = queue.stats
        assert (stats.looked, stats.failed) == (3, 1)


@pytest.mark.parametrize(
    "answer",
    ["nonsense", 7, [], [None], [Detections.none()] * 2, [np.full((3, 4), np.nan)]],
    ids=["words", "a number", "nothing", "none", "too many", "an array"],
)
def test_garbage_is_an_error(answer: object) -> None:
    with Inference(Detector(lambda numbers: answer)) as queue:
        error = queue.submit(picture()).exception(20)
        assert isinstance(error, (TypeError, ValueError))


class Busy:
    """A queue whose worker looks one batch at a time, when the test lets it."""

    def __init__(self, **options: int) -> None:
        self.turn, self.clock = threading.Semaphore(0), Clock()
        self.detector = Detector(lambda numbers: waits(lambda: self.turn.acquire(timeout=20)))
        self.queue = Inference(self.detector, clock=self.clock, **options)  # type: ignore[arg-type]
        self.queue.submit(picture(255))  # holds the worker
        assert self.detector.begun.acquire(timeout=20)

    def ask(self, number: int, camera: str, *, keep: bool = False) -> Future[Detections]:
        """A picture, a tenth of a second after the last."""
        self.clock.now += 0.1
        return self.queue.submit(picture(number), camera=camera, keep=keep)

    def rounds(self, count: int) -> list[int]:
        """Numbers looked at in the next so many batches."""
        at = len(self.detector.batches)
        for _ in range(count):
            self.turn.release()
            assert self.detector.begun.acquire(timeout=20)
        return [number for batch in self.detector.batches[at:] for number in batch]

    def close(self) -> None:
        self.turn.release(1000)
        self.queue.close()


def test_the_newest_picture_of_a_camera_takes_the_place_of_the_one_that_waits() -> None:
    busy = Busy(max_batch=8)
    old, new = (busy.ask(number, "gate") for number in (1, 2))
    other = busy.ask(3, "yard")
    assert isinstance(old.exception(20), LookReplacedError)
    assert busy.rounds(1) == [2, 3]
    busy.close()
    assert new.exception(20) is None
    assert other.exception(20) is None
    assert (busy.queue.stats.asked, busy.queue.stats.replaced) == (4, 1)


def test_two_pictures_at_once_are_both_looked_at() -> None:
    """The last of a scene and the first of the next."""
    busy = Busy(max_batch=8)
    for number in (1, 2):
        busy.queue.of("gate").submit(picture(number))
    assert busy.rounds(1) == [1, 2]
    busy.close()


def test_a_picture_may_keep_its_place() -> None:
    busy = Busy(max_batch=8)
    last = busy.ask(1, "gate", keep=True)
    busy.ask(2, "gate")
    busy.ask(3, "gate")
    assert busy.rounds(1) == [1, 3]
    busy.close()
    assert last.exception(20) is None


def test_pictures_of_nobody_in_particular_are_all_looked_at_in_order() -> None:
    busy = Busy(max_batch=2)
    for number in (1, 2, 3):
        busy.queue.submit(picture(number))
    assert busy.rounds(2) == [1, 2, 3]
    busy.close()


@pytest.mark.parametrize("most", [1, 4])
def test_a_greedy_camera_gets_no_more_than_its_share(most: int) -> None:
    """One camera asks ten times as often as the others; looks are handed out evenly."""
    busy = Busy(max_batch=most)
    names = {0: "greedy"} | {i: f"camera {i}" for i in range(1, 6)}
    got: Counter[int] = Counter()
    for _ in range(60):
        for _ in range(10):
            busy.ask(0, names[0])
        for number in range(1, 6):
            busy.ask(number, names[number])
        got.update(busy.rounds(1))
    busy.close()
    assert max(got.values()) - min(got.values()) <= 1, got


def test_a_full_queue_takes_a_newer_picture_of_a_camera_that_waits_already() -> None:
    busy = Busy(max_batch=1, capacity=2, patience=0)
    for camera in ("a", "b"):
        busy.ask(1, camera)
    kept = busy.ask(2, "a")
    assert busy.rounds(2).count(2) == 1
    busy.close()
    assert kept.exception(20) is None


def test_nobody_waits_for_ever_however_it_ends() -> None:
    """Many cameras, a detector that fails at random, and a close in the middle of it."""
    random = np.random.default_rng(3)
    errors = [RuntimeError("now and then"), None, None, SystemExit(), None]

    def job(numbers: list[int]) -> None:
        error = errors[int(random.integers(len(errors)))]
        if error is not None:
            raise error

    futures: list[Future[Detections]] = []
    queue = Inference(Detector(job), threads=3)

    def camera(name: str) -> None:
        for number in range(60):
            try:
                futures.append(queue.submit(picture(number), camera=name, keep=number % 7 == 0))
            except InferenceStoppedError:
                queue.tend()

    threads = [threading.Thread(target=camera, args=(f"camera {i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    queue.close()
    assert futures
    for future in futures:
        future.exception(20)  # TimeoutError if it was forgotten
