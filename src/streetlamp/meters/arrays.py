"""Arrays of readings: doubles, as POSIX seconds and counters need more digits than 32 bits have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Marks = NDArray[np.uint8]
