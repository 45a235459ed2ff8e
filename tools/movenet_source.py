"""Evaluate the MoveNet graph in plain NumPy, as the reference ``build_movenet.py`` checks against.

It shares no code with the converter: it walks the source's own nodes in the source's own layout
(channels last), one function an operator, and is slow on purpose. Nodes that only serve the poses
(key points, the choice of six persons) are left out: nobody asks for their values.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from nanodet_source import Array, Node, Source, attribute

ENDS = (
    "StatefulPartitionedCall/Sigmoid",
    "StatefulPartitionedCall/box_scale_0/conv2d_5/BiasAdd",
    "StatefulPartitionedCall/box_offset_0/conv2d_6/BiasAdd",
)
"""What says where somebody is: a map of people's middles, boxes' sizes, the middles' remainders."""


def fused(node: Node) -> list[str]:
    """What TensorFlow does right after a convolution: BiasAdd, Relu, Relu6."""
    listed = node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])
    return [base64.b64decode(name).decode() for name in listed]


def wanted(source: Source) -> list[Node]:
    """The nodes that the three ends need, in order."""
    by_name = {node["name"]: node for node in source.nodes}
    need, waiting = set(), list(ENDS)
    while waiting:
        name = waiting.pop().split(":")[0]
        if name in need or name not in by_name:
            continue
        need.add(name)
        # a resize takes twice its input's size from nodes that work it out at run time
        inputs = by_name[name].get("input", [])
        waiting += inputs[:1] if by_name[name]["op"] == "ResizeBilinear" else inputs
    return [node for node in source.nodes if node["name"] in need]


def _same(x: Array, kernel: int, stride: int) -> Array:
    """x (n, h, w, c) padded as TensorFlow's SAME does it."""
    by = [(0, 0)]
    for size in x.shape[1:3]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        by.append((total // 2, total - total // 2))
    return np.pad(x, [*by, (0, 0)])


def _convolve(node: Node, x: Array, w: Array, bias: Array | None) -> Array:
    stride = attribute(node, "strides")[1]
    if attribute(node, "padding") == "SAME":
        x = _same(x, w.shape[0], stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    w = w.astype(np.float32)
    if "Depthwise" in node["op"]:
        y = np.einsum("nhwcij,ijc->nhwc", windows, w[..., 0], optimize=True)
    else:
        y = np.tensordot(windows, w, axes=((4, 5, 3), (0, 1, 2)))
    if bias is not None:
        y = y + bias.astype(np.float32)
    after = fused(node)
    if "Relu6" in after:
        return np.clip(y, 0, 6)
    return np.maximum(y, 0) if "Relu" in after else y


def _double(x: Array) -> Array:
    """Bilinear, half-pixel centres, to twice the size; x (n, h, w, c)."""
    for axis in (1, 2):
        size = x.shape[axis]
        at = np.clip((np.arange(2 * size) + 0.5) / 2 - 0.5, 0, size - 1)
        low = np.floor(at).astype(int)
        shape = [1] * 4
        shape[axis] = -1
        share = (at - low).reshape(shape).astype(np.float32)
        x = x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, size - 1), axis) * share
    return x


def evaluate(source: Source, picture: Array) -> list[Array]:
    """The three ends' values, channels last, for a picture (1, h, w, 3) red, green, blue 0–255."""
    values: dict[str, Any] = dict(source.weights)
    for node in wanted(source):
        op = node["op"]
        inputs = [values.get(name) for name in node.get("input", ())]
        if op == "Placeholder":
            value: Array = picture.astype(np.float32)
        elif op == "Cast":
            value = inputs[0]
        elif op in ("_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"):
            value = _convolve(node, inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None)
        elif op in ("Sub", "Mul", "AddV2"):
            way = {"Sub": np.subtract, "Mul": np.multiply, "AddV2": np.add}[op]
            value = way(*(np.asarray(i, np.float32) for i in inputs))
        elif op == "ResizeBilinear":
            value = _double(inputs[0])
        elif op == "Sigmoid":
            value = 1 / (1 + np.exp(-inputs[0]))
        else:
            raise ValueError(f"{node['name']}: {op} is not known here")
        values[node["name"]] = value
    return [values[name] for name in ENDS]
