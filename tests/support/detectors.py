"""Small ONNX graphs with the outputs of known detectors, and pictures to show them.

Every graph sees a person and a car at fixed places of its 64×64 input when the picture is white,
and nothing when it is black: real graphs, whose answers are known by hand.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
PERSON = (16.0, 8.0, 32.0, 56.0)  # pixels of the input
CAR = (24.0, 36.0, 60.0, 60.0)
SCORES = {"person": 0.9, "car": 0.6}
SIX = ("person", "bicycle", "car", "motorcycle", "bus", "truck")


def white(width: int = 128, height: int = 128, pixels: str = "yuv420p") -> av.VideoFrame:
    return flat(255, width, height, pixels)


def black(width: int = 128, height: int = 128, pixels: str = "yuv420p") -> av.VideoFrame:
    return flat(0, width, height, pixels)


def flat(level: int, width: int, height: int, pixels: str) -> av.VideoFrame:
    """A picture of one grey in any pixel format, odd sizes too."""
    array = np.full((height, width, 3), level, np.uint8)
    return av.VideoFrame.from_ndarray(array, "bgr24").reformat(format=pixels)


def street() -> np.ndarray[Any, Any]:
    """Two drawn people in front of a wall, (320, 416, 3) uint8: enough for a real detector."""
    picture = np.empty((320, 416, 3), np.uint8)
    picture[:] = np.linspace(200, 170, 320).astype(np.uint8)[:, None, None]
    picture[200:] = (120, 125, 128)
    for x, size, coat in ((100, 1.0, (60, 40, 30)), (300, 0.7, (40, 40, 140))):
        tall, foot = int(150 * size), 230
        head = int(tall * 0.07)
        line = cv2.LINE_AA
        cv2.circle(picture, (x, foot - tall + head), head, (130, 160, 200), -1, line)
        body = (int(tall * 0.12), int(tall * 0.22))
        cv2.ellipse(picture, (x, int(foot - tall * 0.65)), body, 0, 0, 360, coat, -1, line)
        for side in (-1, 1):
            hip = (x + side * int(tall * 0.05), int(foot - tall * 0.45))
            toe = (x + side * int(tall * 0.09), foot)
            cv2.line(picture, hip, toe, (50, 50, 50), int(tall * 0.08), line)
            shoulder = (x + side * int(tall * 0.11), int(foot - tall * 0.8))
            hand = (x + side * int(tall * 0.16), int(foot - tall * 0.45))
            cv2.line(picture, shoulder, hand, coat, int(tall * 0.05), line)
    return picture


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


class Graph:
    """A graph whose outputs are constants, moved by how white the picture is."""

    def __init__(self, *, channels_last: bool = False, extra_inputs: Any = ()) -> None:
        shape = ["n", SIDE, SIDE, 3] if channels_last else ["n", 3, SIDE, SIDE]
        self.inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)]
        self.inputs += extra_inputs
        self.nodes = [
            helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
            helper.make_node("Sub", ["mean", "bright"], ["short"]),
            helper.make_node("Min", ["short", "nought"], ["dark"]),  # 0 white, −0.9 black
        ]
        self.constants = [
            numpy_helper.from_array(np.float32(0.9), "bright"),
            numpy_helper.from_array(np.float32(0), "nought"),
        ]
        self.outputs: list[Any] = []

    def output(
        self, name: str, value: Any, drop: Any, *, kind: int = TensorProto.FLOAT, times: str = ""
    ) -> None:
        """An output of ``value`` (white) down to ``value − 0.9 × drop`` (black)."""
        array = np.asarray(value, np.float32)
        self.constants.append(numpy_helper.from_array(array, f"{name}.value"))
        self.constants.append(numpy_helper.from_array(np.asarray(drop, np.float32), f"{name}.drop"))
        rank = np.array([-1] + [1] * (array.ndim - 1), np.int64)
        self.constants.append(numpy_helper.from_array(rank, f"{name}.rank"))
        self.nodes += [
            helper.make_node("Reshape", ["dark", f"{name}.rank"], [f"{name}.dark"]),
            helper.make_node("Mul", [f"{name}.dark", f"{name}.drop"], [f"{name}.by"]),
            helper.make_node("Add", [f"{name}.value", f"{name}.by"], [f"{name}.moved"]),
        ]
        last = f"{name}.moved"
        if times:
            self.nodes.append(helper.make_node("Mul", [last, times], [f"{name}.scaled"]))
            last = f"{name}.scaled"
        self.nodes.append(helper.make_node("Cast", [last], [name], to=kind))
        shape = ["n", *array.shape[1:]]
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def data(self) -> bytes:
        graph = helper.make_graph(self.nodes, "test", self.inputs, self.outputs, self.constants)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        return bytes(model.SerializeToString())


def _cell(box: tuple[float, ...], stride: int) -> tuple[int, int, int]:
    """Row and column of the cell a box's middle lies in, and its number in the level."""
    column = int((box[0] + box[2]) / 2 // stride)
    row = int((box[1] + box[3]) / 2 // stride)
    return row, column, row * (SIDE // stride) + column


def nanodet(classes: int = 6) -> bytes:
    rows = np.zeros((1, 84, classes + 44), np.float32)
    rows[..., classes:] = -30
    for box, label in ((PERSON, 0), (CAR, 2)):
        row, column, at = _cell(box, 8)
        rows[0, at, label] = SCORES[SIX[label]]
        x, y = (column + 0.5) * 8, (row + 0.5) * 8
        for side, length in enumerate((x - box[0], y - box[1], box[2] - x, box[3] - y)):
            low = int(length / 8)
            share = length / 8 - low
            bins = rows[0, at, classes + 11 * side : classes + 11 * (side + 1)]
            bins[low] = np.log(max(1 - share, 1e-9))
            bins[low + 1] = np.log(max(share, 1e-9))
    graph = Graph()
    graph.output("output", rows, 1.0)
    return graph.data()


def yolox(*, decoded: bool = False) -> bytes:
    rows = np.zeros((1, 84, 11), np.float32)
    for box, label in ((PERSON, 0), (CAR, 2)):
        row, column, at = _cell(box, 8)
        middle = np.array([box[0] + box[2], box[1] + box[3]]) / 2
        size = np.array([box[2] - box[0], box[3] - box[1]])
        if not decoded:
            middle, size = middle / 8 - (column, row), np.log(size / 8)
        rows[0, at, :4] = (*middle, *size)
        rows[0, at, 4] = 1
        rows[0, at, 5 + label] = SCORES[SIX[label]]
    graph = Graph()
    drop = np.zeros((1, 1, 11), np.float32)
    drop[..., 5:] = 1
    graph.output("output", rows, drop)
    return graph.data()


def rf_detr() -> bytes:
    dets = np.full((1, 5, 4), 0.5, np.float32)
    logits = np.full((1, 5, 6), -12, np.float32)
    for query, (box, label) in enumerate(((PERSON, 0), (CAR, 2))):
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        dets[0, query] = np.array([*middle, box[2] - box[0], box[3] - box[1]]) / SIDE
        logits[0, query, label] = _logit(SCORES[SIX[label]])
    graph = Graph()
    graph.output("labels", logits, 20.0)  # not in the order of the layout, as exports differ
    graph.output("dets", dets, 0.0)
    return graph.data()


def d_fine() -> bytes:
    boxes = np.zeros((1, 4, 4), np.float32)
    labels, scores = np.full((1, 4), 5), np.zeros((1, 4), np.float32)
    for query, (box, label) in enumerate(((PERSON, 0), (CAR, 2))):
        boxes[0, query] = np.array(box) / SIDE
        labels[0, query], scores[0, query] = label, SCORES[SIX[label]]
    size = helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, ["n", 2])
    graph = Graph(extra_inputs=[size])
    graph.nodes += [
        helper.make_node("Cast", ["orig_target_sizes"], ["size"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["size", "size"], ["sizes"], axis=1),
        helper.make_node("Unsqueeze", ["sizes", "axis"], ["scale"]),
    ]
    graph.constants.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    graph.output("labels", labels, 0.0, kind=TensorProto.INT64)
    graph.output("boxes", boxes, 0.0, times="scale")
    graph.output("scores", scores, 1.0)
    return graph.data()


def centernet() -> bytes:
    rows = np.zeros((1, (SIDE // 8) ** 2, 6 + 4), np.float32)
    for box, label in ((PERSON, 0), (CAR, 2)):
        row, column, at = _cell(box, 8)
        rows[0, at, label] = SCORES[SIX[label]]
        height, width = box[3] - box[1], box[2] - box[0]
        down, right = (box[1] + box[3]) / 2 - row * 8, (box[0] + box[2]) / 2 - column * 8
        rows[0, at, 6:] = np.array([height, width, down, right]) / 8
    graph = Graph()
    drop = np.zeros((1, 1, 10), np.float32)
    drop[..., :6] = 1
    graph.output("output", rows, drop)
    return graph.data()


GRAPHS = {
    "nanodet": nanodet,
    "yolox": yolox,
    "rf-detr": rf_detr,
    "d-fine": d_fine,
    "centernet": centernet,
}


def entry(name: str, data: bytes, kind: str, /, **changes: Any) -> dict[str, Any]:
    """A manifest entry for a graph of this module."""
    basic: dict[str, Any] = {
        "name": name,
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "Apache-2.0",
        "source": "made by the tests",
        "input": {"size": [SIDE, SIDE], "std": [255, 255, 255]},
        "output": {"kind": kind},
        "classes": list(SIX),
    }
    return basic | changes


def folder(path: Path, *models: tuple[dict[str, Any], bytes]) -> Path:
    """A folder of models: the files and their manifest."""
    path.mkdir(parents=True, exist_ok=True)
    for described, data in models:
        (path / described["file"]).write_bytes(data)
    (path / "manifest.json").write_text(json.dumps({"models": [m for m, _ in models]}))
    return path
