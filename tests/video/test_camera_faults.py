"""What goes wrong around a camera, and that nobody is shown less hidden because of it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from streetlamp.values import Kind
from streetlamp.video import mask
from streetlamp.video.raw import Detections, RawFrame
from support.pipeline import Answer, Script, camera, hides, people, raw, run, shown

NOBODY = Detections.none


def at(
    fps: float, count: int, *, start: float = 0.0, first: int = 0, **rest: int
) -> list[RawFrame]:
    return [raw(first + i, start + i / fps, **rest) for i in range(count)]


def fails_at(*numbers: int) -> Callable[[int], Answer]:
    return lambda i: RuntimeError("no") if i in numbers else NOBODY()


def test_a_camera_that_comes_back_is_a_new_scene() -> None:
    """Its frames count from 1 again; nobody knows what happened meanwhile."""
    cam = camera(Script(fails_at(100, 101)))
    run(cam, at(10, 30))
    again = [raw(100 + i, 60.0 + i / 10, frame=1 + i) for i in range(30)]
    out = run(cam, again)
    assert [o.frame.frame for o in out] == list(range(1, 31))
    assert out[0].frame.whole, "no look of this run lies before it"
    assert not any(o.frame.whole for o in out[8:])


def test_a_camera_that_comes_back_turned_away_needs_two_looks() -> None:
    cam = camera(Script(lambda i: NOBODY() if i < 101 else RuntimeError("no")))
    run(cam, at(10, 30))
    out = run(cam, [raw(100 + i, 33.0 + i / 10, frame=1 + i, scene=2) for i in range(20)])
    assert all(o.frame.whole for o in out)


def test_the_end_of_a_scene_that_nobody_looked_at_is_hidden() -> None:
    """The next look is soon enough, but it is of another scene."""
    script = Script(fails_at(*range(25, 30)))
    before, after = at(25, 30), at(25, 60, start=30 / 25, first=30, scene=2)
    out = run(camera(script), before + after)
    looked = max(i for i in script.asked if i < 25)
    assert looked < 29
    for o in out[looked + 1 : 30]:
        assert o.frame.whole, o.frame.frame


def test_a_scene_needs_two_looks_of_its_own() -> None:
    """Looks at the scene after it say nothing about it."""
    first, flash = at(25, 50), at(25, 3, start=2.0, first=50, scene=2)
    third = at(25, 60, start=2.12, first=53, scene=3)
    out = run(camera(Script(fails_at(50, 52))), first + flash + third)
    assert all(o.frame.whole for o in out[50:53])


def test_two_pictures_of_one_moment_and_two_scenes() -> None:
    frames = at(10, 20)
    frames += [raw(20 + i, frames[-1].time + i / 10, scene=2) for i in range(20)]
    out = run(camera(Script(fails_at(20, 21, 22, 23))), frames)
    assert [o.frame.frame for o in out] == list(range(1, 41))
    assert all(o.frame.whole for o in out[20:24])


@pytest.mark.parametrize(
    "error",
    [
        KeyError("boxes"),
        TypeError("not a tensor"),
        ZeroDivisionError(),
        MemoryError(),
        cv2.error("resize"),
        SystemExit(1),
        Exception("whatever the runtime calls it"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_look_may_fail_in_any_way(error: BaseException) -> None:
    cam = camera(Script(lambda i: error if 10 <= i < 30 else NOBODY()))
    out = run(cam, at(10, 60))
    assert len(out) == 60
    assert all(o.frame.whole for o in out[12:30])
    assert not any(o.frame.whole for o in out[34:])
    assert cam.figures.failed_looks


@pytest.mark.parametrize(
    "error",
    [cv2.error("bad size"), TypeError("no plane"), LookupError("no such format")],
    ids=lambda error: type(error).__name__,
)
def test_a_picture_that_cannot_be_made_small_is_hidden(error: Exception) -> None:
    class Fussy:
        def submit(self, picture: av.VideoFrame) -> object:
            raise error

    out = run(camera(Fussy()), at(10, 15))  # type: ignore[arg-type]
    assert len(out) == 15
    assert all(o.frame.whole for o in out)


def test_looks_given_up_at_a_flush_are_taken_back() -> None:
    """Or a hung detector's queue grows with every reconnection until it blocks the cameras."""
    script = Script(lambda i: None)
    out = run(camera(script), at(10, 15))
    assert len(out) == 15
    assert script.open
    assert all(future.cancelled() for future in script.open.values())


def test_a_flush_waits_once_for_all_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def waited(futures: object, timeout: float | None = None) -> None:
        waits.append(timeout)

    monkeypatch.setattr("streetlamp.video.asking.wait_for_looks", waited)
    cam = camera(Script(lambda i: None))
    frames = at(10, 15)
    out = shown([o for frame in frames for o in cam.push(frame)] + cam.flush())
    assert len(out) == 15
    assert waits == [2.0]


def test_a_picture_that_cannot_be_hidden_never_leaves_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = mask.hide

    def fussy(frame: RawFrame, *rest: object) -> object:
        if frame.frame == 5:
            raise OSError("cannot convert")
        return original(frame, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(mask, "hide", fussy)
    cam = camera(Script(lambda i: NOBODY()))
    out, failures = [], 0
    for frame in at(10, 40):
        try:
            out += cam.push(frame)
        except OSError:
            failures += 1
    numbers = [o.frame.frame for o in shown(out + cam.flush())]
    assert failures == 1
    assert 5 not in numbers
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 40


def test_a_picture_stamped_far_ahead_waits_for_nobody_and_shows_nobody() -> None:
    frames = at(10, 20)
    frames += [raw(20 + i, 3600.0 + i / 10) for i in range(20)]
    out = run(camera(Script(lambda i: people(100.0))), frames)
    assert [o.frame.frame for o in out] == list(range(1, 41))
    assert all(hides(o.frame, (100, 80, 130, 170)) for o in out)


def test_a_camera_whose_time_stands_still_does_not_fill_the_memory() -> None:
    cam = camera(Script(lambda i: people(100.0)))
    out = []
    for i in range(400):
        out += cam.push(raw(i, 5.0 + i / 90_000, size=(64, 48)))
    early = shown(out)
    assert len(early) > 100
    assert all(o.frame.whole and "stands still" in o.frame.reason for o in early)
    numbers = [o.frame.frame for o in early + shown(cam.flush())]
    assert numbers == list(range(1, 401))


@pytest.mark.parametrize("fps", [0.5, 1.0, 3.0, 60.0, 240.0])
@pytest.mark.parametrize("wait", [False, True], ids=["live", "offline"])
def test_any_frame_rate(fps: float, wait: bool) -> None:
    out = run(camera(Script(lambda i: people(100.0)), wait=wait), at(fps, 40))
    assert [o.frame.frame for o in out] == list(range(1, 41))
    assert all(hides(o.frame, (100, 80, 130, 170)) for o in out)


@pytest.mark.parametrize("size", [(2, 2), (33, 17), (161, 3), (3, 161), (319, 239)])
def test_any_size(size: tuple[int, int]) -> None:
    out = run(camera(Script(lambda i: NOBODY())), [raw(i, i / 10, size=size) for i in range(30)])
    assert len(out) == 30
    assert {(o.frame.width, o.frame.height) for o in out} == {size}


FORMATS = ["yuv420p10le", "yuv422p10le", "yuv422p", "nv12", "gray", "gray10le", "yuyv422", "rgb24"]


@pytest.mark.parametrize("fmt", FORMATS)
def test_any_pixel_format(fmt: str) -> None:
    def convert(frame: RawFrame) -> RawFrame:
        picture = frame.picture.reformat(format=fmt)
        picture.pts = frame.pts
        return RawFrame("gate", frame.time, frame.frame, picture, frame.pts, Fraction(1, 1000))

    frames = [convert(frame) for frame in at(10, 25)]
    out = run(camera(Script(lambda i: people(100.0))), frames)
    plain = run(camera(Script(lambda i: people(100.0))), at(10, 25))
    for a, b in zip(out, plain, strict=True):
        assert hides(a.frame, (100, 80, 130, 170))
        assert not a.frame.full_range
        assert np.abs(a.frame.y.astype(int) - b.frame.y.astype(int)).max() <= mask.LUMA_STEP


def test_a_lying_person_gets_blocks_as_large_as_a_standing_one() -> None:
    """A head is an eighth of a person's length, whichever way they lie."""
    frame = raw(0, 0.0)
    lying = mask.hide(frame, np.array([[40.0, 150.0, 280.0, 200.0]], np.float32))
    block = mask.block_for(240.0)
    ((x1, y1, x2, y2),) = lying.hidden
    for x in range(x1 // block * block, x2, block):
        part = lying.y[y1 : min(y2, -(-y1 // block) * block), max(x, x1) : min(x + block, x2)]
        assert len(np.unique(part)) == 1


def test_boxes_of_no_sense_hide_what_they_can() -> None:
    def answer(number: int) -> Detections:
        box = [[300.0, 200.0, 100.0, 90.0], [-1e9, -1e9, 1e9, 1e9], [5.0, 5.0, 5.0, 5.0]]
        kinds = np.full(3, int(Kind.PERSON))
        return Detections(np.array(box, np.float32), kinds, np.full(3, 0.9, np.float32))

    out = run(camera(Script(answer)), at(10, 30))
    assert len(out) == 30
    assert all(o.frame.whole for o in out)
