"""Arrays by what is in them, and columns that are checked once and never change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Pairs = NDArray[np.uint16]
Bools = NDArray[np.bool_]


def column(values: Any, dtype: Any, n: int, name: str, width: int | None = None) -> NDArray[Any]:
    array = np.ascontiguousarray(values, dtype)
    shape = (n,) if width is None else (n, width)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    array.setflags(write=False)
    return array
