"""Quantiles of what is known, for many meters at once; numpy's own go meter by meter."""

from __future__ import annotations

import numpy as np

from streetlamp.meters.arrays import Doubles


def quantile(values: Doubles, share: float) -> Doubles:
    """Quantile along axis 1, of those that are not NaN; NaN where none is. (n, m, …) to (n, …)."""
    count = (~np.isnan(values)).sum(1, keepdims=True)
    ordered = np.sort(values, axis=1)  # NaN last
    at = share * np.maximum(count - 1, 0)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below = np.take_along_axis(ordered, low, axis=1)
    above = np.take_along_axis(ordered, high, axis=1)
    found: Doubles = (below + (at - low) * (above - below))[:, 0]
    return found


def median(values: Doubles) -> Doubles:
    """The median along axis 1, as `quantile`."""
    return quantile(values, 0.5)
