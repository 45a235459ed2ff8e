"""Every detector kind keeps the contract, and boxes come out where they were put in."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.values import Kind
from streetlamp.video.detect import DETECTORS, DetectOptions, Detector, load_detector
from streetlamp.video.detect.kinds.nanodet import NanoDet, anchors
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.detect.nms import suppress
from streetlamp.video.detect.runtimes import RUNTIMES, choose
from support import detectors as toys
from support.check_detector import check_described, check_detector, same, strong


def load(path: Path, kind: str, data: bytes, options: Any = None, **changes: Any) -> Detector:
    where = toys.folder(path, (toys.entry("mine", data, kind, **changes), data))
    chosen = {"threads": 2} | (options or {})
    return load_detector(DetectOptions(model="mine", models_folder=where, **chosen))


def test_the_battery_covers_every_kind() -> None:
    assert set(toys.GRAPHS) == set(DETECTORS)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("kind", list(DETECTORS))
def test_contract(tmp_path: Path, kind: str, runtime: str) -> None:
    check_described(kind)
    detector = load(tmp_path, kind, toys.GRAPHS[kind](), {"runtime": runtime})
    assert detector.runtime.name == runtime
    assert detector.runtime.version
    check_detector(detector, toys.white, toys.black)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("kind", list(DETECTORS))
def test_boxes_come_out_where_they_were_put(tmp_path: Path, kind: str, runtime: str) -> None:
    detector = load(tmp_path, kind, toys.GRAPHS[kind](), {"runtime": runtime})
    found = detector.look(toys.white(256, 256))
    assert found.kind.tolist() == [Kind.PERSON, Kind.CAR]
    np.testing.assert_allclose(found.box, 4 * np.array([toys.PERSON, toys.CAR]), atol=0.1)
    np.testing.assert_allclose(found.score, [0.9, 0.6], atol=0.01)
    assert len(detector.look(toys.black(256, 256))) == 0


def test_nanodet_gives_every_class_of_a_place_that_places_box(tmp_path: Path) -> None:
    detector = load(tmp_path, "nanodet", toys.GRAPHS["nanodet"]())
    assert isinstance(detector, NanoDet)
    prepared = detector.prepare(toys.white(64, 64))
    cells = anchors(prepared.shape, detector.manifest.output.strides, 0.5)
    named, (width,) = len(detector.manifest.classes), detector.runtime.outputs.values()
    bins = ((width[-1] or 0) - named) // 4
    random = np.random.default_rng(1)
    rows = random.normal(0, 3, (len(cells), named + 4 * bins)).astype(np.float32)
    rows[:, :named] = random.choice([0.0, 0.02, 0.4, 0.9], (len(cells), named))
    box, number, score = detector.decode([rows[None]], prepared)
    expected = []
    for row, (x, y, stride) in zip(rows, cells, strict=True):
        shares = np.exp(row[named:].reshape(4, bins).astype(float))
        left, up, right, down = shares @ np.arange(bins) / shares.sum(axis=1) * stride
        named_here = np.flatnonzero(row[:named] >= detector.options.min_score)
        expected += [(x - left, y - up, x + right, y + down, k, row[k]) for k in named_here]
    assert len(expected) > len(cells), "several classes a place are what this is about"
    np.testing.assert_allclose(np.column_stack([box, number, score]), expected, atol=1e-3)


def test_yolox_exported_with_its_decoding(tmp_path: Path) -> None:
    data = toys.yolox(decoded=True)
    output = {"kind": "yolox", "decoded": True}
    found = load(tmp_path, "yolox", data, output=output).look(toys.white(64, 64))
    np.testing.assert_allclose(found.box, [toys.PERSON, toys.CAR], atol=0.01)


def test_stretched_input_maps_each_axis_by_itself(tmp_path: Path) -> None:
    spec = {"size": [64, 64], "std": [255, 255, 255], "fit": "stretch"}
    found = load(tmp_path, "rf-detr", toys.rf_detr(), input=spec).look(toys.white(640, 128))
    expected = np.array([toys.PERSON, toys.CAR]) * [10, 2, 10, 2]
    np.testing.assert_allclose(found.box, expected, atol=0.1)


def test_min_score_drops_the_weak(tmp_path: Path) -> None:
    found = load(tmp_path, "yolox", toys.yolox(), {"min_score": 0.7}).look(toys.white())
    assert found.kind.tolist() == [Kind.PERSON]


def test_other_classes_never_come_out(tmp_path: Path) -> None:
    """A model may know more; what is not one of the six kinds stays inside."""
    classes = ["cat", "bicycle", "car", "motorcycle", "woman", "truck"]
    found = load(tmp_path, "yolox", toys.yolox(), classes=classes).look(toys.white())
    assert found.kind.tolist() == [Kind.CAR]


def _input_seen(spec: dict[str, Any], colour: tuple[int, int, int]) -> Any:
    """The tensor a model of this input would get of a picture of one colour (B, G, R)."""
    detector = load_detector(DetectOptions(threads=1))
    array = np.full((64, 64, 3), colour, np.uint8)
    prepared = detector.prepare(av.VideoFrame.from_ndarray(array, "bgr24"))
    changed = detector.manifest.input.model_copy(update=spec)
    detector.manifest = detector.manifest.model_copy(update={"input": changed})
    return detector.arrays(prepared)[0]


@pytest.mark.parametrize(
    ("spec", "shape", "first"),
    [
        ({}, (1, 416, 416, 3), (10, 20, 30)),
        ({"colour": "rgb"}, (1, 416, 416, 3), (30, 20, 10)),
        ({"dtype": "float32", "mean": (8, 8, 8), "std": (2, 4, 2)}, (1, 416, 416, 3), (1, 3, 11)),
        ({"layout": "nchw"}, (1, 3, 416, 416), (10, 20, 30)),
    ],
    ids=["as it is", "red first", "normalised", "channels first"],
)
def test_input_is_what_the_manifest_says(
    spec: dict[str, Any], shape: tuple[int, ...], first: tuple[float, ...]
) -> None:
    seen = _input_seen(spec, (10, 20, 30))
    assert seen.shape == shape
    assert seen.flags.c_contiguous
    pixel = seen[0, :, 5, 5] if spec.get("layout") == "nchw" else seen[0, 5, 5]
    np.testing.assert_allclose(pixel, first)


LETTERBOXES = [
    # picture, side → input, picture in it
    ("16:9 stretched a little", (1920, 1080), 640, (640, 384), (640, 384)),
    ("16:9 at 416", (1280, 720), 416, (416, 256), (416, 234)),
    ("4:3", (768, 576), 416, (416, 320), (416, 320)),
    ("upright", (1080, 1920), 640, (384, 640), (384, 640)),
    ("odd size", (641, 479), 416, (416, 320), (416, 320)),
    ("a ribbon", (2000, 16), 416, (416, 32), (416, 3)),
    ("one pixel", (1, 1), 416, (416, 416), (416, 416)),
    ("side no multiple", (640, 480), 400, (416, 320), (416, 320)),
]


@pytest.mark.parametrize(("story", "picture", "side", "outer", "inner"), LETTERBOXES)
def test_letterbox_follows_the_picture(
    story: str, picture: tuple[int, int], side: int, outer: Any, inner: Any
) -> None:
    box = Letterbox.fit(*picture, side)
    assert ((box.width, box.height), (box.inner_width, box.inner_height)) == (outer, inner), story
    pixels = box.apply(toys.white(*picture))
    assert pixels.shape == (*outer[::-1], 3)
    assert pixels[: inner[1], : inner[0]].min() > 240
    assert pixels.sum() == pixels[: inner[1], : inner[0]].sum()
    whole = np.array([[0, 0, *inner]], np.float32)
    np.testing.assert_allclose(box.restore(whole), [[0, 0, *picture]], rtol=1e-5)


def test_letterbox_cuts_boxes_at_the_picture() -> None:
    box = Letterbox.fit(1280, 720, 416)
    over = np.array([[-20, 100, 500, 256]], np.float32)
    np.testing.assert_allclose(box.restore(over), [[0, 307.69, 1280, 720]], atol=0.01)


def test_a_part_is_seen_as_finely_as_the_whole_and_boxes_come_back_in_their_place() -> None:
    whole = Letterbox.fit(1280, 720, 640)
    part = whole.of((640, 360, 1280, 720), 32)
    assert part.shape == (192, 320)
    box = np.array([[0, 0, 160, 96], [160, 96, 400, 400]], np.float32)
    back = part.restore(box)
    assert back.tolist() == [[640, 360, 960, 540], [960, 540, 1280, 720]]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "nv12", "rgb24"])
def test_a_part_holds_the_pixels_that_are_there(pixel_format: str) -> None:
    grey = np.add.outer(np.arange(96), np.arange(160)).astype(np.uint8)
    picture = av.VideoFrame.from_ndarray(np.stack([grey] * 3, axis=2), "rgb24")
    picture = picture.reformat(format=pixel_format)
    whole = Letterbox.fit(160, 96, 160)
    part = whole.of((64, 32, 128, 96), 32)
    expected = whole.apply(picture)[32:96, 64:128].astype(int)
    assert np.abs(part.apply(picture).astype(int) - expected).max() <= 3


def test_letterbox_is_for_one_size() -> None:
    with pytest.raises(ValueError, match="not 64×64"):
        Letterbox.fit(128, 64, 64).apply(toys.white(64, 64))


def test_grey_keeps_its_level_in_full_range() -> None:
    """A camera's yuvj420p (0–255 luma) and ordinary yuv420p of one grey give one grey."""
    box = Letterbox.fit(64, 64, 64)
    for pixels in ("yuv420p", "yuvj420p", "gray"):
        for level in (16, 128, 235):
            got = box.apply(toys.flat(level, 64, 64, pixels))
            # Full range taken for limited, or the other way round, is off by 16 at black.
            assert abs(float(got[32, 32].mean()) - level) <= 4, (pixels, level)


NMS = [
    ("two of one person", [[0, 0, 10, 20], [0, 1, 10, 20]], [0, 0], [0.9, 0.8], [0]),
    (
        "the stronger stays, wherever it stands",
        [[0, 0, 9, 20], [0, 0, 10, 20]],
        [0, 0],
        [0.5, 0.8],
        [1],
    ),
    ("neighbours stay", [[0, 0, 10, 20], [6, 0, 16, 20]], [0, 0], [0.9, 0.8], [0, 1]),
    ("a rider on a bicycle", [[0, 0, 10, 20], [0, 0, 10, 20]], [0, 1], [0.9, 0.8], [0, 1]),
    ("a person before a car", [[0, 0, 10, 20], [0, 0, 10, 20]], [0, 2], [0.9, 0.8], [0, 1]),
    ("a lorry also called a car", [[0, 0, 10, 20], [0, 0, 10, 20]], [5, 2], [0.6, 0.7], [1]),
    (
        "a chain: the middle goes, both ends stay",
        [[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10]],
        [0, 0, 0],
        [0.9, 0.8, 0.7],
        [0, 2],
    ),
]


@pytest.mark.parametrize(("story", "box", "kind", "score", "stays"), NMS)
def test_suppression(story: str, box: Any, kind: Any, score: Any, stays: list[int]) -> None:
    arrays = np.float32(box), np.array(kind), np.float32(score)
    assert suppress(*arrays, 0.6).tolist() == stays, story


def test_suppression_of_nothing() -> None:
    empty = np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)
    assert suppress(*empty, 0.6).tolist() == []


def test_auto_input_grows_with_the_picture() -> None:
    detector = load_detector(DetectOptions(threads=1))
    sizes = [(360, 240), (768, 576), (1280, 720), (1920, 1080), (3840, 2160), (576, 768)]
    sides = [max(detector.letterbox(*size).shape) for size in sizes]
    assert sides == [416, 640, 640, 960, 1280, 640]


def test_the_built_in_model_sees_drawn_people() -> None:
    """Frozen figures of the shipped file: another file, or another decoding, gives others."""
    picture = av.VideoFrame.from_ndarray(toys.street(), "bgr24")
    expected = np.array([[281, 124, 320, 236], [70, 79, 130, 237]])
    answers = []
    for runtime in RUNTIMES:
        detector = load_detector(DetectOptions(runtime=runtime, threads=1))
        found = detector.look(picture)
        people = strong(found)
        assert people.kind.tolist() == [Kind.PERSON, Kind.PERSON], runtime
        np.testing.assert_allclose(people.box, expected, atol=2.5)
        np.testing.assert_allclose(people.score, [0.75, 0.37], atol=0.05)
        answers.append(people)
    same(*answers, pixels=2.5, score=0.05)


def test_the_built_in_model_keeps_the_contract() -> None:
    scene = av.VideoFrame.from_ndarray(toys.street(), "bgr24")

    def something(width: int, height: int, pixels: str) -> av.VideoFrame:
        return scene.reformat(width, height, pixels)

    check_detector(load_detector(DetectOptions(threads=2)), something, toys.black)


def bench_detect() -> ModuleType:
    """``bench/detect.py``, which has the matching of boxes with the ground truth."""
    path = Path(__file__).resolve().parents[2] / "bench" / "detect.py"
    spec = importlib.util.spec_from_file_location("bench_detect", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("clip", "side", "least"), [("pets09_s2l1_a", "auto", 0.93), ("cdnet_office", "auto", 0.97)]
)
def test_people_are_found_on_real_footage(
    shared_data: Path, clip: str, side: Any, least: float
) -> None:
    """Recall at IoU 0.5 and score 0.1 on a dozen frames; bench/detect.py has the full figures."""
    bench = bench_detect()
    detector = load_detector(DetectOptions(input=side, threads=2))
    marks = bench.truth(shared_data / "video" / clip)
    hits = total = 0
    for number, picture in bench.frames(shared_data / "video" / clip, 33 if "pets" in clip else 97):
        boxes, ignored = marks.get((number, "person"), (np.zeros((0, 4)), np.zeros(0, bool)))
        found = detector.look(picture)
        people = found.where((found.kind == Kind.PERSON) & (found.score >= 0.1))
        hits += sum(right for _, right in bench.match(people, boxes, ignored))
        total += int((~ignored).sum())
    assert total >= 10
    assert hits / total >= least


def test_importing_is_light_and_looking_makes_no_connection() -> None:
    """OpenVINO's converter reports its import to a web service: it must never be imported."""
    code = """
import sys
seen = []
watched = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork", "os.posix_spawn")
sys.addaudithook(lambda event, args: seen.append(event) if event in watched else None)
import streetlamp.video.detect as d
assert not {"openvino", "onnxruntime", "scipy", "onnx"} & set(sys.modules), "not light"
import av
for runtime in ("openvino", "onnxruntime"):
    d.load_detector(d.DetectOptions(runtime=runtime, threads=1)).look(
        av.VideoFrame(64, 64, "yuv420p"))
assert not [m for m in sys.modules if "telemetry" in m or "openvino.tools" in m], "telemetry"
assert seen == [], seen
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_runtime_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"onnxruntime"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in there else None
    )
    assert choose("auto") == "onnxruntime"
    with pytest.raises(UserError, match="openvino is not installed"):
        choose("openvino")
    there.clear()
    with pytest.raises(UserError, match="neither OpenVINO nor ONNX Runtime"):
        choose("auto")
