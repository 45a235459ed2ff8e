"""Close-ups: a face that person boxes miss is found, in time, as a whole head, and hidden."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType

import av
import cv2
import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.values import Floats, Tracks
from streetlamp.video.coverage import FACE_SECONDS, Coverage, Look
from streetlamp.video.detect import DetectOptions, load_detector, load_with_faces
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.detect.faces import FaceFinder, heads
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.detect.runtimes import RUNTIMES
from streetlamp.video.inference import Inference
from streetlamp.video.models import find_model
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.raw import Detections
from support import detectors as toys
from support.faces import drawn_box, drawn_face, frame

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder.load(threads=2)


def overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:4], b[2:4])
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / float(np.prod(a[2:4] - a[:2]) + np.prod(b[2:4] - b[:2]) - shared)


# --- the finder ----------------------------------------------------------------------------------

INPUTS = [
    ("16:9", (1280, 720), (192, 320)),
    ("4:3", (768, 576), (192, 256)),
    ("square", (500, 500), (256, 256)),
    ("upright", (720, 1280), (320, 192)),
    ("a ribbon", (2000, 16), (32, 320)),
    ("one pixel", (1, 1), (256, 256)),
]


@pytest.mark.parametrize(("story", "picture", "shape"), INPUTS, ids=[i[0] for i in INPUTS])
def test_the_input_is_small(
    finder: FaceFinder, story: str, picture: tuple[int, int], shape: tuple[int, int]
) -> None:
    assert finder.letterbox(*picture).shape == shape, story


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_face_is_found_where_it_is(runtime: str) -> None:
    finder = FaceFinder.load(runtime=runtime, threads=1)
    for width, height, size in ((640, 360, 200), (640, 480, 300), (360, 640, 150)):
        picture, expected = drawn_face(width, height, size), drawn_box(width, height, size)
        for shown in (picture, frame(picture), frame(picture, "nv12")):
            faces = finder.find(shown)
            assert faces.shape == (1, 5)
            assert overlap(faces[0], expected) > 0.6
            assert faces[0, 4] >= finder.score


def test_nobody_there(finder: FaceFinder) -> None:
    for picture in (toys.white(640, 360), toys.black(640, 360)):
        assert finder.find(picture).shape == (0, 5)


def test_a_larger_input_finds_a_smaller_face(finder: FaceFinder) -> None:
    picture = drawn_face(1280, 720, 44)
    assert len(finder.find(picture)) == 0
    assert overlap(finder.find(picture, side=1280)[0], drawn_box(1280, 720, 44)) > 0.6


def test_found_boxes_end_at_the_pictures_edge(finder: FaceFinder) -> None:
    whole = drawn_face(640, 480, 400)
    low = np.concatenate([np.full((240, 640, 3), 125, np.uint8), whole[:240]])  # eyes look in
    for picture in (whole, low, drawn_face(320, 240, 300)):
        faces = finder.find(picture)
        height, width = picture.shape[:2]
        assert (faces[:, :4] >= 0).all()
        assert (faces[:, :4] <= (width, height, width, height)).all()


def test_a_score_is_what_it_takes() -> None:
    picture = drawn_face(1280, 720, 90)
    scores = [len(FaceFinder.load(threads=1, score=s).find(picture)) for s in (0.1, 0.3, 0.99)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0


def test_a_head_is_more_than_its_face() -> None:
    (head,) = heads(np.array([[100, 200, 180, 300, 0.9]], np.float32))
    np.testing.assert_allclose(head, [68, 145, 212, 325], atol=0.01)
    assert heads(np.zeros((0, 5), np.float32)).shape == (0, 4)


def test_the_face_model_is_no_detector_of_people() -> None:
    with pytest.raises(UserError, match="no model is called 'centerface'"):
        load_detector(DetectOptions(model="centerface"))
    assert find_model("centerface", finds="faces").licence == "MIT"


def test_another_model_is_refused_as_face_model() -> None:
    detector = load_detector(DetectOptions(threads=1))
    with pytest.raises(UserError, match="nanodet-g: its input and output are"):
        FaceFinder(detector.manifest, detector.runtime, 0.3)


# --- beside the detector -------------------------------------------------------------------------


def test_faces_only_where_they_are_asked_for() -> None:
    both = load_with_faces(DetectOptions(threads=1))
    plain, other = both.prepare(frame(drawn_face())), both.prepare(toys.black(640, 360))
    batch = [plain, plain.with_faces(), other.with_faces(), other]
    found = both.infer(batch)
    assert [len(one.faces) for one in found] == [0, 1, 0, 0]
    for one, prepared in zip(found, batch, strict=True):  # the people are the detector's
        (alone,) = both.detector.infer([prepared])
        np.testing.assert_allclose(one.box, alone.box, atol=0.01)
    assert both.infer([]) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (641, 479), (360, 640)])
def test_the_small_picture_of_the_detector_is_enough(width: int, height: int) -> None:
    """Faces from the detector's letterboxed input are those of the full picture."""
    both = load_with_faces(DetectOptions(threads=1))
    picture = frame(drawn_face(width, height, 200))
    (head,) = both.look(picture).faces
    (expected,) = heads(both.finder.find(picture))
    # whole-number arithmetic differs a little between processors
    np.testing.assert_allclose(head, expected, atol=0.05 * float(expected[3] - expected[1]))


def test_the_queue_passes_the_question_on() -> None:
    picture = frame(drawn_face())
    with Inference(load_with_faces(DetectOptions(threads=1))) as queue:
        assert len(queue.submit(picture).result(20).faces) == 0
        assert len(queue.submit(picture, faces=True).result(20).faces) == 1


def test_a_face_model_that_fails_fails_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the picture is hidden whole, as after any other look that failed."""
    both = load_with_faces(DetectOptions(threads=1))

    def broken(*_: object) -> None:
        raise RuntimeError("the face model is broken")

    monkeypatch.setattr(both.finder.runtime, "run", broken)
    with Inference(both) as queue, pytest.raises(RuntimeError, match="face model is broken"):
        queue.submit(frame(drawn_face()), faces=True).result(20)


# --- which looks ---------------------------------------------------------------------------------

CADENCES = [
    # times of looks, which of them are for faces
    ("8 looks a second", [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.9, 1.0], [0, 4, 6]),
    ("a quiet camera: each", [0, 0.5, 1.0, 1.5], [0, 1, 2, 3]),
    ("10 looks a second: every fourth", [i / 10 for i in range(9)], [0, 4, 8]),
    ("asleep for long", [0, 10, 10.1, 20], [0, 1, 3]),
    ("time runs backwards", [5, 4, 4.1], [0, 1]),
    ("time stands still", [5, 5, 5], [0]),
]


class Queue:
    """Takes pictures and remembers which were for faces."""

    def __init__(self, answer: Callable[[int], BaseException | None] = lambda _: None) -> None:
        self.faces: list[bool] = []
        self._answer = answer

    def submit(self, picture: av.VideoFrame, *, faces: bool = False) -> Future[Detections]:
        error = self._answer(len(self.faces))
        self.faces.append(faces)
        if isinstance(error, OSError):
            raise error
        future: Future[Detections] = Future()
        if error is None:
            future.set_result(Detections.none())
        else:
            future.set_exception(error)
        return future

    @property
    def asked(self) -> list[int]:
        return [i for i, faces in enumerate(self.faces) if faces]


@pytest.mark.parametrize(("story", "times", "asked"), CADENCES, ids=[c[0] for c in CADENCES])
def test_cadence(story: str, times: list[float], asked: list[int]) -> None:
    for start in (0.0, 1.7e9):  # POSIX seconds have less precision than small numbers
        queue, turns = Queue(), FaceTurns(0.4)
        for time in times:
            turns.ask(queue.submit, toys.black(), start + time)
        assert queue.asked == asked, story


def test_without_a_face_model_nobody_is_asked() -> None:
    queue, turns = Queue(), FaceTurns(None)
    for time in range(5):
        turns.ask(queue.submit, toys.black(), time, last=True)
    assert queue.asked == []


def test_the_last_look_of_a_scene_is_for_faces() -> None:
    queue, turns = Queue(), FaceTurns(0.4)
    turns.ask(queue.submit, toys.black(), 0.0)
    turns.ask(queue.submit, toys.black(), 0.1, last=True)
    assert queue.asked == [0, 1]


@pytest.mark.parametrize("error", [RuntimeError("no answer"), OSError("refused")])
def test_a_look_that_failed_is_made_up_for(error: Exception) -> None:
    """Looks 3 and 4 fail: every look is for faces until one has answered."""
    queue, turns = Queue(lambda n: error if n in (3, 4) else None), FaceTurns(0.3)
    for i in range(8):
        try:
            turns.ask(queue.submit, toys.black(), i / 10)
        except OSError:
            assert queue.faces[-1]
    assert queue.asked == [0, 3, 4, 5]


# --- hidden --------------------------------------------------------------------------------------


def test_a_face_is_hidden_between_looks_for_faces() -> None:
    """Looks 8 times a second, few of them for faces: hidden from before the first to after it."""
    coverage, none = Coverage("gate", HideOptions()), np.zeros((0, 4), np.float32)
    face = np.array([[100, 100, 200, 220]], np.float32)
    turns, seen = FaceTurns(LookOptions().faces_every_seconds), []
    for i in range(25):
        time, there = i / 8, 1.0 <= i / 8 <= 2.0
        asked = turns.due(time)
        seen += [time] if asked and there else []
        tracks = Tracks.make("gate", time, i + 1, (640, 480))
        found = face if asked and there else none
        coverage.add(Look(time, i + 1, tracks, tracks, none, np.zeros(0, np.float32), 0, found))
    assert len(seen) >= 2
    for i in range(100, 201):  # each picture in which the face is, at 100 a second
        hide = coverage.at(i / 100, i, (640, 480)).hide
        assert any(
            (box[:2] <= face[0, :2]).all() and (box[2:] >= face[0, 2:]).all() for box in hide
        )
    assert len(coverage.at(2.0 + FACE_SECONDS + 0.2, 300, (640, 480)).hide) == 0


def test_the_cadence_cannot_leave_a_gap() -> None:
    """Whatever the owner writes, two looks for faces are nearer than a face stays hidden."""
    field = LookOptions.model_fields["faces_every_seconds"]
    most = next(m.le for m in field.metadata if hasattr(m, "le"))
    assert most < FACE_SECONDS


# --- real faces ----------------------------------------------------------------------------------


def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_faces", ROOT / "bench" / "faces.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_faces"] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_real_faces_are_found(shared_data: Path, finder: FaceFinder) -> None:
    """Four group photographs, 18 faces; an input that shows them as large as close-ups."""
    folder = shared_data / "video" / "dlib_faces_a"
    hits = total = 0
    with (folder / "gt.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["ignore"] != "1"]
    for number in {row["frame"] for row in rows}:
        picture = cv2.imread(str(folder / "frames" / f"{int(number):06d}.jpg"))
        faces = finder.find(picture, side=640)
        for row in rows:
            if row["frame"] == number:
                box = np.array([float(row[k]) for k in ("x1", "y1", "x2", "y2")])
                hits += any(overlap(box, face) > 0.35 for face in faces)
                total += 1
    assert total == 18
    assert hits >= 17


def test_close_ups_that_person_boxes_miss_are_hidden(shared_data: Path) -> None:
    """Heads larger than the picture: bench/faces.py has the full table."""
    module = bench()
    both = module.eyes()
    views = [view for view in module.views(("dlib_faces_a",)) if view.share > 1][::3]
    hidden = {False: 0, True: 0}
    for view in views:
        found = both.look(module.frame_of(view.picture))
        for faces, one in ((False, module.without_faces(found)), (True, found)):
            hidden[faces] += module.head_is_hidden(one, view)
    assert len(views) >= 15
    assert hidden[True] >= 0.9 * len(views)
    assert hidden[True] - hidden[False] >= 0.2 * len(views)


def test_no_faces_in_an_empty_hall(shared_data: Path, finder: FaceFinder) -> None:
    with av.open(str(shared_data / "video" / "intel_onebyone" / "clip.mp4")) as container:
        for i, picture in enumerate(container.decode(video=0)):
            if i >= 45:
                break
            if i % 9 == 0:
                assert len(finder.find(picture)) == 0


def test_the_letterbox_of_another_shape_does_not_mix(finder: FaceFinder) -> None:
    """Two cameras in turn, with inputs of two shapes, from one finder."""
    pictures = [drawn_face(640, 360), drawn_face(640, 480)]
    alone = [finder.find(picture) for picture in pictures]
    for _ in range(2):
        for picture, expected in zip(pictures, alone, strict=True):
            np.testing.assert_allclose(finder.find(picture), expected, atol=0.01)
    box = Letterbox.fit(640, 360, 320)
    assert finder.find_all([]) == []
    assert len(finder.find_all([(np.zeros((*box.shape, 3), np.uint8), box)])) == 1
