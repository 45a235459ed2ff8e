"""The queue before the detector: who waits, who is looked at together, and what breaks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait

import av
import numpy as np
import pytest

from streetlamp.video.detect import DetectOptions, Prepared, load_detector
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.inference import (
    FAILURES_TO_STOP,
    Inference,
    InferenceFullError,
    InferenceStoppedError,
)
from streetlamp.video.raw import WHOLE, Detections, View
from support import detectors as toys
from support.check_detector import same


class Slow:
    """A detector that looks only when told to, and remembers what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.error: BaseException | None = None
        self.short = False

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        box = Letterbox.fit(picture.width, picture.height, 64)
        return Prepared(np.full((*box.shape, 3), picture.pts, np.uint8), box)

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]:
        self.batches.append([int(one.pixels[0, 0, 0]) for one in batch])
        self.begun.release()
        assert self.go.acquire(timeout=20)
        if self.error is not None:
            raise self.error
        found = [
            Detections(
                np.array([[0, 0, 9, 9]], np.float32),
                np.zeros(1, np.int64),
                np.array([one.pixels[0, 0, 0] / 255], np.float32),
            )
            for one in batch
        ]
        return found[: len(found) - self.short]


def picture(number: int, width: int = 64, height: int = 64) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts = number
    return frame


def number(future: Future[Detections]) -> int:
    return round(float(future.result(20).score[0]) * 255)


def start(detector: Slow, queue: Inference, count: int) -> list[Future[Detections]]:
    """``count`` requests, the first of which is being looked at already."""
    futures = [queue.submit(picture(1))]
    assert detector.begun.acquire(timeout=20)
    return futures + [queue.submit(picture(i)) for i in range(2, count + 1)]


def test_a_lone_picture_does_not_wait_for_others() -> None:
    slow = Slow()
    slow.go.release()
    with Inference(slow, max_batch=8) as queue:
        assert number(queue.submit(picture(7))) == 7
    assert slow.batches == [[7]]


def test_what_waits_is_looked_at_together_in_order() -> None:
    slow = Slow()
    with Inference(slow, max_batch=4) as queue:
        futures = start(slow, queue, 7)
        assert (queue.stats.working, queue.stats.waiting) == (1, 6)
        slow.go.release(3)
        assert [number(future) for future in futures] == [1, 2, 3, 4, 5, 6, 7]
    assert slow.batches == [[1], [2, 3, 4, 5], [6, 7]]


def test_a_batch_has_one_shape_and_the_oldest_goes_first() -> None:
    slow = Slow()
    with Inference(slow, max_batch=8) as queue:
        futures = start(slow, queue, 1)
        wide, square = (64, 32), (64, 64)
        for i, size in enumerate((wide, square, wide, square), 2):
            futures.append(queue.submit(picture(i, *size)))
        slow.go.release(3)
        assert [number(future) for future in futures] == [1, 2, 3, 4, 5]
    assert slow.batches == [[1], [2, 4], [3, 5]]


def test_several_workers_look_side_by_side() -> None:
    slow = Slow()
    with Inference(slow, threads=2) as queue:
        futures = [queue.submit(picture(i)) for i in (1, 2)]
        for _ in futures:
            assert slow.begun.acquire(timeout=20)
        assert (queue.stats.working, queue.stats.waiting) == (2, 0)
        slow.go.release(2)
        assert [number(future) for future in futures] == [1, 2]


def test_a_full_queue_holds_the_caller_back() -> None:
    slow = Slow()
    with Inference(slow, max_batch=1, capacity=2) as queue:
        futures = start(slow, queue, 3)
        late: list[Future[Detections]] = []
        thread = threading.Thread(target=lambda: late.append(queue.submit(picture(4))))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        assert queue.stats.waiting == 2
        slow.go.release(4)
        thread.join(20)
        assert [number(future) for future in futures + late] == [1, 2, 3, 4]


def test_a_hung_detector_does_not_hold_a_caller_for_ever() -> None:
    slow = Slow()
    with Inference(slow, max_batch=1, capacity=2, patience=0.05) as queue:
        start(slow, queue, 3)
        with pytest.raises(InferenceFullError):
            queue.submit(picture(4))
        slow.go.release(3)


def test_what_was_given_up_makes_room() -> None:
    slow = Slow()
    with Inference(slow, max_batch=1, capacity=2, patience=0.05) as queue:
        futures = start(slow, queue, 3)
        assert futures[1].cancel()
        late = queue.submit(picture(4))
        slow.go.release(3)
        assert [number(one) for one in (futures[0], futures[2], late)] == [1, 3, 4]
        assert slow.batches == [[1], [3], [4]]


def test_an_error_comes_out_of_its_futures_and_the_next_picture_is_looked_at() -> None:
    slow = Slow()
    with Inference(slow) as queue:
        slow.error = RuntimeError("bad picture")
        futures = start(slow, queue, 1)
        slow.go.release()
        with pytest.raises(RuntimeError, match="bad picture"):
            futures[0].result(20)
        slow.error = None
        slow.go.release()
        assert number(queue.submit(picture(2))) == 2
        stats = queue.stats
        assert stats.alive
        assert (stats.looked, stats.failed, stats.batches) == (1, 1, 2)
        assert stats.error == "RuntimeError: bad picture"


def test_a_detector_that_always_fails_stops_the_queue() -> None:
    slow = Slow()
    slow.error = RuntimeError("out of memory")
    with Inference(slow, max_batch=1) as queue:
        futures = start(slow, queue, FAILURES_TO_STOP + 3)
        slow.go.release(FAILURES_TO_STOP)
        wait(futures, 20)
        errors = [future.exception() for future in futures]
        assert [type(e) for e in errors[:FAILURES_TO_STOP]] == [RuntimeError] * FAILURES_TO_STOP
        assert [type(e) for e in errors[FAILURES_TO_STOP:]] == [InferenceStoppedError] * 3
        assert not queue.stats.alive
        with pytest.raises(InferenceStoppedError, match="out of memory"):
            queue.submit(picture(9))


def test_a_worker_that_dies_is_seen_at_once() -> None:
    slow = Slow()
    slow.error = SystemExit("killed")
    with Inference(slow, max_batch=1) as queue:
        first, second = start(slow, queue, 2)
        slow.go.release()
        with pytest.raises(InferenceStoppedError, match="killed"):
            second.result(20)
        assert isinstance(first.exception(20), SystemExit)
        assert not queue.stats.alive


def test_too_few_answers_are_an_error() -> None:
    slow = Slow()
    slow.short = True
    slow.go.release()
    with (
        Inference(slow) as queue,
        pytest.raises(ValueError, match="0 answers for 1 pictures"),
    ):
        queue.submit(picture(1)).result(20)


def test_close_fails_what_waits_and_lets_the_running_end() -> None:
    before = set(threading.enumerate())
    slow = Slow()
    queue = Inference(slow, max_batch=1)
    first, second = start(slow, queue, 2)
    closer = threading.Thread(target=queue.close)
    closer.start()
    with pytest.raises(InferenceStoppedError):
        second.result(20)
    slow.go.release()
    closer.join(20)
    assert number(first) == 1
    queue.close()
    assert not queue.stats.alive
    assert queue.stats.error == ""
    with pytest.raises(InferenceStoppedError):
        queue.submit(picture(3))
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name.startswith("inference")]


def test_close_frees_a_caller_that_waits_for_room() -> None:
    slow = Slow()
    queue = Inference(slow, max_batch=1, capacity=1)
    start(slow, queue, 2)
    raised: list[BaseException] = []

    def late() -> None:
        try:
            queue.submit(picture(3))
        except InferenceStoppedError as error:
            raised.append(error)

    thread = threading.Thread(target=late)
    thread.start()
    thread.join(0.1)
    slow.go.release(9)
    queue.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(raised) <= 1  # it either just got in, or was told


def test_a_cancelled_request_is_not_looked_at() -> None:
    slow = Slow()
    with Inference(slow, max_batch=8) as queue:
        futures = start(slow, queue, 3)
        assert futures[1].cancel()
        slow.go.release(2)
        assert number(futures[2]) == 3
    assert slow.batches == [[1], [3]]


def test_a_hung_detector_shows_in_the_stats() -> None:
    slow, now = Slow(), [100.0]
    queue = Inference(slow, clock=lambda: now[0])
    assert queue.stats.longest == 0
    (future,) = start(slow, queue, 1)
    now[0] = 112.5
    assert queue.stats.longest == 12.5
    assert queue.stats.alive
    slow.go.release()
    assert number(future) == 1
    queue.close()
    assert queue.stats.busy == 12.5


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"threads": 0}, {"capacity": 0}])
def test_sizes_must_be_positive(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Inference(Slow(), **wrong)


def test_many_cameras_get_their_own_answers() -> None:
    """Threads of two picture shapes through the built-in model give what it gives alone."""
    detector = load_detector(DetectOptions(threads=2, input=128))
    scene = av.VideoFrame.from_ndarray(toys.street(), "bgr24")
    pictures = [scene, scene.reformat(416, 180), toys.black(416, 320), toys.white(416, 180)]
    alone = [detector.look(one) for one in pictures]
    got: dict[tuple[int, int], Detections] = {}

    with Inference(detector, max_batch=4, threads=2) as queue:

        def camera(i: int) -> None:
            for k in range(5):
                got[i, k] = queue.submit(pictures[i]).result(60)

        threads = [threading.Thread(target=camera, args=(i,)) for i in range(len(pictures))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert queue.stats.looked == 5 * len(pictures)
    assert len(got) == 5 * len(pictures)
    for (i, _), found in got.items():
        same(found, alone[i])
