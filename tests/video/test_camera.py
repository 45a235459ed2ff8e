"""The delay line: nobody leaves it less hidden than policy, whatever the detector does."""

from __future__ import annotations

from concurrent.futures import Future
from fractions import Fraction

import av
import numpy as np
import pytest

from streetlamp.video.camera import Camera, Now, Output, Shown
from streetlamp.video.raw import Detections, RawFrame
from support.pipeline import H, Script, W, camera, people, shown

FPS = 10


def scene(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(30, 220, (12, 16), np.uint8)
    return np.kron(small, np.ones((20, 20), np.uint8))


def raw(index: int, luma: np.ndarray | None = None, size: tuple[int, int] = (W, H)) -> RawFrame:
    """The index-th picture (from 0): its pts tells a scripted detector which one it is."""
    luma = scene() if luma is None else luma
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(luma[: size[1], : size[0]]), "gray")
    picture = picture.reformat(format="yuv420p")
    picture.pts = index
    return RawFrame("gate", index / FPS, index + 1, picture, index, Fraction(1, FPS))


def person(x: float, score: float = 0.9) -> Detections:
    return people(x, score=score)


def run(cam: Camera, frames: list[RawFrame]) -> list[Output]:
    out = [output for frame in frames for output in cam.push(frame)]
    return out + cam.flush()


@pytest.mark.parametrize("wait", [False, True], ids=["live", "offline"])
def test_every_picture_comes_out_once_and_in_order(wait: bool) -> None:
    out = shown(
        run(camera(Script(lambda i: Detections.none()), wait=wait), [raw(i) for i in range(50)])
    )
    assert [o.frame.frame for o in out] == list(range(1, 51))
    assert not any(o.frame.whole for o in out)
    assert not any(len(o.frame.hidden) for o in out)


def test_live_pictures_run_behind_and_tracks_do_not() -> None:
    cam = camera(Script(lambda i: person(100.0)))
    times = []
    for index in range(30):
        for output in cam.push(raw(index)):
            times.append((type(output), index / FPS, getattr(output, "frame", None)))
            if isinstance(output, Shown):
                assert index / FPS - output.frame.time >= 1.0 - 1e-6
            if isinstance(output, Now):
                assert output.tracks.time == pytest.approx(index / FPS)
    assert any(kind is Now for kind, _, _ in times)
    assert any(kind is Shown for kind, _, _ in times)


@pytest.mark.parametrize("wait", [False, True], ids=["live", "offline"])
def test_a_walker_is_hidden_and_tracked_in_every_picture(wait: bool) -> None:
    def walk(index: int) -> Detections:
        return person(20.0 + 4.0 * index)

    out = shown(run(camera(Script(walk), wait=wait), [raw(i) for i in range(60)]))
    for i, o in enumerate(out):
        x = 20.0 + 4.0 * i
        assert any(
            x1 <= x and y1 <= 80 and x2 >= min(W, x + 30) and y2 >= 170
            for x1, y1, x2, y2 in o.frame.hidden
        ), f"frame {i + 1}"
        assert len(o.tracks) == 1
    assert len({int(o.tracks.id[0]) for o in out}) == 1


def test_a_person_found_late_was_hidden_before() -> None:
    out = shown(
        run(
            camera(Script(lambda i: person(100.0) if i >= 30 else Detections.none())),
            [raw(i) for i in range(60)],
        )
    )
    assert all(len(o.frame.hidden) for o in out[26:])
    assert not any(len(o.frame.hidden) for o in out[:22])


def test_a_person_the_detector_loses_stays_hidden_for_a_while() -> None:
    def answer(index: int) -> Detections:
        return person(100.0) if index < 20 else Detections.none()

    out = shown(run(camera(Script(answer), hold_seconds=1.5), [raw(i) for i in range(60)]))
    assert all(len(o.frame.hidden) for o in out[:31])
    assert not any(len(o.frame.hidden) for o in out[45:])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda i: None, "has not looked yet"),
        (lambda i: RuntimeError("out of memory"), "has not looked yet"),
        (lambda i: None if i > 20 else Detections.none(), "late"),
        (lambda i: RuntimeError("dead") if i > 20 else Detections.none(), "does not answer"),
    ],
    ids=["never answers", "always fails", "stops answering", "dies"],
)
def test_a_detector_that_fails_hides_the_whole_picture(answer, reason: str) -> None:
    cam = camera(Script(answer))
    out = shown([o for i in range(80) for o in cam.push(raw(i))])
    late = [o for o in out if o.frame.frame > 24]
    assert late
    assert all(o.frame.whole and reason in o.frame.reason for o in late)
    assert all(o.frame.hidden.tolist() == [[0, 0, W, H]] for o in late)
    assert all(len(o.tracks) == 0 for o in late)


def test_a_detector_that_comes_back_clears_the_picture_again() -> None:
    def answer(index: int) -> Detections | Exception:
        return RuntimeError("dead") if 20 <= index < 60 else Detections.none()

    out = shown(run(camera(Script(answer)), [raw(i) for i in range(120)]))
    assert not any(o.frame.whole for o in out[:20])
    assert all(o.frame.whole for o in out[22:60])
    assert not any(o.frame.whole for o in out[62:])


def test_a_detector_too_slow_for_the_cadence_hides_the_pictures_between() -> None:
    """Looks a second apart leave gaps longer than allowed: nobody knows who was there."""

    def answer(index: int) -> Detections | Exception:
        return Detections.none() if index % 10 == 0 else RuntimeError("busy")

    out = shown(run(camera(Script(answer)), [raw(i) for i in range(60)]))
    assert all(o.frame.whole for o in out[11:50] if (o.frame.frame - 1) % 10)


def test_a_slow_camera_each_picture_looked_at_is_not_hidden() -> None:
    frames = [
        RawFrame("gate", float(i), i + 1, raw(i).picture, i, Fraction(1, 1)) for i in range(20)
    ]
    out = shown(run(camera(Script(lambda i: Detections.none())), frames))
    assert len(out) == 20
    assert not any(o.frame.whole for o in out)


@pytest.mark.parametrize("wait", [False, True], ids=["live", "offline"])
def test_a_new_scene_is_looked_at_at_once_and_never_shown_unseen(wait: bool) -> None:
    script = Script(lambda i: person(100.0) if i >= 33 else Detections.none())
    frames = [raw(i, scene(1 if i < 33 else 2)) for i in range(60)]
    out = shown(run(camera(script, wait=wait), frames))
    assert {33, 34, 35} <= set(script.asked)
    assert 32 in script.asked, "the old scene's last picture is looked at too"
    for o in out[33:]:
        assert o.frame.whole or len(o.frame.hidden)


def test_a_new_scene_the_detector_does_not_answer_for_is_hidden() -> None:
    script = Script(lambda i: Detections.none() if i < 33 else None)
    frames = [raw(i, scene(1 if i < 33 else 2)) for i in range(60)]
    cam = camera(script)
    out = shown([o for frame in frames for o in cam.push(frame)])
    assert all(o.frame.whole for o in out[33:])


def test_black_is_a_new_scene_and_so_is_the_picture_after_it() -> None:
    script = Script(lambda i: Detections.none())
    black = np.full((H, W), 16, np.uint8)
    frames = [raw(i, black if 20 <= i < 40 else scene()) for i in range(60)]
    run(camera(script), frames)
    assert {20, 21, 22, 40, 41, 42} <= set(script.asked)


def test_a_change_of_size_loses_no_picture_and_starts_afresh() -> None:
    script = Script(lambda i: person(100.0))
    frames = [raw(i, size=(W, H) if i < 25 else (200, 180)) for i in range(50)]
    out = shown(run(camera(script), frames))
    assert [o.frame.frame for o in out] == list(range(1, 51))
    assert (out[24].frame.width, out[25].frame.width) == (W, 200)
    assert all(len(o.frame.hidden) for o in out)


def test_time_running_backwards_loses_no_picture() -> None:
    frames = [raw(i) for i in range(20)]
    again = [
        RawFrame("gate", f.time, f.frame + 20, f.picture, f.pts + 20, f.time_base) for f in frames
    ]
    out = shown(run(camera(Script(lambda i: Detections.none())), frames + again))
    assert [o.frame.frame for o in out] == list(range(1, 41))


def test_what_moves_and_is_not_known_is_hidden() -> None:
    """A figure the detector never sees walks through: its way is hidden all the same."""

    def picture(index: int) -> np.ndarray:
        luma = scene().copy()
        if index >= 20:
            x = 20 + 6 * (index - 20)
            luma[80:180, x : x + 30] = 255 if index % 2 else 0
        return luma

    frames = [raw(i, picture(i)) for i in range(60)]
    out = shown(run(camera(Script(lambda i: Detections.none())), frames))
    hidden = sum(bool(len(o.frame.hidden)) for o in out[22:55])
    assert hidden >= 30
    assert not any(len(o.frame.hidden) for o in out[:15])
    bare = shown(run(camera(Script(lambda i: Detections.none()), unexplained_motion=False), frames))
    assert not any(len(o.frame.hidden) for o in bare)


def test_the_same_clip_gives_the_same_result_twice() -> None:
    def walk(index: int) -> Detections:
        return person(20.0 + 4.0 * index, 0.2 + 0.1 * (index % 5))

    frames = [raw(i) for i in range(60)]
    first, second = (shown(run(camera(Script(walk), wait=True), frames)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert a.frame.hidden.tolist() == b.frame.hidden.tolist()
        assert a.tracks.box.tolist() == b.tracks.box.tolist()
        assert a.tracks.id.tolist() == b.tracks.id.tolist()


def test_a_still_picture_is_looked_at_less_often() -> None:
    script = Script(lambda i: Detections.none())
    run(camera(script), [raw(i) for i in range(100)])
    assert len(script.asked) < 50


def test_live_the_line_is_emptied_even_if_the_detector_hangs() -> None:
    cam = camera(Script(lambda i: None))
    out = shown(run(cam, [raw(i) for i in range(15)]))
    assert len(out) == 15
    assert all(o.frame.whole for o in out)


def test_a_look_that_cannot_even_be_asked_for_hides_the_picture() -> None:
    class Closed:
        def submit(self, picture: av.VideoFrame) -> Future[Detections]:
            raise RuntimeError("the queue is closed")

    cam = camera(Closed())  # type: ignore[arg-type]
    out = shown(run(cam, [raw(i) for i in range(15)]))
    assert len(out) == 15
    assert all(o.frame.whole for o in out)
    assert "closed" in cam.figures.detector_error
