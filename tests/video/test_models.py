"""What a folder of models may hold, and what is said when it holds something else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.values import Kind
from streetlamp.video.detect import DetectOptions, load_detector
from streetlamp.video.detect.runtimes import RUNTIMES
from streetlamp.video.models import COCO_80, COCO_91, find_model, list_models
from support import detectors as toys


def load(where: Path, model: str = "mine", runtime: str = "auto") -> Any:
    options = DetectOptions(model=model, models_folder=where, runtime=runtime, threads=1)
    return load_detector(options)


def test_built_in_models_are_whole() -> None:
    for model in list_models():
        assert model.built_in
        assert hashlib.sha256(model.read()).hexdigest() == model.sha256
        assert len(model.read()) < 5_000_000
        assert model.licence in {"Apache-2.0", "MIT"}
        assert model.source
        if model.finds == "things":
            assert set(model.kinds.values()) == set(Kind)
    assert find_model(DetectOptions().model).name == "nanodet-g"


def test_every_field_is_explained() -> None:
    for options in (DetectOptions, *(type(part) for part in _parts())):
        for name, field in options.model_fields.items():
            assert field.title, (options, name)
            assert field.description, (options, name)


def _parts() -> list[Any]:
    model = list_models()[0]
    return [model, model.input, model.output]


def test_a_users_model_stands_beside_the_built_in(tmp_path: Path) -> None:
    data = toys.yolox()
    where = toys.folder(tmp_path, (toys.entry("mine", data, "yolox"), data))
    names = [m.name for m in list_models(where)]
    assert names == ["nanodet-g", "centerface", "movenet-people", "mine"]
    assert [m.name for m in list_models(where) if m.finds == "things"] == ["nanodet-g", "mine"]
    assert not find_model("mine", where).built_in
    assert load(where).look(toys.white()).kind.tolist() == [Kind.PERSON, Kind.CAR]


def test_named_class_lists() -> None:
    six = {kind.label for kind in Kind}
    for labels, start in ((COCO_80, 0), (COCO_91, 1)):
        assert set(labels) - {""} == six
        assert labels[start : start + 4] == ("person", "bicycle", "car", "motorcycle")
        assert (labels[start + 5], labels[start + 7]) == ("bus", "truck")
    assert (len(COCO_80), len(COCO_91)) == (80, 91)


def _write(where: Path, text: str) -> Path:
    where.mkdir(exist_ok=True)
    (where / "manifest.json").write_text(text)
    return where


def _bad(where: Path, **changes: Any) -> Path:
    data = toys.yolox()
    described = toys.entry("mine", data, "yolox", **changes)
    toys.folder(where, (described | {"file": "mine.onnx"}, data))
    return _write(where, json.dumps({"models": [described]}))


def _vector(where: Path, kind: str = "yolox", shape: Any = ("n", 256)) -> Path:
    """A re-identification model: a picture in, a vector out."""
    graph = toys.Graph()
    sizes = [1 if isinstance(d, str) else d for d in shape]
    graph.output("output", np.ones(sizes), 1.0)
    data = graph.data()
    return toys.folder(where, (toys.entry("mine", data, kind), data))


def _joint(where: Path) -> Path:
    """A detector that also describes each person (JDE, FairMOT)."""
    graph = toys.Graph()
    graph.output("labels", np.zeros((1, 5, 6)), 1.0)
    graph.output("dets", np.zeros((1, 5, 4)), 1.0)
    graph.output("identity", np.zeros((1, 5, 128)), 1.0)
    data = graph.data()
    return toys.folder(where, (toys.entry("mine", data, "rf-detr"), data))


def _wide(where: Path) -> Path:
    """YOLOX rows with 128 numbers a person behind the classes."""
    graph = toys.Graph()
    graph.output("output", np.zeros((1, 84, 11 + 128)), 1.0)
    data = graph.data()
    return toys.folder(where, (toys.entry("mine", data, "yolox"), data))


def _masks(where: Path) -> Path:
    """A segmentation model: a layout nobody knows, but no embedding."""
    graph = toys.Graph()
    graph.output("labels", np.zeros((1, 5, 6)), 1.0)
    graph.output("dets", np.zeros((1, 5, 4)), 1.0)
    graph.output("masks", np.zeros((1, 5, 16, 16)), 1.0)
    data = graph.data()
    return toys.folder(where, (toys.entry("mine", data, "rf-detr"), data))


def _file(where: Path, data: bytes, **changes: Any) -> Path:
    return toys.folder(where, (toys.entry("mine", data, "yolox", **changes), data))


BAD = [
    ("no folder", lambda p: p / "nowhere", r"cannot read .*manifest.json .*needs a manifest.json"),
    ("no JSON", lambda p: _write(p, "models:"), r"manifest.json is not valid JSON: .*line 1"),
    ("no models", lambda p: _write(p, "{}"), r"manifest.json: models: Field required"),
    ("no licence", lambda p: _write(p, '{"models": [{"name": "mine"}]}'), r"models.0.file: Field"),
    ("a typo", lambda p: _bad(p, lisence="MIT"), r"models.0.lisence: Extra inputs"),
    ("a path as file", lambda p: _bad(p, file="../mine.onnx"), r"models.0.file: String should"),
    ("a name taken", lambda p: _bad(p, name="nanodet-g"), r"two models are called 'nanodet-g'"),
    ("another name", lambda p: _bad(p, name="yours"), r"'mine'; there are: nanodet-g, yours"),
    ("file is missing", lambda p: _bad(p, file="gone.onnx"), r"cannot read .*gone.onnx"),
    ("file was changed", lambda p: _bad(p, sha256="0" * 64), r"not the file its manifest .*0000"),
    ("kind unknown", lambda p: _bad(p, output={"kind": "yolov8"}),
     r"output kind 'yolov8'; it knows centernet, d-fine, nanodet, rf-detr, yolox"),
    ("no ONNX file", lambda p: _file(p, b"weights"), r"cannot be opened as an ONNX model"),
    ("none of our classes", lambda p: _bad(p, classes=["cat"] * 6), r"none of its classes"),
    ("other classes", lambda p: _bad(p, classes="coco-80"),
     r"outputs are output \(any, 84, 11\), but the layout 'yolox' with 80 classes"),
    ("another layout", lambda p: _bad(p, output={"kind": "d-fine"}), r"inputs are .*'d-fine'"),
    ("channels last", lambda p: _bad(p, input={"size": [64, 64], "layout": "nhwc"}),
     r"inputs are \(any, 3, 64, 64\)"),
    ("size not said", lambda p: _bad(p, input={}), r'write "size": \[64, 64\]'),
    ("size wrong", lambda p: _bad(p, input={"size": [32, 64]}), r'write "size": \[64, 64\]'),
    ("an input too many", lambda p: _file(p, toys.d_fine()), r"inputs are .* and \(any, 2\)"),
    ("manifest says embedding", lambda p: _bad(p, output={"kind": "embedding"}),
     r"mine is refused: its manifest says .* embedding"),
    ("a vector a picture", _vector, r"mine is refused: .*looks like an embedding"),
    ("called nanodet", lambda p: _vector(p, "nanodet"), r"mine is refused: .*embedding"),
    ("vectors in a row", lambda p: _vector(p, "rf-detr", ("n", 1, 512)), r"mine is refused"),
    ("boxes and embeddings", _joint, r"refused: its output identity \(any, 5, 128\) looks"),
    ("embeddings behind the boxes", _wide, r"mine is refused"),
    ("masks", _masks, r"its outputs are labels .* and masks .*but the layout 'rf-detr'"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "make", "says"), BAD, ids=[story for story, _, _ in BAD])
def test_what_is_refused(tmp_path: Path, story: str, make: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load(make(tmp_path / "models"))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_refusals_do_not_depend_on_the_runtime(tmp_path: Path, runtime: str) -> None:
    for make, says in ((_vector, "refused"), (lambda p: _file(p, b"weights"), "ONNX model")):
        with pytest.raises(UserError, match=says):
            load(make(tmp_path / "models"), runtime=runtime)
